//! The journal: whole, unchangeable, and suspicious of surgery.

use officina::kernel::db::{Pool, sql};
use officina::kernel::journal;
use serde_json::json;

use crate::support::TestServer;

#[tokio::test]
async fn edits_are_refused_and_surgery_is_found() {
    TestServer::each(|server| async move {
        let body = json!({ "customerName": "Anna", "customerPhone": "333 1112223", "vehiclePlate": "AB123CD", "repairType": "cosmetic" });
        server.visitor().post("/api/v1/checkin", body).await.expect(201);
        let db = &server.app().db;
        let sound = journal::verify(db).await.unwrap();
        assert!(sound.iter().all(|verdict| verdict.fault.is_none()), "{sound:?}");
        for statement in [
            "UPDATE journal SET after = '{}'",
            "DELETE FROM journal",
            "DELETE FROM journal_heads",
            "UPDATE journal SET redacted_at = 1",
        ] {
            let mut tx = db.begin().await.unwrap();
            let refused = sql(statement).run(&mut tx).await.unwrap_err();
            assert!(format!("{refused:?}").contains("append-only"), "{statement}: {refused:?}");
        }

        // What an administrator of the database could still do: take the triggers away.
        let mut tx = db.begin().await.unwrap();
        let disarm = match db.pool() {
            Pool::Sqlite { .. } => "DROP TRIGGER journal_no_update",
            Pool::Postgres(_) => "ALTER TABLE journal DISABLE TRIGGER USER",
        };
        sql(disarm).run(&mut tx).await.unwrap();
        sql("UPDATE journal SET after = '{\"status\":\"delivered\"}' WHERE action = 'repairs.created'").run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let verdicts = journal::verify(db).await.unwrap();
        let faults: Vec<_> = verdicts.iter().filter_map(|verdict| verdict.fault.as_deref()).collect();
        assert_eq!(faults.len(), 1, "{verdicts:?}");
        assert!(faults[0].contains("changed"), "{faults:?}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_was_emptied_and_no_redaction_says_so_is_found() {
    TestServer::each(|server| async move {
        let body = json!({ "customerName": "Anna", "customerPhone": "333 1112223", "vehiclePlate": "AB123CD", "repairType": "cosmetic" });
        server.visitor().post("/api/v1/checkin", body).await.expect(201);
        let db = &server.app().db;
        let mut tx = db.begin().await.unwrap();
        let emptied = sql("UPDATE journal SET redacted_at = 1, before = NULL, after = NULL, reason = NULL, address = NULL, \
             salt = NULL WHERE action = 'customers.created'")
        .run(&mut tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(emptied, 1);
        let verdicts = journal::verify(db).await.unwrap();
        let fault = verdicts.iter().find_map(|verdict| verdict.fault.as_deref()).expect("a fault");
        assert!(fault.contains("no redaction says so"), "{fault}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_entry_is_not_replaced_and_a_journal_does_not_vanish() {
    TestServer::each(|server| async move {
        server.member("admin").await;
        let db = &server.app().db;
        if server.kind == crate::support::Kind::Sqlite {
            for statement in [
                "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 1",
                "INSERT OR REPLACE INTO journal_heads SELECT * FROM journal_heads",
            ] {
                let mut tx = db.begin().await.unwrap();
                assert!(sql(statement).run(&mut tx).await.is_err(), "{statement}");
                tx.rollback().await.unwrap();
            }
        }
        // Whoever may change the schema can take everything away. That shows.
        let mut tx = db.begin().await.unwrap();
        let off: &[&str] = match server.kind {
            crate::support::Kind::Sqlite => &["DROP TRIGGER journal_no_delete", "DROP TRIGGER journal_heads_no_delete"],
            crate::support::Kind::Postgres => {
                &["ALTER TABLE journal DISABLE TRIGGER USER", "ALTER TABLE journal_heads DISABLE TRIGGER USER"]
            }
        };
        for statement in off.iter().chain(&["DELETE FROM journal", "DELETE FROM journal_heads"]) {
            sql(statement).run(&mut tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let verdicts = journal::verify(db).await.unwrap();
        assert_eq!(verdicts.len(), 2);
        assert!(
            verdicts.iter().all(|verdict| verdict.fault.as_deref() == Some("the journal is missing")),
            "{verdicts:?}"
        );
        server.stop().await;
    })
    .await;
}

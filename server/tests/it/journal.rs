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
async fn a_redacted_payload_leaves_the_chain_whole() {
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
        assert!(journal::verify(db).await.unwrap().iter().all(|verdict| verdict.fault.is_none()));
        server.stop().await;
    })
    .await;
}

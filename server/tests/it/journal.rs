//! The journal: whole, unchangeable, and suspicious of surgery.

use std::path::Path;

use officina::identity::service;
use officina::kernel::actor::Actor;
use officina::kernel::clock::Clock;
use officina::kernel::db::{Db, Pool, sql};
use officina::kernel::ids::OrgId;
use officina::kernel::journal::{self, Entry};
use officina::kernel::time::{DAY, MINUTE};
use officina_server::config::Config;
use officina_server::launch;
use serde_json::json;
use sqlx::migrate::Migrator;

use crate::support::{Client, Kind, PASSWORD, START, TestServer, database};

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
        if server.kind == Kind::Sqlite {
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
            Kind::Sqlite => &["DROP TRIGGER journal_no_delete", "DROP TRIGGER journal_heads_no_delete"],
            Kind::Postgres => {
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

/// What is wrong, in any journal.
async fn faults(db: &Db) -> Vec<String> {
    journal::verify(db).await.unwrap().into_iter().filter_map(|verdict| verdict.fault).collect()
}

async fn note(db: &Db, org: OrgId) {
    let mut tx = db.begin().await.unwrap();
    journal::write(&mut tx, &Actor::system(org), START, Entry::new("audit.noted", "organisation", org.0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn who_changes_an_organisation_does_not_hold_up_its_journal() {
    TestServer::each(|server| async move {
        // SQLite has one writer: there the two queue anyway.
        if server.kind == Kind::Postgres {
            let (db, org) = (&server.app().db, server.org.id);
            let mut change = db.begin().await.unwrap();
            let held: Option<(OrgId,)> =
                sql("SELECT id FROM organisations WHERE id = $1").bind(org).lock(&mut change).await.unwrap();
            assert_eq!(held, Some((org,)));
            // An entry refers to the organisation. Would it wait, the change could not be journaled in its turn.
            note(db, org).await;
            journal::write(&mut change, &Actor::system(org), START, Entry::new("audit.noted", "organisation", org.0))
                .await
                .unwrap();
            change.commit().await.unwrap();
            assert_eq!(faults(db).await, [""; 0]);
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn many_entries_of_several_organisations_are_one_chain_each() {
    TestServer::each(|server| async move {
        let (db, org) = (&server.app().db, server.org.id);
        let other = server.other_org.id;
        let before = [journal::head(db, org).await.unwrap(), journal::head(db, other).await.unwrap()];
        let entry = || Entry::new("audit.noted", "organisation", org.0);
        // More than fit into one statement, in turn, and none.
        let entries =
            (0..600).map(|index| (Actor::system(if index % 3 == 0 { other } else { org }), entry())).collect();
        let mut tx = db.begin().await.unwrap();
        journal::write_all(&mut tx, START, entries).await.unwrap();
        journal::write_all(&mut tx, START, Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        note(db, org).await;
        assert_eq!(journal::head(db, org).await.unwrap(), before[0] + 401);
        assert_eq!(journal::head(db, other).await.unwrap(), before[1] + 200);
        assert_eq!(faults(db).await, [""; 0]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_chain_that_was_cut_off_together_with_its_head_is_found() {
    TestServer::each(|server| async move {
        let (db, org) = (&server.app().db, server.org.id);
        note(db, org).await;
        assert_eq!(faults(db).await, [""; 0]);
        let mut tx = db.begin().await.unwrap();
        let disarm = match server.kind {
            Kind::Sqlite => "DROP TRIGGER journal_no_delete",
            Kind::Postgres => "ALTER TABLE journal DISABLE TRIGGER USER",
        };
        for statement in [
            disarm,
            "DELETE FROM journal WHERE action = 'audit.noted'",
            "UPDATE journal_heads SET seq = seq - 1, hash = (SELECT hash FROM journal \
             WHERE journal.org_id = journal_heads.org_id AND journal.seq = journal_heads.seq - 1) \
             WHERE NOT EXISTS (SELECT 1 FROM journal \
             WHERE journal.org_id = journal_heads.org_id AND journal.seq = journal_heads.seq)",
        ] {
            sql(statement).run(&mut tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(faults(db).await, [journal::NOT_SEALED]);
        // Nor does it heal with what is written next.
        note(db, org).await;
        assert_eq!(faults(db).await, [journal::NOT_SEALED]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_entry_behind_the_head_is_found() {
    TestServer::each(|server| async move {
        let (db, org) = (&server.app().db, server.org.id);
        let before: Vec<(i64, Vec<u8>, Vec<u8>)> =
            sql("SELECT seq, hash, seal FROM journal_heads WHERE org_id = $1").bind(org).all(db).await.unwrap();
        let (seq, hash, seal) = before[0].clone();
        note(db, org).await;
        let mut tx = db.begin().await.unwrap();
        sql("UPDATE journal_heads SET seq = $2, hash = $3, seal = $4 WHERE org_id = $1")
            .bind(org)
            .bind(seq)
            .bind(hash)
            .bind(seal)
            .run(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(faults(db).await, [format!("entry {} stands behind the head of the chain", seq + 1)]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn heads_are_sealed_with_the_step_that_makes_room_for_it_and_never_later() {
    for kind in database::kinds() {
        let installation = database::empty(kind).await;
        let app = launch::open(&installation.config(), Clock::fixed(START)).await.expect("an empty database");
        // The database of a version that knew no seals, with a journal in it.
        let folder = if kind == Kind::Sqlite { "sqlite" } else { "postgres" };
        let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(folder);
        let steps = Migrator::new(steps).await.expect("the migrations");
        match app.db.pool() {
            Pool::Sqlite { write, .. } => steps.run_to(16, write).await,
            Pool::Postgres(pool) => steps.run_to(16, pool).await,
        }
        .expect("the older schema");
        let org = OrgId::new();
        let mut tx = app.db.begin().await.unwrap();
        sql("INSERT INTO organisations (id, slug, name, areas, created_at) VALUES ($1, 'verdi', 'Verdi', '', 0)")
            .bind(org)
            .run(&mut tx)
            .await
            .unwrap();
        sql("INSERT INTO journal_heads (org_id, seq, hash) VALUES ($1, 0, $2)")
            .bind(org)
            .bind(vec![0u8; 32])
            .run(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();

        app.db.migrate().await.expect("the step");
        assert!(app.db.is_current().await.unwrap());
        note(&app.db, org).await;
        assert_eq!(faults(&app.db).await, [""; 0], "{kind:?}");
        let mut tx = app.db.begin().await.unwrap();
        sql("UPDATE journal_heads SET seal = NULL").run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        app.db.migrate().await.expect("nothing to do");
        note(&app.db, org).await;
        assert_eq!(faults(&app.db).await, [journal::NOT_SEALED], "{kind:?}");
        app.db.close().await;
    }
}

#[tokio::test]
async fn a_new_secret_seals_anew_and_the_old_one_counts_for_thirty_days() {
    const NEW: &str = "the secret that came after the first one";
    for kind in database::kinds() {
        let installation = database::fresh(kind).await;
        let clock = Clock::fixed(START);
        let old = installation.config();
        let server = launch::prepare(old.clone(), clock.clone()).await.expect("the server starts");
        let app = server.state.app.clone();
        let signed = app.secret.sign("track", "ABC234");
        let org = service::public_organisation(&app, Some("rossi")).await.unwrap().id;
        let visitor = Client::new(server.router.clone());
        let agent = visitor.sign_in("agent@rossi.test").await;
        let begun = agent.post("/api/v1/auth/totp", json!({})).await.expect(201);
        let secret = begun["data"]["secret"].as_str().unwrap().to_owned();
        let now = crate::factor::code_at(&clock, &secret);
        let confirmed = agent.post("/api/v1/auth/totp/confirm", json!({ "code": now })).await.expect(200);
        let recovery = confirmed["data"]["recoveryCodes"][0].as_str().unwrap().to_owned();
        server.stop().await;

        let with = |secret: &str, previous: Option<&str>| Config {
            secret: Some(secret.to_owned().into()),
            previous_secret: previous.map(|previous| previous.to_owned().into()),
            ..old.clone()
        };
        let first = old.secret.as_ref().unwrap().expose().to_owned();
        let refused = launch::prepare(with(NEW, None), clock.clone()).await.expect_err("another secret").to_string();
        assert!(refused.contains("belongs to another secret") && !refused.contains('\n'), "{refused}");

        let server = launch::prepare(with(NEW, Some(&first)), clock.clone()).await.expect("the server starts");
        let app = server.state.app.clone();
        assert!(app.secret.verify("track", "ABC234", &signed));
        // Who is signed in stays so, and codes of both kinds work.
        agent.clone().before(server.router.clone()).get("/api/v1/auth/me").await.expect(200);
        clock.advance(MINUTE);
        let visitor = Client::new(server.router.clone());
        for code in [crate::factor::code_at(&clock, &secret), recovery] {
            let login = json!({ "email": "agent@rossi.test", "password": PASSWORD, "totp": code });
            visitor.post("/api/v1/auth/login", login).await.expect(200);
        }
        note(&app.db, org).await;
        assert_eq!(faults(&app.db).await, [""; 0], "{kind:?}");
        server.stop().await;

        // From now on everything holds under the new one alone.
        clock.advance(MINUTE);
        let server = launch::prepare(with(NEW, None), clock.clone()).await.expect("the server starts");
        assert_eq!(faults(&server.state.app.db).await, [""; 0], "{kind:?}");
        let login = json!({ "email": "agent@rossi.test", "password": PASSWORD, "totp": crate::factor::code_at(&clock, &secret) });
        Client::new(server.router.clone()).post("/api/v1/auth/login", login).await.expect(200);
        server.stop().await;
        launch::prepare(with(&first, None), clock.clone()).await.expect_err("the old one");

        clock.advance(31 * DAY);
        let server = launch::prepare(with(NEW, Some(&first)), clock.clone()).await.expect("the server starts");
        assert!(!server.state.app.secret.verify("track", "ABC234", &signed), "thirty days are over");
        server.stop().await;
    }
}

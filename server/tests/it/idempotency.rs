//! `Idempotency-Key`: asking again is safe.

use axum::http::Method;
use officina::Error;
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::db::sql;
use officina::kernel::idempotency::{self, Begun, Claims, RequestKey};
use officina::kernel::journal::{self, Entry};
use officina::kernel::time::DAY;
use officina::repairs::service;
use officina_server::http;
use serde_json::{Value, json};

use crate::support::{Client, TestServer};
use crate::world;

const LEADS: &str = "/api/v1/public/leads";

#[tokio::test]
async fn the_first_answer_is_replayed_for_a_day() {
    TestServer::each(|server| async move {
        let asking = server.visitor().with("idempotency-key", "b1946ac9");
        let body = json!({ "name": "Anna", "phone": "333 1234567", "leadType": "service" });
        let first = asking.post(LEADS, body.clone()).await;
        first.expect(201);
        assert_eq!(first.header("idempotency-replayed"), None);
        let again = asking.post(LEADS, body.clone()).await;
        assert_eq!(again.expect(201), first.value());
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let leads = server.member("agent").await.get("/api/v1/admin/leads").await.expect(200);
        assert_eq!(leads["page"]["total"], 1);

        // The twin of the base path is the same request; another body is another.
        assert_eq!(asking.post("/api/public/leads", body.clone()).await.expect(201), first.value());
        let other = json!({ "name": "Bruno", "phone": "333 1234568", "leadType": "service" });
        asking.post(LEADS, other.clone()).await.expect_error(409, "CONFLICT");
        // A member's keys are not the public's.
        server.member("agent").await.with("idempotency-key", "b1946ac9").post(LEADS, other).await.expect(201);

        server.advance(DAY + 1);
        let later = asking.post(LEADS, body).await;
        later.expect(201);
        assert_eq!(later.header("idempotency-replayed"), None);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_shown_once_is_neither_written_down_nor_made_twice() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let id = |answer: serde_json::Value| answer["data"]["id"].as_str().unwrap().to_owned();
        let location = id(admin.post("/api/v1/locations", json!({ "name": "Depot" })).await.expect(201));
        let cell = json!({ "name": "Cell", "locationId": location, "preset": "freezer" });
        let cell = id(admin.post("/api/v1/coldcells", cell).await.expect(201));
        let asking = admin.with("idempotency-key", "device");
        let device = json!({ "serialNumber": "CC-1", "coldCellId": cell });
        id(asking.post("/api/v1/devices", device).await.expect(201));
        let asking = asking.with("idempotency-key", "key of a program");
        let token = json!({ "name": "Website", "permissions": ["leads:read"] });
        asking.post("/api/v1/admin/tokens", token.clone()).await.expect(201);
        let again = asking.post("/api/v1/admin/tokens", token.clone()).await.expect_error(409, "CONFLICT");
        assert!(again["error"].as_str().unwrap().contains("shown once"), "{again}");
        assert_eq!(asking.get("/api/v1/admin/tokens").await.expect(200)["data"].as_array().unwrap().len(), 1);
        let (kept,): (i64,) = sql("SELECT COUNT(*) FROM idempotent_answers WHERE body IS NOT NULL")
            .one(&server.app().db)
            .await
            .expect("a count");
        assert_eq!(kept, 0);
        // What was refused made nothing, so it is said again.
        let asking = asking.with("idempotency-key", "refused");
        let nameless = json!({ "name": "", "permissions": ["leads:read"] });
        for _ in 0..2 {
            asking.post("/api/v1/admin/tokens", nameless.clone()).await.expect_error(400, "VALIDATION_ERROR");
        }
    })
    .await;
}

/// A check-in that is sent twice with one key, and the key as the first server knew it.
fn check_in_once(server: &TestServer) -> (Client, Value, RequestKey) {
    let body = json!({ "customerName": "Anna", "customerPhone": "333 1112223", "vehiclePlate": "AB123CD",
        "repairType": "collision" });
    let client = server.visitor().with("idempotency-key", "killed");
    let (parts, ()) = client.request(Method::POST, "/checkin").body(()).unwrap().into_parts();
    let bytes = body.to_string().into();
    let key = http::idempotency::request_key(server.state(), &parts, "public/".to_owned(), &bytes).unwrap();
    (client, body, key.expect("a key"))
}

#[tokio::test]
async fn what_was_done_before_the_server_died_is_not_done_again() {
    TestServer::each(|server| async move {
        let (client, body, key) = check_in_once(&server);
        let (app, now) = (server.app(), server.app().clock.now());
        let Begun::First(claim) = idempotency::begin(app, &key, now).await.unwrap() else { panic!("it is the first") };
        let public = Actor::public(server.org.id, None, None);
        let input = world::check_in("Anna", "333 1112223", "AB123CD");
        let made = claim.scope(service::check_in(app, &public, &input, &[], None)).await.unwrap();
        // Committed, and its answer is on the way.
        client.post("/api/v1/checkin", body.clone()).await.expect_error(409, "CONFLICT");
        // The server dies: what it had in mind is gone.
        drop(claim);
        for _ in 0..2 {
            server.advance(130_000);
            let answer = client.post("/api/v1/checkin", body.clone()).await.expect_error(409, "CONFLICT");
            assert_eq!(answer["existingId"], json!(made.id), "{answer}");
        }
        let rows = server.member("admin").await.get("/api/v1/repairs").await.expect(200);
        assert_eq!(rows["data"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_not_done_before_the_server_died_is_done_at_once() {
    TestServer::each(|server| async move {
        let (client, body, key) = check_in_once(&server);
        let (app, now) = (server.app(), server.app().clock.now());
        let Begun::First(claim) = idempotency::begin(app, &key, now).await.unwrap() else { panic!("it is the first") };
        // Half of the work, and no commit.
        let half = async {
            let mut tx = app.db.begin().await.unwrap();
            let entry = Entry::new("repairs.created", "repair", server.org.id.0);
            journal::write(&mut tx, &Actor::system(server.org.id), now, entry).await.unwrap();
        };
        claim.scope(half).await;
        drop(claim);
        let first = client.post("/api/v1/checkin", body.clone()).await.expect(201);
        assert_eq!(client.post("/api/v1/checkin", body).await.expect(201), first);
    })
    .await;
}

#[tokio::test]
async fn of_two_servers_at_once_the_second_undoes_its_work() {
    TestServer::each(|server| async move {
        let (_, _, key) = check_in_once(&server);
        let (here, now) = (server.app(), server.app().clock.now());
        // The other server has the database in common and nothing else.
        let there = App { claims: Claims::default(), ..here.clone() };
        let public = Actor::public(server.org.id, None, None);
        let begun = [idempotency::begin(here, &key, now).await, idempotency::begin(&there, &key, now).await];
        let [Ok(Begun::First(here_claim)), Ok(Begun::First(there_claim))] = begun else { panic!("both begin") };
        let first = world::check_in("Anna", "333 1112223", "AB123CD");
        here_claim.scope(service::check_in(here, &public, &first, &[], None)).await.unwrap();
        let second = there_claim.scope(service::check_in(&there, &public, &first, &[], None)).await;
        assert!(matches!(second, Err(Error::Conflict(_))), "{second:?}");
        // Neither its work nor its answer counts.
        there_claim.finish(&there, 409, Some(b"{}")).await.unwrap();
        here_claim.finish(here, 201, Some(b"made")).await.unwrap();
        drop(here_claim);
        let begun = idempotency::begin(here, &key, now).await.unwrap();
        assert!(matches!(&begun, Begun::Answered { status: 201, body } if body == b"made"), "{begun:?}");
        let rows = server.member("admin").await.get("/api/v1/repairs").await.expect(200);
        assert_eq!(rows["data"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_one_is_carried_out() {
    TestServer::each(|server| async move {
        let asking = server.visitor().with("idempotency-key", "race");
        let body = json!({ "name": "Anna", "phone": "333 1234567", "leadType": "service" });
        let answers = futures::future::join_all((0..8).map(|_| asking.post(LEADS, body.clone()))).await;
        assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status.as_u16())));
        assert!(answers.iter().any(|answer| answer.status == 201));
        let leads = server.member("agent").await.get("/api/v1/admin/leads").await.expect(200);
        assert_eq!(leads["page"]["total"], 1);
    })
    .await;
}

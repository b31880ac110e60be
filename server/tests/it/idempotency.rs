//! `Idempotency-Key`: asking again is safe.

use officina::kernel::db::sql;
use officina::kernel::time::DAY;
use serde_json::json;

use crate::support::TestServer;

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

//! Device keys: who may bring readings.

use serde_json::json;

use super::{Cell, stored, text};
use crate::support::TestServer;

#[tokio::test]
async fn only_the_devices_own_key_lets_readings_in() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let reading = json!({"temperature": -18});
        let visitor = server.visitor();
        visitor.post(&cell.path(), reading.clone()).await.expect_error(401, "UNAUTHORIZED");
        let wrong = visitor.clone().with("x-device-key", "not-a-key");
        wrong.post(&cell.path(), reading.clone()).await.expect_error(401, "UNAUTHORIZED");
        // A member's session is no device key.
        cell.admin.post(&cell.path(), reading.clone()).await.expect_error(401, "UNAUTHORIZED");

        let other = json!({"serialNumber": "CC-0002", "coldCellId": cell.id});
        let other = cell.admin.post("/api/v1/devices", other).await.expect(201);
        let other = visitor.with("x-device-key", &text(&other["data"]["apiKey"]));
        other.post(&cell.path(), reading.clone()).await.expect_error(403, "FORBIDDEN");
        let nowhere = "/api/v1/readings/devices/CC-9999/readings";
        cell.device(&server).post(nowhere, reading.clone()).await.expect_error(403, "FORBIDDEN");
        assert_eq!(stored(&server).await, 0);
        cell.send(&server, reading, 201).await;
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_replaced_key_ends_at_once_or_after_its_grace_time() {
    TestServer::each(|server| async move {
        let mut cell = Cell::freezer(&server).await;
        cell.send(&server, json!({"temperature": -18}), 201).await;
        let rotate = format!("/api/v1/devices/{}/rotate-key", cell.device_id);

        // Remembered by the server, and yet refused with the next request.
        let first = cell.device(&server);
        let rotated = cell.admin.post(&rotate, json!({})).await.expect(200);
        first.post(&cell.path(), json!({"temperature": -18})).await.expect_error(401, "UNAUTHORIZED");
        cell.key = text(&rotated["data"]["apiKey"]);
        cell.send(&server, json!({"temperature": -18}), 201).await;

        let second = cell.device(&server);
        let rotated = cell.admin.post(&rotate, json!({"graceMinutes": 10})).await.expect(200);
        second.post(&cell.path(), json!({"temperature": -18})).await.expect(201);
        cell.key = text(&rotated["data"]["apiKey"]);
        cell.send(&server, json!({"temperature": -18}), 201).await;
        server.advance(10 * 60_000);
        second.post(&cell.path(), json!({"temperature": -18})).await.expect_error(401, "UNAUTHORIZED");
        cell.send(&server, json!({"temperature": -18}), 201).await;

        cell.admin.post(&rotate, json!({"graceMinutes": 10_081})).await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(stored(&server).await, 5);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn keys_are_stored_as_hashes_and_shown_once() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let device = cell.admin.get(&format!("/api/v1/devices/{}", cell.device_id)).await.expect(200);
        assert!(device["data"].get("apiKey").is_none(), "{device}");
        let rows: Vec<(Vec<u8>,)> =
            officina::kernel::db::sql("SELECT key_hash FROM device_keys").all(&server.app().db).await.unwrap();
        assert_eq!(rows, [(officina::kernel::secret::token_hash(&cell.key),)]);
        let journal: Vec<(Option<String>,)> =
            officina::kernel::db::sql("SELECT after FROM journal").all(&server.app().db).await.unwrap();
        assert!(!journal.into_iter().flat_map(|(after,)| after).any(|after| after.contains(&cell.key)));
        server.stop().await;
    })
    .await;
}

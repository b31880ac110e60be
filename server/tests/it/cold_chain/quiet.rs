//! What keeps alerts, or notices, still: maintenance and silences.

use officina::kernel::time::{DAY, HOUR, MINUTE};
use serde_json::{Value, json};

use super::{Cell, alone, journaled, pass};
use crate::support::{START, TestServer};

async fn measure(server: &TestServer, cell: &Cell, temperature: f64) {
    let now = server.app().clock.now();
    cell.send(server, json!({"temperature": temperature, "recordedAt": now.0}), 201).await;
}

fn statuses(alerts: &[Value]) -> Vec<(&str, &str)> {
    alerts.iter().map(|alert| (alert["type"].as_str().unwrap(), alert["status"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn in_maintenance_nothing_opens_and_what_is_still_wrong_at_its_end_opens_then() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let path = format!("/api/v1/coldcells/{}", cell.id);
        let maintenance = format!("{path}/maintenance");
        cell.send(&server, json!({"temperature": -18, "powerStatus": false, "seq": 1}), 201).await;

        let technician = server.browser("technician").await;
        let until = START.plus(HOUR);
        let start = json!({"until": until.to_string(), "reason": "Defrosting"});
        let shown = technician.post(&maintenance, start).await.expect(200);
        let expected = json!({"from": START.to_string(), "until": until.to_string(), "reason": "Defrosting"});
        assert_eq!(shown["data"]["maintenance"], expected);
        for _ in 0..59 {
            measure(&server, &cell, 5.0).await;
            pass(&server, 1).await;
        }
        let alerts = cell.alerts().await;
        assert_eq!(statuses(&alerts), [("POWER_LOSS", "ACTIVE")], "what was open stays, nothing else opens");
        pass(&server, 1).await;
        let alerts = cell.alerts().await;
        assert_eq!(statuses(&alerts), [("HIGH_TEMP", "ACTIVE"), ("POWER_LOSS", "ACTIVE")]);
        assert_eq!((&alerts[0]["startedAt"], &alerts[0]["openedAt"]), (&json!(START), &json!(until)));
        let shown = technician.get(&path).await.expect(200);
        assert_eq!(shown["data"]["maintenance"], Value::Null);
        let told = shown["data"]["timeline"].as_array().unwrap().last().cloned().unwrap();
        assert_eq!(
            (&told["action"], &told["internalNote"]),
            (&json!("cold_chain.maintenance_started"), &json!("Defrosting"))
        );
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn maintenance_ends_when_somebody_ends_it_and_may_lie_ahead() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let path = format!("/api/v1/coldcells/{}/maintenance", cell.id);
        let at = |hours: i64| START.plus(hours * HOUR).to_string();
        let planned = cell.admin.post(&path, json!({"from": at(2), "until": at(4)})).await.expect(200);
        assert_eq!(planned["data"]["maintenance"]["from"], at(2));
        measure(&server, &cell, -10.0).await;
        assert_eq!(cell.alerts().await.len(), 1, "it lies ahead");
        let ended = cell.admin.delete(&path).await.expect(200);
        assert_eq!(ended["data"]["maintenance"], Value::Null);
        cell.admin.delete(&path).await.expect(200);
        measure_later(&server, &cell, -18.0).await;

        cell.admin.post(&path, json!({"until": at(4)})).await.expect(200);
        measure_later(&server, &cell, -10.0).await;
        assert_eq!(cell.alerts().await.len(), 1);
        cell.admin.delete(&path).await.expect(200);
        pass(&server, 1).await;
        assert_eq!(cell.alerts().await.len(), 2);

        for body in [
            json!({}),
            json!({"until": START.to_string()}),
            json!({"until": START.plus(91 * DAY).to_string()}),
            json!({"from": at(5), "until": at(4)}),
        ] {
            cell.admin.post(&path, body).await.expect_error(400, "VALIDATION_ERROR");
        }
        server.stop().await;
    })
    .await;
}

async fn measure_later(server: &TestServer, cell: &Cell, temperature: f64) {
    server.advance(MINUTE);
    measure(server, cell, temperature).await;
}

#[tokio::test]
async fn a_silence_mutes_notices_but_never_the_alert() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let shown =
            || async { cell.admin.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200)["data"].take() };
        let location = shown().await["locationId"].clone();
        let until = START.plus(HOUR).to_string();
        let silence = json!({"locationId": location, "until": until, "reason": "Inventory"});
        let silence = cell.admin.post("/api/v1/silences", silence).await.expect(201)["data"].take();
        assert_eq!(
            (&silence["locationName"], &silence["createdBy"]),
            (&json!("Magazzino"), &json!("The admin of Carrozzeria Rossi"))
        );
        assert_eq!(shown().await["silencedUntil"], until);
        measure(&server, &cell, -10.0).await;
        assert_eq!(statuses(&cell.alerts().await), [("HIGH_TEMP", "ACTIVE")]);

        let listed = cell.admin.get("/api/v1/silences").await.expect(200);
        assert_eq!((&listed["page"]["total"], &listed["data"][0]["reason"]), (&json!(1), &json!("Inventory")));
        let path = format!("/api/v1/silences/{}", silence["id"].as_str().unwrap());
        assert_eq!(cell.admin.delete(&path).await.status, 204);
        cell.admin.delete(&path).await.expect_error(404, "NOT_FOUND");
        assert_eq!(shown().await["silencedUntil"], Value::Null);
        measure_later(&server, &cell, -18.0).await;
        measure_later(&server, &cell, -10.0).await;

        let short = json!({"coldCellId": cell.id, "until": server.app().clock.now().plus(MINUTE).to_string()});
        cell.admin.post("/api/v1/silences", short).await.expect(201);
        let of_cell = format!("/api/v1/silences?coldCellId={}", cell.id);
        assert_eq!(cell.admin.get(&of_cell).await.expect(200)["page"]["total"], 1);
        measure_later(&server, &cell, -18.0).await;
        measure_later(&server, &cell, -9.0).await;
        assert_eq!(cell.admin.get(&of_cell).await.expect(200)["page"]["total"], 0, "it ends by itself");
        let muted: Vec<Value> =
            journaled(server.app(), "alerts.opened").await.iter().map(|entry| entry["muted"].clone()).collect();
        assert_eq!(muted, [json!("silence"), Value::Null, Value::Null]);
        for body in [
            json!({"until": until}),
            json!({"coldCellId": cell.id}),
            json!({"coldCellId": cell.id, "locationId": location, "until": until}),
            json!({"coldCellId": cell.id, "until": START.to_string()}),
            json!({"coldCellId": uuid::Uuid::now_v7(), "until": START.plus(2 * HOUR).to_string()}),
        ] {
            cell.admin.post("/api/v1/silences", body).await.expect_error(400, "VALIDATION_ERROR");
        }
        server.stop().await;
    })
    .await;
}

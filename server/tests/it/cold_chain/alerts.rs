//! Alerts open, are kept up to date, and resolve.

use officina::kernel::db::sql;
use serde_json::{Value, json};

use super::by_page::{person, shown};
use super::{Cell, alone, look, text};
use crate::support::{START, TestServer};

/// Sends a temperature with the time of the clock, which then goes on a minute.
async fn measure(server: &TestServer, cell: &Cell, temperature: f64) {
    let now = server.app().clock.now();
    cell.send(server, json!({"temperature": temperature, "recordedAt": now.0}), 201).await;
    server.advance(60_000);
}

#[tokio::test]
async fn an_alert_opens_once_keeps_the_worst_and_resolves_by_itself() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        for temperature in [-18.0, -14.0, -9.5, -12.0] {
            measure(&server, &cell, temperature).await;
        }
        let alerts = cell.alerts().await;
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        let alert = &alerts[0];
        assert_eq!((&alert["type"], &alert["status"]), (&json!("HIGH_TEMP"), &json!("ACTIVE")));
        assert_eq!((&alert["worstValue"], &alert["threshold"]), (&json!(-9.5), &json!(-15.0)));
        assert_eq!(alert["openedAt"], START.plus(60_000).to_string());
        assert_eq!(alert["lastTriggeredAt"], START.plus(180_000).to_string());
        assert_eq!((&alert["late"], &alert["deviceSerialNumber"]), (&json!(false), &json!("CC-0001")));

        measure(&server, &cell, -15.2).await;
        assert_eq!(cell.alerts().await[0]["status"], "ACTIVE", "inside, but not yet by the hysteresis");
        measure(&server, &cell, -15.5).await;
        let resolved = &cell.alerts().await[0];
        assert_eq!(resolved["status"], "RESOLVED");
        assert_eq!(resolved["resolvedAt"], START.plus(300_000).to_string());
        assert_eq!(resolved["resolvedBy"], Value::Null);

        measure(&server, &cell, -26.0).await;
        assert_eq!(cell.alerts().await[0]["type"], "LOW_TEMP");
        let detail = cell.admin.get(&format!("/api/v1/alerts/{}", resolved["id"].as_str().unwrap())).await.expect(200);
        let actions: Vec<&str> = detail["data"]["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["action"].as_str().unwrap())
            .collect();
        assert_eq!(actions, ["alerts.opened", "alerts.resolved"]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn several_crossings_in_one_batch_are_as_if_they_had_come_one_by_one() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let batch: Vec<Value> = [-18.0, -10.0, -11.0, -18.0, -10.0, -9.0, -18.0, -12.0]
            .iter()
            .enumerate()
            .map(|(index, temperature)| {
                let at = START.plus(-480_000 + index as i64 * 60_000);
                json!({"temperature": temperature, "recordedAt": at.0})
            })
            .collect();
        cell.send(&server, json!(batch), 201).await;
        let alerts = cell.alerts().await;
        let seen: Vec<(&str, f64)> = alerts
            .iter()
            .map(|alert| (alert["status"].as_str().unwrap(), alert["worstValue"].as_f64().unwrap()))
            .collect();
        assert_eq!(seen, [("ACTIVE", -12.0), ("RESOLVED", -9.0), ("RESOLVED", -10.0)]);
        // The second one: opened by the fifth reading, triggered again by the sixth, over with the seventh.
        for (field, index) in [("openedAt", 4), ("lastTriggeredAt", 5), ("resolvedAt", 6)] {
            assert_eq!(alerts[1][field], START.plus(-480_000 + index * 60_000).to_string(), "{field}");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn power_loss_opens_and_resolves_apart_from_temperature() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let technician = person(&server, "technician").await;
        for (minute, power) in [true, false, false, true].into_iter().enumerate() {
            let at = START.plus(minute as i64 * 1_000);
            cell.send(&server, json!({"temperature": -18, "powerStatus": power, "recordedAt": at.0}), 201).await;
            // The page says how it is now, and not the temperature alone.
            if let Some(alert) = cell.alerts().await.first() {
                let page = shown(&technician, &format!("/app/alerts/{}", text(&alert["id"]))).await;
                let words = if power { "Power is on" } else { "Power is off" };
                assert!(page.contains(words), "{words}: {page}");
            }
        }
        let alerts = cell.alerts().await;
        assert_eq!(alerts.len(), 1);
        assert_eq!((&alerts[0]["type"], &alerts[0]["status"]), (&json!("POWER_LOSS"), &json!("RESOLVED")));
        assert_eq!(alerts[0]["worstValue"], Value::Null);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_delay_is_waited_out_in_the_readings_own_time() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let settings = json!({"preset": "freezer", "alertDelaySeconds": 600});
        let cell = Cell::with(&server, settings, "CC-0001").await;
        for _ in 0..10 {
            measure(&server, &cell, -10.0).await;
        }
        assert!(cell.alerts().await.is_empty());
        measure(&server, &cell, -10.0).await;
        let alerts = cell.alerts().await;
        assert_eq!(alerts[0]["startedAt"], START.to_string());
        assert_eq!(alerts[0]["openedAt"], START.plus(600_000).to_string());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn people_take_note_and_close() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        measure(&server, &cell, -10.0).await;
        let id = text(&cell.alerts().await[0]["id"]);
        let technician = server.member("technician").await;
        let acknowledge = format!("/api/v1/alerts/{id}/acknowledge");
        let taken = technician.post(&acknowledge, json!({})).await.expect(200);
        assert_eq!(taken["data"]["status"], "ACTIVE");
        assert_eq!(taken["data"]["acknowledgedBy"], "The technician of Carrozzeria Rossi");
        let again = cell.admin.post(&acknowledge, json!({})).await.expect(200);
        assert_eq!(again["data"]["acknowledgedBy"], "The technician of Carrozzeria Rossi");

        let resolve = format!("/api/v1/alerts/{id}/resolve");
        let closed = technician.patch(&resolve, json!({"note": "Porta richiusa."})).await.expect(200);
        assert_eq!(closed["data"]["status"], "RESOLVED");
        assert_eq!(closed["data"]["resolutionNote"], "Porta richiusa.");
        // The second click of a double click is done already, for who made the first.
        technician.patch(&resolve, json!({"note": "Porta richiusa."})).await.expect(200);
        cell.admin.patch(&resolve, json!({"note": "Porta richiusa."})).await.expect_error(409, "CONFLICT");
        technician.patch(&resolve, json!({})).await.expect_error(409, "CONFLICT");
        technician.post(&acknowledge, json!({})).await.expect_error(409, "CONFLICT");

        // Still too warm: a new alert, not silence.
        measure(&server, &cell, -10.0).await;
        let alerts = cell.alerts().await;
        assert_eq!((alerts.len(), &alerts[0]["status"]), (2, &json!("ACTIVE")));
        let active = technician.get("/api/v1/alerts?status=active&type=high_temp").await.expect(200);
        assert_eq!(active["page"]["total"], 1);
        technician.get("/api/v1/alerts?status=over").await.expect_error(400, "VALIDATION_ERROR");

        let verdicts = officina::kernel::journal::verify(&server.app().db).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "{verdicts:?}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn readings_that_come_late_open_at_most_one_late_alert() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        measure(&server, &cell, -18.0).await;
        let backlog: Vec<Value> = (0..30)
            .map(|minute| json!({"temperature": -5, "recordedAt": START.plus(-7_200_000 + minute * 60_000).0}))
            .collect();
        for part in backlog.chunks(7) {
            cell.send(&server, json!(part), 201).await;
            measure(&server, &cell, -18.0).await;
            look(server.app()).await;
        }
        let alerts = cell.alerts().await;
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        assert_eq!((&alerts[0]["late"], &alerts[0]["status"]), (&json!(true), &json!("RESOLVED")));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn new_limits_count_from_the_next_reading_and_a_moved_device_leaves_its_alerts_behind() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        measure(&server, &cell, -14.0).await;
        let path = format!("/api/v1/coldcells/{}", cell.id);
        cell.admin.patch(&path, json!({"maxTemperature": -10})).await.expect(200);
        measure(&server, &cell, -14.0).await;
        assert_eq!(cell.alerts().await[0]["status"], "RESOLVED");

        measure(&server, &cell, -5.0).await;
        let location = cell.admin.get(&path).await.expect(200)["data"]["locationId"].clone();
        let fridge = json!({"name": "Frigo", "locationId": location, "preset": "fridge"});
        let fridge = cell.admin.post("/api/v1/coldcells", fridge).await.expect(201);
        let device = format!("/api/v1/devices/{}", cell.device_id);
        cell.admin.patch(&device, json!({"coldCellId": fridge["data"]["id"]})).await.expect(200);
        assert!(cell.alerts().await.iter().all(|alert| alert["status"] == "RESOLVED"));
        measure(&server, &cell, 4.0).await;
        let moved = cell.admin.get(&format!("/api/v1/coldcells/{}", fridge["data"]["id"].as_str().unwrap())).await;
        let moved = moved.expect(200);
        assert_eq!((&moved["data"]["temperature"], &moved["data"]["activeAlerts"]), (&json!(4.0), &json!(0)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_itself_allows_one_active_alert_of_a_kind() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        measure(&server, &cell, -10.0).await;
        let mut tx = server.app().db.begin().await.unwrap();
        let copied = sql("INSERT INTO alerts (org_id, id, cold_cell_id, device_id, device_no, type, status, late, started_at, \
             opened_at, last_triggered_at) SELECT org_id, $1, cold_cell_id, device_id, device_no, type, status, late, started_at, \
             opened_at, last_triggered_at FROM alerts")
        .bind(uuid::Uuid::now_v7())
        .run(&mut tx)
        .await;
        assert!(copied.is_err());
        tx.rollback().await.unwrap();
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_cell_of_nobody_is_seen_among_the_customers_and_who_closes_its_alert_says_what_was_done() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        measure(&server, &cell, -10.0).await;
        let browser = server.browser("technician").await.with("accept", "text/html");
        let browser = browser.with("referer", "http://officina.test/app/alerts");
        let customers = browser.get("/app/cold-chain/customers").await;
        let shown = customers.text();
        assert!(shown.contains("Places without a customer") && shown.contains("1 alert"), "{shown}");

        let id = text(&cell.alerts().await[0]["id"]);
        for silent in [vec![("id", id.as_str())], vec![("id", id.as_str()), ("note", "  ")]] {
            let refused = browser.form("/_fn/alerts/resolve", &silent).await;
            assert!(refused.header("location").is_some_and(|to| to.contains("__err")), "{:?}", refused.headers);
        }
        assert_eq!(cell.alerts().await[0]["status"], "ACTIVE");
        let closed = browser.form("/_fn/alerts/resolve", &[("id", id.as_str()), ("note", "Door closed")]).await;
        assert!(closed.header("location").is_some_and(|to| !to.contains("__err")), "{:?}", closed.headers);
        let alert = &cell.alerts().await[0];
        assert_eq!((&alert["status"], &alert["resolutionNote"]), (&json!("RESOLVED"), &json!("Door closed")));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn after_a_power_cut_one_hand_takes_note_of_a_whole_place() {
    TestServer::each(|server| async move {
        let cells = [
            Cell::freezer(&server).await,
            Cell::with(&server, json!({"preset": "freezer"}), "CC-0002").await,
            Cell::with(&server, json!({"preset": "freezer"}), "CC-0003").await,
        ];
        // The second cell stands with the first, the third at a place of its own.
        let place_of = async |cell: &Cell| {
            let path = format!("/api/v1/coldcells/{}", cell.id);
            text(&cell.admin.get(&path).await.expect(200)["data"]["locationId"])
        };
        let place = place_of(&cells[0]).await;
        let path = format!("/api/v1/coldcells/{}", cells[1].id);
        cells[1].admin.patch(&path, json!({"locationId": place})).await.expect(200);
        for cell in &cells {
            let cut = json!({"temperature": -18, "powerStatus": false, "recordedAt": START.0});
            cell.send(&server, cut, 201).await;
        }
        let technician = server.browser("technician").await;
        let list = technician.get(&format!("/api/v1/alerts?locationId={place}")).await.expect(200);
        assert_eq!(list["page"]["total"], 2);
        let page = technician.with("accept", "text/html").get(&format!("/app/alerts?place={place}")).await;
        assert!(page.text().contains("Acknowledge all alerts here"), "{}", page.text());
        assert!(!page.text().contains(&cells[2].id), "{}", page.text());

        let technician = server.member("technician").await;
        let acknowledge = format!("/api/v1/locations/{place}/acknowledge");
        assert_eq!(technician.post(&acknowledge, json!({})).await.expect(200)["data"]["acknowledged"], 2);
        assert_eq!(technician.post(&acknowledge, json!({})).await.expect(200)["data"]["acknowledged"], 0);
        assert_eq!(super::journaled(server.app(), "alerts.acknowledged").await.len(), 2);
        for (cell, is_noted) in cells.iter().zip([true, true, false]) {
            assert_eq!(cell.alerts().await[0]["acknowledgedAt"].is_string(), is_noted);
        }
        server.stop().await;
    })
    .await;
}

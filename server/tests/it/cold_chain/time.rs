//! What follows from time that passes: delays, open doors, silent devices.

use officina::kernel::db::sql;
use officina::kernel::time::{DAY, HOUR, MINUTE, Timestamp};
use officina_server::background::clock;
use serde_json::{Value, json};

use super::{Cell, alone, journaled, look, pass};
use crate::support::{START, TestServer};

/// A reading of a freezer in order, at the time of the clock, with something more to say.
async fn say(server: &TestServer, cell: &Cell, more: Value) {
    let mut reading = json!({"temperature": -18, "recordedAt": server.app().clock.now().0});
    for (name, value) in more.as_object().expect("fields") {
        reading[name] = value.clone();
    }
    cell.send(server, reading, 201).await;
}

fn field(alert: &Value, name: &str) -> String {
    alert[name].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_delay_runs_out_without_another_reading() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::with(&server, json!({"preset": "freezer", "alertDelaySeconds": 600}), "CC-0001").await;
        say(&server, &cell, json!({"temperature": -10})).await;
        pass(&server, 9).await;
        assert!(cell.alerts().await.is_empty());
        // However late somebody looks, the alert opened when it had to.
        server.advance(90_000);
        look(server.app()).await;
        look(server.app()).await;
        let alerts = cell.alerts().await;
        assert_eq!(alerts.len(), 1);
        assert_eq!(field(&alerts[0], "startedAt"), START.to_string());
        assert_eq!(field(&alerts[0], "openedAt"), START.plus(10 * MINUTE).to_string());
        say(&server, &cell, json!({})).await;
        assert_eq!(cell.alerts().await[0]["status"], "RESOLVED");

        // Back inside before the delay is over: nothing.
        say(&server, &cell, json!({"temperature": -10, "seq": 7})).await;
        pass(&server, 9).await;
        say(&server, &cell, json!({})).await;
        pass(&server, 5).await;
        assert_eq!(cell.alerts().await.len(), 1);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_shorter_delay_counts_at_once() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::with(&server, json!({"preset": "freezer", "alertDelaySeconds": 3600}), "CC-0001").await;
        say(&server, &cell, json!({"temperature": -10})).await;
        pass(&server, 5).await;
        let path = format!("/api/v1/coldcells/{}", cell.id);
        cell.admin.patch(&path, json!({"alertDelaySeconds": 60})).await.expect(200);
        look(server.app()).await;
        assert_eq!(field(&cell.alerts().await[0], "openedAt"), START.plus(MINUTE).to_string());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_door_may_stand_open_for_a_while() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        say(&server, &cell, json!({"doorStatus": true})).await;
        pass(&server, 4).await;
        say(&server, &cell, json!({"doorStatus": null})).await;
        assert!(cell.alerts().await.is_empty());
        pass(&server, 1).await;
        let alerts = cell.alerts().await;
        assert_eq!((alerts.len(), field(&alerts[0], "type").as_str()), (1, "DOOR_OPEN"));
        assert_eq!(field(&alerts[0], "openedAt"), START.plus(5 * MINUTE).to_string());
        assert_eq!(alerts[0]["worstValue"], Value::Null);
        pass(&server, 1).await;
        say(&server, &cell, json!({"doorStatus": true})).await;
        let alerts = cell.alerts().await;
        assert_eq!((alerts.len(), field(&alerts[0], "lastTriggeredAt")), (1, START.plus(6 * MINUTE).to_string()));
        pass(&server, 1).await;
        say(&server, &cell, json!({"doorStatus": false})).await;
        assert_eq!(field(&cell.alerts().await[0], "resolvedAt"), START.plus(7 * MINUTE).to_string());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_battery_is_low_below_20_percent_and_well_again_from_25() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        for (battery, active) in [(20, 0), (19, 1), (12, 1), (24, 1), (25, 0)] {
            server.advance(MINUTE);
            say(&server, &cell, json!({"batteryLevel": battery})).await;
            let active_now = cell.alerts().await.iter().filter(|alert| alert["status"] == "ACTIVE").count();
            assert_eq!(active_now, active, "{battery} %");
        }
        let alerts = cell.alerts().await;
        assert_eq!(alerts.len(), 1);
        assert_eq!((field(&alerts[0], "type").as_str(), &alerts[0]["status"]), ("LOW_BATTERY", &json!("RESOLVED")));
        assert_eq!((&alerts[0]["threshold"], &alerts[0]["worstValue"]), (&json!(20.0), &json!(12.0)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_silent_device_is_missed_once_and_its_next_word_ends_it() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        pass(&server, 60).await;
        assert!(cell.alerts().await.is_empty(), "nobody misses a device that was never heard of");
        let begin = server.app().clock.now();
        for _ in 0..20 {
            say(&server, &cell, json!({})).await;
            pass(&server, 1).await;
        }
        pass(&server, 13).await;
        assert!(cell.alerts().await.is_empty());
        pass(&server, 30).await;
        let alerts = cell.alerts().await;
        assert_eq!((alerts.len(), field(&alerts[0], "type").as_str()), (1, "SENSOR_ERROR"));
        let last_heard = begin.plus(19 * MINUTE);
        assert_eq!(field(&alerts[0], "startedAt"), last_heard.to_string());
        assert_eq!(field(&alerts[0], "openedAt"), last_heard.plus(15 * MINUTE).to_string());
        let path = format!("/api/v1/devices/{}", cell.device_id);
        assert_eq!(cell.admin.get(&path).await.expect(200)["data"]["status"], "OFFLINE");

        // What it says is old, but that it says something is new.
        say(&server, &cell, json!({"recordedAt": last_heard.plus(MINUTE).0})).await;
        let alerts = cell.alerts().await;
        assert_eq!((alerts.len(), &alerts[0]["status"]), (1, &json!("RESOLVED")));
        assert_eq!(field(&alerts[0], "resolvedAt"), server.app().clock.now().to_string());
        assert_eq!(cell.admin.get(&path).await.expect(200)["data"]["status"], "ONLINE");
        pass(&server, 15).await;
        assert_eq!(cell.alerts().await.len(), 2);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_silence_that_somebody_has_closed_by_hand_is_not_told_again() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        say(&server, &cell, json!({})).await;
        pass(&server, 15).await;
        let id = field(&cell.alerts().await[0], "id");
        let path = format!("/api/v1/alerts/{id}/resolve");
        let closed = cell.admin.patch(&path, json!({"note": "Taken out for repair."})).await.expect(200);
        let told = (&closed["data"]["status"], &closed["data"]["resolutionNote"]);
        assert_eq!(told, (&json!("RESOLVED"), &json!("Taken out for repair.")));
        pass(&server, 30).await;
        assert_eq!(cell.alerts().await.len(), 1);
        say(&server, &cell, json!({})).await;
        pass(&server, 15).await;
        assert_eq!(cell.alerts().await[0]["status"], "ACTIVE");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn devices_are_not_missed_for_the_time_in_which_nobody_listened() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        say(&server, &cell, json!({})).await;
        pass(&server, 1).await;
        // An outage of the installation.
        server.advance(DAY);
        look(server.app()).await;
        pass(&server, 14).await;
        assert!(cell.alerts().await.is_empty());
        pass(&server, 1).await;
        let alert = &cell.alerts().await[0];
        assert_eq!(field(alert, "startedAt"), START.to_string());
        assert_eq!(field(alert, "openedAt"), START.plus(DAY + 16 * MINUTE).to_string());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn devices_that_are_heard_of_cost_a_look_in_a_quarter_of_an_hour() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let mut looks = std::collections::BTreeSet::new();
        for _ in 0..60 {
            say(&server, &cell, json!({})).await;
            pass(&server, 1).await;
            let queue: Vec<(i64, i64)> = officina::kernel::db::sql("SELECT at, device_no FROM device_looks")
                .all(&server.app().db)
                .await
                .unwrap();
            assert_eq!(queue.len(), 1, "{queue:?}");
            looks.insert(queue[0].0);
        }
        assert!(looks.len() <= 5, "{looks:?}");
        assert!(looks.last().is_some_and(|last| *last > START.plus(HOUR).0));
        assert!(journaled(server.app(), "alerts.opened").await.is_empty());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_was_ahead_and_is_set_right_leaves_nobody_unwatched() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let settings = json!({ "preset": "freezer", "alertDelaySeconds": 300 });
        let (cell, silent) = (
            Cell::with(&server, settings, "CC-0001").await,
            Cell::with(&server, json!({ "preset": "freezer" }), "CC-0002").await,
        );
        let reading = |temperature: i32| json!({ "temperature": temperature });
        for cell in [&cell, &silent] {
            cell.send(&server, reading(-18), 201).await;
        }
        pass(&server, 1).await;
        let job = "UPDATE jobs SET run_at = $1 WHERE kind = 'purge'";

        // A day ahead: everything that is planned is planned by that.
        server.advance(DAY);
        for cell in [&cell, &silent] {
            cell.send(&server, reading(-18), 201).await;
        }
        cell.send(&server, reading(-5), 201).await;
        silent.send(&server, reading(-5), 201).await;
        pass(&server, 2).await;
        let mut tx = server.app().db.begin().await.unwrap();
        sql(job).bind(server.app().clock.now().plus(HOUR)).run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let path = format!("/api/v1/devices/{}", silent.device_id);
        assert_eq!(silent.admin.get(&path).await.expect(200)["data"]["status"], "ONLINE");

        // Set right again.
        server.advance(-DAY);
        // Before anybody has noticed, one more reading comes: it looks older than all others.
        cell.send(&server, reading(-18), 201).await;
        clock::look(server.app()).await.unwrap();
        assert!(!clock::look(server.app()).await.unwrap(), "once is enough");
        let now = server.app().clock.now();
        let waiting: Vec<(Timestamp,)> = sql("SELECT run_at FROM jobs").all(&server.app().db).await.unwrap();
        assert!(waiting.iter().all(|(run_at,)| *run_at <= now.plus(HOUR)), "{waiting:?}");

        // Too warm for longer than the delay, by the right clock: the alert opens, and says when it began.
        cell.send(&server, reading(-5), 201).await;
        pass(&server, 6).await;
        let alerts = cell.alerts().await;
        assert_eq!((alerts.len(), &alerts[0]["type"], &alerts[0]["startedAt"]), (1, &json!("HIGH_TEMP"), &json!(now)));
        cell.send(&server, reading(-18), 201).await;
        assert_eq!(cell.alerts().await[0]["status"], "RESOLVED");
        // The other one has fallen silent, and is missed from when it was set right; nobody has reacted to its first alert.
        pass(&server, 10).await;
        let active = silent.alerts().await;
        let active: Vec<&str> = active
            .iter()
            .filter(|alert| alert["status"] == "ACTIVE")
            .filter_map(|alert| alert["type"].as_str())
            .collect();
        assert_eq!(active, ["HIGH_TEMP", "SENSOR_ERROR"]);
        pass(&server, 45).await;
        assert_eq!(journaled(server.app(), "cold_chain.alert_escalated").await.len(), 1);
        server.stop().await;
    })
    .await;
}

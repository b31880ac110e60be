//! Readings that come in another order than that of their times: the alerts are those of the right order.

use std::sync::Arc;

use officina::cold_chain::service;
use officina::kernel::db::sql;
use officina::kernel::time::{HOUR, MINUTE, Timestamp};
use serde_json::{Value, json};

use super::{Cell, alone, journaled, look, text};
use crate::support::{START, TestServer};

/// A reading of a moment.
fn reading(at: Timestamp, temperature: f64) -> Value {
    json!({"temperature": temperature, "recordedAt": at.0})
}

/// A temperature for each minute, from an hour on.
fn minutes(from: Timestamp, temperatures: &[f64]) -> Vec<Value> {
    (0..).zip(temperatures).map(|(minute, value)| reading(from.plus(minute * MINUTE), *value)).collect()
}

/// Waits until the device can be taken to have told all, and looks at what it told.
async fn settle(server: &TestServer) {
    server.advance(MINUTE);
    look(server.app()).await;
}

/// Beginning, last reading out of bounds, worst value, end, and whether it is late, in the order of time.
async fn told(cell: &Cell) -> Vec<Value> {
    let mut alerts = cell.alerts().await;
    alerts.retain(|alert| alert["type"] == "HIGH_TEMP");
    alerts.sort_by_key(|alert| alert["startedAt"].to_string());
    let names = ["startedAt", "lastTriggeredAt", "worstValue", "resolvedAt", "late"];
    alerts.iter().map(|alert| names.iter().map(|name| alert[*name].clone()).collect()).collect()
}

fn excursion(from: Timestamp, to: Timestamp, worst: f64, until: Option<Timestamp>, late: bool) -> Value {
    json!([from.to_string(), to.to_string(), worst, until.map(|until| until.to_string()), late])
}

#[tokio::test]
async fn a_device_that_tells_first_of_now_and_then_of_before_is_understood() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        cell.send(&server, reading(START, -18.0), 201).await;
        // Two excursions of five and three minutes, told from the end to the beginning, in pieces.
        let past = START.plus(-2 * HOUR);
        let first = minutes(past, &[-18.0, -10.0, -9.0, -8.0, -9.0, -10.0, -18.0]);
        let second = minutes(past.plus(HOUR), &[-18.0, -12.0, -14.0, -14.5, -18.0]);
        let story: Vec<Value> = first.into_iter().chain(second).rev().collect();
        for (number, piece) in story.chunks(3).enumerate() {
            cell.send(&server, json!(piece), 201).await;
            if number == 1 {
                look(server.app()).await;
            }
        }
        assert_eq!(told(&cell).await, Vec::<Value>::new(), "it may have more to tell");
        settle(&server).await;
        let (one, other) = (past.plus(MINUTE), past.plus(HOUR + MINUTE));
        let expected = [
            excursion(one, one.plus(4 * MINUTE), -8.0, Some(one.plus(5 * MINUTE)), true),
            excursion(other, other.plus(2 * MINUTE), -12.0, Some(other.plus(3 * MINUTE)), true),
        ];
        assert_eq!(told(&cell).await, expected);
        assert_eq!(journaled(server.app(), "alerts.opened").await.len(), 2);
        assert_eq!(journaled(server.app(), "alerts.resolved").await.len(), 2);

        // All of it once more is nothing more; and what it had forgotten makes the first one longer.
        cell.send(&server, json!(story), 200).await;
        settle(&server).await;
        assert_eq!(told(&cell).await, expected);
        cell.send(&server, reading(past.plus(-MINUTE / 2), -7.0), 201).await;
        cell.send(&server, reading(past.plus(MINUTE / 2), -7.5), 201).await;
        settle(&server).await;
        let told = told(&cell).await;
        let before = past.plus(-MINUTE / 2);
        assert_eq!(told[0], excursion(before, before, -7.0, Some(past), true));
        assert_eq!(
            told[1],
            excursion(past.plus(MINUTE / 2), one.plus(4 * MINUTE), -7.5, Some(one.plus(5 * MINUTE)), true)
        );
        assert_eq!(told[2..], expected[1..]);
        assert_eq!(journaled(server.app(), "alerts.corrected").await.len(), 1);
        let (left,): (i64,) =
            sql("SELECT COUNT(*) FROM reading_disorder").one(&server.app().db).await.expect("a count");
        assert_eq!(left, 0);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_active_alert_stays_the_same_alert_and_what_was_before_becomes_another() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let mut now = START;
        for temperature in [-18.0, -10.0, -9.0, -10.0, -8.0] {
            cell.send(&server, reading(now, temperature), 201).await;
            server.advance(10 * MINUTE);
            now = now.plus(10 * MINUTE);
        }
        let active = text(&cell.alerts().await[0]["id"]);
        let technician = server.member("technician").await;
        let acknowledge = format!("/api/v1/alerts/{active}/acknowledge");
        technician.post(&acknowledge, json!({})).await.expect(200);

        // Between the second and the third reading it had been cold.
        cell.send(&server, reading(START.plus(25 * MINUTE), -18.0), 201).await;
        settle(&server).await;
        let (from, to) = (START.plus(10 * MINUTE), START.plus(20 * MINUTE));
        let expected = [
            excursion(from, to, -9.0, Some(START.plus(25 * MINUTE)), true),
            excursion(START.plus(30 * MINUTE), START.plus(40 * MINUTE), -8.0, None, false),
        ];
        assert_eq!(told(&cell).await, expected);
        let same = cell.admin.get(&format!("/api/v1/alerts/{active}")).await.expect(200);
        assert_eq!((&same["data"]["status"], &same["data"]["acknowledgedBy"].is_null()), (&json!("ACTIVE"), &false));
        let actions: Vec<&Value> =
            same["data"]["timeline"].as_array().expect("a list").iter().map(|entry| &entry["action"]).collect();
        assert!(actions.contains(&&json!("alerts.corrected")), "{actions:?}");

        // And it resolves by itself, once.
        cell.send(&server, reading(server.app().clock.now(), -18.0), 201).await;
        settle(&server).await;
        assert!(cell.alerts().await.iter().all(|alert| alert["status"] == "RESOLVED"));
        assert_eq!(journaled(server.app(), "alerts.resolved").await.len(), 2);
        let verdicts = officina::kernel::journal::verify(&server.app().db).await.expect("verified");
        assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "{verdicts:?}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_reading_that_was_overtaken_ends_an_alert_and_one_closed_by_hand_stays_closed() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let settings = json!({"preset": "freezer", "hysteresis": 2});
        let cell = Cell::with(&server, settings, "CC-0001").await;
        for (minute, temperature) in [(0, -10.0), (10, -16.0)] {
            cell.send(&server, reading(START.plus(minute * MINUTE), temperature), 201).await;
            server.advance(10 * MINUTE);
        }
        assert_eq!(told(&cell).await, [excursion(START, START, -10.0, None, false)], "not back by the hysteresis");
        cell.send(&server, reading(START.plus(5 * MINUTE), -18.0), 201).await;
        settle(&server).await;
        let ended = excursion(START, START, -10.0, Some(START.plus(5 * MINUTE)), false);
        assert_eq!(told(&cell).await, [ended]);
        assert_eq!(journaled(server.app(), "alerts.resolved").await.len(), 1);

        let now = server.app().clock.now();
        cell.send(&server, reading(now, -9.0), 201).await;
        server.advance(MINUTE);
        let id = text(&cell.alerts().await[0]["id"]);
        let closed =
            cell.admin.patch(&format!("/api/v1/alerts/{id}/resolve"), json!({"note": "Sbrinato"})).await.expect(200);
        server.advance(MINUTE);
        cell.send(&server, reading(server.app().clock.now(), -18.0), 201).await;
        cell.send(&server, reading(now.plus(-MINUTE), -8.0), 201).await;
        settle(&server).await;
        let told = told(&cell).await;
        assert_eq!(told.len(), 2, "{told:?}");
        let until = closed["data"]["resolvedAt"].as_str().map(str::to_owned);
        assert_eq!(told[1], json!([now.plus(-MINUTE).to_string(), now.to_string(), -8.0, until, false]));
        let same = cell.admin.get(&format!("/api/v1/alerts/{id}")).await.expect(200);
        assert_eq!(same["data"]["resolutionNote"], "Sbrinato");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn several_at_once_look_back_once_and_a_device_that_goes_on_telling_is_looked_at_again() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        cell.send(&server, reading(START, -18.0), 201).await;
        let app = Arc::new(server.app().clone());
        for round in 1..=3 {
            let past = START.plus(-round * 3 * HOUR);
            cell.send(&server, json!(minutes(past, &[-18.0, -10.0, -18.0])), 201).await;
            server.advance(MINUTE);
            let looking: Vec<_> = (0..4)
                .map(|_| {
                    let app = Arc::clone(&app);
                    tokio::spawn(async move { service::look_back(&app).await })
                })
                .collect();
            for look in looking {
                look.await.expect("no panic").expect("looked back");
            }
            assert_eq!(journaled(&app, "alerts.opened").await.len() as i64, round);
        }
        assert_eq!(told(&cell).await.len(), 3);
        server.stop().await;
    })
    .await;
}

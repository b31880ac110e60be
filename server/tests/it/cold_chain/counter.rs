//! A device's count begins anew: nothing of what it says from then on vanishes, and what it sends again is known.

use officina::kernel::db::sql;
use officina::kernel::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::{Cell, alone, assert_buckets_are_right, stored};
use crate::support::{START, TestServer};

/// What a receipt counts.
fn counts(receipt: &Value) -> (i64, i64) {
    (receipt["accepted"].as_i64().unwrap(), receipt["duplicates"].as_i64().unwrap())
}

/// What a device's record says of its counter: how often it began anew, and when it last did.
async fn counter(cell: &Cell) -> (Value, Value) {
    let device = cell.admin.get(&format!("/api/v1/devices/{}", cell.device_id)).await.expect(200);
    (device["data"]["counterRestarts"].clone(), device["data"]["counterRestartedAt"].clone())
}

#[tokio::test]
async fn a_device_without_a_clock_that_counts_anew_is_heard() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        for seq in 1..=59 {
            cell.send(&server, json!({"temperature": -18.0 - f64::from(seq) / 100.0, "seq": seq}), 201).await;
            server.advance(MINUTE);
        }
        assert_eq!(counter(&cell).await, (json!(0), Value::Null));
        let restarted_at = server.app().clock.now();
        let receipt = cell.send(&server, json!({"temperature": 12, "seq": 1}), 201).await;
        assert_eq!(counts(&receipt), (1, 0));
        assert_eq!(cell.alerts().await[0]["type"], "HIGH_TEMP");
        // Sent again, because the answer was lost; and the second of the new count.
        let receipt =
            cell.send(&server, json!([{"temperature": 12, "seq": 1}, {"temperature": 12, "seq": 2}]), 201).await;
        assert_eq!(counts(&receipt), (1, 1));
        // The old count's last ones, which the device has kept.
        let receipt = cell
            .send(&server, json!([{"temperature": -18.58, "seq": 58}, {"temperature": -18.59, "seq": 59}]), 200)
            .await;
        assert_eq!(counts(&receipt), (0, 2));
        assert_eq!(stored(&server).await, 61);
        assert_eq!(counter(&cell).await, (json!(1), json!(restarted_at)));
        let page = cell.admin.clone().with("accept", "text/html");
        let page = page.get(&format!("/app/cold-chain/devices/{}", cell.device_id)).await.text();
        assert!(page.contains("Counter began anew"), "{page}");

        // And once more, before it has come as far as the first time: what was said of the count before hides nothing for long.
        server.advance(2 * DAY);
        let receipt =
            cell.send(&server, json!([{"temperature": 12, "seq": 1}, {"temperature": 12, "seq": 2}]), 201).await;
        assert_eq!(counts(&receipt), (2, 0));
        assert_eq!(counter(&cell).await, (json!(2), json!(server.app().clock.now())));
        // A count begun anew that measures the same as the one before tells nothing new; the device is there all the same.
        server.advance(HOUR);
        let receipt = cell.send(&server, json!({"temperature": -18.58, "seq": 58}), 200).await;
        assert_eq!(counts(&receipt), (0, 1));
        let device = cell.admin.get(&format!("/api/v1/devices/{}", cell.device_id)).await.expect(200);
        assert_eq!(device["data"]["lastSeenAt"], json!(server.app().clock.now()));
        assert_buckets_are_right(&server).await;
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_starts_with_the_device_does_not_hide_what_it_says() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let since_start =
            |temperature: f64, seq: i64| json!({"temperature": temperature, "seq": seq, "recordedAt": seq * 60_000});
        cell.send(&server, since_start(-18.0, 1), 201).await;
        cell.send(&server, since_start(-18.0, 1), 200).await;
        server.advance(MINUTE);
        cell.send(&server, since_start(12.0, 1), 201).await;
        cell.send(&server, since_start(12.0, 1), 200).await;
        assert_eq!(cell.alerts().await.len(), 1);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn within_one_delivery_a_count_may_begin_anew_too() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let reading = |seq: i64, minute: i64| json!({"temperature": -18, "seq": seq, "recordedAt": START.plus((minute - 60) * MINUTE)});
        let batch = json!([reading(7, 1), reading(8, 2), reading(1, 3), reading(7, 9), reading(8, 2), reading(7, 9)]);
        assert_eq!(counts(&cell.send(&server, batch.clone(), 201).await), (4, 2));
        assert_eq!(counts(&cell.send(&server, batch, 200).await), (0, 6));
        assert_eq!(counter(&cell).await, (json!(1), json!(START.plus(-57 * MINUTE))));
        server.stop().await;
    })
    .await;
}

/// The days of a device that is switched off and on: its counts, one after the other.
fn counts_of_a_life(random: &mut StdRng) -> Vec<Value> {
    let mut at = START.plus(-6 * 60 * MINUTE);
    let mut readings = Vec::new();
    for _ in 0..6 {
        for seq in 1..=random.random_range(5..25) {
            at = at.plus(random.random_range(1..90) * SECOND);
            let temperature = f64::from(random.random_range(-20..-14));
            readings.push(json!({"temperature": temperature, "seq": seq, "recordedAt": at}));
        }
    }
    readings
}

#[tokio::test]
async fn counts_that_began_anew_are_stored_once_in_whatever_order_they_come() {
    for seed in 0..4 {
        for kind in crate::support::database::kinds() {
            let server = TestServer::on(kind, |_| {}).await;
            alone(&server).await;
            let cell = Cell::freezer(&server).await;
            let mut random = StdRng::seed_from_u64(seed);
            let readings = counts_of_a_life(&mut random);
            let repeated = readings.iter().filter(|_| random.random_bool(0.5)).cloned();
            let mut sent: Vec<Value> = readings.iter().cloned().chain(repeated).collect();
            sent.shuffle(&mut random);
            let mut accepted = 0;
            for batch in sent.chunks(7) {
                let answer = cell.device(&server).post(&cell.path(), json!(batch)).await;
                assert!(answer.status.is_success(), "{}", answer.text());
                accepted += counts(&answer.value()["data"]).0;
            }
            assert_eq!(accepted, readings.len() as i64, "seed {seed}");
            let rows: Vec<(Timestamp, i64)> =
                sql("SELECT at, temperature FROM readings ORDER BY at").all(&server.app().db).await.unwrap();
            let expected: Vec<(Timestamp, i64)> = readings
                .iter()
                .map(|reading| {
                    let at = reading["recordedAt"].as_str().unwrap().parse().unwrap();
                    (at, (reading["temperature"].as_f64().unwrap() * 1e6) as i64)
                })
                .collect();
            assert_eq!(rows, expected, "seed {seed}");
            assert_buckets_are_right(&server).await;
            server.stop().await;
        }
    }
}

//! Whatever the order in which readings arrive, and however often: the same is stored in the end.

use officina::kernel::db::sql;
use officina::kernel::time::MINUTE;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::{Cell, alone, assert_buckets_are_right, look};
use crate::support::{START, TestServer};

/// A device's afternoon: with and without seq, some at the same time, some with a clock that cannot be right, and the
/// battery's charge now and then.
fn afternoon(random: &mut StdRng) -> Vec<Value> {
    let mut readings = Vec::new();
    for index in 0..120 {
        let at = START.plus(-random.random_range(0..6 * 3_600_000));
        let mut reading = json!({"temperature": f64::from(random.random_range(-3_000..-500)) / 100.0,
            "powerStatus": random.random_bool(0.9)});
        if random.random_bool(0.3) {
            reading["batteryLevel"] = json!(random.random_range(0..=100));
        }
        match index % 4 {
            0 => reading["seq"] = json!(index),
            1 => reading["recordedAt"] = json!(at.0),
            2 => (reading["seq"], reading["recordedAt"]) = (json!(index), json!(at.to_string())),
            _ => (reading["seq"], reading["recordedAt"]) = (json!(index), json!("2035-01-01T00:00:00Z")),
        }
        readings.push(reading);
    }
    readings
}

/// Everything about readings that must not depend on how they came, as text.
async fn state(server: &TestServer) -> (Vec<String>, Vec<String>, Vec<String>) {
    type Row = (i64, i64, i64, i64, i64, i64, Option<bool>);
    let rows: Vec<Row> =
        sql("SELECT dedupe_kind, dedupe_key, at, received_at, temperature, flags, power FROM readings \
         ORDER BY dedupe_kind, dedupe_key")
        .all(&server.app().db)
        .await
        .unwrap();
    type Integer = Option<i64>;
    type Latest = (Integer, Integer, Integer, Integer, Integer, Option<f64>, Integer, Option<bool>);
    let latest: Vec<Latest> =
        sql("SELECT last_seen_at, latest_at, latest_kind, latest_key, temperature, battery, battery_at, power FROM device_states")
            .all(&server.app().db)
            .await
            .unwrap();
    type Told = (String, i64, i64, Option<i64>, Option<i64>);
    let alerts: Vec<Told> = sql("SELECT type, started_at, last_triggered_at, worst, resolved_at FROM alerts \
         WHERE type <> 'SENSOR_ERROR'")
    .all(&server.app().db)
    .await
    .unwrap();
    let mut alerts: Vec<String> = alerts.iter().map(|row| format!("{row:?}")).collect();
    // Not by the database: the two disagree on where what has not ended stands.
    alerts.sort_unstable();
    let text = |rows: Vec<Row>| rows.iter().map(|row| format!("{row:?}")).collect();
    (text(rows), latest.iter().map(|row| format!("{row:?}")).collect(), alerts)
}

async fn deliver(server: TestServer, readings: &[Value], seed: Option<u64>) -> (Vec<String>, Vec<String>, Vec<String>) {
    alone(&server).await;
    let cell = Cell::freezer(&server).await;
    let mut readings = readings.to_vec();
    if let Some(seed) = seed {
        let mut random = StdRng::seed_from_u64(seed);
        let repeated: Vec<Value> = readings.iter().filter(|_| random.random_bool(0.5)).cloned().collect();
        readings.extend(repeated);
        readings.shuffle(&mut random);
        let mut rest = &readings[..];
        let mut posts = Vec::new();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(random.random_range(1..=rest.len().min(20)));
            posts.push(cell.device(&server).post(&cell.path(), json!(batch)).await);
            rest = after;
        }
        assert!(posts.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 201)));
    } else {
        for reading in readings {
            cell.send(&server, reading, 201).await;
        }
    }
    assert_buckets_are_right(&server).await;
    server.advance(MINUTE);
    look(server.app()).await;
    let state = state(&server).await;
    server.stop().await;
    state
}

#[tokio::test]
async fn shuffled_repeated_and_late_readings_end_in_the_same_state_as_in_order() {
    for seed in 0..4 {
        let readings = afternoon(&mut StdRng::seed_from_u64(seed));
        let mut states = Vec::new();
        for kind in crate::support::database::kinds() {
            states.push(deliver(TestServer::on(kind, |_| {}).await, &readings, None).await);
            states.push(deliver(TestServer::on(kind, |_| {}).await, &readings, Some(seed)).await);
        }
        assert_eq!(states[0].0.len(), 120);
        assert!(states[0].2.len() > 10, "{:?}", states[0].2);
        for state in &states[1..] {
            assert_eq!(state.2, states[0].2, "the alerts, seed {seed}");
            assert_eq!(state, &states[0], "seed {seed}");
        }
    }
}

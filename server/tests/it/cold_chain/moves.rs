//! Devices that are moved from one cell to another, and what they have still to tell of the one before.

use std::time::Duration;

use officina::kernel::db::sql;
use officina::kernel::time::{HOUR, MINUTE, Timestamp};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Cell, alone, assert_buckets_are_right, look, text};
use crate::support::{START, TestServer};

/// A reading of a moment.
fn reading(at: Timestamp, temperature: f64) -> Value {
    json!({"temperature": temperature, "recordedAt": at.0})
}

/// Waits until so many statements wait for a lock, where a database can tell. On SQLite they wait for the one connection.
async fn until_waiting(server: &TestServer, many: i64) {
    timeout(Duration::from_secs(20), waiting(server, many)).await.expect("they wait");
}

async fn waiting(server: &TestServer, many: i64) {
    while !server.app().db.is_sqlite() {
        let (waiting,): (i64,) = sql(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .one(&server.app().db)
        .await
        .expect("a count");
        if waiting >= many {
            return;
        }
    }
}

/// How many readings the chart of a cell counts.
async fn counted(cell: &Cell, id: &str) -> Value {
    let path = format!("/api/v1/readings/coldcells/{id}/readings?range=24h");
    cell.admin.get(&path).await.expect(200)["data"]["stats"]["count"].take()
}

#[tokio::test]
async fn a_reading_belongs_to_the_cell_in_which_it_was_measured() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let admin = &cell.admin;
        let first = admin.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        let second = json!({"name": "Cella 2", "locationId": first["data"]["locationId"], "preset": "freezer"});
        let second = text(&admin.post("/api/v1/coldcells", second).await.expect(201)["data"]["id"]);
        let put_into = async |id: &str| {
            let path = format!("/api/v1/devices/{}", cell.device_id);
            admin.patch(&path, json!({"coldCellId": id})).await.expect(200);
        };
        let temperature = async |id: &str| {
            admin.get(&format!("/api/v1/coldcells/{id}")).await.expect(200)["data"]["temperature"].take()
        };

        cell.send(&server, reading(START, -19.0), 201).await;
        server.advance(3 * HOUR);
        put_into(&second).await;
        assert_eq!(temperature(&second).await, Value::Null, "measured elsewhere");

        // What it had not been able to send, the last of it measured where it stands now.
        server.advance(MINUTE);
        let told = [(HOUR, -5.0), (2 * HOUR, -4.0), (3 * HOUR + MINUTE, -18.0)];
        let told: Vec<Value> = told.iter().map(|(after, value)| reading(START.plus(*after), *value)).collect();
        cell.send(&server, json!(told), 201).await;
        look(server.app()).await;
        assert_eq!((counted(&cell, &cell.id).await, counted(&cell, &second).await), (json!(3), json!(1)));
        assert_eq!(temperature(&second).await, json!(-18.0));
        let alerts = admin.get(&format!("/api/v1/alerts?coldCellId={second}")).await.expect(200);
        assert_eq!(alerts["data"], json!([]), "nothing was ever warm there");
        // Once more is nothing more.
        let again = cell.send(&server, json!(told), 200).await;
        assert_eq!(again["duplicates"], 3);

        // Back again: of each stretch of time, the cell of then.
        server.advance(HOUR);
        put_into(&cell.id).await;
        server.advance(MINUTE);
        let told = [reading(START.plus(30 * MINUTE), -19.5), reading(START.plus(3 * HOUR + 30 * MINUTE), -18.5)];
        cell.send(&server, json!(told), 201).await;
        cell.send(&server, reading(START.plus(4 * HOUR + 2 * MINUTE), -20.0), 201).await;
        assert_eq!((counted(&cell, &cell.id).await, counted(&cell, &second).await), (json!(5), json!(2)));
        assert_eq!((temperature(&cell.id).await, temperature(&second).await), (json!(-20.0), Value::Null));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_reading_that_waits_for_a_move_counts_where_the_device_stands_by_then() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let first = cell.admin.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        let second = json!({"name": "Cella 2", "locationId": first["data"]["locationId"], "preset": "freezer"});
        let second = text(&cell.admin.post("/api/v1/coldcells", second).await.expect(201)["data"]["id"]);
        cell.send(&server, json!({"temperature": -19.0, "seq": 1}), 201).await;
        server.advance(MINUTE);

        // Both wait for the device, the move in front.
        let mut busy = server.app().db.begin().await.unwrap();
        sql("UPDATE device_states SET assigned = assigned").run(&mut busy).await.unwrap();
        let (admin, path) = (cell.admin.clone(), format!("/api/v1/devices/{}", cell.device_id));
        let to = json!({"coldCellId": second});
        let moving = tokio::spawn(async move { admin.patch(&path, to).await });
        until_waiting(&server, 1).await;
        let (device, path) = (cell.device(&server), cell.path());
        let told = tokio::spawn(async move { device.post(&path, json!({"temperature": -20.0, "seq": 2})).await });
        until_waiting(&server, 2).await;
        busy.rollback().await.unwrap();
        moving.await.unwrap().expect(200);
        told.await.unwrap().expect(201);

        assert_buckets_are_right(&server).await;
        if !server.app().db.is_sqlite() {
            assert_eq!((counted(&cell, &cell.id).await, counted(&cell, &second).await), (json!(1), json!(1)));
        }
        cell.send(&server, json!({"temperature": -21.0, "seq": 3}), 201).await;
        assert_buckets_are_right(&server).await;
        let of_second = cell.admin.get(&format!("/api/v1/coldcells/{second}")).await.expect(200);
        assert_eq!(of_second["data"]["temperature"], -21.0);
        server.stop().await;
    })
    .await;
}

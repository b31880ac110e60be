//! Stories about cold cells, their devices, readings and alerts.

mod alerts;
mod by_page;
mod counter;
mod crash;
mod degrees;
mod devices;
mod disorder;
mod escalation;
mod faults;
mod filling;
mod fleet;
mod keys;
mod linked;
mod moves;
mod policy;
mod program;
mod quiet;
mod readings;
mod report;
mod retention;
mod servers;
mod set_up;
mod shuffled;
mod simulate;
mod storm;
mod time;
mod urgency;

use std::collections::BTreeMap;

use officina::cold_chain::{backlog, service};
use officina::kernel::App;
use officina::kernel::db::sql;
use officina::kernel::time::MINUTE;
use serde_json::{Value, json};

use crate::support::{Client, TestServer};

/// A cell with a device, made through the API by an admin.
struct Cell {
    admin: Client,
    id: String,
    device_id: String,
    serial: String,
    key: String,
}

impl Cell {
    /// A freezer, −25 to −15 °C, with the device `CC-0001`.
    async fn freezer(server: &TestServer) -> Self {
        Self::with(server, json!({"preset": "freezer"}), "CC-0001").await
    }

    /// A cell with its own settings.
    async fn with(server: &TestServer, settings: Value, serial: &str) -> Self {
        // A browser, because its session outlasts the hours of a story.
        let admin = server.browser("admin").await;
        let location = admin.post("/api/v1/locations", json!({"name": "Magazzino"})).await.expect(201);
        let mut cell = json!({"name": "Cella", "locationId": location["data"]["id"]});
        for (name, value) in settings.as_object().expect("settings") {
            cell[name] = value.clone();
        }
        let cell = admin.post("/api/v1/coldcells", cell).await.expect(201);
        let id = text(&cell["data"]["id"]);
        let device = json!({"serialNumber": serial, "coldCellId": id});
        let device = admin.post("/api/v1/devices", device).await.expect(201);
        Self {
            admin,
            id,
            device_id: text(&device["data"]["id"]),
            serial: serial.to_owned(),
            key: text(&device["data"]["apiKey"]),
        }
    }

    /// The device as a client that sends its key.
    fn device(&self, server: &TestServer) -> Client {
        server.visitor().with("x-device-key", &self.key)
    }

    /// Where the device sends its readings.
    fn path(&self) -> String {
        format!("/api/v1/readings/devices/{}/readings", self.serial)
    }

    /// Sends something and expects a status; returns `data`.
    async fn send(&self, server: &TestServer, body: Value, status: u16) -> Value {
        self.device(server).post(&self.path(), body).await.expect(status)["data"].take()
    }

    /// The active and resolved alerts, newest first.
    async fn alerts(&self) -> Vec<Value> {
        let list = self.admin.get(&format!("/api/v1/alerts?coldCellId={}", self.id)).await.expect(200);
        list["data"].as_array().expect("a list").clone()
    }

    /// The cell's chart.
    async fn chart(&self, range: &str) -> Value {
        let path = format!("/api/v1/readings/coldcells/{}/readings?range={range}", self.id);
        self.admin.get(&path).await.expect(200)["data"].take()
    }
}

/// A customer of the organisation.
pub async fn customer(server: &TestServer, name: &str) -> String {
    let id = uuid::Uuid::now_v7();
    let mut tx = server.app().db.begin().await.expect("a transaction");
    sql("INSERT INTO customers (org_id, id, name, phone, created_at) VALUES ($1, $2, $3, '', 0)")
        .bind(server.org.id)
        .bind(id)
        .bind(name)
        .run(&mut tx)
        .await
        .expect("a customer");
    tx.commit().await.expect("a commit");
    id.to_string()
}

/// The account of the member with a role.
pub async fn account(admin: &Client, role: &str) -> String {
    text(&admin.get(&format!("/api/v1/admin/users?role={role}")).await.expect(200)["data"][0]["id"])
}

/// Leaves the recurring jobs of the cold chain to the story: the server's own worker would do them at moments of its own.
async fn alone(server: &TestServer) {
    let app = server.app();
    let mut tx = app.db.begin().await.expect("a transaction");
    sql("DELETE FROM jobs WHERE kind LIKE 'cold_chain.%'").run(&mut tx).await.expect("no jobs");
    tx.commit().await.expect("a commit");
    look(app).await;
}

/// Does what the recurring jobs do.
async fn look(app: &App) {
    while backlog::catch_up(app).await.expect("caught up").is_some() {}
    service::watch(app).await.expect("watched");
    service::escalate(app).await.expect("escalated");
    service::look_back(app).await.expect("looked back");
}

/// Lets minutes pass, with the recurring jobs in each of them.
async fn pass(server: &TestServer, minutes: i64) {
    for _ in 0..minutes {
        server.advance(MINUTE);
        look(server.app()).await;
    }
}

/// What the journal says after changes of a kind, oldest first.
async fn journaled(app: &App, action: &str) -> Vec<Value> {
    let rows: Vec<(String,)> = sql("SELECT after FROM journal WHERE action = $1 ORDER BY seq")
        .bind(action)
        .all(&app.db)
        .await
        .expect("entries");
    rows.into_iter().map(|(after,)| serde_json::from_str(&after).expect("JSON")).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// How many readings are stored.
async fn stored(server: &TestServer) -> i64 {
    let (count,): (i64,) = sql("SELECT COUNT(*) FROM readings").one(&server.app().db).await.expect("a count");
    count
}

/// Minimum, maximum, sum and count by cell, span in seconds and start.
type Buckets = BTreeMap<(i64, i64, i64), (i64, i64, i64, i64)>;

/// The spans of buckets, in seconds.
const SPANS: [i64; 3] = [300, 1_800, 7_200];

fn add(buckets: &mut Buckets, key: (i64, i64, i64), (min, max, sum, count): (i64, i64, i64, i64)) {
    let bucket = buckets.entry(key).or_insert((i64::MAX, i64::MIN, 0, 0));
    *bucket = (bucket.0.min(min), bucket.1.max(max), bucket.2 + sum, bucket.3 + count);
}

/// Buckets computed anew from the raw readings equal those that were kept: in their table, and with the devices that still
/// fill them.
async fn assert_buckets_are_right(server: &TestServer) {
    let db = &server.app().db;
    let (mut kept, mut anew) = (Buckets::new(), Buckets::new());
    type Row = (i64, i64, i64, i64, i64, i64, i64);
    let table: Vec<Row> = sql("SELECT cell_no, span, start_at, min, max, sum, count FROM reading_buckets")
        .all(db)
        .await
        .expect("buckets");
    for (cell_no, span, start, min, max, sum, count) in table {
        add(&mut kept, (cell_no, span, start), (min, max, sum, count));
    }
    let filling: Vec<(i64, i64, i64, i64, i64, i64)> =
        sql("SELECT d.cell_no, s.bucket_at, s.bucket_min, s.bucket_max, s.bucket_sum, s.bucket_count \
         FROM device_states s JOIN devices d ON d.no = s.device_no WHERE s.bucket_at IS NOT NULL")
        .all(db)
        .await
        .expect("what is filled");
    for (cell_no, at, min, max, sum, count) in filling {
        for span in SPANS {
            add(&mut kept, (cell_no, span, at - at % (span * 1_000)), (min, max, sum, count));
        }
    }
    let raw: Vec<(i64, i64, i64)> =
        sql("SELECT cell_no, at, temperature FROM readings").all(db).await.expect("readings");
    for (cell_no, at, value) in raw {
        for span in SPANS {
            add(&mut anew, (cell_no, span, at - at % (span * 1_000)), (value, value, value, 1));
        }
    }
    assert_eq!(kept, anew);
}

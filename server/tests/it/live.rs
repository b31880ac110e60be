//! The live feed: every change of the organisation, once, and nothing of another.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Method;
use futures::StreamExt;
use officina::kernel::ids::RepairId;
use officina::kernel::journal::{self, Entry};
use serde_json::json;

use crate::cold_chain;
use crate::support::{Client, TestServer};

/// How long a test waits for an event before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open stream, read block by block.
struct Feed {
    body: BodyDataStream,
    read: String,
    /// How often the server has said that it is there.
    beats: usize,
}

impl Feed {
    async fn open(client: &Client, path: &str, last_event_id: Option<i64>) -> Self {
        let mut request = client.request(Method::GET, path);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = client.open(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut feed = Self { body: response.into_body().into_data_stream(), read: String::new(), beats: 0 };
        let hello = feed.block().await.expect("the stream begins");
        assert!(hello.contains(": connected") && hello.contains("id: "), "{hello}");
        feed
    }

    /// The next block, or none when the stream has ended.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let block = block.to_owned();
                self.read = rest.to_owned();
                if !block.contains("event: beat") {
                    return Some(block);
                }
                self.beats += 1;
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("an event in time")?;
            self.read.push_str(&String::from_utf8_lossy(&chunk.expect("a chunk")));
        }
    }

    /// The number and name of the next event.
    async fn event(&mut self) -> (i64, String) {
        let block = self.block().await.expect("an event");
        let line = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        (line("id:").expect("an id").parse().unwrap(), line("event:").expect("a name").to_owned())
    }
}

async fn change(server: &TestServer, org: officina::kernel::ids::OrgId, action: &'static str) -> i64 {
    let app = server.app();
    let mut tx = app.db.begin().await.unwrap();
    let entry = Entry::new(action, "repair", RepairId::new().0).after(&json!({ "status": "ready" }));
    let actor = officina::kernel::actor::Actor::system(org);
    let seq = journal::write(&mut tx, &actor, app.clock.now(), entry).await.unwrap();
    tx.commit().await.unwrap();
    seq
}

#[tokio::test]
async fn a_change_is_told_once_to_those_who_may_see_it() {
    TestServer::each(|server| async move {
        let member = server.member("technician").await;
        let mut feed = Feed::open(&member, "/api/v1/live?topics=repairs,leads", None).await;
        change(&server, server.other_org.id, "repairs.created").await;
        change(&server, server.org.id, "leads.created").await;
        let seq = change(&server, server.org.id, "repairs.status_changed").await;
        assert_eq!(feed.event().await, (seq, "repairs.status_changed".to_owned()));

        for role in ["customer", "student"] {
            server.member(role).await.get("/api/v1/live?topics=repairs").await.expect_error(403, "FORBIDDEN");
        }
        member.get("/api/v1/live?topics=everything").await.expect_error(400, "VALIDATION_ERROR");
        server.visitor().get("/api/v1/live").await.expect_error(401, "UNAUTHORIZED");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_a_cell_open_is_told_of_its_readings() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        let made = async |path: &str, body: serde_json::Value| {
            admin.post(&format!("/api/v1{path}"), body).await.expect(201)["data"].take()
        };
        let place = made("/locations", json!({ "name": "Porto" })).await;
        let new = |name: &str| json!({ "name": name, "preset": "freezer", "locationId": place["id"] });
        let (cell, other) = (made("/coldcells", new("A")).await, made("/coldcells", new("B")).await);
        let mut keys = Vec::new();
        for (serial, cell) in [("A-1", &cell), ("B-1", &other)] {
            let device = made("/devices", json!({ "serialNumber": serial, "coldCellId": cell["id"] })).await;
            keys.push(device["apiKey"].as_str().unwrap().to_owned());
        }
        let send = async |index: usize, serial: &str| {
            let device = server.visitor().with("x-device-key", &keys[index]);
            let path = format!("/api/v1/readings/devices/{serial}/readings");
            device.post(&path, json!({ "temperature": -18 })).await.expect(201);
        };
        let id = cell["id"].as_str().unwrap();
        let mut feed = Feed::open(&admin, &format!("/api/v1/live?cell={id}"), None).await;
        send(1, "B-1").await;
        server.advance(1_000);
        let heard_at = server.app().clock.now();
        send(0, "A-1").await;
        let told = feed.block().await.expect("an event");
        assert!(told.contains("event: readings.stored") && !told.contains("id: "), "{told}");
        let data = told.lines().find_map(|line| line.strip_prefix("data: ")).expect("data");
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data, json!({ "subject": { "kind": "cold_cell", "id": id }, "at": heard_at }));

        let stranger = server.stranger().await;
        stranger.get(&format!("/api/v1/live?cell={id}")).await.expect_error(404, "NOT_FOUND");
        admin.get("/api/v1/live?cell=A").await.expect_error(400, "VALIDATION_ERROR");
        server.member("agent").await.get(&format!("/api/v1/live?cell={id}")).await.expect_error(403, "FORBIDDEN");
    })
    .await;
}

#[tokio::test]
async fn a_listener_that_was_away_misses_nothing() {
    TestServer::each(|server| async move {
        let member = server.browser("admin").await;
        let mut feed = Feed::open(&member, "/api/live?topics=repairs", None).await;
        let first = change(&server, server.org.id, "repairs.created").await;
        assert_eq!(feed.event().await.0, first);
        drop(feed);
        let mut missed = Vec::new();
        for _ in 0..20 {
            missed.push(change(&server, server.org.id, "repairs.updated").await);
        }
        let mut feed = Feed::open(&member, "/api/live?topics=repairs", Some(first)).await;
        missed.push(change(&server, server.org.id, "repairs.updated").await);
        for seq in missed {
            assert_eq!(feed.event().await.0, seq);
        }
    })
    .await;
}

#[tokio::test]
async fn the_stream_ends_with_the_session_and_with_the_server() {
    TestServer::each(|server| async move {
        let leaving = server.member("admin").await;
        let staying = server.member("manager").await;
        let mut ending = Feed::open(&leaving, "/api/v1/live?topics=repairs", None).await;
        let mut going_on = Feed::open(&staying, "/api/v1/live?topics=repairs", None).await;
        leaving.raw(Method::POST, "/api/v1/auth/logout", "text/plain", "").await.expect(200);
        let begun = std::time::Instant::now();
        assert_eq!(ending.block().await, None);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());

        let seq = change(&server, server.org.id, "repairs.created").await;
        assert_eq!(going_on.event().await.0, seq);
        server.state().stop.cancel();
        assert_eq!(going_on.block().await, None);
    })
    .await;
}

#[tokio::test]
async fn a_member_has_so_many_streams_and_no_more() {
    TestServer::each_with(
        |config| config.limits.live_streams_per_member = 2,
        |server| async move {
            const LIVE: &str = "/api/v1/live?topics=repairs";
            let admin = server.member("admin").await;
            let first = Feed::open(&admin, LIVE, None).await;
            // Another session of the same person is the same person.
            let _second = Feed::open(&server.browser("admin").await, LIVE, None).await;
            let refused = admin.get(LIVE).await;
            refused.expect_error(429, "RATE_LIMITED");
            assert!(refused.header("retry-after").is_some());
            Feed::open(&server.member("manager").await, LIVE, None).await;

            drop(first);
            let again = async {
                while admin.open(admin.request(Method::GET, LIVE).body(Body::empty()).unwrap()).await.status() == 429 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(PATIENCE, again).await.expect("a place is free again");
        },
    )
    .await;
}

#[tokio::test]
async fn who_is_linked_to_customers_hears_of_theirs_alone() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let mut locations = Vec::new();
        for name in ["Gelati", "Pesce"] {
            let customer = cold_chain::customer(&server, name).await;
            let location = json!({ "name": name, "customerId": customer });
            let location = admin.post("/api/v1/locations", location).await.expect(201);
            locations.push((customer, format!("/api/v1/locations/{}", location["data"]["id"].as_str().unwrap())));
        }
        let account = cold_chain::account(&admin, "technician").await;
        let links = json!({ "customerIds": [locations[0].0] });
        admin.put(&format!("/api/v1/users/{account}/customers"), links).await.expect(200);
        let technician = server.member("technician").await;
        let mut feed = Feed::open(&technician, "/api/v1/live?topics=cold_chain", None).await;
        admin.patch(&locations[1].1, json!({ "name": "Theirs" })).await.expect(200);
        admin.patch(&locations[0].1, json!({ "name": "Ours" })).await.expect(200);
        let event = feed.block().await.expect("an event");
        let own = locations[0].1.rsplit('/').next().unwrap();
        assert!(event.contains("cold_chain.location_changed") && event.contains(own), "{event}");
    })
    .await;
}

#[tokio::test]
async fn a_quiet_stream_says_that_it_is_there() {
    TestServer::each(|server| async move {
        let mut feed = Feed::open(&server.browser("admin").await, "/api/v1/live", None).await;
        let waiting = tokio::time::timeout(Duration::from_secs(7), feed.block()).await;
        assert!(waiting.is_err() && feed.beats > 0, "a browser could not tell it from one that hangs");
        server.stop().await;
    })
    .await;
}

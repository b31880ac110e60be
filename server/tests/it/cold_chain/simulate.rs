//! The simulator against a server on a real port.

use officina::kernel::db::sql;
use officina_server::simulate::{self, Plan};
use serde_json::json;

use crate::support::{Client, TestServer};

/// Readings that are stored of the simulator's cells.
async fn stored(admin: &Client) -> u64 {
    let cells = admin.get("/api/v1/coldcells?limit=100").await.expect(200);
    let mut stored = 0;
    for cell in cells["data"].as_array().expect("cells") {
        let id = cell["id"].as_str().expect("an id");
        let chart = admin.get(&format!("/api/v1/readings/coldcells/{id}/readings?range=24h")).await.expect(200);
        stored += chart["data"]["stats"]["count"].as_u64().expect("a count");
    }
    stored
}

#[tokio::test]
async fn simulated_devices_are_answered_as_they_should_be_and_everything_is_stored_once() {
    TestServer::each(|mut server| async move {
        let address = server.open_port().await;
        let admin = server.member("admin").await;
        let token =
            json!({ "name": "Simulator", "permissions": ["cold_chain:read", "cold_chain:write", "devices:manage"] });
        let token = admin.post("/api/v1/admin/tokens", token).await.expect(201);
        let plan = Plan {
            url: format!("http://{address}"),
            devices: 10,
            rate: 600.0,
            batch: 3,
            seconds: 1,
            faults: 0.4,
            demo_file: None,
            token: token["data"]["key"].as_str().map(str::to_owned),
        };
        let first = simulate::run(&plan).await.expect("a report");
        assert!(first.is_right(), "{first}");
        // Of 600 readings each fault has had its turn.
        assert!(first.answered.accepted >= 600, "{first}");
        assert!(first.answered.duplicates > 0 && first.answered.rejected > 0, "{first}");
        assert_eq!(stored(&admin).await, first.answered.accepted);
        // The same devices once more, with new keys: they go on counting.
        let second = simulate::run(&plan).await.expect("a report");
        assert!(second.is_right(), "{second}");
        assert_eq!(stored(&admin).await, first.answered.accepted + second.answered.accepted);
        let devices = admin.get("/api/v1/devices").await.expect(200);
        assert_eq!(devices["page"]["total"], 10);
        // One that was taken out of service stays there, and the others go on.
        let retired = devices["data"][0]["id"].as_str().expect("an id");
        admin.patch(&format!("/api/v1/devices/{retired}"), json!({ "retired": true })).await.expect(200);
        let third = simulate::run(&plan).await.expect("a report");
        assert!(third.is_right() && third.answered.accepted > 0, "{third}");
        let devices = admin.get("/api/v1/devices").await.expect(200);
        assert_eq!(devices["page"]["total"], 9);
        let none = Plan { devices: 1, ..plan };
        let refused = simulate::run(&none).await.expect_err("the first is the only one, and out of service");
        assert_eq!(refused.to_string(), "All devices of the simulation are out of service.");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_fleet_that_takes_more_requests_than_a_member_has_in_a_minute_is_made_all_the_same() {
    let mut server = TestServer::on(crate::support::Kind::Sqlite, |config| {
        config.limits.enabled = true;
        config.limits.member_per_minute = 60;
    })
    .await;
    let address = server.open_port().await;
    let admin = server.browser("admin").await;
    let token =
        json!({ "name": "Simulator", "permissions": ["cold_chain:read", "cold_chain:write", "devices:manage"] });
    let token = admin.post("/api/v1/admin/tokens", token).await.expect(201);
    let plan = Plan {
        url: format!("http://{address}"),
        devices: 236,
        rate: 2_000.0,
        batch: 1,
        seconds: 1,
        faults: 0.0,
        demo_file: None,
        token: token["data"]["key"].as_str().map(str::to_owned),
    };
    let report = simulate::run(&plan).await.expect("a report");
    assert!(report.is_right(), "{report}");
    let devices: Vec<(i64,)> = sql("SELECT no FROM devices").all(&server.app().db).await.unwrap();
    assert_eq!(devices.len(), 236);
    server.stop().await;
}

#[tokio::test]
async fn what_stops_a_simulation_is_said_in_a_sentence() {
    let mut server = TestServer::on(crate::support::Kind::Sqlite, |_| {}).await;
    let address = server.open_port().await;
    let plan = |url: String, token: Option<&str>| Plan {
        url,
        devices: 1,
        rate: 1.0,
        batch: 1,
        seconds: 1,
        faults: 0.0,
        demo_file: None,
        token: token.map(str::to_owned),
    };
    let here = format!("http://{address}");
    for (plan, words) in [
        (plan(here.clone(), None), "OFFICINA_SIMULATE_TOKEN"),
        (plan(here.clone(), Some("wrong")), "401"),
        (plan("https://example.org".to_owned(), Some("x")), "is not an address"),
        (plan("http://127.0.0.1:1".to_owned(), Some("x")), "does not answer"),
    ] {
        let problem = simulate::run(&plan).await.expect_err("no simulation").to_string();
        assert!(problem.contains(words), "{problem}");
    }
    server.stop().await;
}

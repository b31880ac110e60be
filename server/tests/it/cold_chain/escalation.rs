//! Alerts that nobody reacts to are told to more and more people.

use officina::kernel::db::sql;
use officina::kernel::ids::AlertId;
use officina::kernel::time::{HOUR, MINUTE};
use serde_json::{Value, json};

use super::{Cell, alone, journaled, look, pass};
use crate::support::{Client, Kind, START, TestServer};

const POLICY: &str = "/api/v1/admin/alert-policy";

/// A cell whose device may be silent for a week, with an alert.
async fn warm_cell(server: &TestServer) -> Cell {
    let cell = Cell::with(server, json!({"preset": "freezer", "offlineAfterSeconds": 604_800}), "CC-0001").await;
    measure(server, &cell, -10.0).await;
    cell
}

async fn measure(server: &TestServer, cell: &Cell, temperature: f64) {
    let now = server.app().clock.now();
    cell.send(server, json!({"temperature": temperature, "recordedAt": now.0}), 201).await;
}

/// The levels told so far, and why a notice was muted.
async fn steps(server: &TestServer) -> Vec<(i64, Value)> {
    let entries = journaled(server.app(), "cold_chain.alert_escalated").await;
    entries.iter().map(|entry| (entry["level"].as_i64().unwrap(), entry["muted"].clone())).collect()
}

async fn levels(server: &TestServer) -> Vec<i64> {
    steps(server).await.into_iter().map(|(level, _)| level).collect()
}

async fn act(cell: &Cell, by: &Client, what: &str) -> Value {
    let id = cell.alerts().await[0]["id"].as_str().unwrap().to_owned();
    match what {
        "acknowledge" => by.post(&format!("/api/v1/alerts/{id}/acknowledge"), json!({})).await.expect(200),
        "resolve" => by.patch(&format!("/api/v1/alerts/{id}/resolve"), json!({"note": "Done."})).await.expect(200),
        _ => by.get(&format!("/api/v1/alerts/{id}")).await.expect(200),
    }
}

#[tokio::test]
async fn it_goes_up_level_by_level_and_the_last_is_told_again() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = warm_cell(&server).await;
        pass(&server, 59).await;
        assert!(levels(&server).await.is_empty());
        for told in [vec![1], vec![1, 2], vec![1, 2, 2]] {
            pass(&server, 1).await;
            assert_eq!(levels(&server).await, told);
            look(server.app()).await;
            pass(&server, 59).await;
            assert_eq!(levels(&server).await, told);
        }
        let entries = journaled(server.app(), "cold_chain.alert_escalated").await;
        assert_eq!(entries[0]["to"], json!({"roles": ["manager"], "members": []}));
        assert_eq!(entries[1]["to"], json!({"roles": ["admin"], "members": []}));
        assert_eq!((&entries[0]["type"], &entries[0]["coldCellId"]), (&json!("HIGH_TEMP"), &json!(cell.id)));
        let detail = act(&cell, &cell.admin, "read").await;
        assert_eq!((&detail["data"]["escalationLevel"], &detail["data"]["status"]), (&json!(2), &json!("ACTIVE")));
        let timeline = detail["data"]["timeline"].as_array().unwrap();
        let line =
            |index: usize| (&timeline[index]["action"], &timeline[index]["internalNote"], &timeline[index]["at"]);
        let at = START.plus(HOUR).to_string();
        assert_eq!(line(1), (&json!("cold_chain.alert_escalated"), &json!("Level 1: manager"), &json!(at)));
        assert_eq!(timeline.len(), 4);

        // Told every hour for a day, and then no more.
        for _ in 0..40 {
            server.advance(HOUR);
            look(server.app()).await;
        }
        assert_eq!(levels(&server).await.len(), 2 + 24);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_being_told_of_an_alert_does_not_hold_up_its_next_step() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let _cell = warm_cell(&server).await;
        server.advance(HOUR);
        if server.kind == Kind::Sqlite {
            // One writer: there the two queue.
            return server.stop().await;
        }
        // What writing a notice of it holds, for as long as it takes.
        let mut telling = server.app().db.begin().await.unwrap();
        let held: Vec<(AlertId,)> = sql("SELECT id FROM alerts FOR KEY SHARE").all(&mut telling).await.unwrap();
        assert_eq!(held.len(), 1);
        look(server.app()).await;
        assert_eq!(levels(&server).await, [1]);
        telling.rollback().await.unwrap();
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_takes_note_or_closes_ends_the_escalation() {
    for what in ["acknowledge", "resolve"] {
        TestServer::each(|server| async move {
            alone(&server).await;
            let cell = warm_cell(&server).await;
            pass(&server, 60).await;
            assert_eq!(levels(&server).await, [1]);
            let done = act(&cell, &server.member("technician").await, what).await;
            assert_eq!(done["data"]["escalationLevel"], 1);
            pass(&server, 180).await;
            assert_eq!(levels(&server).await, [1]);
            server.stop().await;
        })
        .await;
    }
}

#[tokio::test]
async fn an_alert_that_is_over_by_itself_does_not_escalate() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = warm_cell(&server).await;
        pass(&server, 59).await;
        measure(&server, &cell, -18.0).await;
        pass(&server, 61).await;
        assert!(levels(&server).await.is_empty());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_late_alert_escalates_only_once_it_goes_on() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let settings = json!({"preset": "freezer", "offlineAfterSeconds": 604_800});
        let cell = Cell::with(&server, settings, "CC-0001").await;
        let old = START.plus(-3 * HOUR);
        cell.send(&server, json!({"temperature": -10, "recordedAt": old.0}), 201).await;
        assert_eq!(cell.alerts().await[0]["late"], true);
        pass(&server, 180).await;
        assert!(levels(&server).await.is_empty());
        measure(&server, &cell, -10.0).await;
        assert_eq!(cell.alerts().await[0]["late"], false);
        assert_eq!(journaled(server.app(), "alerts.opened").await.len(), 1);
        assert_eq!(journaled(server.app(), "alerts.continued").await.len(), 1);
        pass(&server, 59).await;
        assert!(levels(&server).await.is_empty());
        pass(&server, 1).await;
        assert_eq!(levels(&server).await, [1]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn quiet_hours_mute_notices_up_to_their_level_in_the_organisations_time_zone() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let admin = server.browser("admin").await;
        let me = admin.get("/api/v1/admin/users?search=manager").await.expect(200);
        let member = me["data"][0]["membershipId"].clone();
        let policy = json!({
            "levels": [{"roles": ["Technician"]}, {"afterMinutes": 30, "members": [member], "roles": ["manager"]}],
            "repeatMinutes": 0,
            "quietHours": {"from": "22:00", "until": "06:00", "upToLevel": 1},
        });
        let kept = admin.put(POLICY, policy).await.expect(200);
        assert_eq!(kept["data"]["levels"][0], json!({"afterMinutes": 60, "roles": ["technician"], "members": []}));
        assert_eq!(admin.get(POLICY).await.expect(200), kept);

        // Half past nine in the evening in Rome, which is an hour ahead of UTC in November.
        server.advance(10 * HOUR + 30 * MINUTE);
        let _cell = warm_cell(&server).await;
        pass(&server, 240).await;
        assert_eq!(steps(&server).await, [(1, json!("quiet_hours")), (2, Value::Null)]);
        let entries = journaled(server.app(), "cold_chain.alert_escalated").await;
        assert_eq!(entries[1]["to"], json!({"roles": ["manager"], "members": [member]}));
        let other = Cell::with(&server, json!({"preset": "freezer"}), "CC-0002").await;
        measure(&server, &other, -10.0).await;
        let muted: Vec<Value> =
            journaled(server.app(), "alerts.opened").await.iter().map(|entry| entry["muted"].clone()).collect();
        assert_eq!(muted, [Value::Null, json!("quiet_hours")]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_policy_counts_for_alerts_that_are_active() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = warm_cell(&server).await;
        pass(&server, 20).await;
        cell.admin.put(POLICY, json!({"levels": []})).await.expect(200);
        pass(&server, 100).await;
        assert!(levels(&server).await.is_empty());
        let policy = json!({"levels": [{"afterMinutes": 10, "roles": ["admin"]}], "repeatMinutes": 0});
        cell.admin.put(POLICY, policy).await.expect(200);
        pass(&server, 1).await;
        assert_eq!(levels(&server).await, [1]);

        let refused = |levels: Value| {
            let admin = cell.admin.clone();
            async move { admin.put(POLICY, json!({"levels": levels})).await.expect_error(400, "VALIDATION_ERROR") }
        };
        refused(json!([{"roles": ["nobody"]}])).await;
        refused(json!([{"members": [uuid::Uuid::now_v7()]}])).await;
        refused(json!([{}])).await;
        let stranger = server.stranger().await;
        let theirs = stranger.get("/api/v1/admin/users").await.expect(200);
        refused(json!([{"members": [theirs["data"][0]["membershipId"]]}])).await;
        assert_eq!(stranger.get(POLICY).await.expect(200)["data"]["levels"].as_array().unwrap().len(), 2);
        let kept = cell.admin.get(POLICY).await.expect(200);
        assert_eq!(kept["data"]["levels"][0]["afterMinutes"], 10);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_silence_holds_a_step_back_and_its_end_lets_it_go() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = warm_cell(&server).await;
        // Told once, and never again.
        let policy = json!({"levels": [{"afterMinutes": 60, "roles": ["technician"]}], "repeatMinutes": 0});
        cell.admin.put(POLICY, policy).await.expect(200);
        let until = server.app().clock.now().plus(3 * HOUR);
        let silence = json!({"coldCellId": cell.id, "until": until, "reason": "Inventory"});
        cell.admin.post("/api/v1/silences", silence).await.expect(201);
        pass(&server, 179).await;
        assert_eq!(steps(&server).await, []);
        pass(&server, 2).await;
        assert_eq!(steps(&server).await, [(1, Value::Null)]);
        pass(&server, 120).await;
        assert_eq!(steps(&server).await.len(), 1);

        // The same where the only level is quiet at night: it is half past three in the afternoon in Rome by now.
        let policy = json!({
            "levels": [{"afterMinutes": 60, "roles": ["technician"]}], "repeatMinutes": 0,
            "quietHours": {"from": "15:00", "until": "19:00", "upToLevel": 1},
        });
        cell.admin.put(POLICY, policy).await.expect(200);
        measure(&server, &cell, -18.0).await;
        pass(&server, 1).await;
        measure(&server, &cell, -10.0).await;
        pass(&server, 120).await;
        assert_eq!(steps(&server).await.len(), 1);
        pass(&server, 60).await;
        assert_eq!(steps(&server).await, [(1, Value::Null), (1, Value::Null)]);
        server.stop().await;
    })
    .await;
}

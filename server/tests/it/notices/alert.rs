//! An alert's own page: what happened to it, and who was told.

use officina::cold_chain::service::escalate;
use officina::kernel::time::{HOUR, MINUTE};
use officina::notices::service::follow;
use serde_json::{Value, json};

use crate::support::{Client, START, TestServer};

/// A freezer in Porto whose device sends what it is told to.
struct Freezer {
    admin: Client,
    cell: String,
    device: Client,
}

impl Freezer {
    async fn of(server: &TestServer) -> Self {
        let admin = server.browser("admin").await;
        let made = async |path: &str, body: Value| {
            admin.post(&format!("/api/v1{path}"), body).await.expect(201)["data"].take()
        };
        let location = made("/locations", json!({ "name": "Porto" })).await["id"].take();
        let cell =
            json!({ "name": "Cella", "locationId": location, "preset": "freezer", "offlineAfterSeconds": 604_800 });
        let cell = made("/coldcells", cell).await["id"].take();
        let device = made("/devices", json!({ "serialNumber": "CC-1", "coldCellId": cell })).await;
        let device = server.visitor().with("x-device-key", device["apiKey"].as_str().unwrap());
        Self { cell: cell.as_str().unwrap().to_owned(), admin, device }
    }

    async fn measures(&self, server: &TestServer, temperature: f64) {
        let reading = json!({ "temperature": temperature, "recordedAt": server.app().clock.now().0 });
        self.device.post("/api/v1/readings/devices/CC-1/readings", reading).await.expect(201);
    }

    /// The newest alert's id.
    async fn alert(&self) -> String {
        let alerts = self.admin.get("/api/v1/alerts").await.expect(200);
        alerts["data"][0]["id"].as_str().expect("an alert").to_owned()
    }

    async fn story(&self, alert: &str) -> Value {
        self.admin.get(&format!("/api/v1/alerts/{alert}")).await.expect(200)["data"].take()
    }
}

/// Lets minutes pass, and then everybody be told.
async fn pass(server: &TestServer, minutes: i64) {
    for _ in 0..2 {
        server.advance(minutes * MINUTE / 2);
        escalate(server.app()).await.unwrap();
        follow(server.app()).await.unwrap();
    }
}

fn named(roles: &[&str]) -> Value {
    roles.iter().map(|role| format!("The {role} of Carrozzeria Rossi")).collect()
}

/// What was told to whom.
fn told(story: &Value) -> Vec<(String, i64, Value)> {
    let told = story["told"].as_array().expect("a list").iter();
    told.map(|told| (told["kind"].as_str().unwrap().to_owned(), told["level"].as_i64().unwrap(), told["names"].clone()))
        .collect()
}

#[tokio::test]
async fn its_page_says_what_happened_and_who_was_told() {
    TestServer::each(|server| async move {
        let freezer = Freezer::of(&server).await;
        freezer.measures(&server, 3.0).await;
        let alert = freezer.alert().await;
        pass(&server, 4).await;
        pass(&server, 60).await;
        pass(&server, 4).await;
        let technician = server.browser("technician").await;
        let path = format!("/api/v1/alerts/{alert}");
        technician.post(&format!("{path}/acknowledge"), json!({})).await.expect(200);
        technician.patch(&format!("{path}/resolve"), json!({ "note": "Door closed" })).await.expect(200);
        pass(&server, 4).await;

        let story = freezer.story(&alert).await;
        let all = ["admin", "manager", "technician"];
        let expected = [
            ("opening".to_owned(), 0, named(&all)),
            ("escalation".to_owned(), 1, named(&["manager"])),
            // Who closed it knows.
            ("resolution".to_owned(), 0, named(&["admin", "manager"])),
        ];
        assert_eq!(told(&story), expected);
        assert_eq!((&story["status"], story["timeline"].as_array().unwrap().len()), (&json!("RESOLVED"), 4));

        let browser = technician.clone().with("accept", "text/html");
        let page = browser.get(&format!("/app/alerts/{alert}")).await;
        let text = page.text().replace("<!>", "").replace("<!---->", "");
        assert_eq!(page.status, 200);
        for words in ["Too warm: Cella", "Porto", "3.0 °C", "−15.0 °C", "CC-1", "1 h 08 min", "All alerts"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        // Newest first.
        let lines = [
            "Told that it was over",
            "Closed by hand",
            "Door closed",
            "Acknowledged",
            "Told that nobody had reacted, level 1",
            "Escalated to level 1",
            "to manager",
            "Told that it opened",
            "Opened",
        ];
        let timeline = &text[text.find("What happened").expect("a timeline")..];
        let places: Vec<Option<usize>> = lines.iter().map(|line| timeline.find(line)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {timeline}");

        // What is about one alert leads to it, in the lists and on the cell's page.
        let href = format!("href=\"/app/alerts/{alert}\"");
        for page in ["/app/notices", "/app/alerts?resolved=1"] {
            assert!(browser.get(page).await.text().contains(&href), "{page}");
        }
        freezer.measures(&server, -18.0).await;
        server.advance(MINUTE);
        freezer.measures(&server, 4.0).await;
        let next = freezer.alert().await;
        let cell = browser.get(&format!("/app/cold-chain/cells/{}", freezer.cell)).await.text();
        assert!(next != alert && cell.contains(&format!("href=\"/app/alerts/{next}\"")), "{cell}");
        assert!(cell.contains("aria-label=\"More about “Too warm” in Cella\""), "{cell}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn its_page_says_why_nobody_was_told() {
    TestServer::each(|server| async move {
        let freezer = Freezer::of(&server).await;
        let until = START.plus(HOUR).to_string();
        let silence = json!({ "coldCellId": freezer.cell, "until": until });
        freezer.admin.post("/api/v1/silences", silence).await.expect(201);
        // From noon on it is quiet in Rome.
        let quiet = json!({ "from": "12:00", "until": "13:00", "upToLevel": 9 });
        let levels = json!([{ "roles": ["manager"] }, { "roles": ["admin"] }]);
        let policy = json!({ "levels": levels, "repeatMinutes": 0, "quietHours": quiet });
        freezer.admin.put("/api/v1/admin/alert-policy", policy).await.expect(200);
        freezer.measures(&server, 3.0).await;
        let alert = freezer.alert().await;
        pass(&server, 62).await;
        freezer.measures(&server, -18.0).await;
        pass(&server, 4).await;

        let story = freezer.story(&alert).await;
        assert_eq!(told(&story), []);
        let muted: Vec<&Value> = story["timeline"].as_array().unwrap().iter().map(|entry| &entry["muted"]).collect();
        assert_eq!(muted, [&json!("silence"), &json!("quiet_hours"), &Value::Null]);
        let page = freezer.admin.clone().with("accept", "text/html").get(&format!("/app/alerts/{alert}")).await.text();
        for words in [
            "Nobody was told: notices about the cell were muted.",
            "Nobody was told: it was a quiet hour.",
            "Over by itself",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("Told that"), "{page}");
        server.stop().await;
    })
    .await;
}

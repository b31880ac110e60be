//! One's own notices, by the API and live.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use futures::StreamExt;
use officina::kernel::time::MINUTE;
use officina::notices::service::follow;
use serde_json::{Value, json};

use crate::support::{Client, TestServer};

const LIST: &str = "/api/v1/auth/notices";
const READ: &str = "/api/v1/auth/notices/read";
const PREFERENCES: &str = "/api/v1/auth/notices/preferences";

/// An alert of a cell in Porto, told to everybody.
async fn told(server: &TestServer, admin: &Client) {
    let made =
        async |path: &str, body: Value| admin.post(&format!("/api/v1{path}"), body).await.expect(201)["data"].take();
    let location = made("/locations", json!({ "name": "Porto" })).await["id"].take();
    let cell = json!({ "name": "Cella", "locationId": location, "preset": "freezer", "offlineAfterSeconds": 604_800 });
    let cell = made("/coldcells", cell).await["id"].take();
    let device = made("/devices", json!({ "serialNumber": "CC-1", "coldCellId": cell })).await;
    let device = server.visitor().with("x-device-key", device["apiKey"].as_str().unwrap());
    for temperature in [3.0, -18.0] {
        let reading = json!({ "temperature": temperature, "recordedAt": server.app().clock.now().0 });
        device.post("/api/v1/readings/devices/CC-1/readings", reading).await.expect(201);
        server.advance(2 * MINUTE);
        follow(server.app()).await.unwrap();
    }
}

async fn titles(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{LIST}{query}")).await.expect(200);
    let titles: Vec<String> =
        list["data"].as_array().unwrap().iter().map(|notice| notice["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(list["page"]["total"], titles.len());
    titles
}

#[tokio::test]
async fn notices_are_listed_and_read_by_those_they_are_for() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        told(&server, &admin).await;
        let technician = server.browser("technician").await;
        let both = ["Over: Cella at Porto too warm", "Cella at Porto too warm"];
        assert_eq!(titles(&technician, "").await, both);
        let list = technician.get(LIST).await.expect(200);
        let notice = &list["data"][1];
        assert_eq!(
            (&notice["kind"], &notice["type"], &notice["cells"], &notice["cellCount"], &notice["readAt"]),
            (&json!("opening"), &json!("HIGH_TEMP"), &json!(["Cella"]), &json!(1), &Value::Null)
        );
        // Others have their own, or none, and cannot read mine for me.
        for stranger in [server.stranger().await, server.browser("customer").await, server.browser("agent").await] {
            assert!(titles(&stranger, "").await.is_empty());
            let read = stranger.post(READ, json!({ "ids": [notice["id"]] })).await.expect(200);
            assert_eq!(read["data"]["unread"], 0);
        }
        admin.post(READ, json!({ "ids": [notice["id"]] })).await.expect(200);
        assert_eq!(titles(&technician, "?unread=true").await, both);
        let read = technician.post(READ, json!({ "ids": [notice["id"]] })).await.expect(200);
        assert_eq!(read["data"]["unread"], 1);
        assert_eq!(titles(&technician, "?unread=true").await, both[..1]);
        assert_eq!(titles(&technician, "?unread=false").await, both[1..]);
        let read = technician.post(READ, json!({})).await.expect(200);
        assert_eq!(read["data"]["unread"], 0);
        assert_eq!(titles(&technician, "").await, both);
        assert_eq!(titles(&admin, "?unread=true").await, both);
        let many: Vec<Value> = (0..101).map(|_| json!(uuid::Uuid::now_v7())).collect();
        technician.post(READ, json!({ "ids": many })).await.expect_error(413, "PAYLOAD_TOO_LARGE");
        technician.post(READ, json!({ "accountId": "x" })).await.expect_error(400, "VALIDATION_ERROR");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn everybody_says_what_they_want_to_be_told() {
    TestServer::each(|server| async move {
        let technician = server.member("technician").await;
        let mut wanted = technician.get(PREFERENCES).await.expect(200)["data"].take();
        let on = |opening: bool, escalation: bool, resolution: bool| {
            json!({ "opening": opening, "escalation": escalation, "resolution": resolution })
        };
        let default = json!({
            "inApp": on(true, true, true), "email": on(true, true, false), "sms": on(false, true, false),
            "dailyReport": true,
        });
        assert_eq!(wanted, default);
        wanted["sms"] = on(true, false, false);
        assert_eq!(technician.put(PREFERENCES, wanted.clone()).await.expect(200)["data"], wanted);
        assert_eq!(technician.get(PREFERENCES).await.expect(200)["data"], wanted);
        assert_eq!(server.member("manager").await.get(PREFERENCES).await.expect(200)["data"], default);
        for broken in [json!({}), json!({ "inApp": on(true, true, true), "email": {}, "sms": on(true, true, true) })] {
            technician.put(PREFERENCES, broken).await.expect_error(400, "VALIDATION_ERROR");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_notice_is_heard_live_by_those_who_were_told() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        let manager = server.browser("manager").await;
        let off = json!({ "opening": false, "escalation": false, "resolution": false });
        let nothing = json!({ "inApp": off, "email": off, "sms": off, "dailyReport": false });
        manager.put(PREFERENCES, nothing).await.expect(200);
        let feed = async |client: Client| {
            let request = client.request(Method::GET, "/api/v1/live?topics=notices,repairs&after=0");
            let response = client.open(request.body(Body::empty()).unwrap()).await;
            assert_eq!(response.status(), 200);
            response.into_body().into_data_stream()
        };
        let mut hears = feed(server.browser("technician").await).await;
        let mut does_not = feed(manager).await;
        told(&server, &admin).await;
        // What both hear comes after it.
        let check_in = crate::world::check_in("Anna", "333 9990001", "AB123CD");
        let visitor = server.visitor();
        visitor.post("/api/v1/checkin", serde_json::to_value(check_in).unwrap()).await.expect(201);
        let mut read = String::new();
        while !read.contains("event: repairs.created") {
            let chunk = tokio::time::timeout(Duration::from_secs(10), does_not.next()).await.expect("in time");
            read.push_str(&String::from_utf8_lossy(&chunk.expect("it goes on").unwrap()));
        }
        assert!(!read.contains("notices.told"), "{read}");
        let mut read = String::new();
        while !read.contains("event: repairs.created") {
            let chunk = tokio::time::timeout(Duration::from_secs(10), hears.next()).await.expect("in time");
            read.push_str(&String::from_utf8_lossy(&chunk.expect("it goes on").unwrap()));
        }
        assert_eq!(read.matches("event: notices.told").count(), 2, "{read}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn pages_show_what_one_was_told_and_take_what_one_wants() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        told(&server, &admin).await;
        let technician = server.browser("technician").await.with("accept", "text/html");
        let page = technician.get("/app/notices").await.text();
        for words in
            ["Notices, 2 not read", "Cella at Porto too warm", "Over: Cella at Porto too warm", "Mark all as read"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        let form = [("function", "notices/read")];
        let read = technician.form("/app/notices", &form).await;
        assert_eq!((read.status.as_u16(), read.header("location")), (303, Some("/app/notices")));
        let page = technician.get("/app/notices").await.text();
        assert!(page.contains("aria-label=\"Notices\"") && !page.contains("Mark all as read"), "{page}");

        let path = "/app/account/notices";
        let box_of = |page: &str, word: &str| {
            let at = page.find(&format!("value=\"{word}\"")).unwrap_or_else(|| panic!("{word} in {page}"));
            let (start, end) = (page[..at].rfind('<').unwrap(), at + page[at..].find('>').unwrap());
            page[start..end].contains("checked")
        };
        let page = technician.get(path).await.text();
        assert!(page.contains("no mail server is set up") && page.contains("no gateway is set up"), "{page}");
        let before = ["in_app:opening", "email:opening", "email:resolution", "sms:opening", "sms:escalation"]
            .map(|word| box_of(&page, word));
        assert_eq!(before, [true, true, false, false, true]);
        let form = [("function", "notices/choose"), ("wanted[]", "email:resolution"), ("wanted[]", "in_app:opening")];
        // Words are said once: the page that says them ends its cookie.
        let saved = technician.form(path, &form).await;
        let (loading_anew, words) = technician.leads_back(path, &saved).await;
        assert!(words.contains("Saved"), "{words}");
        let ended = loading_anew.get(path).await;
        assert!(ended.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")), "{:?}", ended.headers);
        let page = technician.get(path).await.text();
        assert!(!page.contains("Saved"), "{page}");
        let after =
            ["in_app:opening", "email:opening", "email:resolution", "sms:escalation"].map(|word| box_of(&page, word));
        assert_eq!(after, [true, false, true, false]);
        let nothing = technician.form(path, &[("function", "notices/choose")]).await;
        assert_eq!(nothing.status, 303);
        let none = technician.get(PREFERENCES).await.expect(200);
        assert_eq!(none["data"]["inApp"]["opening"], false);

        // Whoever is told nothing has no bell.
        let customer = server.browser("customer").await.with("accept", "text/html");
        assert!(!customer.get("/app").await.text().contains("/app/notices"));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_never_told_anything_is_promised_nothing() {
    TestServer::each(|server| async move {
        let page = async |role: &str, path: &str| {
            let answer = server.browser(role).await.with("accept", "text/html").get(path).await;
            assert_eq!(answer.status, 200, "{role} {path}");
            let text = answer.text().replace("<!>", "").replace("<!---->", "");
            text[..text.find("</body>").expect("a body")].to_owned()
        };
        let (list, choice) = ("/app/notices", "/app/account/notices");
        for role in ["agent", "caregiver", "customer", "student", "teacher"] {
            for path in [list, choice] {
                let text = page(role, path).await;
                assert!(text.contains("There is nothing that you are told of"), "{role} {path}: {text}");
                assert!(!text.contains("type=\"checkbox\"") && !text.contains("appear here"), "{role} {path}: {text}");
            }
            assert!(!page(role, "/app/account").await.contains(choice), "{role}");
        }
        for role in ["admin", "manager", "technician"] {
            let text = page(role, list).await;
            assert!(text.contains("when an alert opens, waits for you, or is over."), "{role}: {text}");
            let text = page(role, choice).await;
            assert!(text.contains("an alert opens") && text.contains("a day is over"), "{role}: {text}");
            assert!(page(role, "/app/account").await.contains(choice), "{role}");
        }

        // Whom the policy names is told when it is their turn, and of the end, and of nothing else; outside of the
        // application, where they see no alerts.
        let admin = server.browser("admin").await;
        let policy = json!({ "levels": [{ "afterMinutes": 10, "roles": ["agent"] }] });
        admin.put("/api/v1/admin/alert-policy", policy).await.expect(200);
        let text = page("agent", list).await;
        assert!(text.contains("told by mail or SMS, when an alert waits for you or is over."), "{text}");
        let text = page("agent", choice).await;
        assert!(
            text.contains("it is my turn") && !text.contains("an alert opens") && !text.contains("a day is over"),
            "{text}"
        );
        assert!(text.contains("By SMS, when") && !text.contains("In the application"), "{text}");
        // What one cannot choose stays as it was.
        let agent = server.browser("agent").await;
        agent.clone().form(choice, &[("function", "notices/choose"), ("wanted[]", "sms:resolution")]).await;
        let wanted = agent.get(PREFERENCES).await.expect(200)["data"].take();
        let of = |channel: &str| ["opening", "escalation", "resolution"].map(|kind| wanted[channel][kind] == true);
        assert_eq!((of("inApp"), of("sms")), ([true, true, true], [false, false, true]));
        assert_eq!(wanted["dailyReport"], true);

        // Where nobody uses the cold chain, nobody is told of it.
        admin.patch("/api/v1/admin/settings", json!({ "areas": ["repairs", "leads"] })).await.expect(200);
        assert!(page("manager", choice).await.contains("There is nothing that you are told of"));
        server.stop().await;
    })
    .await;
}

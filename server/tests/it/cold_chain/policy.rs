//! Who is told of alerts, said on a page; and notices about a cell, muted on its page.

use serde_json::{Value, json};

use super::Cell;
use crate::support::{Client, TestServer};

const PAGE: &str = "/app/cold-chain/policy";
const POLICY: &str = "/api/v1/admin/alert-policy";

/// The page's text, without the marks that hydration needs.
fn plain(text: &str) -> String {
    text.replace("<!>", "").replace("<!---->", "")
}

async fn page(browser: &Client, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    plain(&answer.text())
}

/// The element with a value among those of a name.
fn tag<'a>(page: &'a str, name: &str, value: &str) -> &'a str {
    let is_it = |tag: &&str| tag.contains(&format!("name=\"{name}\"")) && tag.contains(&format!("value=\"{value}\""));
    page.split('<').find(is_it).unwrap_or_else(|| panic!("{name} {value} in {page}"))
}

async fn levels(admin: &Client) -> Value {
    admin.get(POLICY).await.expect(200)["data"]["levels"].take()
}

#[tokio::test]
async fn who_is_told_is_said_on_a_page_without_script() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        let browser = admin.clone().with("accept", "text/html");
        let shown = page(&browser, PAGE).await;
        for words in [
            "After 60 minutes without a reaction: everybody with the role “Manager”.",
            "After another 60 minutes: everybody with the role “Administrator”.",
            "Then these again every 60 minutes, up to 24 times.",
            "Add a level",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert!(tag(&shown, "policy[levels][0][roles][]", "manager").contains("checked"));
        assert!(!tag(&shown, "policy[levels][0][roles][]", "admin").contains("checked"));
        assert!(!shown.contains("value=\"customer\""), "who sees no alerts is told of none");
        // The way there is shown to those who may go.
        assert!(page(&browser, "/app/cold-chain").await.contains(PAGE));
        let technician = server.browser("technician").await.with("accept", "text/html");
        assert!(!page(&technician, "/app/cold-chain").await.contains(PAGE));
        assert!(!page(&technician, "/app/alerts").await.contains(PAGE));

        // A second level goes, a third comes, and it is quiet at night.
        let user = admin.get("/api/v1/admin/users?role=technician").await.expect(200);
        let member = user["data"][0]["membershipId"].as_str().unwrap().to_owned();
        let form = [
            ("function", "cold-chain/set-policy"),
            ("policy[levels][0][after]", "15"),
            ("policy[levels][0][roles][]", "manager"),
            ("policy[levels][0][roles][]", "admin"),
            ("policy[levels][1][after]", "60"),
            ("policy[levels][1][roles][]", "admin"),
            ("policy[levels][1][remove]", "on"),
            ("policy[levels][2][after]", "120"),
            ("policy[levels][2][members][]", &member),
            ("policy[levels][2][is_new]", "on"),
            ("policy[repeat]", "0"),
            ("policy[from]", "22:00"),
            ("policy[until]", "06:00"),
            ("policy[up_to]", "1"),
        ];
        let text = plain(&browser.led_back(PAGE, &form).await.1);
        assert!(text.contains("Saved"), "{text}");
        assert!(text.contains("After another 2 hours: The technician of Carrozzeria Rossi."), "{text}");
        assert!(text.contains("From 22:00 to 06:00 nobody is told up to level 1."), "{text}");
        let expected = json!([
            { "afterMinutes": 15, "roles": ["admin", "manager"], "members": [] },
            { "afterMinutes": 120, "roles": [], "members": [member] },
        ]);
        assert_eq!(levels(&admin).await, expected);

        // What is wrong stands at its level, nothing typed is lost, and what was left empty is no level.
        let form = [
            ("function", "cold-chain/set-policy"),
            ("policy[levels][0][after]", "15"),
            ("policy[levels][0][roles][]", "manager"),
            ("policy[levels][0][remove]", "on"),
            ("policy[levels][1][after]", "99999"),
            ("policy[levels][1][roles][]", "technician"),
            ("policy[levels][2][after]", "45"),
            ("policy[levels][2][is_new]", "on"),
            ("policy[repeat]", "30"),
            ("policy[from]", "23:15"),
            ("policy[until]", ""),
            ("policy[up_to]", "2"),
        ];
        let refused = browser.form(PAGE, &form).await;
        let text = plain(&refused.text());
        assert_eq!(refused.status, 400, "{text}");
        for words in
            ["This must be from 1 to 10080.", "This must name a role or a member.", "This must be a time of day"]
        {
            assert_eq!(text.matches(&format!("<span>{words}")).count(), 1, "{words}: {text}");
        }
        assert!(text.find("This must be from 1").unwrap() < text.find("This must name").unwrap());
        assert!(tag(&text, "policy[levels][0][remove]", "on").contains("checked"));
        assert!(tag(&text, "policy[levels][1][roles][]", "technician").contains("checked"));
        assert!(!tag(&text, "policy[levels][1][members][]", &member).contains("checked"));
        for (name, value) in
            [("policy[levels][1][after]", "99999"), ("policy[levels][2][after]", "45"), ("policy[from]", "23:15")]
        {
            tag(&text, name, value);
        }
        assert_eq!(levels(&admin).await, expected);

        // All levels gone: it goes no further.
        let form = [
            ("function", "cold-chain/set-policy"),
            ("policy[levels][0][after]", "60"),
            ("policy[levels][0][is_new]", "on"),
            ("policy[repeat]", "60"),
        ];
        let none = plain(&browser.led_back(PAGE, &form).await.1);
        assert!(none.contains("An alert that nobody reacts to goes no further."), "{none}");
        assert_eq!(levels(&admin).await, json!([]));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_in_the_policy_and_left_stays_to_be_unticked() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        let user = admin.get("/api/v1/admin/users?role=agent").await.expect(200)["data"][0].take();
        let member = user["membershipId"].as_str().unwrap();
        let level = json!({ "roles": ["caregiver"], "members": [member] });
        admin.put(POLICY, json!({ "levels": [level] })).await.expect(200);
        let shown = page(&admin.clone().with("accept", "text/html"), PAGE).await;
        assert!(tag(&shown, "policy[levels][0][members][]", member).contains("checked"));
        assert!(tag(&shown, "policy[levels][0][roles][]", "caregiver").contains("checked"));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn notices_about_a_cell_are_muted_and_sent_again_on_its_page() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let path = format!("/app/cold-chain/cells/{}", cell.id);
        let technician = server.browser("technician").await;
        let browser =
            technician.clone().with("accept", "text/html").with("referer", &format!("http://officina.test{path}"));
        let shown = page(&browser, &path).await;
        assert!(shown.contains("Mute notices") && !shown.contains("Send them again"), "{shown}");
        let form = [("id", cell.id.as_str()), ("hours", "4"), ("reason", "Inventory")];
        let muted = browser.form("/_fn/cold-chain/mute", &form).await;
        assert!(muted.header("location").is_some_and(|to| to.starts_with(&path)), "{:?}", muted.headers);
        let shown = page(&browser, &path).await;
        // Four hours from eleven in Rome.
        for words in
            ["Notices muted until 15:00", "by The technician of Carrozzeria Rossi: Inventory", "Send them again"]
        {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        let all = cell.admin.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        let place = json!({ "locationId": all["data"]["locationId"], "until": "2026-11-20T12:00:00Z" });
        cell.admin.post("/api/v1/silences", place).await.expect(201);
        assert!(page(&browser, &path).await.contains("Notices about all of Magazzino muted until 13:00"));
        let running = cell.admin.get("/api/v1/silences").await.expect(200);
        for silence in running["data"].as_array().unwrap() {
            let ended = browser.form("/_fn/cold-chain/unmute", &[("id", silence["id"].as_str().unwrap())]).await;
            assert_eq!(ended.status, 302);
        }
        let shown = page(&browser, &path).await;
        assert!(!shown.contains("Send them again") && shown.contains("Notices no longer muted"), "{shown}");
        // Too long is told, and nothing is muted.
        let refused = browser.form("/_fn/cold-chain/mute", &[("id", cell.id.as_str()), ("hours", "9999")]).await;
        assert!(refused.header("location").is_some_and(|to| to.contains("__err")), "{:?}", refused.headers);
        let running = cell.admin.get("/api/v1/silences").await.expect(200);
        assert_eq!(running["page"]["total"], 0);
        server.stop().await;
    })
    .await;
}

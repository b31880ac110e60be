//! The audit: found, taken out, and kept to its organisation.

use officina::identity::service;
use officina::kernel::db::sql;
use officina::kernel::journal;
use officina::kernel::time::{DAY, MINUTE};
use serde_json::{Value, json};

use crate::support::{Client, TestServer};

pub const AUDIT: &str = "/api/v1/admin/audit";
const EXPORT: &str = "/api/v1/admin/audit/export";
pub const REDACT: &str = "/api/v1/admin/audit/redact";

/// A visitor's check-in; answers the repair's id.
pub async fn check_in(server: &TestServer, name: &str) -> String {
    let body = json!({ "customerName": name, "customerPhone": "333 1112223", "customerEmail": "anna@verdi.test",
        "vehiclePlate": "AB123CD", "repairType": "cosmetic", "notes": "Anna Verdi calls back", "policyNumber": "POL-77" });
    let answer = server.visitor().post("/api/v1/checkin", body).await.expect(201);
    answer["data"]["id"].as_str().expect("an id").to_owned()
}

/// A step of a repair.
pub async fn status(client: &Client, repair: &str, status: &str, note: Option<&str>) {
    let change = json!({ "status": status, "note": note });
    client.post(&format!("/api/v1/repairs/{repair}/status"), change).await.expect(200);
}

/// The actions that a filter finds, newest first.
async fn found(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("{AUDIT}?limit=100&{query}")).await.expect(200);
    let rows = answer["data"].as_array().expect("rows").clone();
    assert_eq!(answer["page"]["total"], rows.len(), "{query}: {answer}");
    rows.iter().map(|row| row["action"].as_str().expect("an action").to_owned()).collect()
}

/// The chains of all journals hold.
pub async fn is_whole(server: &TestServer) {
    let verdicts = journal::verify(&server.app().db).await.expect("verdicts");
    assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "{verdicts:?}");
}

#[tokio::test]
async fn what_was_done_is_found_by_what_who_to_what_and_when() {
    TestServer::each(|server| async move {
        let repair = check_in(&server, "Anna Verdi").await;
        server.advance(2 * DAY);
        let technician = server.member("technician").await;
        status(&technician, &repair, "confirmed", Some("Called back")).await;
        let manager = server.member("manager").await;

        let checked_in = ["repairs.created", "customers.vehicle_created", "customers.created"];
        let member = server.actor("technician").await.member().expect("a member").clone();
        let all = found(&manager, "").await;
        assert!(all.len() > 5, "{all:?}");
        assert_eq!(found(&manager, "action=repairs.created").await, ["repairs.created"]);
        assert_eq!(found(&manager, "action=repairs").await, ["repairs.status_changed", "repairs.created"]);
        assert_eq!(found(&manager, "action=repair").await, [""; 0]);
        assert_eq!(found(&manager, "actor=public").await, checked_in);
        for who in [member.account.0, member.membership.0] {
            assert_eq!(found(&manager, &format!("actor={who}&action=repairs")).await, ["repairs.status_changed"]);
        }
        assert_eq!(found(&manager, "subject=vehicle").await, ["customers.vehicle_created"]);
        let both = ["repairs.status_changed", "repairs.created"];
        assert_eq!(found(&manager, &format!("subject=repair:{repair}")).await, both);
        assert_eq!(found(&manager, &format!("subject=lead:{repair}")).await, [""; 0]);
        // 2026-11-20T10:00Z is the day of the check-in; the midnights are those of Rome.
        assert_eq!(found(&manager, "actor=public&from=2026-11-20&to=2026-11-20").await, checked_in);
        assert_eq!(found(&manager, "from=2026-11-21&to=2026-11-21").await, [""; 0]);
        assert_eq!(found(&manager, "action=repairs&from=2026-11-21").await, ["repairs.status_changed"]);
        assert_eq!(found(&manager, "action=repairs&to=2026-11-20T10:00:00Z").await, ["repairs.created"]);
        assert_eq!(found(&manager, "action=repairs&to=2026-11-20T09:59:59.999Z").await, [""; 0]);
        assert_eq!(found(&manager, "from=2030-01-01").await, [""; 0]);

        let answer = manager.get(&format!("{AUDIT}?action=repairs.status_changed")).await.expect(200);
        let entry = &answer["data"][0];
        assert_eq!(entry["actor"]["name"], "The technician of Carrozzeria Rossi");
        assert_eq!(
            (&entry["before"]["status"], &entry["after"]["status"]),
            (&json!("pre_checkin"), &json!("confirmed"))
        );
        assert_eq!((&entry["reason"], &entry["subject"]["id"]), (&json!("Called back"), &json!(repair)));
        assert!(entry["requestId"].is_string(), "{entry}");

        // Page by page it is the same list.
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let answer = manager.get(&format!("{AUDIT}?limit=2{cursor}")).await.expect(200);
            let rows = answer["data"].as_array().expect("rows");
            paged.extend(rows.iter().map(|row| row["action"].as_str().expect("an action").to_owned()));
            let Some(next) = answer["page"]["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, all);
        for bad in ["subject=repair:7", "actor=nobody", "from=yesterday", "to=2026-13-01", "cursor=1"] {
            manager.get(&format!("{AUDIT}?{bad}")).await.expect_error(400, "VALIDATION_ERROR");
        }
        // A filter is never part of a statement.
        assert_eq!(found(&manager, "action=x'%20OR%201=1--&subject=%25").await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_plate_finds_what_was_done_and_rows_say_to_what() {
    TestServer::each(|server| async move {
        let repair = check_in(&server, "Anna Verdi").await;
        let other = json!({ "customerName": "Bruno", "customerPhone": "333 9990001", "vehiclePlate": "ZZ999ZZ", "repairType": "cosmetic" });
        server.visitor().post("/api/v1/checkin", other).await.expect(201);
        let technician = server.member("technician").await;
        status(&technician, &repair, "confirmed", None).await;
        let own = server.actor("technician").await.member().expect("a member").membership;
        let promised = json!({ "promisedDate": "2026-11-25", "assigneeId": own });
        technician.patch(&format!("/api/v1/repairs/{repair}"), promised).await.expect(200);
        let manager = server.member("manager").await;
        let of_car =
            ["repairs.updated", "repairs.status_changed", "repairs.created", "customers.vehicle_created"];
        for plate in ["AB123CD", "ab%20123%20cd"] {
            assert_eq!(found(&manager, &format!("search={plate}")).await, of_car, "{plate}");
        }
        assert!(found(&manager, "search=anna%20verdi").await.contains(&"customers.created".to_owned()));
        assert_eq!(found(&manager, "search=AB123CD&action=repairs.created").await, ["repairs.created"]);
        assert_eq!(found(&manager, "search=QQ000QQ").await, [""; 0]);
        assert!(found(&server.stranger().await, "search=AB123CD").await.is_empty());
        let answer = manager.get(&format!("{AUDIT}?action=repairs.status_changed")).await.expect(200);
        assert_eq!(answer["data"][0]["subject"]["name"], "AB123CD");

        // Who was told is left out on the page unless it is asked for.
        let note = journal::Entry::new("notices.told", "notice", uuid::Uuid::now_v7()).after(&json!({ "people": 1 }));
        let mut tx = server.app().db.begin().await.unwrap();
        journal::write(&mut tx, &server.system(), server.app().clock.now(), note).await.unwrap();
        tx.commit().await.unwrap();
        assert!(found(&manager, "").await.contains(&"notices.told".to_owned()));
        assert!(!found(&manager, "told=false").await.contains(&"notices.told".to_owned()));
        let browser = server.browser("manager").await.with("accept", "text/html");
        let page = async |path: &str| browser.get(path).await.text().replace("<!>", "");
        let list = page("/app/audit").await;
        let told = "<td class=\"head\">Notices: told";
        assert!(!list.contains(told) && list.contains("Repair AB123CD"), "{list}");
        assert!(list.contains("Status: Checked in online → Confirmed") && !list.contains("pre_checkin"), "{list}");
        assert!(page("/app/audit?told=1").await.contains(told));
        let about = format!("/app/audit?subject=repair%3A{repair}");
        let record = page(&format!("/app/repairs/{repair}")).await;
        assert!(record.contains(&format!("href=\"{about}\"")), "{record}");
        assert!(record.contains("Promised date: nothing → 25 November 2026"), "{record}");
        assert!(record.contains("Assignee: nobody → "), "{record}");
        let history = page(&about).await;
        let table = history.split("<table").nth(1).and_then(|rest| rest.split("</table>").next()).unwrap_or_default();
        assert!(table.contains("25 November 2026") && !table.contains(&own.to_string()), "{history}");
        assert!(history.contains("Only Repair AB123CD") && !history.contains("ZZ999ZZ"), "{history}");
        let technician = server.browser("technician").await.with("accept", "text/html");
        let hidden = technician.get(&format!("/app/repairs/{repair}")).await.text();
        assert!(hidden.contains("AB123CD") && !hidden.contains("/app/audit"), "{hidden}");
    })
    .await;
}

#[tokio::test]
async fn the_journal_of_another_organisation_is_never_shown() {
    TestServer::each(|server| async move {
        let repair = check_in(&server, "Anna Verdi").await;
        let stranger = server.stranger().await;
        assert!(found(&stranger, "action=repairs").await.is_empty());
        assert!(found(&stranger, &format!("subject=repair:{repair}")).await.is_empty());
        let member = server.actor("admin").await.member().expect("a member").clone();
        for who in [member.account.0, member.membership.0] {
            assert!(found(&stranger, &format!("actor={who}")).await.is_empty());
        }
        let file = stranger.get(EXPORT).await.text();
        assert!(!file.contains("Rossi") && !file.contains(&repair) && file.contains("Bianchi"), "{file}");
        for person in
            [json!({ "accountId": member.account }), json!({ "customerId": repair }), json!({ "leadId": repair })]
        {
            stranger.post(REDACT, person).await.expect_error(404, "NOT_FOUND");
        }
        for role in ["technician", "agent", "customer"] {
            let client = server.member(role).await;
            client.get(AUDIT).await.expect_error(403, "FORBIDDEN");
            client.get(EXPORT).await.expect_error(403, "FORBIDDEN");
        }
    })
    .await;
}

#[tokio::test]
async fn the_file_is_harmless_in_a_spreadsheet_and_the_journal_knows_who_took_it() {
    TestServer::each(|server| async move {
        let repair = check_in(&server, "=cmd|' /C calc'!A0").await;
        let admin = server.member("admin").await;
        status(&admin, &repair, "confirmed", Some("@SUM(1+1), \"really\"")).await;
        // More than the export has in memory at once.
        for turn in 0..300 {
            let label = json!({ "label": format!("Role {turn}"), "permissions": [] });
            let role = admin.post("/api/v1/admin/roles", label).await.expect(201);
            admin.delete(&format!("/api/v1/admin/roles/{}", role["data"]["name"].as_str().unwrap())).await.expect(204);
        }
        let browser = server.browser("manager").await;
        let answer = browser.get(&format!("{EXPORT}?from=2026-11-20")).await;
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"audit-2026-11-20.csv\""));
        let file = answer.text();
        let lines: Vec<&str> = file.trim_start_matches('\u{feff}').split("\r\n").collect();
        assert!(lines[0].starts_with("number;at;actor;") && lines.len() > 600, "{}", lines.len());
        assert!(file.contains(";\"'@SUM(1+1), \"\"really\"\"\";"), "{file}");
        // A payload begins with a brace, so what is inside cannot begin a cell.
        assert!(file.contains("\"{\"\"email\"\":") && !file.contains(";=cmd") && !file.contains(";\"=cmd"), "{file}");

        // In the reader's language: an English organisation has commas.
        admin.patch("/api/v1/admin/settings", json!({ "locale": "en" })).await.expect(200);
        let english = browser.get(&format!("{EXPORT}?from=2026-11-20&action=repairs.created")).await.text();
        assert!(english.trim_start_matches('\u{feff}').starts_with("number,at,actor,"), "{english}");

        let taken = admin.get(&format!("{AUDIT}?action=audit")).await.expect(200);
        assert_eq!(taken["data"][0]["action"], "audit.exported");
        assert_eq!(taken["data"][1]["after"], json!({ "from": "2026-11-20" }));
        assert_eq!(taken["data"][0]["actor"]["name"], "The manager of Carrozzeria Rossi");

        let made = |permissions: Value| json!({ "name": "Archive", "permissions": permissions });
        for (permissions, status) in [(json!(["audit:read", "data:export"]), 200), (json!(["audit:read"]), 403)] {
            let token = admin.post("/api/v1/admin/tokens", made(permissions)).await.expect(201);
            let key = format!("Bearer {}", token["data"]["key"].as_str().unwrap());
            let program = server.visitor().with("authorization", &key);
            assert_eq!(program.get(EXPORT).await.status, status);
        }
    })
    .await;
}

#[tokio::test]
async fn the_page_shows_what_changed_and_what_people_wrote_stays_text() {
    TestServer::each(|server| async move {
        let repair = check_in(&server, "<script>alert(1)</script>").await;
        let admin = server.member("admin").await;
        status(&admin, &repair, "confirmed", Some("</details><img src=x onerror=alert(1)>")).await;
        let browser = server.browser("admin").await.with("accept", "text/html");
        let page = browser.get("/app/audit").await;
        assert_eq!(page.status, 200);
        let text = page.text().replace("<!>", "");
        assert!(!text.contains("<script>alert(1)") && !text.contains("<img src=x"), "{text}");
        assert!(text.contains("&lt;script&gt;alert(1)") && text.contains("&lt;img src=x onerror"), "{text}");
        assert!(text.contains(&format!("href=\"/app/repairs/{repair}\"")), "{text}");
        assert!(text.contains("<del>Checked in online</del>"), "{text}");
        let narrowed =
            browser.get("/app/audit?action=repairs.status_changed&actor=member").await.text().replace("<!>", "");
        let is_row = |what: &str| narrowed.contains(&format!("<td class=\"head\">{what}"));
        assert!(is_row("Repairs: status changed") && !is_row("Customers: created"), "{narrowed}");
        assert!(
            narrowed.contains("/api/v1/admin/audit/export?action=repairs.status_changed&amp;actor=member"),
            "{narrowed}"
        );
        let agent = server.browser("agent").await.with("accept", "text/html");
        let refused = agent.get("/app/audit").await;
        assert!(refused.status == 403 && !refused.text().contains("href=\"/app/audit\""), "{}", refused.text());
    })
    .await;
}

#[tokio::test]
async fn who_fails_to_sign_in_is_in_the_audit_and_does_not_flood_it() {
    TestServer::each(|server| async move {
        // The server's own worker would do it at moments of its own.
        let mut tx = server.app().db.begin().await.unwrap();
        sql("DELETE FROM jobs WHERE kind = $1").bind(service::FAILED_SIGN_INS_JOB).run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let guess = async |email: &str, from: String| {
            let wrong = json!({ "email": email, "password": "wrong password" });
            server.visitor().at(&from).post("/api/v1/auth/login", wrong).await.expect_error(401, "UNAUTHORIZED");
        };
        for _ in 0..7 {
            guess("agent@rossi.test", "203.0.113.9".to_owned()).await;
        }
        guess("Agent@Rossi.test", "2001:db8:1:2::7".to_owned()).await;
        guess("agent@rossi.test", "2001:db8:1:2::8".to_owned()).await;
        guess("nobody@rossi.test", "203.0.113.9".to_owned()).await;
        service::journal_failed_sign_ins(server.app()).await.unwrap();
        let admin = server.member("admin").await;
        let told = async || {
            let answer = admin.get(&format!("{AUDIT}?action=identity.sign_in_failed&limit=100")).await.expect(200);
            let rows = answer["data"].as_array().unwrap().clone();
            rows.into_iter().map(|row| (row["after"].clone(), row["subject"]["id"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(told().await, [], "they are gathered first");
        server.advance(5 * MINUTE);
        service::journal_failed_sign_ins(server.app()).await.unwrap();
        let agent = server.actor("agent").await.member().unwrap().account.to_string();
        let rows = told().await;
        assert!(rows.iter().all(|(_, subject)| *subject == json!(agent)), "{rows:?}");
        let mut counted: Vec<_> =
            rows.iter().map(|(after, _)| (after["network"].clone(), after["attempts"].clone())).collect();
        counted.sort_by_key(|(network, _)| network.to_string());
        assert_eq!(counted, [(json!("2001:db8:1:2::/64"), json!(2)), (json!("203.0.113.9"), json!(7))]);

        // However many addresses guess, it is a few entries.
        for guesser in 0..30 {
            guess("agent@rossi.test", format!("198.51.100.{guesser}")).await;
        }
        server.advance(5 * MINUTE);
        service::journal_failed_sign_ins(server.app()).await.unwrap();
        let rows = told().await;
        assert_eq!(rows.len(), 2 + 21);
        assert!(rows.iter().any(|(after, _)| after["network"].is_null() && after["attempts"] == 10), "{rows:?}");
        let left = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM failed_sign_ins").one::<(i64,)>(&server.app().db).await;
        assert_eq!(left.unwrap().0, 0);
        is_whole(&server).await;
    })
    .await;
}

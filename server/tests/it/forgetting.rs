//! A person is taken out: of the record, and of the journal, whose chain holds all the same.

use officina::kernel::db::sql;
use officina::kernel::time::{HOUR, MINUTE};
use serde_json::{Value, json};

use crate::audit::{AUDIT, REDACT, check_in, is_whole, status};
use crate::support::{PASSWORD, TestServer};

/// Every text in the tables that hold what people said.
async fn texts(server: &TestServer) -> String {
    const QUERIES: [&str; 8] = [
        "SELECT COALESCE(before, '') || COALESCE(after, '') || COALESCE(reason, '') || COALESCE(address, '') FROM journal",
        "SELECT name || phone || COALESCE(phone_key, '') || COALESCE(phone_number, '') || COALESCE(email, '') FROM customers",
        "SELECT COALESCE(submitted_name, '') || COALESCE(submitted_email, '') || COALESCE(notes, '') || \
         COALESCE(policy_number, '') || search FROM repairs",
        "SELECT name || phone || phone_key || COALESCE(email, '') || COALESCE(message, '') || search FROM leads",
        "SELECT body FROM notes",
        "SELECT author FROM notes",
        "SELECT name || COALESCE(email, '') || COALESCE(phone, '') FROM accounts",
        "SELECT COALESCE(address, '') || COALESCE(user_agent, '') FROM sessions",
    ];
    let mut texts = String::new();
    for query in QUERIES {
        let rows: Vec<(String,)> = sql(query).all(&server.app().db).await.expect("rows");
        texts.extend(rows.into_iter().map(|(text,)| text + "\n"));
    }
    texts
}

#[tokio::test]
async fn a_customer_is_forgotten_and_the_chain_is_whole() {
    TestServer::each(|server| async move {
        let repair = check_in(&server, "Anna Verdi").await;
        let admin = server.member("admin").await;
        let path = format!("/api/v1/repairs/{repair}");
        let customer = admin.get(&path).await.expect(200)["data"]["customer"]["id"].clone();
        let person = json!({ "customerId": customer });
        admin.post(REDACT, person.clone()).await.expect_error(409, "CONFLICT");
        status(&admin, &repair, "ready", None).await;
        status(&admin, &repair, "delivered", Some("Signora Verdi was happy")).await;
        let said = ["Anna Verdi", "anna@verdi.test", "333 1112223", "3331112223", "POL-77", "Signora"];
        let before = texts(&server).await;
        assert!(said.iter().all(|word| before.contains(word)), "{before}");

        server.member("manager").await.post(REDACT, person.clone()).await.expect_error(403, "FORBIDDEN");
        let done = admin.post(REDACT, person.clone()).await.expect(200);
        // The customer, the check-in, and the step with a note.
        assert_eq!(done["data"]["entries"], 3);
        let after = texts(&server).await;
        for word in said.iter().chain(["anna", "verdi"].iter()) {
            assert!(!after.contains(word), "{word}: {after}");
        }
        is_whole(&server).await;
        let shown = admin.get(&path).await.expect(200);
        assert_eq!(shown["data"]["customer"]["name"], "Removed");
        let steps: Vec<_> = shown["data"]["history"]
            .as_array()
            .or(shown["data"]["statusHistory"].as_array())
            .unwrap()
            .iter()
            .map(|step| step["to"].clone())
            .collect();
        assert_eq!(steps, [json!(null), json!("ready"), json!(null)]);
        let told = admin.get(&format!("{AUDIT}?action=audit.redacted")).await.expect(200);
        assert_eq!(
            (&told["data"][0]["subject"]["id"], &told["data"][0]["after"]),
            (&customer, &json!({ "entries": 3 }))
        );
        let emptied = admin.get(&format!("{AUDIT}?action=repairs.created")).await.expect(200);
        assert!(emptied["data"][0]["redactedAt"].is_string() && emptied["data"][0]["after"].is_null(), "{emptied}");
        // The same number makes a new customer from now on.
        check_in(&server, "Anna Verdi").await;
        let again = admin.post(REDACT, person).await.expect(200);
        assert_eq!(again["data"]["entries"], 1, "only the entry about the first time");
        for wrong in [json!({}), json!({ "customerId": customer, "leadId": customer })] {
            admin.post(REDACT, wrong).await.expect_error(400, "VALIDATION_ERROR");
        }
    })
    .await;
}

#[tokio::test]
async fn a_colleague_who_left_is_forgotten_and_what_they_did_stays() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let nadia =
            json!({ "email": "nadia@rossi.test", "name": "Nadia Notte", "role": "technician", "password": PASSWORD });
        let nadia = admin.post("/api/v1/admin/users", nadia).await.expect(201)["data"]["id"].clone();
        let repair = check_in(&server, "Anna Verdi").await;
        let signed_in = server.visitor().with("user-agent", "Nadias telephone").sign_in("nadia@rossi.test").await;
        status(&signed_in, &repair, "confirmed", None).await;
        let person = json!({ "accountId": nadia });
        admin.post(REDACT, person.clone()).await.expect_error(409, "CONFLICT");
        let at = format!("/api/v1/admin/users/{}", nadia.as_str().unwrap());
        admin.patch(&at, json!({ "status": "terminated" })).await.expect(200);
        assert!(texts(&server).await.contains("Nadias telephone"));
        admin.post(REDACT, person).await.expect(200);
        let after = texts(&server).await;
        for word in ["Nadia", "nadia@", "Nadias telephone"] {
            assert!(!after.contains(word), "{word}: {after}");
        }
        is_whole(&server).await;
        let steps = admin.get(&format!("{AUDIT}?action=repairs.status_changed")).await.expect(200);
        assert_eq!(steps["data"][0]["actor"]["name"], "Removed");
        assert_eq!(steps["data"][0]["after"]["status"], "confirmed");
        let login = json!({ "email": "nadia@rossi.test", "password": PASSWORD });
        server.visitor().post("/api/v1/auth/login", login).await.expect_error(401, "UNAUTHORIZED");
    })
    .await;
}

#[tokio::test]
async fn what_a_colleague_who_left_was_told_goes_with_them() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        let made = async |path: &str, body: Value| {
            admin.post(&format!("/api/v1{path}"), body).await.expect(201)["data"].take()
        };
        let nadia =
            json!({ "email": "nadia@rossi.test", "name": "Nadia Notte", "role": "technician", "password": PASSWORD });
        let nadia = made("/admin/users", nadia).await["id"].take();
        let at = format!("/api/v1/admin/users/{}", nadia.as_str().unwrap());
        let member = admin.get(&at).await.expect(200)["data"]["membershipId"].clone();
        let level = json!({ "afterMinutes": 5, "members": [member] });
        admin.put("/api/v1/admin/alert-policy", json!({ "levels": [level] })).await.expect(200);
        let location = made("/locations", json!({ "name": "Porto" })).await["id"].take();
        let cell =
            json!({ "name": "Cella", "locationId": location, "preset": "freezer", "offlineAfterSeconds": 604_800 });
        let cell = made("/coldcells", cell).await["id"].take();
        let device = made("/devices", json!({ "serialNumber": "CC-1", "coldCellId": cell })).await;
        let device = server.visitor().with("x-device-key", device["apiKey"].as_str().unwrap());
        let reading = json!({ "temperature": 3.0, "recordedAt": server.app().clock.now().0 });
        device.post("/api/v1/readings/devices/CC-1/readings", reading).await.expect(201);
        for _ in 0..3 {
            server.advance(5 * MINUTE);
            officina::cold_chain::service::escalate(server.app()).await.unwrap();
            officina::notices::service::follow(server.app()).await.unwrap();
        }
        let signed_in = server.visitor().sign_in("nadia@rossi.test").await;
        let path = "/api/v1/auth/notices";
        let told = signed_in.get(path).await.expect(200);
        let kinds: Vec<_> = told["data"].as_array().unwrap().iter().map(|notice| notice["kind"].clone()).collect();
        assert!(kinds.contains(&json!("opening")) && kinds.contains(&json!("escalation")), "{told}");
        let mut wanted = signed_in.get(&format!("{path}/preferences")).await.expect(200)["data"].take();
        wanted["dailyReport"] = json!(false);
        signed_in.put(&format!("{path}/preferences"), wanted).await.expect(200);
        let alert = admin.get("/api/v1/alerts").await.expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
        signed_in.post(&format!("/api/v1/alerts/{alert}/acknowledge"), json!({})).await.expect(200);
        let silence = json!({ "coldCellId": cell, "until": server.app().clock.now().plus(HOUR) });
        let silence = signed_in.post("/api/v1/silences", silence).await.expect(201);
        assert_eq!(silence["data"]["createdBy"], "Nadia Notte");
        let shown = admin.get(&format!("/api/v1/alerts/{alert}")).await.expect(200);
        assert_eq!(shown["data"]["acknowledgedBy"], "Nadia Notte");
        let kept = async || {
            let query = "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM notices WHERE account_id = $1), \
                         (SELECT CAST(COUNT(*) AS BIGINT) FROM notice_preferences WHERE account_id = $1), \
                         (SELECT CAST(COUNT(*) AS BIGINT) FROM notices)";
            let id: uuid::Uuid = nadia.as_str().unwrap().parse().unwrap();
            sql(query).bind(id).one::<(i64, i64, i64)>(&server.app().db).await.expect("counts")
        };
        let (hers, preferences, before) = kept().await;
        assert!(hers >= 2 && preferences == 1 && texts(&server).await.contains("Level 1: Nadia Notte"));

        admin.patch(&at, json!({ "status": "terminated" })).await.expect(200);
        server.member("admin").await.post(REDACT, json!({ "accountId": nadia })).await.expect(200);
        assert_eq!(kept().await, (0, 0, before - hers), "and what others were told stays");
        let after = texts(&server).await;
        assert!(!after.contains("Nadia") && !after.contains("dailyReport"), "{after}");
        // As what they did about alerts does, and it goes without saying whose it was.
        let admin = server.browser("admin").await;
        for path in [format!("/api/v1/alerts/{alert}"), "/api/v1/silences".to_owned(), AUDIT.to_owned()] {
            let shown = admin.get(&path).await;
            assert!(!shown.text().contains("Nadia") && shown.text().contains("Removed"), "{path}: {}", shown.text());
        }
        is_whole(&server).await;
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_name_of_a_colleague_who_is_forgotten_stands_under_no_note() {
    TestServer::each(|server| async move {
        let lead = json!({ "name": "Bruno Blu", "phone": "333 4445556", "leadType": "service" });
        let lead = server.visitor().post("/api/v1/public/leads", lead).await.expect(201)["data"]["id"].clone();
        let lead = format!("/api/v1/admin/leads/{}", lead.as_str().unwrap());
        let admin = server.browser("admin").await;
        let olga = json!({ "email": "olga@rossi.test", "name": "Olga Ombra", "role": "agent", "password": PASSWORD });
        let olga = admin.post("/api/v1/admin/users", olga).await.expect(201)["data"]["id"].take();
        let signed_in = server.visitor().sign_in("olga@rossi.test").await;
        signed_in.post(&format!("{lead}/notes"), json!({ "note": "Called back" })).await.expect(201);
        admin.post(&format!("{lead}/notes"), json!({ "note": "Thanks" })).await.expect(201);
        let names = async || {
            let notes = admin.get(&lead).await.expect(200)["data"]["notes"].take();
            notes.as_array().unwrap().iter().map(|note| note["author"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names().await, ["Olga Ombra", "The admin of Carrozzeria Rossi"]);

        let at = format!("/api/v1/admin/users/{}", olga.as_str().unwrap());
        admin.patch(&at, json!({ "status": "terminated" })).await.expect(200);
        admin.post(REDACT, json!({ "accountId": olga })).await.expect(200);
        assert_eq!(names().await, ["Removed", "The admin of Carrozzeria Rossi"]);
        assert!(!texts(&server).await.contains("Ombra"));
        is_whole(&server).await;
    })
    .await;
}

#[tokio::test]
async fn a_visitor_who_asked_to_be_called_is_forgotten() {
    TestServer::each(|server| async move {
        let lead = json!({ "name": "Bruno Blu", "phone": "333 4445556", "email": "bruno@blu.test", "leadType": "service", "message": "Bruno here" });
        let lead = server.visitor().post("/api/v1/public/leads", lead).await.expect(201)["data"]["id"].clone();
        let admin = server.member("admin").await;
        let person = json!({ "leadId": lead });
        admin.post(REDACT, person.clone()).await.expect_error(409, "CONFLICT");
        let at = format!("/api/v1/admin/leads/{}", lead.as_str().unwrap());
        admin.patch(&at, json!({ "status": "lost", "note": "Bruno went elsewhere" })).await.expect(200);
        admin.post(REDACT, person).await.expect(200);
        let after = texts(&server).await;
        for word in ["Bruno", "bruno", "4445556", "333 444"] {
            assert!(!after.contains(word), "{word}: {after}");
        }
        is_whole(&server).await;
        assert_eq!(admin.get(&at).await.expect(200)["data"]["name"], "Removed");
    })
    .await;
}

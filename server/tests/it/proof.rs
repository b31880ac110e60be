//! A browser that was left open makes nobody powerful: what gives rights, takes protection away or takes much out asks
//! who sits there.

use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, TestServer};

/// Just longer than a proof counts, and shorter than an access token lives.
const LATER: i64 = 11 * 60_000;

async fn make_key(by: &Client, permissions: &[&str]) -> Answer {
    by.post("/api/v1/admin/tokens", json!({ "name": "Website", "permissions": permissions })).await
}

fn asks_for_proof(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 403, "{what}");
    assert!(String::from_utf8_lossy(&answer.body).contains("Enter your password again"), "{what}: {answer:?}");
}

async fn add(by: &Client, name: &str, role: &str) -> Answer {
    let body = json!({ "email": format!("{name}@rossi.test"), "name": name, "role": role });
    by.post("/api/v1/admin/users", body).await
}

async fn id_of(member: &Client) -> String {
    member.get("/api/v1/auth/me").await.expect(200)["data"]["id"].as_str().expect("an id").to_owned()
}

fn needing(roles: &[&str]) -> Value {
    json!({ "secondFactorRoles": roles })
}

#[tokio::test]
async fn who_gives_rights_or_takes_the_audit_out_has_proved_lately_who_sits_there() {
    TestServer::each(|server| async move {
        let technician = id_of(&server.member("technician").await).await;
        let technician = format!("/api/v1/admin/users/{technician}");
        let admin = server.member("admin").await;
        admin.patch("/api/v1/admin/settings", needing(&["agent"])).await.expect(200);
        let desk = json!({ "label": "Desk", "permissions": ["leads:read"] });
        admin.post("/api/v1/admin/roles", desk).await.expect(201);
        let ruling = json!({ "label": "Desk", "permissions": ["leads:read", "users:manage"] });
        server.advance(LATER);

        let promoted = json!({ "role": "admin" });
        asks_for_proof(&make_key(&admin, &["leads:read"]).await, "a key");
        let chief = json!({ "label": "Chief", "permissions": ["leads:read", "users:manage"] });
        asks_for_proof(&admin.post("/api/v1/admin/roles", chief).await, "a role that rules");
        let forgotten = json!({ "accountId": uuid::Uuid::now_v7() });
        asks_for_proof(&admin.post("/api/v1/admin/audit/redact", forgotten).await, "what cannot be undone");
        asks_for_proof(&add(&admin, "ada", "admin").await, "an invitation");
        asks_for_proof(&admin.patch(&technician, promoted.clone()).await, "a promotion");
        asks_for_proof(&admin.patch("/api/v1/admin/roles/desk", ruling.clone()).await, "a role that comes to rule");
        asks_for_proof(&admin.patch("/api/v1/admin/settings", needing(&[])).await, "a role without second factor");
        asks_for_proof(&admin.get("/api/v1/admin/audit/export").await, "the audit");
        // A browser is led to where one proves it, and back to what it looked at.
        let link = admin.clone().with("accept", "text/html,*/*").get("/api/v1/admin/audit/export?action=leads").await;
        assert_eq!(link.status, 303);
        assert_eq!(link.headers["location"], "/app/account/prove?next=%2Fapp%2Faudit%3Faction%3Dleads");
        // Nothing was done of it, and what gives nobody power goes on.
        let told = admin.get("/api/v1/admin/audit?action=audit.exported").await.expect(200);
        assert_eq!(told["page"]["total"], 0);
        add(&admin, "bea", "technician").await.expect(201);
        admin.patch("/api/v1/admin/settings", needing(&["agent", "manager"])).await.expect(200);
        admin.patch(&technician, json!({ "status": "suspended" })).await.expect(200);
        admin.patch(&technician, json!({ "status": "active" })).await.expect(200);

        admin.post("/api/v1/auth/prove", json!({ "password": PASSWORD })).await.expect(204);
        make_key(&admin, &["leads:read"]).await.expect(201);
        add(&admin, "ada", "admin").await.expect(201);
        admin.patch(&technician, promoted).await.expect(200);
        admin.patch("/api/v1/admin/roles/desk", ruling).await.expect(200);
        admin.patch("/api/v1/admin/settings", needing(&[])).await.expect(200);
        assert_eq!(admin.get("/api/v1/admin/audit/export").await.status, 200);
        // Who rules and was kept out comes back by a proof alone, too.
        admin.patch(&technician, json!({ "status": "suspended" })).await.expect(200);
        server.advance(LATER);
        let admin = server.member("admin").await;
        admin.patch(&technician, json!({ "status": "active" })).await.expect(200);
        admin.patch(&technician, json!({ "status": "suspended" })).await.expect(200);
        server.advance(LATER);
        asks_for_proof(&admin.patch(&technician, json!({ "status": "active" })).await, "a ruler who comes back");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_program_makes_nobody_powerful_and_drops_no_protection() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        admin.patch("/api/v1/admin/settings", needing(&["agent"])).await.expect(200);
        let all = admin.get("/api/v1/auth/me").await.expect(200)["data"]["permissions"].clone();
        let all: Vec<&str> = all.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        let key = make_key(&admin, &all).await.expect(201)["data"]["key"].as_str().unwrap().to_owned();
        let program = server.visitor().with("authorization", &format!("Bearer {key}"));
        add(&program, "bea", "technician").await.expect(201);
        for role in ["admin", "manager"] {
            let may = role == "manager";
            assert_eq!(add(&program, "ada", role).await.status, if may { 201 } else { 403 }, "{role}");
        }
        let agent = id_of(&server.member("manager").await).await;
        assert_eq!(
            program.patch(&format!("/api/v1/admin/users/{agent}"), json!({ "role": "admin" })).await.status,
            403
        );
        assert_eq!(program.patch("/api/v1/admin/settings", needing(&[])).await.status, 403);
        program.patch("/api/v1/admin/settings", needing(&["agent", "manager"])).await.expect(200);
        assert_eq!(make_key(&program, &["leads:read"]).await.status, 403);
        assert_eq!(program.get("/api/v1/admin/audit/export").await.status, 200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_keys_of_who_needs_a_second_factor_rest_until_it_is_on() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let key = make_key(&admin, &["repairs:read"]).await.expect(201)["data"]["key"].as_str().unwrap().to_owned();
        let program = server.visitor().with("authorization", &format!("Bearer {key}"));
        program.get("/api/v1/repairs").await.expect(200);
        admin.patch("/api/v1/admin/settings", needing(&["admin"])).await.expect(200);
        let refused = program.get("/api/v1/repairs").await;
        assert_eq!(refused.status, 403);
        assert!(String::from_utf8_lossy(&refused.body).contains("second factor"), "{refused:?}");
        assert_eq!(program.get("/api/v1/live?topics=repairs").await.status, 403);
        crate::factor::enrol(&server, &admin).await;
        program.get("/api/v1/repairs").await.expect(200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn pages_lead_to_the_proof_before_anything_is_typed() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        let pages = [
            ("/app/people/programs", "%2Fapp%2Fpeople%2Fprograms"),
            ("/app/people/invite", "%2Fapp%2Fpeople%2Finvite"),
            ("/app/settings", "%2Fapp%2Fsettings"),
        ];
        for (page, _) in pages {
            let html = admin.get(page).await;
            assert!(!String::from_utf8_lossy(&html.body).contains("/app/account/prove"), "{page}");
        }
        server.advance(LATER);
        for (page, next) in pages {
            let html = admin.get(page).await;
            let way = format!("/app/account/prove?next={next}");
            assert!(String::from_utf8_lossy(&html.body).contains(&way), "{page}");
        }
        server.stop().await;
    })
    .await;
}

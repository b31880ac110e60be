//! Those who rule a part of an organisation: what they may not make of it, and what ends when it is suspended.

use officina::identity::service;
use officina::kernel::db::sql;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, TestServer};

const ROLES: &str = "/api/v1/admin/roles";
const USERS: &str = "/api/v1/admin/users";

fn role(label: &str, permissions: &[&str]) -> Value {
    json!({ "label": label, "permissions": permissions })
}

async fn key_of(by: &Client, permissions: &[&str]) -> String {
    let made = by.post("/api/v1/admin/tokens", json!({ "name": "Website", "permissions": permissions })).await;
    made.expect(201)["data"]["key"].as_str().expect("a key").to_owned()
}

#[tokio::test]
async fn a_role_that_is_gone_opens_nothing_and_stops_no_start() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        admin.post(ROLES, role("Gone", &["repairs:read"])).await.expect(201);
        // Somebody has left with it, and somebody else is invited to it.
        let agent = server.member("agent").await.get("/api/v1/auth/me").await.expect(200);
        let agent = format!("{USERS}/{}", agent["data"]["id"].as_str().expect("an id"));
        admin.patch(&agent, json!({ "role": "gone" })).await.expect(200);
        admin.delete(&format!("{ROLES}/gone")).await.expect_error(409, "CONFLICT");
        admin.patch(&agent, json!({ "status": "terminated" })).await.expect(200);
        let invited = json!({ "email": "eva@rossi.test", "name": "Eva", "role": "gone" });
        admin.post(USERS, invited).await.expect(201);
        let refused = admin.delete(&format!("{ROLES}/gone")).await.expect_error(409, "CONFLICT");
        assert!(refused["error"].as_str().expect("words").contains("1 invitation"), "{refused}");
        let mut tx = server.app().db.begin().await.expect("a transaction");
        sql("UPDATE entry_links SET expires_at = 0 WHERE kind = 'invitation'").run(&mut tx).await.expect("over");
        tx.commit().await.expect("a commit");
        admin.delete(&format!("{ROLES}/gone")).await.expect(204);

        // The next start is not stopped by it, and who comes back gets another role.
        service::check_roles(server.app()).await.expect("nobody who may come in has it");
        admin.patch(&agent, json!({ "status": "active" })).await.expect_error(400, "VALIDATION_ERROR");
        let back = admin.patch(&agent, json!({ "status": "active", "role": "agent" })).await.expect(200);
        assert_eq!((&back["data"]["status"], &back["data"]["role"]), (&json!("active"), &json!("agent")));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_suspended_organisation_is_closed_to_its_keys_and_to_the_public() {
    TestServer::each(|server| async move {
        service::make_operator(server.app(), "admin@rossi.test").await.expect("an operator");
        let stranger = server.stranger().await;
        let key = key_of(&stranger, &["repairs:read", "audit:read"]).await;
        let program = server.visitor().with("authorization", &format!("Bearer {key}"));
        program.get("/api/v1/repairs").await.expect(200);
        let page = "/o/bianchi/check-in";
        assert_eq!(server.visitor().get(page).await.status, 200);
        let operator = server.member("admin").await;
        let tenant = format!("/api/v1/tenants/{}", server.other_org.id);
        operator.patch(&tenant, json!({ "suspended": true })).await.expect(200);
        for path in ["/api/v1/repairs", "/api/v1/admin/audit", "/api/v1/live?topics=repairs"] {
            assert_eq!(program.get(path).await.status, 401, "{path}");
        }
        assert_eq!(server.visitor().get(page).await.status, 404);
        let lead = json!({ "name": "Bruno", "phone": "333 4445556", "leadType": "service", "message": "Call" });
        assert_eq!(server.visitor().post("/api/v1/public/leads?org=bianchi", lead).await.status, 404);
        operator.patch(&tenant, json!({ "suspended": false })).await.expect(200);
        program.get("/api/v1/repairs").await.expect(200);
        assert_eq!(server.visitor().get(page).await.status, 200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_linked_to_customers_frees_neither_themselves_nor_anybody_else() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let place = |name: &str, phone: &str| json!({ "name": name, "customerPhone": phone, "customerName": name });
        let mine = admin.post("/api/v1/locations", place("Mine", "+39 333 8880001")).await.expect(201);
        let other = admin.post("/api/v1/locations", place("Other", "+39 333 8880002")).await.expect(201);
        let (mine, other) = (&mine["data"]["customerId"], &other["data"]["customerId"]);
        admin.post(ROLES, role("Chief", &["users:manage", "cold_chain:read", "cold_chain:write"])).await.expect(201);
        let chief = json!({ "email": "chief@rossi.test", "name": "Chief", "role": "chief", "password": PASSWORD });
        let chief = admin.post(USERS, chief).await.expect(201);
        let links = format!("{USERS}/{}/customers", chief["data"]["id"].as_str().expect("an id"));
        admin.put(&links, json!({ "customerIds": [mine] })).await.expect(200);
        let chief = server.visitor().sign_in("chief@rossi.test").await;
        for wanted in [json!([]), json!([other]), json!([mine, other])] {
            chief.put(&links, json!({ "customerIds": wanted })).await.expect_error(403, "FORBIDDEN");
        }
        let twin = json!({ "email": "twin@rossi.test", "name": "Twin", "role": "chief" });
        chief.post(USERS, twin).await.expect_error(403, "FORBIDDEN");
        let seen = chief.get("/api/v1/locations").await.expect(200);
        assert_eq!(seen["page"]["total"], 1);
        // A number leads to a name only for those who may see to customers.
        let technician = server.member("technician").await;
        let asked = technician.post("/api/v1/locations", place("X", "+39 333 8880002")).await;
        asked.expect_error(403, "FORBIDDEN");
        technician.post("/api/v1/locations", json!({ "name": "X" })).await.expect(201);
        server.stop().await;
    })
    .await;
}

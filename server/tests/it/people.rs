//! Who may come in, and what they may do then: members, roles, sessions, programs.

use officina::identity::service;
use officina::kernel::actor::Actor;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, TestServer};

const USERS: &str = "/api/v1/admin/users";
const ROLES: &str = "/api/v1/admin/roles";
const TOKENS: &str = "/api/v1/admin/tokens";
const SESSIONS: &str = "/api/v1/auth/sessions";

fn text(answer: &Value, field: &str) -> String {
    answer["data"][field].as_str().expect("a text").to_owned()
}

/// Adds a member and returns the address under which it is changed.
async fn add(admin: &Client, email: &str, role: &str) -> String {
    let user = json!({ "email": email, "name": "Nadia Notte", "role": role, "password": PASSWORD });
    format!("{USERS}/{}", text(&admin.post(USERS, user).await.expect(201), "id"))
}

#[tokio::test]
async fn an_owner_makes_a_role_gives_it_and_changes_it() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let input = json!({ "label": "Night shift", "permissions": ["repairs:read"] });
        let role = text(&admin.post(ROLES, input.clone()).await.expect(201), "name");
        assert_eq!(role, "night-shift");
        admin.post(ROLES, input).await.expect_error(409, "CONFLICT");
        add(&admin, "nadia@rossi.test", &role).await;

        let nadia = server.visitor().sign_in("nadia@rossi.test").await;
        nadia.get("/api/v1/repairs").await.expect(200);
        nadia.get("/api/v1/admin/leads").await.expect_error(403, "FORBIDDEN");

        let input = json!({ "label": "Night desk", "permissions": ["leads:read"] });
        let changed = admin.patch(&format!("{ROLES}/{role}"), input).await.expect(200);
        assert_eq!((&changed["data"]["label"], &changed["data"]["members"]), (&json!("Night desk"), &json!(1)));
        nadia.get("/api/v1/admin/leads").await.expect(200);
        nadia.get("/api/v1/repairs").await.expect_error(403, "FORBIDDEN");

        admin.delete(&format!("{ROLES}/{role}")).await.expect_error(409, "CONFLICT");
        admin.delete(&format!("{ROLES}/admin")).await.expect_error(404, "NOT_FOUND");
        let unknown = json!({ "label": "Flyer", "permissions": ["repairs:fly"] });
        let body = admin.post(ROLES, unknown).await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["permissions"].is_array(), "{body}");
        admin.post(ROLES, json!({ "label": "Tech", "permissions": [] })).await.expect_error(409, "CONFLICT");
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_or_shuts_out_those_above() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let input = json!({ "label": "Personnel", "permissions": ["users:manage", "settings:manage", "repairs:read"] });
        let role = text(&admin.post(ROLES, input).await.expect(201), "name");
        add(&admin, "personnel@rossi.test", &role).await;
        let personnel = server.visitor().sign_in("personnel@rossi.test").await;

        let user = |role: &str| json!({ "email": "new@rossi.test", "name": "N", "role": role, "password": PASSWORD });
        personnel.post(USERS, user("technician")).await.expect_error(403, "FORBIDDEN");
        let reader = json!({ "label": "Reader", "permissions": ["repairs:read"] });
        let reader = text(&personnel.post(ROLES, reader).await.expect(201), "name");
        let added = personnel.post(USERS, user(&reader)).await.expect(201);
        let new = format!("{USERS}/{}", text(&added, "id"));
        personnel.patch(&new, json!({ "role": "admin" })).await.expect_error(403, "FORBIDDEN");

        let boss = server.actor("admin").await.member().unwrap().account;
        let boss = format!("{USERS}/{boss}");
        personnel.patch(&boss, json!({ "status": "suspended" })).await.expect_error(403, "FORBIDDEN");
        personnel.post(&format!("{boss}/end-sessions"), json!({})).await.expect_error(403, "FORBIDDEN");
        let more = json!({ "label": "More", "permissions": ["repairs:read", "leads:read"] });
        let body = personnel.post(ROLES, more.clone()).await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["permissions"][0].as_str().unwrap().contains("leads:read"), "{body}");
        let token = json!({ "name": "T", "permissions": ["leads:read"] });
        personnel.post(TOKENS, token).await.expect_error(400, "VALIDATION_ERROR");

        let bigger = text(&admin.post(ROLES, more).await.expect(201), "name");
        let smaller = json!({ "label": "More", "permissions": [] });
        personnel.patch(&format!("{ROLES}/{bigger}"), smaller).await.expect_error(403, "FORBIDDEN");
        personnel.delete(&format!("{ROLES}/{bigger}")).await.expect_error(403, "FORBIDDEN");
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_stays() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let own = format!("{USERS}/{}", server.actor("admin").await.member().unwrap().account);
        for change in
            [json!({ "status": "suspended" }), json!({ "status": "terminated" }), json!({ "role": "manager" })]
        {
            admin.patch(&own, change).await.expect_error(409, "CONFLICT");
        }
        let second = add(&admin, "second@rossi.test", "admin").await;
        // Two administrators put each other out at the same moment: one of them is left.
        let other = server.visitor().sign_in("second@rossi.test").await;
        let suspended = json!({ "status": "suspended" });
        let (first, second) = tokio::join!(admin.patch(&second, suspended.clone()), other.patch(&own, suspended));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert!(statuses[0] == 200 && [401, 403, 409].contains(&statuses[1]), "{statuses:?}");
    })
    .await;
}

#[tokio::test]
async fn a_member_who_is_put_out_is_out_at_once() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let nadia_at = add(&admin, "nadia@rossi.test", "technician").await;
        let nadia = server.visitor().sign_in("nadia@rossi.test").await;
        let changed = admin.patch(&nadia_at, json!({ "name": "Nadia Alba", "role": "OPERATOR" })).await.expect(200);
        assert_eq!((&changed["data"]["name"], &changed["data"]["role"]), (&json!("Nadia Alba"), &json!("technician")));
        admin.post(&format!("{nadia_at}/end-sessions"), json!({})).await.expect(200);
        nadia.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");

        let nadia = server.visitor().sign_in("nadia@rossi.test").await;
        admin.patch(&nadia_at, json!({ "status": "suspended" })).await.expect(200);
        nadia.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        let login = json!({ "email": "nadia@rossi.test", "password": PASSWORD });
        server.visitor().post("/api/v1/auth/login", login.clone()).await.expect_error(401, "UNAUTHORIZED");
        admin.patch(&nadia_at, json!({ "status": "active" })).await.expect(200);
        // The sessions from before do not come back.
        nadia.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        server.visitor().post("/api/v1/auth/login", login).await.expect(200);

        let found = admin.get(&format!("{USERS}?search=alba&status=active&role=tech")).await.expect(200);
        assert_eq!((found["data"].as_array().unwrap().len(), &found["page"]["total"]), (1, &json!(1)), "{found}");
        for extra in [json!({ "orgId": "x" }), json!({ "status": "gone" }), json!({ "name": " " })] {
            admin.patch(&nadia_at, extra).await.expect_error(400, "VALIDATION_ERROR");
        }
    })
    .await;
}

#[tokio::test]
async fn a_program_comes_in_by_its_token_and_goes_with_its_maker() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let second_at = add(&admin, "second@rossi.test", "admin").await;
        let second = server.visitor().sign_in("second@rossi.test").await;
        let made = second.post(TOKENS, json!({ "name": "Website", "permissions": ["leads:read"] })).await.expect(201);
        let program = server.visitor().with("authorization", &format!("Bearer {}", text(&made, "key")));
        program.get("/api/v1/admin/leads").await.expect(200);
        program.get("/api/v1/repairs").await.expect_error(403, "FORBIDDEN");
        program.get(TOKENS).await.expect_error(403, "FORBIDDEN");
        program.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");

        let listed = admin.get(TOKENS).await.expect(200);
        assert_eq!(listed["data"][0]["name"], "Website");
        assert!(listed["data"][0]["lastUsedAt"].is_string() && !listed.to_string().contains("ofc_"), "{listed}");

        // What its maker may no longer do, the token may not either.
        admin.patch(&second_at, json!({ "role": "technician" })).await.expect(200);
        program.get("/api/v1/admin/leads").await.expect_error(403, "FORBIDDEN");
        admin.patch(&second_at, json!({ "role": "admin" })).await.expect(200);
        program.get("/api/v1/admin/leads").await.expect(200);
        admin.patch(&second_at, json!({ "status": "suspended" })).await.expect(200);
        program.get("/api/v1/admin/leads").await.expect_error(401, "UNAUTHORIZED");
        admin.patch(&second_at, json!({ "status": "active" })).await.expect(200);

        assert_eq!(admin.delete(TOKENS).await.expect(200)["data"]["revoked"], 1);
        program.get("/api/v1/admin/leads").await.expect_error(401, "UNAUTHORIZED");

        let input = json!({ "name": "For a day", "permissions": ["leads:read"], "expiresInDays": 1 });
        let made = admin.post(TOKENS, input).await.expect(201);
        let program = server.visitor().with("authorization", &format!("Bearer {}", text(&made, "key")));
        program.get("/api/v1/admin/leads").await.expect(200);
        server.advance(officina::kernel::time::DAY);
        program.get("/api/v1/admin/leads").await.expect_error(401, "UNAUTHORIZED");
    })
    .await;
}

#[tokio::test]
async fn everyone_sees_and_ends_their_own_sessions() {
    TestServer::each(|server| async move {
        let (here, there) = (server.member("agent").await, server.browser("agent").await);
        let sessions = here.get(SESSIONS).await.expect(200);
        let sessions = sessions["data"].as_array().unwrap().clone();
        assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
        let other = sessions.iter().find(|session| session["kind"] == "browser").expect("the browser's");
        let path = format!("{SESSIONS}/{}", other["id"].as_str().unwrap());

        server.member("technician").await.delete(&path).await.expect_error(404, "NOT_FOUND");
        there.get("/api/v1/auth/me").await.expect(200);
        here.delete(&path).await.expect(204);
        there.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        here.delete(&path).await.expect_error(404, "NOT_FOUND");

        let third = server.member("agent").await;
        assert_eq!(here.delete(SESSIONS).await.expect(200)["data"]["ended"], 1);
        third.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        here.get("/api/v1/auth/me").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn another_password_ends_the_other_sessions() {
    TestServer::each(|server| async move {
        let (here, there) = (server.member("agent").await, server.browser("agent").await);
        let change = |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
        const PATH: &str = "/api/v1/auth/password";
        let body = here.post(PATH, change(PASSWORD, "password123")).await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["newPassword"].is_array(), "{body}");
        let body = here.post(PATH, change("wrong", "le gomme del vicino")).await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["currentPassword"].is_array(), "{body}");
        here.post(PATH, change(PASSWORD, "le gomme del vicino")).await.expect(204);
        there.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        here.get("/api/v1/auth/me").await.expect(200);
        let login = |password: &str| json!({ "email": "agent@rossi.test", "password": password });
        server.visitor().post("/api/v1/auth/login", login(PASSWORD)).await.expect_error(401, "UNAUTHORIZED");
        server.visitor().post("/api/v1/auth/login", login("le gomme del vicino")).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_browser_left_open_is_no_place_to_guess_the_password_from() {
    TestServer::each_with(
        |config| config.limits.enabled = true,
        |server| async move {
            let here = server.member("agent").await;
            let wrong = json!({ "currentPassword": "wrong", "newPassword": "le gomme del vicino" });
            for _ in 0..5 {
                here.post("/api/v1/auth/password", wrong.clone()).await.expect_error(400, "VALIDATION_ERROR");
            }
            here.post("/api/v1/auth/password", wrong).await.expect_error(429, "RATE_LIMITED");
        },
    )
    .await;
}

#[tokio::test]
async fn a_person_of_two_organisations_goes_over_without_signing_in_again() {
    TestServer::each(|server| async move {
        let app = server.app();
        let account = server.actor("agent").await.member().unwrap().account;
        let member = server.member("agent").await;
        let other = server.other_org.id;
        let go = |to: String| json!({ "organisationId": to });
        const PATH: &str = "/api/v1/auth/organisations";
        member.post(PATH, go(other.to_string())).await.expect_error(404, "NOT_FOUND");

        service::join(app, &Actor::system(other), account, "manager").await.expect("a second membership");
        let listed = member.get(PATH).await.expect(200);
        assert_eq!(listed["data"].as_array().unwrap().len(), 2);
        member.post(PATH, go(other.to_string())).await.expect(204);
        let me = member.get("/api/v1/auth/me").await.expect(200);
        assert_eq!((&me["data"]["organisation"]["slug"], &me["data"]["role"]), (&json!("bianchi"), &json!("manager")));

        // The name is the person's own now.
        let admin = server.member("admin").await;
        let at = format!("{USERS}/{account}");
        admin.patch(&at, json!({ "name": "Someone Else" })).await.expect_error(409, "CONFLICT");
        // Put out here, the person is still in over there.
        admin.patch(&at, json!({ "status": "terminated" })).await.expect(200);
        member.get("/api/v1/auth/me").await.expect(200);
        member.post(PATH, go(server.org.id.to_string())).await.expect_error(404, "NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn a_phone_number_stays_as_it_was_written_and_lets_its_owner_in() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let nadia_here = add(&admin, "nadia@rossi.test", "technician").await;
        let nadia = server.visitor().sign_in("nadia@rossi.test").await;
        let abroad = json!({ "phone": "+44 7911 123-456", "name": "Nadia Notte-Bell" });
        let me = nadia.patch("/api/v1/auth/me", abroad).await.expect(200);
        assert_eq!(
            (&me["data"]["phone"], &me["data"]["name"]),
            (&json!("+44 7911 123-456"), &json!("Nadia Notte-Bell"))
        );
        let seen = admin.get(&nadia_here).await.expect(200);
        assert_eq!(seen["data"]["phone"], "+44 7911 123-456");
        let found = admin.get(&format!("{USERS}?search=7911123456")).await.expect(200);
        assert_eq!(found["data"].as_array().unwrap().len(), 1);
        for typed in ["0044 (0)7911 123456", "+447911123456"] {
            let login = json!({ "phone": typed, "password": PASSWORD });
            server.visitor().post("/api/v1/auth/login", login).await.expect(200);
        }

        // Somebody else's number is nobody else's way in.
        let other = add(&admin, "bruno@rossi.test", "agent").await;
        admin.patch(&other, json!({ "phone": "0044 7911123456" })).await.expect_error(409, "CONFLICT");
        let body = admin.patch(&other, json!({ "phone": "call me" })).await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["phone"].is_array(), "{body}");
        admin.patch(&nadia_here, json!({ "phone": "" })).await.expect(200);
        admin.patch(&other, json!({ "phone": "0044 7911123456" })).await.expect(200);

        // Without an address, the number is all there is.
        let user = json!({ "phone": "333 1234567", "name": "Carla", "role": "agent", "password": PASSWORD });
        let carla = format!("{USERS}/{}", text(&admin.post(USERS, user).await.expect(201), "id"));
        let body = admin.patch(&carla, json!({ "phone": "" })).await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["phone"].is_array(), "{body}");
    })
    .await;
}

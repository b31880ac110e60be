//! Passkeys: added, used to come in and to prove who sits there, removed.

use officina::kernel::permission::BuiltInRole;
use officina::kernel::time::MINUTE;
use serde_json::{Value, json};

use crate::support::{Answer, Authenticator, Client, TestServer};

const OWN: &str = "/api/v1/auth/passkeys";
/// The stories' servers are reached on loopback, where passkeys are bound to this name.
const ORIGIN: &str = "http://localhost:3000";

/// Adds a passkey for a member, and says its id.
pub async fn add(member: &Client, name: &str) -> (Authenticator, String) {
    let asked = member.post(&format!("{OWN}/question"), json!({})).await.expect(200)["data"].clone();
    let (phone, credential) = Authenticator::make(&asked["options"], ORIGIN);
    let new = json!({ "name": name, "question": asked["question"], "credential": credential });
    let added = member.post(OWN, new).await.expect(201);
    (phone, added["data"]["id"].as_str().expect("an id").to_owned())
}

/// The question for coming in.
async fn question(visitor: &Client) -> Value {
    visitor.post(&format!("{OWN}/sign-in"), json!({})).await.expect(200)["data"].clone()
}

/// The form of the sign-in page, filled in.
async fn come_in(browser: &Client, question: &Value, credential: &str) -> Answer {
    let fields = [
        ("question", question["question"].as_str().expect("sealed")),
        ("credential", credential),
        ("next", "/app/leads"),
    ];
    browser.form("/sign-in/passkey", &fields).await
}

/// The status of coming in with a passkey.
pub async fn try_in(browser: &Client, phone: &mut Authenticator) -> u16 {
    let asked = question(browser).await;
    let credential = phone.answer(&asked["options"]);
    come_in(browser, &asked, &credential).await.status.as_u16()
}

fn browser(server: &TestServer) -> Client {
    server.visitor().with("sec-fetch-site", "same-origin")
}

#[tokio::test]
async fn a_phone_lets_its_owner_in_without_password_and_code() {
    TestServer::each(|server| async move {
        let agent = server.member("agent").await;
        crate::factor::enrol(&server, &agent).await;
        let (mut phone, _) = add(&agent, "My phone").await;
        let browser = browser(&server);
        let asked = question(&browser).await;
        assert_eq!(asked["options"]["publicKey"]["allowCredentials"], json!([]), "nobody is asked by name");
        let credential = phone.answer(&asked["options"]);
        let answer = come_in(&browser, &asked, &credential).await;
        assert_eq!(answer.header("location"), Some("/app/leads"));
        let cookie = answer.header("set-cookie").expect("a session").split(';').next().unwrap().to_owned();
        let me = browser.clone().with("cookie", &cookie).get("/api/v1/auth/me").await.expect(200);
        assert_eq!(me["data"]["email"], "agent@rossi.test");
        // The same answer once more, as somebody who has recorded it would send it.
        assert_eq!(come_in(&browser, &asked, &credential).await.status, 401);
        // Another question, the answer to the first.
        assert_eq!(come_in(&browser, &question(&browser).await, &credential).await.status, 401);
        let list = agent.get(OWN).await.expect(200);
        assert_eq!(list["data"][0]["name"], "My phone");
        assert!(list["data"][0]["usedAt"].is_string());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_not_right_lets_nobody_in() {
    TestServer::each(|server| async move {
        let (mut phone, _) = add(&server.member("agent").await, "My phone").await;
        let browser = browser(&server);
        // Given to another site, which sends it on.
        let asked = question(&browser).await;
        let elsewhere = phone.at("http://localhost.example.org").answer(&asked["options"]);
        let page = come_in(&browser, &asked, &elsewhere).await;
        assert_eq!(page.status, 401);
        assert!(page.header("set-cookie").is_none() && page.text().contains("/sign-in/passkey"));
        // Signed by another key under the same names.
        let (mut stranger, _) = add(&server.stranger().await, "Theirs").await;
        let forged: Value = serde_json::from_str(&stranger.answer(&asked["options"])).unwrap();
        let mut mixed: Value = serde_json::from_str(&phone.answer(&asked["options"])).unwrap();
        mixed["response"]["signature"] = forged["response"]["signature"].clone();
        assert_eq!(come_in(&browser, &asked, &mixed.to_string()).await.status, 401);
        // The own key under somebody else's name.
        let mut renamed: Value = serde_json::from_str(&phone.answer(&asked["options"])).unwrap();
        renamed["response"]["userHandle"] = forged["response"]["userHandle"].clone();
        assert_eq!(come_in(&browser, &asked, &renamed.to_string()).await.status, 401);
        for nonsense in ["", "{}", "[]", "\u{0}", "{\"id\":\"AAAA\"}"] {
            assert_eq!(come_in(&browser, &asked, nonsense).await.status, 401, "{nonsense:?}");
        }
        let unsealed = json!({ "question": "AAAA" });
        assert_eq!(come_in(&browser, &unsealed, &phone.answer(&asked["options"])).await.status, 401);
        // Too late.
        let credential = phone.answer(&asked["options"]);
        server.advance(5 * MINUTE + 1);
        assert_eq!(come_in(&browser, &asked, &credential).await.status, 401);
        // And after all that, the right one.
        let asked = question(&browser).await;
        let credential = phone.answer(&asked["options"]);
        assert_eq!(come_in(&browser, &asked, &credential).await.status, 303);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_copied_passkey_is_noticed() {
    TestServer::each(|server| async move {
        let (mut phone, _) = add(&server.member("agent").await, "My phone").await;
        let mut copy = phone.clone();
        let browser = browser(&server);
        let asked = question(&browser).await;
        let credential = phone.answer(&asked["options"]);
        assert_eq!(come_in(&browser, &asked, &credential).await.status, 303);
        // The copy counts its uses from where it was copied.
        let asked = question(&browser).await;
        let credential = copy.answer(&asked["options"]);
        assert_eq!(come_in(&browser, &asked, &credential).await.status, 401);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn adding_and_removing_need_a_fresh_proof_which_a_passkey_gives() {
    TestServer::each(|server| async move {
        let agent = server.browser("agent").await;
        let (mut phone, id) = add(&agent, "My phone").await;
        server.advance(11 * MINUTE);
        agent.post(&format!("{OWN}/question"), json!({})).await.expect_error(403, "FORBIDDEN");
        agent.delete(&format!("{OWN}/{id}")).await.expect_error(403, "FORBIDDEN");
        // Somebody else's passkey proves nothing here.
        let (mut theirs, _) = add(&server.browser("technician").await, "Theirs").await;
        let prove = |asked: Value, credential: String| {
            let agent = agent.clone();
            async move {
                let question = asked["question"].as_str().expect("sealed").to_owned();
                let fields = [
                    ("function", "account/prove-passkey"),
                    ("question", &question),
                    ("credential", &credential),
                    ("next", "/app/account/passkeys"),
                ];
                agent.form("/app/account/passkeys", &fields).await
            }
        };
        let asked = question(&agent).await;
        let credential = theirs.answer(&asked["options"]);
        assert_eq!(prove(asked, credential).await.status, 400);
        agent.delete(&format!("{OWN}/{id}")).await.expect_error(403, "FORBIDDEN");
        let asked = question(&agent).await;
        let credential = phone.answer(&asked["options"]);
        assert_eq!(prove(asked, credential).await.header("location"), Some("/app/account/passkeys"));
        agent.delete(&format!("{OWN}/{id}")).await.expect(204);
        let browser = browser(&server);
        let asked = question(&browser).await;
        let credential = phone.answer(&asked["options"]);
        assert_eq!(come_in(&browser, &asked, &credential).await.status, 401, "it was removed");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_passkey_is_made_for_who_asked_once_and_by_its_name() {
    TestServer::each(|server| async move {
        let (agent, technician) = (server.member("agent").await, server.member("technician").await);
        let asked = agent.post(&format!("{OWN}/question"), json!({})).await.expect(200)["data"].clone();
        let (_, credential) = Authenticator::make(&asked["options"], ORIGIN);
        let new = |name: &str| json!({ "name": name, "question": asked["question"], "credential": credential });
        technician.post(OWN, new("Mine now")).await.expect_error(400, "VALIDATION_ERROR");
        let nameless = agent.post(OWN, new(" ")).await.expect_error(400, "VALIDATION_ERROR");
        assert!(nameless["fields"]["name"].is_array());
        agent.post(OWN, new("My phone")).await.expect(201);
        let again = agent.post(OWN, new("My phone")).await.expect_error(400, "VALIDATION_ERROR");
        assert!(again["fields"]["credential"][0].as_str().unwrap().contains("used before"));
        // A device that has one already is told so.
        let asked = agent.post(&format!("{OWN}/question"), json!({})).await.expect(200);
        assert_eq!(asked["data"]["options"]["publicKey"]["excludeCredentials"].as_array().map(Vec::len), Some(1));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_passkey_stands_for_the_second_factor_that_a_role_needs_as_long_as_it_is_there() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let browser = browser(&server);
        let agent = server.browser("agent").await;
        let (mut phone, id) = add(&agent, "My phone").await;
        let version = admin.get("/api/v1/admin/settings").await.expect(200)["data"]["version"].clone();
        let required = json!({ "secondFactorRoles": [BuiltInRole::Agent.as_str()], "version": version });
        admin.patch("/api/v1/admin/settings", required).await.expect(200);
        // The session that added it counts as begun with it; one begun with the password does not.
        agent.get("/api/v1/admin/leads").await.expect(200);
        server.browser("agent").await.get("/api/v1/admin/leads").await.expect_error(403, "FORBIDDEN");
        let asked = question(&browser).await;
        let credential = phone.answer(&asked["options"]);
        let answer = come_in(&browser, &asked, &credential).await;
        let cookie = answer.header("set-cookie").expect("a session").split(';').next().unwrap().to_owned();
        let by_phone = browser.with("cookie", &cookie);
        by_phone.get("/api/v1/admin/leads").await.expect(200);
        agent.delete(&format!("{OWN}/{id}")).await.expect(204);
        by_phone.get("/api/v1/admin/leads").await.expect_error(403, "FORBIDDEN");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_suspended_comes_in_by_no_passkey() {
    TestServer::each(|server| async move {
        let agent = server.member("agent").await;
        let (mut phone, _) = add(&agent, "My phone").await;
        let id = agent.get("/api/v1/auth/me").await.expect(200)["data"]["id"].as_str().unwrap().to_owned();
        let admin = server.member("admin").await;
        admin.patch(&format!("/api/v1/admin/users/{id}"), json!({ "status": "suspended" })).await.expect(200);
        let browser = browser(&server);
        let asked = question(&browser).await;
        let credential = phone.answer(&asked["options"]);
        assert_eq!(come_in(&browser, &asked, &credential).await.status, 401);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_installation_that_is_reached_by_a_number_has_no_passkeys() {
    TestServer::each_with(
        |config| config.base_url = Some("http://192.0.2.7".to_owned()),
        |server| async move {
            let visitor = server.visitor().with("accept", "text/html");
            visitor.post(&format!("{OWN}/sign-in"), json!({})).await.expect_error(404, "NOT_FOUND");
            let page = visitor.get("/sign-in").await;
            assert!(!page.text().contains("passkey"));
            assert!(!page.header("content-security-policy").unwrap().contains("script-src"));
            server.stop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_question_for_a_new_passkey_counts_once() {
    TestServer::each(|server| async move {
        let agent = server.member("agent").await;
        let asked = agent.post(&format!("{OWN}/question"), json!({})).await.expect(200)["data"].clone();
        let (_, credential) = Authenticator::make(&asked["options"], ORIGIN);
        let new = json!({ "name": "My phone", "question": asked["question"], "credential": credential });
        let added = agent.post(OWN, new.clone()).await.expect(201);
        let id = added["data"]["id"].as_str().unwrap();
        agent.delete(&format!("{OWN}/{id}")).await.expect(204);
        // Recorded and sent once more, it would bring back what the person has removed.
        let again = agent.post(OWN, new).await.expect_error(400, "VALIDATION_ERROR");
        assert!(again["fields"]["credential"].to_string().contains("used before"), "{again}");
        server.stop().await;
    })
    .await;
}

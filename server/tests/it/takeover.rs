//! An account belongs to its person: no organisation, no colleague and no stranger takes it over by what they may do.

use officina::identity::SessionKind;
use officina::identity::service;
use officina::kernel::actor::Actor;
use officina::kernel::ids::AccountId;
use serde_json::{Value, json};

use crate::passkeys;
use crate::support::{Client, PASSWORD, TestServer};

const NEW_PASSWORD: &str = "le gomme del vicino";

async fn own_id(member: &Client) -> String {
    member.get("/api/v1/auth/me").await.expect(200)["data"]["id"].as_str().expect("an id").to_owned()
}

/// The path of the link that an administrator is shown.
fn path(link: &Value) -> String {
    let link = link["data"]["link"].as_str().expect("a link").to_owned();
    link.split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map(|(_, path)| format!("/{path}"))
        .expect("a path")
}

/// Lets somebody who has an account join another organisation with it.
async fn join(server: &TestServer, inviter: &Client, email: &str, role: &str) {
    let invited = json!({ "email": email, "name": "Ada", "role": role });
    let link = path(&inviter.post("/api/v1/auth/signup", invited).await.expect(201));
    let person = server.visitor().with_cookie_of(server.app(), email).await.with("sec-fetch-site", "same-origin");
    assert_eq!(person.form(&link, &[]).await.status, 303);
}

#[tokio::test]
async fn a_new_password_by_a_link_shuts_out_whoever_was_in_before() {
    TestServer::each(|server| async move {
        // Somebody has made the account, knows its password, and has left a passkey in it.
        let thief = server.member("agent").await;
        let (mut phone, _) = passkeys::add(&thief, "Not the owner's").await;
        let admin = server.member("admin").await;
        let link = admin.post(&format!("/api/v1/admin/users/{}/reset-link", own_id(&thief).await), json!({})).await;
        let owner = server.visitor().with("sec-fetch-site", "same-origin");
        assert_eq!(owner.form(&path(&link.expect(201)), &[("password", NEW_PASSWORD)]).await.status, 303);
        assert_eq!(passkeys::try_in(&owner, &mut phone).await, 401);
        // The same from the command line.
        let login = json!({ "email": "agent@rossi.test", "password": NEW_PASSWORD });
        let again = owner.post("/api/v1/auth/login", login).await.expect(200)["data"]["accessToken"].clone();
        let again = owner.clone().with("authorization", &format!("Bearer {}", again.as_str().unwrap()));
        let (mut phone, _) = passkeys::add(&again, "Not the owner's").await;
        assert_eq!(passkeys::try_in(&owner, &mut phone).await, 303);
        service::set_password(server.app(), "agent@rossi.test", PASSWORD).await.expect("a new password");
        assert_eq!(passkeys::try_in(&owner, &mut phone).await, 401);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_organisation_weakens_no_account_that_another_relies_on() {
    TestServer::each(|server| async move {
        let victim = server.member("admin").await;
        crate::factor::enrol(&server, &victim).await;
        let stranger = server.stranger().await;
        let kept = {
            // A link that the other organisation made for one of its own before that person joined this one.
            let invited = json!({ "email": "boss@neri.test", "name": "Boss", "role": "agent", "password": PASSWORD });
            let boss = stranger.post("/api/v1/admin/users", invited).await.expect(201)["data"]["id"].clone();
            let link =
                stranger.post(&format!("/api/v1/admin/users/{}/reset-link", boss.as_str().unwrap()), json!({})).await;
            path(&link.expect(201))
        };
        join(&server, &victim, "boss@neri.test", "admin").await;
        assert_eq!(server.visitor().get(&kept).await.status, 404, "joining voids it");

        let id = own_id(&victim).await;
        let account: AccountId = id.parse().expect("an id");
        service::join(server.app(), &Actor::system(server.other_org.id), account, "agent")
            .await
            .expect("a member of both");
        stranger.delete(&format!("/api/v1/admin/users/{id}/totp")).await.expect_error(409, "CONFLICT");
        stranger.post(&format!("/api/v1/admin/users/{id}/reset-link"), json!({})).await.expect_error(409, "CONFLICT");
        let credentials = service::Credentials {
            identifier: "admin@rossi.test".to_owned(),
            password: PASSWORD.to_owned(),
            code: None,
        };
        let client = service::Client::default();
        let without_code = service::sign_in(server.app(), &client, SessionKind::Api, &credentials).await;
        assert!(without_code.is_err(), "the code is still asked for");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_becomes_operator_by_helping_the_operator() {
    TestServer::each(|server| async move {
        service::make_operator(server.app(), "admin@rossi.test").await.expect("an operator");
        let operator = server.member("admin").await;
        operator.get("/api/v1/tenants").await.expect(200);
        crate::factor::enrol(&server, &operator).await;
        let second = json!({ "email": "second@rossi.test", "name": "Second", "role": "admin", "password": PASSWORD });
        operator.post("/api/v1/admin/users", second).await.expect(201);
        let second = server.visitor().sign_in("second@rossi.test").await;
        second.get("/api/v1/tenants").await.expect_error(403, "FORBIDDEN");
        let user = format!("/api/v1/admin/users/{}", own_id(&operator).await);
        second.delete(&format!("{user}/totp")).await.expect_error(403, "FORBIDDEN");
        second.post(&format!("{user}/reset-link"), json!({})).await.expect_error(403, "FORBIDDEN");
        for change in [json!({ "status": "terminated" }), json!({ "role": "agent" })] {
            second.patch(&user, change).await.expect_error(403, "FORBIDDEN");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn guesses_that_come_at_once_are_counted_one_by_one() {
    TestServer::each_with(
        |config| config.limits.enabled = true,
        |server| async move {
            let visitor = server.visitor().at("198.51.100.9");
            let guess = |number: usize| {
                let visitor = visitor.clone();
                async move {
                    let wrong = json!({ "email": "agent@rossi.test", "password": format!("guess number {number}") });
                    visitor.post("/api/v1/auth/login", wrong).await.status.as_u16()
                }
            };
            let mut answers = futures::future::join_all((0..30).map(guess)).await;
            answers.sort_unstable();
            assert_eq!(answers.iter().filter(|status| **status == 401).count(), 5, "{answers:?}");
            assert_eq!(answers.iter().filter(|status| **status == 429).count(), 25, "{answers:?}");
            server.stop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_member_who_has_only_passkeys_loses_them_when_the_phone_is_lost() {
    TestServer::each(|server| async move {
        let agent = server.member("agent").await;
        let (mut phone, _) = passkeys::add(&agent, "Lost").await;
        let id: AccountId = own_id(&agent).await.parse().expect("an id");
        let admin = server.member("admin").await;
        admin.delete(&format!("/api/v1/admin/users/{id}/totp")).await.expect(204);
        let browser = server.visitor().with("sec-fetch-site", "same-origin");
        assert_eq!(passkeys::try_in(&browser, &mut phone).await, 401);
        admin.delete(&format!("/api/v1/admin/users/{id}/totp")).await.expect_error(404, "NOT_FOUND");
        server.stop().await;
    })
    .await;
}

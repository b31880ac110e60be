//! The second factor: switched on, asked for, used up, lost.

use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use officina::kernel::time::{MINUTE, SECOND};
use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, TestServer};

const TOTP: &str = "/api/v1/auth/totp";
const LOGIN: &str = "/api/v1/auth/login";

/// The code of a secret at the server's time.
pub fn code(server: &TestServer, secret: &str) -> String {
    code_at(&server.app().clock, secret)
}

/// The code of a secret at a clock's time.
pub fn code_at(clock: &Clock, secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).expect("base32");
    let totp = totp_rs::Builder::new().with_secret(secret).with_account_name("a").build().expect("a generator");
    totp.generate(u64::try_from(clock.now().0 / SECOND).unwrap()).to_string()
}

/// Switches the second factor of a signed-in person on; returns the secret and the recovery codes.
pub async fn enrol(server: &TestServer, member: &Client) -> (String, Vec<String>) {
    let begun = member.post(TOTP, json!({})).await.expect(201);
    let secret = begun["data"]["secret"].as_str().unwrap().to_owned();
    assert!(begun["data"]["qr"].as_str().unwrap().contains("<svg"));
    assert!(begun["data"]["address"].as_str().unwrap().starts_with("otpauth://totp/"));
    let confirm = json!({ "code": code(server, &secret) });
    let confirmed = member.post(&format!("{TOTP}/confirm"), confirm).await.expect(200);
    let codes = confirmed["data"]["recoveryCodes"].as_array().unwrap();
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

/// What the page that asks for a code says of the password.
fn ticket_on(page: &Answer) -> String {
    let text = page.text();
    let ticket = text.split("name=\"ticket\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    ticket.expect("a ticket").to_owned()
}

/// The first step in a browser: the password.
async fn ticket(browser: &Client) -> String {
    ticket_on(&browser.form("/sign-in", &[("login", "agent@rossi.test"), ("password", PASSWORD)]).await)
}

/// The second one.
async fn step(browser: &Client, ticket: &str, code: &str) -> Answer {
    browser.form("/sign-in/code", &[("ticket", ticket), ("code", code), ("next", "/app/leads")]).await
}

fn login(totp: Option<&str>) -> Value {
    json!({ "email": "agent@rossi.test", "password": PASSWORD, "totp": totp })
}

#[tokio::test]
async fn a_code_is_asked_for_and_works_once() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let (secret, recovery) = enrol(&server, &server.member("agent").await).await;
        assert_eq!(recovery.len(), 10);
        // Without a code, with a wrong one, with the one that switched it on: as a wrong password.
        let used = code(&server, &secret);
        let wrong = visitor.post(LOGIN, json!({ "email": "agent@rossi.test", "password": "wrong one" })).await;
        let wrong = wrong.expect_error(401, "UNAUTHORIZED");
        for totp in [None, Some("000000"), Some("abc"), Some(used.as_str())] {
            let body = visitor.post(LOGIN, login(totp)).await.expect_error(401, "UNAUTHORIZED");
            assert_eq!(body["error"], wrong["error"]);
        }
        server.advance(30 * SECOND);
        let now = code(&server, &secret);
        // Two at once with the same code: one is in.
        let (first, second) =
            tokio::join!(visitor.post(LOGIN, login(Some(&now))), visitor.post(LOGIN, login(Some(&now))));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        // A recovery code, as typed from paper, works once.
        let typed = recovery[0].to_lowercase().replace('-', " ");
        visitor.post(LOGIN, login(Some(&typed))).await.expect(200);
        visitor.post(LOGIN, login(Some(&recovery[0]))).await.expect_error(401, "UNAUTHORIZED");
    })
    .await;
}

#[tokio::test]
async fn a_browser_is_asked_for_the_code_on_a_page_of_its_own() {
    TestServer::each(|server| async move {
        let (secret, _) = enrol(&server, &server.member("agent").await).await;
        server.advance(30 * SECOND);
        let browser = server.visitor().with("sec-fetch-site", "same-origin");
        let typed = [("login", "agent@rossi.test"), ("password", PASSWORD), ("next", "/app/leads")];
        let page = browser.form("/sign-in", &typed).await;
        assert_eq!(page.status, 200);
        assert!(page.header("set-cookie").is_none(), "no session yet");
        let ticket = ticket_on(&page);
        let step = |code: &str| {
            let (browser, fields) = (browser.clone(), [ticket.clone(), code.to_owned()]);
            async move {
                let [ticket, code] = fields;
                browser.form("/sign-in/code", &[("ticket", &ticket), ("code", &code), ("next", "/app/leads")]).await
            }
        };
        assert_eq!(step("000000").await.status, 401);
        let answer = step(&code(&server, &secret)).await;
        assert_eq!(answer.header("location"), Some("/app/leads"));
        assert!(answer.header("set-cookie").is_some_and(|cookie| cookie.contains("officina_session=")));
        // The way is open for five minutes.
        server.advance(5 * MINUTE + 1);
        assert_eq!(step(&code(&server, &secret)).await.header("location"), Some("/sign-in"));
        let forged = [("ticket", "AAAA"), ("code", "000000")];
        assert_eq!(browser.form("/sign-in/code", &forged).await.header("location"), Some("/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn codes_cannot_be_guessed() {
    TestServer::each_with(
        |config| config.limits.enabled = true,
        |server| async move {
            let (secret, _) = enrol(&server, &server.member("agent").await).await;
            server.advance(30 * SECOND);
            let right = code(&server, &secret);
            for guess in 0..5 {
                let address = format!("198.51.100.{guess}");
                let visitor = server.visitor().at(&address);
                visitor.post(LOGIN, login(Some("000000"))).await.expect_error(401, "UNAUTHORIZED");
            }
            // From wherever: whoever knows the password and not the code is stopped.
            let answer = server.visitor().post(LOGIN, login(Some(&right))).await;
            answer.expect_error(429, "RATE_LIMITED");
            assert!(answer.header("retry-after").is_some());
            server.advance(15 * MINUTE + SECOND);
            server.visitor().post(LOGIN, login(Some(&code(&server, &secret)))).await.expect(200);
        },
    )
    .await;
}

#[tokio::test]
async fn it_is_changed_only_by_somebody_who_proves_who_they_are() {
    TestServer::each(|server| async move {
        let agent = server.member("agent").await;
        let (secret, _) = enrol(&server, &agent).await;
        server.advance(10 * MINUTE);
        for answer in [agent.post(TOTP, json!({})).await, agent.delete(TOTP).await] {
            answer.expect_error(403, "FORBIDDEN");
        }
        let prove = |password: &str, totp: Option<String>| json!({ "password": password, "totp": totp });
        let path = "/api/v1/auth/prove";
        agent.post(path, prove(PASSWORD, None)).await.expect_error(400, "VALIDATION_ERROR");
        agent.post(path, prove("wrong password", Some(code(&server, &secret)))).await.expect(400);
        agent.post(path, prove(PASSWORD, Some(code(&server, &secret)))).await.expect(204);
        // A new secret counts when it is confirmed, not when it is shown.
        agent.post(TOTP, json!({})).await.expect(201);
        assert_eq!(agent.get(TOTP).await.expect(200)["data"]["on"], true);
        server.advance(30 * SECOND);
        server.visitor().post(LOGIN, login(Some(&code(&server, &secret)))).await.expect(200);
        agent.delete(TOTP).await.expect(204);
        server.visitor().post(LOGIN, login(None)).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_helps_who_has_lost_it() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let agent = server.actor("agent").await.member().unwrap().account;
        enrol(&server, &server.member("agent").await).await;
        let path = format!("/api/v1/admin/users/{agent}/totp");
        server.stranger().await.delete(&path).await.expect_error(404, "NOT_FOUND");
        server.member("manager").await.delete(&path).await.expect_error(403, "FORBIDDEN");
        admin.delete(&path).await.expect(204);
        admin.delete(&path).await.expect_error(404, "NOT_FOUND");
        server.visitor().post(LOGIN, login(None)).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_role_that_needs_one_can_do_nothing_else_until_it_is_on() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let agent = server.member("agent").await;
        let browser = server.browser("agent").await.with("accept", "text/html");
        agent.get("/api/v1/repairs").await.expect(200);
        let required = json!({ "secondFactorRoles": ["agent"] });
        admin.patch("/api/v1/admin/settings", required).await.expect(200);
        let refused = agent.get("/api/v1/repairs").await.expect_error(403, "FORBIDDEN");
        assert!(refused["error"].as_str().unwrap().contains("second factor"), "{refused}");
        assert_eq!(agent.get("/api/v1/auth/me").await.expect(200)["data"]["permissions"], json!([]));
        assert_eq!(browser.get("/app/repairs").await.header("location"), Some("/app/account/second-factor"));
        assert_eq!(browser.get("/app/account/second-factor").await.status, 200);
        agent.get("/api/v1/auth/notices").await.expect_error(403, "FORBIDDEN");
        enrol(&server, &agent).await;
        agent.get("/api/v1/repairs").await.expect(200);
        assert_eq!(browser.get("/app/repairs").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_way_from_the_password_to_the_code_is_gone_once_and_not_after_another_password() {
    TestServer::each(|server| async move {
        let agent = server.member("agent").await;
        let (secret, _) = enrol(&server, &agent).await;
        let browser = server.visitor().with("sec-fetch-site", "same-origin");
        let used = ticket(&browser).await;
        server.advance(30 * SECOND);
        let answer = step(&browser, &used, &code(&server, &secret)).await;
        assert_eq!(answer.header("location"), Some("/app/leads"));
        server.advance(30 * SECOND);
        let answer = step(&browser, &used, &code(&server, &secret)).await;
        assert_eq!((answer.header("location"), answer.header("set-cookie")), (Some("/sign-in"), None));

        let kept = ticket(&browser).await;
        let change = json!({ "currentPassword": PASSWORD, "newPassword": "le gomme del vicino" });
        agent.post("/api/v1/auth/password", change).await.expect(204);
        server.advance(30 * SECOND);
        let answer = step(&browser, &kept, &code(&server, &secret)).await;
        assert_eq!((answer.header("location"), answer.header("set-cookie")), (Some("/sign-in"), None));
    })
    .await;
}

#[tokio::test]
async fn nobody_who_knows_the_password_locks_the_owner_out_of_a_known_browser() {
    TestServer::each_with(
        |config| config.limits.enabled = true,
        |server| async move {
            let (secret, _) = enrol(&server, &server.member("agent").await).await;
            server.advance(30 * SECOND);
            let browser = server.visitor().at("192.0.2.1").with("sec-fetch-site", "same-origin");
            let answer = step(&browser, &ticket(&browser).await, &code(&server, &secret)).await;
            let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
            let device = cookies.into_iter().find(|cookie| cookie.starts_with("officina_device=")).expect("remembered");
            let known = browser.clone().keeping(device);
            for guess in 0..5 {
                let thief = server.visitor().at(&format!("198.51.100.{guess}"));
                thief.post(LOGIN, login(Some("000000"))).await.expect_error(401, "UNAUTHORIZED");
            }
            server.advance(30 * SECOND);
            let right = code(&server, &secret);
            assert_eq!(step(&browser, &ticket(&browser).await, &right).await.status, 429, "a browser of a stranger");
            let answer = step(&known, &ticket(&known).await, &right).await;
            assert_eq!(answer.header("location"), Some("/app/leads"));
            // There, guesses count as well.
            for _ in 0..5 {
                assert_eq!(step(&known, &ticket(&known).await, "000000").await.status, 401);
            }
            server.advance(30 * SECOND);
            let right = code(&server, &secret);
            assert_eq!(step(&known, &ticket(&known).await, &right).await.status, 429);
        },
    )
    .await;
}

#[tokio::test]
async fn codes_that_cannot_be_read_under_another_secret_are_told_as_such() {
    TestServer::each(|server| async move {
        let (secret, _) = enrol(&server, &server.member("agent").await).await;
        let mut tx = server.app().db.begin().await.unwrap();
        let elsewhere = officina::kernel::secret::Secret::new(&[7; 32]).seal("totp", b"12345678901234567890").unwrap();
        sql("UPDATE second_factors SET sealed = $1").bind(elsewhere).run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        server.advance(30 * SECOND);
        let right = code(&server, &secret);
        let told = server.visitor().post(LOGIN, login(Some(&right))).await.expect_error(409, "CONFLICT");
        assert!(told["error"].as_str().unwrap().contains("Ask an administrator"), "{told}");
        let wrong = json!({ "email": "agent@rossi.test", "password": "wrong password", "totp": right });
        server.visitor().post(LOGIN, wrong).await.expect_error(401, "UNAUTHORIZED");
        let browser = server.visitor().with("sec-fetch-site", "same-origin");
        assert_eq!(step(&browser, &ticket(&browser).await, &right).await.status, 409);
    })
    .await;
}

//! Signing in and out, for programs and browsers.

use std::sync::atomic::Ordering;

use axum::http::Method;
use officina::identity::UpdateMember;
use officina::identity::service;
use officina::kernel::time::MINUTE;
use serde_json::json;

use crate::support::{Client, PASSWORD, TestServer};

const LOGIN: &str = "/api/v1/auth/login";

async fn log_in(client: &Client) -> (String, String) {
    let body = client.post(LOGIN, json!({ "email": "admin@rossi.test", "password": PASSWORD })).await.expect(200);
    let text = |name: &str| body["data"][name].as_str().expect("a token").to_owned();
    (text("accessToken"), text("refreshToken"))
}

#[tokio::test]
async fn a_program_signs_in_and_out() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let answer =
            visitor.post(LOGIN, json!({ "email": "Technician@Rossi.test", "password": PASSWORD })).await.expect(200);
        assert_eq!(answer["data"]["expiresIn"], 900);
        assert_eq!(answer["data"]["user"]["role"], "technician");
        assert_eq!(answer["data"]["user"]["organisation"]["slug"], "rossi");

        let token = answer["data"]["accessToken"].as_str().unwrap();
        let member = visitor.clone().with("authorization", &format!("Bearer {token}"));
        let me = member.get("/api/auth/me").await.expect(200);
        assert_eq!(me["data"]["email"], "technician@rossi.test");
        let permissions = me["data"]["permissions"].as_array().unwrap();
        assert!(permissions.contains(&json!("repairs:write")) && !permissions.contains(&json!("users:manage")));

        member.raw(Method::POST, "/api/v1/auth/logout", "text/plain", "").await.expect(200);
        member.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
    })
    .await;
}

#[tokio::test]
async fn wrong_credentials_say_nothing() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let mut answers = Vec::new();
        for (email, password) in [("admin@rossi.test", "wrong password"), ("nobody@rossi.test", PASSWORD)] {
            let mut body = visitor
                .post(LOGIN, json!({ "email": email, "password": password }))
                .await
                .expect_error(401, "UNAUTHORIZED");
            body["requestId"] = json!(null);
            answers.push(body);
        }
        assert_eq!(answers[0], answers[1]);
        let body = visitor.post(LOGIN, json!({})).await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["email"].is_array() && body["fields"]["password"].is_array(), "{body}");
        for nonsense in ["Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer"] {
            let client = visitor.clone().with("authorization", nonsense);
            client.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_ends_the_session() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let (_, first) = log_in(&visitor).await;
        let refresh = |token: String| {
            let visitor = visitor.clone();
            async move { visitor.post("/api/v1/auth/refresh", json!({ "refreshToken": token })).await }
        };
        let answer = refresh(first.clone()).await.expect(200);
        let second = answer["data"]["refreshToken"].as_str().unwrap().to_owned();
        let access = answer["data"]["accessToken"].as_str().unwrap();
        let member = visitor.clone().with("authorization", &format!("Bearer {access}"));
        member.get("/api/v1/auth/me").await.expect(200);

        server.advance(10_001);
        refresh(first).await.expect_error(401, "UNAUTHORIZED");
        refresh(second).await.expect_error(401, "UNAUTHORIZED");
        member.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
    })
    .await;
}

#[tokio::test]
async fn two_who_refresh_at_once_get_the_same_pair() {
    TestServer::each(|server| async move {
        let tab = server.visitor().at("203.0.113.9").with("user-agent", "Tab");
        let (_, first) = log_in(&tab).await;
        let refresh = async |client: &Client, token: &str| {
            client.post("/api/v1/auth/refresh", json!({ "refreshToken": token })).await
        };
        let (one, other) = tokio::join!(refresh(&tab, &first), refresh(&tab, &first));
        let pair = one.expect(200)["data"].take();
        assert_eq!(pair, other.expect(200)["data"]);
        // An answer that was lost on the way is asked for again.
        server.advance(10_000);
        assert_eq!(refresh(&tab, &first).await.expect(200)["data"], pair);
        let access = pair["accessToken"].as_str().unwrap();
        let member = tab.clone().with("authorization", &format!("Bearer {access}"));
        member.get("/api/v1/auth/me").await.expect(200);

        let second = pair["refreshToken"].as_str().unwrap().to_owned();
        assert_ne!(second, first);
        let third = refresh(&tab, &second).await.expect(200)["data"]["refreshToken"].as_str().unwrap().to_owned();
        for thief in [tab.clone().with("user-agent", "Thief"), tab.clone().at("203.0.113.10")] {
            let (_, stolen) = log_in(&tab).await;
            let next = refresh(&tab, &stolen).await.expect(200)["data"]["refreshToken"].as_str().unwrap().to_owned();
            refresh(&thief, &stolen).await.expect_error(401, "UNAUTHORIZED");
            refresh(&tab, &next).await.expect_error(401, "UNAUTHORIZED");
        }
        refresh(&tab, &third).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_access_token_ends_after_a_quarter_of_an_hour() {
    TestServer::each(|server| async move {
        let member = server.member("agent").await;
        server.advance(15 * MINUTE - 1_000);
        member.get("/api/v1/auth/me").await.expect(200);
        server.advance(1_000);
        member.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
    })
    .await;
}

#[tokio::test]
async fn suspension_and_another_role_count_at_once() {
    TestServer::each(|server| async move {
        let app = server.app();
        for is_browser in [false, true] {
            let member = if is_browser { server.browser("agent").await } else { server.member("agent").await };
            let id = server.actor("agent").await.member().unwrap().account;
            let change = |role: Option<&str>, status: Option<&str>| UpdateMember {
                role: role.map(str::to_owned),
                status: status.map(str::to_owned),
                ..UpdateMember::default()
            };
            service::update_member(app, &server.system(), id, &change(Some("manager"), None)).await.unwrap();
            let me = member.get("/api/v1/auth/me").await.expect(200);
            assert_eq!(me["data"]["role"], "manager");
            service::update_member(app, &server.system(), id, &change(None, Some("suspended"))).await.unwrap();
            member.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
            service::update_member(app, &server.system(), id, &change(Some("agent"), Some("active"))).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn another_site_cannot_ride_on_the_cookie() {
    TestServer::each(|server| async move {
        let browser = server.browser("admin").await;
        browser.get("/api/v1/auth/me").await.expect(200);
        for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
            let attack = browser.clone().with(name, value);
            let answer = attack.raw(Method::POST, "/api/v1/auth/logout", "text/plain", "{}").await;
            answer.expect_error(403, "FORBIDDEN");
        }
        browser.get("/api/v1/auth/me").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn guessing_a_password_is_slowed() {
    TestServer::each_with(
        |config| config.limits.enabled = true,
        |server| async move {
            let wrong = json!({ "email": "admin@rossi.test", "password": "wrong password" });
            for _ in 0..5 {
                server.visitor().post(LOGIN, wrong.clone()).await.expect_error(401, "UNAUTHORIZED");
            }
            let answer = server.visitor().post(LOGIN, wrong).await;
            answer.expect_error(429, "RATE_LIMITED");
            assert!(answer.header("retry-after").is_some());
            // However a number is written, it is one account that is guessed at.
            let guess = async |phone: &str| {
                server.visitor().post(LOGIN, json!({ "phone": phone, "password": "wrong password" })).await
            };
            for phone in ["3339441781", "333 944 1781", "333-9441781", "0039 3339441781", "+39 333 9441781"] {
                guess(phone).await.expect_error(401, "UNAUTHORIZED");
            }
            guess("(333) 944.17.81").await.expect_error(429, "RATE_LIMITED");
        },
    )
    .await;
}

#[tokio::test]
async fn all_addresses_of_an_ipv6_client_guess_as_one_and_a_site_more_loosely() {
    TestServer::each_with(
        |config| {
            config.limits.enabled = true;
            config.limits.anonymous_per_minute = 10_000;
        },
        |server| async move {
            let wrong = json!({ "email": "admin@rossi.test", "password": "wrong password" });
            let guess = async |address: String| server.visitor().at(&address).post(LOGIN, wrong.clone()).await;
            for host in 1..=5 {
                guess(format!("2001:db8:1:1::{host:x}")).await.expect_error(401, "UNAUTHORIZED");
            }
            guess("2001:db8:1:1:ffff::6".to_owned()).await.expect_error(429, "RATE_LIMITED");
            // A new network of the same site for each guess: ten times as many, and no more.
            for client in 2..=46 {
                guess(format!("2001:db8:1:{client:x}::1")).await.expect_error(401, "UNAUTHORIZED");
            }
            guess("2001:db8:1:ffff::1".to_owned()).await.expect_error(429, "RATE_LIMITED");
            guess("2001:db8:2:1::1".to_owned()).await.expect_error(401, "UNAUTHORIZED");
        },
    )
    .await;
}

#[tokio::test]
async fn requests_of_an_ipv6_client_count_together() {
    TestServer::each_with(
        |config| {
            config.limits.enabled = true;
            config.limits.anonymous_per_minute = 3;
        },
        |server| async move {
            let ask = async |address: String| server.visitor().at(&address).get("/api/v1/track/ZZZZZZ").await;
            for host in 1..=3 {
                ask(format!("2001:db8:1:1::{host:x}")).await.expect_error(404, "NOT_FOUND");
            }
            ask("2001:db8:1:1::4".to_owned()).await.expect_error(429, "RATE_LIMITED");
            // A new network of the same site for each request. The longer it takes, the more are allowed.
            let mut allowed = 3;
            while ask(format!("2001:db8:1:{:x}::1", 2 + allowed)).await.status == 404 {
                allowed += 1;
            }
            assert!((30..90).contains(&allowed), "{allowed}");
        },
    )
    .await;
}

#[tokio::test]
async fn a_crowd_of_wrong_passwords_keeps_nobody_out_who_is_known() {
    TestServer::each(|server| async move {
        let browser = server.visitor().with("sec-fetch-site", "same-origin");
        let form = [("login", "admin@rossi.test"), ("password", PASSWORD)];
        let first = browser.form("/sign-in", &form).await;
        let device = first.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let known = browser.keeping(device.into_iter().find(|cookie| cookie.contains("_device=")).expect("remembered"));

        let tried = std::sync::atomic::AtomicUsize::new(0);
        let crowd = (0..250u8).map(|guesser| {
            let (server, tried) = (&server, &tried);
            async move {
                let wrong = json!({ "email": "nobody@rossi.test", "password": "wrong password" });
                let answer = server.visitor().at(&format!("198.51.100.{guesser}")).post(LOGIN, wrong).await;
                tried.fetch_add(usize::from(answer.status == 401), Ordering::Relaxed);
                answer
            }
        });
        let owner = async {
            let answer = known.form("/sign-in", &form).await;
            (answer.status, tried.load(Ordering::Relaxed))
        };
        let (answers, (status, before)) = tokio::join!(futures::future::join_all(crowd), owner);
        assert_eq!(status, 303);
        let tried = tried.into_inner();
        assert!(tried >= 64 && before * 2 < tried, "the owner was served after {before} of {tried}");
        let sent_away: Vec<_> = answers.iter().filter(|answer| answer.status != 401).collect();
        assert!(!sent_away.is_empty());
        for answer in sent_away {
            answer.expect_error(503, "UNAVAILABLE");
            assert!(answer.header("retry-after").is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn an_organisation_says_how_long_sessions_live() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let hours = json!({ "sessionIdleHours": 1, "sessionAbsoluteHours": 3 });
        admin.patch("/api/v1/admin/settings", hours).await.expect(200);
        let (busy, idle) = (server.browser("agent").await, server.browser("agent").await);
        for _ in 0..3 {
            server.advance(50 * MINUTE);
            busy.get("/api/v1/auth/me").await.expect(200);
        }
        idle.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        server.advance(30 * MINUTE);
        busy.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
    })
    .await;
}

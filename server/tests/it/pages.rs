//! Signing in on the page, and what every page must keep to.

use axum::http::Method;
use officina_server::launch;

use crate::support::{PASSWORD, START, TestServer};

#[tokio::test]
async fn the_first_page_leads_on_and_the_documents_are_where_the_readme_says() {
    TestServer::each(|server| async move {
        let visitor = server.visitor().with("accept-language", "en");
        for (path, base) in [("/", ""), ("/o/bianchi", "/o/bianchi")] {
            let page = visitor.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            for way in ["/check-in", "/track", "/contact"] {
                assert!(page.text().contains(&format!("href=\"{base}{way}\"")), "{path}: {}", page.text());
            }
        }
        for base in ["/api", "/api/v1"] {
            let to = visitor.get(&format!("{base}/docs")).await;
            assert_eq!(to.header("location"), Some(format!("{base}/docs/").as_str()));
            assert_eq!(visitor.get(&format!("{base}/docs/")).await.status, 200);
        }
    })
    .await;
}

#[tokio::test]
async fn staff_sign_in_and_out_in_a_browser() {
    TestServer::each(|server| async move {
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        let page = visitor.get("/sign-in?next=/app/repairs").await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("value=\"/app/repairs\""), "{}", page.text());

        let form = |next: &'static str| [("login", "admin@rossi.test"), ("password", PASSWORD), ("next", next)];
        let answer = visitor.form("/sign-in", &form("/app/repairs")).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/app/repairs")));
        let cookie = answer.header("set-cookie").unwrap();
        for part in ["officina_session=", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "plain http: {cookie}");
        let browser = visitor.clone().with("cookie", cookie.split(';').next().unwrap());
        browser.get("/api/v1/auth/me").await.expect(200);
        assert_eq!(browser.get("/sign-in").await.header("location"), Some("/app"));

        // Signing in again ends the session before.
        let again = browser.form("/sign-in", &form("https://evil.test")).await;
        assert_eq!(again.header("location"), Some("/app"));
        browser.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        let browser = visitor.clone().with("cookie", again.header("set-cookie").unwrap().split(';').next().unwrap());

        let answer = browser.form("/sign-out", &[]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/sign-in?ended=1")));
        assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
        // The browser stays known, and keeps language and theme.
        assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"storage\""));
        browser.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        let browser = server.browser("agent").await;
        let answer = browser.raw(Method::POST, "/api/v1/auth/logout", "text/html", "").await;
        answer.expect(200);
        assert!(
            answer.header("clear-site-data").is_some() && answer.header("set-cookie").unwrap().contains("Max-Age=0")
        );
        let answer = server.member("agent").await.raw(Method::POST, "/api/v1/auth/logout", "text/html", "").await;
        answer.expect(200);
        assert!(answer.header("clear-site-data").is_none(), "a program keeps nothing");
    })
    .await;
}

#[tokio::test]
async fn under_https_no_neighbouring_host_can_plant_a_session() {
    TestServer::each_with(
        |config| config.base_url = Some("https://officina.test".to_owned()),
        |server| async move {
            let visitor = server.visitor().with("sec-fetch-site", "same-origin");
            let answer = visitor.form("/sign-in", &[("login", "admin@rossi.test"), ("password", PASSWORD)]).await;
            let cookies: Vec<_> =
                answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
            assert!(
                cookies.len() == 2 && cookies.iter().all(|cookie| cookie.starts_with("__Host-officina_")),
                "{cookies:?}"
            );
            for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
                assert!(
                    cookies.iter().all(|cookie| cookie.contains(part) && !cookie.contains("Domain")),
                    "{cookies:?}"
                );
            }
            let pair = cookies[0].split(';').next().unwrap();
            visitor.clone().with("cookie", pair).get("/api/v1/auth/me").await.expect(200);
            let planted = visitor.clone().with("cookie", pair.strip_prefix("__Host-").unwrap());
            planted.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
            assert!(
                visitor
                    .clone()
                    .with("cookie", pair)
                    .form("/sign-out", &[])
                    .await
                    .header("set-cookie")
                    .unwrap()
                    .starts_with("__Host-")
            );
        },
    )
    .await;
}

#[tokio::test]
async fn who_was_signed_in_before_the_cookie_had_its_name_goes_on() {
    TestServer::each(|server| async move {
        let old = server.browser("agent").await;
        let config = officina_server::config::Config {
            base_url: Some("https://officina.test".to_owned()),
            ..server.state().config.clone()
        };
        let now = launch::prepare(config, server.app().clock.clone()).await.expect("the server starts");
        let old = old.before(now.router.clone());
        old.get("/api/v1/auth/me").await.expect(200);
        now.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_sign_in_keeps_what_was_typed() {
    TestServer::each(|server| async move {
        let form = [("login", "admin@rossi.test\"><script>"), ("password", "wrong password"), ("next", "/app")];
        let answer = server.visitor().form("/sign-in", &form).await;
        assert_eq!(answer.status, 401);
        assert!(answer.text().contains("admin@rossi.test"), "{}", answer.text());
        assert!(!answer.text().contains("<script>") && !answer.text().contains("wrong password"));
        assert!(answer.header("set-cookie").is_none());
        // Another site's form.
        let cross = server.visitor().with("origin", "https://evil.test").form("/sign-in", &form).await;
        cross.expect_error(403, "FORBIDDEN");
    })
    .await;
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure() {
    TestServer::each_with(
        |config| config.base_url = Some("https://officina.example.org".to_owned()),
        |server| async move {
            let form = [("login", "admin@rossi.test"), ("password", PASSWORD)];
            let visitor = server.visitor().with("origin", "https://officina.example.org");
            let answer = visitor.form("/sign-in", &form).await;
            assert!(answer.header("set-cookie").is_some_and(|cookie| cookie.ends_with("; Secure")), "{answer:?}");
            assert!(answer.header("strict-transport-security").is_some());
        },
    )
    .await;
}

#[tokio::test]
async fn a_public_page_runs_no_script_and_speaks_the_visitors_language() {
    TestServer::each(|server| async move {
        let page = server.visitor().get("/track").await;
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self' 'nonce-") && !policy.contains("script-src"));
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert!(page.text().contains(&format!("<style nonce=\"{nonce}\">")), "{}", page.text());
        assert!(!page.text().contains("<script"));
        assert!(page.text().contains("<html lang=\"it\">"));

        // The one script there is asks for a passkey: that of this answer, and no other.
        let page = server.visitor().get("/sign-in").await;
        let policy = page.header("content-security-policy").unwrap();
        let (_, nonce) = policy.split_once("script-src 'nonce-").expect("a script may run");
        let nonce = nonce.split('\'').next().unwrap();
        assert_eq!(page.text().matches("<script").count(), 1);
        assert!(page.text().contains(&format!("<script nonce=\"{nonce}\">")), "{}", page.text());

        let english = server.visitor().get("/sign-in?lang=en").await;
        assert!(english.text().contains("<html lang=\"en\">"));
        let cookie = english.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let kept = server.visitor().with("cookie", &cookie).get("/sign-in").await;
        assert!(kept.text().contains("<html lang=\"en\">"));
        assert_eq!(server.app().clock.now(), START);
        assert_eq!(server.visitor().get("/nothing-here").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn server_functions_take_nothing_from_other_sites_and_change_nothing_on_a_read() {
    TestServer::each(|server| async move {
        let browser = server.browser("admin").await;
        let attack = browser.clone().with("sec-fetch-site", "cross-site");
        attack.raw(Method::POST, "/_fn/anything", "text/plain", "{}").await.expect_error(403, "FORBIDDEN");
        browser.get("/_fn/repairs/status").await.expect_error(405, "METHOD_NOT_ALLOWED");
        browser.get("/_fn/anything").await.expect_error(404, "NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn who_sends_forms_too_often_is_told_so_on_a_page() {
    TestServer::each_with(
        |config| {
            config.limits.enabled = true;
            config.limits.anonymous_per_minute = 2;
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        },
        |mut server| async move {
            let address = server.open_port().await;
            let send = async |accept: &str| {
                let request = format!(
                    "POST /contact HTTP/1.1\r\nhost: officina.test\r\nx-forwarded-for: 203.0.113.8\r\naccept: {accept}\r\n\
                     accept-language: en\r\nsec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                     content-length: 6\r\nconnection: close\r\n\r\nname=A"
                );
                crate::support::talk(address, request.as_bytes()).await
            };
            for _ in 0..2 {
                let answer = send("text/html").await;
                assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
            }
            let page = send("text/html,application/xhtml+xml").await;
            assert!(page.starts_with("HTTP/1.1 429") && page.to_lowercase().contains("retry-after"), "{page}");
            assert!(page.contains("<html lang=\"en\">") && page.contains(&server.org.name), "{page}");
            let body = send("application/json").await;
            assert!(body.starts_with("HTTP/1.1 429") && body.contains("\"RATE_LIMITED\""), "{body}");
            server.stop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_a_page_for_people_and_an_error_for_programs() {
    TestServer::each(|server| async move {
        let person = server.visitor().with("accept", "text/html").with("accept-language", "en");
        let page = person.get("/nothing-here").await;
        assert_eq!(page.status, 404);
        assert!(page.text().contains("</html>") && page.text().contains(&server.org.name), "{}", page.text());
        person.get("/api/v1/nothing").await.expect_error(404, "NOT_FOUND");
        server.visitor().get("/nothing-here").await.expect_error(404, "NOT_FOUND");
        server.stop().await;
    })
    .await;
}

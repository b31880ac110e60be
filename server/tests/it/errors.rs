//! Errors look the same everywhere.

use axum::http::Method;
use serde_json::json;

use crate::support::TestServer;

const LOGIN: &str = "/api/v1/auth/login";

#[tokio::test]
async fn what_the_api_does_not_know_or_take() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        for path in ["/api/v1/nothing", "/api/nothing", "/api/v1", "/api/v1/auth/login/more"] {
            visitor.get(path).await.expect_error(404, "NOT_FOUND");
        }
        let answer = visitor.delete(LOGIN).await;
        answer.expect_error(405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), Some("POST"));

        let post = |content_type: &'static str, body: String| {
            let visitor = visitor.clone();
            async move { visitor.raw(Method::POST, LOGIN, content_type, body).await }
        };
        let good = json!({ "email": "a@b.it", "password": "x" }).to_string();
        post("text/plain", good.clone()).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
        post("application/x-www-form-urlencoded", good.clone()).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
        post("application/json", good[..10].to_owned()).await.expect_error(400, "BAD_REQUEST");
        post("application/json", format!("{good} x")).await.expect_error(400, "BAD_REQUEST");
        post("application/json", String::new()).await.expect_error(400, "BAD_REQUEST");
        let body =
            post("application/json", json!({ "email": 5 }).to_string()).await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["email"].is_array(), "{body}");
        let extra = json!({ "email": "a@b.it", "password": "x", "role": "admin" }).to_string();
        let body = post("application/json", extra).await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["role"].is_array(), "{body}");
        let huge = json!({ "email": "a".repeat(1024 * 1024) }).to_string();
        post("application/json", huge).await.expect_error(413, "PAYLOAD_TOO_LARGE");
        post("application/json", "[".repeat(500_000)).await.expect_error(400, "BAD_REQUEST");
    })
    .await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    TestServer::each(|server| async move {
        for path in ["/api/v1/auth/me", "/api/nothing", "/nothing", "/api/openapi.json"] {
            let answer = server.visitor().get(path).await;
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert!(
                answer.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")),
                "{path}"
            );
            assert_eq!(answer.header("x-request-id").map(str::len), Some(32), "{path}");
        }
        let answer = server.visitor().with("x-request-id", "chosen-by-the-client").get("/api/v1/auth/me").await;
        assert_ne!(answer.header("x-request-id"), Some("chosen-by-the-client"));
        assert_eq!(answer.header("x-request-id"), answer.value()["requestId"].as_str());
    })
    .await;
}

#[tokio::test]
async fn one_client_cannot_take_all() {
    TestServer::each_with(
        |config| {
            config.limits.enabled = true;
            config.limits.anonymous_per_minute = 3;
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        },
        |mut server| async move {
            let address = server.open_port().await;
            let ask = |forwarded: &'static str| async move {
                let request = format!(
                    "GET /api/v1/auth/me HTTP/1.1\r\nhost: {address}\r\nx-forwarded-for: {forwarded}\r\nconnection: close\r\n\r\n"
                );
                crate::support::talk(address, request.as_bytes()).await
            };
            for _ in 0..3 {
                assert!(ask("203.0.113.1").await.starts_with("HTTP/1.1 401"));
            }
            let refused = ask("203.0.113.1").await;
            assert!(refused.starts_with("HTTP/1.1 429") && refused.contains("retry-after: "), "{refused}");
            assert!(ask("203.0.113.2").await.starts_with("HTTP/1.1 401"));
            server.stop().await;
        },
    )
    .await;
}

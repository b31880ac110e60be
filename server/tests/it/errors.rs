//! Errors look the same everywhere.

use axum::http::Method;
use serde_json::json;

use crate::support::{Kind, TestServer, routes};

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

/// A misspelt filter must not return everything, so it is refused, by name, on every route that is not for devices and
/// probes, whoever asks.
#[tokio::test]
async fn what_an_address_does_not_know_is_named() {
    TestServer::each(|server| async move {
        let manager = server.member("manager").await;
        let told =
            manager.get("/api/v1/repairs?state=ready&limit=5&no-such").await.expect_error(400, "VALIDATION_ERROR");
        let about = told["fields"]["state"][0].as_str().unwrap();
        assert!(
            about.starts_with("is not known here") && about.contains("status") && about.contains("cursor"),
            "{told}"
        );
        assert!(told["fields"]["no-such"].is_array(), "all of them: {told}");
        let told = manager.get("/api/v1/auth/me?x=1").await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(told["fields"]["x"][0], "is not known here, where nothing can be given");
        for doubled in ["status=ready&status=accepted", "limit=5&limit=6", "search=a&search=a"] {
            let told = manager.get(&format!("/api/v1/repairs?{doubled}")).await.expect_error(400, "VALIDATION_ERROR");
            let field = doubled.split('=').next().unwrap();
            assert_eq!(told["fields"][field][0], "is given twice", "{doubled}");
        }
        for fine in ["/api/repairs?status=ready&limit=5", "/api/v1/repairs?", "/api/openapi.json?v=2"] {
            manager.get(fine).await.expect(200);
        }
        let told = manager.get("/api/v1/repairs?limit=many").await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(told["fields"]["limit"][0], "must be a whole number");

        // Visitors come with what others have hung on the address.
        for page in ["/check-in", "/track", "/contact", "/sign-in", "/"] {
            let answer = server.visitor().get(&format!("{page}?utm_source=letter&fbclid=1")).await;
            assert_eq!(answer.status, 200, "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_route_refuses_what_it_does_not_know() {
    let server = TestServer::on(Kind::Sqlite, |_| {}).await;
    let admin = server.member("admin").await;
    for (method, path) in routes() {
        if ["/health", "/ready"].contains(&path.as_str()) || path.starts_with("/readings/devices/") {
            continue;
        }
        let address = format!("/api/v1{}?no-such-parameter=1", path.replace(['{', '}'], ""));
        let told = admin.json(method, &address, json!({})).await.expect_error(400, "VALIDATION_ERROR");
        assert!(told["fields"]["no-such-parameter"].is_array(), "{path}: {told}");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_wrong_in_a_body_is_said_for_people() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let car = |year: serde_json::Value| {
            json!({ "customerName": "Anna", "customerPhone": "333 9990001", "vehiclePlate": "ZZ999ZZ",
                "repairType": "cosmetic", "vehicleYear": year })
        };
        visitor.post("/api/v1/checkin", car(json!("2019"))).await.expect(201);
        for wrong in [json!("2019abc"), json!("twenty"), json!(2019.5), json!([2019]), json!(true)] {
            let told = visitor.post("/api/v1/checkin", car(wrong)).await.expect_error(400, "VALIDATION_ERROR");
            assert_eq!(told["fields"], json!({ "vehicleYear": ["must be a whole number"] }), "{told}");
        }
        let twice = "{\"email\": \"a@b.it\", \"email\": \"c@d.it\", \"password\": \"x\"}";
        let told =
            visitor.raw(Method::POST, LOGIN, "application/json", twice).await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(told["fields"]["email"][0], "is given twice");
    })
    .await;
}

#[tokio::test]
async fn one_slash_too_many_leads_to_the_page() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let admin = server.member("admin").await;
        for (address, to) in [
            ("/check-in/", "/check-in"),
            ("/o/rossi/contact//?lang=en", "/o/rossi/contact?lang=en"),
            ("/app/", "/app"),
            ("/api/v1/repairs/?limit=5", "/api/v1/repairs?limit=5"),
            ("//evil.example/", "/evil.example"),
            ("//evil.example/%2f..//", "/evil.example/%2f.."),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let request = admin.request(method, address).body(axum::body::Body::empty()).unwrap();
                let answer = admin.send(request).await;
                assert_eq!((answer.status.as_u16(), answer.header("location")), (308, Some(to)), "{address}");
            }
        }
        assert_eq!(visitor.get("/\\\\evil.example/").await.status, 404);
        let answer = admin.post("/api/v1/admin/leads/", json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (308, Some("/api/v1/admin/leads")));
        assert_eq!(visitor.form("/check-in/", &[("name", "A")]).await.status, 404);
        assert_eq!(visitor.get("/api/docs/").await.status, 200);
    })
    .await;
}

//! Someone who sends requests to the router, as a program or as a browser.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use officina::identity::SessionKind;
use officina::identity::service::{self, Credentials};
use officina::kernel::App;
use officina_server::http::client::Peer;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::PASSWORD;

/// A client. Clones are the same person.
#[derive(Clone)]
pub struct Client {
    router: Router,
    headers: HeaderMap,
    peer: Option<SocketAddr>,
}

/// An answer, read in full.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: bytes::Bytes,
}

impl Client {
    pub fn new(router: Router) -> Self {
        Self { router, headers: HeaderMap::new(), peer: None }
    }

    /// The same client before another server.
    #[must_use]
    pub fn before(self, router: Router) -> Self {
        Self { router, ..self }
    }

    /// The same client sending one more header with every request.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// The same client at an address.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        self.peer = Some(SocketAddr::new(address.parse().expect("an address"), 40_000));
        self
    }

    /// The same client leaving a header out.
    #[must_use]
    pub fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Keeps a cookie that an answer sets, beside those it has.
    #[must_use]
    pub fn keeping(self, set_cookie: &str) -> Self {
        let pair = set_cookie.split(';').next().expect("a cookie");
        let known = self.headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let cookies = format!("{known}; {pair}");
        self.with("cookie", &cookies)
    }

    /// The cookies that it sends.
    pub fn cookies(&self) -> &str {
        self.headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Signs in through the API and sends the access token from now on.
    pub async fn sign_in(self, email: &str) -> Self {
        let answer = self.post("/api/v1/auth/login", json!({ "email": email, "password": PASSWORD })).await;
        let body = answer.expect(200);
        let token = body["data"]["accessToken"].as_str().expect("an access token").to_owned();
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// Sends the cookie of a fresh browser session from now on, as a browser of the same site does.
    pub async fn with_cookie_of(self, app: &App, email: &str) -> Self {
        let credentials = Credentials { identifier: email.to_owned(), password: PASSWORD.to_owned(), code: None };
        let signed_in = service::sign_in(app, &service::Client::default(), SessionKind::Browser, &credentials)
            .await
            .expect("the member can sign in");
        let prefix = if app.is_https() { "__Host-" } else { "" };
        self.with("cookie", &format!("{prefix}officina_session={}", signed_in.token))
            .with("sec-fetch-site", "same-origin")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).body(Body::empty()).expect("a request")).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        self.raw(method, path, "application/json", body.to_string()).await
    }

    /// An HTML form.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded(fields);
        self.raw(Method::POST, path, "application/x-www-form-urlencoded", body).await
    }

    /// Sends a form that leads back to the page it stands on, and returns who looks at that page then, who keeps the cookie
    /// that the browser would, and what the page shows.
    pub async fn led_back(&self, page: &str, fields: &[(&str, &str)]) -> (Self, String) {
        self.leads_back(page, &self.form(page, fields).await).await
    }

    /// The same for a form that was sent already.
    pub async fn leads_back(&self, page: &str, answer: &Answer) -> (Self, String) {
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(page)), "{}", answer.text());
        let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
        let path = page.split('?').next().expect("a path");
        assert!(cookie.contains(&format!("; Path={path}; Max-Age=600; HttpOnly; SameSite=Strict")), "{cookie}");
        let browser = self.clone().keeping(&cookie);
        let shown = browser.get(page).await;
        assert_eq!((shown.status.as_u16(), shown.header("cache-control")), (200, Some("no-store")), "{}", shown.text());
        (browser, shown.text())
    }

    /// Any body.
    pub async fn raw(&self, method: Method, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let request = self.request(method, path).header(header::CONTENT_TYPE, content_type);
        self.send(request.body(body.into()).expect("a request")).await
    }

    /// A request with this client's headers.
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let mut builder = Request::builder().method(method).uri(path).header(header::HOST, "officina.test");
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        if let Some(peer) = self.peer {
            builder = builder.extension(Peer(peer));
        }
        builder
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.open(request).await.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request and leaves the answer's body to be read, for streams.
    pub async fn open(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.expect("the router never fails")
    }
}

/// `application/x-www-form-urlencoded` (WHATWG URL, section 5.2), for tests' fields.
fn serde_urlencoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => char::from(byte).to_string(),
                b' ' => "+".to_owned(),
                other => format!("%{other:02X}"),
            })
            .collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

impl Answer {
    /// The JSON body, after checking the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self.value()
    }

    /// The body as JSON; nothing at all is null.
    #[track_caller]
    pub fn value(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }

    /// Checks an error's status and code, and that it has the shape of every error.
    #[track_caller]
    pub fn expect_error(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body}");
        assert!(body["error"].as_str().is_some_and(|sentence| !sentence.is_empty()), "{body}");
        assert!(body["requestId"].as_str().is_some_and(|id| id.len() == 32), "{body}");
        body
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

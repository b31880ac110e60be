//! What every answer but those of the hot paths gets: an id, security headers, a log line, a figure.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::client::{self, ClientAddress, Peer};
use super::nonce::Nonce;
use super::request_id;
use crate::state::AppState;

/// Public pages run no script at all; the organisation's colours are a style with this answer's nonce.
fn public_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; style-src 'self' 'nonce-{}'; style-src-attr 'unsafe-inline'; img-src 'self' data:; \
         font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        nonce
    )
}

/// A read that takes this long is worth a line in the log, in milliseconds.
const SLOW_MS: u64 = 500;

/// Everything that is not a page is never a page.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The policy of the sign-in page where there are passkeys: that of public pages, and the one script with this answer's
/// nonce, which asks the server for a question.
#[must_use]
pub fn passkey_policy(nonce: &str) -> String {
    format!("{}; script-src 'nonce-{nonce}'; connect-src 'self'", public_policy(nonce))
}

/// The policy of staff pages: scripts with this answer's nonce, and WebAssembly.
#[must_use]
pub fn staff_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The outermost middleware.
pub async fn frame(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id::fresh();
    // Only the methods that we answer: a made-up one would begin a new series of figures.
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    // The matched path, never the path itself: codes and ids are personal data.
    let path = request.extensions().get::<MatchedPath>().cloned();
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let address = client::address(&state.config.trusted_proxies, peer, request.headers());
    request.extensions_mut().insert(ClientAddress(address));
    let nonce = Nonce::fresh();
    request.extensions_mut().insert(nonce.clone());

    let mut response = request_id::scope(id.clone(), next.run(request)).await;

    let elapsed = started.elapsed();
    let path = path.as_ref().map_or("unmatched", MatchedPath::as_str);
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    // Who only looked, quickly and with success, is counted below; a line for each would be most of the log and a good
    // part of the work.
    if matches!(method, "GET" | "HEAD") && status < 400 && duration_ms < SLOW_MS {
        tracing::debug!(http.method = method, http.path = path, http.status = status, duration_ms, request.id = %id, "answered");
    } else {
        tracing::info!(http.method = method, http.path = path, http.status = status, duration_ms, request.id = %id, "answered");
    }
    let labels = [("method", method.to_owned()), ("path", path.to_owned()), ("status", status.to_string())];
    metrics::counter!("officina_http_requests_total", &labels).increment(1);
    metrics::histogram!("officina_http_request_seconds", &labels[..2]).record(elapsed.as_secs_f64());
    protect(response.headers_mut(), &nonce, state.app.is_https());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// Adds the security headers; what a handler set itself stays.
fn protect(headers: &mut HeaderMap, nonce: &Nonce, https: bool) {
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let page = is_page.then(|| HeaderValue::try_from(public_policy(&nonce.0)).ok()).flatten();
        let policy = page.unwrap_or(HeaderValue::from_static(DATA_POLICY));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(header::X_FRAME_OPTIONS, "DENY");
    // Addresses of tracking pages hold codes: no other site is told.
    add(header::REFERRER_POLICY, "same-origin");
    add(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    add(HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), payment=()");
    // Answers hold personal data, or change by the minute. Static files say otherwise themselves.
    add(header::CACHE_CONTROL, "no-store");
    if https {
        add(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

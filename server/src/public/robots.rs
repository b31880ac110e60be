//! What programs ask a site for: search engines, and browsers that put it on a home screen.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::PublicVisit;

/// What search engines need not fetch (RFC 9309). Tracking pages are not among it: only who may fetch one reads there that
/// it is not to be listed.
const ROBOTS: &str = "User-agent: *\nDisallow: /app\nDisallow: /api/\nDisallow: /_fn/\nDisallow: /preferences/\n";

/// `GET /robots.txt`.
pub async fn robots() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "max-age=86400")], ROBOTS)
        .into_response()
}

/// `GET /manifest.webmanifest`: the application under the organisation's name.
pub async fn manifest(PublicVisit { visit, .. }: PublicVisit) -> Response {
    let manifest = json!({
        "name": visit.organisation.name,
        "short_name": visit.organisation.name.chars().take(12).collect::<String>().trim_end(),
        "lang": visit.language.code(),
        "start_url": "/app",
        "scope": "/",
        "display": "standalone",
        "theme_color": visit.organisation.accent,
        "background_color": "#ffffff",
        "icons": [{ "src": "/favicon.svg", "type": "image/svg+xml", "sizes": "any", "purpose": "any" }],
    });
    ([(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string()).into_response()
}

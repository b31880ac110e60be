//! The public pages' handlers: plain forms in, whole documents out, no script.

pub mod sign_in;
mod visit;

use app::public::{Visit, notice};
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use officina::Error;

use crate::http::error::log_internal;
use crate::http::request_id;
use crate::state::AppState;

pub use visit::PublicVisit;

/// The public pages.
pub fn router() -> Router<AppState> {
    Router::new().merge(sign_in::router()).layer(from_fn(visit::remember_language))
}

/// The page for an error that no form can show beside a field.
#[must_use]
pub fn refusal(visit: &Visit, error: &Error) -> Response {
    log_internal(error, &request_id::current());
    let page = match error {
        Error::RateLimited { retry_after } => notice::too_many(visit, *retry_after),
        Error::Unavailable | Error::Internal(_) => notice::busy(visit),
        _ => notice::not_found(visit),
    };
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Html(page)).into_response();
    if let Error::RateLimited { retry_after } = error {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
    }
    response
}

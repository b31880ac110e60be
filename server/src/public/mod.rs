//! The public pages' handlers: plain forms in, whole documents out, no script.

mod check_in;
mod contact;
mod entry;
mod logo;
mod preferences;
mod robots;
pub mod sign_in;
mod track;
mod visit;

use app::public::{Visit, notice};
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use officina::Error;
use officina::identity::PublicForm;

use crate::http::error::{ApiError, log_internal, retry_after};
use crate::http::request_id;
use crate::state::AppState;

pub use visit::PublicVisit;

/// The public pages.
pub fn router() -> Router<AppState> {
    // Every public page also stands under its organisation's name, for installations with several.
    let public = visitor_routes("").merge(visitor_routes("/o/{slug}")).merge(sign_in::router()).merge(entry::router());
    let public =
        public.route("/", get(welcome)).route("/o/{slug}", get(welcome)).route("/robots.txt", get(robots::robots));
    public.layer(from_fn(visit::remember_language)).route("/preferences/theme", post(preferences::set_theme))
}

/// The first page.
async fn welcome(PublicVisit { visit, .. }: PublicVisit) -> Html<String> {
    Html(app::public::welcome::page(&visit))
}

/// How the organisation handles personal data, where it says so here.
async fn privacy(PublicVisit { visit, .. }: PublicVisit) -> Response {
    match app::public::reach::privacy(&visit) {
        Some(page) => Html(page).into_response(),
        None => refusal(&visit, &Error::NotFound),
    }
}

fn visitor_routes(base: &str) -> Router<AppState> {
    let at = |path: &str| format!("{base}{path}");
    Router::new()
        .route(&at("/check-in"), get(check_in::form).post(check_in::submit).layer(check_in::body_limit()))
        .route(&at("/check-in/done"), get(check_in::done))
        .route(&at("/track"), get(track::ask))
        .route(&at("/track/{code}"), get(track::show).post(track::unlock))
        .route(&at("/track/{code}/photos/{photo}"), get(track::photo))
        .route(&at("/contact"), get(contact::form).post(contact::submit))
        .route(&at("/contact/done"), get(contact::done))
        .route(&at("/register"), get(entry::show_register).post(entry::register))
        .route(&at("/privacy"), get(privacy))
        .route(&at("/manifest.webmanifest"), get(robots::manifest))
        .route(&at("/logo"), get(logo::show))
}

/// The page in the place of a form that the organisation does not offer: without the form's area, there is nothing here.
#[must_use]
pub fn not_offered(visit: &Visit, form: PublicForm) -> Response {
    if visit.organisation.has(form.area()) {
        Html(notice::closed(visit, form)).into_response()
    } else {
        refusal(visit, &Error::NotFound)
    }
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
    if let Some(seconds) = retry_after(error) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The answer for an error that comes before any handler: a page for who asks for one, otherwise the API's body.
pub async fn refuse(state: &AppState, parts: &mut Parts, error: Error) -> Response {
    if !wants_page(&parts.headers) {
        return ApiError::from(error).into_response();
    }
    match PublicVisit::from_request_parts(parts, state).await {
        Ok(PublicVisit { visit, .. }) => refusal(&visit, &error),
        Err(response) => response,
    }
}

/// Whether a browser asks for a page; programs name JSON, or nothing in particular.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

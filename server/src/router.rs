//! The whole router: which part gets which layers.

use std::any::Any;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use officina::Error;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::http::error::ApiError;
use crate::http::{assets, auth, extract, frame, idempotency, limits, slash};
use crate::state::AppState;
use crate::{api, downloads, public, staff};

/// Builds the router. The hot paths, health and device readings, stand outside the layers.
pub fn build(state: &AppState) -> Router {
    app::shell::set_assets(assets::names());
    let bare = api::bare_router().method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed });
    let api = api_layers(api::router(), state).merge(bare);
    // What they make costs as much as a call of the API, and counts as one.
    let downloads = downloads::router().layer(from_fn_with_state(state.clone(), limits::limit_api));
    Router::new()
        .route("/health", get(api::health::health))
        .route("/ready", get(api::health::ready))
        .nest("/api/v1", api.clone())
        .nest("/api", api)
        .merge(staff_layers(staff::router().merge(downloads), state))
        .merge(page_layers(public::router().fallback(file_or_nothing), state))
        .with_state(state.clone())
}

/// The layers of the API, the innermost first.
fn api_layers(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    let router = router
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(from_fn_with_state(state.clone(), idempotency::replay))
        .layer(from_fn(extract::refuse_unknown_parameters))
        .layer(from_fn_with_state(state.clone(), limits::limit_api))
        .layer(from_fn_with_state(state.clone(), auth::identify_caller));
    frame_layers(router, state)
}

/// The layers of the staff application: who looks is known, and what changes something is counted.
fn staff_layers(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    let router = router
        .layer(from_fn_with_state(state.clone(), limits::limit_forms))
        .layer(from_fn_with_state(state.clone(), auth::identify_caller));
    frame_layers(router, state)
}

/// The layers of the public pages, the innermost first. Only what changes something is counted and identified.
fn page_layers(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    let router = router
        .layer(from_fn_with_state(state.clone(), limits::limit_forms))
        .layer(from_fn_with_state(state.clone(), auth::identify_sender));
    frame_layers(router, state)
}

/// The layers of everything that takes cookies, the innermost first.
fn frame_layers(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    router
        .layer(DefaultBodyLimit::max(state.config.limits.body_bytes))
        .layer(from_fn(refuse_plain_text))
        .layer(csrf(state))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), frame::frame))
}

/// Refuses requests that another site's page makes with the visitor's cookie.
fn csrf(state: &AppState) -> CsrfLayer<fn(ProtectionError) -> Response> {
    let refuse: fn(ProtectionError) -> Response = |_| ApiError::CrossSite.into_response();
    let layer = CsrfLayer::new();
    // Behind a proxy that rewrites the host, the configured address is the one that browsers name.
    let layer = match layer.clone().add_trusted_origin(state.config.base_url()) {
        Ok(trusting) => trusting,
        Err(error) => {
            tracing::warn!(error = %error, "base_url has a path, so it does not count as an origin");
            layer
        }
    };
    layer.with_rejection_response(refuse)
}

/// Refuses `text/plain` with a cookie: no page and no program of ours sends it, but a form on any site can, and an old
/// browser would not say where it comes from.
async fn refuse_plain_text(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_plain = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/plain"));
    if is_plain && !request.method().is_safe() && auth::cookie_value(headers).is_some() {
        return ApiError::CrossSite.into_response();
    }
    next.run(request).await
}

#[expect(clippy::needless_pass_by_value, reason = "the layer's trait passes the panic's value")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("of an unknown kind");
    ApiError::from(Error::internal(format!("panic: {text}"))).into_response()
}

/// What no route knows: a file of the site, or nothing.
async fn file_or_nothing(State(state): State<AppState>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if let Some(file) = assets::serve(&parts.method, parts.uri.path(), &parts.headers) {
        return file;
    }
    if let Some(there) = slash::without(&parts.method, &parts.uri) {
        return there;
    }
    if parts.uri.path() == "/api" || parts.uri.path().starts_with("/api/") {
        return ApiError::from(Error::NotFound).into_response();
    }
    public::refuse(&state, &mut parts, Error::NotFound).await
}

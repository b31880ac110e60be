//! Whether the server is alive, and whether it can work.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use officina::Error;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::error::{ApiResult, ErrorBody};
use crate::state::AppState;

/// Routes of this file, relative to the API's base path. The same two stand at the root.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(ready))
}

/// The answer of both.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    status: &'static str,
    /// The program's version.
    version: &'static str,
    /// The server's time, RFC 3339 in UTC.
    time: String,
}

/// The process is alive.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = Health)))]
pub async fn health(State(state): State<AppState>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], Json(report(&state)))
}

/// The database answers and its schema is current.
#[utoipa::path(get, path = "/ready", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = ErrorBody)))]
pub async fn ready(State(state): State<AppState>) -> ApiResult<impl IntoResponse> {
    let current = state.app.db.is_current().await.map_err(|_| Error::Unavailable)?;
    if !current || state.stop.is_cancelled() {
        return Err(Error::Unavailable.into());
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(report(&state))))
}

fn report(state: &AppState) -> Health {
    Health { status: "ok", version: env!("CARGO_PKG_VERSION"), time: state.app.clock.now().to_string() }
}

//! The HTTP API: one file per area, each handler below its description.

pub mod access;
pub mod alert_policy;
pub mod audit;
pub mod auth;
pub mod cold_chain;
pub mod docs;
pub mod entry;
pub mod factor;
pub mod health;
pub mod leads;
pub mod live;
pub mod notices;
pub mod own;
pub mod passkeys;
pub mod repairs;
pub mod reports;
pub mod settings;
pub mod tenants;
pub mod users;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::ingest::endpoint;
use crate::state::AppState;

/// The areas' routes, which get the layers of the API.
fn areas() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(auth::router())
        .merge(own::router())
        .merge(entry::router())
        .merge(factor::router())
        .merge(passkeys::router())
        .merge(tenants::router())
        .merge(users::router())
        .merge(access::router())
        .merge(audit::router())
        .merge(settings::router())
        .merge(live::router())
        .merge(repairs::router())
        .merge(leads::router())
        .merge(cold_chain::router())
        .merge(reports::router())
        .merge(alert_policy::router())
        .merge(notices::router())
}

/// Routes on the hot path: they stand outside the layers and check for themselves what they need.
fn bare() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(health::router()).merge(endpoint::router())
}

/// The routes that get the layers of the API, relative to the base path.
pub fn router() -> Router<AppState> {
    areas().split_for_parts().0.merge(docs::router(document()))
}

/// The routes that get no layers, relative to the base path.
pub fn bare_router() -> Router<AppState> {
    bare().split_for_parts().0
}

/// The OpenAPI document of all routes, generated from the handlers.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = docs::frame();
    for part in [areas().into_openapi(), bare().into_openapi()] {
        document.merge(part);
    }
    document
}

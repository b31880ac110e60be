//! The HTTP API: one file per area, each handler below its description.

pub mod access;
pub mod alert_policy;
pub mod audit;
pub mod auth;
pub mod cold_chain;
mod complete;
pub mod docs;
pub mod entry;
pub mod factor;
pub mod health;
pub mod leads;
pub mod live;
pub mod notices;
pub mod numbers;
pub mod own;
pub mod passkeys;
pub mod repairs;
pub mod reports;
pub mod settings;
pub mod tenants;
pub mod users;

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::Router;
use axum::http::Method;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};
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
        .merge(numbers::router())
}

/// Routes on the hot path: they stand outside the layers and check for themselves what they need.
fn bare() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(health::router()).merge(endpoint::router())
}

/// The routes that get the layers of the API, relative to the base path.
pub fn router() -> Router<AppState> {
    areas().split_for_parts().0.merge(docs::router(&DOCUMENT))
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
    complete::complete(&mut document);
    document
}

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(document);

/// The names of the query parameters of each operation of a path.
type Known = Vec<(Method, Vec<String>)>;

/// What every path knows.
static PARAMETERS: LazyLock<HashMap<String, Known>> = LazyLock::new(|| {
    let of = |operation: &Operation| -> Vec<String> {
        let parameters = operation.parameters.iter().flatten();
        let in_query = parameters.filter_map(|parameter| match parameter {
            RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
            _ => None,
        });
        in_query.collect()
    };
    let paths = DOCUMENT.paths.paths.iter();
    paths
        .map(|(path, item)| {
            (path.clone(), operations(item).into_iter().map(|(method, operation)| (method, of(operation))).collect())
        })
        .collect()
});

/// The operations of a path. No other methods are used here.
fn operations(item: &PathItem) -> Vec<(Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?))).collect()
}

/// The query parameters that an operation of the API knows, by the path of the router; none at all for what is not
/// described.
#[must_use]
pub fn known_parameters(method: &Method, path: &str) -> Option<&'static [String]> {
    let path = path.strip_prefix("/api/v1").or_else(|| path.strip_prefix("/api"))?;
    // What can be got can be asked about (RFC 9110, section 9.3.2).
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let (_, known) = PARAMETERS.get(path)?.iter().find(|(of, _)| of == method)?;
    Some(known)
}

//! The OpenAPI document, and the pages to browse it.

use axum::Router;
use axum::extract::{OriginalUri, Request};
use axum::http::HeaderValue;
use axum::http::header;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Server};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::http::auth;
use crate::state::AppState;

/// The pages' own scripts and styles, nothing from outside.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document without its paths.
#[must_use]
pub fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Officina")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("The front desk and the back office of a service business."))
        .build();
    let cookie = ApiKeyValue::with_description(auth::COOKIE, "Under https its name begins with `__Host-`.");
    let components = ComponentsBuilder::new()
        .security_scheme("accessToken", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)))
        .security_scheme("deviceKey", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("x-device-key"))))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/api/v1"), Server::new("/api")]))
        .components(Some(components))
        .build()
}

/// `/openapi.json` and `/docs`.
pub fn router(document: &OpenApi) -> Router<AppState> {
    // One copy for all who ask, however many of them read slowly.
    let json = Bytes::from(document.to_json().unwrap_or_default());
    let document = get(move || {
        let json = json.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], json) }
    });
    let pages: Router<AppState> = SwaggerUi::new("/docs").config(Config::from("/api/openapi.json")).into();
    let policy = SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Router::new().route("/openapi.json", document).merge(pages.layer(policy).layer(from_fn(add_slash)))
}

/// Leads from `/docs` to `/docs/`. The pages' own redirect does not know what they are nested in.
async fn add_slash(OriginalUri(uri): OriginalUri, request: Request, next: Next) -> Response {
    if uri.path().ends_with("/docs") {
        return Redirect::permanent(&format!("{}/", uri.path())).into_response();
    }
    next.run(request).await
}

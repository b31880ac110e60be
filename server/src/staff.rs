//! The staff application: its pages, rendered by Leptos, and the functions that they call.

use any_spawner::Executor;
use app::context::RequestContext;
use app::shell::StaffDocument;
use app::theme::{COOKIE, Theme};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use leptos::nonce::use_nonce;
use leptos::prelude::{ServerActionError, provide_context, use_context};
use leptos::server_fn::axum::server_fn_paths;
use leptos::view;
use leptos_axum::ResponseOptions;
use officina::identity::service;

use crate::http::auth::{self, Caller};
use crate::http::error::ApiError;
use crate::http::frame::staff_policy;
use crate::state::AppState;

/// Routes of the staff application.
pub fn router() -> Router<AppState> {
    // Leptos spawns what a page waits for. Set already when a process has several servers, as in tests.
    let _ = Executor::init_tokio();
    // A function that changes something answers POST alone; those that only read answer GET.
    Router::new()
        .route("/app", get(page))
        .route("/app/{*path}", get(page))
        .route("/_fn/{*name}", get(server_function).post(server_function))
}

/// A page. Who is not signed in is asked to, and comes back here afterwards.
async fn page(State(state): State<AppState>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let Some(actor) = caller.0 else {
        let here = request.uri().path_and_query().map_or("/app", axum::http::uri::PathAndQuery::as_str);
        let query = serde_urlencoded::to_string([("next", here)]).unwrap_or_default();
        return Redirect::to(&format!("/sign-in?{query}")).into_response();
    };
    let organisation = match service::organisation(&state.app, actor.org).await {
        Ok(organisation) => organisation,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let theme = auth::named_cookie(request.headers(), COOKIE).map(Theme::from_word).unwrap_or_default();
    let failed = failed_action(&request);
    let context =
        RequestContext { app: state.app.clone(), actor: Some(actor), organisation: Some(organisation), theme };
    let provide = move || {
        provide_context(context.clone());
        if let Some((path, error)) = &failed {
            provide_context(ServerActionError::new(path, error));
        }
        allow_nonce();
    };
    let render = leptos_axum::render_app_async_with_context(provide, || view! { <StaffDocument/> });
    render(request).await
}

/// A call of a server function.
async fn server_function(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Response {
    if let Err(refusal) = known_function(&request) {
        return refusal.into_response();
    }
    let context =
        RequestContext { app: state.app.clone(), actor: caller.0, organisation: None, theme: Theme::default() };
    leptos_axum::handle_server_fns_with_context(move || provide_context(context.clone()), request).await.into_response()
}

/// Passes for a function there is, called as it wants to be. Leptos would answer 400, with advice for whoever builds the
/// application.
fn known_function(request: &Request<Body>) -> Result<(), ApiError> {
    let mut is_known = false;
    for (path, method) in server_fn_paths() {
        if path == request.uri().path() {
            if method == *request.method() {
                return Ok(());
            }
            is_known = true;
        }
    }
    Err(if is_known { ApiError::MethodNotAllowed } else { officina::Error::NotFound.into() })
}

/// Lets the scripts of this answer run: those that carry its nonce.
fn allow_nonce() {
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::try_from(staff_policy(&nonce))
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// The failure of a form that was sent without script: the function's path and its error, in the address.
fn failed_action(request: &Request) -> Option<(String, String)> {
    let query: Vec<(String, String)> = serde_urlencoded::from_str(request.uri().query()?).ok()?;
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Some((value("__path")?, value("__err")?))
}

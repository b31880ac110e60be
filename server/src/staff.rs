//! The staff application: its pages, rendered by Leptos, and the functions that they call.

use any_spawner::Executor;
use app::context::RequestContext;
use app::people::{CREATE_TOKEN, FreshKey};
use app::shell::StaffDocument;
use app::theme::{COOKIE, Theme};
use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use leptos::nonce::use_nonce;
use leptos::prelude::{ServerActionError, provide_context, use_context};
use leptos::server_fn::axum::server_fn_paths;
use leptos::view;
use leptos_axum::ResponseOptions;
use officina::Error;
use officina::identity::service;
use officina::kernel::permission::Permission;

use crate::http::auth::{self, Caller};
use crate::http::error::ApiError;
use crate::http::frame::staff_policy;
use crate::http::upload::{MAX_ONE_PHOTO_BYTES, read_one_photo};
use crate::state::AppState;

/// The cookie that says which error in an address is ours, and the purpose of its signature.
const FAILURE: &str = "officina_failure";

/// The pages about the person who is signed in.
const ACCOUNT: &str = "/app/account";
/// Where the second factor is switched on.
const SECOND_FACTOR: &str = "/app/account/second-factor";

/// Stands for this server where Leptos wants a whole address. It never leaves.
const HERE: &str = "http://officina.invalid";

/// The page of the programs, which itself answers the form that asks for a key.
const PROGRAMS: &str = "/app/people/programs";

/// The most bytes of an answer that holds a fresh key: the key, and what it is for.
const MAX_FRESH: usize = 4_096;

/// Routes of the staff application.
pub fn router() -> Router<AppState> {
    // Leptos spawns what a page waits for. Set already when a process has several servers, as in tests.
    let _ = Executor::init_tokio();
    // A function that changes something answers POST alone; those that only read answer GET.
    Router::new()
        .route("/app", get(page))
        .route("/app/{*path}", get(page))
        .route(PROGRAMS, get(page).post(new_program))
        .route("/app/settings/logo", post(set_logo).layer(DefaultBodyLimit::max(MAX_ONE_PHOTO_BYTES)))
        .route("/_fn/{*name}", get(server_function).post(server_function))
}

/// A page. Who is not signed in is asked to, and comes back here afterwards.
async fn page(State(state): State<AppState>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    render(&state, caller, request, None).await
}

/// A key for a program, asked for without script. It is shown in the answer to the very request that made it; led back
/// to the page as other forms are, it would have to go through an address or a cookie.
async fn new_program(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let page = Request::from_parts(parts.clone(), Body::empty());
    parts.uri = Uri::from_static(CREATE_TOKEN);
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    if let Ok(back) = HeaderValue::try_from(format!("{HERE}{PROGRAMS}")) {
        parts.headers.insert(header::REFERER, back);
    }
    let call = Request::from_parts(parts, body);
    let (answer, body) = server_function(State(state.clone()), Extension(caller.clone()), call).await.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_FRESH).await else {
        return ApiError::from(officina::Error::internal("a fresh key is too long to be shown")).into_response();
    };
    match serde_json::from_slice::<FreshKey>(&body) {
        Ok(fresh) => render(&state, caller, page, Some(fresh)).await,
        // Refused: back to the page, which says why.
        Err(_) => Response::from_parts(answer, Body::from(body)),
    }
}

/// A page, with the key that its request has made.
async fn render(state: &AppState, caller: Caller, request: Request, fresh: Option<FreshKey>) -> Response {
    let Some(actor) = caller.0 else {
        let here = request.uri().path_and_query().map_or("/app", axum::http::uri::PathAndQuery::as_str);
        let query = serde_urlencoded::to_string([("next", here)]).unwrap_or_default();
        return Redirect::to(&format!("/sign-in?{query}")).into_response();
    };
    // Whose role needs a second factor comes to everything else when it is there.
    if actor.member().is_some_and(|member| member.needs_factor) && !request.uri().path().starts_with(ACCOUNT) {
        return Redirect::to(SECOND_FACTOR).into_response();
    }
    let organisation = match service::organisation(&state.app, actor.org).await {
        Ok(organisation) => organisation,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let theme = auth::named_cookie(request.headers(), COOKIE).map(Theme::from_word).unwrap_or_default();
    let failed = failed_action(request.uri());
    if let Some((_, error)) = &failed
        && !auth::named_cookie(request.headers(), FAILURE)
            .is_some_and(|mark| state.app.secret.verify(FAILURE, error, mark))
    {
        // Anybody can write a link with an error in it; only those that we made are shown.
        return Redirect::to(request.uri().path()).into_response();
    }
    let context =
        RequestContext { app: state.app.clone(), actor: Some(actor), organisation: Some(organisation), theme };
    let provide = move || {
        provide_context(context.clone());
        if let Some(fresh) = fresh.clone() {
            provide_context(fresh);
        }
        if let Some((path, error)) = &failed {
            provide_context(ServerActionError::new(path, error));
        }
        allow_nonce();
    };
    leptos_axum::render_app_async_with_context(provide, || view! { <StaffDocument/> })(request).await
}

/// A call of a server function.
async fn server_function(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    mut request: Request<Body>,
) -> Response {
    if let Err(refusal) = known_function(&request) {
        return refusal.into_response();
    }
    come_back_here(request.headers_mut());
    let context =
        RequestContext { app: state.app.clone(), actor: caller.0, organisation: None, theme: Theme::default() };
    let provide = move || provide_context(context.clone());
    let mut response = leptos_axum::handle_server_fns_with_context(provide, request).await.into_response();
    without_origin(response.headers_mut());
    mark_failure(&state, response.headers_mut());
    response
}

/// Takes the logo of the settings page: a form with a file, which a server function would not take. What is wrong with it
/// is told by the page that it leads back to.
async fn set_logo(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(actor) = caller.0 else { return ApiError::from(Error::Unauthorized).into_response() };
    let taken = async {
        actor.require(Permission::SettingsManage)?;
        let form = form.map_err(|_| Error::field("logo", "required", "is required"))?;
        let logo = read_one_photo(&state.app, form).await?;
        service::set_logo(&state.app, &actor, &logo).await
    };
    match taken.await {
        Ok(_) => Redirect::to("/app/settings?logo=saved").into_response(),
        Err(Error::Validation(_)) => Redirect::to("/app/settings?logo=missing").into_response(),
        Err(Error::TooLarge(_)) => Redirect::to("/app/settings?logo=large").into_response(),
        Err(Error::UnsupportedMedia(_)) => Redirect::to("/app/settings?logo=unsupported").into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Makes the page that a form without script goes back to one of ours: Leptos would go wherever the header says.
fn come_back_here(headers: &mut HeaderMap) {
    let from: Option<Uri> = headers.get(header::REFERER).and_then(|value| value.to_str().ok()?.parse().ok());
    let back = from.as_ref().and_then(Uri::path_and_query).map_or("/app", PathAndQuery::as_str);
    let back = if back.starts_with("/app") { back } else { "/app" };
    if let Ok(back) = HeaderValue::try_from(format!("{HERE}{back}")) {
        headers.insert(header::REFERER, back);
    }
}

/// Takes the placeholder for this server out of the address that a form without script goes back to.
fn without_origin(headers: &mut HeaderMap) {
    let to = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()?.strip_prefix(HERE));
    if let Some(to) = to.and_then(|to| HeaderValue::from_str(to).ok()) {
        headers.insert(header::LOCATION, to);
    }
}

/// Signs the error in the address that a failed form goes back to, in a cookie that lasts as long as the way there.
fn mark_failure(state: &AppState, headers: &mut HeaderMap) {
    let to: Option<Uri> = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()?.parse().ok());
    let Some((_, error)) = to.as_ref().and_then(failed_action) else { return };
    let mark = state.app.secret.sign(FAILURE, &error);
    if let Ok(cookie) =
        HeaderValue::try_from(format!("{FAILURE}={mark}; Path=/app; Max-Age=60; HttpOnly; SameSite=Lax"))
    {
        headers.append(header::SET_COOKIE, cookie);
    }
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
    Err(if is_known { ApiError::MethodNotAllowed } else { Error::NotFound.into() })
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
fn failed_action(address: &Uri) -> Option<(String, String)> {
    let query: Vec<(String, String)> = serde_urlencoded::from_str(address.query()?).ok()?;
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Some((value("__path")?, value("__err")?))
}

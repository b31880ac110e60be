//! The staff application: its pages, rendered by Leptos, and the functions that they call.

mod kept;

use any_spawner::Executor;
use app::context::RequestContext;
use app::error::PageError;
use app::sent::{FUNCTION, Fresh, Sent};
use app::shell::StaffDocument;
use app::staff::person::FIELD;
use app::theme::{COOKIE, Theme};
use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
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
use crate::http::upload::{Intake, MAX_ONE_PHOTO_BYTES, MAX_UPLOAD_BYTES, SentPhotos, read_one_photo, read_photos};
use crate::state::AppState;

/// The cookie that says which error in an address is ours, and the purpose of its signature.
const FAILURE: &str = "officina_failure";

/// The pages about the person who is signed in.
const ACCOUNT: &str = "/app/account";
/// Where the second factor is switched on.
const SECOND_FACTOR: &str = "/app/account/second-factor";

/// How a form without files is written,
const FORM: &str = "application/x-www-form-urlencoded";
/// and one with files.
const FILES: &str = "multipart/form-data";

/// Stands for this server where Leptos wants a whole address. It never leaves.
const HERE: &str = "http://officina.invalid";

/// The most bytes of an answer that a page shows. What was done is done by then, so nothing that a function may say is longer:
/// the keys of [`MOST_IMPORTED`](officina::cold_chain::inputs::MOST_IMPORTED) devices with the longest names there are.
const MAX_ANSWER: usize = 8 << 20;

/// Routes of the staff application.
pub fn router() -> Router<AppState> {
    // Leptos spawns what a page waits for. Set already when a process has several servers, as in tests.
    let _ = Executor::init_tokio();
    // A function that changes something answers POST alone; those that only read answer GET.
    Router::new()
        .route("/app", get(page))
        .route("/app/{*path}", get(page).post(send))
        .route("/app/repairs/{id}/photos", post(add_photos).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)))
        .route("/app/settings/logo", post(set_logo).layer(DefaultBodyLimit::max(MAX_ONE_PHOTO_BYTES)))
        .route("/_fn/{*name}", get(server_function).post(server_function))
        .route("/as/{person}/_fn/{*name}", get(function_for).post(function_for))
}

/// A page. Who is not signed in is asked to, and comes back here afterwards.
async fn page(State(state): State<AppState>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let shown = kept::taken_back(&state, &caller, request.headers(), request.uri()).await;
    let (sent, end) = shown.unzip();
    let mut response = render(&state, caller, request, sent).await;
    if let Some(end) = end.flatten() {
        response.headers_mut().append(header::SET_COOKIE, end);
    }
    response
}

/// A form that is sent to the page it stands on. Where it was refused, the page answers it, with what was typed. Otherwise it
/// leads back to the page, so that loading that anew does not send the form again; what the page shows this once then, such
/// as a link or a key, goes through a cookie that only this server can read ([`kept`]).
async fn send(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    mut parts: Parts,
    mut body: Bytes,
) -> Response {
    let page = Request::from_parts(parts.clone(), Body::empty());
    if caller.0.is_none() {
        return render(&state, caller, page, None).await;
    }
    if has_type(&parts.headers, FILES) {
        body = match plain_form(&parts, body).await {
            Ok(body) => body,
            Err(error) => return error.into_response(),
        };
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
    }
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    if caller.is_still(value_of(&fields, FIELD)).is_err() {
        // The page is made anew, for whoever is there by now.
        return Redirect::to(page.uri().path_and_query().map_or("/app", PathAndQuery::as_str)).into_response();
    }
    let function = value_of(&fields, FUNCTION).unwrap_or_default().to_owned();
    let Ok(address) = Uri::try_from(format!("/_fn/{function}")) else {
        return ApiError::from(officina::Error::NotFound).into_response();
    };
    let mut call = Request::from_parts(parts, Body::from(body));
    *call.uri_mut() = address;
    call.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    // It was not too large as it came in. Written anew, a byte of a file may take three.
    DefaultBodyLimit::disable().apply(&mut call);
    let (answer, body) = server_function(State(state.clone()), Extension(caller.clone()), call).await.into_parts();
    if let Some(to) = answer.headers.get(header::LOCATION).and_then(|to| to.to_str().ok()) {
        return Redirect::to(to).into_response();
    }
    let Ok(body) = axum::body::to_bytes(body, MAX_ANSWER).await else {
        return ApiError::from(officina::Error::internal("an answer is too long to be shown")).into_response();
    };
    let (status, came_of_it) = if answer.status.is_success() {
        let Ok(fresh) = serde_json::from_slice::<Fresh>(&body) else {
            // Nothing to show. The page is fetched anew, so that loading it again does not send the form again.
            return Redirect::to(page.uri().path_and_query().map_or("/app", PathAndQuery::as_str)).into_response();
        };
        if let Some(cookie) = kept::cookie(&state, &caller, &function, &fresh, page.uri()).await {
            let to = page.uri().path_and_query().map_or("/app", PathAndQuery::as_str);
            return ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response();
        }
        (StatusCode::OK, Ok(fresh))
    } else {
        let Ok(error) = serde_json::from_slice::<PageError>(&body) else {
            return Response::from_parts(answer, Body::from(body));
        };
        (answer.status, Err(error))
    };
    let sent = Sent { function, fields, answer: came_of_it };
    let mut response = render(&state, caller, page, Some(sent)).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with(wanted))
}

/// A form with files as one without: the text of each file stands where a field's text would. Functions take no files.
async fn plain_form(parts: &Parts, body: Bytes) -> Result<Bytes, ApiError> {
    let request = Request::from_parts(parts.clone(), Body::from(body));
    let unread = || Error::BadRequest("The form did not arrive in full.".to_owned());
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| unread())?;
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| unread())? {
        let name = field.name().unwrap_or_default().to_owned();
        let text = field.bytes().await.map_err(|_| unread())?;
        fields.push((name, String::from_utf8_lossy(&text).into_owned()));
    }
    Ok(serde_urlencoded::to_string(fields).map_err(Error::internal)?.into())
}

/// A page, with what came of the form that it was asked with.
async fn render(state: &AppState, caller: Caller, request: Request, sent: Option<Sent>) -> Response {
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
        if let Some(sent) = sent.clone() {
            provide_context(sent);
        }
        if let Some((path, error)) = &failed {
            provide_context(ServerActionError::new(path, error));
        }
        allow_nonce();
    };
    leptos_axum::render_app_async_with_context(provide, || view! { <StaffDocument/> })(request).await
}

/// A call of a server function by a page that says for whom it was made.
async fn function_for(
    state: State<AppState>,
    caller: Extension<Caller>,
    Path((person, name)): Path<(String, String)>,
    mut request: Request,
) -> Response {
    if let Err(refusal) = caller.0.is_still(Some(&person)) {
        return refusal.into_response();
    }
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let Ok(address) = Uri::try_from(format!("/_fn/{name}{query}")) else {
        return ApiError::from(Error::NotFound).into_response();
    };
    *request.uri_mut() = address;
    server_function(state, caller, request).await
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
    if has_type(request.headers(), FORM) {
        request = match in_own_name(&state, &caller, request).await {
            Ok(request) => request,
            Err(refusal) => return refusal,
        };
    }
    let context =
        RequestContext { app: state.app.clone(), actor: caller.0, organisation: None, theme: Theme::default() };
    let provide = move || provide_context(context.clone());
    let mut response = leptos_axum::handle_server_fns_with_context(provide, request).await.into_response();
    without_origin(response.headers_mut());
    mark_failure(&state, response.headers_mut());
    response
}

/// Passes a form whose field does not say that its page was made for somebody else, as the address of a call does that a
/// script makes. A browser that sent it by itself is led back to the page, which is then made for whoever is there.
async fn in_own_name(state: &AppState, caller: &Caller, request: Request) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), state)
        .await
        .map_err(IntoResponse::into_response)?;
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    match caller.is_still(value_of(&fields, FIELD)) {
        Ok(()) => Ok(Request::from_parts(parts, Body::from(body))),
        Err(_) if accepts_html(&parts.headers) => {
            let back = parts.headers.get(header::REFERER).and_then(|to| to.to_str().ok()?.strip_prefix(HERE));
            Err(Redirect::to(back.unwrap_or("/app")).into_response())
        }
        Err(refusal) => Err(refusal.into_response()),
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

fn value_of<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

/// Takes the logo of the settings page: a form with a file, which a server function would not take. What is wrong with it
/// is told by the page that it leads back to; where the page was made for somebody else, it is made anew.
async fn set_logo(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Query(fields): Query<Vec<(String, String)>>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    if caller.is_still(value_of(&fields, FIELD)).is_err() {
        return Redirect::to("/app/settings").into_response();
    }
    let Some(actor) = caller.0 else { return ApiError::from(Error::Unauthorized).into_response() };
    let taken = async {
        actor.require(Permission::SettingsManage)?;
        let form = form.map_err(|_| Error::field("logo", "required", "is required"))?;
        let logo = read_one_photo(Intake::new(&state, &actor), form).await?;
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

/// Takes photos of a repair's page. The page's script sends them one by one and wants to hear what is wrong; a browser that
/// sends the form by itself is led back to the page, which says it.
async fn add_photos(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(fields): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let is_led_back = accepts_html(&headers);
    let back = |query: &str| Redirect::to(&format!("/app/repairs/{id}{query}")).into_response();
    if let Err(refusal) = caller.is_still(value_of(&fields, FIELD)) {
        return if is_led_back { back("") } else { refusal.into_response() };
    }
    let Some(actor) = caller.0 else { return ApiError::from(Error::Unauthorized).into_response() };
    let added = async {
        let repair = id.parse().map_err(|_| Error::NotFound)?;
        actor.require_either(Permission::RepairsWrite, Permission::RepairsCheckIn)?;
        let form = form.map_err(|_| Error::field("photos", "required", "are required"))?;
        let SentPhotos { photos, refused } = read_photos(Intake::new(&state, &actor), form).await?;
        officina::repairs::photos::add(&state.app, &actor, repair, &photos).await?;
        Ok(refused.is_empty())
    };
    match added.await {
        Ok(true) if is_led_back => back(""),
        Ok(false) if is_led_back => back("?photos=unsupported"),
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(Error::Validation(_)) if is_led_back => back("?photos=missing"),
        Err(Error::TooLarge(_)) if is_led_back => back("?photos=large"),
        Err(Error::UnsupportedMedia(_)) if is_led_back => back("?photos=unsupported"),
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

//! The way in and out for staff in a browser.

use app::context::{HOME, safe_next};
use app::public::Visit;
use app::public::entry::{code, said};
use app::public::sign_in::{SignInReason, Ways, form};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use officina::Error;
use officina::identity::PasskeyAnswer;
use officina::identity::service::{self, Credentials, SignedIn, Step};
use serde::Deserialize;

use super::{PublicVisit, refusal};
use crate::http::auth::{self, Caller};
use crate::http::client::FromClient;
use crate::http::frame::passkey_policy;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/sign-in", get(show).post(sign_in))
        .route("/sign-in/code", post(sign_in_with_code))
        .route("/sign-in/passkey", post(sign_in_with_passkey))
        .route("/sign-out", post(sign_out))
        .route("/.well-known/change-password", get(change_password))
}

#[derive(Debug, Deserialize)]
struct Arrival {
    next: Option<String>,
    ended: Option<String>,
    reset: Option<String>,
}

#[derive(Deserialize)]
struct SignInForm {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`: the form, or straight on for who is signed in already.
async fn show(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    FromClient(client): FromClient,
    Query(arrival): Query<Arrival>,
    headers: HeaderMap,
) -> Response {
    let next = safe_next(arrival.next.as_deref().unwrap_or(HOME));
    match auth::identify(&state, &headers, &client).await {
        Ok(Some(_)) => return Redirect::to(next).into_response(),
        Ok(None) => {}
        Err(error) => return refusal(&visit, &error),
    }
    let reason = match arrival {
        Arrival { reset: Some(_), .. } => SignInReason::Reset,
        Arrival { ended: Some(_), .. } => SignInReason::SignedOut,
        _ => SignInReason::Fresh,
    };
    page(&state, &visit, StatusCode::OK, reason, "", next)
}

/// The form, with the ways in beside it that are open. It has a script where there are passkeys, and no other public page
/// has one.
fn page(
    state: &AppState,
    visit: &Visit,
    status: StatusCode,
    reason: SignInReason,
    login: &str,
    next: &str,
) -> Response {
    let ways = Ways {
        forgot: state.app.mailer.is_on(),
        register: service::may_register(&state.app, &visit.organisation),
        passkey: state.app.passkeys.host().map(str::to_owned),
    };
    let policy = ways.passkey.as_ref().zip(visit.nonce.as_deref()).map(|(_, nonce)| passkey_policy(nonce));
    let mut response = (status, Html(form(visit, reason, login, next, ways))).into_response();
    if let Some(Ok(policy)) = policy.map(HeaderValue::try_from) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let SignInReason::Limited(seconds) = reason {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `POST /sign-in`: a fresh session and on to `next`, or the question for a code, or the form again.
async fn sign_in(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    FromClient(client): FromClient,
    headers: HeaderMap,
    typed: Result<Form<SignInForm>, FormRejection>,
) -> Response {
    let Ok(Form(typed)) = typed else {
        return page(&state, &visit, StatusCode::BAD_REQUEST, SignInReason::Refused, "", HOME);
    };
    let next = safe_next(&typed.next);
    let credentials = Credentials { identifier: typed.login.clone(), password: typed.password, code: None };
    let (status, reason) = match service::begin_sign_in(&state.app, &client, &credentials).await {
        Ok(Step::In(signed_in)) => {
            end_the_one_before(&state, &client, &headers).await;
            return come_in(&state, &signed_in, next);
        }
        Ok(Step::Code(ticket)) => return Html(code(&visit, &ticket, next, false)).into_response(),
        Err(Error::Unauthorized) => (StatusCode::UNAUTHORIZED, SignInReason::Refused),
        Err(Error::RateLimited { retry_after }) => (StatusCode::TOO_MANY_REQUESTS, SignInReason::Limited(retry_after)),
        Err(error) => return refusal(&visit, &error),
    };
    page(&state, &visit, status, reason, &typed.login, next)
}

#[derive(Default, Deserialize)]
struct CodeForm {
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in/code`: the second step. A ticket that is too old leads back to the first.
async fn sign_in_with_code(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    FromClient(client): FromClient,
    headers: HeaderMap,
    typed: Result<Form<CodeForm>, FormRejection>,
) -> Response {
    let typed = typed.map(|Form(typed)| typed).unwrap_or_default();
    let next = safe_next(&typed.next);
    match service::finish_sign_in(&state.app, &client, &typed.ticket, &typed.code).await {
        Ok(signed_in) => {
            end_the_one_before(&state, &client, &headers).await;
            come_in(&state, &signed_in, next)
        }
        Err(Error::Unauthorized) => {
            (StatusCode::UNAUTHORIZED, Html(code(&visit, &typed.ticket, next, true))).into_response()
        }
        Err(Error::NotFound) => Redirect::to("/sign-in").into_response(),
        Err(Error::Conflict(_)) => (StatusCode::CONFLICT, Html(said(&visit, "code-unreadable"))).into_response(),
        Err(error) => refusal(&visit, &error),
    }
}

#[derive(Default, Deserialize)]
struct PasskeyForm {
    #[serde(default)]
    question: String,
    #[serde(default)]
    credential: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in/passkey`: a fresh session and on to `next`, or the form again.
async fn sign_in_with_passkey(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    FromClient(client): FromClient,
    headers: HeaderMap,
    typed: Result<Form<PasskeyForm>, FormRejection>,
) -> Response {
    let typed = typed.map(|Form(typed)| typed).unwrap_or_default();
    let next = safe_next(&typed.next);
    let answer = PasskeyAnswer { question: typed.question, credential: typed.credential };
    match service::sign_in_with_passkey(&state.app, &client, &answer).await {
        Ok(signed_in) => {
            end_the_one_before(&state, &client, &headers).await;
            come_in(&state, &signed_in, next)
        }
        Err(Error::Unauthorized) => {
            page(&state, &visit, StatusCode::UNAUTHORIZED, SignInReason::RefusedPasskey, "", next)
        }
        Err(error) => refusal(&visit, &error),
    }
}

/// Ends the session that the browser had before: two would be one too many to sign out of.
async fn end_the_one_before(state: &AppState, client: &service::Client, headers: &HeaderMap) {
    if let Some(old) = auth::cookie_value(headers)
        && let Ok(actor) = service::actor_by_cookie(&state.app, client, old).await
        && let Err(error) = service::sign_out(&state.app, &actor).await
    {
        tracing::warn!(error = %error, "the session before could not be ended");
    }
}

/// The cookies of a fresh session, and on to `next`.
pub(super) fn come_in(state: &AppState, signed_in: &SignedIn, next: &str) -> Response {
    let mut response = with_cookie(Redirect::to(next), auth::session_cookie(state, &signed_in.token));
    if let Some(Ok(cookie)) = signed_in.device.as_deref().map(|device| auth::device_cookie(state, device)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `GET /.well-known/change-password`: where keepers of passwords look for the way to change one (W3C, A Well-Known URL
/// for Changing Passwords).
async fn change_password() -> (StatusCode, [(header::HeaderName, &'static str); 1]) {
    (StatusCode::FOUND, [(header::LOCATION, "/app/account#password")])
}

#[derive(Deserialize)]
struct SignOutForm {
    next: Option<String>,
}

/// `POST /sign-out`: ends the session and forgets the cookie, whether or not the session still lived.
async fn sign_out(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    caller: Option<axum::Extension<Caller>>,
    typed: Result<Form<SignOutForm>, FormRejection>,
) -> Response {
    let next = typed.ok().and_then(|Form(typed)| typed.next);
    if let Some(actor) = caller.and_then(|caller| caller.0.0)
        && let Err(error) = service::sign_out(&state.app, &actor).await
    {
        return refusal(&visit, &error);
    }
    let next = next.as_deref().map_or("/sign-in?ended=1", safe_next);
    let mut response = with_cookie(Redirect::to(next), auth::ended_cookie(&state));
    response.headers_mut().insert(auth::CLEAR_SITE_DATA, HeaderValue::from_static(auth::DROPPED_AT_SIGN_OUT));
    response
}

fn with_cookie(redirect: Redirect, cookie: officina::Result<HeaderValue>) -> Response {
    match cookie {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], redirect).into_response(),
        Err(error) => crate::http::error::ApiError::from(error).into_response(),
    }
}

//! `Idempotency-Key`: the first answer to an unsafe request is replayed for a day.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use officina::kernel::App;
use officina::kernel::error::Conflict;
use officina::kernel::idempotency::{self, Begun, Claim, RequestKey};
use officina::{Error, Result};
use sha2::{Digest, Sha256};

use super::auth::Caller;
use super::client;
use super::error::ApiError;
use super::extract::is_json;
use super::request_id;
use crate::state::AppState;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key.
const MAX_KEY: usize = 200;
/// The longest answer that is kept, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;
/// How long after the beginning of a request it is tried to write its answer down. Until then, and after that, who asks again
/// is told that the work was done.
const TRIED_FOR: Duration = Duration::from_secs(100);
/// And how long it is waited in between.
const PAUSE: Duration = Duration::from_secs(1);

/// Marks an answer that holds a secret (a key shown once), so that it is not written down and not given twice.
#[derive(Debug, Clone, Copy)]
pub struct HoldsSecret;

/// Middleware for the API. Needs the [`Caller`]. Uploads and sign-ins pass it by: the first are too large to compare, the
/// second answer with secrets.
pub async fn replay(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_upload = request.headers().contains_key(header::CONTENT_TYPE) && !is_json(request.headers());
    if safe || is_upload || !request.headers().contains_key(KEY) || request.uri().path().starts_with("/auth/") {
        return next.run(request).await;
    }
    match answer_once(&state, request, next).await {
        Ok(response) => response,
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn answer_once(state: &AppState, request: Request, next: Next) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, state.config.limits.body_bytes)
        .await
        .map_err(|_| Error::TooLarge("The body is too large or did not arrive.".to_owned()))?;
    let Some(key) = request_key(state, &parts, scope(state, &parts), &body)? else {
        return Err(Error::internal("a request without an Idempotency-Key is to be answered once"));
    };
    let running = Error::conflict("The first request with this Idempotency-Key is still running.");
    once(&state.app, key, running, next.run(Request::from_parts(parts, Body::from(body)))).await
}

/// What tells a request of somebody from all others, if it has an `Idempotency-Key`.
///
/// # Errors
/// [`Error::BadRequest`] for a key that is none.
pub fn request_key(state: &AppState, parts: &Parts, scope: String, body: &Bytes) -> Result<Option<RequestKey>> {
    if !parts.headers.contains_key(KEY) {
        return Ok(None);
    }
    let hash = hash(state, &parts.method, &parts.uri, body);
    Ok(Some(RequestKey { scope, key: key(&parts.headers)?, hash }))
}

/// Carries a request out if it is the first with its key; otherwise answers as the first one was answered.
///
/// # Errors
/// `running` while the first one is; [`Error::Conflict`] for a key of another request, for what was shown once, and for
/// what was done before the server went away without an answer; else what the database says.
pub async fn once(
    app: &App,
    key: RequestKey,
    running: Error,
    work: impl Future<Output = Response> + Send + 'static,
) -> Result<Response> {
    let claim = match idempotency::begin(app, &key, app.clock.now()).await? {
        Begun::Answered { status, body } => return Ok(replayed(status, body)),
        Begun::ShownOnce => {
            return Err(Error::conflict(
                "This request was carried out before. What it made was shown once and is not shown again.",
            ));
        }
        Begun::Lost { made } => {
            let message = "This request was carried out before, and its answer is not known any more.".to_owned();
            return Err(Error::Conflict(Conflict { message, existing_id: made, ..Conflict::default() }));
        }
        Begun::Running => return Err(running),
        Begun::Different => return Err(Error::conflict("This Idempotency-Key was used for another request.")),
        Begun::First(claim) => claim,
    };
    // In a task of its own: a client that hangs up does not stop it halfway, and finds the answer when it asks again.
    let (app, until) = (app.clone(), Instant::now() + TRIED_FOR);
    let carried_out = request_id::scope(request_id::current(), async move {
        let response = claim.scope(work).await;
        keep(&app, &claim, response, until).await
    });
    tokio::spawn(carried_out).await.map_err(Error::internal)?
}

/// Writes the answer down, unless it may turn out differently next time; of one that holds a secret only that it was given.
/// The work is done by now, so the answer goes out even where it cannot be written down just then. An answer that is not
/// kept leaves the claim of what was committed: it is not done again.
async fn keep(app: &App, claim: &Arc<Claim>, response: Response, until: Instant) -> Result<Response> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_ANSWER).await.map_err(|_| Error::internal("an answer was too long to be kept"))?;
    let passing = parts.status.is_server_error()
        || matches!(parts.status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS);
    if !passing {
        let kept = parts.extensions.get::<HoldsSecret>().is_none().then(|| body.clone());
        finish(app, claim, (parts.status.as_u16(), kept), until).await;
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Writes an answer down. Where the database is away just then, in the background, for as long as somebody may wait for it.
async fn finish(app: &App, claim: &Arc<Claim>, (status, body): (u16, Option<Bytes>), until: Instant) {
    let Err(error) = claim.finish(app, status, body.as_deref()).await else { return };
    tracing::warn!(error = %error, "an answer is not written down yet");
    let (app, claim) = (app.clone(), Arc::clone(claim));
    tokio::spawn(async move {
        while Instant::now() < until {
            tokio::time::sleep(PAUSE).await;
            if claim.finish(&app, status, body.as_deref()).await.is_ok() {
                return;
            }
        }
        tracing::error!("an answer could not be written down; who asks again is not told it");
    });
}

/// Who asks: a member in its organisation, or an address of the public.
fn scope(state: &AppState, parts: &Parts) -> String {
    let member = parts.extensions.get::<Caller>().and_then(|caller| {
        let actor = caller.0.as_ref()?;
        Some(format!("{}/{}", actor.org, actor.credential()?))
    });
    member.unwrap_or_else(|| {
        let address = client::of(state, parts).address;
        format!("public/{}", address.map(|address| address.to_string()).unwrap_or_default())
    })
}

fn key(headers: &HeaderMap) -> Result<String> {
    let key = headers.get(KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(Error::BadRequest(format!("Idempotency-Key must have 1 to {MAX_KEY} characters.")));
    }
    Ok(key.to_owned())
}

/// What tells a request from another one. Under a key, because a body may hold a password, and a bare hash could be guessed
/// from.
fn hash(state: &AppState, method: &Method, uri: &axum::http::Uri, body: &Bytes) -> Vec<u8> {
    let address = uri.path_and_query().map(axum::http::uri::PathAndQuery::as_str).unwrap_or_default();
    let digest = Sha256::new()
        .chain_update(method.as_str())
        .chain_update([0])
        .chain_update(address)
        .chain_update([0])
        .chain_update(body)
        .finalize();
    state.app.secret.key("idempotency").mac(&digest).to_vec()
}

fn replayed(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    (status, headers, body).into_response()
}

//! Passkeys: the questions that a browser puts to a device, and the own ones. Signing in with one is the page's, because
//! it ends in a cookie.

use axum::extract::State;
use axum::http::StatusCode;
use officina::identity::service;
use officina::identity::{PasskeyAnswer, PasskeyInfo, PasskeyQuestion};
use officina::kernel::ids::PasskeyId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::Data;
use crate::http::error::{ApiResult, ErrorBody};
use crate::http::extract::{ApiJson, ApiPath};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(remove))
        .routes(routes!(ask_to_add))
        .routes(routes!(ask_to_come_in))
}

/// A passkey that a device has made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewPasskey {
    /// What you call it: the phone or computer that it is on.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 60)]
    name: String,
    /// The question, as it was handed out.
    #[serde(default)]
    #[schema(required = true)]
    question: String,
    /// What `navigator.credentials.create` answered, as JSON in a text.
    #[serde(default)]
    #[schema(required = true)]
    credential: String,
}

/// Your passkeys.
#[utoipa::path(get, path = "/auth/passkeys", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Vec<PasskeyInfo>>)))]
async fn list(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Vec<PasskeyInfo>>> {
    Ok(Data::new(service::own_passkeys(&state.app, &actor).await?))
}

/// Add a passkey. It needs a fresh proof of who you are.
#[utoipa::path(post, path = "/auth/passkeys", tag = "auth", request_body = NewPasskey,
    security(("accessToken" = []), ("session" = [])),
    responses((status = 201, body = Data<PasskeyInfo>), (status = 404, body = ErrorBody)))]
async fn add(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(new): ApiJson<NewPasskey>,
) -> ApiResult<(StatusCode, Data<PasskeyInfo>)> {
    let answer = PasskeyAnswer { question: new.question, credential: new.credential };
    let added = service::add_passkey(&state.app, &actor, &answer, &new.name).await?;
    Ok((StatusCode::CREATED, Data::new(added)))
}

/// Remove a passkey of yours.
#[utoipa::path(delete, path = "/auth/passkeys/{id}", tag = "auth", params(("id" = PasskeyId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 204)))]
async fn remove(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<PasskeyId>,
) -> ApiResult<StatusCode> {
    service::remove_passkey(&state.app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a device is asked to make a passkey with.
#[utoipa::path(post, path = "/auth/passkeys/question", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<PasskeyQuestion>), (status = 404, body = ErrorBody)))]
async fn ask_to_add(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<PasskeyQuestion>> {
    Ok(Data::new(service::begin_passkey(&state.app, &actor).await?))
}

/// What a device is asked to come in with, or to prove who sits there. The browser's form brings the answer.
#[utoipa::path(post, path = "/auth/passkeys/sign-in", tag = "auth",
    responses((status = 200, body = Data<PasskeyQuestion>), (status = 404, body = ErrorBody)))]
async fn ask_to_come_in(State(state): State<AppState>) -> ApiResult<Data<PasskeyQuestion>> {
    Ok(Data::new(service::ask_for_passkey(&state.app)?))
}

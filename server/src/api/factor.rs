//! The second factor of the person who asks, and proving once more who that is.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use officina::identity::service;
use officina::identity::{Enrolment, FactorStatus};
use officina::kernel::ids::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::Data;
use crate::http::error::{ApiResult, ErrorBody};
use crate::http::extract::{ApiJson, ApiPath};
use crate::http::idempotency::HoldsSecret;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(status, begin, remove))
        .routes(routes!(confirm))
        .routes(routes!(prove))
        .routes(routes!(remove_of))
}

/// A code that the app shows now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Code {
    /// Six digits.
    #[serde(default)]
    #[schema(required = true)]
    code: String,
}

/// Who sits there, once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Proof {
    /// The password.
    #[serde(default)]
    password: String,
    /// A code, where there is a second factor.
    totp: Option<String>,
}

/// Codes for a lost phone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodes {
    /// Each works once.
    recovery_codes: Vec<String>,
}

/// Whether you have a second factor.
#[utoipa::path(get, path = "/auth/totp", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<FactorStatus>)))]
async fn status(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<FactorStatus>> {
    Ok(Data::new(service::factor_status(&state.app, &actor).await?))
}

/// Make a secret for an authenticator app. It counts once a code of it was confirmed.
#[utoipa::path(post, path = "/auth/totp", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 201, body = Data<Enrolment>)))]
async fn begin(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> ApiResult<(StatusCode, Extension<HoldsSecret>, Data<Enrolment>)> {
    let enrolment = service::begin_factor(&state.app, &actor).await?;
    Ok((StatusCode::CREATED, Extension(HoldsSecret), Data::new(enrolment)))
}

/// Confirm the secret with a first code. From then on signing in asks for one.
#[utoipa::path(post, path = "/auth/totp/confirm", tag = "auth", request_body = Code,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<RecoveryCodes>)))]
async fn confirm(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(body): ApiJson<Code>,
) -> ApiResult<(Extension<HoldsSecret>, Data<RecoveryCodes>)> {
    let recovery_codes = service::confirm_factor(&state.app, &actor, &body.code).await?;
    let body = Data::with_message(RecoveryCodes { recovery_codes }, "Keep the codes: they are not shown again.");
    Ok((Extension(HoldsSecret), body))
}

/// Switch your second factor off.
#[utoipa::path(delete, path = "/auth/totp", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn remove(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<StatusCode> {
    service::drop_own_factor(&state.app, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Prove once more who you are. For ten minutes it opens what must not be done from a browser left open.
#[utoipa::path(post, path = "/auth/prove", tag = "auth", request_body = Proof,
    security(("accessToken" = []), ("session" = [])), responses((status = 204)))]
async fn prove(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(proof): ApiJson<Proof>,
) -> ApiResult<StatusCode> {
    service::prove(&state.app, &actor, &proof.password, proof.totp.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switch the second factor of a member off who has lost it.
#[utoipa::path(delete, path = "/admin/users/{id}/totp", tag = "administration", params(("id" = AccountId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 204)))]
async fn remove_of(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AccountId>,
) -> ApiResult<StatusCode> {
    service::drop_factor_of(&state.app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! What everyone who is signed in may do about themself.

use axum::extract::State;
use axum::http::StatusCode;
use officina::identity::service;
use officina::identity::{OrganisationRef, SessionInfo, UpdateOwn, User};
use officina::kernel::ids::{OrgId, SessionId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::users::Ended;
use crate::http::auth::SignedIn;
use crate::http::envelope::Data;
use crate::http::error::{ApiResult, ErrorBody};
use crate::http::extract::{ApiJson, ApiPath};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sessions, end_others))
        .routes(routes!(end_session))
        .routes(routes!(update))
        .routes(routes!(change_password))
        .routes(routes!(organisations, switch))
}

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChangePassword {
    /// The password until now.
    #[serde(default)]
    #[schema(required = true)]
    current_password: String,
    /// The password from now on: 10 to 128 characters.
    #[serde(default)]
    #[schema(required = true)]
    new_password: String,
}

/// Where to go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Switch {
    /// An organisation of the list.
    organisation_id: OrgId,
}

/// Your sessions in all organisations, the last used first.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Vec<SessionInfo>>)))]
async fn sessions(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Vec<SessionInfo>>> {
    Ok(Data::new(service::own_sessions(&state.app, &actor).await?))
}

/// End all your sessions but this one.
#[utoipa::path(delete, path = "/auth/sessions", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Ended>)))]
async fn end_others(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Ended>> {
    Ok(Data::new(Ended { ended: service::end_other_sessions(&state.app, &actor).await? }))
}

/// End one of your sessions.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "auth", params(("id" = SessionId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 204)))]
async fn end_session(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<SessionId>,
) -> ApiResult<StatusCode> {
    service::end_own_session(&state.app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change your name or phone number.
#[utoipa::path(patch, path = "/auth/me", tag = "auth", request_body = UpdateOwn,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<User>)))]
async fn update(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(update): ApiJson<UpdateOwn>,
) -> ApiResult<Data<User>> {
    Ok(Data::new(service::update_own(&state.app, &actor, &update).await?))
}

/// Change your password. Your other sessions end.
#[utoipa::path(post, path = "/auth/password", tag = "auth", request_body = ChangePassword,
    security(("accessToken" = []), ("session" = [])), responses((status = 204)))]
async fn change_password(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(change): ApiJson<ChangePassword>,
) -> ApiResult<StatusCode> {
    service::change_password(&state.app, &actor, &change.current_password, &change.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The organisations that you may come into.
#[utoipa::path(get, path = "/auth/organisations", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Vec<OrganisationRef>>)))]
async fn organisations(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> ApiResult<Data<Vec<OrganisationRef>>> {
    Ok(Data::new(service::own_organisations(&state.app, &actor).await?))
}

/// Go over to another of your organisations. This session acts there from the next request on.
#[utoipa::path(post, path = "/auth/organisations", tag = "auth", request_body = Switch,
    security(("accessToken" = []), ("session" = [])), responses((status = 204), (status = 404, body = ErrorBody)))]
async fn switch(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(to): ApiJson<Switch>,
) -> ApiResult<StatusCode> {
    service::switch_organisation(&state.app, &actor, to.organisation_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

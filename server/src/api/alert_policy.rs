//! Who hears of alerts, and when nobody does: silences and the organisation's policy of escalation.

use axum::extract::State;
use axum::http::StatusCode;
use officina::cold_chain::service;
use officina::cold_chain::{AlertPolicy, NewSilence, Silence, SilenceFilter};
use officina::kernel::ids::SilenceId;
use officina::kernel::page::PageRequest;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::{Data, List};
use crate::http::error::ApiResult;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery, Paging};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_silences, create_silence))
        .routes(routes!(end_silence))
        .routes(routes!(get_alert_policy, set_alert_policy))
}

/// Silences that go on, the first to end first.
#[utoipa::path(get, path = "/silences", tag = "cold chain", params(SilenceFilter, PageRequest),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = List<Silence>)))]
async fn list_silences(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<SilenceFilter>,
    Paging(page): Paging,
) -> ApiResult<List<Silence>> {
    Ok(service::list_silences(&state.app, &actor, &filter, &page).await?.into())
}

/// Mute the notices about a cold cell, or all cells of a location, until a moment. Alerts open all the same.
#[utoipa::path(post, path = "/silences", tag = "cold chain", request_body = NewSilence,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<Silence>)))]
async fn create_silence(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(new): ApiJson<NewSilence>,
) -> ApiResult<(StatusCode, Data<Silence>)> {
    Ok((StatusCode::CREATED, Data::new(service::create_silence(&state.app, &actor, new).await?)))
}

/// End a silence now.
#[utoipa::path(delete, path = "/silences/{id}", tag = "cold chain", params(("id" = SilenceId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 204)))]
async fn end_silence(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<SilenceId>,
) -> ApiResult<StatusCode> {
    service::end_silence(&state.app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is told of alerts that nobody reacts to.
#[utoipa::path(get, path = "/admin/alert-policy", tag = "administration", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<AlertPolicy>)))]
async fn get_alert_policy(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<AlertPolicy>> {
    Ok(Data::new(service::alert_policy(&state.app, &actor).await?))
}

/// Say who is told of alerts that nobody reacts to: level by level, and when notices keep still.
#[utoipa::path(put, path = "/admin/alert-policy", tag = "administration", request_body = AlertPolicy,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<AlertPolicy>)))]
async fn set_alert_policy(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(policy): ApiJson<AlertPolicy>,
) -> ApiResult<Data<AlertPolicy>> {
    Ok(Data::new(service::set_alert_policy(&state.app, &actor, policy).await?))
}

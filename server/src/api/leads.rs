//! Leads: the public form's twin, and the inbox.

use axum::extract::State;
use axum::http::StatusCode;
use officina::kernel::ids::LeadId;
use officina::kernel::page::PageRequest;
use officina::leads::service;
use officina::leads::{FormSigns, LeadDetail, LeadFilter, LeadReceipt, LeadSummary, SubmitLead, UpdateLead};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::{SignedIn, Visitor};
use crate::http::envelope::{Data, List};
use crate::http::error::ApiResult;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery, Paging};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(submit))
        .routes(routes!(list))
        .routes(routes!(get, update))
        .routes(routes!(add_note))
        .routes(routes!(release))
}

/// Ask to be called back. The answer is the same whatever becomes of the lead.
#[utoipa::path(post, path = "/public/leads", tag = "leads",
    params(("org" = Option<String>, Query, description = "Slug of the organisation; without it the configured default.")),
    request_body = SubmitLead, responses((status = 201, body = Data<LeadReceipt>)))]
async fn submit(
    State(state): State<AppState>,
    visitor: Visitor,
    ApiJson(input): ApiJson<SubmitLead>,
) -> ApiResult<(StatusCode, Data<LeadReceipt>)> {
    let receipt = service::submit(&state.app, &visitor.actor, &input, FormSigns::default(), None).await?;
    Ok((StatusCode::CREATED, Data::new(receipt)))
}

/// The inbox, newest first.
#[utoipa::path(get, path = "/admin/leads", tag = "leads", params(LeadFilter, PageRequest), security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = List<LeadSummary>)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<LeadFilter>,
    Paging(page): Paging,
) -> ApiResult<List<LeadSummary>> {
    Ok(service::list(&state.app, &actor, &filter, &page).await?.into())
}

/// One lead, with notes and history.
#[utoipa::path(get, path = "/admin/leads/{id}", tag = "leads", params(("id" = LeadId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<LeadDetail>)))]
async fn get(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<LeadId>,
) -> ApiResult<Data<LeadDetail>> {
    Ok(Data::new(service::get(&state.app, &actor, id).await?))
}

/// Change the status of a lead, add a note, or both. Losing a lead needs a note that says why.
#[utoipa::path(patch, path = "/admin/leads/{id}", tag = "leads", params(("id" = LeadId, Path)), request_body = UpdateLead,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<LeadDetail>)))]
async fn update(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<LeadId>,
    ApiJson(input): ApiJson<UpdateLead>,
) -> ApiResult<Data<LeadDetail>> {
    Ok(Data::new(service::update(&state.app, &actor, id, &input).await?))
}

/// A note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewNote {
    /// The text, up to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    note: String,
}

/// Add a note to a lead.
#[utoipa::path(post, path = "/admin/leads/{id}/notes", tag = "leads", params(("id" = LeadId, Path)), request_body = NewNote,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<LeadDetail>)))]
async fn add_note(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<LeadId>,
    ApiJson(body): ApiJson<NewNote>,
) -> ApiResult<(StatusCode, Data<LeadDetail>)> {
    Ok((StatusCode::CREATED, Data::new(service::add_note(&state.app, &actor, id, body.note).await?)))
}

/// Take a lead out of quarantine.
#[utoipa::path(post, path = "/admin/leads/{id}/release", tag = "leads", params(("id" = LeadId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<LeadDetail>)))]
async fn release(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<LeadId>,
) -> ApiResult<Data<LeadDetail>> {
    Ok(Data::new(service::release(&state.app, &actor, id).await?))
}

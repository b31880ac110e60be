//! Organisations, for the operator of the installation.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use officina::identity::service;
use officina::identity::{NewTenant, SentLink, Tenant, UpdateTenant};
use officina::kernel::ids::OrgId;
use officina::kernel::page::PageRequest;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::{Data, List};
use crate::http::error::ApiResult;
use crate::http::extract::{ApiJson, ApiPath, Paging};
use crate::http::idempotency::HoldsSecret;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update))
}

/// An organisation that was made, and the invitation of its first administrator.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedTenant {
    /// The organisation.
    #[serde(flatten)]
    tenant: Tenant,
    /// How its administrator comes in.
    invitation: SentLink,
}

/// The organisations of the installation, the newest first. For its operator alone.
#[utoipa::path(get, path = "/tenants", tag = "operator", params(PageRequest),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = List<Tenant>)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Paging(page): Paging,
) -> ApiResult<List<Tenant>> {
    Ok(service::tenants(&state.app, &actor, &page).await?.into())
}

/// Make an organisation and invite its first administrator. For the operator alone.
#[utoipa::path(post, path = "/tenants", tag = "operator", request_body = NewTenant,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<CreatedTenant>)))]
async fn create(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(new): ApiJson<NewTenant>,
) -> ApiResult<(StatusCode, Extension<HoldsSecret>, Data<CreatedTenant>)> {
    let (tenant, invitation) = service::create_tenant(&state.app, &actor, &new).await?;
    Ok((StatusCode::CREATED, Extension(HoldsSecret), Data::new(CreatedTenant { tenant, invitation })))
}

/// Rename an organisation, or let nobody in any more. For the operator alone.
#[utoipa::path(patch, path = "/tenants/{id}", tag = "operator", params(("id" = OrgId, Path)),
    request_body = UpdateTenant, security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Tenant>)))]
async fn update(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<OrgId>,
    ApiJson(update): ApiJson<UpdateTenant>,
) -> ApiResult<Data<Tenant>> {
    Ok(Data::new(service::update_tenant(&state.app, &actor, id, &update).await?))
}

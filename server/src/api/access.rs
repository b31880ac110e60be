//! Roles of the organisation's own, and keys for programs.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use officina::identity::service;
use officina::identity::{ApiToken, NewApiToken, Role, RoleInput};
use officina::kernel::ids::ApiTokenId;
use officina::kernel::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::Data;
use crate::http::error::ApiResult;
use crate::http::extract::{ApiJson, ApiPath};
use crate::http::idempotency::HoldsSecret;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(roles, create_role))
        .routes(routes!(update_role, delete_role))
        .routes(routes!(tokens, create_token, revoke_tokens))
        .routes(routes!(revoke_token))
}

/// A role and what it may do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleBody {
    /// The word that stands in memberships.
    name: String,
    /// Its name for people.
    label: String,
    /// `area:verb` words.
    permissions: Vec<&'static str>,
    /// Whether every organisation has it; it cannot be changed then.
    built_in: bool,
    /// Members who have it and are not gone.
    members: i64,
}

impl From<Role> for RoleBody {
    fn from(role: Role) -> Self {
        Self {
            name: role.name,
            label: role.label,
            permissions: role.permissions.iter().map(|permission| permission.as_str()).collect(),
            built_in: role.built_in,
            members: role.members,
        }
    }
}

/// A program's key, without the key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenBody {
    /// The token's id.
    id: ApiTokenId,
    /// What it is for.
    name: String,
    /// `area:verb` words: what it may do, as long as its maker may.
    permissions: Vec<&'static str>,
    /// Who made it.
    created_by: String,
    /// When it was made.
    created_at: Timestamp,
    /// When it ends by itself.
    expires_at: Option<Timestamp>,
    /// When it was last used, give or take five minutes.
    last_used_at: Option<Timestamp>,
}

impl From<ApiToken> for TokenBody {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            permissions: token.permissions.iter().map(|permission| permission.as_str()).collect(),
            created_by: token.created_by,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// A fresh key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewTokenBody {
    #[serde(flatten)]
    token: TokenBody,
    /// The key, shown this once: for `Authorization: Bearer`.
    key: String,
}

/// How many tokens were revoked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Revoked {
    /// Tokens that had not ended before.
    revoked: u64,
}

/// The roles, the built-in ones first.
#[utoipa::path(get, path = "/admin/roles", tag = "administration", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Vec<RoleBody>>)))]
async fn roles(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Vec<RoleBody>>> {
    let roles = service::roles(&state.app, &actor).await?;
    Ok(Data::new(roles.into_iter().map(RoleBody::from).collect()))
}

/// Make a role of the organisation's own.
#[utoipa::path(post, path = "/admin/roles", tag = "administration", request_body = RoleInput,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<RoleBody>)))]
async fn create_role(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(input): ApiJson<RoleInput>,
) -> ApiResult<(StatusCode, Data<RoleBody>)> {
    let role = service::create_role(&state.app, &actor, &input).await?;
    Ok((StatusCode::CREATED, Data::new(role.into())))
}

/// Change a role of the organisation's own. It counts on the next request of those who have it.
#[utoipa::path(patch, path = "/admin/roles/{name}", tag = "administration", params(("name" = String, Path)),
    request_body = RoleInput, security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<RoleBody>)))]
async fn update_role(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(name): ApiPath<String>,
    ApiJson(input): ApiJson<RoleInput>,
) -> ApiResult<Data<RoleBody>> {
    Ok(Data::new(service::update_role(&state.app, &actor, &name, &input).await?.into()))
}

/// Remove a role that nobody has.
#[utoipa::path(delete, path = "/admin/roles/{name}", tag = "administration", params(("name" = String, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 204)))]
async fn delete_role(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(name): ApiPath<String>,
) -> ApiResult<StatusCode> {
    service::delete_role(&state.app, &actor, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The API tokens that have not ended, the newest first.
#[utoipa::path(get, path = "/admin/tokens", tag = "administration", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Vec<TokenBody>>)))]
async fn tokens(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Vec<TokenBody>>> {
    let tokens = service::api_tokens(&state.app, &actor).await?;
    Ok(Data::new(tokens.into_iter().map(TokenBody::from).collect()))
}

/// Make an API token. The key is shown this once.
#[utoipa::path(post, path = "/admin/tokens", tag = "administration", request_body = NewApiToken,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<NewTokenBody>)))]
async fn create_token(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(input): ApiJson<NewApiToken>,
) -> ApiResult<(StatusCode, Extension<HoldsSecret>, Data<NewTokenBody>)> {
    let (token, key) = service::create_api_token(&state.app, &actor, &input).await?;
    let body = NewTokenBody { token: token.into(), key };
    Ok((StatusCode::CREATED, Extension(HoldsSecret), Data::with_message(body, "Keep the key: it is not shown again.")))
}

/// Revoke an API token.
#[utoipa::path(delete, path = "/admin/tokens/{id}", tag = "administration", params(("id" = ApiTokenId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 204)))]
async fn revoke_token(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<ApiTokenId>,
) -> ApiResult<StatusCode> {
    service::revoke_api_token(&state.app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revoke every API token of the organisation.
#[utoipa::path(delete, path = "/admin/tokens", tag = "administration", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Revoked>)))]
async fn revoke_tokens(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Revoked>> {
    Ok(Data::new(Revoked { revoked: service::revoke_api_tokens(&state.app, &actor).await? }))
}

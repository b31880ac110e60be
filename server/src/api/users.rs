//! Members of the organisation: who they are, what they may do, whether they may come in. Reachable under `/admin` and
//! without it.

use axum::extract::State;
use axum::http::StatusCode;
use officina::identity::service::{self, NewMember};
use officina::identity::{MemberDetail, MemberFilter, UpdateMember};
use officina::kernel::ids::AccountId;
use officina::kernel::page::PageRequest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::{Data, List};
use crate::http::error::{ApiResult, ErrorBody};
use crate::http::extract::{ApiJson, ApiPath, ApiQuery, Paging};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().nest("/admin", users()).merge(users())
}

fn users() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(get, update)).routes(routes!(end_sessions))
}

/// A member to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AddUser {
    /// E-mail address; this or a phone number is needed.
    email: Option<String>,
    /// Phone number.
    phone: Option<String>,
    /// The person's name.
    #[serde(default)]
    name: String,
    /// The role's word.
    #[serde(default)]
    role: String,
    /// A first password.
    password: Option<String>,
}

/// How many sessions were ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ended {
    /// Sessions that had not ended before.
    pub ended: u64,
}

/// The members, those added last first.
#[utoipa::path(get, path = "/users", tag = "administration", params(MemberFilter, PageRequest),
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = List<MemberDetail>), (status = 400, body = ErrorBody),
    (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<MemberFilter>,
    Paging(page): Paging,
) -> ApiResult<List<MemberDetail>> {
    Ok(service::members(&state.app, &actor, &filter, &page).await?.into())
}

/// Add a member with a new account.
#[utoipa::path(post, path = "/users", tag = "administration", request_body = AddUser,
    security(("accessToken" = []), ("session" = [])),
    responses((status = 201, body = Data<MemberDetail>), (status = 400, body = ErrorBody),
    (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn add(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(user): ApiJson<AddUser>,
) -> ApiResult<(StatusCode, Data<MemberDetail>)> {
    let AddUser { email, phone, name, role, password } = user;
    let new = NewMember { email, phone, name, role, password, customer: None };
    let added = service::add_member(&state.app, &actor, new).await?;
    Ok((StatusCode::CREATED, Data::new(service::member(&state.app, &actor, added.account).await?)))
}

/// One member, by the account.
#[utoipa::path(get, path = "/users/{id}", tag = "administration", params(("id" = AccountId, Path)),
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<MemberDetail>), (status = 401, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn get(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AccountId>,
) -> ApiResult<Data<MemberDetail>> {
    Ok(Data::new(service::member(&state.app, &actor, id).await?))
}

/// Change a member's name, role or status. It counts on the member's next request.
#[utoipa::path(patch, path = "/users/{id}", tag = "administration", params(("id" = AccountId, Path)), request_body = UpdateMember,
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<MemberDetail>), (status = 400, body = ErrorBody),
    (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
async fn update(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AccountId>,
    ApiJson(update): ApiJson<UpdateMember>,
) -> ApiResult<Data<MemberDetail>> {
    Ok(Data::new(service::update_member(&state.app, &actor, id, &update).await?))
}

/// End all sessions of a member in this organisation.
#[utoipa::path(post, path = "/users/{id}/end-sessions", tag = "administration", params(("id" = AccountId, Path)),
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Ended>), (status = 401, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn end_sessions(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AccountId>,
) -> ApiResult<Data<Ended>> {
    Ok(Data::new(Ended { ended: service::end_sessions(&state.app, &actor, id).await? }))
}

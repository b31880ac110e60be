//! Members of the organisation: who they are, what they may do, whether they may come in. Reachable under `/admin` and
//! without it.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use officina::identity::service::{self, NewMember};
use officina::identity::{
    LinkCustomers, LinkedCustomer, MemberDetail, MemberFilter, NewInvitation, SentLink, UpdateMember,
};
use officina::kernel::actor::Actor;
use officina::kernel::ids::AccountId;
use officina::kernel::page::PageRequest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::{Data, List};
use crate::http::error::ApiResult;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery, Paging};
use crate::http::idempotency::HoldsSecret;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().nest("/admin", users()).merge(users())
}

fn users() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, update))
        .routes(routes!(end_sessions))
        .routes(routes!(linked_customers, link_customers))
}

/// A member to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AddUser {
    /// E-mail address; this or a phone number is needed.
    #[schema(format = Email, max_length = 254)]
    email: Option<String>,
    /// Phone number.
    #[schema(pattern = r"^([ +().\-/]*([0-9][ +().\-/]*){6,15})?$", max_length = 40)]
    phone: Option<String>,
    /// The person's name.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 120)]
    name: String,
    /// The role's word.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 40)]
    role: String,
    /// A first password; without one the person is invited and chooses it.
    #[schema(format = Password, min_length = 10, max_length = 128)]
    password: Option<String>,
}

/// Who was added or invited.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Added {
    /// A member, who has a password.
    Member(Box<MemberDetail>),
    /// Somebody who has a link.
    Invited(SentLink),
}

/// How many sessions were ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ended {
    /// Sessions that had not ended before.
    pub ended: u64,
}

/// The members, those added last first.
#[utoipa::path(get, path = "/users", tag = "administration", params(MemberFilter, PageRequest),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = List<MemberDetail>)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<MemberFilter>,
    Paging(page): Paging,
) -> ApiResult<List<MemberDetail>> {
    Ok(service::members(&state.app, &actor, &filter, &page).await?.into())
}

/// Add a member with a new account and a password, or invite one.
#[utoipa::path(post, path = "/users", tag = "administration", request_body = AddUser,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<Added>)))]
async fn add(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(user): ApiJson<AddUser>,
) -> ApiResult<(StatusCode, Extension<HoldsSecret>, Data<Added>)> {
    add_or_invite(&state, &actor, user).await
}

/// Adds a member with a password, or invites one without.
pub(super) async fn add_or_invite(
    state: &AppState,
    actor: &Actor,
    user: AddUser,
) -> ApiResult<(StatusCode, Extension<HoldsSecret>, Data<Added>)> {
    let AddUser { email, phone, name, role, password } = user;
    let body = if password.is_some() {
        let new = NewMember { email, phone, name, role, password, customer: None };
        let added = service::add_member(&state.app, actor, new).await?;
        Data::new(Added::Member(Box::new(service::member(&state.app, actor, added.account).await?)))
    } else {
        let sent = service::invite(&state.app, actor, &NewInvitation { email, phone, name, role }).await?;
        let words = if sent.by_mail { "The invitation is on its way." } else { "Hand the link over yourself." };
        Data::with_message(Added::Invited(sent), words)
    };
    Ok((StatusCode::CREATED, Extension(HoldsSecret), body))
}

/// One member, by the account.
#[utoipa::path(get, path = "/users/{id}", tag = "administration", params(("id" = AccountId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<MemberDetail>)))]
async fn get(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AccountId>,
) -> ApiResult<Data<MemberDetail>> {
    Ok(Data::new(service::member(&state.app, &actor, id).await?))
}

/// Change a member's name, phone number, role or status. It counts on the member's next request.
#[utoipa::path(patch, path = "/users/{id}", tag = "administration", params(("id" = AccountId, Path)), request_body = UpdateMember,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<MemberDetail>)))]
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
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Ended>)))]
async fn end_sessions(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AccountId>,
) -> ApiResult<Data<Ended>> {
    Ok(Data::new(Ended { ended: service::end_sessions(&state.app, &actor, id).await? }))
}

/// The customers whose cold chain a member works on. Without any, the member works on all.
#[utoipa::path(get, path = "/users/{id}/customers", tag = "administration", params(("id" = AccountId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Vec<LinkedCustomer>>)))]
async fn linked_customers(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AccountId>,
) -> ApiResult<Data<Vec<LinkedCustomer>>> {
    Ok(Data::new(service::linked_customers(&state.app, &actor, id).await?))
}

/// Link a member to customers, to these and no others: of the cold chain the member then sees theirs alone. It counts on
/// the member's next request.
#[utoipa::path(put, path = "/users/{id}/customers", tag = "administration", params(("id" = AccountId, Path)),
    request_body = LinkCustomers, security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Vec<LinkedCustomer>>)))]
async fn link_customers(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AccountId>,
    ApiJson(links): ApiJson<LinkCustomers>,
) -> ApiResult<Data<Vec<LinkedCustomer>>> {
    Ok(Data::new(service::link_customers(&state.app, &actor, id, links).await?))
}

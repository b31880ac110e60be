//! The ways in beside signing in: invitations, registration, a forgotten password.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use officina::identity::service::{self, NewRegistration};
use officina::identity::{Invitation, SentLink};
use officina::kernel::ids::{AccountId, EntryLinkId, OrgId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::users::{AddUser, Added, add_or_invite};
use crate::http::auth::SignedIn;
use crate::http::client::FromClient;
use crate::http::envelope::Data;
use crate::http::error::{ApiResult, ErrorBody};
use crate::http::extract::{ApiJson, ApiPath};
use crate::http::idempotency::HoldsSecret;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(signup))
        .routes(routes!(register))
        .routes(routes!(forgot))
        .routes(routes!(reset))
        .routes(routes!(invitations))
        .routes(routes!(withdraw))
        .routes(routes!(reset_link))
}

/// Who registers, and with which organisation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Register {
    #[serde(default)]
    #[schema(required = true, format = Email, max_length = 254)]
    email: String,
    /// 10 to 128 characters.
    #[serde(default)]
    #[schema(required = true)]
    password: String,
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 60)]
    first_name: String,
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 60)]
    last_name: String,
    /// The organisation; the default one when left out.
    tenant_id: Option<OrgId>,
}

/// Whose password was forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Forgot {
    /// E-mail address; this or a phone number is needed.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// Phone number.
    #[schema(max_length = 40)]
    phone: Option<String>,
}

/// A new password by a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reset {
    /// The last part of the link.
    #[serde(default)]
    #[schema(required = true)]
    token: String,
    /// 10 to 128 characters.
    #[serde(default)]
    #[schema(required = true)]
    password: String,
}

/// What was asked for is under way, if it can be.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnderWay {
    /// Always true.
    accepted: bool,
}

/// Add a member with a password, or invite one.
#[utoipa::path(post, path = "/auth/signup", tag = "auth", request_body = AddUser,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<Added>)))]
async fn signup(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(user): ApiJson<AddUser>,
) -> ApiResult<(StatusCode, Extension<HoldsSecret>, Data<Added>)> {
    add_or_invite(&state, &actor, user).await
}

/// Make an account as a customer, where the organisation allows it. The e-mail address is confirmed first.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = Register, responses(
    (status = 202, body = Data<UnderWay>), (status = 404, body = ErrorBody)))]
async fn register(
    State(state): State<AppState>,
    ApiJson(body): ApiJson<Register>,
) -> ApiResult<(StatusCode, Data<UnderWay>)> {
    let organisation = match body.tenant_id {
        Some(id) => service::organisation(&state.app, id).await?,
        None => service::public_organisation(&state.app, None).await?,
    };
    let Register { email, password, first_name, last_name, .. } = body;
    service::register(&state.app, &organisation, &NewRegistration { email, password, first_name, last_name }).await?;
    Ok(under_way("Look into your mail to confirm the address."))
}

/// Ask for a link to choose a new password. The answer is the same whether or not there is such an account.
#[utoipa::path(post, path = "/auth/forgot", tag = "auth", request_body = Forgot, responses(
    (status = 202, body = Data<UnderWay>)))]
async fn forgot(
    State(state): State<AppState>,
    ApiJson(body): ApiJson<Forgot>,
) -> ApiResult<(StatusCode, Data<UnderWay>)> {
    service::forgot(&state.app, &body.email.or(body.phone).unwrap_or_default()).await?;
    Ok(under_way(match state.app.mailer.is_on() {
        true => "If there is such an account, a link is on its way to its e-mail address.",
        false => "This installation sends no mail. An administrator can make a link.",
    }))
}

/// Choose a new password by a link. All sessions end; a second factor stays.
#[utoipa::path(post, path = "/auth/reset", tag = "auth", request_body = Reset, responses(
    (status = 204), (status = 404, body = ErrorBody)))]
async fn reset(
    State(state): State<AppState>,
    FromClient(client): FromClient,
    ApiJson(body): ApiJson<Reset>,
) -> ApiResult<StatusCode> {
    service::reset(&state.app, &client, &body.token, &body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The invitations that nobody has followed yet.
#[utoipa::path(get, path = "/admin/invitations", tag = "administration",
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Vec<Invitation>>)))]
async fn invitations(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Vec<Invitation>>> {
    Ok(Data::new(service::invitations(&state.app, &actor).await?))
}

/// Withdraw an invitation.
#[utoipa::path(delete, path = "/admin/invitations/{id}", tag = "administration", params(("id" = EntryLinkId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 204)))]
async fn withdraw(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<EntryLinkId>,
) -> ApiResult<StatusCode> {
    service::withdraw_invitation(&state.app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a link for a member who forgot the password: mailed, or answered where no mail can carry it.
#[utoipa::path(post, path = "/admin/users/{id}/reset-link", tag = "administration", params(("id" = AccountId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<SentLink>)))]
async fn reset_link(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AccountId>,
) -> ApiResult<(StatusCode, Extension<HoldsSecret>, Data<SentLink>)> {
    let sent = service::reset_link(&state.app, &actor, id).await?;
    Ok((StatusCode::CREATED, Extension(HoldsSecret), Data::new(sent)))
}

fn under_way(words: &str) -> (StatusCode, Data<UnderWay>) {
    (StatusCode::ACCEPTED, Data::with_message(UnderWay { accepted: true }, words))
}

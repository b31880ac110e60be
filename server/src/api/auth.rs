//! Signing in and out, for programs. Browsers sign in on the page.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use officina::identity::SessionKind;
use officina::identity::service::{self, Credentials};
use officina::identity::{Me, User};
use officina::kernel::validate::Validator;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::{
    ACCESS_TOKEN_SECONDS, CLEAR_SITE_DATA, Caller, DROPPED_AT_SIGN_OUT, SignedIn, cookie_value, ended_cookie,
};
use crate::http::client::FromClient;
use crate::http::envelope::Data;
use crate::http::error::{ApiResult, ErrorBody};
use crate::http::extract::{ApiJson, OptionalJson};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(login)).routes(routes!(refresh)).routes(routes!(logout)).routes(routes!(me))
}

/// What a program signs in with: an e-mail address or a phone number, and the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Login {
    #[schema(max_length = 254)]
    email: Option<String>,
    #[schema(max_length = 40)]
    phone: Option<String>,
    #[schema(required = true, value_type = String, min_length = 1)]
    password: Option<String>,
    /// A code of the second factor, or a recovery code, for accounts that have one.
    totp: Option<String>,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RefreshToken {
    #[schema(required = true, value_type = String, min_length = 1, max_length = 200)]
    refresh_token: Option<String>,
}

/// Whose session is to end, where it is not the one that asks.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Logout {
    /// The refresh token of the session.
    refresh_token: Option<String>,
}

/// A fresh pair of tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// Seconds that the access token is good for.
    expires_in: i64,
    /// For the next pair; good for 7 days, for one exchange.
    refresh_token: String,
    /// Who signed in.
    user: User,
}

/// Sign in.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login, responses(
    (status = 200, body = Data<Tokens>), (status = 401, body = ErrorBody)))]
async fn login(
    State(state): State<AppState>,
    FromClient(client): FromClient,
    ApiJson(login): ApiJson<Login>,
) -> ApiResult<Data<Tokens>> {
    let mut check = Validator::default();
    let identifier = login.email.or(login.phone).unwrap_or_default();
    let password = login.password.unwrap_or_default();
    if identifier.trim().is_empty() {
        check.errors.add("email", "required", "or phone is required");
    }
    if password.is_empty() {
        check.errors.add("password", "required", "is required");
    }
    let credentials = check.finish(Credentials { identifier, password, code: login.totp })?;
    let signed_in = service::sign_in(&state.app, &client, SessionKind::Api, &credentials).await?;
    tokens(&state, signed_in)
}

/// Exchange a refresh token for a new pair.
///
/// For ten seconds the same client, known by its network and user agent, gets the same pair again: two that refresh at once
/// both go on. Presented later or by another client, a used token ends its session.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = RefreshToken, responses(
    (status = 200, body = Data<Tokens>), (status = 401, body = ErrorBody)))]
async fn refresh(
    State(state): State<AppState>,
    FromClient(client): FromClient,
    ApiJson(body): ApiJson<RefreshToken>,
) -> ApiResult<Data<Tokens>> {
    let mut check = Validator::default();
    let token = check.required("refreshToken", body.refresh_token.as_deref().unwrap_or_default(), 200);
    let token = check.finish(token)?;
    tokens(&state, service::refresh(&state.app, &client, &token).await?)
}

/// End the session of the access token, of the cookie, or of a refresh token, which needs neither.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", request_body = Option<Logout>,
    security((), ("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<LoggedOut>)))]
async fn logout(
    State(state): State<AppState>,
    FromClient(client): FromClient,
    caller: Option<axum::Extension<Caller>>,
    headers: HeaderMap,
    OptionalJson(body): OptionalJson<Logout>,
) -> ApiResult<impl IntoResponse> {
    let actor = caller.and_then(|caller| caller.0.0);
    // A browser that comes with its cookie forgets it, and what it keeps of pages.
    let forgotten = match cookie_value(&headers) {
        Some(_) => Some([
            (header::SET_COOKIE, ended_cookie(&state)?),
            (CLEAR_SITE_DATA, HeaderValue::from_static(DROPPED_AT_SIGN_OUT)),
        ]),
        None => None,
    };
    match (actor, body.refresh_token) {
        (Some(actor), None) => service::sign_out(&state.app, &actor).await?,
        (_, Some(token)) => service::sign_out_by_refresh(&state.app, &client, &token).await?,
        (None, None) => return Err(officina::Error::Unauthorized.into()),
    }
    Ok((forgotten, Data::with_message(LoggedOut { ended: true }, "Signed out.")))
}

/// The answer to signing out.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedOut {
    /// Always true.
    ended: bool,
}

/// Who is signed in, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeBody {
    #[serde(flatten)]
    user: User,
    /// `area:verb` words.
    permissions: Vec<&'static str>,
}

impl From<Me> for MeBody {
    fn from(me: Me) -> Self {
        Self { user: me.user, permissions: me.permissions.iter().map(|permission| permission.as_str()).collect() }
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/auth/me", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<MeBody>)))]
async fn me(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<MeBody>> {
    Ok(Data::new(service::me(&state.app, &actor).await?.into()))
}

fn tokens(state: &AppState, signed_in: service::SignedIn) -> ApiResult<Data<Tokens>> {
    Ok(Data::new(Tokens {
        access_token: state.tokens.issue(signed_in.session, signed_in.since)?,
        expires_in: ACCESS_TOKEN_SECONDS,
        refresh_token: signed_in.token,
        user: signed_in.user,
    }))
}

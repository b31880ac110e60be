//! From credentials to actors: access tokens, the session cookie, and the extractors of handlers.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use officina::identity::Organisation;
use officina::identity::service::{self, Client};
use officina::kernel::actor::Actor;
use officina::kernel::ids::{OrgId, SessionId};
use officina::kernel::secret::Secret;
use officina::kernel::time::{SECOND, Timestamp};
use officina::{Error, Result};
use serde::{Deserialize, Serialize};

use super::client;
use super::connections::{self, Credential};
use super::error::ApiError;
use super::extract::ApiQuery;
use crate::state::AppState;

/// The name of the session cookie. Under https it begins with [`HOST`].
pub const COOKIE: &str = "officina_session";
/// The cookie by which a browser that has signed in before is known again. Under https it begins with [`HOST`].
pub const DEVICE_COOKIE: &str = "officina_device";
/// What browsers take from this host alone, with `Secure` and for all paths: no neighbouring host can plant such a cookie
/// (RFC 6265bis, section 4.1.3.2).
const HOST: &str = "__Host-";
/// The header that asks a browser to drop what it keeps of a site (W3C Clear Site Data).
pub const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// What a browser shall drop at signing out: what it keeps of pages for going back, and what scripts have stored. Not its
/// cookies: by one of them it is known again, others hold the language and the theme.
pub const DROPPED_AT_SIGN_OUT: &str = "\"cache\", \"storage\"";
/// How long a browser keeps that, in seconds.
const DEVICE_SECONDS: i64 = 365 * 24 * 60 * 60;
/// How long an access token is good, in seconds.
pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;
/// How long a browser keeps the cookie; the session itself ends earlier, when the organisation says.
const COOKIE_SECONDS: i64 = 365 * 24 * 60 * 60;

/// Makes and reads access tokens: JWT, HS256, a quarter of an hour.
///
/// The token only names a session. What its member may do is read from the database with every request, so that an
/// ended session or a changed role counts at once.
#[derive(Clone)]
pub struct AccessTokens {
    encoding: EncodingKey,
    /// Of the secret in force, and of the one before it.
    decoding: Vec<DecodingKey>,
    validation: Validation,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessTokens(…)")
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sid: SessionId,
    iat: i64,
    exp: i64,
}

impl AccessTokens {
    /// Tokens signed with a key of their own, derived from the installation's secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        // The algorithm is pinned. The expiry is compared with the application's clock below, not with the machine's.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp"]);
        Self {
            encoding: EncodingKey::from_secret(&secret.derive("jwt")),
            decoding: secret.accepted("jwt").map(|key| DecodingKey::from_secret(&key)).collect(),
            validation,
        }
    }

    /// A token for a session.
    ///
    /// # Errors
    /// Only internal ones.
    pub fn issue(&self, session: SessionId, now: Timestamp) -> Result<String> {
        let iat = now.0 / SECOND;
        let claims = Claims { sid: session, iat, exp: iat + ACCESS_TOKEN_SECONDS };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(Error::internal)
    }

    /// The session of a token.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anything but a good, unexpired token.
    pub fn session(&self, token: &str, now: Timestamp) -> Result<SessionId> {
        let decoded = |key: &DecodingKey| jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok();
        let claims = self.decoding.iter().find_map(decoded).ok_or(Error::Unauthorized)?.claims;
        if now.0 / SECOND < claims.exp { Ok(claims.sid) } else { Err(Error::Unauthorized) }
    }
}

/// The cookie that starts a browser's session.
///
/// # Errors
/// Only internal ones.
pub fn session_cookie(state: &AppState, token: &str) -> Result<HeaderValue> {
    cookie(state, COOKIE, token, COOKIE_SECONDS)
}

/// The cookie by which the browser is known again.
///
/// # Errors
/// Only internal ones.
pub fn device_cookie(state: &AppState, device: &str) -> Result<HeaderValue> {
    cookie(state, DEVICE_COOKIE, device, DEVICE_SECONDS)
}

/// The cookie that makes a browser forget its session.
///
/// # Errors
/// Only internal ones.
pub fn ended_cookie(state: &AppState) -> Result<HeaderValue> {
    cookie(state, COOKIE, "", 0)
}

fn cookie(state: &AppState, name: &str, value: &str, seconds: i64) -> Result<HeaderValue> {
    let (prefix, secure) = if state.app.is_https() { (HOST, "; Secure") } else { ("", "") };
    let text = format!("{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).map_err(Error::internal)
}

/// The value of the session cookie. Sessions from before the name with [`HOST`] go on under the other one; those since then
/// do not count there, where a neighbouring host could have planted them.
#[must_use]
pub fn cookie_value(headers: &HeaderMap) -> Option<&str> {
    let is_there = |value: &&str| !value.is_empty();
    host_cookie(headers, COOKIE).filter(is_there).or_else(|| {
        named_cookie(headers, COOKIE).filter(is_there).filter(|value| !value.starts_with(service::HOST_TOKEN))
    })
}

/// The value by which a browser is known again.
#[must_use]
pub fn device_value(headers: &HeaderMap) -> Option<&str> {
    host_cookie(headers, DEVICE_COOKIE).or_else(|| named_cookie(headers, DEVICE_COOKIE))
}

/// The value of a cookie.
#[must_use]
pub fn named_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    cookies(headers).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The value of a cookie that this host alone can have set.
fn host_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    cookies(headers).find_map(|pair| pair.strip_prefix(HOST)?.strip_prefix(name)?.strip_prefix('='))
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).map(str::trim)
}

/// The access token of the `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who a request comes from, found once per request.
#[derive(Debug, Clone, Default)]
pub struct Caller(pub Option<Actor>);

/// Finds the actor of a request by its access token or session cookie. A token wins: who sends one means it.
///
/// # Errors
/// Only when the database does not answer; wrong credentials are no credentials.
pub async fn identify(state: &AppState, headers: &HeaderMap, client: &Client) -> Result<Option<Actor>> {
    let found = if headers.contains_key(header::AUTHORIZATION) {
        match bearer(headers) {
            Some(key) if key.starts_with(service::TOKEN_PREFIX) => {
                service::actor_by_token(&state.app, client, key).await
            }
            Some(token) => match state.tokens.session(token, state.app.clock.now()) {
                Ok(session) => service::actor_by_session(&state.app, client, session).await,
                Err(error) => Err(error),
            },
            None => Err(Error::Unauthorized),
        }
    } else if let Some(cookie) = cookie_value(headers) {
        service::actor_by_cookie(&state.app, client, cookie).await
    } else {
        return Ok(None);
    };
    match found {
        Ok(actor) => Ok(Some(actor)),
        Err(Error::Unauthorized) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Middleware: puts the [`Caller`] into the request.
pub async fn identify_caller(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let client = client::of(&state, &parts);
    match identify(&state, &parts.headers, &client).await {
        Ok(actor) => {
            if let Some(credential) = actor.as_ref().and_then(Credential::of) {
                connections::prove(&parts.extensions, credential);
            }
            parts.extensions.insert(Caller(actor.clone()));
            let route = route_of(&parts);
            let response = next.run(Request::from_parts(parts, body)).await;
            if let Some(actor) = actor.filter(|_| response.status() == StatusCode::FORBIDDEN) {
                note_refusal(&state, &actor, &route).await;
            }
            response
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Method and path of a request as they stand in the code: the names of server functions, but no ids.
fn route_of(parts: &Parts) -> String {
    let path = match parts.extensions.get::<MatchedPath>() {
        Some(path) if !path.as_str().contains("/_fn/") => path.as_str(),
        _ => parts.uri.path().find("/_fn/").map_or(parts.uri.path(), |function| &parts.uri.path()[function..]),
    };
    format!("{} {path}", parts.method)
}

/// Writes down that somebody known was refused. The answer does not wait for anything else to go well.
async fn note_refusal(state: &AppState, actor: &Actor, route: &str) {
    let is_new = actor.credential().is_some_and(|credential| state.rates.is_new_refusal(credential, route));
    if is_new && let Err(error) = service::note_refusal(&state.app, actor, route).await {
        tracing::warn!(error = %error, "a refusal could not be journaled");
    }
}

/// The same for pages: a public page that is only looked at does not ask who looks.
pub async fn identify_sender(state: State<AppState>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        next.run(request).await
    } else {
        identify_caller(state, request, next).await
    }
}

impl Caller {
    /// Passes for the member that a page was made for, or for a request that does not say for whom.
    ///
    /// # Errors
    /// [`ApiError::OtherMember`] where somebody else is signed in by now: the page must not go on in their name. Where
    /// nobody is, the request is refused for that reason.
    pub fn is_still(&self, person: Option<&str>) -> Result<(), ApiError> {
        let (Some(person), Some(actor)) = (person, &self.0) else { return Ok(()) };
        let is_same = actor.member().is_some_and(|member| member.membership.to_string() == person);
        if is_same { Ok(()) } else { Err(ApiError::OtherMember) }
    }
}

/// The signed-in member, or 401.
#[derive(Debug)]
pub struct SignedIn(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let actor = parts.extensions.get::<Caller>().and_then(|caller| caller.0.clone());
        actor.map(Self).ok_or_else(|| Error::Unauthorized.into())
    }
}

/// A visitor of an organisation's public side, named by `?org=<slug>` or the configured default.
#[derive(Debug)]
pub struct Visitor {
    /// The organisation visited.
    pub organisation: Organisation,
    /// The public as an actor of that organisation.
    pub actor: Actor,
}

impl Visitor {
    /// The visitor of an organisation by its slug, or of the default one.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such organisation.
    pub async fn of(state: &AppState, client: Client, slug: Option<&str>) -> Result<Self> {
        let organisation = service::public_organisation(&state.app, slug).await?;
        let actor = public_actor(organisation.id, client);
        Ok(Self { organisation, actor })
    }
}

fn public_actor(org: OrgId, client: Client) -> Actor {
    Actor::public(org, client.address, client.request_id)
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        #[derive(Deserialize)]
        struct Org {
            org: Option<String>,
        }
        let ApiQuery(Org { org }) = ApiQuery::from_request_parts(parts, state).await?;
        Ok(Self::of(state, client::of(state, parts), org.as_deref()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_a_quarter_of_an_hour_and_for_this_installation() {
        let tokens = AccessTokens::new(&Secret::new(&[1; 32]));
        let now = Timestamp(1_763_632_800_000);
        let session = SessionId::new();
        let token = tokens.issue(session, now).unwrap();
        assert_eq!(tokens.session(&token, now.plus(ACCESS_TOKEN_SECONDS * SECOND - 1)).unwrap(), session);
        assert!(tokens.session(&token, now.plus(ACCESS_TOKEN_SECONDS * SECOND)).is_err());
        assert!(AccessTokens::new(&Secret::new(&[2; 32])).session(&token, now).is_err());
        let rotated = AccessTokens::new(&Secret::new(&[2; 32]).after(&[1; 32]));
        assert_eq!(rotated.session(&token, now).unwrap(), session);
        // {"alg":"none"} with the same claims.
        let claims = token.split('.').nth(1).unwrap();
        assert!(tokens.session(&format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}."), now).is_err());
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers
            .insert(header::COOKIE, HeaderValue::from_static("theme=dark; officina_session_x=1; officina_session=abc"));
        assert_eq!(cookie_value(&headers), Some("abc"));
        let mut with = |cookies: &'static str| {
            headers.insert(header::COOKIE, HeaderValue::from_static(cookies));
            cookie_value(&headers).map(str::to_owned)
        };
        assert_eq!(with("officina_session=old; __Host-officina_session=h.new").as_deref(), Some("h.new"));
        assert_eq!(with("officina_session=h.planted"), None);
        assert_eq!(with("__Host-officina_session="), None);
    }
}

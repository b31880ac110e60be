//! Who looks at which organisation's public page, and in which language.

use std::convert::Infallible;

use app::public::{Language, Visit, notice};
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use officina::Error;
use officina::identity::{Organisation, service};
use officina::kernel::actor::Actor;

use crate::http::auth::Visitor;
use crate::http::client;
use crate::http::error::log_internal;
use crate::http::nonce::Nonce;
use crate::http::request_id;
use crate::state::AppState;

/// The cookie of the language that a visitor chose.
const LANGUAGE_COOKIE: &str = "officina_language";
/// How long the choice is kept, in seconds: a year.
const REMEMBERED: u32 = 365 * 24 * 60 * 60;

/// A visit to a public page: of the organisation in `/o/{slug}/…`, or of the default one.
#[derive(Debug)]
pub struct PublicVisit {
    /// What the page needs.
    pub visit: Visit,
    /// The public as an actor of the organisation.
    pub actor: Actor,
}

impl FromRequestParts<AppState> for PublicVisit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let Ok(nonce) = Nonce::from_request_parts(parts, state).await;
        let slug = RawPathParams::from_request_parts(parts, state)
            .await
            .ok()
            .and_then(|params| params.iter().find(|(name, _)| *name == "slug").map(|(_, slug)| slug.to_owned()));
        let found = Visitor::of(state, client::of(state, parts), slug.as_deref()).await;
        let Visitor { organisation, actor } = match found {
            Ok(visitor) => visitor,
            Err(Error::NotFound) if is_new(state).await => return Err(not_set_up(parts, &nonce)),
            Err(error) => return Err(plain(&error)),
        };
        let base = slug.map(|slug| format!("/o/{slug}")).unwrap_or_default();
        Ok(Self { visit: visit(parts, organisation, base, &nonce), actor })
    }
}

/// A visit before there is any organisation.
#[derive(Debug)]
pub struct FirstVisit(pub Visit);

impl FromRequestParts<AppState> for FirstVisit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let Ok(nonce) = Nonce::from_request_parts(parts, state).await;
        Ok(Self(visit(parts, Organisation::product(), String::new(), &nonce)))
    }
}

fn visit(parts: &Parts, organisation: Organisation, base: String, nonce: &Nonce) -> Visit {
    let asked = asked_language(&parts.uri);
    let chosen = chosen_language(&parts.headers);
    let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Visit {
        language: Language::choose(asked, chosen, accepted, &organisation.locale),
        base,
        here: without_language(&parts.uri),
        nonce: Some(nonce.0.to_string()),
        organisation,
    }
}

/// Whether nobody has set the installation up.
async fn is_new(state: &AppState) -> bool {
    matches!(service::has_accounts(&state.app).await, Ok(false))
}

/// What to do before there is anybody: better than to say that there is nothing.
fn not_set_up(parts: &Parts, nonce: &Nonce) -> Response {
    let visit = visit(parts, Organisation::product(), String::new(), nonce);
    (StatusCode::SERVICE_UNAVAILABLE, Html(notice::not_set_up(&visit))).into_response()
}

/// Without an organisation there is no page to say it on.
fn plain(error: &Error) -> Response {
    log_internal(error, &request_id::current());
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, error.to_string()).into_response()
}

/// Middleware: keeps the language that `?lang=` chooses.
pub async fn remember_language(request: Request, next: Next) -> Response {
    let chosen = asked_language(request.uri()).and_then(Language::from_code);
    let mut response = next.run(request).await;
    if let Some(language) = chosen {
        let cookie = format!("{LANGUAGE_COOKIE}={}; Path=/; Max-Age={REMEMBERED}; SameSite=Lax", language.code());
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

fn asked_language(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang="))
}

fn chosen_language(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(LANGUAGE_COOKIE)?.strip_prefix('='))
}

/// The address of this page without its `lang`, for the language switch.
fn without_language(uri: &Uri) -> String {
    let others: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        .collect();
    if others.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), others.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_switch_keeps_the_rest_of_the_address() {
        let without = |uri: &str| without_language(&uri.parse().unwrap());
        assert_eq!(without("/track?lang=it"), "/track");
        assert_eq!(without("/track/ABC234?phone=1234&lang=it&x=1"), "/track/ABC234?phone=1234&x=1");
    }
}

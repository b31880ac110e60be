//! Rates: how many requests an address or a member may make in a minute.

use std::net::IpAddr;
use std::num::NonZeroU32;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use officina::kernel::actor::Actor;
use officina::{Error, Result};
use uuid::Uuid;

use super::auth::Caller;
use super::client;
use super::error::ApiError;
use crate::config;
use crate::public;
use crate::state::AppState;

/// The counters of all clients. They forget who has been quiet, see [`Rates::forget_quiet`].
#[derive(Debug)]
pub struct Rates {
    anonymous: DefaultKeyedRateLimiter<IpAddr>,
    members: DefaultKeyedRateLimiter<Uuid>,
    refusals: DefaultKeyedRateLimiter<(Uuid, String)>,
    enabled: bool,
}

impl Rates {
    /// Counters with the configured rates.
    #[must_use]
    pub fn new(limits: &config::Limits) -> Self {
        let per_minute = |count: u32| Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN));
        Self {
            anonymous: RateLimiter::dashmap(per_minute(limits.anonymous_per_minute)),
            members: RateLimiter::dashmap(per_minute(limits.member_per_minute)),
            refusals: RateLimiter::dashmap(per_minute(1)),
            enabled: limits.enabled,
        }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// [`Error::RateLimited`] when it is one too many.
    pub fn count(&self, caller: &Caller, address: Option<IpAddr>) -> Result<()> {
        if !self.enabled {
            return Ok(());
        }
        let member = caller.0.as_ref().and_then(Actor::credential);
        let verdict = match (member, address) {
            (Some(credential), _) => self.members.check_key(&credential),
            (None, Some(address)) => self.anonymous.check_key(&network_of(address)),
            // No address: not from the network.
            (None, None) => return Ok(()),
        };
        verdict.map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Error::RateLimited { retry_after: wait.as_secs() + 1 }
        })
    }

    /// Whether a refusal is worth writing down: the same one of the same client is, once a minute.
    #[must_use]
    pub fn is_new_refusal(&self, credential: Uuid, route: &str) -> bool {
        self.refusals.check_key(&(credential, route.to_owned())).is_ok()
    }

    /// Frees the memory of clients whose counters are full again.
    pub fn forget_quiet(&self) {
        self.anonymous.retain_recent();
        self.members.retain_recent();
        self.refusals.retain_recent();
    }
}

/// What counts as one client: an IPv4 address, or the /64 that an IPv6 client has to itself.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

/// Middleware for the API: counts every request. Needs the [`Caller`].
pub async fn limit_api(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match count(&state, request) {
        Ok(request) => next.run(request).await,
        Err((_, error)) => ApiError::from(error).into_response(),
    }
}

/// Middleware for pages: counts what changes something. Pages themselves and static files are not counted.
pub async fn limit_forms(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    match count(&state, request) {
        Ok(request) => next.run(request).await,
        Err((mut parts, error)) => public::refuse(&state, &mut parts, error).await,
    }
}

/// Counts a request. One too many comes back without its body.
fn count(state: &AppState, request: Request) -> std::result::Result<Request, (Box<Parts>, Error)> {
    let (parts, body) = request.into_parts();
    let caller = parts.extensions.get::<Caller>().cloned().unwrap_or_default();
    match state.rates.count(&caller, client::of(state, &parts).address) {
        Ok(()) => Ok(Request::from_parts(parts, body)),
        Err(error) => Err((Box::new(parts), error)),
    }
}

//! Rates: how many requests an address or a member may make in a minute.

use std::hash::Hash;
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
use officina::kernel::files::Refusal;
use officina::kernel::ids::OrgId;
use officina::kernel::network::{Network, SITE_ALLOWANCE};
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
    anonymous: DefaultKeyedRateLimiter<Network>,
    /// Whole IPv6 sites of clients.
    sites: DefaultKeyedRateLimiter<Network>,
    members: DefaultKeyedRateLimiter<Uuid>,
    refusals: DefaultKeyedRateLimiter<(Uuid, String)>,
    /// Kibibytes of files.
    sent_by_address: DefaultKeyedRateLimiter<Network>,
    sent_by_site: DefaultKeyedRateLimiter<Network>,
    sent_to_organisation: DefaultKeyedRateLimiter<OrgId>,
    enabled: bool,
}

impl Rates {
    /// Counters with the configured rates.
    #[must_use]
    pub fn new(limits: &config::Limits) -> Self {
        let per_minute = |count: u32| Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN));
        let per_hour = |mebibytes: u32| {
            Quota::per_hour(NonZeroU32::new(mebibytes.saturating_mul(1024)).unwrap_or(NonZeroU32::MIN))
        };
        Self {
            sent_by_address: RateLimiter::dashmap(per_hour(limits.upload_mb_per_address)),
            sent_by_site: RateLimiter::dashmap(per_hour(limits.upload_mb_per_address.saturating_mul(SITE_ALLOWANCE))),
            sent_to_organisation: RateLimiter::dashmap(per_hour(limits.upload_mb_per_organisation)),
            anonymous: RateLimiter::dashmap(per_minute(limits.anonymous_per_minute)),
            sites: RateLimiter::dashmap(per_minute(limits.anonymous_per_minute.saturating_mul(SITE_ALLOWANCE))),
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
            (None, Some(address)) => self
                .anonymous
                .check_key(&Network::of(address))
                .and_then(|()| Network::site_of(address).map_or(Ok(()), |site| self.sites.check_key(&site))),
            // No address: not from the network.
            (None, None) => return Ok(()),
        };
        verdict.map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Error::RateLimited { retry_after: wait.as_secs() + 1 }
        })
    }

    /// Counts a file that came in, by the address of who is not signed in and by the organisation.
    ///
    /// # Errors
    /// [`Refusal::Quota`] when it is more than may come in an hour.
    pub fn count_file(&self, actor: &Actor, bytes: usize) -> std::result::Result<(), Refusal> {
        let kibibytes = u32::try_from(bytes.div_ceil(1024)).ok().and_then(NonZeroU32::new);
        let Some(kibibytes) = kibibytes.filter(|_| self.enabled) else { return Ok(()) };
        if let (None, Some(address)) = (actor.credential(), actor.address) {
            within(&self.sent_by_address, &Network::of(address), kibibytes)?;
            if let Some(site) = Network::site_of(address) {
                within(&self.sent_by_site, &site, kibibytes)?;
            }
        }
        within(&self.sent_to_organisation, &actor.org, kibibytes)
    }

    /// Whether a refusal is worth writing down: the same one of the same client is, once a minute.
    #[must_use]
    pub fn is_new_refusal(&self, credential: Uuid, route: &str) -> bool {
        self.refusals.check_key(&(credential, route.to_owned())).is_ok()
    }

    /// Frees the memory of clients whose counters are full again.
    pub fn forget_quiet(&self) {
        self.anonymous.retain_recent();
        self.sites.retain_recent();
        self.members.retain_recent();
        self.refusals.retain_recent();
        self.sent_by_address.retain_recent();
        self.sent_by_site.retain_recent();
        self.sent_to_organisation.retain_recent();
    }
}

/// Takes from what a key may still send in this hour.
fn within<K: Hash + Eq + Clone>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
    kibibytes: NonZeroU32,
) -> std::result::Result<(), Refusal> {
    match limiter.check_key_n(key, kibibytes) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(not_until)) => {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Err(Refusal::Quota { retry_after: wait.as_secs() + 1 })
        }
        Err(_) => Err(Refusal::TooLarge),
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

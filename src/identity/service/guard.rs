//! How often a password or a code may be guessed.
//!
//! Failures count for an address with an account, and for an address with any account, in the database, so that all
//! servers of an installation share them. Of IPv6, what counts as an address is the network of one client, and more loosely
//! that of a site. A device that the account has signed in on before counts for itself: nobody
//! can lock a known owner out from elsewhere. Who goes on failing waits longer each time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Client;
use super::failed_sign_ins::{Tried, note_failure};
use crate::identity::password::Passwords;
use crate::identity::store;
use crate::kernel::App;
use crate::kernel::ids::{AccountId, SessionId};
use crate::kernel::network::Network;
use crate::kernel::secret::token_hash;
use crate::kernel::time::{DAY, MINUTE, SECOND, Timestamp};
use crate::{Error, Result};

/// How long failures are remembered.
pub(super) const REMEMBERED: i64 = DAY;
/// The longest wait is the window doubled so often: four hours for a quarter of an hour.
const MOST_DOUBLINGS: usize = 4;

/// How failed sign-ins are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInLimits {
    /// Failures of one address with one account in the window.
    pub per_account: usize,
    /// Failures of one address with any account in the window: offices share an address.
    pub per_address: i64,
    /// The window, in milliseconds.
    pub window: i64,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self { per_account: 5, per_address: 50, window: 15 * MINUTE }
    }
}

impl SignInLimits {
    /// Until when a source that may do so many `times` as much as one client has to wait with an account, after failures
    /// of the last day, the newest first. The window doubles with each full number of failures.
    fn locked_until(self, failures: &[Timestamp], times: u32) -> Option<Timestamp> {
        let free = self.free(times);
        let decisive = failures.get(free.checked_sub(1)?)?;
        let doublings = (failures.len() / free - 1).min(MOST_DOUBLINGS);
        Some(decisive.plus(self.window << doublings))
    }

    /// Failures with one account before the first wait.
    const fn free(self, times: u32) -> usize {
        self.per_account.saturating_mul(times as usize)
    }

    /// As many failures with one account as make a difference.
    fn decisive(self, times: u32) -> i64 {
        i64::try_from(self.free(times).saturating_mul(MOST_DOUBLINGS + 1)).unwrap_or(i64::MAX)
    }
}

/// One guess at a time of one source: guesses that are made at once would all be looked at before the first was counted.
///
/// Whoever waits for a turn may hold one of an earlier step, never of a later one, so nobody waits for each other: first
/// signing in, then a proof, then a code.
#[derive(Debug, Clone)]
pub struct Turns(Arc<[[Arc<Mutex<()>>; STRIPES]; STEPS]>);

/// Sources that share a turn by chance wait for each other, which costs them some milliseconds.
const STRIPES: usize = 256;
const STEPS: usize = 4;
/// Signing in where the account is not known. Known devices have turns of their own, so that no stranger is before them.
const AS_STRANGER: usize = 0;
/// Signing in with a device that the account has signed in on before.
const AS_KNOWN: usize = 1;

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(std::array::from_fn(|_| std::array::from_fn(|_| Arc::default()))))
    }
}

impl Turns {
    async fn wait(&self, step: usize, source: &str) -> OwnedMutexGuard<()> {
        let mut hasher = DefaultHasher::new();
        source.hash(&mut hasher);
        let stripe = usize::try_from(hasher.finish() % STRIPES as u64).unwrap_or_default();
        self.0[step][stripe].clone().lock_owned().await
    }
}

/// What somebody has to prove who is known already.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    /// The password, once more.
    Password = 2,
    /// A code of the second factor.
    Code = 3,
}

impl By {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "proof",
            Self::Code => "second factor",
        }
    }
}

/// Where an account is known: a browser in which it has signed in before, or a session of its own.
#[derive(Debug)]
pub(super) struct Place(String);

impl Place {
    /// The browser that somebody signs in with, if the account has done so there before.
    pub(super) async fn of_client(app: &App, client: &Client, account: AccountId) -> Result<Option<Self>> {
        let Some(device) = client.device.as_deref().map(token_hash) else { return Ok(None) };
        let is_known = store::is_device_of(&app.db, device.clone(), account).await?;
        Ok(is_known.then(|| Self(format!("device {}", app.secret.sign("device", &hex(&device))))))
    }

    /// The session of somebody who is signed in.
    pub(super) fn of_session(session: SessionId) -> Self {
        Self(format!("session {session}"))
    }
}

/// Where guesses come from, as it is counted.
#[derive(Debug)]
struct Source {
    name: String,
    /// How many times as much as one client it may do.
    times: u32,
}

/// Who guesses at what. It is this one's turn until it is dropped.
#[derive(Debug)]
pub(super) struct Guesser {
    /// The networks of the address, or the device that is known.
    sources: Vec<Source>,
    /// The account that is tried, hashed: what is typed there may be a password by mistake.
    account: String,
    known: bool,
    /// At signing in: from which network, and as whom.
    noted: Option<(String, Tried)>,
    _turn: OwnedMutexGuard<()>,
}

impl Guesser {
    /// Someone who tries to sign in as whoever has this e-mail address or phone key.
    pub(super) async fn at_sign_in(app: &App, client: &Client, email: &str, phone: &str) -> Result<Self> {
        // However a number is written, it is one that is tried.
        let account = app.secret.sign("login-failures", if phone.starts_with('+') { phone } else { email });
        let noted = Some((network_of(client), Tried::Keys(email.to_owned(), phone.to_owned())));
        if let Some(device) = client.device.as_deref().map(token_hash)
            && store::is_known_device(&app.db, device.clone(), email, phone).await?
        {
            let source = format!("device {}", app.secret.sign("device", &hex(&device)));
            let turn = app.turns.wait(AS_KNOWN, &source).await;
            let sources = vec![Source { name: source, times: 1 }];
            return Ok(Self { sources, account, known: true, noted, _turn: turn });
        }
        let networks = client.address.into_iter().flat_map(Network::counted);
        let mut sources: Vec<_> =
            networks.map(|(network, times)| Source { name: network.to_string(), times }).collect();
        if sources.is_empty() {
            // Not from the network.
            sources.push(Source { name: String::new(), times: 1 });
        }
        let turn = app.turns.wait(AS_STRANGER, &sources[0].name).await;
        Ok(Self { sources, account, known: false, noted, _turn: turn })
    }

    /// Someone whose password was right, or who is signed in, and has to prove it `by` a password or a code. The right
    /// password is known here, so guesses from all addresses count together, but for those `at` a place that the account
    /// is known at.
    pub(super) async fn of_account(app: &App, account: AccountId, by: By, at: Option<&Place>) -> Self {
        let account = app.secret.sign("login-failures", &account.to_string());
        let turn = app.turns.wait(by as usize, &account).await;
        let source = at.map_or_else(|| by.as_str().to_owned(), |Place(place)| format!("{} at {place}", by.as_str()));
        let sources = vec![Source { name: source, times: 1 }];
        Self { sources, account, known: true, noted: None, _turn: turn }
    }

    /// The queue for a check of the password that this one guesses at.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for a stranger when too many wait.
    pub(super) fn passwords(&self, app: &App, client: &Client) -> Result<Passwords> {
        if self.known { Ok(app.passwords.clone()) } else { app.passwords.for_stranger(client.address) }
    }

    /// Passes while another guess is allowed.
    pub(super) async fn pass(&self, app: &App, now: Timestamp) -> Result<()> {
        let Some(limits) = app.sign_in_limits else { return Ok(()) };
        for Source { name, times } in &self.sources {
            let since = now.plus(-REMEMBERED);
            let failures = store::login_failures(&app.db, name, &self.account, since, limits.decisive(*times)).await?;
            let mut until = limits.locked_until(&failures, *times).filter(|until| *until > now);
            if until.is_none() && !self.known {
                let with_any = store::login_failures_of(&app.db, name, now.plus(-limits.window)).await?;
                let allowed = limits.per_address.saturating_mul(i64::from(*times));
                until = (with_any >= allowed).then(|| now.plus(limits.window));
            }
            if let Some(until) = until {
                return Err(Error::RateLimited { retry_after: (until.since(now) / SECOND + 1).unsigned_abs() });
            }
        }
        Ok(())
    }

    /// Writes a wrong guess down.
    pub(super) async fn failed(&self, app: &App, now: Timestamp) -> Result<()> {
        self.write(app, self.noted.as_ref().map(|(_, tried)| tried), now).await
    }

    /// Writes down that the code of an account was wrong, after the right password.
    pub(super) async fn failed_at_code(&self, app: &App, account: AccountId, now: Timestamp) -> Result<()> {
        self.write(app, Some(&Tried::Account(account)), now).await
    }

    async fn write(&self, app: &App, tried: Option<&Tried>, now: Timestamp) -> Result<()> {
        let mut tx = app.db.begin().await?;
        for source in &self.sources {
            store::insert_login_failure(&mut tx, &source.name, &self.account, now).await?;
        }
        if let (Some((network, _)), Some(tried)) = (&self.noted, tried) {
            note_failure(app, &mut tx, &self.account, network, tried, now).await?;
        }
        tx.commit().await
    }

    /// Forgets the wrong guesses, after a right one.
    pub(super) async fn succeeded(&self, tx: &mut crate::kernel::db::Tx) -> Result<()> {
        for source in &self.sources {
            store::forget_login_failures(tx, &source.name, &self.account).await?;
        }
        Ok(())
    }
}

/// Notes that the code after a right password was wrong.
pub(super) async fn note_wrong_code(app: &App, client: &Client, account: AccountId, now: Timestamp) -> Result<()> {
    let key = app.secret.sign("login-failures", &account.to_string());
    let mut tx = app.db.begin().await?;
    note_failure(app, &mut tx, &key, &network_of(client), &Tried::Account(account), now).await?;
    tx.commit().await
}

fn network_of(client: &Client) -> String {
    client.address.map(|address| Network::of(address).to_string()).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_on_failing_waits_longer() {
        let limits = SignInLimits::default();
        let now = Timestamp(1_795_168_800_000);
        let failures = |count: i64| (0..count).map(|ago| now.plus(-ago * SECOND)).collect::<Vec<_>>();
        let minutes =
            |count: i64| limits.locked_until(&failures(count), 1).map(|until| (until.since(now) + 4_000) / MINUTE);
        assert_eq!(minutes(4), None);
        assert_eq!(minutes(5), Some(15));
        assert_eq!(minutes(9), Some(15));
        assert_eq!(minutes(10), Some(30));
        assert_eq!(minutes(15), Some(60));
        assert_eq!(minutes(60), Some(240));
        assert_eq!(limits.locked_until(&failures(49), 10), None, "a site has ten times as many");
        assert!(limits.locked_until(&failures(50), 10).is_some());
    }

    #[test]
    fn old_failures_end_by_themselves() {
        let limits = SignInLimits::default();
        let now = Timestamp(1_795_168_800_000);
        let spread: Vec<_> = (0..5).map(|ago| now.plus(-ago * 4 * MINUTE)).collect();
        assert!(limits.locked_until(&spread, 1).is_some_and(|until| until <= now));
    }
}

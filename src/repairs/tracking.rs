//! What a customer sees with a tracking code, and what keeps codes from being guessed.
//!
//! A code has 30 bits and can be guessed, so by code alone little is shown, and misses are counted: per address, and over
//! all addresses. When many addresses guess at once, lookups queue in a slow lane, while signed links, and codes where they
//! were found before, are served as ever.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::Semaphore;

use super::model::{CODE_LETTERS, Tracking, TrackingStep, normalise_code};
use super::photos;
use super::service::SUBJECT;
use super::status::RepairStatus;
use super::store::{self, TrackedRow};
use super::submitted::shown_instead;
use crate::kernel::App;
use crate::kernel::files::{self, Rendition};
use crate::kernel::ids::{FileId, OrgId};
use crate::kernel::journal;
use crate::kernel::network::Network;
use crate::kernel::secret::constant_time_eq;
use crate::kernel::text;
use crate::{Error, Result};

/// Misses of one address before it has to wait.
const MISSES_PER_ADDRESS: u32 = 10;
/// Wrong phone digits of one address for one code before it may offer no more.
const WRONG_DIGITS_PER_ADDRESS: u32 = 5;
/// Wrong phone digits for one code from all addresses before nobody's are taken: there are only 10,000. Far more than one
/// address has, so that one alone cannot shut the true customer out.
const WRONG_DIGITS_PER_CODE: u32 = 100;
/// How long digits are not taken then. A sent link opens the fuller view all the time.
const DIGITS_WAIT: Duration = Duration::from_secs(60 * 60);
/// How long a code that was found stays known where it was found.
const KNOWN_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an address has to wait after its last free miss.
const ADDRESS_WAIT: Duration = Duration::from_secs(10 * 60);
/// Misses of all addresses in a minute before strangers queue in the slow lane.
const MISSES_PER_MINUTE: u32 = 200;
/// How long a stranger is held in the slow lane.
const SLOW_LANE_DELAY: Duration = Duration::from_secs(1);
/// How long a stranger waits for a place in the slow lane before being sent away.
const SLOW_LANE_PATIENCE: Duration = Duration::from_secs(5);
/// Lookups that are in the slow lane at the same time.
const SLOW_LANE_WIDTH: usize = 8;

/// What a visitor offers to prove to be the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The last four digits of the phone number.
    PhoneLast4(String),
    /// The signature of a link that was sent.
    Token(String),
}

/// The memory of misses. In this process only: a restart forgives, and several servers count each for itself.
#[derive(Debug, Clone)]
pub struct Guesses {
    enabled: bool,
    misses: Cache<Network, Arc<AtomicU32>>,
    /// The codes that were found, and from where: looking again is no guess, but any other code is.
    known: Cache<(Network, String), ()>,
    /// By code and client; without one, of all clients.
    wrong_digits: Cache<(String, Option<Network>), Arc<AtomicU32>>,
    minute: Cache<(), Arc<AtomicU32>>,
    slow_lane: Arc<Semaphore>,
}

impl Guesses {
    /// An empty memory; switched off, it counts nothing.
    #[must_use]
    pub fn new(enabled: bool) -> Self {
        Self {
            enabled,
            misses: Cache::builder().max_capacity(100_000).time_to_live(ADDRESS_WAIT).build(),
            known: Cache::builder().max_capacity(100_000).time_to_live(KNOWN_FOR).build(),
            wrong_digits: Cache::builder().max_capacity(100_000).time_to_live(DIGITS_WAIT).build(),
            minute: Cache::builder().max_capacity(1).time_to_live(Duration::from_secs(60)).build(),
            slow_lane: Arc::new(Semaphore::new(SLOW_LANE_WIDTH)),
        }
    }

    async fn admit(&self, code: Option<&str>, address: Option<IpAddr>) -> Result<()> {
        let Some(address) = address.filter(|_| self.enabled) else { return Ok(()) };
        if code.is_some_and(|code| self.known.contains_key(&(Network::of(address), code.to_owned()))) {
            return Ok(());
        }
        for (network, times) in Network::counted(address) {
            if count(self.misses.get(&network)) >= MISSES_PER_ADDRESS * times {
                return Err(Error::RateLimited { retry_after: ADDRESS_WAIT.as_secs() });
            }
        }
        if count(self.minute.get(&())) >= MISSES_PER_MINUTE {
            let place = tokio::time::timeout(SLOW_LANE_PATIENCE, self.slow_lane.acquire())
                .await
                .map_err(|_| Error::RateLimited { retry_after: 60 })?;
            tokio::time::sleep(SLOW_LANE_DELAY).await;
            drop(place);
        }
        Ok(())
    }

    /// Refuses more digits for a code after too many wrong ones, whether or not there is such a code: that must not show.
    fn admit_digits(&self, code: &str, address: Option<IpAddr>) -> Result<()> {
        let wrong = |from: Option<Network>| count(self.wrong_digits.get(&(code.to_owned(), from)));
        let too_many_here = address.is_some_and(|address| {
            Network::counted(address).any(|(network, times)| wrong(Some(network)) >= WRONG_DIGITS_PER_ADDRESS * times)
        });
        if self.enabled && (too_many_here || wrong(None) >= WRONG_DIGITS_PER_CODE) {
            return Err(Error::RateLimited { retry_after: DIGITS_WAIT.as_secs() });
        }
        Ok(())
    }

    fn wrong_digits(&self, code: &str, address: Option<IpAddr>) {
        if !self.enabled {
            return;
        }
        let here = address.into_iter().flat_map(Network::counted).map(|(network, _)| Some(network));
        for from in std::iter::once(None).chain(here) {
            self.wrong_digits.get_with((code.to_owned(), from), Arc::default).fetch_add(1, Ordering::Relaxed);
        }
    }

    fn miss(&self, address: Option<IpAddr>) {
        let Some(address) = address.filter(|_| self.enabled) else { return };
        for (network, _) in Network::counted(address) {
            self.misses.get_with(network, Arc::default).fetch_add(1, Ordering::Relaxed);
        }
        self.minute.get_with((), Arc::default).fetch_add(1, Ordering::Relaxed);
    }

    fn hit(&self, code: &str, address: Option<IpAddr>) {
        if let Some(address) = address.filter(|_| self.enabled) {
            self.known.insert((Network::of(address), code.to_owned()), ());
        }
    }
}

fn count(counter: Option<Arc<AtomicU32>>) -> u32 {
    counter.map_or(0, |counter| counter.load(Ordering::Relaxed))
}

/// A repair that was found by its code.
#[derive(Debug, Clone)]
pub struct Tracked {
    /// Whose repair it is. Codes are unique over all organisations, so nobody has to name one.
    pub organisation: OrgId,
    /// What the customer sees.
    pub tracking: Tracking,
}

/// What the tracking page shows for a code. A miss and a wrong proof are the same [`Error::NotFound`].
///
/// # Errors
/// [`Error::NotFound`], or [`Error::RateLimited`] after too many misses.
pub async fn track(app: &App, address: Option<IpAddr>, typed: &str, proof: Option<&Proof>) -> Result<Tracked> {
    let (row, proven) = find(app, address, typed, proof).await?;
    let history = journal::timeline(&app.db, row.org_id, SUBJECT, row.id.0).await?;
    let mut timeline: Vec<TrackingStep> = Vec::new();
    for entry in history {
        let reached = entry.to.and_then(|status| status.parse::<RepairStatus>().ok());
        let noted = entry.public_note.as_ref().and(timeline.last()).map(|step| step.status);
        if let Some(status) = reached.or(noted) {
            timeline.push(TrackingStep { status, at: entry.at, note: entry.public_note });
        }
    }
    let shown = match proven {
        true => files::of_subject(&app.db, row.org_id, (SUBJECT, row.id.0)).await?,
        false => Vec::new(),
    };
    let (name, brand, model) = match shown_instead(row.status, row.submitted_vehicle.as_deref()) {
        // A phone number, too, can be anybody's.
        Some(said) => (row.submitted_name.unwrap_or(row.customer_name), said.brand, said.model),
        None => (row.customer_name, row.brand, row.model),
    };
    let tracking = Tracking {
        status: row.status,
        waiting_from: row.waiting_from,
        first_name: name.split_whitespace().next().unwrap_or_default().to_owned(),
        plate_hint: plate_hint(&row.plate),
        brand,
        model,
        appointment_at: row.appointment_at.filter(|_| row.status == RepairStatus::Confirmed),
        promised_date: row.promised_date,
        timeline,
        updated_at: row.updated_at,
        photos: shown.into_iter().map(Into::into).collect(),
        proven,
        token: proven.then(|| token(app, &row.tracking_code)),
        tracking_code: row.tracking_code,
    };
    Ok(Tracked { organisation: row.org_id, tracking })
}

/// The bytes of a photo, for whoever has proven to be the customer.
///
/// # Errors
/// As [`track`].
pub async fn photo(
    app: &App,
    address: Option<IpAddr>,
    typed: &str,
    token: &str,
    photo: FileId,
    rendition: Rendition,
) -> Result<bytes::Bytes> {
    let (row, _) = find(app, address, typed, Some(&Proof::Token(token.to_owned()))).await?;
    photos::find(app, row.org_id, row.id, photo).await?;
    app.files.get(row.org_id, photo, rendition).await
}

/// The link that opens the fuller view, for messages to the customer.
#[must_use]
pub fn link(app: &App, code: &str) -> String {
    format!("{}/track/{code}?token={}", app.base_url, token(app, code))
}

fn token(app: &App, code: &str) -> String {
    app.secret.sign("track", code)
}

async fn find(app: &App, address: Option<IpAddr>, typed: &str, proof: Option<&Proof>) -> Result<(TrackedRow, bool)> {
    let code = normalise_code(typed);
    // A good signature is no guess: it needs no lookup to be checked, so it is served whatever others do.
    let signed = match (&code, proof) {
        (Some(code), Some(Proof::Token(token))) => app.secret.verify("track", code, token),
        _ => false,
    };
    if !signed {
        app.guesses.admit(code.as_deref(), address).await?;
    }
    if let (Some(code), Some(Proof::PhoneLast4(_))) = (&code, proof) {
        app.guesses.admit_digits(code, address)?;
    }
    let row = match &code {
        Some(code) => store::by_code(&app.db, code).await?,
        None => None,
    };
    let proven = match (&row, proof) {
        (Some(row), Some(Proof::PhoneLast4(digits))) => {
            let key = row.phone_number.as_deref().unwrap_or_default();
            key.len() >= 4 && constant_time_eq(&key.as_bytes()[key.len() - 4..], text::plain(digits).as_bytes())
        }
        (Some(_), Some(Proof::Token(_))) => signed,
        _ => false,
    };
    match row {
        Some(row) if proven || proof.is_none() => {
            app.guesses.hit(&row.tracking_code, address);
            Ok((row, proven))
        }
        _ => {
            app.guesses.miss(address);
            if let (Some(code), Some(Proof::PhoneLast4(_))) = (&code, proof) {
                app.guesses.wrong_digits(code, address);
            }
            Err(Error::NotFound)
        }
    }
}

/// A random code of six of the 32 letters.
pub(super) fn new_code() -> String {
    rand::random::<[u8; 6]>().iter().map(|byte| char::from(CODE_LETTERS[usize::from(byte & 31)])).collect()
}

/// The first two letters of a plate; the rest as dots.
fn plate_hint(plate: &str) -> String {
    let letters: Vec<char> = plate.chars().filter(|c| c.is_alphanumeric()).collect();
    letters.iter().enumerate().map(|(index, letter)| if index < 2 { *letter } else { '•' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_good_code_opens_no_way_for_guesses() {
        let guesses = Guesses::new(true);
        let customer: Option<IpAddr> = Some("198.51.100.4".parse().unwrap());
        guesses.hit("ABC234", customer);
        for guesser in 0..MISSES_PER_MINUTE {
            guesses.miss(Some(IpAddr::from([10, 0, 0, u8::try_from(guesser).unwrap()])));
        }
        let mut again = Box::pin(guesses.admit(Some("ABC234"), customer));
        assert!(futures::poll!(&mut again).is_ready(), "what was found is served whatever others do");
        for code in [Some("ABC235"), None] {
            let mut guess = Box::pin(guesses.admit(code, customer));
            assert!(futures::poll!(&mut guess).is_pending(), "{code:?} goes by the slow lane");
        }
    }

    #[tokio::test]
    async fn a_whole_site_has_its_limit_too() {
        let guesses = Guesses::new(true);
        let address = |client: u32| Some(format!("2001:db8:1:{client:x}::1").parse::<IpAddr>().unwrap());
        for client in 0..20 {
            for _ in 0..5 {
                guesses.miss(address(client));
            }
        }
        assert!(guesses.admit(Some("ABC234"), address(99)).await.is_err());
        assert!(guesses.admit(Some("ABC234"), Some("2001:db8:2::1".parse().unwrap())).await.is_ok());
    }
}

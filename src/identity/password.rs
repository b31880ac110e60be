//! Password hashing: argon2id on a bounded pool with a bounded queue.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;

use crate::kernel::network::Network;
use crate::kernel::text;
use crate::{Error, Result};

/// Hashes and checks passwords, a few at a time: each costs 19 MiB and tens of milliseconds on purpose.
///
/// Whoever is known, by a session, a link or a device that the account has signed in on before, waits for those alone
/// who are being served. Strangers queue behind each other, and where that queue is full they are told to come back.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Hashes at the same time. First come, first served.
    turns: Arc<Semaphore>,
    /// Strangers who wait for a turn among those who are known: no more of them than are served at once.
    strangers: Arc<Semaphore>,
    /// Strangers who wait or are served.
    stranger_places: Arc<Semaphore>,
    /// The same of those who are known.
    known_places: Arc<Semaphore>,
    /// How many of their places each network has.
    of_network: Arc<Mutex<HashMap<Network, usize>>>,
    /// The place of a stranger, among those who wait or are served.
    place: Option<Arc<Place>>,
}

/// Strangers who wait at the same time. At a few tens of milliseconds each, the last of them waits some seconds.
const STRANGERS_WAITING: usize = 64;
/// How many of them one client of the network may be, who is served one at a time anyway.
const WAITING_OF_CLIENT: usize = STRANGERS_WAITING / 2;
/// The same of a site. It is less than ten clients may be, or one site would be the whole queue.
const WAITING_OF_SITE: usize = STRANGERS_WAITING * 3 / 4;
/// The same of those who are known: an account that many of its devices sign in to at once is a rare thing.
const KNOWN_WAITING: usize = 256;

/// Passes of each hash: with its memory, OWASP's second recommended setting for argon2id.
const PASSES: u32 = 2;
/// Memory of each hash, in KiB.
const MEMORY: u32 = 19 * 1024;
/// What a password for an unknown account is checked against, so that it takes as long as for a known one. It is the hash
/// of nothing; and if it were, who gives it is still unknown.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$b2ZmaWNpbmEgZGVjb3kgMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Passwords {
    /// A pool that hashes `at_once` passwords at the same time.
    #[must_use]
    pub fn new(at_once: usize) -> Self {
        let at_once = at_once.max(1);
        let places = |count: usize| Arc::new(Semaphore::new(count));
        Self {
            turns: places(at_once),
            strangers: places(at_once),
            stranger_places: places(at_once + STRANGERS_WAITING),
            known_places: places(at_once + KNOWN_WAITING),
            of_network: Arc::default(),
            place: None,
        }
    }

    /// The same pool for somebody of whom nothing is known but the address, who has a place in the queue as long as this
    /// is kept: taken before anything is looked up, it keeps a crowd from the database, too.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait, or too many of this one's network.
    pub fn for_stranger(&self, address: Option<IpAddr>) -> Result<Self> {
        let share = address.map(|address| Share::take(&self.of_network, address)).transpose()?;
        let permit = Arc::clone(&self.stranger_places).try_acquire_owned().map_err(|_| Error::Unavailable)?;
        Ok(Self { place: Some(Arc::new(Place { _held: (permit, share) })), ..self.clone() })
    }

    /// Waits for a turn, which lasts until it is dropped. Whoever hashes keeps it, also when nobody waits for the answer
    /// any more.
    async fn turn(&self) -> Result<Turn> {
        let (place, among_known) = match &self.place {
            Some(place) => {
                let among_known = Arc::clone(&self.strangers).acquire_owned().await.map_err(Error::internal)?;
                (Arc::clone(place), Some(among_known))
            }
            None => {
                let place = Arc::clone(&self.known_places).try_acquire_owned().map_err(|_| Error::Unavailable)?;
                (Arc::new(Place { _held: (place, None) }), None)
            }
        };
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Error::internal)?;
        Ok(Turn { _held: (turn, among_known, place) })
    }

    /// The PHC string of a password, in the form that [`text::password`] gives it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let turn = self.turn().await?;
        let password = text::password(password);
        let hashed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            hash(&password)
        });
        hashed.await.map_err(Error::internal)?
    }

    /// Whether a password is right. Without a stored hash it never is, but takes as long.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        Ok(self.check(password, stored).await? != Match::Wrong)
    }

    /// As [`Passwords::verify`], and tells whether the stored hash is of a form that is no longer made.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait.
    pub async fn check(&self, password: &str, stored: Option<&str>) -> Result<Match> {
        let turn = self.turn().await?;
        let known = stored.is_some();
        let stored = stored.unwrap_or(DECOY).to_owned();
        let forms = forms(password);
        let right = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let parsed = PasswordHash::new(&stored).map_err(Error::internal)?;
            let is_right = |form: &String| Argon2::default().verify_password(form.as_bytes(), &parsed).is_ok();
            Ok::<_, Error>(forms.iter().position(is_right))
        })
        .await
        .map_err(Error::internal)??;
        Ok(match right.filter(|_| known) {
            None => Match::Wrong,
            Some(0) => Match::Right,
            Some(_) => Match::Outdated,
        })
    }
}

/// How a password fits a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It is another one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, hashed before all ways to type it were made one: to be hashed anew.
    Outdated,
}

/// What a hash may be of, for a password as it was typed: the form that is hashed today, and those that were when it was
/// hashed as it came, from a keyboard like this one or from one that takes letters apart. One only where there is no
/// letter beyond ASCII.
fn forms(password: &str) -> Vec<String> {
    let mut forms = vec![text::password(password)];
    for older in [password.to_owned(), password.nfc().collect(), password.nfd().collect()] {
        if !forms.contains(&older) {
            forms.push(older);
        }
    }
    forms
}

/// Somebody's turn.
struct Turn {
    _held: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>, Arc<Place>),
}

/// A place in the queue, until it is dropped.
#[derive(Debug)]
struct Place {
    _held: (OwnedSemaphorePermit, Option<Share>),
}

/// What a place counts for in the networks of whose it is, until it is dropped.
#[derive(Debug)]
struct Share {
    address: IpAddr,
    of_network: Arc<Mutex<HashMap<Network, usize>>>,
}

impl Share {
    /// Counts one more place.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where a network has as many as it may have.
    fn take(of_network: &Arc<Mutex<HashMap<Network, usize>>>, address: IpAddr) -> Result<Self> {
        let mut counts = lock(of_network);
        let is_full = Network::counted(address).any(|(network, times)| {
            let most = if times == 1 { WAITING_OF_CLIENT } else { WAITING_OF_SITE };
            counts.get(&network).is_some_and(|count| *count >= most)
        });
        if is_full {
            return Err(Error::Unavailable);
        }
        for (network, _) in Network::counted(address) {
            *counts.entry(network).or_default() += 1;
        }
        drop(counts);
        Ok(Self { address, of_network: Arc::clone(of_network) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut counts = lock(&self.of_network);
        for (network, _) in Network::counted(self.address) {
            if let Some(count) = counts.get_mut(&network) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&network);
                }
            }
        }
    }
}

fn lock(of_network: &Mutex<HashMap<Network, usize>>) -> MutexGuard<'_, HashMap<Network, usize>> {
    of_network.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hash(password: &str) -> Result<String> {
    let params = Params::new(MEMORY, PASSES, 1, None).map_err(Error::internal)?;
    let hash: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes())
        .map_err(Error::internal)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_one_however_its_letters_were_typed() {
        let (composed, in_parts) = ("Zo\u{eb} und F\u{fc}chse", "Zoe\u{308} und Fu\u{308}chse");
        let passwords = Passwords::new(1);
        let today = passwords.hash(composed).await.unwrap();
        // As they were hashed before: as they came.
        let (before, from_a_mac) = (hash(composed).unwrap(), hash(in_parts).unwrap());
        for typed in [composed, in_parts] {
            assert_eq!(passwords.check(typed, Some(&today)).await.unwrap(), Match::Right);
            assert_eq!(passwords.check(typed, Some(&before)).await.unwrap(), Match::Right);
            assert_eq!(passwords.check(typed, Some(&from_a_mac)).await.unwrap(), Match::Outdated);
            assert_eq!(passwords.check(typed, None).await.unwrap(), Match::Wrong);
        }
        assert_eq!(passwords.check("Zoe und Fuchse", Some(&today)).await.unwrap(), Match::Wrong);
    }

    #[test]
    fn the_decoy_costs_what_a_hash_costs() {
        let (decoy, real) = (PasswordHash::new(DECOY).unwrap(), hash("le gomme del vicino").unwrap());
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!((decoy.algorithm, decoy.version, &decoy.params), (real.algorithm, real.version, &real.params));
        let lengths = |hash: &PasswordHash| {
            (
                hash.salt.as_ref().map(|salt| salt.to_string().len()),
                hash.hash.as_ref().map(|hash| hash.to_string().len()),
            )
        };
        assert_eq!(lengths(&decoy), lengths(&real));
    }

    #[tokio::test]
    async fn who_is_known_goes_before_a_crowd_and_the_crowd_has_an_end() {
        let passwords = Passwords::new(1);
        let first = passwords.for_stranger(None).unwrap();
        let served = first.turn().await.unwrap();
        let crowd: Vec<_> = (0..STRANGERS_WAITING).map(|_| passwords.for_stranger(None).unwrap()).collect();
        let mut waiting: Vec<_> = crowd.iter().map(|stranger| Box::pin(stranger.turn())).collect();
        for stranger in &mut waiting {
            assert!(futures::poll!(stranger).is_pending());
        }
        assert!(matches!(passwords.for_stranger(None), Err(Error::Unavailable)));
        let mut known = Box::pin(passwords.turn());
        assert!(futures::poll!(&mut known).is_pending());
        drop(served);
        for stranger in &mut waiting {
            assert!(futures::poll!(stranger).is_pending());
        }
        assert!(futures::poll!(&mut known).is_ready(), "before everybody who came earlier");
    }

    #[tokio::test]
    async fn no_network_is_the_whole_queue() {
        let passwords = Passwords::new(1);
        let stranger = |address: &str| passwords.for_stranger(Some(address.parse().unwrap()));
        let crowd: Vec<_> = (0..WAITING_OF_CLIENT).map(|_| stranger("203.0.113.9").unwrap()).collect();
        assert!(matches!(stranger("203.0.113.9"), Err(Error::Unavailable)));
        assert!(stranger("203.0.113.10").is_ok());
        drop(crowd);
        assert!(stranger("203.0.113.9").is_ok());
        // Of IPv6 one client is a network, and whoever has a site has thousands of them.
        let site: Vec<_> =
            (0..WAITING_OF_SITE).map(|number| stranger(&format!("2001:db8:1:{number:x}::1")).unwrap()).collect();
        assert!(matches!(stranger("2001:db8:1:ffff::1"), Err(Error::Unavailable)));
        assert!(stranger("2001:db8:2::1").is_ok() && stranger("203.0.113.9").is_ok());
        drop(site);
        assert!(lock(&passwords.of_network).is_empty(), "nothing is kept of who has gone");
    }
}

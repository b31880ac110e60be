//! Password hashing: argon2id on a bounded pool.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::{Error, Result};

/// Hashes and checks passwords, a few at a time: each costs 19 MiB and tens of milliseconds on purpose.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// The hash that a password for an unknown account is checked against, so that it takes as long as for a known one.
    decoy: Arc<str>,
}

impl Passwords {
    /// A pool that hashes `at_once` passwords at the same time.
    ///
    /// # Errors
    /// When the hasher cannot be set up.
    pub fn new(at_once: usize) -> Result<Self> {
        let decoy = hash(&crate::kernel::secret::random_token())?;
        Ok(Self { turns: Arc::new(Semaphore::new(at_once.max(1))), decoy: decoy.into() })
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// Only internal ones.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let password = password.to_owned();
        tokio::task::spawn_blocking(move || hash(&password)).await.map_err(Error::internal)?
    }

    /// Whether a password is right. Without a stored hash it never is, but takes as long.
    ///
    /// # Errors
    /// Only internal ones.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let known = stored.is_some();
        let stored: Arc<str> = stored.map_or_else(|| Arc::clone(&self.decoy), Arc::from);
        let password = password.to_owned();
        let right = tokio::task::spawn_blocking(move || {
            let parsed = PasswordHash::new(&stored).map_err(Error::internal)?;
            Ok::<_, Error>(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        })
        .await
        .map_err(Error::internal)??;
        Ok(known && right)
    }
}

fn hash(password: &str) -> Result<String> {
    // OWASP's second recommended setting: 19 MiB, two passes, one lane.
    let params = Params::new(19 * 1024, 2, 1, None).map_err(Error::internal)?;
    let hash: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes())
        .map_err(Error::internal)?;
    Ok(hash.to_string())
}

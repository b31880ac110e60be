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
}

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
        Self { turns: Arc::new(Semaphore::new(at_once.max(1))) }
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
        let stored = stored.unwrap_or(DECOY).to_owned();
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
    let params = Params::new(MEMORY, PASSES, 1, None).map_err(Error::internal)?;
    let hash: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes())
        .map_err(Error::internal)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}

//! Who may bring readings, remembered.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use officina::Result;
use officina::cold_chain::service::{self, Admission};
use officina::kernel::App;

/// How many devices are remembered; beyond it the memory starts afresh.
const MOST_REMEMBERED: usize = 100_000;

/// Devices by the hash of their key.
///
/// What is remembered may be out of date, on this server or because another one changed it: the writer compares it with
/// the database in the transaction that stores the readings, and refuses what no longer holds.
#[derive(Debug, Default)]
pub struct Admissions {
    known: RwLock<HashMap<[u8; 32], Arc<Admission>>>,
}

impl Admissions {
    /// The device of a key; none when the key is unknown or revoked. Unknown keys are not remembered: they may become known.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find(&self, app: &App, key_hash: &[u8; 32]) -> Result<Option<Arc<Admission>>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(key_hash).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(found) = service::admit(app, key_hash).await?.map(Arc::new) else {
            return Ok(None);
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(*key_hash, Arc::clone(&found));
        Ok(Some(found))
    }

    /// Forgets a key, so that it is looked up anew.
    pub fn forget(&self, key_hash: &[u8; 32]) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(key_hash);
    }
}

//! Failed sign-ins in the audit.
//!
//! They are gathered: however often somebody guesses, an organisation's journal gets one entry for each account and network
//! in five minutes, and a bounded number for each account. Whether there is such an account is looked at by a job, never by
//! the request, so that neither answer nor time tells.

use serde::{Deserialize, Serialize};

use crate::identity::store;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::Tx;
use crate::kernel::ids::AccountId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::time::{MINUTE, Timestamp};
use crate::{Error, Result};

/// The kind of the recurring job that journals them.
pub const FAILED_SIGN_INS_JOB: &str = "identity.failed_sign_ins";
/// How often it looks, in milliseconds.
pub const FAILED_SIGN_INS_EVERY: i64 = MINUTE;
/// How long failures are gathered.
const GATHERED: i64 = 5 * MINUTE;
/// Networks that are told apart with one account; the others are one.
const NETWORKS: i64 = 20;
/// What is tried is sealed for.
const PURPOSE: &str = "failed sign-in";

/// What somebody tried to sign in as.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Tried {
    /// Whoever has this e-mail address or phone key.
    Keys(String, String),
    /// An account whose password was right.
    Account(AccountId),
}

/// Notes a failure. The account's key is what its guesses are counted under.
pub(super) async fn note_failure(
    app: &App,
    tx: &mut Tx,
    account_key: &str,
    network: &str,
    tried: &Tried,
    now: Timestamp,
) -> Result<()> {
    if store::count_failed_sign_in(tx, account_key, network, now).await? {
        return Ok(());
    }
    let is_one_too_many = store::networks_of_failures(&mut *tx, account_key).await? >= NETWORKS;
    let network = if is_one_too_many { "" } else { network };
    let tried = app.secret.seal(PURPOSE, &serde_json::to_vec(tried).map_err(Error::internal)?)?;
    store::insert_failed_sign_in(tx, account_key, network, &tried, now).await
}

/// Journals what was gathered, in each organisation that the account may come in to. What was tried as nobody is dropped.
///
/// # Errors
/// What the database says.
pub async fn journal_failed_sign_ins(app: &App) -> Result<()> {
    let now = app.clock.now();
    loop {
        let mut tx = app.db.begin().await?;
        let Some(failures) = store::take_failed_sign_ins(&mut tx, now.plus(-GATHERED)).await? else {
            return tx.rollback().await;
        };
        let opened = app.secret.unseal(PURPOSE, &failures.tried);
        let (email, phone, account) = match opened.and_then(|tried| serde_json::from_slice(&tried).ok()) {
            Some(Tried::Keys(email, phone)) => (email, phone, None),
            Some(Tried::Account(account)) => (String::new(), "-".to_owned(), Some(account)),
            // Sealed with a secret that nobody has any more.
            None => (String::new(), "-".to_owned(), None),
        };
        let is_code = account.is_some();
        let told = serde_json::json!({
            "attempts": failures.attempts,
            "wrong": if is_code { "code" } else { "password" },
            "network": (!failures.network.is_empty()).then_some(failures.network),
            "first": failures.first_at,
            "last": failures.last_at,
        });
        let entries = store::memberships_behind(&mut tx, &email, &phone, account).await?.into_iter();
        let entries = entries.map(|(org, account)| {
            (Actor::system(org), Entry::new("identity.sign_in_failed", "account", account.0).after(&told))
        });
        journal::write_all(&mut tx, now, entries.collect()).await?;
        tx.commit().await?;
    }
}

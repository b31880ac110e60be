//! Failed sign-ins that wait to be journaled.

use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{AccountId, OrgId};
use crate::kernel::time::Timestamp;

/// Failed sign-ins of one network with one account.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct FailedSignIns {
    /// The client's network; empty when there were too many to keep apart.
    pub network: String,
    /// What was tried, sealed.
    pub tried: String,
    pub attempts: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// Counts one more failure, if the network is one of those that are counted with the account already.
pub(crate) async fn count_failed_sign_in(
    tx: &mut Tx,
    account_key: &str,
    network: &str,
    now: Timestamp,
) -> Result<bool> {
    let counted = sql("UPDATE failed_sign_ins SET attempts = attempts + 1, last_at = $3 \
         WHERE account_key = $1 AND network = $2")
    .bind(account_key)
    .bind(network)
    .bind(now)
    .run(tx)
    .await?;
    Ok(counted == 1)
}

/// The networks that are counted with an account.
pub(crate) async fn networks_of_failures(on: impl Into<Conn<'_>>, account_key: &str) -> Result<i64> {
    let (count,): (i64,) = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM failed_sign_ins WHERE account_key = $1")
        .bind(account_key)
        .one(on)
        .await?;
    Ok(count)
}

pub(crate) async fn insert_failed_sign_in(
    tx: &mut Tx,
    account_key: &str,
    network: &str,
    tried: &str,
    now: Timestamp,
) -> Result<()> {
    sql("INSERT INTO failed_sign_ins (account_key, network, tried, attempts, first_at, last_at) \
         VALUES ($1, $2, $3, 1, $4, $4) ON CONFLICT (account_key, network) \
         DO UPDATE SET attempts = failed_sign_ins.attempts + 1, last_at = excluded.last_at")
    .bind(account_key)
    .bind(network)
    .bind(tried)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes the oldest failures out that began before a moment.
pub(crate) async fn take_failed_sign_ins(tx: &mut Tx, before: Timestamp) -> Result<Option<FailedSignIns>> {
    let oldest: Option<(String, String)> =
        sql("SELECT account_key, network FROM failed_sign_ins WHERE first_at <= $1 \
         ORDER BY first_at, account_key, network LIMIT 1")
        .bind(before)
        .optional(&mut *tx)
        .await?;
    let Some((account_key, network)) = oldest else { return Ok(None) };
    sql("DELETE FROM failed_sign_ins WHERE account_key = $1 AND network = $2 \
         RETURNING network, tried, attempts, first_at, last_at")
    .bind(account_key)
    .bind(network)
    .optional(tx)
    .await
}

/// The account behind an e-mail address or phone key, or the one of an id, with the organisations that it may come in to.
pub(crate) async fn memberships_behind(
    on: impl Into<Conn<'_>>,
    email: &str,
    phone_key: &str,
    account: Option<AccountId>,
) -> Result<Vec<(OrgId, AccountId)>> {
    sql("SELECT m.org_id, a.id FROM accounts a JOIN memberships m ON m.account_id = a.id AND m.status = 'active' \
         WHERE a.email = $1 OR a.phone_key = $2 OR a.id = $3 ORDER BY m.org_id")
    .bind(email)
    .bind(phone_key)
    .bind(account)
    .all(on)
    .await
}

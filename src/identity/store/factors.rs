//! Second factors, recovery codes, and the devices that an account is known on.

use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::AccountId;
use crate::kernel::time::Timestamp;

/// The second factor of an account.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct FactorRow {
    /// The secret in force, sealed.
    pub sealed: Option<String>,
    /// The secret that was shown but not confirmed, sealed.
    pub pending: Option<String>,
}

pub(crate) async fn factor(on: impl Into<Conn<'_>>, account: AccountId) -> Result<Option<FactorRow>> {
    sql("SELECT sealed, pending FROM second_factors WHERE account_id = $1").bind(account).optional(on).await
}

/// The second factors of all accounts.
pub(crate) async fn all_factors(tx: &mut Tx) -> Result<Vec<(AccountId, FactorRow)>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        account_id: AccountId,
        #[sqlx(flatten)]
        factor: FactorRow,
    }
    let rows: Vec<Row> =
        sql("SELECT account_id, sealed, pending FROM second_factors ORDER BY account_id").all(tx).await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.factor)).collect())
}

/// Puts the same second factor in another seal.
pub(crate) async fn reseal_factor(
    tx: &mut Tx,
    account: AccountId,
    sealed: Option<String>,
    pending: Option<String>,
) -> Result<()> {
    sql("UPDATE second_factors SET sealed = $2, pending = $3 WHERE account_id = $1")
        .bind(account)
        .bind(sealed)
        .bind(pending)
        .run(tx)
        .await?;
    Ok(())
}

/// Keeps a secret that was shown, until a code confirms it. The one in force stays in force.
pub(crate) async fn keep_pending(tx: &mut Tx, account: AccountId, sealed: &str, now: Timestamp) -> Result<()> {
    sql("INSERT INTO second_factors (account_id, pending, changed_at) VALUES ($1, $2, $3) \
         ON CONFLICT (account_id) DO UPDATE SET pending = excluded.pending, changed_at = excluded.changed_at")
    .bind(account)
    .bind(sealed)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Puts the secret that was shown into force; false when somebody else just did.
pub(crate) async fn confirm_factor(
    tx: &mut Tx,
    account: AccountId,
    pending: &str,
    step: i64,
    now: Timestamp,
) -> Result<bool> {
    let confirmed = sql("UPDATE second_factors SET sealed = pending, pending = NULL, last_step = $3, changed_at = $4 \
         WHERE account_id = $1 AND pending = $2")
    .bind(account)
    .bind(pending)
    .bind(step)
    .bind(now)
    .run(tx)
    .await?;
    Ok(confirmed == 1)
}

/// Uses a step of time up; false when it or a later one was used before.
pub(crate) async fn use_step(tx: &mut Tx, account: AccountId, step: i64) -> Result<bool> {
    let used = sql("UPDATE second_factors SET last_step = $2 WHERE account_id = $1 AND last_step < $2")
        .bind(account)
        .bind(step)
        .run(tx)
        .await?;
    Ok(used == 1)
}

/// Removes the second factor and its recovery codes; false when there was none in force.
pub(crate) async fn drop_factor(tx: &mut Tx, account: AccountId) -> Result<bool> {
    sql("DELETE FROM recovery_codes WHERE account_id = $1").bind(account).run(&mut *tx).await?;
    let dropped =
        sql("DELETE FROM second_factors WHERE account_id = $1 AND sealed IS NOT NULL").bind(account).run(tx).await?;
    Ok(dropped == 1)
}

/// Replaces the recovery codes of an account.
pub(crate) async fn replace_recovery_codes(tx: &mut Tx, account: AccountId, hashes: Vec<Vec<u8>>) -> Result<()> {
    sql("DELETE FROM recovery_codes WHERE account_id = $1").bind(account).run(&mut *tx).await?;
    for hash in hashes {
        sql("INSERT INTO recovery_codes (account_id, code_hash) VALUES ($1, $2)")
            .bind(account)
            .bind(hash)
            .run(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Uses a recovery code up; false when it is none or was used before.
pub(crate) async fn use_recovery_code(tx: &mut Tx, account: AccountId, hash: Vec<u8>, now: Timestamp) -> Result<bool> {
    let used =
        sql("UPDATE recovery_codes SET used_at = $3 WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL")
            .bind(account)
            .bind(hash)
            .bind(now)
            .run(tx)
            .await?;
    Ok(used == 1)
}

/// Recovery codes that are left.
pub(crate) async fn recovery_codes_left(on: impl Into<Conn<'_>>, account: AccountId) -> Result<i64> {
    let (left,): (i64,) =
        sql("SELECT CAST(COUNT(*) AS BIGINT) FROM recovery_codes WHERE account_id = $1 AND used_at IS NULL")
            .bind(account)
            .one(on)
            .await?;
    Ok(left)
}

/// Whether an account with this e-mail address or phone key has signed in on a device before.
pub(crate) async fn is_known_device(
    on: impl Into<Conn<'_>>,
    device_hash: Vec<u8>,
    email: &str,
    phone_key: &str,
) -> Result<bool> {
    let row: Option<(i64,)> =
        sql("SELECT CAST(1 AS BIGINT) FROM known_devices d JOIN accounts a ON a.id = d.account_id \
         WHERE d.device_hash = $1 AND (a.email = $2 OR a.phone_key = $3) LIMIT 1")
        .bind(device_hash)
        .bind(email)
        .bind(phone_key)
        .optional(on)
        .await?;
    Ok(row.is_some())
}

/// Whether an account has signed in on a device before.
pub(crate) async fn is_device_of(on: impl Into<Conn<'_>>, device_hash: Vec<u8>, account: AccountId) -> Result<bool> {
    let row: Option<(i64,)> =
        sql("SELECT CAST(1 AS BIGINT) FROM known_devices WHERE device_hash = $1 AND account_id = $2")
            .bind(device_hash)
            .bind(account)
            .optional(on)
            .await?;
    Ok(row.is_some())
}

/// Remembers that an account signed in on a device.
pub(crate) async fn know_device(tx: &mut Tx, device_hash: Vec<u8>, account: AccountId, now: Timestamp) -> Result<()> {
    sql("INSERT INTO known_devices (device_hash, account_id, seen_at) VALUES ($1, $2, $3) \
         ON CONFLICT (device_hash, account_id) DO UPDATE SET seen_at = excluded.seen_at")
    .bind(device_hash)
    .bind(account)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Forgets the devices of an account.
pub(crate) async fn forget_devices(tx: &mut Tx, account: AccountId) -> Result<()> {
    sql("DELETE FROM known_devices WHERE account_id = $1").bind(account).run(tx).await?;
    Ok(())
}

/// Forgets the devices that were not seen since a moment.
pub(crate) async fn purge_devices(tx: &mut Tx, before: Timestamp) -> Result<()> {
    sql("DELETE FROM known_devices WHERE seen_at < $1").bind(before).run(tx).await?;
    Ok(())
}

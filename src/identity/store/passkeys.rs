//! Passkeys, and the questions that they have answered.

use crate::Result;
use crate::identity::access::PasskeyInfo;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{AccountId, PasskeyId, SessionId};
use crate::kernel::time::Timestamp;

/// A passkey with its public half.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct PasskeyRow {
    pub id: PasskeyId,
    pub account_id: AccountId,
    /// Public key, counter and flags, as JSON.
    pub passkey: String,
}

/// A new passkey.
#[derive(Debug)]
pub(crate) struct NewPasskey<'a> {
    pub id: PasskeyId,
    pub account: AccountId,
    pub credential_id: Vec<u8>,
    pub name: &'a str,
    pub passkey: String,
    pub now: Timestamp,
}

/// The passkeys of an account, the oldest first.
pub(crate) async fn passkeys_of(on: impl Into<Conn<'_>>, account: AccountId) -> Result<Vec<PasskeyInfo>> {
    sql("SELECT id, name, created_at, used_at FROM passkeys WHERE account_id = $1 ORDER BY created_at, id")
        .bind(account)
        .all(on)
        .await
}

/// What the passkeys of an account are called in WebAuthn.
pub(crate) async fn credential_ids(on: impl Into<Conn<'_>>, account: AccountId) -> Result<Vec<Vec<u8>>> {
    let rows: Vec<(Vec<u8>,)> =
        sql("SELECT credential_id FROM passkeys WHERE account_id = $1").bind(account).all(on).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The passkey of a credential id.
pub(crate) async fn passkey(on: impl Into<Conn<'_>>, credential_id: &[u8]) -> Result<Option<PasskeyRow>> {
    sql("SELECT id, account_id, passkey FROM passkeys WHERE credential_id = $1")
        .bind(credential_id.to_vec())
        .optional(on)
        .await
}

pub(crate) async fn insert_passkey(tx: &mut Tx, new: NewPasskey<'_>) -> Result<()> {
    sql("INSERT INTO passkeys (id, account_id, credential_id, name, passkey, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(new.id)
        .bind(new.account)
        .bind(new.credential_id)
        .bind(new.name)
        .bind(new.passkey)
        .bind(new.now)
        .run(tx)
        .await?;
    Ok(())
}

/// Keeps what using a passkey changed about it: its counter, and when.
pub(crate) async fn use_passkey(tx: &mut Tx, id: PasskeyId, passkey: &str, now: Timestamp) -> Result<()> {
    sql("UPDATE passkeys SET passkey = $2, used_at = $3 WHERE id = $1")
        .bind(id)
        .bind(passkey)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes a passkey of an account; false when it has no such passkey.
pub(crate) async fn delete_passkey(tx: &mut Tx, account: AccountId, id: PasskeyId) -> Result<bool> {
    let deleted = sql("DELETE FROM passkeys WHERE account_id = $1 AND id = $2").bind(account).bind(id).run(tx).await?;
    Ok(deleted == 1)
}

/// Removes all passkeys of an account; tells how many.
pub(crate) async fn delete_passkeys(tx: &mut Tx, account: AccountId) -> Result<u64> {
    sql("DELETE FROM passkeys WHERE account_id = $1").bind(account).run(tx).await
}

/// Notes that a session was begun, or made as good, with a passkey.
pub(crate) async fn strengthen_session(tx: &mut Tx, session: SessionId, passkey: PasskeyId) -> Result<()> {
    sql("UPDATE sessions SET passkey_id = $2 WHERE id = $1").bind(session).bind(passkey).run(tx).await?;
    Ok(())
}

/// Uses up what counts once, a question or a ticket; false when that was done before.
pub(crate) async fn spend(tx: &mut Tx, id: uuid::Uuid, expires_at: Timestamp) -> Result<bool> {
    let spent = sql("INSERT INTO spent_questions (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(id)
        .bind(expires_at)
        .run(tx)
        .await?;
    Ok(spent == 1)
}

/// Forgets what could not be used any more anyway.
pub(crate) async fn purge_questions(tx: &mut Tx, before: Timestamp) -> Result<()> {
    sql("DELETE FROM spent_questions WHERE expires_at < $1").bind(before).run(tx).await?;
    Ok(())
}

//! Links that let someone in once.

use crate::Result;
use crate::identity::access::Invitation;
use crate::identity::model::LinkKind;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{AccountId, EntryLinkId, MembershipId, OrgId};
use crate::kernel::time::Timestamp;

/// A link's row, without its token.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct LinkRow {
    pub id: EntryLinkId,
    pub kind: LinkKind,
    pub org_id: Option<OrgId>,
    pub account_id: Option<AccountId>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// The number in the form of E.164.
    pub phone_key: Option<String>,
    pub name: Option<String>,
    pub role: Option<String>,
    pub password_hash: Option<String>,
    pub created_by: Option<MembershipId>,
    pub expires_at: Timestamp,
}

pub(crate) async fn insert_link(tx: &mut Tx, link: &LinkRow, token_hash: Vec<u8>, now: Timestamp) -> Result<()> {
    sql("INSERT INTO entry_links (id, token_hash, kind, org_id, account_id, email, phone, phone_key, name, role, \
             password_hash, created_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
    .bind(link.id)
    .bind(token_hash)
    .bind(link.kind)
    .bind(link.org_id)
    .bind(link.account_id)
    .bind(link.email.as_deref())
    .bind(link.phone.as_deref())
    .bind(link.phone_key.as_deref())
    .bind(link.name.as_deref())
    .bind(link.role.as_deref())
    .bind(link.password_hash.as_deref())
    .bind(link.created_by)
    .bind(now)
    .bind(link.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// A link that can still be used.
pub(crate) async fn live_link(
    on: impl Into<Conn<'_>>,
    kind: LinkKind,
    token_hash: Vec<u8>,
    now: Timestamp,
) -> Result<Option<LinkRow>> {
    sql("SELECT id, kind, org_id, account_id, email, phone, phone_key, name, role, password_hash, created_by, expires_at \
         FROM entry_links WHERE token_hash = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3")
    .bind(token_hash)
    .bind(kind)
    .bind(now)
    .optional(on)
    .await
}

/// Marks a link used; false when someone else just did.
pub(crate) async fn use_link(tx: &mut Tx, id: EntryLinkId, now: Timestamp) -> Result<bool> {
    let used = sql("UPDATE entry_links SET used_at = $2 WHERE id = $1 AND used_at IS NULL").bind(id).bind(now).run(tx);
    Ok(used.await? == 1)
}

/// Ends the links that reset an account's password.
pub(crate) async fn end_resets(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<()> {
    sql("UPDATE entry_links SET used_at = $2 WHERE account_id = $1 AND kind = 'reset' AND used_at IS NULL")
        .bind(account)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Ends the links of the first start.
pub(crate) async fn end_setups(tx: &mut Tx, now: Timestamp) -> Result<()> {
    sql("UPDATE entry_links SET used_at = $1 WHERE kind = 'setup' AND used_at IS NULL").bind(now).run(tx).await?;
    Ok(())
}

/// Ends the earlier invitations of a person: the last one counts.
pub(crate) async fn end_invitations(
    tx: &mut Tx,
    org: OrgId,
    email: Option<&str>,
    phone_key: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    sql("UPDATE entry_links SET used_at = $4 WHERE org_id = $1 AND kind = 'invitation' AND used_at IS NULL \
         AND (email = $2 OR phone_key = $3)")
    .bind(org)
    .bind(email)
    .bind(phone_key)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Open invitations to a role.
pub(crate) async fn invitations_to(on: impl Into<Conn<'_>>, org: OrgId, role: &str, now: Timestamp) -> Result<i64> {
    let (count,): (i64,) = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM entry_links WHERE org_id = $1 AND role = $2 \
         AND kind = 'invitation' AND used_at IS NULL AND expires_at > $3")
    .bind(org)
    .bind(role)
    .bind(now)
    .one(on)
    .await?;
    Ok(count)
}

/// Links to reset an account's password that were made since a moment.
pub(crate) async fn resets_since(on: impl Into<Conn<'_>>, account: AccountId, since: Timestamp) -> Result<i64> {
    let (count,): (i64,) = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM entry_links \
         WHERE account_id = $1 AND kind = 'reset' AND created_at > $2")
    .bind(account)
    .bind(since)
    .one(on)
    .await?;
    Ok(count)
}

/// The invitations that nobody has followed yet, the newest first.
pub(crate) async fn invitations(on: impl Into<Conn<'_>>, org: OrgId, now: Timestamp) -> Result<Vec<Invitation>> {
    sql("SELECT l.id, l.name, l.email, l.phone, l.role, l.created_at, l.expires_at, a.name AS created_by \
         FROM entry_links l \
         LEFT JOIN memberships m ON m.org_id = l.org_id AND m.id = l.created_by \
         LEFT JOIN accounts a ON a.id = m.account_id \
         WHERE l.org_id = $1 AND l.kind = 'invitation' AND l.used_at IS NULL AND l.expires_at > $2 \
         ORDER BY l.created_at DESC, l.id DESC LIMIT 200")
    .bind(org)
    .bind(now)
    .all(on)
    .await
}

/// Withdraws an invitation; false when there is none to withdraw.
pub(crate) async fn withdraw_invitation(tx: &mut Tx, org: OrgId, id: EntryLinkId, now: Timestamp) -> Result<bool> {
    let withdrawn = sql("UPDATE entry_links SET used_at = $3 \
         WHERE org_id = $1 AND id = $2 AND kind = 'invitation' AND used_at IS NULL AND expires_at > $3")
    .bind(org)
    .bind(id)
    .bind(now)
    .run(tx)
    .await?;
    Ok(withdrawn == 1)
}

/// Removes links that ended before a moment.
pub(crate) async fn purge_links(tx: &mut Tx, before: Timestamp) -> Result<()> {
    sql("DELETE FROM entry_links WHERE expires_at < $1").bind(before).run(tx).await?;
    Ok(())
}

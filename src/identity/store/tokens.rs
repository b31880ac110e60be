//! API tokens.

use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{ApiTokenId, MembershipId, OrgId};
use crate::kernel::time::Timestamp;

/// A token in the list.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ApiTokenRow {
    pub id: ApiTokenId,
    pub name: String,
    pub permissions: String,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

/// A token that lets someone in, with the role of its maker.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct LiveTokenRow {
    pub org_id: OrgId,
    pub id: ApiTokenId,
    pub name: String,
    pub permissions: String,
    /// Its maker.
    pub created_by: MembershipId,
    pub role: String,
    pub role_permissions: Option<String>,
    /// The words of the organisation's areas.
    pub areas: String,
    pub last_used_at: Option<Timestamp>,
    /// Words of the roles that need a second factor.
    pub second_factor_roles: String,
    /// Whether its maker has one, or a passkey.
    pub has_factor: bool,
}

/// A new token.
#[derive(Debug)]
pub(crate) struct NewTokenRow<'a> {
    pub id: ApiTokenId,
    pub name: &'a str,
    pub permissions: String,
    pub hash: Vec<u8>,
    pub created_by: MembershipId,
    pub now: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// The tokens that have not ended, the newest first.
pub(crate) async fn api_tokens(on: impl Into<Conn<'_>>, org: OrgId, now: Timestamp) -> Result<Vec<ApiTokenRow>> {
    sql("SELECT t.id, t.name, t.permissions, a.name AS created_by, t.created_at, t.expires_at, t.last_used_at \
         FROM api_tokens t JOIN memberships m ON m.org_id = t.org_id AND m.id = t.created_by \
         JOIN accounts a ON a.id = m.account_id \
         WHERE t.org_id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) \
         ORDER BY t.created_at DESC, t.id DESC LIMIT 500")
    .bind(org)
    .bind(now)
    .all(on)
    .await
}

pub(crate) async fn insert_api_token(tx: &mut Tx, org: OrgId, token: &NewTokenRow<'_>) -> Result<()> {
    sql("INSERT INTO api_tokens (org_id, id, name, permissions, token_hash, created_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(org)
    .bind(token.id)
    .bind(token.name)
    .bind(&token.permissions)
    .bind(token.hash.clone())
    .bind(token.created_by)
    .bind(token.now)
    .bind(token.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Revokes a token and tells its name; none when the organisation has no such token or it was revoked.
pub(crate) async fn revoke_api_token(
    tx: &mut Tx,
    org: OrgId,
    id: ApiTokenId,
    now: Timestamp,
) -> Result<Option<String>> {
    let row: Option<(String,)> = sql("UPDATE api_tokens SET revoked_at = $3 \
         WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING name")
    .bind(org)
    .bind(id)
    .bind(now)
    .optional(tx)
    .await?;
    Ok(row.map(|(name,)| name))
}

/// Revokes every token of an organisation; tells how many.
pub(crate) async fn revoke_api_tokens(tx: &mut Tx, org: OrgId, now: Timestamp) -> Result<u64> {
    sql("UPDATE api_tokens SET revoked_at = $2 WHERE org_id = $1 AND revoked_at IS NULL")
        .bind(org)
        .bind(now)
        .run(tx)
        .await
}

/// What names a token.
#[derive(Debug, Clone)]
pub(crate) enum TokenKey {
    /// The hash of the key.
    Hash(Vec<u8>),
    /// Its id, for a request that was let in before.
    Id(ApiTokenId),
}

/// A token that has not ended and whose maker may still come in.
pub(crate) async fn live_api_token(
    on: impl Into<Conn<'_>>,
    key: TokenKey,
    now: Timestamp,
) -> Result<Option<LiveTokenRow>> {
    let mut query =
        sql("SELECT t.org_id, t.id, t.name, t.permissions, t.created_by, m.role, r.permissions AS role_permissions, o.areas, t.last_used_at, \
             o.second_factor_roles, (EXISTS (SELECT 1 FROM second_factors f WHERE f.account_id = m.account_id AND f.sealed IS NOT NULL) \
             OR EXISTS (SELECT 1 FROM passkeys k WHERE k.account_id = m.account_id)) AS has_factor \
         FROM api_tokens t JOIN organisations o ON o.id = t.org_id AND o.suspended_at IS NULL \
         JOIN memberships m ON m.org_id = t.org_id AND m.id = t.created_by AND m.status = 'active' \
         LEFT JOIN roles r ON r.org_id = m.org_id AND r.name = m.role \
         WHERE t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $1) AND ")
        .bind(now);
    match key {
        TokenKey::Hash(hash) => query.push("t.token_hash = ").push_bind(hash),
        TokenKey::Id(id) => query.push("t.id = ").push_bind(id),
    };
    query.optional(on).await
}

pub(crate) async fn touch_api_token(tx: &mut Tx, org: OrgId, id: ApiTokenId, now: Timestamp) -> Result<()> {
    sql("UPDATE api_tokens SET last_used_at = $3 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

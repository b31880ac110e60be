//! Signing in, sessions, refresh tokens and failed attempts.

use crate::Result;
use crate::identity::access::SessionInfo;
use crate::identity::model::SessionKind;
use crate::kernel::db::{Conn, Sql, Tx, sql};
use crate::kernel::ids::{AccountId, CustomerId, MembershipId, OrgId, SessionId};
use crate::kernel::time::Timestamp;

/// An account that tries to sign in, with its oldest active membership.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct LoginRow {
    pub account_id: AccountId,
    pub password_hash: Option<String>,
    pub org_id: OrgId,
    pub has_factor: bool,
}

/// A live session joined with the membership it acts through.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct SessionRow {
    pub id: SessionId,
    pub account_id: AccountId,
    pub org_id: OrgId,
    pub membership_id: MembershipId,
    pub role: String,
    /// The words of a role of the organisation's own.
    pub role_permissions: Option<String>,
    /// The words of the organisation's areas.
    pub areas: String,
    pub customer_id: Option<CustomerId>,
    /// Whether the membership is linked to customers.
    pub is_linked: bool,
    pub name: String,
    pub last_seen_at: Timestamp,
    pub proved_at: Timestamp,
    pub operator: bool,
    /// Words of the roles that need a second factor.
    pub second_factor_roles: String,
    pub has_factor: bool,
    /// Whether it began with a passkey that the account still has.
    pub by_passkey: bool,
}

/// A new session.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub id: SessionId,
    pub kind: SessionKind,
    pub cookie_hash: Option<Vec<u8>>,
    pub account: AccountId,
    pub org: OrgId,
    pub user_agent: Option<&'a str>,
    pub address: Option<String>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

/// The account behind an e-mail address (lower case) or a phone key, with its oldest active membership.
pub(crate) async fn login(on: impl Into<Conn<'_>>, email: &str, phone_key: &str) -> Result<Option<LoginRow>> {
    sql("SELECT a.id AS account_id, a.password_hash, m.org_id, f.sealed IS NOT NULL AS has_factor \
         FROM accounts a JOIN memberships m ON m.account_id = a.id AND m.status = 'active' \
         JOIN organisations o ON o.id = m.org_id AND o.suspended_at IS NULL \
         LEFT JOIN second_factors f ON f.account_id = a.id \
         WHERE a.email = $1 OR a.phone_key = $2 ORDER BY m.created_at, m.id LIMIT 1")
    .bind(email)
    .bind(phone_key)
    .optional(on)
    .await
}

pub(crate) async fn insert_session(tx: &mut Tx, session: &NewSession<'_>) -> Result<()> {
    sql("INSERT INTO sessions (id, kind, cookie_hash, account_id, org_id, user_agent, address, created_at, last_seen_at, \
             proved_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9)")
    .bind(session.id)
    .bind(session.kind)
    .bind(session.cookie_hash.clone())
    .bind(session.account)
    .bind(session.org)
    .bind(session.user_agent)
    .bind(session.address.clone())
    .bind(session.now)
    .bind(session.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// What names a session.
#[derive(Debug, Clone)]
pub(crate) enum SessionKey {
    /// The hash of a browser's cookie.
    CookieHash(Vec<u8>),
    /// The id in an access token.
    Id(SessionId),
}

/// A session that lives, of a member who is active. How long it may live, idle or not, the organisation says.
pub(crate) async fn session(on: impl Into<Conn<'_>>, key: SessionKey, now: Timestamp) -> Result<Option<SessionRow>> {
    let mut query = sql(
        "SELECT s.id, s.account_id, s.org_id, m.id AS membership_id, m.role, r.permissions AS role_permissions, m.customer_id, a.name, \
             EXISTS (SELECT 1 FROM member_customers k WHERE k.org_id = m.org_id AND k.membership_id = m.id) AS is_linked, \
             o.areas, s.last_seen_at, s.proved_at, a.operator, o.second_factor_roles, f.sealed IS NOT NULL AS has_factor, s.passkey_id IS NOT NULL AS by_passkey \
         FROM sessions s \
         JOIN memberships m ON m.org_id = s.org_id AND m.account_id = s.account_id AND m.status = 'active' \
         JOIN accounts a ON a.id = s.account_id \
         JOIN organisations o ON o.id = s.org_id AND o.suspended_at IS NULL \
         LEFT JOIN roles r ON r.org_id = m.org_id AND r.name = m.role \
         LEFT JOIN second_factors f ON f.account_id = s.account_id \
         WHERE s.ended_at IS NULL AND s.expires_at > $1 \
         AND s.last_seen_at > $1 - CAST(o.session_idle_hours AS BIGINT) * 3600000 \
         AND s.created_at > $1 - CAST(o.session_absolute_hours AS BIGINT) * 3600000 AND ",
    )
    .bind(now);
    match key {
        SessionKey::CookieHash(hash) => query.push("s.cookie_hash = ").push_bind(hash),
        SessionKey::Id(id) => query.push("s.id = ").push_bind(id),
    };
    query.optional(on).await
}

pub(crate) async fn touch_session(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<()> {
    sql("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2").bind(id).bind(now).run(tx).await?;
    Ok(())
}

/// Writes down that the person behind a session has proved who they are.
pub(crate) async fn prove_session(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<()> {
    sql("UPDATE sessions SET proved_at = $2 WHERE id = $1").bind(id).bind(now).run(tx).await?;
    Ok(())
}

/// Ends a session; false when it had ended before.
pub(crate) async fn end_session(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<bool> {
    Ok(sql("UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL").bind(id).bind(now).run(tx).await?
        == 1)
}

pub(crate) async fn end_sessions_of(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<u64> {
    sql("UPDATE sessions SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL")
        .bind(account)
        .bind(now)
        .run(tx)
        .await
}

pub(crate) async fn insert_refresh_token(
    tx: &mut Tx,
    hash: Vec<u8>,
    session: SessionId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    sql("INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(hash)
        .bind(session)
        .bind(now)
        .bind(expires_at)
        .run(tx)
        .await?;
    Ok(())
}

/// A refresh token that has not expired.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RefreshTokenRow {
    pub session_id: SessionId,
    pub used_at: Option<Timestamp>,
    /// A MAC of who used it.
    pub used_by: Option<Vec<u8>>,
}

fn refresh_token_of(hash: Vec<u8>, now: Timestamp) -> Sql {
    sql("SELECT session_id, used_at, used_by FROM refresh_tokens WHERE token_hash = $1 AND expires_at > $2")
        .bind(hash)
        .bind(now)
}

/// A refresh token that has not expired.
pub(crate) async fn refresh_token(
    on: impl Into<Conn<'_>>,
    hash: Vec<u8>,
    now: Timestamp,
) -> Result<Option<RefreshTokenRow>> {
    refresh_token_of(hash, now).optional(on).await
}

/// The same, and others who come with it wait until this transaction ends.
pub(crate) async fn lock_refresh_token(tx: &mut Tx, hash: Vec<u8>, now: Timestamp) -> Result<Option<RefreshTokenRow>> {
    refresh_token_of(hash, now).lock(tx).await
}

/// Marks a refresh token used by somebody.
pub(crate) async fn use_refresh_token(tx: &mut Tx, hash: Vec<u8>, by: Vec<u8>, now: Timestamp) -> Result<()> {
    sql("UPDATE refresh_tokens SET used_at = $2, used_by = $3 WHERE token_hash = $1")
        .bind(hash)
        .bind(now)
        .bind(by)
        .run(tx)
        .await?;
    Ok(())
}

/// Failures of an address or device with an account since a moment, the newest first.
pub(crate) async fn login_failures(
    on: impl Into<Conn<'_>>,
    source: &str,
    account_key: &str,
    since: Timestamp,
    at_most: i64,
) -> Result<Vec<Timestamp>> {
    let rows: Vec<(Timestamp,)> = sql("SELECT at FROM login_failures \
         WHERE address = $1 AND account_key = $2 AND at > $3 ORDER BY at DESC LIMIT $4")
    .bind(source)
    .bind(account_key)
    .bind(since)
    .bind(at_most)
    .all(on)
    .await?;
    Ok(rows.into_iter().map(|(at,)| at).collect())
}

/// Failures of an address with any account since a moment.
pub(crate) async fn login_failures_of(on: impl Into<Conn<'_>>, address: &str, since: Timestamp) -> Result<i64> {
    let (count,): (i64,) = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM login_failures WHERE address = $1 AND at > $2")
        .bind(address)
        .bind(since)
        .one(on)
        .await?;
    Ok(count)
}

pub(crate) async fn insert_login_failure(tx: &mut Tx, address: &str, account_key: &str, now: Timestamp) -> Result<()> {
    sql("INSERT INTO login_failures (address, account_key, at) VALUES ($1, $2, $3)")
        .bind(address)
        .bind(account_key)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

pub(crate) async fn forget_login_failures(tx: &mut Tx, address: &str, account_key: &str) -> Result<()> {
    sql("DELETE FROM login_failures WHERE address = $1 AND account_key = $2")
        .bind(address)
        .bind(account_key)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes what no longer matters: old failures, and sessions that ended or expired long ago.
pub(crate) async fn purge(tx: &mut Tx, failures_before: Timestamp, sessions_before: Timestamp) -> Result<()> {
    sql("DELETE FROM login_failures WHERE at < $1").bind(failures_before).run(&mut *tx).await?;
    sql("DELETE FROM sessions WHERE expires_at < $1 OR ended_at < $1").bind(sessions_before).run(&mut *tx).await?;
    Ok(())
}

/// The live sessions of an account, the last used first. Which one asks is not known here.
pub(crate) async fn sessions_of(
    on: impl Into<Conn<'_>>,
    account: AccountId,
    now: Timestamp,
) -> Result<Vec<SessionInfo>> {
    sql("SELECT s.id, s.kind, o.name AS organisation, s.user_agent, s.address, s.created_at, s.last_seen_at \
         FROM sessions s JOIN organisations o ON o.id = s.org_id \
         WHERE s.account_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 \
         AND s.last_seen_at > $2 - CAST(o.session_idle_hours AS BIGINT) * 3600000 \
         AND s.created_at > $2 - CAST(o.session_absolute_hours AS BIGINT) * 3600000 \
         ORDER BY s.last_seen_at DESC, s.id DESC LIMIT 200")
    .bind(account)
    .bind(now)
    .all(on)
    .await
}

/// Ends a session of an account; false when it has no such session or it had ended.
pub(crate) async fn end_session_of(tx: &mut Tx, account: AccountId, id: SessionId, now: Timestamp) -> Result<bool> {
    let ended = sql("UPDATE sessions SET ended_at = $3 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL")
        .bind(id)
        .bind(account)
        .bind(now)
        .run(tx)
        .await?;
    Ok(ended == 1)
}

/// Ends all sessions of an account but one; tells how many.
pub(crate) async fn end_other_sessions(tx: &mut Tx, account: AccountId, but: SessionId, now: Timestamp) -> Result<u64> {
    sql("UPDATE sessions SET ended_at = $3 WHERE account_id = $1 AND id <> $2 AND ended_at IS NULL")
        .bind(account)
        .bind(but)
        .bind(now)
        .run(tx)
        .await
}

/// Ends the sessions of a member: of the account in this organisation, not in others.
pub(crate) async fn end_sessions_in(tx: &mut Tx, org: OrgId, account: AccountId, now: Timestamp) -> Result<u64> {
    sql("UPDATE sessions SET ended_at = $3 WHERE org_id = $1 AND account_id = $2 AND ended_at IS NULL")
        .bind(org)
        .bind(account)
        .bind(now)
        .run(tx)
        .await
}

/// Lets a session act in another organisation of its account.
pub(crate) async fn move_session(tx: &mut Tx, id: SessionId, org: OrgId) -> Result<()> {
    sql("UPDATE sessions SET org_id = $2 WHERE id = $1").bind(id).bind(org).run(tx).await?;
    Ok(())
}

//! SQL of organisations, accounts, memberships and sessions.

use super::model::{Colleague, MembershipStatus};
use super::service::SessionKind;
use crate::Result;
use crate::kernel::db::{Conn, ToValue, Tx, sql};
use crate::kernel::ids::{AccountId, CustomerId, MembershipId, OrgId, SessionId};
use crate::kernel::time::Timestamp;

/// An organisation's row.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct OrganisationRow {
    pub id: OrgId,
    pub slug: String,
    pub name: String,
    pub areas: String,
    pub locale: String,
    pub time_zone: String,
    pub accent: String,
}

/// An account that tries to sign in, with its oldest active membership.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct LoginRow {
    pub account_id: AccountId,
    pub password_hash: Option<String>,
    pub org_id: OrgId,
}

/// A live session joined with the membership it acts through.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct SessionRow {
    pub id: SessionId,
    pub account_id: AccountId,
    pub org_id: OrgId,
    pub membership_id: MembershipId,
    pub role: String,
    pub customer_id: Option<CustomerId>,
    pub name: String,
    pub last_seen_at: Timestamp,
}

/// An account seen from one organisation.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct UserRow {
    pub id: AccountId,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub role: String,
    pub org_id: OrgId,
    pub org_slug: String,
    pub org_name: String,
}

/// A new session.
#[derive(Debug)]
pub(super) struct NewSession<'a> {
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

pub(super) async fn insert_organisation(tx: &mut Tx, row: &OrganisationRow, now: Timestamp) -> Result<()> {
    sql("INSERT INTO organisations (id, slug, name, areas, locale, time_zone, accent, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(row.id)
    .bind(&row.slug)
    .bind(&row.name)
    .bind(&row.areas)
    .bind(&row.locale)
    .bind(&row.time_zone)
    .bind(&row.accent)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

pub(super) async fn organisation(on: impl Into<Conn<'_>>, id: OrgId) -> Result<Option<OrganisationRow>> {
    sql("SELECT id, slug, name, areas, locale, time_zone, accent FROM organisations WHERE id = $1")
        .bind(id)
        .optional(on)
        .await
}

pub(super) async fn organisation_by_slug(on: impl Into<Conn<'_>>, slug: &str) -> Result<Option<OrganisationRow>> {
    sql("SELECT id, slug, name, areas, locale, time_zone, accent FROM organisations WHERE slug = $1")
        .bind(slug)
        .optional(on)
        .await
}

pub(super) async fn first_organisation(on: impl Into<Conn<'_>>) -> Result<Option<OrganisationRow>> {
    sql("SELECT id, slug, name, areas, locale, time_zone, accent FROM organisations ORDER BY created_at, id LIMIT 1")
        .optional(on)
        .await
}

pub(super) async fn has_accounts(on: impl Into<Conn<'_>>) -> Result<bool> {
    Ok(sql("SELECT 1 FROM accounts LIMIT 1").optional::<(i32,)>(on).await?.is_some())
}

pub(super) async fn insert_account(
    tx: &mut Tx,
    id: AccountId,
    email: Option<&str>,
    phone: Option<&str>,
    name: &str,
    password_hash: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    sql("INSERT INTO accounts (id, email, phone, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(email)
        .bind(phone)
        .bind(name)
        .bind(password_hash)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

pub(super) async fn insert_membership(
    tx: &mut Tx,
    org: OrgId,
    id: MembershipId,
    account: AccountId,
    role: &str,
    customer: Option<CustomerId>,
    now: Timestamp,
) -> Result<()> {
    sql("INSERT INTO memberships (org_id, id, account_id, role, status, customer_id, created_at) \
         VALUES ($1, $2, $3, $4, 'active', $5, $6)")
    .bind(org)
    .bind(id)
    .bind(account)
    .bind(role)
    .bind(customer)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Changes a member's status; false when the organisation has no such member.
pub(super) async fn set_membership_status(
    tx: &mut Tx,
    org: OrgId,
    id: MembershipId,
    status: MembershipStatus,
) -> Result<bool> {
    let changed = sql("UPDATE memberships SET status = $3 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(status)
        .run(tx)
        .await?;
    Ok(changed == 1)
}

/// Changes a member's role; false when the organisation has no such member.
pub(super) async fn set_membership_role(tx: &mut Tx, org: OrgId, id: MembershipId, role: &str) -> Result<bool> {
    let changed = sql("UPDATE memberships SET role = $3 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(role)
        .run(tx)
        .await?;
    Ok(changed == 1)
}

pub(super) async fn membership_state(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    id: MembershipId,
) -> Result<Option<(String, MembershipStatus)>> {
    sql("SELECT role, status FROM memberships WHERE org_id = $1 AND id = $2").bind(org).bind(id).optional(on).await
}

/// The account behind an e-mail address (lower case) or a phone key, with its oldest active membership.
pub(super) async fn login(on: impl Into<Conn<'_>>, email: &str, phone_key: &str) -> Result<Option<LoginRow>> {
    sql("SELECT a.id AS account_id, a.password_hash, m.org_id \
         FROM accounts a JOIN memberships m ON m.account_id = a.id AND m.status = 'active' \
         WHERE a.email = $1 OR a.phone = $2 ORDER BY m.created_at, m.id LIMIT 1")
    .bind(email)
    .bind(phone_key)
    .optional(on)
    .await
}

pub(super) async fn set_password(tx: &mut Tx, email: &str, phone_key: &str, hash: &str) -> Result<Option<AccountId>> {
    let row: Option<(AccountId,)> =
        sql("UPDATE accounts SET password_hash = $3 WHERE email = $1 OR phone = $2 RETURNING id")
            .bind(email)
            .bind(phone_key)
            .bind(hash)
            .optional(tx)
            .await?;
    Ok(row.map(|(id,)| id))
}

pub(super) async fn user(on: impl Into<Conn<'_>>, account: AccountId, org: OrgId) -> Result<Option<UserRow>> {
    sql("SELECT a.id, a.name, a.email, a.phone, m.role, o.id AS org_id, o.slug AS org_slug, o.name AS org_name \
         FROM accounts a JOIN memberships m ON m.account_id = a.id JOIN organisations o ON o.id = m.org_id \
         WHERE a.id = $1 AND m.org_id = $2 AND m.status = 'active'")
    .bind(account)
    .bind(org)
    .optional(on)
    .await
}

pub(super) async fn colleagues(on: impl Into<Conn<'_>>, org: OrgId, roles: &[&'static str]) -> Result<Vec<Colleague>> {
    let mut query = sql("SELECT m.id, a.name FROM memberships m JOIN accounts a ON a.id = m.account_id \
                         WHERE m.status = 'active' AND m.org_id = ");
    query.push_bind(org).push(" AND m.role IN ").push_row(roles.iter().map(|role| role.to_value()));
    query.push(" ORDER BY a.name, m.id");
    query.all(on).await
}

pub(super) async fn insert_session(tx: &mut Tx, session: &NewSession<'_>) -> Result<()> {
    sql("INSERT INTO sessions (id, kind, cookie_hash, account_id, org_id, user_agent, address, created_at, last_seen_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)")
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
pub(super) enum SessionKey {
    /// The hash of a browser's cookie.
    CookieHash(Vec<u8>),
    /// The id in an access token.
    Id(SessionId),
}

/// A session that lives, of a member who is active.
pub(super) async fn session(
    on: impl Into<Conn<'_>>,
    key: SessionKey,
    now: Timestamp,
    seen_after: Timestamp,
) -> Result<Option<SessionRow>> {
    let mut query = sql(
        "SELECT s.id, s.account_id, s.org_id, m.id AS membership_id, m.role, m.customer_id, a.name, s.last_seen_at \
         FROM sessions s \
         JOIN memberships m ON m.org_id = s.org_id AND m.account_id = s.account_id AND m.status = 'active' \
         JOIN accounts a ON a.id = s.account_id \
         WHERE s.ended_at IS NULL AND s.expires_at > $1 AND s.last_seen_at > $2 AND ",
    )
    .bind(now)
    .bind(seen_after);
    match key {
        SessionKey::CookieHash(hash) => query.push("s.cookie_hash = ").push_bind(hash),
        SessionKey::Id(id) => query.push("s.id = ").push_bind(id),
    };
    query.optional(on).await
}

pub(super) async fn touch_session(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<()> {
    sql("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2").bind(id).bind(now).run(tx).await?;
    Ok(())
}

/// Ends a session; false when it had ended before.
pub(super) async fn end_session(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<bool> {
    Ok(sql("UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL").bind(id).bind(now).run(tx).await?
        == 1)
}

pub(super) async fn end_sessions_of(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<u64> {
    sql("UPDATE sessions SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL")
        .bind(account)
        .bind(now)
        .run(tx)
        .await
}

pub(super) async fn insert_refresh_token(
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

/// The session of a refresh token that has not expired, and when the token was used.
pub(super) async fn refresh_token(
    on: impl Into<Conn<'_>>,
    hash: Vec<u8>,
    now: Timestamp,
) -> Result<Option<(SessionId, Option<Timestamp>)>> {
    sql("SELECT session_id, used_at FROM refresh_tokens WHERE token_hash = $1 AND expires_at > $2")
        .bind(hash)
        .bind(now)
        .optional(on)
        .await
}

/// Marks a refresh token used; false when someone else just did.
pub(super) async fn use_refresh_token(tx: &mut Tx, hash: Vec<u8>, now: Timestamp) -> Result<bool> {
    let changed = sql("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL")
        .bind(hash)
        .bind(now)
        .run(tx)
        .await?;
    Ok(changed == 1)
}

/// Failures since a moment: of this address with this account, and of this address with any.
pub(super) async fn login_failures(
    on: impl Into<Conn<'_>>,
    address: &str,
    account_key: &str,
    since: Timestamp,
) -> Result<(i64, i64)> {
    sql("SELECT CAST(COALESCE(SUM(CASE WHEN account_key = $2 THEN 1 ELSE 0 END), 0) AS BIGINT), CAST(COUNT(*) AS BIGINT) \
         FROM login_failures WHERE address = $1 AND at > $3")
    .bind(address)
    .bind(account_key)
    .bind(since)
    .one(on)
    .await
}

pub(super) async fn insert_login_failure(tx: &mut Tx, address: &str, account_key: &str, now: Timestamp) -> Result<()> {
    sql("INSERT INTO login_failures (address, account_key, at) VALUES ($1, $2, $3)")
        .bind(address)
        .bind(account_key)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

pub(super) async fn forget_login_failures(tx: &mut Tx, address: &str, account_key: &str) -> Result<()> {
    sql("DELETE FROM login_failures WHERE address = $1 AND account_key = $2")
        .bind(address)
        .bind(account_key)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes what no longer matters: old failures, and sessions that ended or expired long ago.
pub(super) async fn purge(tx: &mut Tx, failures_before: Timestamp, sessions_before: Timestamp) -> Result<()> {
    sql("DELETE FROM login_failures WHERE at < $1").bind(failures_before).run(&mut *tx).await?;
    sql("DELETE FROM sessions WHERE expires_at < $1 OR ended_at < $1").bind(sessions_before).run(&mut *tx).await?;
    Ok(())
}

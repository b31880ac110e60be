//! Accounts and memberships.

use crate::Result;
use crate::identity::access::MemberDetail;
use crate::identity::model::{Colleague, MembershipStatus};
use crate::kernel::db::{Conn, Db, Sort, Sql, ToValue, Tx, sql};
use crate::kernel::ids::{AccountId, CustomerId, MembershipId, OrgId};
use crate::kernel::page::PageWindow;
use crate::kernel::time::Timestamp;

/// An account seen from one organisation.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct UserRow {
    pub id: AccountId,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub role: String,
    pub org_id: OrgId,
    pub org_slug: String,
    pub org_name: String,
}

pub(crate) async fn has_accounts(on: impl Into<Conn<'_>>) -> Result<bool> {
    Ok(sql("SELECT 1 FROM accounts LIMIT 1").optional::<(i32,)>(on).await?.is_some())
}

/// A phone number.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    /// As the person wrote it.
    pub typed: String,
    /// In the form of E.164, by which it is known.
    pub number: String,
}

pub(crate) async fn insert_account(
    tx: &mut Tx,
    id: AccountId,
    email: Option<&str>,
    phone: Option<&Phone>,
    name: &str,
    password_hash: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    sql("INSERT INTO accounts (id, email, phone, phone_key, name, password_hash, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(id)
    .bind(email)
    .bind(phone.map(|phone| phone.typed.as_str()))
    .bind(phone.map(|phone| phone.number.as_str()))
    .bind(name)
    .bind(password_hash)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_membership(
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

pub(crate) async fn set_password(tx: &mut Tx, email: &str, phone_key: &str, hash: &str) -> Result<Option<AccountId>> {
    let row: Option<(AccountId,)> =
        sql("UPDATE accounts SET password_hash = $3 WHERE email = $1 OR phone_key = $2 RETURNING id")
            .bind(email)
            .bind(phone_key)
            .bind(hash)
            .optional(tx)
            .await?;
    Ok(row.map(|(id,)| id))
}

/// Replaces a hash by a newer one of the same password, unless another password was set meanwhile.
pub(crate) async fn renew_password_hash(tx: &mut Tx, account: AccountId, old: Option<&str>, hash: &str) -> Result<()> {
    sql("UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
        .bind(account)
        .bind(old)
        .bind(hash)
        .run(tx)
        .await?;
    Ok(())
}

pub(crate) async fn user(on: impl Into<Conn<'_>>, account: AccountId, org: OrgId) -> Result<Option<UserRow>> {
    sql("SELECT a.id, a.name, a.email, a.phone, m.role, o.id AS org_id, o.slug AS org_slug, o.name AS org_name \
         FROM accounts a JOIN memberships m ON m.account_id = a.id JOIN organisations o ON o.id = m.org_id \
         WHERE a.id = $1 AND m.org_id = $2 AND m.status = 'active'")
    .bind(account)
    .bind(org)
    .optional(on)
    .await
}

pub(crate) async fn colleagues(on: impl Into<Conn<'_>>, org: OrgId, roles: &[String]) -> Result<Vec<Colleague>> {
    let mut query = sql("SELECT m.id, a.name FROM memberships m JOIN accounts a ON a.id = m.account_id \
                         WHERE m.status = 'active' AND m.org_id = ");
    query.push_bind(org).push(" AND m.role IN ").push_row(roles.iter().map(ToValue::to_value));
    query.push(" ORDER BY a.name, m.id");
    query.all(on).await
}

/// Members by their ids, whatever became of them.
pub(crate) async fn named(on: impl Into<Conn<'_>>, org: OrgId, ids: &[MembershipId]) -> Result<Vec<Colleague>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = sql("SELECT m.id, a.name FROM memberships m JOIN accounts a ON a.id = m.account_id \
                         WHERE m.org_id = ");
    query.push_bind(org).push(" AND m.id IN ").push_row(ids.iter().map(|id| id.to_value()));
    query.all(on).await
}

/// A list's filter, checked.
#[derive(Debug, Default)]
pub(crate) struct MemberListFilter {
    pub status: Option<MembershipStatus>,
    pub role: Option<String>,
    pub words: Vec<String>,
}

const MEMBER: &str = "SELECT a.id, m.id AS membership_id, a.name, a.email, a.phone, m.role, m.status, \
     a.password_hash IS NOT NULL AS has_password, m.created_at, \
     EXISTS (SELECT 1 FROM second_factors f WHERE f.account_id = a.id AND f.sealed IS NOT NULL) AS has_second_factor, \
     (SELECT MAX(s.last_seen_at) FROM sessions s WHERE s.account_id = a.id AND s.org_id = m.org_id) AS last_seen_at \
     FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE m.org_id = ";

pub(crate) async fn members(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    filter: &MemberListFilter,
    window: PageWindow,
) -> Result<Vec<MemberDetail>> {
    let mut query = sql(MEMBER);
    query.push_bind(org);
    push_member_filter(&mut query, filter);
    query.push_window(Sort::descending("m.created_at", "m.id"), &window);
    query.all(on).await
}

pub(crate) async fn count_members(on: impl Into<Conn<'_>>, org: OrgId, filter: &MemberListFilter) -> Result<i64> {
    let mut query = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM memberships m \
                         JOIN accounts a ON a.id = m.account_id WHERE m.org_id = ");
    query.push_bind(org);
    push_member_filter(&mut query, filter);
    query.counted(on).await
}

fn push_member_filter(query: &mut Sql, filter: &MemberListFilter) {
    if let Some(status) = filter.status {
        query.push(" AND m.status = ").push_bind(status);
    }
    if let Some(role) = &filter.role {
        query.push(" AND m.role = ").push_bind(role);
    }
    // A number is found as it was written, and by its bare digits.
    for word in &filter.words {
        query.push_search(&["a.name", "a.email", "a.phone", "a.phone_key"], word);
    }
}

/// A member by the account.
pub(crate) async fn member(on: impl Into<Conn<'_>>, org: OrgId, account: AccountId) -> Result<Option<MemberDetail>> {
    let mut query = sql(MEMBER);
    query.push_bind(org).push(" AND m.account_id = ").push_bind(account);
    query.optional(on).await
}

/// Active administrators beside one membership.
pub(crate) async fn other_admins(on: impl Into<Conn<'_>>, org: OrgId, beside: MembershipId) -> Result<i64> {
    let (count,): (i64,) = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM memberships \
         WHERE org_id = $1 AND role = 'admin' AND status = 'active' AND id <> $2")
    .bind(org)
    .bind(beside)
    .one(on)
    .await?;
    Ok(count)
}

/// Members with a role who are not gone.
pub(crate) async fn members_with_role(on: impl Into<Conn<'_>>, org: OrgId, role: &str) -> Result<i64> {
    let (count,): (i64,) = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM memberships \
         WHERE org_id = $1 AND role = $2 AND status <> 'terminated'")
    .bind(org)
    .bind(role)
    .one(on)
    .await?;
    Ok(count)
}

/// An account's phone number as the person wrote it, and what it is known by.
pub(crate) async fn phone_of(tx: &mut Tx, account: AccountId) -> Result<(Option<String>, Option<String>)> {
    sql("SELECT phone, phone_key FROM accounts WHERE id = $1").bind(account).one(tx).await
}

/// Those of some numbers (in the form of E.164) that accounts have.
pub(crate) async fn known_numbers(on: impl Into<Conn<'_>>, numbers: &[String]) -> Result<Vec<String>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = sql("SELECT phone_key FROM accounts WHERE phone_key IN (");
    for (index, number) in numbers.iter().enumerate() {
        query.push(if index == 0 { "" } else { ", " }).push_bind(number);
    }
    query.push(")");
    let rows: Vec<(String,)> = query.all(on).await?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// Writes an account's name and its phone number, as the person writes it and in the form that it is known by.
pub(crate) async fn write_person(
    tx: &mut Tx,
    account: AccountId,
    name: &str,
    (phone, key): (Option<&str>, Option<&str>),
) -> Result<()> {
    sql("UPDATE accounts SET name = $2, phone = $3, phone_key = $4 WHERE id = $1")
        .bind(account)
        .bind(name)
        .bind(phone)
        .bind(key)
        .run(tx)
        .await?;
    Ok(())
}

pub(crate) async fn password_hash(on: impl Into<Conn<'_>>, account: AccountId) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> =
        sql("SELECT password_hash FROM accounts WHERE id = $1").bind(account).optional(on).await?;
    Ok(row.and_then(|(hash,)| hash))
}

pub(crate) async fn set_password_of(tx: &mut Tx, account: AccountId, hash: &str) -> Result<()> {
    sql("UPDATE accounts SET password_hash = $2 WHERE id = $1").bind(account).bind(hash).run(tx).await?;
    Ok(())
}

/// Takes the person out of an account. Nobody can sign in with it, and no mail reaches the address that stands in it:
/// `.invalid` is nobody's (RFC 2606).
pub(crate) async fn blank_account(tx: &mut Tx, account: AccountId, name: &str) -> Result<()> {
    // Links hold the name and the address as well; they are found by the address, so they go first.
    for statement in [
        "DELETE FROM entry_links WHERE account_id = $1 OR email = (SELECT email FROM accounts WHERE id = $1) \
         OR phone_key = (SELECT phone_key FROM accounts WHERE id = $1)",
        "DELETE FROM number_doubts WHERE org_id IN (SELECT org_id FROM memberships WHERE account_id = $1) \
         AND other = (SELECT phone FROM accounts WHERE id = $1)",
        "DELETE FROM sessions WHERE account_id = $1",
        "DELETE FROM known_devices WHERE account_id = $1",
        "DELETE FROM recovery_codes WHERE account_id = $1",
        "DELETE FROM second_factors WHERE account_id = $1",
        "DELETE FROM passkeys WHERE account_id = $1",
    ] {
        sql(statement).bind(account).run(&mut *tx).await?;
    }
    sql(
        "UPDATE accounts SET name = $2, email = $3, phone = NULL, phone_key = NULL, password_hash = NULL WHERE id = $1",
    )
    .bind(account)
    .bind(name)
    .bind(format!("{account}@removed.invalid"))
    .run(tx)
    .await?;
    Ok(())
}

/// Writes a member's role and status.
pub(crate) async fn write_membership(
    tx: &mut Tx,
    org: OrgId,
    id: MembershipId,
    role: &str,
    status: MembershipStatus,
) -> Result<()> {
    sql("UPDATE memberships SET role = $3, status = $4 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(role)
        .bind(status)
        .run(tx)
        .await?;
    Ok(())
}

/// Whether an account is a member of another organisation as well.
pub(crate) async fn is_member_elsewhere(on: impl Into<Conn<'_>>, org: OrgId, account: AccountId) -> Result<bool> {
    let row: Option<(i64,)> =
        sql("SELECT CAST(1 AS BIGINT) FROM memberships WHERE account_id = $2 AND org_id <> $1 LIMIT 1")
            .bind(org)
            .bind(account)
            .optional(on)
            .await?;
    Ok(row.is_some())
}

/// Whether an account runs the installation.
pub(crate) async fn is_operator(on: impl Into<Conn<'_>>, account: AccountId) -> Result<bool> {
    let row: Option<(bool,)> = sql("SELECT operator FROM accounts WHERE id = $1").bind(account).optional(on).await?;
    Ok(row.is_some_and(|(operator,)| operator))
}

/// The account with this e-mail address or phone number.
pub(crate) async fn account_by_login(
    on: impl Into<Conn<'_>>,
    email: Option<&str>,
    phone_key: Option<&str>,
) -> Result<Option<AccountId>> {
    let row: Option<(AccountId,)> = sql("SELECT id FROM accounts WHERE email = $1 OR phone_key = $2 LIMIT 1")
        .bind(email)
        .bind(phone_key)
        .optional(on)
        .await?;
    Ok(row.map(|(id,)| id))
}

/// The member of an organisation with this e-mail address or phone number.
pub(crate) async fn member_by_login(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    email: Option<&str>,
    phone_key: Option<&str>,
) -> Result<Option<AccountId>> {
    let row: Option<(AccountId,)> = sql("SELECT a.id FROM accounts a JOIN memberships m ON m.account_id = a.id \
         WHERE m.org_id = $1 AND (a.email = $2 OR a.phone_key = $3) LIMIT 1")
    .bind(org)
    .bind(email)
    .bind(phone_key)
    .optional(on)
    .await?;
    Ok(row.map(|(id,)| id))
}

/// What is known about the owner of an account, which no password may be made of: name and e-mail address.
pub(crate) async fn account_words(db: &Db, account: AccountId) -> Result<Vec<String>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        name: String,
        email: Option<String>,
        phone: Option<String>,
    }
    let row: Option<Row> =
        sql("SELECT name, email, phone FROM accounts WHERE id = $1").bind(account).optional(db).await?;
    let organisations: Vec<(String,)> =
        sql("SELECT o.name FROM memberships m JOIN organisations o ON o.id = m.org_id \
         WHERE m.account_id = $1 LIMIT 20")
        .bind(account)
        .all(db)
        .await?;
    let own = row.map(|row| [Some(row.name), row.email, row.phone]).unwrap_or_default();
    Ok(own.into_iter().flatten().chain(organisations.into_iter().map(|(name,)| name)).collect())
}

/// A membership's status and role, with the words of a role of the organisation's own.
pub(crate) async fn membership_role(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    id: MembershipId,
) -> Result<Option<(MembershipStatus, String, Option<String>)>> {
    sql("SELECT m.status, m.role, r.permissions FROM memberships m \
         LEFT JOIN roles r ON r.org_id = m.org_id AND r.name = m.role WHERE m.org_id = $1 AND m.id = $2")
    .bind(org)
    .bind(id)
    .optional(on)
    .await
}

/// Lets an account run the installation.
pub(crate) async fn make_operator(tx: &mut Tx, account: AccountId) -> Result<()> {
    sql("UPDATE accounts SET operator = $2 WHERE id = $1").bind(account).bind(true).run(tx).await?;
    Ok(())
}

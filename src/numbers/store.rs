//! SQL of stored phone numbers, wherever they stand, and of doubts about them.

use uuid::Uuid;

use super::model::{DoubtReason, NumberDoubt};
use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{AccountId, CustomerId, EntryLinkId, LeadId, OrgId};
use crate::kernel::time::Timestamp;

/// Rows that are read in one transaction: others wait no longer for it than for a page of a list.
pub(super) const CHUNK: u32 = 500;
/// Rows of the list of doubts; who has looked at these sees the next.
const MOST_SHOWN: i64 = 200;

/// An organisation's country, and the one that its numbers were read in: none while they were all taken in that of then.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ReadingRow {
    pub id: OrgId,
    pub country: Option<String>,
    pub numbers_read_in: Option<String>,
}

/// A customer's number.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct CustomerRow {
    pub id: CustomerId,
    pub phone: String,
    pub phone_key: Option<String>,
    pub phone_number: Option<String>,
}

/// A lead's number.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct LeadRow {
    pub id: LeadId,
    pub phone: String,
    pub phone_key: String,
}

/// What an account is signed in with.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct AccountRow {
    pub id: AccountId,
    pub phone: Option<String>,
    pub phone_key: Option<String>,
    pub email: Option<String>,
}

/// A customer, and whether others have the same number.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct SharerRow {
    pub id: CustomerId,
    pub phone_number: Option<String>,
    pub phone_key: Option<String>,
    pub is_shared: bool,
}

pub(super) async fn readings(on: impl Into<Conn<'_>>) -> Result<Vec<ReadingRow>> {
    sql("SELECT id, country, numbers_read_in FROM organisations ORDER BY id").all(on).await
}

/// The country in which the numbers of organisations that name none were read.
pub(super) async fn country_read_in(on: impl Into<Conn<'_>>) -> Result<Option<String>> {
    let row: Option<(String,)> = sql("SELECT numbers_read_in FROM organisations \
         WHERE country IS NULL AND numbers_read_in IS NOT NULL AND numbers_read_in <> '' ORDER BY id LIMIT 1")
    .optional(on)
    .await?;
    Ok(row.map(|(letters,)| letters))
}

/// Lets the readings of an organisation's numbers queue, however long the one before takes.
pub(super) async fn lock_reading(tx: &mut Tx, org: OrgId) -> Result<Option<ReadingRow>> {
    if !tx.is_sqlite() {
        sql("SET LOCAL lock_timeout = 0").run(&mut *tx).await?;
    }
    sql("SELECT id, country, numbers_read_in FROM organisations WHERE id = $1").bind(org).lock(tx).await
}

pub(super) async fn set_reading(tx: &mut Tx, org: OrgId, letters: &str) -> Result<()> {
    sql("UPDATE organisations SET numbers_read_in = $2 WHERE id = $1").bind(org).bind(letters).run(tx).await?;
    Ok(())
}

/// Lets the numbers of an organisation be read anew; those of before numbers had a country are to be anyway.
pub(super) async fn forget_reading(tx: &mut Tx, org: OrgId) -> Result<()> {
    sql("UPDATE organisations SET numbers_read_in = NULL WHERE id = $1 AND numbers_read_in <> ''")
        .bind(org)
        .run(tx)
        .await?;
    Ok(())
}

/// The next customers with a number, by their ids.
pub(super) async fn customers(tx: &mut Tx, org: OrgId, after: Uuid) -> Result<Vec<CustomerRow>> {
    sql("SELECT id, phone, phone_key, phone_number FROM customers WHERE org_id = $1 AND id > $2 AND phone <> '' \
         ORDER BY id LIMIT $3")
    .bind(org)
    .bind(after)
    .bind(CHUNK)
    .all(tx)
    .await
}

pub(super) async fn set_customer_number(
    tx: &mut Tx,
    org: OrgId,
    id: CustomerId,
    number: Option<&str>,
    key: &str,
) -> Result<()> {
    sql("UPDATE customers SET phone_number = $3, phone_key = $4 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(number)
        .bind(key)
        .run(tx)
        .await?;
    Ok(())
}

/// The next customers with a number, by their ids, with what the others say to theirs.
pub(super) async fn sharers(tx: &mut Tx, org: OrgId, after: Uuid) -> Result<Vec<SharerRow>> {
    sql("SELECT c.id, c.phone_number, c.phone_key, EXISTS (SELECT 1 FROM customers o \
         WHERE o.org_id = c.org_id AND o.phone_number = c.phone_number AND o.id <> c.id) AS is_shared \
         FROM customers c WHERE c.org_id = $1 AND c.id > $2 AND c.phone <> '' ORDER BY c.id LIMIT $3")
    .bind(org)
    .bind(after)
    .bind(CHUNK)
    .all(tx)
    .await
}

pub(super) async fn set_customer_key(tx: &mut Tx, org: OrgId, id: CustomerId, key: Option<&str>) -> Result<()> {
    sql("UPDATE customers SET phone_key = $3 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(key)
        .run(tx)
        .await?;
    Ok(())
}

/// Replaces the words of a number among those that a customer's repairs are found by.
pub(super) async fn replace_in_repairs(
    tx: &mut Tx,
    org: OrgId,
    customer: CustomerId,
    old: &str,
    new: &str,
) -> Result<()> {
    sql("UPDATE repairs SET search = REPLACE(search, $3, $4) WHERE org_id = $1 AND customer_id = $2")
        .bind(org)
        .bind(customer)
        .bind(old)
        .bind(new)
        .run(tx)
        .await?;
    Ok(())
}

/// The next leads with a number, by their ids.
pub(super) async fn leads(tx: &mut Tx, org: OrgId, after: Uuid) -> Result<Vec<LeadRow>> {
    sql("SELECT id, phone, phone_key FROM leads WHERE org_id = $1 AND id > $2 AND phone <> '' ORDER BY id LIMIT $3")
        .bind(org)
        .bind(after)
        .bind(CHUNK)
        .all(tx)
        .await
}

pub(super) async fn set_lead_number(
    tx: &mut Tx,
    org: OrgId,
    id: LeadId,
    key: &str,
    (old, new): (&str, &str),
) -> Result<()> {
    sql("UPDATE leads SET phone_key = $3, search = REPLACE(search, $4, $5) WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(key)
        .bind(old)
        .bind(new)
        .run(tx)
        .await?;
    Ok(())
}

/// The next accounts that came in through an organisation first: what they wrote, they wrote there. By their ids, so the
/// oldest come first.
pub(super) async fn accounts(tx: &mut Tx, org: OrgId, after: Uuid) -> Result<Vec<AccountRow>> {
    sql("SELECT a.id, a.phone, a.phone_key, a.email FROM memberships m JOIN accounts a ON a.id = m.account_id \
         WHERE m.org_id = $1 AND m.account_id > $2 AND NOT EXISTS (SELECT 1 FROM memberships e \
         WHERE e.account_id = m.account_id \
         AND (e.created_at < m.created_at OR (e.created_at = m.created_at AND e.id < m.id))) \
         ORDER BY m.account_id LIMIT $3")
    .bind(org)
    .bind(after)
    .bind(CHUNK)
    .all(tx)
    .await
}

pub(super) async fn account_has_key(tx: &mut Tx, key: &str) -> Result<bool> {
    let row: Option<(AccountId,)> = sql("SELECT id FROM accounts WHERE phone_key = $1").bind(key).optional(tx).await?;
    Ok(row.is_some())
}

pub(super) async fn set_account_key(tx: &mut Tx, id: AccountId, key: Option<&str>) -> Result<()> {
    sql("UPDATE accounts SET phone_key = $2 WHERE id = $1").bind(id).bind(key).run(tx).await?;
    Ok(())
}

pub(super) async fn account_has_address(tx: &mut Tx, email: &str) -> Result<bool> {
    let row: Option<(AccountId,)> = sql("SELECT id FROM accounts WHERE email = $1").bind(email).optional(tx).await?;
    Ok(row.is_some())
}

pub(super) async fn set_address(tx: &mut Tx, id: AccountId, email: &str) -> Result<()> {
    sql("UPDATE accounts SET email = $2 WHERE id = $1").bind(id).bind(email).run(tx).await?;
    Ok(())
}

pub(super) async fn links(tx: &mut Tx, org: OrgId) -> Result<Vec<(EntryLinkId, String)>> {
    sql("SELECT id, phone FROM entry_links WHERE org_id = $1 AND phone IS NOT NULL").bind(org).all(tx).await
}

pub(super) async fn set_link_key(tx: &mut Tx, id: EntryLinkId, key: Option<&str>) -> Result<()> {
    sql("UPDATE entry_links SET phone_key = $2 WHERE id = $1").bind(id).bind(key).run(tx).await?;
    Ok(())
}

/// Customers in a range of ids with another name that a check-in gave for them.
pub(super) async fn other_names(
    tx: &mut Tx,
    org: OrgId,
    (after, to): (Uuid, Uuid),
) -> Result<Vec<(CustomerId, String, String)>> {
    sql("SELECT DISTINCT c.id, c.name, r.submitted_name FROM customers c \
         JOIN repairs r ON r.org_id = c.org_id AND r.customer_id = c.id \
         WHERE c.org_id = $1 AND c.id > $2 AND c.id <= $3 AND r.submitted_name IS NOT NULL AND c.phone <> ''")
    .bind(org)
    .bind(after)
    .bind(to)
    .all(tx)
    .await
}

/// Customers with another number that the account of their portal, of a range of ids, has; unless the e-mail address is the
/// same.
pub(super) async fn other_numbers(
    tx: &mut Tx,
    org: OrgId,
    (after, to): (Uuid, Uuid),
) -> Result<Vec<(CustomerId, String)>> {
    sql("SELECT c.id, a.phone FROM memberships m JOIN accounts a ON a.id = m.account_id \
         JOIN customers c ON c.org_id = m.org_id AND c.id = m.customer_id \
         WHERE m.org_id = $1 AND m.account_id > $2 AND m.account_id <= $3 \
         AND a.phone_key IS NOT NULL AND c.phone_number IS NOT NULL AND a.phone_key <> c.phone_number \
         AND (a.email IS NULL OR c.email IS NULL OR a.email <> LOWER(c.email))")
    .bind(org)
    .bind(after)
    .bind(to)
    .all(tx)
    .await
}

pub(super) async fn insert_doubt(
    tx: &mut Tx,
    org: OrgId,
    customer: CustomerId,
    (reason, other): (DoubtReason, Option<&str>),
    now: Timestamp,
) -> Result<()> {
    sql("INSERT INTO number_doubts (org_id, customer_id, reason, other, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (org_id, customer_id, reason) DO NOTHING")
    .bind(org)
    .bind(customer)
    .bind(reason)
    .bind(other)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// The doubts, those about one number beside each other.
pub(super) async fn doubts(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Vec<NumberDoubt>> {
    sql("SELECT d.customer_id, c.name AS customer_name, c.phone, c.phone_number, d.reason, d.other, d.created_at \
         FROM number_doubts d JOIN customers c ON c.org_id = d.org_id AND c.id = d.customer_id \
         WHERE d.org_id = $1 ORDER BY c.phone_number, d.customer_id, d.reason LIMIT $2")
    .bind(org)
    .bind(MOST_SHOWN)
    .all(on)
    .await
}

/// How many doubts there are, counted up to a number.
pub(super) async fn count_doubts(on: impl Into<Conn<'_>>, org: OrgId, up_to: i64) -> Result<i64> {
    let (count,): (i64,) = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM \
         (SELECT 1 FROM number_doubts WHERE org_id = $1 LIMIT $2) counted")
    .bind(org)
    .bind(up_to)
    .one(on)
    .await?;
    Ok(count)
}

/// Takes a customer's doubts away, and tells how many there were.
pub(super) async fn delete_doubts(tx: &mut Tx, org: OrgId, customer: CustomerId) -> Result<u64> {
    sql("DELETE FROM number_doubts WHERE org_id = $1 AND customer_id = $2").bind(org).bind(customer).run(tx).await
}

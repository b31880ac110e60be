//! SQL of leads.

use super::model::{CleanLead, LeadStatus, LeadSummary};
use crate::Result;
use crate::kernel::db::{Conn, Sort, Sql, Tx, sql};
use crate::kernel::ids::{LeadId, OrgId};
use crate::kernel::page::PageWindow;
use crate::kernel::phone::search_words;
use crate::kernel::time::Timestamp;

/// A list's filter, checked.
#[derive(Debug, Default)]
pub(super) struct ListFilter {
    pub status: Option<LeadStatus>,
    pub quarantined: bool,
    pub words: Vec<String>,
}

/// A new lead.
#[derive(Debug)]
pub(super) struct NewLead<'a> {
    pub id: LeadId,
    pub clean: &'a CleanLead,
    pub phone_key: &'a str,
    pub earlier: Option<LeadId>,
    pub quarantine: Option<&'static str>,
    /// Of the form that was sent: sent twice, it makes one lead.
    pub submission_key: Option<&'a str>,
    pub now: Timestamp,
}

const SUMMARY: &str = "SELECT id, status, lead_type, name, phone, email, city_name, message, earlier_lead_id, quarantine, version, \
     created_at, updated_at FROM leads WHERE org_id = ";

/// Inserts a lead, unless the same sending of a form has made one; false then.
pub(super) async fn insert(tx: &mut Tx, org: OrgId, new: &NewLead<'_>) -> Result<bool> {
    let input = &new.clean.input;
    let parts = [
        input.name.as_str(),
        &search_words(&input.phone, new.phone_key),
        input.email.as_deref().unwrap_or_default(),
        input.city_name.as_deref().unwrap_or_default(),
    ];
    let inserted =
        sql("INSERT INTO leads (org_id, id, status, lead_type, name, phone, phone_key, email, city_name, message, \
         earlier_lead_id, quarantine, search, created_at, updated_at, submission_key) \
         VALUES ($1, $2, 'new', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14) \
         ON CONFLICT (org_id, submission_key) DO NOTHING")
        .bind(org)
        .bind(new.id)
        .bind(new.clean.lead_type)
        .bind(&input.name)
        .bind(&input.phone)
        .bind(new.phone_key)
        .bind(input.email.as_deref())
        .bind(input.city_name.as_deref())
        .bind(input.message.as_deref())
        .bind(new.earlier)
        .bind(new.quarantine)
        .bind(parts.join(" ").to_lowercase())
        .bind(new.now)
        .bind(new.submission_key)
        .run(tx)
        .await?;
    Ok(inserted == 1)
}

/// The lead that a form submission made.
pub(super) async fn by_submission(on: impl Into<Conn<'_>>, org: OrgId, key: &str) -> Result<Option<LeadId>> {
    let row: Option<(LeadId,)> =
        sql("SELECT id FROM leads WHERE org_id = $1 AND submission_key = $2").bind(org).bind(key).optional(on).await?;
    Ok(row.map(|(id,)| id))
}

/// The newest lead with a phone number since a moment.
pub(super) async fn newest_by_phone(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    phone_key: &str,
    since: Timestamp,
) -> Result<Option<LeadId>> {
    let row: Option<(LeadId,)> =
        sql("SELECT id FROM leads WHERE org_id = $1 AND phone_key = $2 AND created_at >= $3 ORDER BY created_at DESC LIMIT 1")
            .bind(org)
            .bind(phone_key)
            .bind(since)
            .optional(on)
            .await?;
    Ok(row.map(|(id,)| id))
}

pub(super) async fn find(on: impl Into<Conn<'_>>, org: OrgId, id: LeadId) -> Result<Option<LeadSummary>> {
    let mut query = sql(SUMMARY);
    query.push_bind(org).push(" AND id = ").push_bind(id);
    query.optional(on).await
}

/// A lead, locked until the transaction ends so that two changes queue.
pub(super) async fn lock(tx: &mut Tx, org: OrgId, id: LeadId) -> Result<Option<LeadSummary>> {
    let mut query = sql(SUMMARY);
    query.push_bind(org).push(" AND id = ").push_bind(id);
    query.lock(tx).await
}

pub(super) async fn list(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    filter: &ListFilter,
    window: PageWindow,
) -> Result<Vec<LeadSummary>> {
    let mut query = sql(SUMMARY);
    query.push_bind(org);
    push_filter(&mut query, filter);
    query.push_window(Sort::descending("created_at", "id"), &window);
    query.all(on).await
}

/// How many leads pass the filter, counted a little beyond the limit of exact totals.
pub(super) async fn count(on: impl Into<Conn<'_>>, org: OrgId, filter: &ListFilter) -> Result<i64> {
    let mut query = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM leads WHERE org_id = ");
    query.push_bind(org);
    push_filter(&mut query, filter);
    query.counted(on).await
}

fn push_filter(query: &mut Sql, filter: &ListFilter) {
    query.push(if filter.quarantined { " AND quarantine IS NOT NULL" } else { " AND quarantine IS NULL" });
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status);
    }
    query.push_words("search", &filter.words);
}

pub(super) async fn set_status(tx: &mut Tx, org: OrgId, id: LeadId, status: LeadStatus, now: Timestamp) -> Result<()> {
    sql("UPDATE leads SET status = $3, updated_at = $4, version = version + 1 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(status)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

pub(super) async fn release(tx: &mut Tx, org: OrgId, id: LeadId, now: Timestamp) -> Result<()> {
    sql("UPDATE leads SET quarantine = NULL, updated_at = $3, version = version + 1 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Takes what a visitor said out of a lead.
pub(super) async fn blank(tx: &mut Tx, org: OrgId, id: LeadId, name: &str) -> Result<()> {
    sql("UPDATE leads SET name = $3, phone = '', phone_key = '', email = NULL, city_name = NULL, message = NULL, \
         search = '', version = version + 1 WHERE org_id = $1 AND id = $2")
    .bind(org)
    .bind(id)
    .bind(name)
    .run(tx)
    .await?;
    Ok(())
}

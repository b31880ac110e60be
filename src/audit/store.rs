//! SQL of the audit. It reads the journal and the names of those who made it.

use std::collections::BTreeMap;

use super::subjects::NAME;
use crate::Result;
use crate::identity::Colleague;
use crate::kernel::db::{Conn, Sort, Sql, Tx, sql};
use crate::kernel::ids::{AccountId, MembershipId, OrgId};
use crate::kernel::page::PageWindow;
use crate::kernel::time::{HOUR, Timestamp};

/// How far the times of entries may stand out of the order of their numbers: clocks of several servers differ.
const CLOCKS_DIFFER: i64 = HOUR;

/// What was done.
#[derive(Debug)]
pub(super) enum Action {
    Area(String),
    Exactly(String),
}

/// Who did it.
#[derive(Debug)]
pub(super) enum By {
    Kind(&'static str),
    Id(uuid::Uuid),
}

/// A filter, checked.
#[derive(Debug, Default)]
pub(super) struct ListFilter {
    pub action: Option<Action>,
    pub subject: Option<(String, Option<uuid::Uuid>)>,
    /// The records that were searched for, by kind; none when there was no search.
    pub called: Option<BTreeMap<&'static str, Vec<uuid::Uuid>>>,
    /// Whether entries about notices are left out.
    pub hides_told: bool,
    pub by: Option<By>,
    /// The first moment.
    pub from: Option<Timestamp>,
    /// The first moment that is too late.
    pub until: Option<Timestamp>,
    /// The numbers that the moments lie between, see [`bound`].
    pub seqs: (Option<i64>, Option<i64>),
}

/// A row of the list.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct EntryRow {
    pub seq: i64,
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<uuid::Uuid>,
    pub actor_name: Option<String>,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: uuid::Uuid,
    pub subject_name: Option<String>,
    pub request_id: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: Option<String>,
    pub address: Option<String>,
    pub redacted_at: Option<Timestamp>,
}

const ENTRY: &str = "SELECT j.seq, j.at, j.actor_kind, j.actor_id, COALESCE(a.name, t.name, d.serial_number) AS actor_name, \
     j.action, j.subject_kind, j.subject_id, j.request_id, j.before, j.after, j.reason, j.address, j.redacted_at, ";
const FROM: &str = " AS subject_name FROM journal j \
     LEFT JOIN memberships m ON m.org_id = j.org_id AND m.id = j.actor_id \
     LEFT JOIN accounts a ON a.id = m.account_id \
     LEFT JOIN api_tokens t ON t.org_id = j.org_id AND t.id = j.actor_id \
     LEFT JOIN devices d ON d.org_id = j.org_id AND d.id = j.actor_id \
     WHERE j.org_id = ";

pub(super) async fn list(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    filter: &ListFilter,
    window: &PageWindow,
) -> Result<Vec<EntryRow>> {
    let mut query = sql(ENTRY);
    query.push(NAME).push(FROM).push_bind(org);
    push_filter(&mut query, filter);
    // The numbers are unique in an organisation: nothing is left for the second column to decide.
    query.push_window(Sort::descending("j.seq", "j.org_id"), window);
    query.all(on).await
}

pub(super) async fn count(on: impl Into<Conn<'_>>, org: OrgId, filter: &ListFilter) -> Result<i64> {
    let mut query = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM journal j WHERE j.org_id = ");
    query.push_bind(org);
    push_filter(&mut query, filter);
    query.counted(on).await
}

fn push_filter(query: &mut Sql, filter: &ListFilter) {
    match &filter.action {
        Some(Action::Area(area)) => {
            query.push(" AND j.area = ").push_bind(area);
        }
        Some(Action::Exactly(action)) => {
            query.push(" AND j.action = ").push_bind(action);
        }
        None => {}
    }
    if let Some((kind, id)) = &filter.subject {
        query.push(" AND j.subject_kind = ").push_bind(kind);
        if let Some(id) = id {
            query.push(" AND j.subject_id = ").push_bind(*id);
        }
    }
    if let Some(called) = &filter.called {
        query.push(" AND (1 = 0");
        for (kind, ids) in called {
            query
                .push(" OR (j.subject_kind = ")
                .push_bind(*kind)
                .push(" AND j.subject_id IN (")
                .push_list(ids)
                .push("))");
        }
        query.push(")");
    }
    if filter.hides_told {
        query.push(" AND j.action <> 'notices.told'");
    }
    match &filter.by {
        Some(By::Kind(kind)) => {
            query.push(" AND j.actor_kind = ").push_bind(*kind);
        }
        Some(By::Id(id)) => {
            query.push(" AND j.actor_id = ").push_bind(*id);
        }
        None => {}
    }
    if let Some(from) = filter.from {
        query.push(" AND j.at >= ").push_bind(from);
    }
    if let Some(until) = filter.until {
        query.push(" AND j.at < ").push_bind(until);
    }
    if let Some(first) = filter.seqs.0 {
        query.push(" AND j.seq >= ").push_bind(first);
    }
    if let Some(last) = filter.seqs.1 {
        query.push(" AND j.seq <= ").push_bind(last);
    }
}

/// The numbers that entries between two moments have, and some around them. The list goes along the numbers: bounded, it
/// does not pass by everything that was written before and after.
pub(super) async fn bound(
    on: impl Into<Conn<'_>> + Copy,
    org: OrgId,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<(Option<i64>, Option<i64>)> {
    let first = match from {
        Some(from) => {
            let found: Option<(i64,)> =
                sql("SELECT seq FROM journal WHERE org_id = $1 AND at >= $2 ORDER BY at, seq LIMIT 1")
                    .bind(org)
                    .bind(from.plus(-CLOCKS_DIFFER))
                    .optional(on)
                    .await?;
            Some(found.map_or(i64::MAX, |(seq,)| seq))
        }
        None => None,
    };
    let last = match until {
        Some(until) => {
            let found: Option<(i64,)> =
                sql("SELECT seq FROM journal WHERE org_id = $1 AND at < $2 ORDER BY at DESC, seq DESC LIMIT 1")
                    .bind(org)
                    .bind(until.plus(CLOCKS_DIFFER))
                    .optional(on)
                    .await?;
            Some(found.map_or(0, |(seq,)| seq))
        }
        None => None,
    };
    Ok((first, last))
}

/// The membership of an account.
pub(super) async fn membership(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    account: AccountId,
) -> Result<Option<MembershipId>> {
    let found: Option<(MembershipId,)> = sql("SELECT id FROM memberships WHERE org_id = $1 AND account_id = $2")
        .bind(org)
        .bind(account)
        .optional(on)
        .await?;
    Ok(found.map(|(id,)| id))
}

/// Every action that the journal holds. It jumps from one to the next in the index instead of reading all entries.
pub(super) async fn actions(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = sql("WITH RECURSIVE known (action) AS ( \
         SELECT MIN(action) FROM journal WHERE org_id = $1 \
         UNION ALL \
         SELECT (SELECT MIN(j.action) FROM journal j WHERE j.org_id = $1 AND j.action > known.action) \
         FROM known WHERE known.action IS NOT NULL) \
         SELECT action FROM known WHERE action IS NOT NULL ORDER BY action")
    .bind(org)
    .all(on)
    .await?;
    Ok(rows.into_iter().map(|(action,)| action).collect())
}

/// The members, present and past, by name.
pub(super) async fn people(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Vec<Colleague>> {
    sql("SELECT m.id, a.name FROM memberships m JOIN accounts a ON a.id = m.account_id \
         WHERE m.org_id = $1 ORDER BY a.name, m.id LIMIT 500")
    .bind(org)
    .all(on)
    .await
}

/// What an entry says, as far as it was not emptied.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct PayloadRow {
    pub seq: i64,
    pub actor_kind: String,
    pub action: String,
    pub after: Option<String>,
    pub reason: Option<String>,
}

/// The entries of an action that name a member among others and were not emptied.
pub(super) async fn naming(
    tx: &mut Tx,
    org: OrgId,
    action: &'static str,
    membership: MembershipId,
) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = sql("SELECT seq FROM journal \
         WHERE org_id = $1 AND action = $2 AND after LIKE $3 AND redacted_at IS NULL ORDER BY seq")
    .bind(org)
    .bind(action)
    .bind(format!("%{membership}%"))
    .all(tx)
    .await?;
    Ok(rows.into_iter().map(|(seq,)| seq).collect())
}

/// The entries in which a member who reacted to an alert is named beside the actor and that were not emptied.
pub(super) async fn named_themselves(tx: &mut Tx, org: OrgId, membership: MembershipId) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = sql("SELECT seq FROM journal \
         WHERE org_id = $1 AND action IN ('alerts.acknowledged', 'alerts.resolved') AND actor_kind = 'member' \
         AND actor_id = $2 AND (after LIKE '%\"acknowledgedBy\"%' OR after LIKE '%\"resolvedBy\"%') \
         AND redacted_at IS NULL ORDER BY seq")
    .bind(org)
    .bind(membership)
    .all(tx)
    .await?;
    Ok(rows.into_iter().map(|(seq,)| seq).collect())
}

/// The entries about a subject that were not emptied.
pub(super) async fn about(tx: &mut Tx, org: OrgId, kind: &'static str, id: uuid::Uuid) -> Result<Vec<PayloadRow>> {
    sql("SELECT seq, actor_kind, action, after, reason FROM journal \
         WHERE org_id = $1 AND subject_kind = $2 AND subject_id = $3 AND redacted_at IS NULL ORDER BY seq")
    .bind(org)
    .bind(kind)
    .bind(id)
    .all(tx)
    .await
}

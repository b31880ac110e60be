//! Notices, stored.

use std::collections::{HashMap, HashSet};

use super::model::{NoticeFilter, NoticeKind};
use crate::Result;
use crate::cold_chain::AlertType;
use crate::kernel::db::{Conn, MultiRow, Sort, Sql, Tx, sql};
use crate::kernel::ids::{
    AccountId, AlertId, ColdCellId, CustomerId, LocationId, MembershipId, NoticeGroupId, NoticeId, OrgId,
};
use crate::kernel::page::PageWindow;
use crate::kernel::time::Timestamp;

/// What makes happenings belong together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, sqlx::FromRow)]
pub(super) struct Gathered {
    pub kind: NoticeKind,
    pub alert_type: AlertType,
    pub location_id: LocationId,
    pub location_name: String,
    pub customer_id: Option<CustomerId>,
    pub late: bool,
    pub level: i64,
    pub told_to: String,
    pub quiet: bool,
}

/// A group that is to be told.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct GroupRow {
    pub id: NoticeGroupId,
    pub due_at: Timestamp,
    #[sqlx(flatten)]
    pub what: Gathered,
}

/// An alert of a group.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct AlertRow {
    pub alert_id: AlertId,
    pub cold_cell_id: ColdCellId,
    pub cold_cell_name: String,
    pub by_member: Option<MembershipId>,
}

/// A notice to somebody.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct NoticeRow {
    pub id: NoticeId,
    pub kind: NoticeKind,
    pub location_id: LocationId,
    pub cold_cell_id: Option<ColdCellId>,
    pub facts: String,
    pub created_at: Timestamp,
    pub read_at: Option<Timestamp>,
}

/// Organisations whose journal goes on after a follower's position, or with a group that is due.
pub(super) async fn with_work(on: impl Into<Conn<'_>>, follower: &str, now: Timestamp) -> Result<Vec<OrgId>> {
    let rows: Vec<(OrgId,)> = sql("SELECT h.org_id FROM journal_heads h LEFT JOIN follower_positions p \
         ON p.follower = $1 AND p.org_id = h.org_id WHERE h.seq > COALESCE(p.seq, 0) \
         UNION SELECT org_id FROM notice_groups WHERE told_at IS NULL AND due_at <= $2")
    .bind(follower)
    .bind(now)
    .all(on)
    .await?;
    Ok(rows.into_iter().map(|(org,)| org).collect())
}

/// How far a follower has come in an organisation's journal.
pub(super) async fn position(on: impl Into<Conn<'_>>, follower: &str, org: OrgId) -> Result<i64> {
    let position: Option<(i64,)> = sql("SELECT seq FROM follower_positions WHERE follower = $1 AND org_id = $2")
        .bind(follower)
        .bind(org)
        .optional(on)
        .await?;
    Ok(position.map_or(0, |(seq,)| seq))
}

/// The same for who moves it: the row belongs to this transaction until it ends, and other servers wait here.
pub(super) async fn lock_position(tx: &mut Tx, follower: &str, org: OrgId) -> Result<i64> {
    sql("INSERT INTO follower_positions (follower, org_id, seq) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING")
        .bind(follower)
        .bind(org)
        .run(&mut *tx)
        .await?;
    let position: Option<(i64,)> = sql("SELECT seq FROM follower_positions WHERE follower = $1 AND org_id = $2")
        .bind(follower)
        .bind(org)
        .lock(tx)
        .await?;
    Ok(position.map_or(0, |(seq,)| seq))
}

pub(super) async fn move_position(tx: &mut Tx, follower: &str, org: OrgId, seq: i64) -> Result<()> {
    sql("UPDATE follower_positions SET seq = $3 WHERE follower = $1 AND org_id = $2")
        .bind(follower)
        .bind(org)
        .bind(seq)
        .run(tx)
        .await?;
    Ok(())
}

/// Narrows a query of groups to those of what belongs together.
fn alike(mut query: Sql, org: OrgId, what: &Gathered) -> Sql {
    query.push(" FROM notice_groups WHERE org_id = ").push_bind(org).push(" AND location_id = ");
    query.push_bind(what.location_id).push(" AND kind = ").push_bind(what.kind).push(" AND alert_type = ");
    query.push_bind(what.alert_type).push(" AND late = ").push_bind(what.late).push(" AND level = ");
    query.push_bind(what.level).push(" AND told_to = ").push_bind(&what.told_to).push(" AND quiet = ");
    query.push_bind(what.quiet);
    query
}

/// The group that still takes what happened at a moment, with its end.
pub(super) async fn gathering(
    tx: &mut Tx,
    org: OrgId,
    what: &Gathered,
    at: Timestamp,
) -> Result<Option<(NoticeGroupId, Timestamp)>> {
    let mut query = alike(sql("SELECT id, due_at"), org, what);
    query.push(" AND told_at IS NULL AND due_at >= ").push_bind(at).push(" ORDER BY due_at LIMIT 1");
    query.optional(tx).await
}

/// When what belongs together was last due and told since a moment.
pub(super) async fn last_told(tx: &mut Tx, org: OrgId, what: &Gathered, since: Timestamp) -> Result<Option<Timestamp>> {
    let mut query = alike(sql("SELECT MAX(due_at)"), org, what);
    query.push(" AND told_at IS NOT NULL AND due_at > ").push_bind(since);
    let (due_at,): (Option<Timestamp>,) = query.one(tx).await?;
    Ok(due_at)
}

pub(super) async fn insert_group(
    tx: &mut Tx,
    org: OrgId,
    id: NoticeGroupId,
    what: &Gathered,
    due_at: Timestamp,
) -> Result<()> {
    sql("INSERT INTO notice_groups (org_id, id, kind, alert_type, location_id, location_name, customer_id, late, level, \
         told_to, quiet, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
    .bind(org)
    .bind(id)
    .bind(what.kind)
    .bind(what.alert_type)
    .bind(what.location_id)
    .bind(&what.location_name)
    .bind(what.customer_id)
    .bind(what.late)
    .bind(what.level)
    .bind(&what.told_to)
    .bind(what.quiet)
    .bind(due_at)
    .run(tx)
    .await?;
    Ok(())
}

static INSERT_ALERTS: MultiRow = MultiRow::new(
    "INSERT INTO notice_alerts (org_id, group_id, alert_id, cold_cell_id, cold_cell_name, by_member) VALUES ",
    "($,$,$,$,$,$)",
    " ON CONFLICT DO NOTHING",
);

/// Adds alerts to groups. One that is in its group already is there once.
pub(super) async fn insert_alerts(tx: &mut Tx, org: OrgId, alerts: &[(NoticeGroupId, AlertRow)]) -> Result<()> {
    let queries = INSERT_ALERTS.queries(alerts, tx.is_sqlite(), |query, (group, alert)| {
        query
            .bind(org)
            .bind(*group)
            .bind(alert.alert_id)
            .bind(alert.cold_cell_id)
            .bind(&alert.cold_cell_name)
            .bind(alert.by_member)
    });
    for query in queries {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

/// The group of an organisation that has been due for longest.
pub(super) async fn next_due(tx: &mut Tx, org: OrgId, now: Timestamp) -> Result<Option<GroupRow>> {
    sql("SELECT * FROM notice_groups WHERE org_id = $1 AND told_at IS NULL AND due_at <= $2 ORDER BY due_at, id LIMIT 1")
        .bind(org)
        .bind(now)
        .optional(tx)
        .await
}

pub(super) async fn alerts_of(tx: &mut Tx, org: OrgId, group: NoticeGroupId) -> Result<Vec<AlertRow>> {
    sql("SELECT alert_id, cold_cell_id, cold_cell_name, by_member FROM notice_alerts \
         WHERE org_id = $1 AND group_id = $2 ORDER BY alert_id")
    .bind(org)
    .bind(group)
    .all(tx)
    .await
}

/// Somebody who was told of an alert.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ToldRow {
    pub group_id: NoticeGroupId,
    pub at: Timestamp,
    pub kind: NoticeKind,
    pub level: i64,
    pub name: String,
}

/// Who was told of an alert, by time and name. Of an end that is told with others, only those are told who knew of the
/// alert and have not closed it themselves.
pub(super) async fn told_of(on: impl Into<Conn<'_>>, org: OrgId, alert: AlertId) -> Result<Vec<ToldRow>> {
    sql("SELECT g.id AS group_id, g.told_at AS at, g.kind, g.level, p.name FROM notice_alerts a \
         JOIN notice_groups g ON g.org_id = a.org_id AND g.id = a.group_id AND g.told_at IS NOT NULL \
         JOIN notices n ON n.org_id = g.org_id AND n.group_id = g.id \
         JOIN memberships m ON m.org_id = n.org_id AND m.account_id = n.account_id \
         JOIN accounts p ON p.id = n.account_id \
         WHERE a.org_id = $1 AND a.alert_id = $2 AND (g.kind <> 'resolution' OR \
         ((a.by_member IS NULL OR a.by_member <> m.id) AND EXISTS (SELECT 1 FROM notice_alerts b \
         JOIN notices k ON k.org_id = b.org_id AND k.group_id = b.group_id AND k.kind <> 'resolution' \
         WHERE b.org_id = a.org_id AND b.alert_id = a.alert_id AND k.account_id = n.account_id))) \
         ORDER BY g.told_at, g.id, p.name, m.id")
    .bind(org)
    .bind(alert)
    .all(on)
    .await
}

/// Who was told of the alerts of a group before, that they opened or that nobody reacted.
pub(super) async fn told_before(
    tx: &mut Tx,
    org: OrgId,
    group: NoticeGroupId,
) -> Result<HashMap<AccountId, Vec<AlertId>>> {
    let rows: Vec<(AccountId, AlertId)> = sql("SELECT DISTINCT n.account_id, a.alert_id FROM notice_alerts mine \
         JOIN notice_alerts a ON a.org_id = mine.org_id AND a.alert_id = mine.alert_id \
         JOIN notices n ON n.org_id = a.org_id AND n.group_id = a.group_id AND n.kind <> 'resolution' \
         WHERE mine.org_id = $1 AND mine.group_id = $2")
    .bind(org)
    .bind(group)
    .all(tx)
    .await?;
    let mut told: HashMap<AccountId, Vec<AlertId>> = HashMap::new();
    for (account, alert) in rows {
        told.entry(account).or_default().push(alert);
    }
    Ok(told)
}

/// Those of some troubles that people were told of aloud.
pub(super) async fn troubles_told(tx: &mut Tx, org: OrgId, troubles: &[AlertId]) -> Result<HashSet<AlertId>> {
    let mut told = HashSet::new();
    for part in troubles.chunks(500) {
        let mut query = sql("SELECT trouble_id FROM troubles_told WHERE org_id = ");
        query.push_bind(org).push(" AND trouble_id IN (").push_list(part).push(")");
        let rows: Vec<(AlertId,)> = query.all(&mut *tx).await?;
        told.extend(rows.into_iter().map(|(trouble,)| trouble));
    }
    Ok(told)
}

static INSERT_TROUBLES: MultiRow = MultiRow::new(
    "INSERT INTO troubles_told (org_id, trouble_id, told_at) VALUES ",
    "($,$,$)",
    " ON CONFLICT DO NOTHING",
);

/// Writes down that people were told of troubles aloud.
pub(super) async fn insert_troubles(tx: &mut Tx, org: OrgId, troubles: &[AlertId], now: Timestamp) -> Result<()> {
    let queries =
        INSERT_TROUBLES.queries(troubles, tx.is_sqlite(), |query, trouble| query.bind(org).bind(*trouble).bind(now));
    for query in queries {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

pub(super) async fn close_group(tx: &mut Tx, org: OrgId, group: NoticeGroupId, now: Timestamp) -> Result<()> {
    sql("UPDATE notice_groups SET told_at = $3 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(group)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Writes down that somebody was told.
pub(super) async fn insert_notice(
    tx: &mut Tx,
    org: OrgId,
    account: AccountId,
    group: NoticeGroupId,
    notice: &NoticeRow,
    in_app: bool,
) -> Result<()> {
    sql("INSERT INTO notices (org_id, id, account_id, group_id, kind, location_id, cold_cell_id, facts, in_app, \
         created_at, read_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
    .bind(org)
    .bind(notice.id)
    .bind(account)
    .bind(group)
    .bind(notice.kind)
    .bind(notice.location_id)
    .bind(notice.cold_cell_id)
    .bind(&notice.facts)
    .bind(in_app)
    .bind(notice.created_at)
    .bind(notice.read_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Whose notices are meant, and of which locations; of all where none are named.
pub(super) struct Whose {
    pub account: AccountId,
    pub locations: Option<Vec<LocationId>>,
}

fn own(mut query: Sql, org: OrgId, whose: &Whose, filter: &NoticeFilter) -> Sql {
    query.push(" FROM notices WHERE org_id = ").push_bind(org).push(" AND account_id = ").push_bind(whose.account);
    query.push(" AND in_app");
    if let Some(locations) = &whose.locations {
        query.push(" AND location_id IN (").push_list(locations).push(")");
    }
    if let Some(unread) = filter.unread {
        query.push(if unread { " AND read_at IS NULL" } else { " AND read_at IS NOT NULL" });
    }
    query
}

/// Notices of a member, newest first; one more than asked for.
pub(super) async fn list(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    whose: &Whose,
    filter: &NoticeFilter,
    window: &PageWindow,
) -> Result<Vec<NoticeRow>> {
    let select = sql("SELECT id, kind, location_id, cold_cell_id, facts, created_at, read_at");
    let mut query = own(select, org, whose, filter);
    query.push_window(Sort::descending("created_at", "id"), window);
    query.all(on).await
}

/// How many notices a filter has, counted up to a little more than is shown.
pub(super) async fn count(on: impl Into<Conn<'_>>, org: OrgId, whose: &Whose, filter: &NoticeFilter) -> Result<i64> {
    own(sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1"), org, whose, filter).counted(on).await
}

/// How many notices of a member were not read, counted up to a number.
pub(super) async fn unread(on: impl Into<Conn<'_>>, org: OrgId, whose: &Whose, up_to: i64) -> Result<i64> {
    let unread = NoticeFilter { unread: Some(true) };
    let mut query = own(sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1"), org, whose, &unread);
    query.push(" LIMIT ").push_bind(up_to).push(") counted");
    let (count,): (i64,) = query.one(on).await?;
    Ok(count)
}

/// Marks notices of a member as read: some, or all.
pub(super) async fn read(
    tx: &mut Tx,
    org: OrgId,
    account: AccountId,
    ids: Option<&[NoticeId]>,
    now: Timestamp,
) -> Result<()> {
    let mut query = sql("UPDATE notices SET read_at = ");
    query.push_bind(now).push(" WHERE org_id = ").push_bind(org).push(" AND account_id = ").push_bind(account);
    query.push(" AND in_app AND read_at IS NULL");
    if let Some(ids) = ids {
        query.push(" AND id IN (").push_list(ids).push(")");
    }
    query.run(tx).await?;
    Ok(())
}

/// Whether a member was told of a group.
pub(super) async fn was_told(on: impl Into<Conn<'_>>, org: OrgId, whose: &Whose, group: NoticeGroupId) -> Result<bool> {
    let mut query = own(sql("SELECT id"), org, whose, &NoticeFilter::default());
    query.push(" AND group_id = ").push_bind(group);
    let row: Option<(NoticeId,)> = query.optional(on).await?;
    Ok(row.is_some())
}

/// What the members of an organisation want to be told, where it is not the default.
pub(super) async fn all_wanted(on: impl Into<Conn<'_>>, org: OrgId) -> Result<HashMap<AccountId, String>> {
    let rows: Vec<(AccountId, String)> =
        sql("SELECT account_id, wanted FROM notice_preferences WHERE org_id = $1").bind(org).all(on).await?;
    Ok(rows.into_iter().collect())
}

/// What a member wants to be told, unless it is the default.
pub(super) async fn wanted(on: impl Into<Conn<'_>>, org: OrgId, account: AccountId) -> Result<Option<String>> {
    let row: Option<(String,)> = sql("SELECT wanted FROM notice_preferences WHERE org_id = $1 AND account_id = $2")
        .bind(org)
        .bind(account)
        .optional(on)
        .await?;
    Ok(row.map(|(wanted,)| wanted))
}

pub(super) async fn write_wanted(tx: &mut Tx, org: OrgId, account: AccountId, wanted: &str) -> Result<()> {
    sql("INSERT INTO notice_preferences (org_id, account_id, wanted) VALUES ($1, $2, $3) \
         ON CONFLICT (org_id, account_id) DO UPDATE SET wanted = excluded.wanted")
    .bind(org)
    .bind(account)
    .bind(wanted)
    .run(tx)
    .await?;
    Ok(())
}

/// The last day on which each organisation got its report.
pub(super) async fn reported_days(on: impl Into<Conn<'_>>) -> Result<HashMap<OrgId, String>> {
    let rows: Vec<(OrgId, String)> = sql("SELECT org_id, day FROM day_reports").all(on).await?;
    Ok(rows.into_iter().collect())
}

/// Lets what was to be told after a limit be told now.
pub(super) async fn bring_forward(tx: &mut Tx, now: Timestamp, limit: Timestamp) -> Result<()> {
    sql("UPDATE notice_groups SET due_at = $1 WHERE told_at IS NULL AND due_at > $2")
        .bind(now)
        .bind(limit)
        .run(tx)
        .await?;
    Ok(())
}

/// Lets reports of days after the last one that has begun anywhere count as those of a day.
pub(super) async fn take_back_reports(tx: &mut Tx, day: &str, last: &str) -> Result<()> {
    sql("UPDATE day_reports SET day = $1 WHERE day > $2").bind(day).bind(last).run(tx).await?;
    Ok(())
}

/// Takes the report that is due on a day on, and tells whether nobody else has.
pub(super) async fn take_report(tx: &mut Tx, org: OrgId, day: &str) -> Result<bool> {
    let taken = sql("INSERT INTO day_reports (org_id, day) VALUES ($1, $2) \
         ON CONFLICT (org_id) DO UPDATE SET day = excluded.day WHERE day_reports.day < excluded.day")
    .bind(org)
    .bind(day)
    .run(tx)
    .await?;
    Ok(taken == 1)
}

/// Removes what somebody was told in an organisation, and what they wanted to be told.
pub(super) async fn forget(tx: &mut Tx, org: OrgId, account: AccountId) -> Result<()> {
    for table in ["notices", "notice_preferences"] {
        let mut query = sql("DELETE FROM ");
        query.push(table).push(" WHERE org_id = ").push_bind(org).push(" AND account_id = ").push_bind(account);
        query.run(&mut *tx).await?;
    }
    Ok(())
}

/// Removes what was told before a moment.
pub(super) async fn purge(tx: &mut Tx, before: Timestamp) -> Result<()> {
    sql("DELETE FROM notices WHERE created_at < $1").bind(before).run(&mut *tx).await?;
    sql("DELETE FROM notice_alerts WHERE EXISTS (SELECT 1 FROM notice_groups g WHERE g.org_id = notice_alerts.org_id \
         AND g.id = notice_alerts.group_id AND g.told_at IS NOT NULL AND g.due_at < $1)")
    .bind(before)
    .run(&mut *tx)
    .await?;
    sql("DELETE FROM notice_groups WHERE told_at IS NOT NULL AND due_at < $1").bind(before).run(&mut *tx).await?;
    sql("DELETE FROM troubles_told WHERE told_at < $1").bind(before).run(tx).await?;
    Ok(())
}

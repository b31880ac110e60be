//! Alerts, stored.

use crate::Result;
use crate::cold_chain::alert::{Alert, AlertFilter, AlertStatus, AlertType};
use crate::cold_chain::engine::{Excursion, KnownAlert, Open, is_flapping};
use crate::cold_chain::model::Micro;
use crate::cold_chain::store::scope::push_cells;
use crate::kernel::actor::Scope;
use crate::kernel::db::{Conn, Sort, Sql, Tx, sql};
use crate::kernel::ids::{AlertId, ColdCellId, CustomerId, DeviceId, LocationId, MembershipId, OrgId};
use crate::kernel::journal::FORGOTTEN;
use crate::kernel::page::PageWindow;
use crate::kernel::time::Timestamp;

/// An alert's row with the names of what it is about.
#[derive(sqlx::FromRow)]
pub(crate) struct AlertRow {
    id: AlertId,
    #[sqlx(rename = "type")]
    kind: AlertType,
    status: AlertStatus,
    cold_cell_id: ColdCellId,
    cold_cell_name: String,
    location_id: LocationId,
    location_name: String,
    /// Whose location it is.
    pub customer_id: Option<CustomerId>,
    customer_name: Option<String>,
    device_id: DeviceId,
    device_no: i64,
    serial_number: String,
    late: bool,
    threshold: Option<f64>,
    worst: Option<Micro>,
    started_at: Timestamp,
    opened_at: Timestamp,
    last_triggered_at: Timestamp,
    acknowledged_at: Option<Timestamp>,
    acknowledged_by: Option<String>,
    trouble_since: Option<Timestamp>,
    trouble_openings: i64,
    escalation_level: i64,
    resolved_at: Option<Timestamp>,
    resolved_by: Option<String>,
    resolution_note: Option<String>,
}

impl AlertRow {
    /// The device's short number.
    pub const fn device_no(&self) -> i64 {
        self.device_no
    }
}

impl From<AlertRow> for Alert {
    fn from(row: AlertRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            status: row.status,
            cold_cell_id: row.cold_cell_id,
            cold_cell_name: row.cold_cell_name,
            location_id: row.location_id,
            location_name: row.location_name,
            customer_name: row.customer_name,
            device_id: row.device_id,
            device_serial_number: row.serial_number,
            late: row.late,
            threshold: row.threshold,
            worst_value: row.worst.map(Micro::celsius),
            started_at: row.started_at,
            opened_at: row.opened_at,
            last_triggered_at: row.last_triggered_at,
            acknowledged_at: row.acknowledged_at,
            acknowledged_by: row.acknowledged_by,
            openings: row.trouble_openings,
            trouble_since: row.trouble_since.unwrap_or(row.opened_at),
            escalation_level: row.escalation_level,
            resolved_at: row.resolved_at,
            by_hand: row.resolved_by.is_some(),
            resolved_by: row.resolved_by,
            resolution_note: row.resolution_note,
        }
    }
}

impl From<AlertRow> for KnownAlert {
    fn from(row: AlertRow) -> Self {
        let excursion = Excursion { from: row.started_at, to: row.last_triggered_at, worst: row.worst };
        Self {
            id: row.id,
            kind: row.kind,
            alert: Open { excursion, opened_at: row.opened_at, late: row.late },
            threshold: row.threshold.map(Micro::from_celsius),
            resolved_at: row.resolved_at,
            by_hand: row.resolved_by.is_some(),
        }
    }
}

const SELECT: &str = "SELECT a.id, a.type, a.status, a.cold_cell_id, c.name AS cold_cell_name, l.id AS location_id, \
     l.name AS location_name, l.customer_id, k.name AS customer_name, a.device_id, a.device_no, d.serial_number, a.late, a.threshold, a.worst, a.started_at, \
     a.opened_at, a.last_triggered_at, a.acknowledged_at, COALESCE(ka.name, a.acknowledged_by) AS acknowledged_by, \
     a.trouble_since, a.trouble_openings, a.escalation_level, a.resolved_at, COALESCE(ra.name, a.resolved_by) AS resolved_by, a.resolution_note \
     FROM alerts a JOIN cold_cells c ON c.org_id = a.org_id AND c.id = a.cold_cell_id \
     JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id \
     JOIN devices d ON d.org_id = a.org_id AND d.id = a.device_id \
     LEFT JOIN customers k ON k.org_id = l.org_id AND k.id = l.customer_id \
     LEFT JOIN memberships km ON km.org_id = a.org_id AND km.id = a.acknowledged_by_id \
     LEFT JOIN accounts ka ON ka.id = km.account_id \
     LEFT JOIN memberships rm ON rm.org_id = a.org_id AND rm.id = a.resolved_by_id \
     LEFT JOIN accounts ra ON ra.id = rm.account_id ";

/// Who did something: the name of then, and the member, who goes by the name of now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doer<'a> {
    pub name: &'a str,
    pub member: Option<MembershipId>,
}

fn filtered(mut query: Sql, org: OrgId, filter: &AlertFilter, scope: &Scope) -> Sql {
    query.push(" WHERE a.org_id = ").push_bind(org);
    if let Some(customers) = scope.customers() {
        query.push(" AND a.cold_cell_id IN ");
        push_cells(&mut query, org, customers);
    }
    if let Some(status) = filter.status {
        query.push(" AND a.status = ").push_bind(status);
    }
    if let Some(kind) = filter.kind {
        query.push(" AND a.type = ").push_bind(kind);
    }
    if let Some(cell) = filter.cold_cell_id {
        query.push(" AND a.cold_cell_id = ").push_bind(cell);
    }
    if let Some(location) = filter.location_id {
        query.push(" AND a.cold_cell_id IN (SELECT id FROM cold_cells WHERE org_id = ").push_bind(org);
        query.push(" AND location_id = ").push_bind(location).push(")");
    }
    query
}

/// Alerts, newest first; one more than asked for.
pub(crate) async fn list(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    filter: &AlertFilter,
    scope: &Scope,
    window: &PageWindow,
) -> Result<Vec<AlertRow>> {
    let mut query = filtered(sql(SELECT), org, filter, scope);
    query.push_window(Sort::descending("a.opened_at", "a.id"), window);
    query.all(on).await
}

/// How many alerts a filter has, counted up to a little more than is shown.
pub(crate) async fn count(on: impl Into<Conn<'_>>, org: OrgId, filter: &AlertFilter, scope: &Scope) -> Result<i64> {
    let query = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM alerts a");
    filtered(query, org, filter, scope).counted(on).await
}

/// How many alerts are active, and of how many of them nobody has taken note.
pub(crate) async fn count_active(on: impl Into<Conn<'_>>, org: OrgId, scope: &Scope) -> Result<(i64, i64)> {
    let active = AlertFilter { status: Some(AlertStatus::Active), ..AlertFilter::default() };
    let query = sql("SELECT COUNT(*), COUNT(CASE WHEN a.acknowledged_at IS NULL THEN 1 END) FROM alerts a");
    filtered(query, org, &active, scope).one(on).await
}

/// Active alerts, those that nobody has taken note of first, and of these the oldest; at most so many.
pub(crate) async fn unattended_first(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    scope: &Scope,
    most: i64,
) -> Result<Vec<AlertRow>> {
    let active = AlertFilter { status: Some(AlertStatus::Active), ..AlertFilter::default() };
    let mut query = filtered(sql(SELECT), org, &active, scope);
    query.push(" ORDER BY CASE WHEN a.acknowledged_at IS NULL THEN 0 ELSE 1 END, a.opened_at, a.id LIMIT ");
    query.push_bind(most);
    query.all(on).await
}

/// One alert.
pub(crate) async fn get(on: impl Into<Conn<'_>>, org: OrgId, id: AlertId) -> Result<Option<AlertRow>> {
    let mut query = sql(SELECT);
    query.push("WHERE a.org_id = ").push_bind(org).push(" AND a.id = ").push_bind(id);
    query.optional(on).await
}

/// Notes who took note of an alert that nobody had, which is active or belongs to a trouble that goes on. That ends the
/// escalation of the trouble, and tells whether there was one.
pub(crate) async fn acknowledge(tx: &mut Tx, org: OrgId, id: AlertId, by: Doer<'_>, at: Timestamp) -> Result<bool> {
    let rows = sql("UPDATE alerts SET acknowledged_at = $3, acknowledged_by = $4, acknowledged_by_id = $5, \
         escalate_at = NULL WHERE org_id = $1 AND id = $2 AND acknowledged_at IS NULL AND resolved_by IS NULL \
         AND (status = 'ACTIVE' OR escalate_at IS NOT NULL)")
    .bind(org)
    .bind(id)
    .bind(at)
    .bind(by.name)
    .bind(by.member)
    .run(&mut *tx)
    .await?;
    if rows == 1 {
        attend(tx, org, id, by, at).await?;
    }
    Ok(rows == 1)
}

/// Somebody has reacted to an alert: note is taken of what is over of its trouble, too.
async fn attend(tx: &mut Tx, org: OrgId, id: AlertId, by: Doer<'_>, at: Timestamp) -> Result<()> {
    sql("UPDATE alerts SET acknowledged_at = $3, acknowledged_by = $4, acknowledged_by_id = $5, \
         escalate_at = NULL WHERE org_id = $1 AND acknowledged_at IS NULL AND status = 'RESOLVED' AND resolved_by IS NULL AND id <> $2 \
         AND cold_cell_id = (SELECT a.cold_cell_id FROM alerts a WHERE a.org_id = $1 AND a.id = $2) \
         AND opened_at >= (SELECT a.trouble_since FROM alerts a WHERE a.org_id = $1 AND a.id = $2) \
         AND trouble_id = (SELECT a.trouble_id FROM alerts a WHERE a.org_id = $1 AND a.id = $2)")
    .bind(org)
    .bind(id)
    .bind(at)
    .bind(by.name)
    .bind(by.member)
    .run(tx)
    .await?;
    Ok(())
}

/// The active alerts at a place of which nobody has taken note.
pub(crate) async fn unacknowledged(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    location: LocationId,
) -> Result<Vec<(AlertId, AlertType, ColdCellId)>> {
    let filter =
        AlertFilter { status: Some(AlertStatus::Active), location_id: Some(location), ..AlertFilter::default() };
    let mut query = filtered(sql("SELECT a.id, a.type, a.cold_cell_id FROM alerts a"), org, &filter, &Scope::All);
    query.push(" AND a.acknowledged_at IS NULL ORDER BY a.opened_at, a.id");
    query.all(on).await
}

/// Resolves an active alert by hand, and tells whether it was active.
pub(crate) async fn resolve(
    tx: &mut Tx,
    org: OrgId,
    id: AlertId,
    by: Doer<'_>,
    note: Option<&String>,
    at: Timestamp,
) -> Result<bool> {
    let rows = sql("UPDATE alerts SET status = 'RESOLVED', resolved_at = $3, resolved_by = $4, resolution_note = $5, \
         resolved_by_id = $6, escalate_at = NULL \
         WHERE org_id = $1 AND id = $2 AND status = 'ACTIVE'")
    .bind(org)
    .bind(id)
    .bind(at)
    .bind(by.name)
    .bind(note)
    .bind(by.member)
    .run(&mut *tx)
    .await?;
    if rows == 1 {
        attend(tx, org, id, by, at).await?;
    }
    Ok(rows == 1)
}

/// Takes the name of a member who is to be forgotten from alerts and silences.
pub(crate) async fn forget_member(tx: &mut Tx, org: OrgId, member: MembershipId) -> Result<()> {
    for query in [
        "UPDATE alerts SET acknowledged_by = $3, acknowledged_by_id = NULL WHERE org_id = $1 AND acknowledged_by_id = $2",
        "UPDATE alerts SET resolved_by = $3, resolved_by_id = NULL WHERE org_id = $1 AND resolved_by_id = $2",
        "UPDATE silences SET created_by = $3, created_by_id = NULL WHERE org_id = $1 AND created_by_id = $2",
    ] {
        sql(query).bind(org).bind(member).bind(FORGOTTEN).run(&mut *tx).await?;
    }
    Ok(())
}

/// The active alerts of a device: id and type.
pub(crate) async fn active_of_device(on: impl Into<Conn<'_>>, device_no: i64) -> Result<Vec<(AlertId, AlertType)>> {
    sql("SELECT id, type FROM alerts WHERE device_no = $1 AND status = 'ACTIVE' ORDER BY type")
        .bind(device_no)
        .all(on)
        .await
}

/// Active alerts by type.
pub(crate) async fn active_by_type(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    scope: &Scope,
) -> Result<Vec<(AlertType, i64)>> {
    let active = AlertFilter { status: Some(AlertStatus::Active), ..AlertFilter::default() };
    let mut query = filtered(sql("SELECT a.type, COUNT(*) FROM alerts a"), org, &active, scope);
    query.push(" GROUP BY a.type");
    query.all(on).await
}

/// The alerts of a cell, or of all, that went on between two moments, in the order of their beginnings.
pub(crate) async fn between(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    cell: Option<ColdCellId>,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<AlertRow>> {
    let filter = AlertFilter { cold_cell_id: cell, ..AlertFilter::default() };
    let mut query = filtered(sql(SELECT), org, &filter, &Scope::All);
    query.push(" AND a.started_at < ").push_bind(until);
    query.push(" AND (a.resolved_at IS NULL OR a.resolved_at >= ").push_bind(from);
    query.push(") ORDER BY a.started_at, a.id");
    query.all(on).await
}

/// Where an alert is.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AlertPlace {
    /// The alert.
    pub id: AlertId,
    /// What is wrong.
    #[sqlx(rename = "type")]
    pub alert_type: AlertType,
    /// The cell.
    pub cold_cell_id: ColdCellId,
    /// What the cell is called.
    pub cold_cell_name: String,
    /// Where the cell stands.
    pub location_id: LocationId,
    /// What the place is called.
    pub location_name: String,
    /// Whose location it is.
    pub customer_id: Option<CustomerId>,
}

/// Where alerts are.
pub(crate) async fn places(on: impl Into<Conn<'_>>, org: OrgId, ids: &[AlertId]) -> Result<Vec<AlertPlace>> {
    let mut query = sql(SELECT);
    query.push("WHERE a.org_id = ").push_bind(org).push(" AND a.id IN (").push_list(ids).push(")");
    query.all(on).await
}

/// How an alert stands.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Standing {
    /// The alert.
    pub id: AlertId,
    /// The first reading out of bounds.
    pub started_at: Timestamp,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Whether somebody has taken note of it.
    pub is_acknowledged: bool,
    /// Whether somebody has closed it.
    pub by_hand: bool,
    /// The first alert of its trouble.
    pub trouble_id: AlertId,
    /// When that one opened.
    pub trouble_since: Timestamp,
    /// The how manieth of them it is.
    pub openings: i64,
    /// Whether it was found in readings that arrived late, and has not gone on since.
    pub late: bool,
    /// The worst value so far: a temperature, or a charge in percent.
    pub worst: Option<Micro>,
    /// The limit that was crossed, in °C or percent.
    pub threshold: Option<f64>,
}

impl Standing {
    /// Whether it goes on, or opens again and again, and nobody has reacted.
    #[must_use]
    pub fn is_unattended(&self, now: Timestamp) -> bool {
        let goes_on = self.resolved_at.is_none() || is_flapping(self.openings, self.resolved_at, now);
        goes_on && !self.is_acknowledged && !self.by_hand
    }
}

/// How some alerts stand.
pub(crate) async fn standings(tx: &mut Tx, org: OrgId, ids: &[AlertId]) -> Result<Vec<Standing>> {
    let mut found = Vec::new();
    // A place may have more alerts than a statement takes values.
    for part in ids.chunks(500) {
        let mut query =
            sql("SELECT id, started_at, opened_at, resolved_at, acknowledged_at IS NOT NULL AS is_acknowledged, \
                             resolved_by IS NOT NULL AS by_hand, COALESCE(trouble_id, id) AS trouble_id, \
                             COALESCE(trouble_since, opened_at) AS trouble_since, \
                             trouble_openings AS openings, \
                             late, worst, threshold FROM alerts WHERE org_id = ");
        query.push_bind(org).push(" AND id IN (").push_list(part).push(")");
        found.extend(query.all::<Standing>(&mut *tx).await?);
    }
    Ok(found)
}

//! Alerts, stored.

use serde_json::json;

use crate::Result;
use crate::cold_chain::alert::{Alert, AlertFilter, AlertStatus, AlertType};
use crate::cold_chain::engine::Open;
use crate::cold_chain::model::Micro;
use crate::cold_chain::store::multi_row::{MultiRow, chunks};
use crate::cold_chain::store::readings::DeviceRow;
use crate::kernel::db::{Conn, Sort, Sql, Tx, sql};
use crate::kernel::ids::{AlertId, ColdCellId, DeviceId, LocationId, OrgId};
use crate::kernel::page::PageWindow;
use crate::kernel::time::Timestamp;

/// What an alert's row is made of, beside its device.
pub(crate) struct OpenedAlert {
    pub id: AlertId,
    pub kind: AlertType,
    pub alert: Open,
    pub opened_at: Timestamp,
    pub threshold: Option<Micro>,
}

impl OpenedAlert {
    /// What the journal says of it.
    pub fn journaled(&self, device: &DeviceRow) -> serde_json::Value {
        json!({
            "status": AlertStatus::Active,
            "type": self.kind,
            "coldCellId": device.cold_cell_id,
            "deviceId": device.id,
            "late": self.alert.late,
            "threshold": self.threshold.map(Micro::celsius),
            "worstValue": self.alert.excursion.worst.map(Micro::celsius),
            "startedAt": self.alert.excursion.from,
            "openedAt": self.opened_at,
        })
    }
}

/// An open alert after more readings out of bounds.
pub(crate) struct Trigger {
    pub device_no: i64,
    pub kind: AlertType,
    pub alert: Open,
}

/// Opens an alert, unless one is active already, and tells whether it did.
pub(crate) async fn open(tx: &mut Tx, device: &DeviceRow, opened: &OpenedAlert) -> Result<bool> {
    let excursion = &opened.alert.excursion;
    let rows = sql(
        "INSERT INTO alerts (org_id, id, cold_cell_id, device_id, device_no, type, status, late, threshold, worst, \
         started_at, opened_at, last_triggered_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 'ACTIVE', $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
    )
    .bind(device.org_id)
    .bind(opened.id)
    .bind(device.cold_cell_id)
    .bind(device.id)
    .bind(device.no)
    .bind(opened.kind)
    .bind(opened.alert.late)
    .bind(opened.threshold.map(Micro::celsius))
    .bind(excursion.worst)
    .bind(excursion.from)
    .bind(opened.opened_at)
    .bind(excursion.to)
    .run(tx)
    .await?;
    Ok(rows == 1)
}

// The casts tell PostgreSQL the types; SQLite takes them as they are.
static TRIGGERS: MultiRow = MultiRow::new(
    "UPDATE alerts SET started_at = v.column3, last_triggered_at = v.column4, worst = v.column5, late = (v.column6 = 1) \
     FROM (VALUES ",
    "(CAST($ AS BIGINT), CAST($ AS TEXT), CAST($ AS BIGINT), CAST($ AS BIGINT), CAST($ AS BIGINT), CAST($ AS BIGINT))",
    ") AS v WHERE alerts.device_no = v.column1 AND alerts.type = v.column2 AND alerts.status = 'ACTIVE'",
);

/// Brings active alerts up to date.
pub(crate) async fn trigger(tx: &mut Tx, triggers: &[Trigger]) -> Result<()> {
    for chunk in chunks(triggers, tx.is_sqlite()) {
        let mut query = sql(TRIGGERS.text(chunk.len(), tx.is_sqlite()));
        for Trigger { device_no, kind, alert } in chunk {
            query = query
                .bind(*device_no)
                .bind(*kind)
                .bind(alert.excursion.from)
                .bind(alert.excursion.to)
                .bind(alert.excursion.worst)
                .bind(i64::from(alert.late));
        }
        query.run(&mut *tx).await?;
    }
    Ok(())
}

/// Resolves a device's active alert of a type because the values came back, and tells which it was.
pub(crate) async fn resolve_by_itself(
    tx: &mut Tx,
    device_no: i64,
    kind: AlertType,
    at: Timestamp,
) -> Result<Option<AlertId>> {
    let row: Option<(AlertId,)> = sql("UPDATE alerts SET status = 'RESOLVED', resolved_at = $3 \
         WHERE device_no = $1 AND type = $2 AND status = 'ACTIVE' RETURNING id")
    .bind(device_no)
    .bind(kind)
    .bind(at)
    .optional(tx)
    .await?;
    Ok(row.map(|(id,)| id))
}

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
            resolved_at: row.resolved_at,
            resolved_by: row.resolved_by,
            resolution_note: row.resolution_note,
        }
    }
}

const SELECT: &str = "SELECT a.id, a.type, a.status, a.cold_cell_id, c.name AS cold_cell_name, l.id AS location_id, \
     l.name AS location_name, a.device_id, a.device_no, d.serial_number, a.late, a.threshold, a.worst, a.started_at, \
     a.opened_at, a.last_triggered_at, a.acknowledged_at, a.acknowledged_by, a.resolved_at, a.resolved_by, a.resolution_note \
     FROM alerts a JOIN cold_cells c ON c.org_id = a.org_id AND c.id = a.cold_cell_id \
     JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id \
     JOIN devices d ON d.org_id = a.org_id AND d.id = a.device_id ";

fn filtered(mut query: Sql, org: OrgId, filter: &AlertFilter) -> Sql {
    query.push(" WHERE a.org_id = ").push_bind(org);
    if let Some(status) = filter.status {
        query.push(" AND a.status = ").push_bind(status);
    }
    if let Some(kind) = filter.kind {
        query.push(" AND a.type = ").push_bind(kind);
    }
    if let Some(cell) = filter.cold_cell_id {
        query.push(" AND a.cold_cell_id = ").push_bind(cell);
    }
    query
}

/// Alerts, newest first; one more than asked for.
pub(crate) async fn list(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    filter: &AlertFilter,
    window: &PageWindow,
) -> Result<Vec<AlertRow>> {
    let mut query = filtered(sql(SELECT), org, filter);
    query.push_window(Sort::descending("a.opened_at", "a.id"), window);
    query.all(on).await
}

/// How many alerts a filter has, counted up to a little more than is shown.
pub(crate) async fn count(on: impl Into<Conn<'_>>, org: OrgId, filter: &AlertFilter) -> Result<i64> {
    filtered(sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM alerts a"), org, filter).counted(on).await
}

/// One alert.
pub(crate) async fn get(on: impl Into<Conn<'_>>, org: OrgId, id: AlertId) -> Result<Option<AlertRow>> {
    let mut query = sql(SELECT);
    query.push("WHERE a.org_id = ").push_bind(org).push(" AND a.id = ").push_bind(id);
    query.optional(on).await
}

/// Notes who took note of an active alert that nobody had, and tells whether there was one.
pub(crate) async fn acknowledge(tx: &mut Tx, org: OrgId, id: AlertId, by: &str, at: Timestamp) -> Result<bool> {
    let rows = sql("UPDATE alerts SET acknowledged_at = $3, acknowledged_by = $4 \
         WHERE org_id = $1 AND id = $2 AND status = 'ACTIVE' AND acknowledged_at IS NULL")
    .bind(org)
    .bind(id)
    .bind(at)
    .bind(by)
    .run(tx)
    .await?;
    Ok(rows == 1)
}

/// Resolves an active alert by hand, and tells whether it was active.
pub(crate) async fn resolve(
    tx: &mut Tx,
    org: OrgId,
    id: AlertId,
    by: &str,
    note: Option<&String>,
    at: Timestamp,
) -> Result<bool> {
    let rows = sql("UPDATE alerts SET status = 'RESOLVED', resolved_at = $3, resolved_by = $4, resolution_note = $5 \
         WHERE org_id = $1 AND id = $2 AND status = 'ACTIVE'")
    .bind(org)
    .bind(id)
    .bind(at)
    .bind(by)
    .bind(note)
    .run(tx)
    .await?;
    Ok(rows == 1)
}

/// The active alerts of a device: id and type.
pub(crate) async fn active_of_device(on: impl Into<Conn<'_>>, device_no: i64) -> Result<Vec<(AlertId, AlertType)>> {
    sql("SELECT id, type FROM alerts WHERE device_no = $1 AND status = 'ACTIVE' ORDER BY type")
        .bind(device_no)
        .all(on)
        .await
}

/// Active alerts by type.
pub(crate) async fn active_by_type(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Vec<(AlertType, i64)>> {
    sql("SELECT type, COUNT(*) FROM alerts WHERE org_id = $1 AND status = 'ACTIVE' GROUP BY type")
        .bind(org)
        .all(on)
        .await
}

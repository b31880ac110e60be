//! Locations and cells, stored.

use crate::Result;
use crate::cold_chain::inputs::{CellSettings, NewLocation};
use crate::cold_chain::model::{CellFilter, ColdCell, Location, LocationFilter, Maintenance, Micro, Preset};
use crate::cold_chain::store::scope::push_locations;
use crate::kernel::actor::Scope;
use crate::kernel::db::{Conn, Sort, Sql, Tx, sql};
use crate::kernel::ids::{ColdCellId, CustomerId, LocationId, OrgId};
use crate::kernel::page::{PageWindow, words_of_search};
use crate::kernel::time::Timestamp;

const LOCATIONS: &str = "SELECT l.id, l.name, l.customer_id, k.name AS customer_name, l.address, l.time_zone, \
     (SELECT COUNT(*) FROM cold_cells c WHERE c.org_id = l.org_id AND c.location_id = l.id) AS cold_cells, l.created_at, l.version \
     FROM locations l LEFT JOIN customers k ON k.org_id = l.org_id AND k.id = l.customer_id WHERE l.org_id = $1";

/// The ids of the locations of customers.
pub(crate) async fn locations_of(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    customers: &[CustomerId],
) -> Result<Vec<LocationId>> {
    let mut query = sql("SELECT id FROM locations WHERE org_id = $1 AND customer_id IN (").bind(org);
    query.push_list(customers).push(")");
    let rows: Vec<(LocationId,)> = query.all(on).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Locations in the order of their making; one more than asked for.
pub(crate) async fn locations(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    filter: &LocationFilter,
    scope: &Scope,
    window: &PageWindow,
) -> Result<Vec<Location>> {
    let mut query = sql(LOCATIONS).bind(org);
    push_location_filter(&mut query, filter, scope);
    query.push_window(Sort::ascending("l.created_at", "l.id"), window);
    query.all(on).await
}

/// How many locations there are, counted up to a little more than is shown.
pub(crate) async fn count_locations(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    filter: &LocationFilter,
    scope: &Scope,
) -> Result<i64> {
    let mut query = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM locations l \
         LEFT JOIN customers k ON k.org_id = l.org_id AND k.id = l.customer_id WHERE l.org_id = $1")
    .bind(org);
    push_location_filter(&mut query, filter, scope);
    query.counted(on).await
}

/// Narrows a query of locations `l` and their customers `k`.
fn push_location_filter(query: &mut Sql, filter: &LocationFilter, scope: &Scope) {
    if let Some(customers) = scope.customers() {
        query.push(" AND l.customer_id IN (").push_list(customers).push(")");
    }
    for word in words_of_search(filter.search.as_deref()) {
        query.push_search(&["l.name", "l.address", "k.name"], &word);
    }
}

/// One location.
pub(crate) async fn location(on: impl Into<Conn<'_>>, org: OrgId, id: LocationId) -> Result<Option<Location>> {
    let mut query = sql(LOCATIONS).bind(org);
    query.push(" AND l.id = ").push_bind(id);
    query.optional(on).await
}

/// One location, which is this transaction's to change from here.
pub(crate) async fn lock_location(tx: &mut Tx, org: OrgId, id: LocationId) -> Result<Option<Location>> {
    // A statement of its own: who waits for the lock would see the rest of the row as it was before.
    let row: Option<(LocationId,)> =
        sql("SELECT id FROM locations WHERE org_id = $1 AND id = $2").bind(org).bind(id).lock(tx).await?;
    match row {
        Some(_) => location(tx, org, id).await,
        None => Ok(None),
    }
}

/// Stores a new location.
pub(crate) async fn insert_location(
    tx: &mut Tx,
    org: OrgId,
    id: LocationId,
    new: &NewLocation,
    at: Timestamp,
) -> Result<()> {
    sql("INSERT INTO locations (org_id, id, customer_id, name, address, time_zone, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(org)
    .bind(id)
    .bind(new.customer_id)
    .bind(&new.name)
    .bind(new.address.as_ref())
    .bind(new.time_zone.as_ref())
    .bind(at)
    .run(tx)
    .await?;
    Ok(())
}

/// Writes a location's fields.
pub(crate) async fn update_location(tx: &mut Tx, org: OrgId, id: LocationId, new: &NewLocation) -> Result<()> {
    sql("UPDATE locations SET customer_id = $3, name = $4, address = $5, time_zone = $6, version = version + 1 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(new.customer_id)
        .bind(&new.name)
        .bind(new.address.as_ref())
        .bind(new.time_zone.as_ref())
        .run(tx)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(crate) struct CellRow {
    /// The short number of the cell in readings and buckets.
    pub no: i64,
    id: ColdCellId,
    name: String,
    location_id: LocationId,
    location_name: String,
    /// Whose location it is.
    pub customer_id: Option<CustomerId>,
    customer_name: Option<String>,
    preset: Option<Preset>,
    min_temperature: f64,
    max_temperature: f64,
    hysteresis: f64,
    alert_delay_seconds: i64,
    door_open_seconds: i64,
    offline_after_seconds: i64,
    temperature: Option<Micro>,
    temperature_at: Option<Timestamp>,
    last_seen_at: Option<Timestamp>,
    devices: i64,
    active_alerts: i64,
    maintenance_from: Option<Timestamp>,
    maintenance_until: Option<Timestamp>,
    maintenance_reason: Option<String>,
    silenced_until: Option<Timestamp>,
    created_at: Timestamp,
    /// How often people have changed it.
    pub version: i64,
}

impl CellRow {
    /// The part that people set.
    pub fn settings(&self) -> CellSettings {
        CellSettings {
            name: self.name.clone(),
            location_id: self.location_id,
            preset: self.preset,
            min_temperature: self.min_temperature,
            max_temperature: self.max_temperature,
            hysteresis: self.hysteresis,
            alert_delay_seconds: self.alert_delay_seconds,
            door_open_seconds: self.door_open_seconds,
            offline_after_seconds: self.offline_after_seconds,
        }
    }
}

impl CellRow {
    /// The cell as it is at a moment: maintenance that is over is not shown.
    pub fn at(self, now: Timestamp) -> ColdCell {
        let row = self;
        let reason = row.maintenance_reason;
        let stretch = row.maintenance_from.zip(row.maintenance_until).filter(|(_, until)| *until > now);
        ColdCell {
            id: row.id,
            name: row.name,
            location_id: row.location_id,
            location_name: row.location_name,
            customer_name: row.customer_name,
            preset: row.preset,
            min_temperature: row.min_temperature,
            max_temperature: row.max_temperature,
            hysteresis: row.hysteresis,
            alert_delay_seconds: row.alert_delay_seconds,
            door_open_seconds: row.door_open_seconds,
            offline_after_seconds: row.offline_after_seconds,
            temperature: row.temperature.map(Micro::celsius),
            temperature_at: row.temperature_at,
            last_seen_at: row.last_seen_at,
            devices: row.devices,
            active_alerts: row.active_alerts,
            maintenance: stretch.map(|(from, until)| Maintenance { from, until, reason }),
            silenced_until: row.silenced_until,
            created_at: row.created_at,
            version: row.version,
        }
    }
}

const CELLS: &str = "SELECT c.no, c.id, c.name, c.location_id, l.name AS location_name, l.customer_id, k.name AS customer_name, c.preset, c.min_temperature, \
     c.max_temperature, c.hysteresis, c.alert_delay_seconds, c.door_open_seconds, c.offline_after_seconds, \
     (SELECT s.temperature FROM devices d JOIN device_states s ON s.device_no = d.no WHERE d.cell_no = c.no AND d.retired_at IS NULL \
      AND s.latest_at IS NOT NULL ORDER BY s.latest_at DESC LIMIT 1) AS temperature, \
     (SELECT MAX(s.latest_at) FROM devices d JOIN device_states s ON s.device_no = d.no WHERE d.cell_no = c.no AND d.retired_at IS NULL) AS temperature_at, \
     (SELECT MAX(s.last_seen_at) FROM devices d JOIN device_states s ON s.device_no = d.no WHERE d.cell_no = c.no AND d.retired_at IS NULL) AS last_seen_at, \
     (SELECT COUNT(*) FROM devices d WHERE d.cell_no = c.no AND d.retired_at IS NULL) AS devices, \
     (SELECT COUNT(*) FROM alerts a WHERE a.org_id = c.org_id AND a.cold_cell_id = c.id AND a.status = 'ACTIVE') AS active_alerts, \
     c.maintenance_from, c.maintenance_until, c.maintenance_reason, \
     (SELECT MAX(q.until) FROM silences q WHERE q.org_id = c.org_id AND q.until > $2 \
      AND (q.cold_cell_id = c.id OR q.location_id = c.location_id)) AS silenced_until, c.created_at, c.version \
     FROM cold_cells c JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id \
     LEFT JOIN customers k ON k.org_id = l.org_id AND k.id = l.customer_id WHERE c.org_id = $1";

/// Cells in the order of their making, with the silences of a moment; one more than asked for.
pub(crate) async fn cells(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    now: Timestamp,
    filter: &CellFilter,
    scope: &Scope,
    window: &PageWindow,
) -> Result<Vec<CellRow>> {
    let mut query = sql(CELLS).bind(org).bind(now);
    push_filter(&mut query, filter, scope);
    query.push_window(Sort::ascending("c.created_at", "c.id"), window);
    query.all(on).await
}

/// How many cells there are, counted up to a little more than is shown.
pub(crate) async fn count_cells(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    filter: &CellFilter,
    scope: &Scope,
) -> Result<i64> {
    let mut query = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM cold_cells c \
         JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id WHERE c.org_id = $1")
    .bind(org);
    push_filter(&mut query, filter, scope);
    query.counted(on).await
}

/// Narrows a query of cells `c` and their locations `l`.
fn push_filter(query: &mut Sql, filter: &CellFilter, scope: &Scope) {
    if let Some(customers) = scope.customers() {
        query.push(" AND l.customer_id IN (").push_list(customers).push(")");
    }
    if let Some(customer) = filter.customer_id {
        query.push(" AND l.customer_id = ").push_bind(customer);
    }
    if let Some(is_nobodys) = filter.without_customer {
        query.push(if is_nobodys { " AND l.customer_id IS NULL" } else { " AND l.customer_id IS NOT NULL" });
    }
    if let Some(location) = filter.location_id {
        query.push(" AND c.location_id = ").push_bind(location);
    }
    for word in words_of_search(filter.search.as_deref()) {
        let customer = "(SELECT k.name FROM customers k WHERE k.org_id = l.org_id AND k.id = l.customer_id)";
        query.push_search(&["c.name", "l.name", customer], &word);
    }
}

/// One cell, with the silences of a moment.
pub(crate) async fn cell(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    id: ColdCellId,
    now: Timestamp,
) -> Result<Option<CellRow>> {
    let mut query = sql(CELLS).bind(org).bind(now);
    query.push(" AND c.id = ").push_bind(id);
    query.optional(on).await
}

/// One cell, which is this transaction's to change from here.
pub(crate) async fn lock_cell(tx: &mut Tx, org: OrgId, id: ColdCellId, now: Timestamp) -> Result<Option<CellRow>> {
    let row: Option<(ColdCellId,)> =
        sql("SELECT id FROM cold_cells WHERE org_id = $1 AND id = $2").bind(org).bind(id).lock(tx).await?;
    match row {
        Some(_) => cell(tx, org, id, now).await,
        None => Ok(None),
    }
}

/// Whose cell it is, and when a device there was last heard of.
pub(crate) async fn cell_heard(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    id: ColdCellId,
) -> Result<Option<(Option<CustomerId>, Option<Timestamp>)>> {
    sql("SELECT l.customer_id, (SELECT MAX(s.last_seen_at) FROM devices d JOIN device_states s ON s.device_no = d.no \
         WHERE d.cell_no = c.no AND d.retired_at IS NULL) AS heard_at \
         FROM cold_cells c JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id \
         WHERE c.org_id = $1 AND c.id = $2")
    .bind(org)
    .bind(id)
    .optional(on)
    .await
}

/// Some cells in no particular order, with the silences of a moment.
pub(crate) async fn cells_with(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    now: Timestamp,
    ids: &[ColdCellId],
) -> Result<Vec<CellRow>> {
    let mut query = sql(CELLS).bind(org).bind(now);
    query.push(" AND c.id IN (").push_list(ids).push(")");
    query.all(on).await
}

/// A cell as a line of a table may name it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct CellName {
    pub no: i64,
    pub id: ColdCellId,
    pub name: String,
}

/// The cells with some ids or names.
pub(crate) async fn cells_called(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    scope: &Scope,
    ids: &[ColdCellId],
    names: &[&str],
) -> Result<Vec<CellName>> {
    let mut query = sql("SELECT no, id, name FROM cold_cells WHERE org_id = $1 AND (id IN (").bind(org);
    query.push_list(ids).push(") OR name IN (").push_list(names).push("))");
    if let Some(customers) = scope.customers() {
        query.push(" AND location_id IN ");
        push_locations(&mut query, org, customers);
    }
    query.all(on).await
}

/// Stores a new cell.
pub(crate) async fn insert_cell(
    tx: &mut Tx,
    org: OrgId,
    id: ColdCellId,
    cell: &CellSettings,
    at: Timestamp,
) -> Result<()> {
    sql(
        "INSERT INTO cold_cells (org_id, id, location_id, name, preset, min_temperature, max_temperature, hysteresis, \
         alert_delay_seconds, door_open_seconds, offline_after_seconds, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(org)
    .bind(id)
    .bind(cell.location_id)
    .bind(&cell.name)
    .bind(cell.preset)
    .bind(cell.min_temperature)
    .bind(cell.max_temperature)
    .bind(cell.hysteresis)
    .bind(cell.alert_delay_seconds)
    .bind(cell.door_open_seconds)
    .bind(cell.offline_after_seconds)
    .bind(at)
    .run(tx)
    .await?;
    Ok(())
}

/// Writes a cell's settings.
pub(crate) async fn update_cell(tx: &mut Tx, org: OrgId, id: ColdCellId, cell: &CellSettings) -> Result<()> {
    sql("UPDATE cold_cells SET location_id = $3, name = $4, preset = $5, min_temperature = $6, max_temperature = $7, \
         hysteresis = $8, alert_delay_seconds = $9, door_open_seconds = $10, offline_after_seconds = $11, \
         version = version + 1 WHERE org_id = $1 AND id = $2")
    .bind(org)
    .bind(id)
    .bind(cell.location_id)
    .bind(&cell.name)
    .bind(cell.preset)
    .bind(cell.min_temperature)
    .bind(cell.max_temperature)
    .bind(cell.hysteresis)
    .bind(cell.alert_delay_seconds)
    .bind(cell.door_open_seconds)
    .bind(cell.offline_after_seconds)
    .run(tx)
    .await?;
    Ok(())
}

/// Writes when people work on a cell; none for no time at all.
pub(crate) async fn set_maintenance(
    tx: &mut Tx,
    org: OrgId,
    id: ColdCellId,
    maintenance: Option<&Maintenance>,
) -> Result<()> {
    sql("UPDATE cold_cells SET maintenance_from = $3, maintenance_until = $4, maintenance_reason = $5 \
         WHERE org_id = $1 AND id = $2")
    .bind(org)
    .bind(id)
    .bind(maintenance.map(|stretch| stretch.from))
    .bind(maintenance.map(|stretch| stretch.until))
    .bind(maintenance.and_then(|stretch| stretch.reason.as_ref()))
    .run(tx)
    .await?;
    Ok(())
}

const CUSTOMERS: &str = "SELECT k.id, k.name FROM customers k WHERE k.org_id = $1 AND EXISTS \
     (SELECT 1 FROM locations l WHERE l.org_id = k.org_id AND l.customer_id = k.id)";

/// The name of a customer with locations.
pub(crate) async fn customer_name(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    scope: &Scope,
    id: CustomerId,
) -> Result<Option<String>> {
    if scope.pass(Some(id)).is_err() {
        return Ok(None);
    }
    let mut query = sql(CUSTOMERS).bind(org);
    query.push(" AND k.id = ").push_bind(id);
    let row: Option<(CustomerId, String)> = query.optional(on).await?;
    Ok(row.map(|(_, name)| name))
}

/// Customers with locations whose names hold some words, by name; at most so many.
pub(crate) async fn customers(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    scope: &Scope,
    search: Option<&str>,
    most: i64,
) -> Result<Vec<(CustomerId, String)>> {
    let mut query = sql(CUSTOMERS).bind(org);
    if let Some(customers) = scope.customers() {
        query.push(" AND k.id IN (").push_list(customers).push(")");
    }
    for word in words_of_search(search) {
        query.push_search(&["k.name"], &word);
    }
    query.push(" ORDER BY k.name, k.id LIMIT ").push_bind(most);
    query.all(on).await
}

/// Whose location, cold cell, device or alert it is, by the word of the journal; none for what is nobody's or unknown.
pub(crate) async fn customer_of(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    kind: &str,
    id: uuid::Uuid,
) -> Result<Option<CustomerId>> {
    let query = match kind {
        "location" => "SELECT customer_id FROM locations WHERE org_id = $1 AND id = $2",
        "cold_cell" => {
            "SELECT l.customer_id FROM cold_cells c JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id \
             WHERE c.org_id = $1 AND c.id = $2"
        }
        "device" => {
            "SELECT l.customer_id FROM devices d JOIN cold_cells c ON c.org_id = d.org_id AND c.id = d.cold_cell_id \
             JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id WHERE d.org_id = $1 AND d.id = $2"
        }
        "alert" => {
            "SELECT l.customer_id FROM alerts a JOIN cold_cells c ON c.org_id = a.org_id AND c.id = a.cold_cell_id \
             JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id WHERE a.org_id = $1 AND a.id = $2"
        }
        _ => return Ok(None),
    };
    let row: Option<(Option<CustomerId>,)> = sql(query).bind(org).bind(id).optional(on).await?;
    Ok(row.and_then(|(customer,)| customer))
}

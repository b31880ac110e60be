//! Locations, cells, devices and their keys, stored.

use crate::Error;
use crate::Result;
use crate::cold_chain::engine::Tracks;
use crate::cold_chain::model::{
    CellSettings, ColdCell, DashboardCustomer, Device, DeviceStatus, LatestReading, Location, Micro, NewDevice,
    NewLocation, Preset,
};
use crate::kernel::db::{Conn, Sql, Tx, sql};
use crate::kernel::ids::{ColdCellId, DeviceId, LocationId, OrgId};
use crate::kernel::page::{COUNT_UP_TO, PageWindow};
use crate::kernel::time::Timestamp;

/// Continues a list query that is sorted by creation, oldest first.
fn page(query: &mut Sql, window: &PageWindow, key: (&'static str, &'static str)) {
    let (created_at, id) = key;
    if let Some(cursor) = window.after {
        query.push(" AND (").push(created_at).push(", ").push(id).push(") > (");
        query.push_bind(cursor.key).push(", ").push_bind(cursor.id).push(")");
    }
    query.push(" ORDER BY ").push(created_at).push(", ").push(id);
    query.push(" LIMIT ").push_bind(window.fetch()).push(" OFFSET ").push_bind(window.offset);
}

async fn counted(on: impl Into<Conn<'_>>, mut query: Sql) -> Result<i64> {
    query.push(" LIMIT ").push_bind(COUNT_UP_TO + 1).push(") counted");
    let (count,): (i64,) = query.one(on).await?;
    Ok(count)
}

const LOCATIONS: &str = "SELECT l.id, l.name, l.customer_id, k.name AS customer_name, l.address, l.time_zone, \
     (SELECT COUNT(*) FROM cold_cells c WHERE c.org_id = l.org_id AND c.location_id = l.id) AS cold_cells, l.created_at \
     FROM locations l LEFT JOIN customers k ON k.org_id = l.org_id AND k.id = l.customer_id WHERE l.org_id = $1";

/// Locations in the order of their making; one more than asked for.
pub(crate) async fn locations(on: impl Into<Conn<'_>>, org: OrgId, window: &PageWindow) -> Result<Vec<Location>> {
    let mut query = sql(LOCATIONS).bind(org);
    page(&mut query, window, ("l.created_at", "l.id"));
    query.all(on).await
}

/// How many locations there are, counted up to a little more than is shown.
pub(crate) async fn count_locations(on: impl Into<Conn<'_>>, org: OrgId) -> Result<i64> {
    counted(on, sql("SELECT COUNT(*) FROM (SELECT 1 FROM locations WHERE org_id = $1").bind(org)).await
}

/// One location.
pub(crate) async fn location(on: impl Into<Conn<'_>>, org: OrgId, id: LocationId) -> Result<Option<Location>> {
    let mut query = sql(LOCATIONS).bind(org);
    query.push(" AND l.id = ").push_bind(id);
    query.optional(on).await
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
    sql("UPDATE locations SET customer_id = $3, name = $4, address = $5, time_zone = $6 WHERE org_id = $1 AND id = $2")
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
    created_at: Timestamp,
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

impl From<CellRow> for ColdCell {
    fn from(row: CellRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            location_id: row.location_id,
            location_name: row.location_name,
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
            created_at: row.created_at,
        }
    }
}

const CELLS: &str = "SELECT c.no, c.id, c.name, c.location_id, l.name AS location_name, c.preset, c.min_temperature, \
     c.max_temperature, c.hysteresis, c.alert_delay_seconds, c.door_open_seconds, c.offline_after_seconds, \
     (SELECT s.temperature FROM devices d JOIN device_states s ON s.device_no = d.no WHERE d.cell_no = c.no \
      AND s.latest_at IS NOT NULL ORDER BY s.latest_at DESC LIMIT 1) AS temperature, \
     (SELECT MAX(s.latest_at) FROM devices d JOIN device_states s ON s.device_no = d.no WHERE d.cell_no = c.no) AS temperature_at, \
     (SELECT MAX(s.last_seen_at) FROM devices d JOIN device_states s ON s.device_no = d.no WHERE d.cell_no = c.no) AS last_seen_at, \
     (SELECT COUNT(*) FROM devices d WHERE d.cell_no = c.no) AS devices, \
     (SELECT COUNT(*) FROM alerts a WHERE a.org_id = c.org_id AND a.cold_cell_id = c.id AND a.status = 'ACTIVE') AS active_alerts, \
     c.created_at \
     FROM cold_cells c JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id WHERE c.org_id = $1";

/// Cells in the order of their making; one more than asked for.
pub(crate) async fn cells(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    location: Option<LocationId>,
    window: &PageWindow,
) -> Result<Vec<CellRow>> {
    let mut query = sql(CELLS).bind(org);
    if let Some(location) = location {
        query.push(" AND c.location_id = ").push_bind(location);
    }
    page(&mut query, window, ("c.created_at", "c.id"));
    query.all(on).await
}

/// How many cells there are, counted up to a little more than is shown.
pub(crate) async fn count_cells(on: impl Into<Conn<'_>>, org: OrgId, location: Option<LocationId>) -> Result<i64> {
    let mut query = sql("SELECT COUNT(*) FROM (SELECT 1 FROM cold_cells WHERE org_id = $1").bind(org);
    if let Some(location) = location {
        query.push(" AND location_id = ").push_bind(location);
    }
    counted(on, query).await
}

/// One cell.
pub(crate) async fn cell(on: impl Into<Conn<'_>>, org: OrgId, id: ColdCellId) -> Result<Option<CellRow>> {
    let mut query = sql(CELLS).bind(org);
    query.push(" AND c.id = ").push_bind(id);
    query.optional(on).await
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
         hysteresis = $8, alert_delay_seconds = $9, door_open_seconds = $10, offline_after_seconds = $11 \
         WHERE org_id = $1 AND id = $2")
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

#[derive(sqlx::FromRow)]
pub(crate) struct DeviceView {
    /// The short number of the device in readings.
    pub no: i64,
    id: DeviceId,
    serial_number: String,
    cold_cell_id: ColdCellId,
    cold_cell_name: String,
    name: Option<String>,
    firmware_version: Option<String>,
    offline_after_seconds: i64,
    created_at: Timestamp,
    last_seen_at: Option<Timestamp>,
    latest_at: Option<Timestamp>,
    temperature: Option<Micro>,
    humidity: Option<f64>,
    battery: Option<f64>,
    power: Option<bool>,
    door: Option<bool>,
}

impl DeviceView {
    /// The device as it is at a moment.
    pub fn at(self, now: Timestamp) -> Device {
        Device {
            id: self.id,
            serial_number: self.serial_number,
            cold_cell_id: self.cold_cell_id,
            cold_cell_name: self.cold_cell_name,
            name: self.name,
            firmware_version: self.firmware_version,
            status: DeviceStatus::at(now, self.last_seen_at, self.offline_after_seconds),
            last_seen_at: self.last_seen_at,
            latest: self.latest_at.zip(self.temperature).map(|(at, temperature)| LatestReading {
                at,
                temperature: temperature.celsius(),
                humidity: self.humidity,
                battery_level: self.battery,
                power_status: self.power,
                door_status: self.door,
            }),
            created_at: self.created_at,
        }
    }
}

const DEVICES: &str = "SELECT d.no, d.id, d.serial_number, d.cold_cell_id, c.name AS cold_cell_name, d.name, d.firmware_version, \
     c.offline_after_seconds, d.created_at, s.last_seen_at, s.latest_at, s.temperature, s.humidity, s.battery, s.power, s.door \
     FROM devices d JOIN cold_cells c ON c.no = d.cell_no JOIN device_states s ON s.device_no = d.no WHERE d.org_id = $1";

/// Devices in the order of their making; one more than asked for.
pub(crate) async fn devices(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    cell: Option<ColdCellId>,
    window: &PageWindow,
) -> Result<Vec<DeviceView>> {
    let mut query = sql(DEVICES).bind(org);
    if let Some(cell) = cell {
        query.push(" AND d.cold_cell_id = ").push_bind(cell);
    }
    page(&mut query, window, ("d.created_at", "d.id"));
    query.all(on).await
}

/// How many devices there are, counted up to a little more than is shown.
pub(crate) async fn count_devices(on: impl Into<Conn<'_>>, org: OrgId, cell: Option<ColdCellId>) -> Result<i64> {
    let mut query = sql("SELECT COUNT(*) FROM (SELECT 1 FROM devices WHERE org_id = $1").bind(org);
    if let Some(cell) = cell {
        query.push(" AND cold_cell_id = ").push_bind(cell);
    }
    counted(on, query).await
}

/// One device.
pub(crate) async fn device(on: impl Into<Conn<'_>>, org: OrgId, id: DeviceId) -> Result<Option<DeviceView>> {
    let mut query = sql(DEVICES).bind(org);
    query.push(" AND d.id = ").push_bind(id);
    query.optional(on).await
}

/// The device of a serial number.
pub(crate) async fn device_of_serial(on: impl Into<Conn<'_>>, org: OrgId, serial: &str) -> Result<Option<DeviceId>> {
    let row: Option<(DeviceId,)> = sql("SELECT id FROM devices WHERE org_id = $1 AND serial_number = $2")
        .bind(org)
        .bind(serial)
        .optional(on)
        .await?;
    Ok(row.map(|(id,)| id))
}

/// Stores a new device with an empty state, and tells its short number.
pub(crate) async fn insert_device(
    tx: &mut Tx,
    org: OrgId,
    id: DeviceId,
    cell_no: i64,
    new: &NewDevice,
    at: Timestamp,
) -> Result<i64> {
    let (no,): (i64,) = sql(
        "INSERT INTO devices (org_id, id, cold_cell_id, cell_no, serial_number, name, firmware_version, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING no",
    )
    .bind(org)
    .bind(id)
    .bind(new.cold_cell_id)
    .bind(cell_no)
    .bind(&new.serial_number)
    .bind(new.name.as_ref())
    .bind(new.firmware_version.as_ref())
    .bind(at)
    .one(&mut *tx)
    .await?;
    sql("INSERT INTO device_states (device_no) VALUES ($1)").bind(no).run(tx).await?;
    Ok(no)
}

/// Writes what people set on a device.
pub(crate) async fn update_device(tx: &mut Tx, device: &Device, no: i64, cell_no: i64) -> Result<()> {
    sql("UPDATE devices SET cold_cell_id = $2, cell_no = $3, name = $4, firmware_version = $5 WHERE no = $1")
        .bind(no)
        .bind(device.cold_cell_id)
        .bind(cell_no)
        .bind(device.name.as_ref())
        .bind(device.firmware_version.as_ref())
        .run(tx)
        .await?;
    Ok(())
}

/// Stores a key of a device by its hash.
pub(crate) async fn insert_key(tx: &mut Tx, device_no: i64, hash: Vec<u8>, at: Timestamp) -> Result<()> {
    sql("INSERT INTO device_keys (key_hash, device_no, created_at) VALUES ($1, $2, $3)")
        .bind(hash)
        .bind(device_no)
        .bind(at)
        .run(tx)
        .await?;
    Ok(())
}

/// Lets the device's keys end at a moment, unless they end before, and makes the writer look anew at who was let in.
pub(crate) async fn expire_keys(tx: &mut Tx, device_no: i64, at: Timestamp) -> Result<()> {
    sql("UPDATE device_keys SET expires_at = $2 WHERE device_no = $1 AND (expires_at IS NULL OR expires_at > $2)")
        .bind(device_no)
        .bind(at)
        .run(&mut *tx)
        .await?;
    sql("UPDATE devices SET access_epoch = access_epoch + 1 WHERE no = $1").bind(device_no).run(tx).await?;
    Ok(())
}

/// Who a key lets in.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct KeyRow {
    pub device_no: i64,
    pub access_epoch: i64,
    pub serial_number: String,
    pub expires_at: Option<Timestamp>,
}

/// The device of a key that is not revoked.
pub(crate) async fn key(on: impl Into<Conn<'_>>, hash: &[u8]) -> Result<Option<KeyRow>> {
    sql("SELECT k.device_no, d.access_epoch, d.serial_number, k.expires_at FROM device_keys k \
         JOIN devices d ON d.no = k.device_no WHERE k.key_hash = $1 AND k.revoked_at IS NULL")
    .bind(hash)
    .optional(on)
    .await
}

/// What the alert engine remembers of a device, which is this transaction's from here.
pub(crate) async fn lock_tracks(tx: &mut Tx, device_no: i64) -> Result<Tracks> {
    let query = if tx.is_sqlite() {
        sql("SELECT tracks FROM device_states WHERE device_no = $1")
    } else {
        sql("SELECT tracks FROM device_states WHERE device_no = $1 FOR UPDATE")
    };
    let (tracks,): (Option<String>,) = query.bind(device_no).one(tx).await?;
    Ok(tracks.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

/// Writes what the alert engine remembers of a device.
pub(crate) async fn write_tracks(tx: &mut Tx, device_no: i64, tracks: &Tracks) -> Result<()> {
    let json = serde_json::to_string(tracks).map_err(Error::internal)?;
    sql("UPDATE device_states SET tracks = $2 WHERE device_no = $1")
        .bind(device_no)
        .bind((*tracks != Tracks::default()).then_some(json))
        .run(tx)
        .await?;
    Ok(())
}

/// Customers with locations, most active alerts first.
pub(crate) async fn dashboard_customers(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Vec<DashboardCustomer>> {
    sql("SELECT k.id, k.name, COUNT(DISTINCT c.id) AS cold_cells, COUNT(DISTINCT a.id) AS active_alerts \
         FROM customers k JOIN locations l ON l.org_id = k.org_id AND l.customer_id = k.id \
         LEFT JOIN cold_cells c ON c.org_id = l.org_id AND c.location_id = l.id \
         LEFT JOIN alerts a ON a.org_id = c.org_id AND a.cold_cell_id = c.id AND a.status = 'ACTIVE' \
         WHERE k.org_id = $1 GROUP BY k.id, k.name ORDER BY active_alerts DESC, k.name, k.id")
    .bind(org)
    .all(on)
    .await
}

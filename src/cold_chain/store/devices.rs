//! Devices, their keys, and what is remembered of each, stored.

use std::collections::{HashMap, HashSet};

use crate::Error;
use crate::Result;
use crate::cold_chain::engine::{BATTERY_LOW, Tracks};
use crate::cold_chain::model::{Device, DeviceCondition, DeviceFilter, DeviceStatus, LATE_AFTER, LatestReading, Micro};
use crate::kernel::actor::Scope;
use crate::kernel::db::{Conn, MultiRow, Sort, Sql, Tx, sql};
use crate::kernel::ids::{ColdCellId, CustomerId, DeviceId, OrgId};
use crate::kernel::page::{PageWindow, words_of_search};
use crate::kernel::time::{DAY, Timestamp};

#[derive(sqlx::FromRow)]
pub(crate) struct DeviceView {
    /// The short number of the device in readings.
    pub no: i64,
    /// That of its cell.
    pub cell_no: i64,
    id: DeviceId,
    serial_number: String,
    cold_cell_id: ColdCellId,
    cold_cell_name: String,
    /// Whose location the cell stands in.
    pub customer_id: Option<CustomerId>,
    name: Option<String>,
    firmware_version: Option<String>,
    offline_after_seconds: i64,
    created_at: Timestamp,
    /// Since when it is out of service.
    pub retired_at: Option<Timestamp>,
    last_seen_at: Option<Timestamp>,
    clock_suspect_at: Option<Timestamp>,
    seq_restarts: i64,
    seq_restarted_at: Option<Timestamp>,
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
            clock_suspect_at: self.clock_suspect_at,
            counter_restarts: self.seq_restarts,
            counter_restarted_at: self.seq_restarted_at,
            latest: self.latest_at.zip(self.temperature).map(|(at, temperature)| LatestReading {
                at,
                temperature: temperature.celsius(),
                humidity: self.humidity,
                battery_level: self.battery,
                power_status: self.power,
                door_status: self.door,
            }),
            created_at: self.created_at,
            retired_at: self.retired_at,
        }
    }
}

const DEVICES: &str = "SELECT d.no, d.cell_no, d.id, d.serial_number, d.cold_cell_id, c.name AS cold_cell_name, l.customer_id, d.name, d.firmware_version, \
     c.offline_after_seconds, d.created_at, d.retired_at, s.last_seen_at, s.clock_suspect_at, s.seq_restarts, s.seq_restarted_at, s.latest_at, s.temperature, s.humidity, s.battery, s.power, s.door \
     FROM devices d JOIN cold_cells c ON c.no = d.cell_no \
     JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id JOIN device_states s ON s.device_no = d.no WHERE d.org_id = $1";

/// Devices in the order of their making, in the condition that they are in at a moment; one more than asked for.
pub(crate) async fn devices(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    now: Timestamp,
    filter: &DeviceFilter,
    scope: &Scope,
    window: &PageWindow,
) -> Result<Vec<DeviceView>> {
    let mut query = sql(DEVICES).bind(org);
    push_filter(&mut query, now, filter, scope);
    query.push_window(Sort::ascending("d.created_at", "d.id"), window);
    query.all(on).await
}

/// How many devices there are, counted up to a little more than is shown.
pub(crate) async fn count_devices(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    now: Timestamp,
    filter: &DeviceFilter,
    scope: &Scope,
) -> Result<i64> {
    let mut query =
        sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM devices d JOIN cold_cells c ON c.no = d.cell_no \
         JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id JOIN device_states s ON s.device_no = d.no \
         WHERE d.org_id = $1")
        .bind(org);
    push_filter(&mut query, now, filter, scope);
    query.counted(on).await
}

/// Narrows a query of devices `d`, their states `s`, cells `c` and locations `l`.
fn push_filter(query: &mut Sql, now: Timestamp, filter: &DeviceFilter, scope: &Scope) {
    // As `DeviceStatus::at` has it.
    const HEARD_UNTIL: &str = "s.last_seen_at + c.offline_after_seconds * 1000";
    let is_out = filter.status == Some(DeviceCondition::Retired);
    query.push(if is_out { " AND d.retired_at IS NOT NULL" } else { " AND d.retired_at IS NULL" });
    match filter.status {
        None | Some(DeviceCondition::Retired) => {}
        Some(DeviceCondition::Online) => {
            query.push(" AND ").push(HEARD_UNTIL).push(" >= ").push_bind(now);
        }
        Some(DeviceCondition::Silent) => {
            query.push(" AND ").push(HEARD_UNTIL).push(" < ").push_bind(now);
        }
        Some(DeviceCondition::Offline) => {
            query.push(" AND (s.last_seen_at IS NULL OR ").push(HEARD_UNTIL).push(" < ").push_bind(now).push(")");
        }
        Some(DeviceCondition::LowBattery) => {
            query.push(" AND s.battery < ").push_bind(BATTERY_LOW.celsius());
        }
        Some(DeviceCondition::ClockWrong) => {
            // As `Device::is_clock_wrong` and `Device::is_behind` have it.
            query.push(" AND (s.last_seen_at - s.clock_suspect_at < ").push_bind(DAY);
            query.push(" OR s.last_seen_at - s.latest_at > ").push_bind(LATE_AFTER).push(")");
        }
        Some(DeviceCondition::NeverSeen) => {
            query.push(" AND s.last_seen_at IS NULL");
        }
    }
    if let Some(customers) = scope.customers() {
        query.push(" AND l.customer_id IN (").push_list(customers).push(")");
    }
    if let Some(cell) = filter.cold_cell_id {
        query.push(" AND d.cold_cell_id = ").push_bind(cell);
    }
    for word in words_of_search(filter.search.as_deref()) {
        query.push_search(&["d.serial_number", "d.name", "c.name", "l.name"], &word);
    }
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

/// Which of some serial numbers have a device.
pub(crate) async fn known_serials(on: impl Into<Conn<'_>>, org: OrgId, serials: &[&str]) -> Result<HashSet<String>> {
    let mut query = sql("SELECT serial_number FROM devices WHERE org_id = $1 AND serial_number IN (").bind(org);
    query.push_list(serials).push(")");
    let rows: Vec<(String,)> = query.all(on).await?;
    Ok(rows.into_iter().map(|(serial,)| serial).collect())
}

/// A device to be stored, with the hash of its first key.
#[derive(Debug, Clone)]
pub(crate) struct NewDeviceRow {
    pub id: DeviceId,
    pub cold_cell_id: ColdCellId,
    pub cell_no: i64,
    pub serial_number: String,
    pub name: Option<String>,
    pub firmware_version: Option<String>,
    pub key_hash: Vec<u8>,
}

static INSERT: MultiRow = MultiRow::new(
    "INSERT INTO devices (org_id, id, cold_cell_id, cell_no, serial_number, name, firmware_version, created_at) VALUES ",
    "($,$,$,$,$,$,$,$)",
    " RETURNING id, no",
);
static INSERT_STATES: MultiRow = MultiRow::new("INSERT INTO device_states (device_no) VALUES ", "($)", "");
static INSERT_KEYS: MultiRow =
    MultiRow::new("INSERT INTO device_keys (key_hash, device_no, created_at) VALUES ", "($,$,$)", "");

/// Stores new devices with empty states and their first keys.
pub(crate) async fn insert(tx: &mut Tx, org: OrgId, devices: &[NewDeviceRow], at: Timestamp) -> Result<()> {
    let queries = INSERT.queries(devices, tx.is_sqlite(), |query, device| {
        query
            .bind(org)
            .bind(device.id)
            .bind(device.cold_cell_id)
            .bind(device.cell_no)
            .bind(&device.serial_number)
            .bind(device.name.as_ref())
            .bind(device.firmware_version.as_ref())
            .bind(at)
    });
    let mut numbers: Vec<(DeviceId, i64)> = Vec::with_capacity(devices.len());
    for query in queries {
        numbers.extend(query.all::<(DeviceId, i64)>(&mut *tx).await?);
    }
    for states in INSERT_STATES.queries(&numbers, tx.is_sqlite(), |query, (_, no)| query.bind(*no)) {
        states.run(&mut *tx).await?;
    }
    let numbers: HashMap<DeviceId, i64> = numbers.into_iter().collect();
    let keys = INSERT_KEYS.queries(devices, tx.is_sqlite(), |query, device| {
        query.bind(device.key_hash.as_slice()).bind(numbers.get(&device.id).copied()).bind(at)
    });
    for keys in keys {
        keys.run(&mut *tx).await?;
    }
    Ok(())
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

/// Writes down that a device has left a cell for another one. What it measured there is not what the other one is like.
pub(crate) async fn write_move(tx: &mut Tx, device_no: i64, left: i64, at: Timestamp) -> Result<()> {
    sql("INSERT INTO device_moves (device_no, moved_at, cell_no) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(device_no)
        .bind(at)
        .bind(left)
        .run(&mut *tx)
        .await?;
    sql("UPDATE devices SET moved_at = $2 WHERE no = $1").bind(device_no).bind(at).run(&mut *tx).await?;
    sql("UPDATE device_states SET latest_at = NULL, latest_kind = NULL, latest_key = NULL, temperature = NULL, \
         humidity = NULL, power = NULL, door = NULL WHERE device_no = $1")
    .bind(device_no)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes a device out of service, or puts it back.
pub(crate) async fn retire(tx: &mut Tx, device_no: i64, at: Option<Timestamp>) -> Result<()> {
    sql("UPDATE devices SET retired_at = $2, access_epoch = access_epoch + 1 WHERE no = $1")
        .bind(device_no)
        .bind(at)
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets when a device was heard of and what it said last, as if it were new: nobody misses it until it is heard of.
pub(crate) async fn begin_anew(tx: &mut Tx, device_no: i64) -> Result<()> {
    sql(
        "UPDATE device_states SET last_seen_at = NULL, clock_suspect_at = NULL, latest_at = NULL, latest_kind = NULL, \
         latest_key = NULL, temperature = NULL, humidity = NULL, battery = NULL, battery_at = NULL, power = NULL, door = NULL, \
         latest_seq = NULL, tracks = NULL, next_look = NULL WHERE device_no = $1",
    )
    .bind(device_no)
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

/// The device in service of a key that is not revoked.
pub(crate) async fn key(on: impl Into<Conn<'_>>, hash: &[u8]) -> Result<Option<KeyRow>> {
    sql("SELECT k.device_no, d.access_epoch, d.serial_number, k.expires_at FROM device_keys k \
         JOIN devices d ON d.no = k.device_no WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND d.retired_at IS NULL")
    .bind(hash)
    .optional(on)
    .await
}

/// What the alert engine remembers of a device, which is this transaction's from here.
pub(crate) async fn lock_tracks(tx: &mut Tx, device_no: i64) -> Result<Tracks> {
    let row: Option<(Option<String>,)> =
        sql("SELECT tracks FROM device_states WHERE device_no = $1").bind(device_no).lock(tx).await?;
    Ok(row.and_then(|(tracks,)| tracks).and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
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

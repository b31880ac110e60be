//! Readings and device states: the statements of the ingest path, each for many rows at once.

use crate::Result;
use crate::cold_chain::buckets::Filling;
use crate::cold_chain::engine::{Arrival, Measured, Window};
use crate::cold_chain::ingest::SEQ_BITS;
use crate::cold_chain::model::Micro;
use crate::cold_chain::reading::FLAG_LATE;
use crate::kernel::db::{Conn, Db, MultiRow, Sql, Tx, sql};
use crate::kernel::ids::{ColdCellId, DeviceId, OrgId};
use crate::kernel::time::Timestamp;

/// A device as the writer needs it: its cell's rule, and its state before the group.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct DeviceRow {
    pub no: i64,
    pub org_id: OrgId,
    pub id: DeviceId,
    pub cold_cell_id: ColdCellId,
    pub cell_no: i64,
    /// Since when it stands there; from the beginning if it has never been moved.
    pub moved_at: Option<Timestamp>,
    pub access_epoch: i64,
    pub min_temperature: f64,
    pub max_temperature: f64,
    pub hysteresis: f64,
    pub alert_delay_seconds: i64,
    pub door_open_seconds: i64,
    pub offline_after_seconds: i64,
    pub maintenance_from: Option<Timestamp>,
    pub maintenance_until: Option<Timestamp>,
    #[sqlx(flatten)]
    pub state: DeviceState,
}

/// What changes with every reading of a device.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub(crate) struct DeviceState {
    pub last_seen_at: Option<Timestamp>,
    pub clock_suspect_at: Option<Timestamp>,
    pub latest_at: Option<Timestamp>,
    pub latest_kind: Option<i64>,
    pub latest_key: Option<i64>,
    pub temperature: Option<Micro>,
    pub humidity: Option<f64>,
    /// As last told: many devices tell of it in some readings only.
    pub battery: Option<f64>,
    pub battery_at: Option<Timestamp>,
    pub power: Option<bool>,
    pub door: Option<bool>,
    pub assigned: i64,
    pub highest_seq: Option<i64>,
    /// The seq of the newest reading by its own time that had one.
    pub latest_seq: Option<i64>,
    /// How often the device's count has begun anew,
    pub seq_restarts: i64,
    /// and when it last did.
    pub seq_restarted_at: Option<Timestamp>,
    pub tracks: Option<String>,
    pub next_look: Option<Timestamp>,
    #[sqlx(flatten)]
    pub filling: Filling,
}

/// A reading in the table, or on its way there.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct ReadingRow {
    pub device_no: i64,
    pub dedupe_kind: i64,
    pub dedupe_key: i64,
    pub cell_no: i64,
    pub at: Timestamp,
    pub received_at: Timestamp,
    pub recorded_at: Option<Timestamp>,
    pub temperature: Micro,
    pub humidity: Option<f64>,
    pub battery: Option<f64>,
    pub power: Option<bool>,
    pub door: Option<bool>,
    pub flags: i64,
    /// The device's own number for it, on the way to the table: there it is in the key.
    #[sqlx(skip)]
    pub seq: Option<i64>,
}

/// What makes a reading the same as another one.
pub(crate) type ReadingKey = (i64, i64, i64);

impl ReadingRow {
    /// Device, kind and key.
    pub const fn key(&self) -> ReadingKey {
        (self.device_no, self.dedupe_kind, self.dedupe_key)
    }

    /// As the alert engine sees it.
    pub fn measured(&self) -> Measured {
        Measured {
            at: self.at,
            received_at: self.received_at,
            temperature: self.temperature,
            power: self.power,
            door: self.door,
            battery: self.battery.map(Micro::from_percent),
            arrival: if self.flags & FLAG_LATE == 0 { Arrival::Live } else { Arrival::Late },
        }
    }
}

const DEVICES_HEAD: &str = "SELECT d.no, d.org_id, d.id, d.cold_cell_id, d.cell_no, d.moved_at, d.access_epoch, c.min_temperature, c.max_temperature, \
     c.hysteresis, c.alert_delay_seconds, c.door_open_seconds, c.offline_after_seconds, c.maintenance_from, \
     c.maintenance_until, s.last_seen_at, s.clock_suspect_at, s.latest_at, s.latest_kind, s.latest_key, s.temperature, \
     s.humidity, s.battery, s.battery_at, s.power, s.door, s.assigned, s.highest_seq, s.latest_seq, s.seq_restarts, s.seq_restarted_at, s.tracks, s.next_look, \
     s.bucket_at, s.bucket_min, s.bucket_max, s.bucket_sum, s.bucket_count \
     FROM devices d JOIN cold_cells c ON c.no = d.cell_no JOIN device_states s ON s.device_no = d.no \
     WHERE d.retired_at IS NULL AND d.no IN (";
static DEVICES: MultiRow = MultiRow::new(DEVICES_HEAD, "$", ")");
// In the order of their numbers, so that two servers with the same devices queue and never deadlock.
static LOCK: MultiRow =
    MultiRow::new("SELECT device_no FROM device_states WHERE device_no IN (", "$", ") ORDER BY device_no FOR UPDATE");

/// The devices of a group that are in service, by number. Their states belong to this transaction until it ends.
pub(crate) async fn devices(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<DeviceRow>> {
    if !tx.is_sqlite() {
        // A statement of its own: who waits for the lock would see its own row as it is by then, and the rest as it was
        // before, a device that has just moved in the cell that it has left.
        for query in LOCK.queries(numbers, false, |query, number| query.bind(*number)) {
            query.all::<(i64,)>(&mut *tx).await?;
        }
    }
    let mut rows = Vec::with_capacity(numbers.len());
    let queries = DEVICES.queries(numbers, tx.is_sqlite(), |query, number| query.bind(*number));
    for query in queries {
        rows.extend(query.all::<DeviceRow>(&mut *tx).await?);
    }
    Ok(rows)
}

/// A device in service whose state is not this caller's alone: it may have changed by the time it is looked at.
pub(crate) async fn device(db: &Db, number: i64) -> Result<Option<DeviceRow>> {
    let mut found = None;
    for query in DEVICES.queries(&[number], db.is_sqlite(), |query, number| query.bind(*number)) {
        found = query.optional(db).await?;
    }
    Ok(found)
}

/// Where devices stood before: device, the moment of the move, and the cell that it left then; oldest first.
pub(crate) async fn moves(tx: &mut Tx, devices: &[i64]) -> Result<Vec<(i64, Timestamp, i64)>> {
    let mut query = sql("SELECT device_no, moved_at, cell_no FROM device_moves WHERE device_no IN (");
    query.push_list(devices).push(") ORDER BY moved_at");
    query.all(tx).await
}

const READINGS_HEAD: &str = "INSERT INTO readings (device_no, dedupe_kind, dedupe_key, cell_no, at, received_at, recorded_at, \
     temperature, humidity, battery, power, door, flags) VALUES ";
const READINGS_ROW: &str = "($,$,$,$,$,$,$,$,$,$,$,$,$)";
static READINGS: MultiRow = MultiRow::new(READINGS_HEAD, READINGS_ROW, " ON CONFLICT DO NOTHING");
static READINGS_TOLD: MultiRow =
    MultiRow::new(READINGS_HEAD, READINGS_ROW, " ON CONFLICT DO NOTHING RETURNING device_no, dedupe_kind, dedupe_key");

fn bound(query: Sql, row: &ReadingRow) -> Sql {
    query
        .bind(row.device_no)
        .bind(row.dedupe_kind)
        .bind(row.dedupe_key)
        .bind(row.cell_no)
        .bind(row.at)
        .bind(row.received_at)
        .bind(row.recorded_at)
        .bind(row.temperature)
        .bind(row.humidity)
        .bind(row.battery)
        .bind(row.power)
        .bind(row.door)
        .bind(row.flags)
}

/// Stores readings that are not stored yet, and tells how many these were.
pub(crate) async fn insert(tx: &mut Tx, rows: &[ReadingRow]) -> Result<u64> {
    let mut stored = 0;
    for query in READINGS.queries(rows, tx.is_sqlite(), bound) {
        stored += query.run(&mut *tx).await?;
    }
    Ok(stored)
}

/// Stores readings that are not stored yet, and tells which these were. Slower than [`insert`] by the answers' cost.
pub(crate) async fn insert_telling(tx: &mut Tx, rows: &[ReadingRow]) -> Result<Vec<ReadingKey>> {
    let mut stored = Vec::with_capacity(rows.len());
    for query in READINGS_TOLD.queries(rows, tx.is_sqlite(), bound) {
        stored.extend(query.all::<ReadingKey>(&mut *tx).await?);
    }
    Ok(stored)
}

static KNOWN: MultiRow = MultiRow::new(
    "SELECT r.device_no, r.dedupe_kind, r.dedupe_key, r.cell_no, r.at, r.received_at, r.recorded_at, r.temperature, \
     r.humidity, r.battery, r.power, r.door, r.flags FROM (VALUES ",
    "($,$,$)",
    ") AS asked JOIN readings r ON r.device_no = asked.column1 AND r.dedupe_kind = asked.column2 \
     AND r.dedupe_key = asked.column3",
);

/// The readings that are stored under some keys, whatever time they count for.
pub(crate) async fn known(tx: &mut Tx, keys: &[ReadingKey]) -> Result<Vec<ReadingRow>> {
    let mut found = Vec::new();
    let queries = KNOWN.queries(keys, tx.is_sqlite(), |query, (device_no, dedupe_kind, dedupe_key)| {
        query.bind(*device_no).bind(*dedupe_kind).bind(*dedupe_key)
    });
    for query in queries {
        found.extend(query.all::<ReadingRow>(&mut *tx).await?);
    }
    Ok(found)
}

static KNOWN_SINCE: MultiRow = MultiRow::new(
    "SELECT r.device_no, r.dedupe_kind, r.dedupe_key FROM (VALUES ",
    "($,$,$,$)",
    ") AS asked JOIN readings r ON r.device_no = asked.column1 AND r.dedupe_kind = asked.column2 \
     AND r.dedupe_key = asked.column3 AND r.received_at >= asked.column4",
);

/// Which of some readings have been stored since a moment of each.
pub(crate) async fn known_since(tx: &mut Tx, keys: &[(ReadingKey, Timestamp)]) -> Result<Vec<ReadingKey>> {
    let mut found = Vec::new();
    let queries = KNOWN_SINCE.queries(keys, tx.is_sqlite(), |query, ((device_no, dedupe_kind, dedupe_key), since)| {
        query.bind(*device_no).bind(*dedupe_kind).bind(*dedupe_key).bind(*since)
    });
    for query in queries {
        found.extend(query.all::<ReadingKey>(&mut *tx).await?);
    }
    Ok(found)
}

/// What a device measured in a cell from a moment on and before another, in the order in which it counts. Readings whose key
/// is their time are found by it; of the others, all are passed over that the database cannot tell to be of another time.
pub(crate) async fn series(
    on: impl Into<Conn<'_>>,
    device_no: i64,
    cell_no: i64,
    Window { from, until }: Window,
) -> Result<Vec<ReadingRow>> {
    const COLUMNS: &str = "SELECT device_no, dedupe_kind, dedupe_key, cell_no, at, received_at, recorded_at, temperature, \
         humidity, battery, power, door, flags FROM readings WHERE device_no = $1 AND cell_no = $2 AND at >= $3 AND at < $4 ";
    let mut query = sql(COLUMNS);
    query.push("AND dedupe_kind = 1 AND dedupe_key >= $3 AND dedupe_key < $4 UNION ALL ").push(COLUMNS);
    query.push("AND dedupe_kind = 4 AND dedupe_key >= $5 AND dedupe_key < $6 UNION ALL ").push(COLUMNS);
    query.push("AND dedupe_kind IN (0, 2, 3, 5) ORDER BY at, dedupe_kind, dedupe_key");
    let [first, after] = [from, until].map(|at| at.0.saturating_mul(1 << SEQ_BITS));
    query.bind(device_no).bind(cell_no).bind(from).bind(until).bind(first).bind(after).all(on).await
}

static STATES: MultiRow = MultiRow::new(
    "INSERT INTO device_states (device_no, last_seen_at, latest_at, latest_kind, latest_key, temperature, humidity, battery, \
     power, door, assigned, highest_seq, latest_seq, seq_restarts, seq_restarted_at, tracks, next_look, clock_suspect_at, battery_at, \
     bucket_at, bucket_min, bucket_max, bucket_sum, bucket_count) VALUES ",
    "($,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$)",
    " ON CONFLICT (device_no) DO UPDATE SET last_seen_at = excluded.last_seen_at, latest_at = excluded.latest_at, \
     latest_kind = excluded.latest_kind, latest_key = excluded.latest_key, temperature = excluded.temperature, \
     humidity = excluded.humidity, battery = excluded.battery, power = excluded.power, door = excluded.door, \
     assigned = excluded.assigned, highest_seq = excluded.highest_seq, latest_seq = excluded.latest_seq, \
     seq_restarts = excluded.seq_restarts, seq_restarted_at = excluded.seq_restarted_at, tracks = excluded.tracks, next_look = excluded.next_look, \
     clock_suspect_at = excluded.clock_suspect_at, battery_at = excluded.battery_at, \
     bucket_at = excluded.bucket_at, bucket_min = excluded.bucket_min, bucket_max = excluded.bucket_max, \
     bucket_sum = excluded.bucket_sum, bucket_count = excluded.bucket_count",
);

/// Writes the states of devices, which [`devices`] has read in the same transaction.
pub(crate) async fn write_states(tx: &mut Tx, states: &[(i64, &DeviceState)]) -> Result<()> {
    let queries = STATES.queries(states, tx.is_sqlite(), |query, (device_no, state)| {
        query
            .bind(*device_no)
            .bind(state.last_seen_at)
            .bind(state.latest_at)
            .bind(state.latest_kind)
            .bind(state.latest_key)
            .bind(state.temperature)
            .bind(state.humidity)
            .bind(state.battery)
            .bind(state.power)
            .bind(state.door)
            .bind(state.assigned)
            .bind(state.highest_seq)
            .bind(state.latest_seq)
            .bind(state.seq_restarts)
            .bind(state.seq_restarted_at)
            .bind(state.tracks.as_ref())
            .bind(state.next_look)
            .bind(state.clock_suspect_at)
            .bind(state.battery_at)
            .bind(state.filling.bucket_at)
            .bind(state.filling.bucket_min)
            .bind(state.filling.bucket_max)
            .bind(state.filling.bucket_sum)
            .bind(state.filling.bucket_count)
    });
    for query in queries {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

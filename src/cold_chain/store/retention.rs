//! What has been kept long enough, found by the keys that there are: an index by time would be written with every reading.

use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::time::Timestamp;

/// The time that the last run counted from.
pub(crate) async fn believed_at(on: impl Into<Conn<'_>>) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = sql("SELECT believed_at FROM retention_clock WHERE id = 1").optional(on).await?;
    Ok(row.map(|(at,)| at))
}

/// Notes the time that a run counts from.
pub(crate) async fn note_believed(tx: &mut Tx, at: Timestamp) -> Result<()> {
    sql("INSERT INTO retention_clock (id, believed_at) VALUES (1, $1) \
         ON CONFLICT (id) DO UPDATE SET believed_at = excluded.believed_at")
    .bind(at)
    .run(tx)
    .await?;
    Ok(())
}

/// An end of the readings that a device has of one kind, in the order of their keys. Keys are counters or times, so the old
/// ones lie at the lower end; where a device has begun to count anew, the upper end holds what was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Lower,
    Upper,
}

/// The short numbers of devices after one and up to another, in order.
pub(crate) async fn devices_between(
    on: impl Into<Conn<'_>>,
    (after, to): (i64, i64),
    most: i64,
) -> Result<Vec<(i64,)>> {
    sql("SELECT no FROM devices WHERE no > $1 AND no <= $2 ORDER BY no LIMIT $3")
        .bind(after)
        .bind(to)
        .bind(most)
        .all(on)
        .await
}

/// The short numbers of cells after one and up to another, in order.
pub(crate) async fn cells_between(on: impl Into<Conn<'_>>, (after, to): (i64, i64), most: i64) -> Result<Vec<(i64,)>> {
    sql("SELECT no FROM cold_cells WHERE no > $1 AND no <= $2 ORDER BY no LIMIT $3")
        .bind(after)
        .bind(to)
        .bind(most)
        .all(on)
        .await
}

/// Those of a stretch of devices whose outermost reading at an end is older than a moment: one row is read of each.
pub(crate) async fn devices_old_at(
    on: impl Into<Conn<'_>>,
    (after, to): (i64, i64),
    dedupe_kind: i64,
    end: End,
    before: Timestamp,
) -> Result<Vec<(i64,)>> {
    let statement = match end {
        End::Lower => {
            "SELECT d.no FROM devices d WHERE d.no > $1 AND d.no <= $2 \
             AND (SELECT r.at FROM readings r WHERE r.device_no = d.no AND r.dedupe_kind = $3 \
                  ORDER BY r.dedupe_key LIMIT 1) < $4"
        }
        End::Upper => {
            "SELECT d.no FROM devices d WHERE d.no > $1 AND d.no <= $2 \
             AND (SELECT r.at FROM readings r WHERE r.device_no = d.no AND r.dedupe_kind = $3 \
                  ORDER BY r.dedupe_key DESC LIMIT 1) < $4"
        }
    };
    sql(statement).bind(after).bind(to).bind(dedupe_kind).bind(before).all(on).await
}

/// Those of a stretch of cells that have a bucket from before a moment, in order: a row is read of each, and one of each
/// device.
pub(crate) async fn cells_with_old(
    on: impl Into<Conn<'_>>,
    (after, to): (i64, i64),
    before: Timestamp,
) -> Result<Vec<(i64,)>> {
    sql("SELECT c.no FROM cold_cells c WHERE c.no > $1 AND c.no <= $2 \
         AND (EXISTS (SELECT 1 FROM reading_buckets b WHERE b.cell_no = c.no AND b.start_at < $3) \
         OR EXISTS (SELECT 1 FROM devices d JOIN device_states s ON s.device_no = d.no \
         WHERE d.cell_no = c.no AND s.bucket_at < $3)) ORDER BY c.no")
    .bind(after)
    .bind(to)
    .bind(before)
    .all(on)
    .await
}

/// The keys and times of the readings at an end, at most so many.
pub(crate) async fn readings_at(
    on: impl Into<Conn<'_>>,
    device_no: i64,
    dedupe_kind: i64,
    end: End,
    most: i64,
) -> Result<Vec<(i64, Timestamp)>> {
    let statement = match end {
        End::Lower => {
            "SELECT dedupe_key, at FROM readings WHERE device_no = $1 AND dedupe_kind = $2 ORDER BY dedupe_key LIMIT $3"
        }
        End::Upper => {
            "SELECT dedupe_key, at FROM readings WHERE device_no = $1 AND dedupe_kind = $2 ORDER BY dedupe_key DESC LIMIT $3"
        }
    };
    sql(statement).bind(device_no).bind(dedupe_kind).bind(most).all(on).await
}

/// Deletes the readings of a stretch of keys that are older than a moment, and tells how many.
pub(crate) async fn delete_readings(
    tx: &mut Tx,
    device_no: i64,
    dedupe_kind: i64,
    (first, last): (i64, i64),
    before: Timestamp,
) -> Result<u64> {
    sql("DELETE FROM readings WHERE device_no = $1 AND dedupe_kind = $2 AND dedupe_key BETWEEN $3 AND $4 AND at < $5")
        .bind(device_no)
        .bind(dedupe_kind)
        .bind(first)
        .bind(last)
        .bind(before)
        .run(tx)
        .await
}

/// Where a reading lies on SQLite, in the order of the table: the device, the kind of its key, the key.
pub(crate) type Key = (i64, i64, i64);

/// What lies in a stretch of readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// How many there are.
    pub rows: i64,
    /// The highest key.
    pub last: Option<i64>,
    /// The lowest and the highest key of those that are old.
    pub old: Option<(i64, i64)>,
}

/// What lies after a key of a device, at most so many readings. The database looks through them and hands out one row.
pub(crate) async fn stretch_after(
    on: impl Into<Conn<'_>>,
    (device_no, dedupe_kind, dedupe_key): Key,
    before: Timestamp,
    most: i64,
) -> Result<Stretch> {
    let (rows, last, first_old, last_old): (i64, Option<i64>, Option<i64>, Option<i64>) =
        sql("SELECT COUNT(*), MAX(dedupe_key), MIN(CASE WHEN at < $4 THEN dedupe_key END), \
             MAX(CASE WHEN at < $4 THEN dedupe_key END) \
         FROM (SELECT dedupe_key, at FROM readings WHERE device_no = $1 AND dedupe_kind = $2 AND dedupe_key > $3 \
               ORDER BY dedupe_key LIMIT $5) stretch")
        .bind(device_no)
        .bind(dedupe_kind)
        .bind(dedupe_key)
        .bind(before)
        .bind(most)
        .one(on)
        .await?;
    Ok(Stretch { rows, last, old: first_old.zip(last_old) })
}

/// The next device and kind of key that have readings.
pub(crate) async fn kind_after(
    on: impl Into<Conn<'_>>,
    device_no: i64,
    dedupe_kind: i64,
) -> Result<Option<(i64, i64)>> {
    sql("SELECT device_no, dedupe_kind FROM readings WHERE (device_no, dedupe_kind) > ($1, $2) \
         ORDER BY device_no, dedupe_kind LIMIT 1")
    .bind(device_no)
    .bind(dedupe_kind)
    .optional(on)
    .await
}

/// The oldest bucket starts of a cell before a moment, at most so many.
pub(crate) async fn bucket_starts(
    on: impl Into<Conn<'_>>,
    cell_no: i64,
    before: Timestamp,
    most: i64,
) -> Result<Vec<(Timestamp,)>> {
    sql("SELECT start_at FROM reading_buckets WHERE cell_no = $1 AND start_at < $2 ORDER BY start_at LIMIT $3")
        .bind(cell_no)
        .bind(before)
        .bind(most)
        .all(on)
        .await
}

/// Deletes the buckets of a cell up to a start, and tells how many.
pub(crate) async fn delete_buckets(tx: &mut Tx, cell_no: i64, last: Timestamp) -> Result<u64> {
    sql("DELETE FROM reading_buckets WHERE cell_no = $1 AND start_at <= $2").bind(cell_no).bind(last).run(tx).await
}

/// Forgets what devices of a cell have been filling since before a moment, as they are silent, and tells of how many.
pub(crate) async fn delete_fillings(tx: &mut Tx, cell_no: i64, before: Timestamp) -> Result<u64> {
    sql("UPDATE device_states SET bucket_at = NULL, bucket_min = NULL, bucket_max = NULL, bucket_sum = NULL, \
         bucket_count = NULL WHERE device_no IN (SELECT no FROM devices WHERE cell_no = $1) AND bucket_at < $2")
    .bind(cell_no)
    .bind(before)
    .run(tx)
    .await
}

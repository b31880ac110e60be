//! What has been kept long enough, found by the keys that there are: an index by time would be written with every reading.

use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::time::Timestamp;

/// An end of the readings that a device has of one kind, in the order of their keys. Keys are counters or times, so the old
/// ones lie at the lower end; where a device has begun to count anew, the upper end holds what was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Lower,
    Upper,
}

/// The short numbers of devices after one, in order.
pub(crate) async fn devices_after(on: impl Into<Conn<'_>>, no: i64, most: i64) -> Result<Vec<(i64,)>> {
    sql("SELECT no FROM devices WHERE no > $1 ORDER BY no LIMIT $2").bind(no).bind(most).all(on).await
}

/// The short numbers of cells after one, in order.
pub(crate) async fn cells_after(on: impl Into<Conn<'_>>, no: i64, most: i64) -> Result<Vec<(i64,)>> {
    sql("SELECT no FROM cold_cells WHERE no > $1 ORDER BY no LIMIT $2").bind(no).bind(most).all(on).await
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

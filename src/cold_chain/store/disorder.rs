//! Where readings came out of order, until alerts have been gone through anew.

use crate::Result;
use crate::cold_chain::engine::Window;
use crate::kernel::db::{Conn, MultiRow, Tx, sql};
use crate::kernel::time::{HOUR, Timestamp};

/// How much one note stands for: as exact as it must be for alerts of other times to be left alone, and few rows for a
/// device that catches up with weeks.
const STRETCH: i64 = HOUR;

/// A note: the device, where the stretch starts, and how many readings came out of order in it.
pub(crate) type Disorder = (i64, Timestamp, i64);

/// Where the stretch of a moment starts.
pub(crate) const fn start_of(at: Timestamp) -> Timestamp {
    Timestamp(at.0.div_euclid(STRETCH) * STRETCH)
}

/// The stretch that starts at a moment.
pub(crate) const fn stretch(start: Timestamp) -> Window {
    Window { from: start, until: Timestamp(start.0 + STRETCH) }
}

static NOTE: MultiRow = MultiRow::new(
    "INSERT INTO reading_disorder AS d (device_no, start_at, readings, noted_at) VALUES ",
    "($,$,$,$)",
    " ON CONFLICT (device_no, start_at) DO UPDATE SET readings = d.readings + excluded.readings",
);

/// Notes where readings came out of order. The states of the devices must belong to the transaction.
pub(crate) async fn note(tx: &mut Tx, disorder: &[Disorder], now: Timestamp) -> Result<()> {
    let queries = NOTE.queries(disorder, tx.is_sqlite(), |query, (device_no, start, readings)| {
        query.bind(*device_no).bind(*start).bind(*readings).bind(now)
    });
    for query in queries {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

/// Devices with notes from before a moment, at most so many, beginning with the oldest notes.
pub(crate) async fn devices(on: impl Into<Conn<'_>>, before: Timestamp, most: i64) -> Result<Vec<(i64,)>> {
    sql("SELECT DISTINCT device_no FROM \
         (SELECT device_no FROM reading_disorder WHERE noted_at <= $1 ORDER BY noted_at LIMIT $2) AS oldest")
    .bind(before)
    .bind(most)
    .all(on)
    .await
}

/// The notes of a device: starts of stretches and numbers of readings, in the order of time.
pub(crate) async fn of_device(on: impl Into<Conn<'_>>, device_no: i64) -> Result<Vec<(Timestamp, i64)>> {
    sql("SELECT start_at, readings FROM reading_disorder WHERE device_no = $1 ORDER BY start_at")
        .bind(device_no)
        .all(on)
        .await
}

/// Removes the notes of a device.
pub(crate) async fn remove(tx: &mut Tx, device_no: i64) -> Result<()> {
    sql("DELETE FROM reading_disorder WHERE device_no = $1").bind(device_no).run(tx).await?;
    Ok(())
}

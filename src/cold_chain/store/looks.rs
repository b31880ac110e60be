//! When the alert engine wants to be told the time, stored.
//!
//! The queue may hold a device several times, and moments that have been overtaken: looking once too often changes
//! nothing. A device whose readings keep coming is looked at once in its offline threshold and written here as rarely.

use crate::Result;
use crate::kernel::db::{Conn, MultiRow, Tx, sql};
use crate::kernel::time::Timestamp;

/// A place in the queue: when, and which device.
pub(crate) type Look = (Timestamp, i64);

static ADD: MultiRow =
    MultiRow::new("INSERT INTO device_looks (at, device_no) VALUES ", "($,$)", " ON CONFLICT DO NOTHING");

/// Queues looks at devices.
pub(crate) async fn add(tx: &mut Tx, looks: &[Look]) -> Result<()> {
    let queries = ADD.queries(looks, tx.is_sqlite(), |query, (at, device_no)| query.bind(*at).bind(*device_no));
    for query in queries {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

/// What is due at a moment, the longest due first, at most so much. A device may be in it twice.
pub(crate) async fn due(on: impl Into<Conn<'_>>, now: Timestamp, most: i64) -> Result<Vec<Look>> {
    sql("SELECT at, device_no FROM device_looks WHERE at <= $1 ORDER BY at, device_no LIMIT $2")
        .bind(now)
        .bind(most)
        .all(on)
        .await
}

static REMOVE: MultiRow = MultiRow::new("DELETE FROM device_looks WHERE (at, device_no) IN (VALUES ", "($,$)", ")");

/// Takes places out of the queue.
pub(crate) async fn remove(tx: &mut Tx, looks: &[Look]) -> Result<()> {
    let queries = REMOVE.queries(looks, tx.is_sqlite(), |query, (at, device_no)| query.bind(*at).bind(*device_no));
    for query in queries {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

/// Has the devices of a cell looked at from a moment on, because the cell's rule has changed.
pub(crate) async fn add_cell(tx: &mut Tx, cell_no: i64, at: Timestamp) -> Result<()> {
    let mut locked = sql("SELECT s.device_no FROM device_states s JOIN devices d ON d.no = s.device_no \
         WHERE d.cell_no = $1 AND d.retired_at IS NULL AND s.last_seen_at IS NOT NULL ORDER BY s.device_no")
    .bind(cell_no);
    if !tx.is_sqlite() {
        // In the order of their numbers, as the writer of readings locks them.
        locked.push(" FOR UPDATE OF s");
    }
    let devices: Vec<(i64,)> = locked.all(&mut *tx).await?;
    let looks: Vec<Look> = devices.into_iter().map(|(device_no,)| (at, device_no)).collect();
    if looks.is_empty() {
        return Ok(());
    }
    sql("UPDATE device_states SET next_look = $2 WHERE last_seen_at IS NOT NULL \
         AND device_no IN (SELECT no FROM devices WHERE cell_no = $1 AND retired_at IS NULL)")
    .bind(cell_no)
    .bind(at)
    .run(&mut *tx)
    .await?;
    add(tx, &looks).await
}

/// Has one device looked at from a moment on. Its state must belong to the transaction.
pub(crate) async fn add_device(tx: &mut Tx, device_no: i64, at: Timestamp) -> Result<()> {
    sql("UPDATE device_states SET next_look = $2 WHERE device_no = $1").bind(device_no).bind(at).run(&mut *tx).await?;
    add(tx, &[(at, device_no)]).await
}

/// Since when the installation listens without a break, and when it was last noted that it does.
pub(crate) async fn watch(on: impl Into<Conn<'_>>) -> Result<Option<(Timestamp, Timestamp)>> {
    sql("SELECT since, looked_at FROM device_watch WHERE id = 1").optional(on).await
}

/// Notes that the installation listens.
pub(crate) async fn note_watch(tx: &mut Tx, since: Timestamp, looked_at: Timestamp) -> Result<()> {
    sql("INSERT INTO device_watch (id, since, looked_at) VALUES (1, $1, $2) \
         ON CONFLICT (id) DO UPDATE SET since = excluded.since, looked_at = excluded.looked_at")
    .bind(since)
    .bind(looked_at)
    .run(tx)
    .await?;
    Ok(())
}

//! Readings and buckets go when they have been kept long enough, a few at a time, so that nothing waits for it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::cold_chain::ingest::KINDS;
use crate::cold_chain::store::partitions;
use crate::cold_chain::store::retention::{self, End};
use crate::kernel::App;
use crate::kernel::time::{DAY, HOUR, Timestamp};

/// The kind of the recurring job that calls [`retain`].
pub const RETENTION_JOB: &str = "cold_chain.retain";
/// How often it does, in milliseconds.
pub const RETAIN_EVERY: i64 = HOUR;
/// Rows in one transaction: the writer of readings waits for no more.
const STEP: i64 = 1_000;
/// Devices or cells that are asked for at once.
const AT_ONCE: i64 = 500;
/// How long one run may take. What is left is for the next.
const BUDGET: Duration = Duration::from_secs(60);
/// How much a partition holds, in milliseconds.
const WEEK: i64 = 7 * DAY;

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Raw readings, in days.
    pub readings_days: i64,
    /// The buckets of charts and reports, in days.
    pub buckets_days: i64,
}

/// The shortest that anything may be kept, in days: a reading may come thirty days late, and is known again by those that
/// are kept.
pub const SHORTEST_RETENTION: i64 = 31;

impl Default for Retention {
    fn default() -> Self {
        Self { readings_days: 90, buckets_days: 3 * 365 }
    }
}

/// What a run has removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Readings, one by one.
    pub readings: u64,
    /// Weeks of readings, on PostgreSQL.
    pub weeks: u64,
    /// Buckets.
    pub buckets: u64,
}

/// Makes room for the readings of this week and the next: on PostgreSQL, where each week has a partition.
///
/// # Errors
/// What the database says.
pub async fn make_room(app: &App) -> Result<()> {
    if app.db.is_sqlite() {
        return Ok(());
    }
    let this_week = app.clock.now().0.div_euclid(WEEK);
    let known = partitions::weeks(&app.db).await?;
    for week in [this_week, this_week + 1] {
        if !known.contains(&week) {
            let mut tx = app.db.begin().await?;
            partitions::add(&mut tx, week).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Removes what has been kept long enough, and makes room for what will come. It may run on several servers at once, and be
/// stopped at any time. On PostgreSQL, readings go when the whole week of theirs has been kept long enough.
///
/// # Errors
/// What the database says. What was removed before stays removed.
pub async fn retain(app: &App) -> Result<Removed> {
    let now = app.clock.now();
    let until = Instant::now() + BUDGET;
    let mut removed = Removed::default();
    let before = now.plus(-app.retention.readings_days * DAY);
    if app.db.is_sqlite() {
        removed.readings = old_readings(app, before, until).await?;
    } else {
        make_room(app).await?;
        (removed.weeks, removed.readings) = old_weeks(app, before, until).await?;
    }
    let before = now.plus(-app.retention.buckets_days * DAY);
    let mut last = 0;
    loop {
        let cells = retention::cells_after(&app.db, last, AT_ONCE).await?;
        let Some((highest,)) = cells.last() else { break };
        last = *highest;
        for (cell,) in cells {
            removed.buckets += buckets(app, cell, before, until).await?;
        }
    }
    if removed != Removed::default() {
        let Removed { readings, weeks, buckets } = removed;
        tracing::info!(readings, weeks, buckets, "removed what was kept long enough");
    }
    Ok(removed)
}

/// Removes the weeks that ended before a moment, and from the rest what is older. Tells how many weeks and readings.
async fn old_weeks(app: &App, before: Timestamp, until: Instant) -> Result<(u64, u64)> {
    let (mut weeks, mut readings) = (0, 0);
    for week in partitions::weeks(&app.db).await? {
        if (week + 1) * WEEK <= before.0 {
            let mut tx = app.db.begin().await?;
            partitions::remove(&mut tx, week).await?;
            tx.commit().await?;
            weeks += 1;
        }
    }
    while Instant::now() < until {
        let mut tx = app.db.begin().await?;
        let deleted = partitions::delete_rest(&mut tx, before, STEP).await?;
        tx.commit().await?;
        readings += deleted;
        if deleted == 0 {
            break;
        }
    }
    Ok((weeks, readings))
}

/// Removes the readings from before a moment, device by device, and tells how many.
async fn old_readings(app: &App, before: Timestamp, until: Instant) -> Result<u64> {
    let (mut removed, mut last) = (0, 0);
    loop {
        let devices = retention::devices_after(&app.db, last, AT_ONCE).await?;
        let Some((highest,)) = devices.last() else { break };
        last = *highest;
        for (device,) in devices {
            for kind in KINDS {
                for end in [End::Lower, End::Upper] {
                    removed += readings(app, device, kind, end, before, until).await?;
                }
            }
        }
    }
    Ok(removed)
}

/// Removes the old readings at an end of a device's keys, until the end is young.
async fn readings(app: &App, device: i64, kind: i64, end: End, before: Timestamp, until: Instant) -> Result<u64> {
    let mut removed = 0;
    while Instant::now() < until {
        let found = retention::readings_at(&app.db, device, kind, end, STEP).await?;
        let old = found.iter().filter(|(_, at)| *at < before).map(|(key, _)| *key);
        let Some(stretch) = old.clone().min().zip(old.max()) else { break };
        let mut tx = app.db.begin().await?;
        removed += retention::delete_readings(&mut tx, device, kind, stretch, before).await?;
        tx.commit().await?;
    }
    Ok(removed)
}

async fn buckets(app: &App, cell: i64, before: Timestamp, until: Instant) -> Result<u64> {
    let mut removed = 0;
    while Instant::now() < until {
        let found = retention::bucket_starts(&app.db, cell, before, STEP).await?;
        let Some((last,)) = found.last() else { break };
        let mut tx = app.db.begin().await?;
        removed += retention::delete_buckets(&mut tx, cell, *last).await?;
        tx.commit().await?;
    }
    Ok(removed)
}

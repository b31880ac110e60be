//! Readings and buckets go when they have been kept long enough, a few at a time, so that nothing waits for it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Result;
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
/// The kinds of keys that readings have.
const KINDS: [i64; 3] = [0, 1, 2];

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
    /// Readings.
    pub readings: u64,
    /// Buckets.
    pub buckets: u64,
}

/// Removes what has been kept long enough. It may run on several servers at once, and be stopped at any time.
///
/// # Errors
/// What the database says. What was removed before stays removed.
pub async fn retain(app: &App) -> Result<Removed> {
    let now = app.clock.now();
    let until = Instant::now() + BUDGET;
    let mut removed = Removed::default();
    let before = now.plus(-app.retention.readings_days * DAY);
    let mut last = 0;
    loop {
        let devices = retention::devices_after(&app.db, last, AT_ONCE).await?;
        let Some((highest,)) = devices.last() else { break };
        last = *highest;
        for (device,) in devices {
            for kind in KINDS {
                for end in [End::Lower, End::Upper] {
                    removed.readings += readings(app, device, kind, end, before, until).await?;
                }
            }
        }
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
        tracing::info!(readings = removed.readings, buckets = removed.buckets, "removed what was kept long enough");
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

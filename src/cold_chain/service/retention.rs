//! Readings and buckets go when they have been kept long enough, a few at a time, so that nothing waits for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::cold_chain::ingest::KINDS;
use crate::cold_chain::store::partitions;
use crate::cold_chain::store::retention::{self, End, Key};
use crate::kernel::App;
use crate::kernel::time::{DAY, HOUR, Timestamp};

/// The kind of the recurring job that calls [`retain`].
pub const RETENTION_JOB: &str = "cold_chain.retain";
/// How often it does, in milliseconds.
pub const RETAIN_EVERY: i64 = HOUR;
/// How far the time by which things are kept long enough follows the clock in one run: at twice the clock's own pace. A
/// clock that is ahead by years for a night costs a night's worth of the oldest readings and not all of them, and what
/// an installation that stood still for long should have removed meanwhile is gone after as long again.
const BELIEVED_IN_A_RUN: i64 = 2 * RETAIN_EVERY;
/// Rows in one transaction: the writer of readings waits for no more.
const STEP: i64 = 1_000;
/// Devices or cells that are asked for at once.
const AT_ONCE: i64 = 500;
/// Readings that a sweep looks through in one run: one or two seconds of work and 150 MB of the file. So 250 million
/// readings are gone through in less than six days.
const SWEEP: i64 = 2_000_000;
/// Before the first key of the first device.
const FIRST: Key = (0, 0, i64::MIN);
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
    /// Buckets, those that silent devices had not filled among them.
    pub buckets: u64,
}

/// How long the parts of one run may take. Each has a time of its own, so that none waits for another to be done, and
/// does at least one step in it (those in no week excepted), so that it gets on however short it is. What is left is for
/// the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// For readings at the ends of their devices' keys; on PostgreSQL, for those that lie in no week.
    pub readings: Duration,
    /// For readings between younger ones, on SQLite.
    pub sweep: Duration,
    /// For buckets.
    pub buckets: Duration,
}

impl Default for Allowance {
    fn default() -> Self {
        let (readings, sweep, buckets) = (Duration::from_secs(60), Duration::from_secs(10), Duration::from_secs(30));
        Self { readings, sweep, buckets }
    }
}

/// How far a run has come, so that the next one goes on there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The last device whose readings were looked at.
    device: i64,
    /// The last reading that a sweep has passed.
    swept: Key,
    /// The last cell whose buckets were looked at.
    cell: i64,
}

impl Reached {
    const NOTHING: Self = Self { device: 0, swept: FIRST, cell: 0 };
}

impl Default for Reached {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// How far the last run of this process has come. It may be forgotten at a restart, and two servers may each have their
/// own: every run goes on past the end from the beginning, so this decides only in which order things are looked at.
/// What was removed before is not there to be removed again, and where nothing is old, looking costs little. Only a sweep
/// suffers: where a server is restarted more often than a sweep takes to come around, its end is not reached.
static REACHED: Mutex<Reached> = Mutex::new(Reached::NOTHING);

fn reached() -> MutexGuard<'static, Reached> {
    // It is replaced as a whole, so it is right even where somebody has panicked with it.
    REACHED.lock().unwrap_or_else(PoisonError::into_inner)
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
/// What is removed cannot be had back, so the clock is believed only so far: each run counts from at most two hours after
/// the moment that the one before counted from.
///
/// # Errors
/// What the database says. What was removed before stays removed.
pub async fn retain(app: &App) -> Result<Removed> {
    make_room(app).await?;
    let now = believed_now(app).await?;
    let mut place = *reached();
    let removed = retain_within(app, now, Allowance::default(), &mut place).await;
    // After an error too: the next run begins behind the device or cell that was in the way.
    *reached() = place;
    let removed = removed?;
    // Only now: a run that fails and is tried again must not get on by it.
    let mut tx = app.db.begin().await?;
    retention::note_believed(&mut tx, now).await?;
    tx.commit().await?;
    Ok(removed)
}

/// The time to count from.
async fn believed_now(app: &App) -> Result<Timestamp> {
    let now = app.clock.now();
    // The first run has nothing to hold the clock against; and a clock that is set back is believed at once.
    let believed = retention::believed_at(&app.db).await?.map_or(now, |last| now.min(last.plus(BELIEVED_IN_A_RUN)));
    if believed < now {
        tracing::warn!(
            clock.now = %now,
            clock.believed = %believed,
            "what is kept long enough is told by an earlier time: the clock has leapt, or nothing ran for a while"
        );
    }
    Ok(believed)
}

/// Removes what has been kept long enough at a moment, within a time and from a place, which moves to where the time was
/// over.
///
/// # Errors
/// As [`retain`].
pub async fn retain_within(app: &App, now: Timestamp, allowance: Allowance, place: &mut Reached) -> Result<Removed> {
    let mut removed = Removed::default();
    let before = now.plus(-app.retention.readings_days * DAY);
    let until = Instant::now() + allowance.readings;
    if app.db.is_sqlite() {
        removed.readings = old_readings(app, before, until, &mut place.device).await?;
        removed.readings += sweep(app, before, Instant::now() + allowance.sweep, &mut place.swept).await?;
    } else {
        (removed.weeks, removed.readings) = old_weeks(app, before, until).await?;
    }
    let before = now.plus(-app.retention.buckets_days * DAY);
    removed.buckets = old_buckets(app, before, Instant::now() + allowance.buckets, &mut place.cell).await?;
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

/// Removes readings from before a moment, device by device after the one that was reached, once around. Tells how many.
///
/// Of each device, the outermost readings of its keys are looked at, and more only where one of them is old. So this does
/// not find what lies behind a young one: between two counts of a device, or where keys have no order, as those of a
/// clock that is not believed. That is left to [`sweep`].
async fn old_readings(app: &App, before: Timestamp, until: Instant, reached: &mut i64) -> Result<u64> {
    let mut removed = 0;
    for (mut after, to) in [(*reached, i64::MAX), (0, *reached)] {
        loop {
            let devices = retention::devices_between(&app.db, (after, to), AT_ONCE).await?;
            let Some((highest,)) = devices.last() else { break };
            for (device, kind, end) in old_ends(app, (after, *highest), before).await? {
                // Past a device that is not done yet, too: one with a long past must not keep the others waiting.
                *reached = device;
                removed += readings(app, device, kind, end, before, until).await?;
                if Instant::now() >= until {
                    return Ok(removed);
                }
            }
            after = *highest;
            *reached = after;
            if Instant::now() >= until {
                return Ok(removed);
            }
        }
    }
    Ok(removed)
}

/// The ends of the keys of a stretch of devices where the outermost reading is old, device by device.
async fn old_ends(app: &App, devices: (i64, i64), before: Timestamp) -> Result<Vec<(i64, i64, End)>> {
    let mut ends = Vec::new();
    for kind in KINDS {
        for end in [End::Lower, End::Upper] {
            let old = retention::devices_old_at(&app.db, devices, kind, end, before).await?;
            ends.extend(old.into_iter().map(|(device,)| (device, kind, end)));
        }
    }
    ends.sort_unstable();
    Ok(ends)
}

/// Removes the old readings at an end of a device's keys, until the end is young.
async fn readings(app: &App, device: i64, kind: i64, end: End, before: Timestamp, until: Instant) -> Result<u64> {
    let mut removed = 0;
    loop {
        let found = retention::readings_at(&app.db, device, kind, end, STEP).await?;
        let old = found.iter().filter(|(_, at)| *at < before).map(|(key, _)| *key);
        let Some(stretch) = old.clone().min().zip(old.max()) else { break };
        removed += delete_readings(app, device, kind, stretch, before).await?;
        if Instant::now() >= until {
            break;
        }
    }
    Ok(removed)
}

/// Goes through all readings in the order of their keys, a part of them in each run, and removes those from before a
/// moment, wherever they lie. Tells how many.
async fn sweep(app: &App, before: Timestamp, until: Instant, reached: &mut Key) -> Result<u64> {
    let begun_at = *reached;
    let (mut removed, mut left, mut around) = (0, SWEEP, false);
    while left > 0 {
        let (device, kind, _) = *reached;
        let stretch = retention::stretch_after(&app.db, *reached, before, STEP).await?;
        // The place moves before anything is deleted: it must not stay at what cannot be.
        let next = match stretch.last.filter(|_| stretch.rows == STEP) {
            Some(last) => Some((device, kind, last)),
            None => {
                let next = retention::kind_after(&app.db, device, kind).await?;
                next.map(|(device, kind)| (device, kind, i64::MIN))
            }
        };
        let at_the_end = next.is_none();
        *reached = next.unwrap_or(FIRST);
        if let Some(old) = stretch.old {
            removed += delete_readings(app, device, kind, old, before).await?;
        }
        // The place where it began may be behind all readings by now: then the end is come to twice.
        let done = around && at_the_end;
        around |= at_the_end;
        if done || (around && *reached >= begun_at) || Instant::now() >= until {
            break;
        }
        left -= stretch.rows;
    }
    Ok(removed)
}

/// Removes the old readings of a stretch of keys, in a transaction of their own.
async fn delete_readings(app: &App, device: i64, kind: i64, stretch: (i64, i64), before: Timestamp) -> Result<u64> {
    let mut tx = app.db.begin().await?;
    let removed = retention::delete_readings(&mut tx, device, kind, stretch, before).await?;
    tx.commit().await?;
    Ok(removed)
}

/// Removes the buckets from before a moment, cell by cell after the one that was reached, once around. Tells how many.
async fn old_buckets(app: &App, before: Timestamp, until: Instant, reached: &mut i64) -> Result<u64> {
    let mut removed = 0;
    for (mut after, to) in [(*reached, i64::MAX), (0, *reached)] {
        loop {
            let cells = retention::cells_between(&app.db, (after, to), AT_ONCE).await?;
            let Some((highest,)) = cells.last() else { break };
            for (cell,) in retention::cells_with_old(&app.db, (after, *highest), before).await? {
                *reached = cell;
                removed += buckets(app, cell, before, until).await?;
                if Instant::now() >= until {
                    return Ok(removed);
                }
            }
            after = *highest;
            *reached = after;
            if Instant::now() >= until {
                return Ok(removed);
            }
        }
    }
    Ok(removed)
}

/// Removes the buckets of a cell from before a moment.
async fn buckets(app: &App, cell: i64, before: Timestamp, until: Instant) -> Result<u64> {
    let mut tx = app.db.begin().await?;
    let mut removed = retention::delete_fillings(&mut tx, cell, before).await?;
    tx.commit().await?;
    loop {
        let found = retention::bucket_starts(&app.db, cell, before, STEP).await?;
        let Some((last,)) = found.last() else { break };
        let mut tx = app.db.begin().await?;
        removed += retention::delete_buckets(&mut tx, cell, *last).await?;
        tx.commit().await?;
        if Instant::now() >= until {
            break;
        }
    }
    Ok(removed)
}

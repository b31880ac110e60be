//! Readings that came out of order: what they change about the alerts of their time.

use std::time::{Duration, Instant};

use crate::Result;
use crate::cold_chain::backlog;
use crate::cold_chain::engine::{Hindsight, KnownAlert, Replay, Window, reconcile};
use crate::cold_chain::store::readings::{self, DeviceRow};
use crate::cold_chain::store::{alerts, disorder, looks};
use crate::cold_chain::transitions::{Cause, Changes, Watched};
use crate::kernel::App;
use crate::kernel::time::{DAY, SECOND, Timestamp};

/// The kind of the recurring job that calls [`look_back`].
pub const LOOK_BACK_JOB: &str = "cold_chain.look_back";
/// How often it does, in milliseconds.
pub const LOOK_BACK_EVERY: i64 = 10 * SECOND;
/// How long a device may go on telling of the past before its alerts are gone through: of half a story, another alert might
/// be told than of the whole.
pub const SETTLE_AFTER: i64 = 30 * SECOND;
/// Notes that are asked for at once.
const AT_ONCE: i64 = 256;
/// How long one run may take. What is left is for the next.
const BUDGET: Duration = Duration::from_secs(60);
/// How far before the first reading in question it begins: no delay of a cell is longer.
const BEFORE: i64 = DAY;
/// How much of a device's past is read at once, in milliseconds.
const PART: i64 = DAY;

/// Goes through the alerts of devices whose readings came out of order. It may run on several servers at once, and be
/// stopped at any time.
///
/// # Errors
/// What the database says. What was done before stays done.
pub async fn look_back(app: &App) -> Result<()> {
    let before = app.clock.now().plus(-SETTLE_AFTER);
    let until = Instant::now() + BUDGET;
    loop {
        let mut settled = false;
        for (device_no,) in disorder::devices(&app.db, before, AT_ONCE).await? {
            if Instant::now() >= until {
                return Ok(());
            }
            settled |= settle(app, device_no).await?;
        }
        // None are left, or only those that keep changing while they are looked at: they have time until the next run.
        if !settled {
            return Ok(());
        }
    }
}

/// Goes through the alerts of one device, and tells whether that has come to an end: not if something about the device
/// changed meanwhile. Reading its past takes longer than the writer of readings should wait, so the device is locked only
/// to write what follows, if it still does.
async fn settle(app: &App, device_no: i64) -> Result<bool> {
    let notes = disorder::of_device(&app.db, device_no).await?;
    let Some(device) = readings::device(&app.db, device_no).await? else { return Ok(false) };
    let Some((first, _)) = notes.first() else { return Ok(false) };
    // What is pending is not among the alerts that are known.
    if backlog::is_pending(&app.db, device_no).await? {
        return Ok(false);
    }
    let device = Watched::new(device);
    let since = first.plus(-BEFORE).max(device.row.moved_at.unwrap_or(Timestamp(0)));
    let known = known(app, &device.row, since).await?;
    let touched: Vec<Window> = notes.iter().map(|(start, _)| disorder::stretch(*start)).collect();
    let hindsight = compare(app, &device, since, &known, &touched).await?;

    let mut tx = app.db.begin().await?;
    let now_there = readings::devices(&mut tx, &[device_no]).await?.pop().map(Watched::new);
    let Some(mut device) = now_there.filter(|now_there| is_same(&device, now_there)) else {
        tx.rollback().await?;
        return Ok(false);
    };
    if disorder::of_device(&mut tx, device_no).await? != notes || backlog::is_pending(&mut tx, device_no).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let Hindsight { corrections, new, tracks } = hindsight;
    let before = std::mem::replace(&mut device.tracks, tracks);
    device.keep(&before)?;
    let look = device.look_no_later();
    readings::write_states(&mut tx, &[(device_no, &device.row.state)]).await?;
    looks::add(&mut tx, look.as_slice()).await?;
    disorder::remove(&mut tx, device_no).await?;
    let mut changes = Changes::default();
    changes.look_back(&device.row, corrections, new);
    changes.write(&mut tx, app.clock.now(), Cause::Reading).await?;
    tx.commit().await?;
    Ok(true)
}

/// The alerts of a device in its cell that went on since a moment.
async fn known(app: &App, device: &DeviceRow, since: Timestamp) -> Result<Vec<KnownAlert>> {
    let DeviceRow { org_id, cold_cell_id, no, .. } = device;
    // Without an end: a device's clock may be a little ahead.
    let of_cell = alerts::between(&app.db, *org_id, Some(*cold_cell_id), since, Timestamp(i64::MAX)).await?;
    Ok(of_cell.into_iter().filter(|alert| alert.device_no() == *no).map(KnownAlert::from).collect())
}

/// Whether a device is what it was, as far as alerts are concerned. Readings in order change the latest one, those out of
/// order the notes, people and the clock what is remembered.
fn is_same(one: &Watched, other: &Watched) -> bool {
    let key = |device: &Watched| {
        let DeviceRow { cell_no, moved_at, state, .. } = &device.row;
        (*cell_no, *moved_at, state.latest_at, state.latest_kind, state.latest_key)
    };
    key(one) == key(other) && one.rule == other.rule && one.tracks == other.tracks
}

/// Goes through the readings of a device from a moment on, and holds what they give against the alerts that are known.
async fn compare(
    app: &App,
    device: &Watched,
    since: Timestamp,
    known: &[KnownAlert],
    touched: &[Window],
) -> Result<Hindsight> {
    let DeviceRow { no, cell_no, state, .. } = &device.row;
    let newest = state.latest_at.unwrap_or(since);
    let touched_until = touched.last().map_or(since, |window| window.until);
    // From a moment on at which nothing went on, neither as remembered nor by the readings, nothing changes.
    let goes_on = |at: Timestamp| known.iter().any(|alert| alert.goes_on_at(at));
    let may_stop = |replay: &Replay, at: Timestamp| {
        at >= touched_until && device.tracks.is_quiet() && replay.is_quiet() && !goes_on(at)
    };
    let mut replay = Replay::begin(device.rule, since, known);
    let mut from = since;
    'readings: while from <= newest {
        let part = Window { from, until: from.plus(PART) };
        for row in readings::series(&app.db, *no, *cell_no, part).await? {
            replay.take(&row.measured());
            if may_stop(&replay, row.at) {
                break 'readings;
            }
        }
        from = part.until;
    }
    Ok(reconcile(&device.rule, replay.end(&device.tracks), known, touched))
}

//! What follows from time that passes: delays that run out, devices that fall silent, maintenance that ends.

use crate::Result;
use crate::cold_chain::backlog;
use crate::cold_chain::engine::{Hour, Observation};
use crate::cold_chain::store::transitions::Place;
use crate::cold_chain::store::{looks, readings};
use crate::cold_chain::transitions::{Cause, Changes, Watched};
use crate::kernel::App;
use crate::kernel::time::{MINUTE, SECOND, Timestamp};

/// The kind of the recurring job that calls [`watch`].
pub const WATCH_JOB: &str = "cold_chain.watch";
/// How often it does, in milliseconds. An alert says when it opened, to the millisecond; so much later it is seen.
pub const WATCH_EVERY: i64 = 10 * SECOND;
/// Devices in one transaction: readings wait as long as it takes.
const AT_ONCE: i64 = 256;
/// Nobody listened when nobody looked for so long. Devices are missed from the end of that time on: after an outage of
/// ours, ten thousand alerts about devices that could not reach us would help nobody.
const DEAF_AFTER: i64 = 5 * MINUTE;
/// How often it is noted that somebody listens.
const NOTE_EVERY: i64 = MINUTE;

/// Tells the alert engine the time for all devices that are due. It may run on several servers at once: each device's row
/// is locked while it is looked at.
///
/// # Errors
/// What the database says. What was done before stays done.
pub async fn watch(app: &App) -> Result<()> {
    let now = app.clock.now();
    let listening_since = listen(app, now).await?;
    loop {
        let due = looks::due(&app.db, now, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(());
        }
        look(app, now, listening_since, &due).await?;
    }
}

/// Since when somebody listens, which is noted now and then.
async fn listen(app: &App, now: Timestamp) -> Result<Timestamp> {
    let known = looks::watch(&app.db).await?;
    let since = known.filter(|(_, looked_at)| now.since(*looked_at) <= DEAF_AFTER).map_or(now, |(since, _)| since);
    if known.is_none_or(|(_, looked_at)| now.since(looked_at) >= NOTE_EVERY) {
        let mut tx = app.db.begin().await?;
        looks::note_watch(&mut tx, since, now).await?;
        tx.commit().await?;
    }
    Ok(since)
}

async fn look(app: &App, now: Timestamp, listening_since: Timestamp, due: &[looks::Look]) -> Result<()> {
    let mut numbers: Vec<i64> = due.iter().map(|(_, device_no)| *device_no).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut tx = app.db.begin().await?;
    let devices = readings::devices(&mut tx, &numbers).await?;
    backlog::settle(&mut tx, now, &numbers).await?;
    let mut devices: Vec<Watched> = devices.into_iter().map(Watched::new).collect();
    let (mut changes, mut queue) = (Changes::default(), Vec::new());
    for device in &mut devices {
        let before = device.tracks;
        let hour = Hour { now, last_seen: device.row.state.last_seen_at, listening_since };
        device.observe(&Observation::Clock(hour));
        changes.hear(Place::from(&device.row), std::mem::take(&mut device.said));
        device.keep(&before)?;
        queue.extend(device.look_again(now, listening_since));
    }
    let states: Vec<_> = devices.iter().map(|device| (device.row.no, &device.row.state)).collect();
    readings::write_states(&mut tx, &states).await?;
    looks::remove(&mut tx, due).await?;
    looks::add(&mut tx, &queue).await?;
    changes.write(&mut tx, now, Cause::Clock).await?;
    tx.commit().await
}

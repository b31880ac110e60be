//! What the alert engine has said of devices and their alerts do not show yet.
//!
//! An alert costs many times what a reading costs: a row, an entry in the journal, and the indexes of both. When a whole
//! fleet crosses its limits within a second, the readings would have to wait for that. So with the readings of a second
//! only some alerts are written. What was said beyond them is stored as it was said, in the same transaction, and written
//! soon after in steps that leave time for readings in between. What was said of a device is written in its order: after
//! what is pending nothing is written past it, and whoever changes what the engine remembers of a device
//! [settles](settle) first.

use std::collections::HashSet;

use crate::cold_chain::engine::Effect;
use crate::cold_chain::store::backlog::{self, PendingRow};
use crate::cold_chain::store::transitions::Place;
use crate::cold_chain::transitions::{Cause, Changes};
use crate::kernel::App;
use crate::kernel::db::{Conn, Tx};
use crate::kernel::time::{SECOND, Timestamp};
use crate::{Error, Result};

/// Devices whose alerts open or resolve with their readings, a second: what a place with some freezers has in a power cut.
const A_SECOND: usize = 32;
/// Devices in a step, and what may be said of them in it: readings wait as long as it takes, some milliseconds.
const ROWS_OF_A_STEP: i64 = 16;
const EFFECTS_OF_A_STEP: usize = 32;

/// What the alert engine has said of a device.
pub(super) type Said = (Place, Vec<Effect>);

/// How many devices' alerts have been written with their readings in this second.
#[derive(Debug, Default)]
pub(super) struct Pace {
    second: i64,
    devices: usize,
}

impl Pace {
    /// Whether another device's may be.
    fn takes_another(&mut self, now: Timestamp) -> bool {
        let second = now.0.div_euclid(SECOND);
        if second != self.second {
            *self = Self { second, devices: 0 };
        }
        self.devices += 1;
        self.devices <= A_SECOND
    }
}

/// Whether an alert opens, resolves, or becomes one that people are told of: what costs an entry in the journal.
fn is_told(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| !matches!(effect, Effect::Update { goes_on: false, .. }))
}

/// Writes alerts with the readings that they follow from, as many as the pace allows, and puts off the others. Tells
/// whether there are others. The states of the devices must belong to the transaction.
pub(super) async fn write(tx: &mut Tx, pace: &mut Pace, now: Timestamp, said: Vec<Said>) -> Result<bool> {
    let (at_once, mut later): (Vec<Said>, Vec<Said>) =
        said.into_iter().partition(|(_, effects)| !is_told(effects) || pace.takes_another(now));
    let mut changes = Changes::default();
    if !at_once.is_empty() {
        let numbers: Vec<i64> = at_once.iter().map(|(place, _)| place.device_no).collect();
        let pending: HashSet<(i64,)> = backlog::pending(&mut *tx, &numbers).await?.into_iter().collect();
        for (place, effects) in at_once {
            if pending.contains(&(place.device_no,)) {
                later.push((place, effects));
            } else {
                changes.hear(place, effects);
            }
        }
    }
    let rows = later.iter().map(|(place, effects)| {
        let json = serde_json::to_string(effects).map_err(Error::internal)?;
        Ok((place.device_no, json))
    });
    backlog::add(tx, now, &rows.collect::<Result<Vec<_>>>()?).await?;
    changes.write(tx, now, Cause::Reading).await?;
    Ok(!later.is_empty())
}

/// Writes what is pending of some devices. Their states must belong to the transaction.
pub(super) async fn settle(tx: &mut Tx, now: Timestamp, devices: &[i64]) -> Result<()> {
    let pending = backlog::of_devices(tx, devices).await?;
    apply(tx, now, pending.into_iter().map(Pending::from)).await
}

/// Whether something is pending of a device.
pub(super) async fn is_pending(on: impl Into<Conn<'_>>, device_no: i64) -> Result<bool> {
    Ok(!backlog::pending(on, &[device_no]).await?.is_empty())
}

/// Writes what was said first of all that is pending, and tells since when that had been waiting; `None` when nothing is
/// pending. It may run on several servers at once.
///
/// # Errors
/// What the database says; nothing of the step is written then.
pub async fn catch_up(app: &App) -> Result<Option<Timestamp>> {
    let mut tx = app.db.begin().await?;
    let rows = backlog::first(&mut tx, ROWS_OF_A_STEP).await?;
    let Some(since) = rows.first().map(|row| row.said_at) else {
        tx.rollback().await?;
        return Ok(None);
    };
    let pending: Vec<Pending> = rows.into_iter().map(Pending::from).collect();
    let mut effects = 0;
    let fits = |pending: &&Pending| {
        effects += pending.effects.len();
        effects <= EFFECTS_OF_A_STEP
    };
    let count = pending.iter().take_while(fits).count().max(1);
    apply(&mut tx, app.clock.now(), pending.into_iter().take(count)).await?;
    tx.commit().await?;
    Ok(Some(since))
}

/// What was said of a device at a time.
struct Pending {
    no: i64,
    place: Place,
    effects: Vec<Effect>,
}

impl From<PendingRow> for Pending {
    fn from(row: PendingRow) -> Self {
        let PendingRow { no, device_no, org_id: org, device_id: device, cold_cell_id: cell, effects, .. } = row;
        let effects = serde_json::from_str(&effects).unwrap_or_else(|error| {
            // Written by a version that said it in other words. All that comes after it must not wait for that.
            tracing::error!(device.no = device_no, %error, effects, "what was said of a device cannot be read");
            Vec::new()
        });
        Self { no, place: Place { device_no, org, device, cell }, effects }
    }
}

async fn apply(tx: &mut Tx, now: Timestamp, pending: impl Iterator<Item = Pending>) -> Result<()> {
    let (mut changes, mut numbers) = (Changes::default(), Vec::new());
    for Pending { no, place, effects } in pending {
        numbers.push(no);
        changes.hear(place, effects);
    }
    if numbers.is_empty() {
        return Ok(());
    }
    backlog::remove(tx, &numbers).await?;
    changes.write(tx, now, Cause::Reading).await
}

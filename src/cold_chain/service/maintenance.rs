//! Times in which people work on a cell, and its alerts keep still.

use serde::Deserialize;
use serde_json::json;

use crate::cold_chain::model::{ColdCellDetail, Maintenance};
use crate::cold_chain::report::PastMaintenance;
use crate::cold_chain::service::get_cold_cell;
use crate::cold_chain::silence::StartMaintenance;
use crate::cold_chain::store::{fleet, looks};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::ids::ColdCellId;
use crate::kernel::journal::{self, Entry, PastEntry};
use crate::kernel::permission::Permission;
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// What the journal says when a maintenance is planned, or begins,
const STARTED: &str = "cold_chain.maintenance_started";
/// and when it is ended before its time.
const ENDED: &str = "cold_chain.maintenance_ended";

/// Puts a cell into maintenance, now or later; what was planned before is replaced. No alert opens in that time, those
/// that are open stay, and what is still wrong when it ends opens then.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign cell, [`Error::Validation`] for broken fields.
pub async fn start_maintenance(
    app: &App,
    actor: &Actor,
    id: ColdCellId,
    start: StartMaintenance,
) -> Result<ColdCellDetail> {
    let scope = actor.reach(Permission::ColdChainWrite)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let cell = fleet::cell(&mut tx, actor.org, id, now).await?.ok_or(Error::NotFound)?;
    scope.pass(cell.customer_id)?;
    let wanted = start.checked(now)?;
    looks::add_cell(&mut tx, cell.no, now).await?;
    fleet::set_maintenance(&mut tx, actor.org, id, Some(&wanted)).await?;
    let after = json!({"from": wanted.from, "until": wanted.until});
    let entry = Entry::new(STARTED, "cold_cell", id.0).after(&after).reason(wanted.reason.clone());
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    get_cold_cell(app, actor, id).await
}

/// Ends a cell's maintenance, or takes back what was planned. Without any, nothing changes.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign cell.
pub async fn end_maintenance(app: &App, actor: &Actor, id: ColdCellId) -> Result<ColdCellDetail> {
    let scope = actor.reach(Permission::ColdChainWrite)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let cell = fleet::cell(&mut tx, actor.org, id, now).await?.ok_or(Error::NotFound)?;
    scope.pass(cell.customer_id)?;
    let no = cell.no;
    let Some(before) = cell.at(now).maintenance else {
        tx.rollback().await?;
        return get_cold_cell(app, actor, id).await;
    };
    // What has begun stays until now: readings from that time may still arrive.
    let after = (before.from < now).then(|| Maintenance { until: now, ..before.clone() });
    looks::add_cell(&mut tx, no, now).await?;
    fleet::set_maintenance(&mut tx, actor.org, id, after.as_ref()).await?;
    let planned = json!({"from": before.from, "until": before.until});
    let entry = Entry::new(ENDED, "cold_cell", id.0).before(&planned);
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    get_cold_cell(app, actor, id).await
}

/// The times in which a cell was in maintenance, by what the journal says of it: the cell itself knows only the last.
pub(super) fn past(history: &[PastEntry]) -> Vec<PastMaintenance> {
    /// The state in the journal.
    #[derive(Deserialize)]
    struct Planned {
        from: Timestamp,
        until: Timestamp,
    }
    let mut times: Vec<PastMaintenance> = Vec::new();
    for entry in history.iter().filter(|entry| [STARTED, ENDED].contains(&entry.action.as_str())) {
        // Another plan takes the place of what is left of the one before; what had not begun never was.
        if let Some(last) = times.last_mut() {
            last.until = last.until.min(entry.at);
        }
        times.retain(|time| time.from < time.until);
        let planned = entry.after.as_deref().and_then(|after| serde_json::from_str::<Planned>(after).ok());
        if let Some(Planned { from, until }) = planned {
            times.push(PastMaintenance {
                from,
                until,
                reason: entry.reason.clone(),
                by: Some(entry.actor().to_owned()),
            });
        }
    }
    times
}

//! From the journal to groups, and from groups that are due to those who are told.

use std::collections::{HashMap, HashSet};

use super::tell::tell;
use crate::Result;
use crate::cold_chain;
use crate::cold_chain::service::AlertPlace;
use crate::kernel::App;
use crate::kernel::db::Tx;
use crate::kernel::ids::{AlertId, ColdCellId, NoticeGroupId, OrgId};
use crate::kernel::journal;
use crate::kernel::time::{MINUTE, Timestamp};
use crate::notices::happening::Happening;
use crate::notices::model::NoticeKind;
use crate::notices::store::{self, AlertRow, Gathered};

/// The follower's name among the positions.
const FOLLOWER: &str = "notices";
/// Entries of the journal in one transaction: readings wait as long as it takes.
const AT_ONCE: i64 = 200;
/// What happens within this time of the first of its kind at a place is told together, in milliseconds.
const GATHER: i64 = MINUTE;
/// How long at least lies between two messages about the same kind of thing at a place, in milliseconds: of a power cut
/// the devices tell one after the other, and a cell at its limit opens alert after alert.
const BETWEEN: i64 = 5 * MINUTE;
/// How long after it has happened something is told at the latest, in milliseconds.
pub(super) const LONGEST_GATHERING: i64 = GATHER + BETWEEN;

/// Follows the journals of all organisations to their ends, and tells what is due. It may run on several servers at once:
/// they wait for each other, organisation by organisation, and each step is taken by one of them.
///
/// # Errors
/// What the database says. What was done before stays done, and the rest is done the next time.
pub async fn follow(app: &App) -> Result<()> {
    for org in store::with_work(&app.db, FOLLOWER, app.clock.now()).await? {
        while step(app, org).await? {}
    }
    Ok(())
}

/// One transaction's work: a stretch of the journal, or one group that is due. Tells whether there was any.
async fn step(app: &App, org: OrgId) -> Result<bool> {
    // Read before the position is this transaction's, because nothing else can be written meanwhile on SQLite.
    let position = store::position(&app.db, FOLLOWER, org).await?;
    let entries = journal::after(&app.db, org, position, AT_ONCE).await?;
    let happenings: Vec<Happening> = entries.iter().filter_map(Happening::of).collect();
    let alerts: Vec<AlertId> = happenings.iter().map(|happening| happening.alert).collect();
    let places = cold_chain::service::places_of_alerts(&app.db, org, &alerts).await?;

    let mut tx = app.db.begin().await?;
    if store::lock_position(&mut tx, FOLLOWER, org).await? != position {
        // Another server has done it.
        return tx.rollback().await.map(|()| true);
    }
    if let Some(last) = entries.last().map(|entry| entry.seq) {
        gather(&mut tx, org, happenings, &places).await?;
        store::move_position(&mut tx, FOLLOWER, org, last).await?;
    } else if !journal::after(&mut tx, org, position, 1).await?.is_empty() {
        // A group is told only at the journal's end: what belongs to it may still be unread.
        return tx.rollback().await.map(|()| true);
    } else {
        let Some(group) = store::next_due(&mut tx, org, app.clock.now()).await? else {
            return tx.rollback().await.map(|()| false);
        };
        tell(app, &mut tx, org, group).await?;
    }
    tx.commit().await.map(|()| true)
}

/// Puts what happened into groups.
async fn gather(
    tx: &mut Tx,
    org: OrgId,
    happenings: Vec<Happening>,
    places: &HashMap<AlertId, AlertPlace>,
) -> Result<()> {
    // Good news is not muted when it happens, so whether it may make a sound is looked at here: once for each moment, in
    // which many alerts may have ended together.
    let mut over: HashMap<Timestamp, Vec<ColdCellId>> = HashMap::new();
    for happening in happenings.iter().filter(|happening| happening.kind == NoticeKind::Resolution) {
        let place = places.get(&happening.alert);
        over.entry(happening.at).or_default().extend(place.map(|place| place.cold_cell_id));
    }
    let mut muted: HashSet<(Timestamp, ColdCellId)> = HashSet::new();
    for (at, cells) in over {
        let still = cold_chain::service::muted_cells(tx, org, &cells, at).await?;
        muted.extend(still.into_iter().map(|cell| (at, cell)));
    }
    let mut open: HashMap<Gathered, (NoticeGroupId, Timestamp)> = HashMap::new();
    let mut gathered = Vec::new();
    for happening in happenings {
        let Some(place) = places.get(&happening.alert) else { continue };
        let quiet = happening.kind == NoticeKind::Resolution && muted.contains(&(happening.at, place.cold_cell_id));
        let what = Gathered {
            kind: happening.kind,
            alert_type: place.alert_type,
            location_id: place.location_id,
            location_name: place.location_name.clone(),
            customer_id: place.customer_id,
            late: happening.late,
            level: happening.level,
            told_to: happening.told_to,
            quiet,
        };
        let known = open.get(&what).copied().filter(|(_, due_at)| happening.at <= *due_at);
        let known = match known {
            Some(known) => Some(known),
            None => store::gathering(tx, org, &what, happening.at).await?,
        };
        let group = match known {
            Some(group) => group,
            None => {
                let told = store::last_told(tx, org, &what, happening.at.plus(-BETWEEN)).await?;
                let due_at = happening.at.plus(GATHER).max(told.map_or(happening.at, |told| told.plus(BETWEEN)));
                // The last one may have been told by a clock that was ahead.
                let due_at = due_at.min(happening.at.plus(LONGEST_GATHERING));
                let group = (NoticeGroupId::new(), due_at);
                store::insert_group(tx, org, group.0, &what, group.1).await?;
                group
            }
        };
        let alert = AlertRow {
            alert_id: happening.alert,
            cold_cell_id: place.cold_cell_id,
            cold_cell_name: place.cold_cell_name.clone(),
            by_member: happening.by,
        };
        gathered.push((group.0, alert));
        open.insert(what, group);
    }
    store::insert_alerts(tx, org, &gathered).await
}

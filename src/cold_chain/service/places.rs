//! Where alerts are, and which cells and places somebody is told of, for those who tell people; what month it is at a place.

use std::collections::{HashMap, HashSet};

use crate::cold_chain::service::mutes::Mutes;
use crate::cold_chain::store::{alerts, fleet};
use crate::identity::service::organisation;
use crate::kernel::App;
use crate::kernel::actor::{Actor, Scope};
use crate::kernel::db::{Conn, Tx};
use crate::kernel::ids::{AlertId, ColdCellId, LocationId, OrgId};
use crate::kernel::permission::Permission;
use crate::kernel::time::Timestamp;
use crate::kernel::zone::{day, zone};
use crate::{Error, Result};

pub use crate::cold_chain::store::alerts::{AlertPlace, Standing};

/// Where alerts are, with the names that things have now. Unknown ones are left out.
///
/// # Errors
/// What the database says.
pub async fn places_of_alerts(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    ids: &[AlertId],
) -> Result<HashMap<AlertId, AlertPlace>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let places = alerts::places(on, org, ids).await?;
    Ok(places.into_iter().map(|place| (place.id, place)).collect())
}

/// How some alerts stand. Unknown ones are left out.
///
/// # Errors
/// What the database says.
pub async fn standings(tx: &mut Tx, org: OrgId, ids: &[AlertId]) -> Result<HashMap<AlertId, Standing>> {
    Ok(alerts::standings(tx, org, ids).await?.into_iter().map(|standing| (standing.id, standing)).collect())
}

/// Of which cells notices of the lowest level are muted at a moment.
///
/// # Errors
/// What the database says.
pub async fn muted_cells(tx: &mut Tx, org: OrgId, cells: &[ColdCellId], at: Timestamp) -> Result<HashSet<ColdCellId>> {
    let mutes = Mutes::load(tx, cells.iter().map(|cell| (org, *cell)), at).await?;
    Ok(cells.iter().copied().filter(|cell| mutes.of(org, *cell, 0).is_some()).collect())
}

/// The month that goes on at a place, `YYYY-MM` in its time zone: the last that there is a report of.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign place, and for another customer's.
pub async fn month_at(app: &App, actor: &Actor, location: LocationId) -> Result<String> {
    let scope = actor.scope(Permission::ColdChainRead)?;
    let place = fleet::location(&app.db, actor.org, location).await?.ok_or(Error::NotFound)?;
    scope.pass(place.customer_id)?;
    let time_zone = match place.time_zone {
        Some(time_zone) => time_zone,
        None => organisation(app, actor.org).await?.time_zone,
    };
    Ok(day(app.clock.now(), zone(&time_zone)).chars().take(7).collect())
}

/// The locations that somebody sees; none named where that is all of them.
///
/// # Errors
/// What the database says.
pub async fn locations_in(app: &App, org: OrgId, scope: &Scope) -> Result<Option<Vec<LocationId>>> {
    match scope.customers() {
        None => Ok(None),
        Some(customers) => fleet::locations_of(&app.db, org, customers).await.map(Some),
    }
}

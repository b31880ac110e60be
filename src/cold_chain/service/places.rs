//! Where alerts are, and which cells and places somebody is told of: for those who tell people.

use std::collections::{HashMap, HashSet};

use crate::Result;
use crate::cold_chain::service::mutes::Mutes;
use crate::cold_chain::store::{alerts, fleet};
use crate::kernel::App;
use crate::kernel::actor::Scope;
use crate::kernel::db::{Conn, Tx};
use crate::kernel::ids::{AlertId, ColdCellId, LocationId, OrgId};
use crate::kernel::time::Timestamp;

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

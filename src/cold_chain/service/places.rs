//! Where alerts are, and whether notices about a cell keep still: for those who tell people.

use std::collections::HashMap;

use crate::Result;
use crate::cold_chain::service::mutes::Mutes;
use crate::cold_chain::store::alerts;
use crate::kernel::db::Tx;
use crate::kernel::ids::{AlertId, ColdCellId, OrgId};
use crate::kernel::time::Timestamp;

pub use crate::cold_chain::store::alerts::AlertPlace;

/// Where alerts are, with the names that things have now. Unknown ones are left out.
///
/// # Errors
/// What the database says.
pub async fn places_of_alerts(tx: &mut Tx, org: OrgId, ids: &[AlertId]) -> Result<HashMap<AlertId, AlertPlace>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let places = alerts::places(tx, org, ids).await?;
    Ok(places.into_iter().map(|place| (place.id, place)).collect())
}

/// Whether a notice of the lowest level about a cell is muted at a moment.
///
/// # Errors
/// What the database says.
pub async fn is_muted(tx: &mut Tx, org: OrgId, cell: ColdCellId, at: Timestamp) -> Result<bool> {
    let mutes = Mutes::load(tx, std::iter::once((org, cell)), at).await?;
    Ok(mutes.of(org, cell, 0).is_some())
}

//! What needs somebody most: the wall display, and the owners of cells by urgency.

use std::collections::HashMap;

use crate::Result;
use crate::cold_chain::alert::{Alert, AlertType};
use crate::cold_chain::model::ColdCell;
use crate::cold_chain::store::{alerts, fleet, urgency};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::ids::ColdCellId;
use crate::kernel::permission::Permission;

pub use crate::cold_chain::store::urgency::Owner;

/// What is wrong, for a screen that nobody touches: what there is room for, and how much of everything there is.
#[derive(Debug, Clone)]
pub struct Wall {
    /// Active alerts: first those that nobody has taken note of, the oldest first.
    pub alerts: Vec<Alert>,
    /// All active alerts.
    pub active: i64,
    /// Those of them that nobody has taken note of.
    pub unattended: i64,
    /// Cells, the worst first.
    pub cells: Vec<ColdCell>,
    /// All cells.
    pub cold_cells: i64,
    /// Those of them that have alerts, are beyond their limits, or silent.
    pub uneasy: i64,
    /// Customers with places.
    pub customers: i64,
}

/// What is wrong, as far as the actor may know, with so many alerts and cells at most.
///
/// # Errors
/// [`crate::Error::Forbidden`] without `cold_chain:read` or `alerts:read`.
pub async fn wall(app: &App, actor: &Actor, most_alerts: i64, most_cells: i64) -> Result<Wall> {
    let (scope, of_alerts) = (actor.reach(Permission::ColdChainRead)?, actor.reach(Permission::AlertsRead)?);
    let (org, now) = (actor.org, app.clock.now());
    let (active, unattended) = alerts::count_active(&app.db, org, &of_alerts).await?;
    let shown = alerts::unattended_first(&app.db, org, &of_alerts, most_alerts).await?;
    let worst = urgency::worst_cells(&app.db, org, &scope, now, most_cells).await?;
    let ids: Vec<ColdCellId> = worst.iter().map(|cell| cell.id).collect();
    let rows = fleet::cells_with(&app.db, org, now, &ids).await?;
    let mut cells: HashMap<ColdCellId, ColdCell> =
        rows.into_iter().map(|row| row.at(now)).map(|cell| (cell.id, cell)).collect();
    Ok(Wall {
        alerts: shown.into_iter().map(Alert::from).collect(),
        active,
        unattended,
        cells: ids.iter().filter_map(|id| cells.remove(id)).collect(),
        cold_cells: worst.first().map_or(0, |cell| cell.cold_cells),
        uneasy: worst.first().map_or(0, |cell| cell.uneasy),
        customers: urgency::count_customers(&app.db, org, &scope).await?,
    })
}

/// Whose cold cells there are, the most urgent first.
///
/// # Errors
/// [`crate::Error::Forbidden`] without `cold_chain:read`.
pub async fn owners(app: &App, actor: &Actor) -> Result<Vec<Owner>> {
    let scope = actor.reach(Permission::ColdChainRead)?;
    urgency::owners(&app.db, actor.org, &scope).await
}

/// How many alerts of each type are active; types without any are left out.
///
/// # Errors
/// [`crate::Error::Forbidden`] without `cold_chain:read`.
pub async fn active_alerts_by_type(app: &App, actor: &Actor) -> Result<HashMap<AlertType, i64>> {
    let scope = actor.reach(Permission::ColdChainRead)?;
    Ok(alerts::active_by_type(&app.db, actor.org, &scope).await?.into_iter().collect())
}

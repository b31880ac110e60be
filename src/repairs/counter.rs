//! Cars that are taken in at the counter.

use super::inputs::CheckIn;
use super::model::CheckedIn;
use super::service::check_in;
use super::status::RepairStatus;
use super::store;
use crate::Result;
use crate::customers::service as customers;
use crate::customers::service::KnownVehicle;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::ids::RepairId;
use crate::kernel::permission::Permission;

/// What is known of a vehicle that stands at the counter, by its plate: the vehicle with its customer, and the repairs of
/// it that are not over.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:write` and `repairs:check_in`.
pub async fn known_vehicle(
    app: &App,
    actor: &Actor,
    plate: &str,
) -> Result<Option<(KnownVehicle, Vec<(RepairId, RepairStatus)>)>> {
    actor.require_either(Permission::RepairsWrite, Permission::RepairsCheckIn)?;
    let Some(vehicle) = customers::known_vehicle(app, actor.org, plate).await? else { return Ok(None) };
    let open = store::open_of_vehicle(&app.db, actor.org, vehicle.id).await?;
    Ok(Some((vehicle, open)))
}

/// Makes a repair at the counter, from what the customer says. `submission` names the form that was sent, as in
/// [`check_in`].
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:write` and `repairs:check_in`, [`Error::Validation`] with all broken fields.
pub async fn create(app: &App, actor: &Actor, input: &CheckIn, submission: Option<&str>) -> Result<CheckedIn> {
    actor.require_either(Permission::RepairsWrite, Permission::RepairsCheckIn)?;
    check_in(app, actor, input, &[], submission).await
}

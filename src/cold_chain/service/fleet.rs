//! Locations and cold cells.

use crate::cold_chain::alert::{Alert, AlertFilter, AlertStatus, AlertType};
use crate::cold_chain::inputs::{ChangeColdCell, ChangeLocation, NewColdCell, NewLocation};
use crate::cold_chain::model::{
    CellFilter, ColdCell, ColdCellDetail, DashboardCustomer, DeviceFilter, Location, LocationFilter,
    TechnicianDashboard,
};
use crate::cold_chain::service::devices::devices_of;
use crate::cold_chain::service::limits;
use crate::cold_chain::store::{alerts, fleet, looks, urgency};
use crate::customers::service as customers;
use crate::identity;
use crate::kernel::App;
use crate::kernel::actor::{Actor, Scope};
use crate::kernel::db::{OnViolation, Tx, Violation};
use crate::kernel::error::Conflict;
use crate::kernel::ids::{ColdCellId, CustomerId, LocationId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::page::{Cursor, MAX_LIMIT, Page, PageRequest, PageWindow};
use crate::kernel::permission::Permission;
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// Locations in the order of their making.
///
/// # Errors
/// [`Error::Validation`] for a page that cannot be.
pub async fn list_locations(
    app: &App,
    actor: &Actor,
    filter: &LocationFilter,
    page: &PageRequest,
) -> Result<Page<Location>> {
    let scope = actor.reach(Permission::ColdChainRead)?;
    let window = page.window(app, "locations", actor.org, filter)?;
    let rows = fleet::locations(&app.db, actor.org, filter, &scope, &window).await?;
    let total = window.total(&rows, fleet::count_locations(&app.db, actor.org, filter, &scope)).await?;
    Ok(window.page(rows, |row| Cursor { key: row.created_at.0, id: row.id.0 }, total))
}

/// One location.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign one.
pub async fn get_location(app: &App, actor: &Actor, id: LocationId) -> Result<Location> {
    let scope = actor.reach(Permission::ColdChainRead)?;
    let location = fleet::location(&app.db, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(location.customer_id)?;
    Ok(location)
}

/// Makes a location.
///
/// # Errors
/// [`Error::Validation`] for broken fields, an unknown customer among them.
pub async fn create_location(app: &App, actor: &Actor, new: NewLocation) -> Result<Location> {
    let scope = actor.reach(Permission::ColdChainWrite)?;
    let mut new = checked_location(new)?;
    let (id, now) = (LocationId::new(), app.clock.now());
    let mut tx = app.db.begin().await?;
    if let Some((phone, name)) = new.customer_phone.as_ref().zip(new.customer_name.as_ref()) {
        if new.customer_id.is_some() {
            return Err(Error::field("customerPhone", "ambiguous", "cannot go with customerId"));
        }
        // A phone number leads to a name, and makes a customer where there is none.
        actor.require(Permission::CustomersWrite)?;
        let home = identity::service::country(app, &mut tx, actor.org).await?;
        new.customer_id = Some(customers::find_or_create(&mut tx, actor, home, (name, phone), None, now).await?.id);
    }
    scope.pass(new.customer_id).map_err(|_| unknown("customerId", "customer"))?;
    fleet::insert_location(&mut tx, actor.org, id, &new, now)
        .await
        .on_violation(Violation::ForeignKey, || unknown("customerId", "customer"))?;
    let entry = Entry::new("cold_chain.location_created", "location", id.0).after(&new);
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    get_location(app, actor, id).await
}

/// Changes a location.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Validation`] for broken fields, or [`Error::Conflict`] for a stale version.
pub async fn change_location(app: &App, actor: &Actor, id: LocationId, change: ChangeLocation) -> Result<Location> {
    let scope = actor.reach(Permission::ColdChainWrite)?;
    let mut tx = app.db.begin().await?;
    let known = fleet::lock_location(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(known.customer_id)?;
    require_version(change.version, known.version, "location")?;
    let before = NewLocation {
        name: known.name,
        customer_id: known.customer_id,
        address: known.address,
        time_zone: known.time_zone,
        ..NewLocation::default()
    };
    let after = checked_location(NewLocation {
        name: change.name.unwrap_or_else(|| before.name.clone()),
        customer_id: change.customer_id.or(before.customer_id),
        address: change.address.or_else(|| before.address.clone()),
        time_zone: change.time_zone.or_else(|| before.time_zone.clone()),
        ..NewLocation::default()
    })?;
    scope.pass(after.customer_id).map_err(|_| unknown("customerId", "customer"))?;
    fleet::update_location(&mut tx, actor.org, id, &after)
        .await
        .on_violation(Violation::ForeignKey, || unknown("customerId", "customer"))?;
    let entry = Entry::new("cold_chain.location_changed", "location", id.0).before(&before).after(&after);
    journal::write(&mut tx, actor, app.clock.now(), entry).await?;
    tx.commit().await?;
    get_location(app, actor, id).await
}

/// Passes for a change of what its sender has seen as it is now, and for one that does not say what was seen.
fn require_version(seen: Option<i64>, version: i64, what: &str) -> Result<()> {
    if seen.is_some_and(|seen| seen != version) {
        return Err(Error::Conflict(Conflict {
            message: format!("Someone else changed this {what}."),
            version: Some(version),
            ..Conflict::default()
        }));
    }
    Ok(())
}

fn checked_location(new: NewLocation) -> Result<NewLocation> {
    let mut new = new.checked()?;
    if let Some(text) = &new.time_zone {
        let unknown = || Error::field("timeZone", "unknown_zone", "must be a time zone such as Europe/Rome");
        let zone = crate::kernel::zone::written(text).ok_or_else(unknown)?;
        new.time_zone = Some(zone.name().to_owned());
    }
    Ok(new)
}

pub(super) fn unknown(field: &str, what: &str) -> Error {
    Error::field(field, "unknown", format!("is not a {what} of this organisation"))
}

/// Cold cells in the order of their making; without what is internal, for customers.
///
/// # Errors
/// [`Error::Validation`] for a page that cannot be.
pub async fn list_cold_cells(
    app: &App,
    actor: &Actor,
    filter: &CellFilter,
    page: &PageRequest,
) -> Result<Page<ColdCell>> {
    let scope = actor.scope(Permission::ColdChainRead)?;
    let window = page.window(app, "cold_cells", actor.org, filter)?;
    let now = app.clock.now();
    let rows = fleet::cells(&app.db, actor.org, now, filter, &scope, &window).await?;
    let total = window.total(&rows, fleet::count_cells(&app.db, actor.org, filter, &scope)).await?;
    let mut rows: Vec<ColdCell> = rows.into_iter().map(|row| row.at(now)).collect();
    if !scope.sees_inside() {
        rows.iter_mut().for_each(ColdCell::leave_out_internal);
    }
    Ok(window.page(rows, |row: &ColdCell| Cursor { key: row.created_at.0, id: row.id.0 }, total))
}

/// A cell alone; without what is internal, for its customer.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign one, and for another customer's.
pub async fn cold_cell(app: &App, actor: &Actor, id: ColdCellId) -> Result<ColdCell> {
    let scope = actor.scope(Permission::ColdChainRead)?;
    let now = app.clock.now();
    let row = fleet::cell(&app.db, actor.org, id, now).await?.ok_or(Error::NotFound)?;
    scope.pass(row.customer_id)?;
    let mut cell = row.at(now);
    if !scope.sees_inside() {
        cell.leave_out_internal();
    }
    Ok(cell)
}

/// When a device in a cell was last heard of: what whoever has the cell before their eyes is told by.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign one, and for another customer's.
pub async fn cell_heard_at(app: &App, actor: &Actor, id: ColdCellId) -> Result<Option<Timestamp>> {
    let scope = actor.scope(Permission::ColdChainRead)?;
    let (customer, heard_at) = fleet::cell_heard(&app.db, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(customer)?;
    Ok(heard_at)
}

/// Everything a cell's page shows; without who did what, for its customer.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign one, and for another customer's.
pub async fn get_cold_cell(app: &App, actor: &Actor, id: ColdCellId) -> Result<ColdCellDetail> {
    let scope = actor.scope(Permission::ColdChainRead)?;
    let now = app.clock.now();
    let cell = fleet::cell(&app.db, actor.org, id, now).await?.ok_or(Error::NotFound)?;
    scope.pass(cell.customer_id)?;
    let all = PageRequest { limit: Some(MAX_LIMIT.into()), ..PageRequest::default() };
    let of_cell = DeviceFilter { cold_cell_id: Some(id), ..DeviceFilter::default() };
    let device_list = devices_of(app, actor.org, &of_cell, &scope, &all).await?.items;
    let filter = AlertFilter { status: Some(AlertStatus::Active), cold_cell_id: Some(id), ..AlertFilter::default() };
    let active = alerts::list(&app.db, actor.org, &filter, &scope, &PageWindow::inner(MAX_LIMIT, None)).await?;
    let (mut cell, mut timeline) = (cell.at(now), Vec::new());
    let mut active: Vec<Alert> = active.into_iter().map(Alert::from).collect();
    if scope.sees_inside() {
        timeline = journal::timeline(&app.db, actor.org, "cold_cell", id.0).await?;
    } else {
        cell.leave_out_internal();
        active.iter_mut().for_each(Alert::leave_out_internal);
    }
    Ok(ColdCellDetail { cell, device_list, active_alert_list: active, timeline })
}

/// Makes a cold cell.
///
/// # Errors
/// [`Error::Validation`] for broken fields, an unknown location among them.
pub async fn create_cold_cell(app: &App, actor: &Actor, new: NewColdCell) -> Result<ColdCellDetail> {
    let scope = actor.reach(Permission::ColdChainWrite)?;
    let settings = new.checked()?;
    let (id, now) = (ColdCellId::new(), app.clock.now());
    let mut tx = app.db.begin().await?;
    require_location(&mut tx, actor, &scope, settings.location_id).await?;
    fleet::insert_cell(&mut tx, actor.org, id, &settings, now)
        .await
        .on_violation(Violation::ForeignKey, || unknown("locationId", "location"))?;
    let entry = Entry::new("cold_chain.cell_created", "cold_cell", id.0).after(&settings);
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    get_cold_cell(app, actor, id).await
}

/// Changes a cold cell. New limits count from the next reading on, new delays at once.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Validation`] for broken fields, or [`Error::Conflict`] for a stale version.
pub async fn change_cold_cell(
    app: &App,
    actor: &Actor,
    id: ColdCellId,
    change: ChangeColdCell,
) -> Result<ColdCellDetail> {
    let scope = actor.reach(Permission::ColdChainWrite)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let known = fleet::lock_cell(&mut tx, actor.org, id, now).await?.ok_or(Error::NotFound)?;
    scope.pass(known.customer_id)?;
    require_version(change.version, known.version, "cold cell")?;
    let (no, before) = (known.no, known.settings());
    let after = before.changed(change)?;
    require_location(&mut tx, actor, &scope, after.location_id).await?;
    fleet::update_cell(&mut tx, actor.org, id, &after)
        .await
        .on_violation(Violation::ForeignKey, || unknown("locationId", "location"))?;
    looks::add_cell(&mut tx, no, now).await?;
    let entry = Entry::new(limits::CHANGED, "cold_cell", id.0).before(&before).after(&after);
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    get_cold_cell(app, actor, id).await
}

/// Passes for a location within reach. Whether it exists at all, the database says when it is written.
async fn require_location(tx: &mut Tx, actor: &Actor, scope: &Scope, id: LocationId) -> Result<()> {
    if *scope == Scope::All {
        return Ok(());
    }
    let customer = fleet::location(tx, actor.org, id).await?.and_then(|location| location.customer_id);
    scope.pass(customer).map_err(|_| unknown("locationId", "location"))
}

/// The numbers of the technician's view.
///
/// # Errors
/// What the database says.
pub async fn technician_dashboard(app: &App, actor: &Actor) -> Result<TechnicianDashboard> {
    let scope = actor.reach(Permission::ColdChainRead)?;
    let owners = urgency::owners(&app.db, actor.org, &scope).await?.into_iter();
    let customer_list: Vec<DashboardCustomer> = owners
        .filter_map(|owner| {
            let (id, name) = owner.customer_id.zip(owner.name)?;
            Some(DashboardCustomer { id, name, cold_cells: owner.cold_cells, active_alerts: owner.active_alerts })
        })
        .collect();
    let cold_cells = fleet::count_cells(&app.db, actor.org, &CellFilter::default(), &scope).await?;
    let mut alerts_by_type: std::collections::BTreeMap<String, i64> =
        AlertType::ALL.iter().map(|kind| (kind.as_str().to_owned(), 0)).collect();
    let mut active_alerts = 0;
    for (kind, count) in alerts::active_by_type(&app.db, actor.org, &scope).await? {
        active_alerts += count;
        alerts_by_type.insert(kind.as_str().to_owned(), count);
    }
    let customers = i64::try_from(customer_list.len()).unwrap_or(i64::MAX);
    Ok(TechnicianDashboard { customers, cold_cells, active_alerts, alerts_by_type, customer_list })
}

/// What a customer with locations is called; nothing for one without, or out of reach.
///
/// # Errors
/// [`Error::Forbidden`] without `cold_chain:read`.
pub async fn customer_name(app: &App, actor: &Actor, id: CustomerId) -> Result<Option<String>> {
    let scope = actor.reach(Permission::ColdChainRead)?;
    fleet::customer_name(&app.db, actor.org, &scope, id).await
}

/// The first customers with locations whose names hold some words, by name.
///
/// # Errors
/// [`Error::Forbidden`] without `cold_chain:read`.
pub async fn customers(app: &App, actor: &Actor, search: Option<&str>, most: i64) -> Result<Vec<(CustomerId, String)>> {
    let scope = actor.reach(Permission::ColdChainRead)?;
    fleet::customers(&app.db, actor.org, &scope, search, most).await
}

/// Whether the actor may hear of what happens to a location, cold cell, device or alert, by the words of the journal.
/// Whoever calls this has asked for the permission.
///
/// # Errors
/// What the database says.
pub async fn may_hear_of(app: &App, actor: &Actor, kind: &str, id: uuid::Uuid) -> Result<bool> {
    if actor.links.is_empty() {
        return Ok(true);
    }
    let customer = fleet::customer_of(&app.db, actor.org, kind, id).await?;
    Ok(customer.is_some_and(|customer| actor.links.contains(&customer)))
}

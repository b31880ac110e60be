//! Devices and their keys.

use serde_json::json;

use crate::cold_chain::backlog;
use crate::cold_chain::buckets::spread;
use crate::cold_chain::inputs::{ChangeDevice, NewDevice, RotateKey};
use crate::cold_chain::model::{Device, DeviceFilter, DeviceWithKey};
use crate::cold_chain::service::alerts::close;
use crate::cold_chain::service::fleet::unknown;
use crate::cold_chain::store::devices::NewDeviceRow;
use crate::cold_chain::store::{alerts, buckets, devices, disorder, fleet, looks};
use crate::kernel::App;
use crate::kernel::actor::{Actor, Scope};
use crate::kernel::db::{OnViolation, Tx, Violation};
use crate::kernel::error::Conflict;
use crate::kernel::ids::{ColdCellId, DeviceId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::page::{Cursor, Page, PageRequest};
use crate::kernel::permission::Permission;
use crate::kernel::secret::{random_token, token_hash};
use crate::kernel::time::{MINUTE, Timestamp};
use crate::kernel::validate::Validator;
use crate::{Error, Result};

/// The longest that a replaced key may go on working, in minutes: a week.
const LONGEST_GRACE: i64 = 7 * 24 * 60;

/// Devices in the order of their making, of one cell or all.
///
/// # Errors
/// [`Error::Validation`] for a page that cannot be.
pub async fn list_devices(app: &App, actor: &Actor, filter: &DeviceFilter, page: &PageRequest) -> Result<Page<Device>> {
    let scope = actor.reach(Permission::ColdChainRead)?;
    devices_of(app, actor.org, filter, &scope, page).await
}

/// The same for a scope that was asked for already.
pub(super) async fn devices_of(
    app: &App,
    org: OrgId,
    filter: &DeviceFilter,
    scope: &Scope,
    page: &PageRequest,
) -> Result<Page<Device>> {
    let window = page.window(app, "devices", org, filter)?;
    let now = app.clock.now();
    let rows = devices::devices(&app.db, org, now, filter, scope, &window).await?;
    let total = window.total(&rows, devices::count_devices(&app.db, org, now, filter, scope)).await?;
    let rows = rows.into_iter().map(|row| row.at(now)).collect();
    Ok(window.page(rows, |row: &Device| Cursor { key: row.created_at.0, id: row.id.0 }, total))
}

/// One device.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign one.
pub async fn get_device(app: &App, actor: &Actor, id: DeviceId) -> Result<Device> {
    let scope = actor.reach(Permission::ColdChainRead)?;
    let row = devices::device(&app.db, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(row.customer_id)?;
    Ok(row.at(app.clock.now()))
}

/// Makes a device with its first key, which is shown this once.
///
/// # Errors
/// [`Error::Validation`] for broken fields, [`Error::Conflict`] when the serial number exists.
pub async fn create_device(app: &App, actor: &Actor, new: NewDevice) -> Result<DeviceWithKey> {
    let scope = may_install(actor)?;
    let new = new.checked()?;
    let (id, now) = (DeviceId::new(), app.clock.now());
    let mut tx = app.db.begin().await?;
    if let Some(existing) = devices::device_of_serial(&mut tx, actor.org, &new.serial_number).await? {
        return Err(taken(Some(existing)));
    }
    let (cold_cell_id, cell_no) = cell(&mut tx, actor, &scope, new.cold_cell_id, now).await?;
    let api_key = random_token();
    let row = NewDeviceRow {
        id,
        cold_cell_id,
        cell_no,
        serial_number: new.serial_number.clone(),
        name: new.name.clone(),
        firmware_version: new.firmware_version.clone(),
        key_hash: token_hash(&api_key),
    };
    devices::insert(&mut tx, actor.org, &[row], now)
        .await
        // Made by somebody else between the look-up and here.
        .on_violation(Violation::Unique, || taken(None))?;
    let entry = Entry::new("cold_chain.device_created", "device", id.0).after(&new);
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(DeviceWithKey { device: get_device_unchecked(app, actor, id).await?, api_key })
}

/// Changes a device. When it moves to another cell, or goes out of service, its active alerts are closed.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Validation`] for broken fields.
pub async fn change_device(app: &App, actor: &Actor, id: DeviceId, change: ChangeDevice) -> Result<Device> {
    let scope = actor.reach(Permission::DevicesManage)?;
    let mut check = Validator::default();
    let name = check.optional("name", change.name.as_deref(), 120);
    let firmware = check.optional("firmwareVersion", change.firmware_version.as_deref(), 60);
    check.finish(())?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let no = devices::device(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?.no;
    // The device's state first, as the writer does it: its readings wait until it has moved, and what is read of it from
    // here on nobody else changes meanwhile.
    devices::lock_tracks(&mut tx, no).await?;
    let row = devices::device(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(row.customer_id)?;
    let left = row.cell_no;
    let before = row.at(now);
    let after = Device {
        cold_cell_id: change.cold_cell_id.unwrap_or(before.cold_cell_id),
        name: change.name.map_or_else(|| before.name.clone(), |_| name),
        firmware_version: change.firmware_version.map_or_else(|| before.firmware_version.clone(), |_| firmware),
        retired_at: change
            .retired
            .map_or(before.retired_at, |retired| retired.then(|| before.retired_at.unwrap_or(now))),
        ..before.clone()
    };
    let is_moved = after.cold_cell_id != before.cold_cell_id;
    if is_moved && let Some(filling) = buckets::filling(&mut tx, no).await?.part(left) {
        // It fills buckets of the cell where it stands. Before alerts and the journal, as the writer does it.
        buckets::add(&mut tx, &spread(&[filling])).await?;
        buckets::clear_filling(&mut tx, no).await?;
    }
    backlog::settle(&mut tx, now, &[no]).await?;
    let (_, cell_no) = cell(&mut tx, actor, &scope, Some(after.cold_cell_id), now).await?;
    devices::update_device(&mut tx, &after, no, cell_no).await?;
    let is_retired = after.retired_at.is_some() && before.retired_at.is_none();
    if is_moved || is_retired {
        let active = alerts::active_of_device(&mut tx, no).await?;
        let note = if is_retired { "The device went out of service." } else { "The device was moved to another cell." };
        close(&mut tx, app, actor, no, &active, Some(&note.to_owned())).await?;
        devices::write_tracks(&mut tx, no, &Default::default()).await?;
    }
    if is_moved {
        devices::write_move(&mut tx, no, left, now).await?;
        if after.retired_at.is_none() {
            looks::add_device(&mut tx, no, now).await?;
        }
    }
    if after.retired_at != before.retired_at {
        devices::retire(&mut tx, no, after.retired_at).await?;
        // What came out of order is not gone through any more.
        disorder::remove(&mut tx, no).await?;
        if after.retired_at.is_none() {
            devices::begin_anew(&mut tx, no).await?;
        }
    }
    let words = |device: &Device| {
        json!({
            "coldCellId": device.cold_cell_id,
            "name": device.name,
            "firmwareVersion": device.firmware_version,
            "retiredAt": device.retired_at,
        })
    };
    let entry = Entry::new("cold_chain.device_changed", "device", id.0).before(&words(&before)).after(&words(&after));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    get_device_unchecked(app, actor, id).await
}

/// Whose cells the actor may put devices up in, and give those there new keys.
///
/// # Errors
/// [`Error::Forbidden`] without `devices:install` and `devices:manage`.
pub fn may_install(actor: &Actor) -> Result<Scope> {
    actor
        .reach(Permission::DevicesInstall)
        .or_else(|refused| actor.reach(Permission::DevicesManage).map_err(|_| refused))
}

/// Gives a device a new key, which is shown this once. The old ones go on working for the grace time.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Validation`] for a grace time out of range.
pub async fn rotate_device_key(app: &App, actor: &Actor, id: DeviceId, how: RotateKey) -> Result<DeviceWithKey> {
    let scope = may_install(actor)?;
    let grace = how.grace_minutes.unwrap_or(0);
    let mut check = Validator::default();
    check.range("graceMinutes", Some(grace), 0, LONGEST_GRACE);
    check.finish(())?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let device = devices::device(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(device.customer_id)?;
    let no = device.no;
    devices::expire_keys(&mut tx, no, now.plus(grace * MINUTE)).await?;
    let api_key = random_token();
    devices::insert_key(&mut tx, no, token_hash(&api_key), now).await?;
    let entry = Entry::new("cold_chain.device_key_rotated", "device", id.0).after(&json!({"graceMinutes": grace}));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(DeviceWithKey { device: get_device_unchecked(app, actor, id).await?, api_key })
}

/// The device after a change by somebody who may make it, whether or not they may read others.
async fn get_device_unchecked(app: &App, actor: &Actor, id: DeviceId) -> Result<Device> {
    let row = devices::device(&app.db, actor.org, id).await?.ok_or(Error::NotFound)?;
    Ok(row.at(app.clock.now()))
}

/// A cell within reach: its id and its short number.
async fn cell(
    tx: &mut Tx,
    actor: &Actor,
    scope: &Scope,
    id: Option<ColdCellId>,
    now: Timestamp,
) -> Result<(ColdCellId, i64)> {
    let missing = || unknown("coldCellId", "cold cell");
    let id = id.ok_or_else(missing)?;
    let cell = fleet::cell(tx, actor.org, id, now).await?.ok_or_else(missing)?;
    scope.pass(cell.customer_id).map_err(|_| missing())?;
    Ok((id, cell.no))
}

pub(super) fn taken(existing: Option<DeviceId>) -> Error {
    Error::Conflict(Conflict {
        message: "A device with this serial number exists already.".to_owned(),
        existing_id: existing.map(|id| id.0),
        ..Conflict::default()
    })
}

//! What people do about alerts.

use serde_json::json;

use crate::cold_chain::alert::{Acknowledged, Alert, AlertDetail, AlertFilter, AlertStatus, AlertType, ResolveAlert};
use crate::cold_chain::backlog;
use crate::cold_chain::store::alerts::Doer;
use crate::cold_chain::store::{alerts, devices, fleet};
use crate::kernel::App;
use crate::kernel::actor::{Actor, ActorKind};
use crate::kernel::db::Tx;
use crate::kernel::ids::{AlertId, ColdCellId, LocationId, MembershipId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::page::{Cursor, Page, PageRequest};
use crate::kernel::permission::Permission;
use crate::kernel::time::Timestamp;
use crate::kernel::validate::Validator;
use crate::{Error, Result};

/// Alerts, newest first. A customer sees those of their own cells, without what is internal.
///
/// # Errors
/// [`Error::Validation`] for a page that cannot be.
pub async fn list_alerts(app: &App, actor: &Actor, filter: &AlertFilter, page: &PageRequest) -> Result<Page<Alert>> {
    let scope = actor.scope(Permission::AlertsRead)?;
    let window = page.window(app, "alerts", actor.org, filter)?;
    let rows = alerts::list(&app.db, actor.org, filter, &scope, &window).await?;
    let total = window.total(&rows, alerts::count(&app.db, actor.org, filter, &scope)).await?;
    let mut rows: Vec<Alert> = rows.into_iter().map(Alert::from).collect();
    if !scope.sees_inside() {
        rows.iter_mut().for_each(Alert::leave_out_internal);
    }
    Ok(window.page(rows, |alert: &Alert| Cursor { key: alert.opened_at.0, id: alert.id.0 }, total))
}

/// The alerts of a cell that went on since a moment, in the order of their beginnings.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign cell, and for another customer's.
pub async fn alerts_of_cell(app: &App, actor: &Actor, cell: ColdCellId, since: Timestamp) -> Result<Vec<Alert>> {
    let scope = actor.scope(Permission::ColdChainRead)?;
    let now = app.clock.now();
    let known = fleet::cell(&app.db, actor.org, cell, now).await?.ok_or(Error::NotFound)?;
    scope.pass(known.customer_id)?;
    let rows = alerts::between(&app.db, actor.org, Some(cell), since, now.plus(1)).await?;
    let mut alerts: Vec<Alert> = rows.into_iter().map(Alert::from).collect();
    if !scope.sees_inside() {
        alerts.iter_mut().for_each(Alert::leave_out_internal);
    }
    Ok(alerts)
}

/// One alert with its history, which a customer does not see.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign one, and for another customer's.
pub async fn get_alert(app: &App, actor: &Actor, id: AlertId) -> Result<AlertDetail> {
    let scope = actor.scope(Permission::AlertsRead)?;
    let alert = alerts::get(&app.db, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(alert.customer_id)?;
    let mut alert = Alert::from(alert);
    if !scope.sees_inside() {
        alert.leave_out_internal();
        return Ok(AlertDetail { alert, timeline: Vec::new() });
    }
    let timeline = journal::timeline(&app.db, actor.org, "alert", id.0).await?;
    Ok(AlertDetail { alert, timeline })
}

/// Takes note of an alert that is active, or that opens again and again: it stops escalating. Taking note twice changes
/// nothing.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign alert, [`Error::Conflict`] when it is over.
pub async fn acknowledge_alert(app: &App, actor: &Actor, id: AlertId) -> Result<AlertDetail> {
    let scope = actor.reach(Permission::AlertsAcknowledge)?;
    let alert = alerts::get(&app.db, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(alert.customer_id)?;
    let alert = Alert::from(alert);
    let is_taken = take_note(app, actor, (id, alert.kind, alert.cold_cell_id)).await?;
    let after = get_alert(app, actor, id).await?;
    if !is_taken && after.alert.status == AlertStatus::Resolved {
        return Err(Error::conflict("This alert is over already."));
    }
    Ok(after)
}

/// Takes note of all active alerts at a place, as after a power cut. Each is a change of its own: together they would hold
/// up the readings of the whole place.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign place, and for another customer's.
pub async fn acknowledge_place(app: &App, actor: &Actor, location: LocationId) -> Result<Acknowledged> {
    let scope = actor.reach(Permission::AlertsAcknowledge)?;
    let place = fleet::location(&app.db, actor.org, location).await?.ok_or(Error::NotFound)?;
    scope.pass(place.customer_id)?;
    let mut acknowledged = 0;
    for alert in alerts::unacknowledged(&app.db, actor.org, location).await? {
        acknowledged += u64::from(take_note(app, actor, alert).await?);
    }
    Ok(Acknowledged { acknowledged })
}

/// Takes note of an alert, and tells whether it is active and nobody had.
async fn take_note(app: &App, actor: &Actor, (id, kind, cell): (AlertId, AlertType, ColdCellId)) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !alerts::acknowledge(&mut tx, actor.org, id, doer(actor), now).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let entry = Entry::new("alerts.acknowledged", "alert", id.0).after(&json!({"type": kind, "coldCellId": cell}));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// Closes an active alert by hand. If the values are still out of bounds, the next reading opens a new one; a device that
/// stays silent is missed anew only after it has been heard of.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign alert, [`Error::Conflict`] when it is over.
pub async fn resolve_alert(app: &App, actor: &Actor, id: AlertId, how: ResolveAlert) -> Result<AlertDetail> {
    let scope = actor.reach(Permission::AlertsResolve)?;
    let mut check = Validator::default();
    let note = check.text("note", how.note.as_deref(), 2_000);
    let note = check.finish(note)?;
    let mut tx = app.db.begin().await?;
    let alert = alerts::get(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(alert.customer_id)?;
    let (device, kind) = (alert.device_no(), Alert::from(alert).kind);
    if !close(&mut tx, app, actor, device, &[(id, kind)], note.as_ref()).await? {
        // The second click of a double click finds done what it asks for.
        let is_done = journal::is_repeated(&mut tx, actor, &resolved(id, kind, note.as_ref())).await?;
        tx.rollback().await?;
        return if is_done {
            get_alert(app, actor, id).await
        } else {
            Err(Error::conflict("This alert is over already."))
        };
    }
    tx.commit().await?;
    get_alert(app, actor, id).await
}

/// Closes active alerts of one device, and tells whether all of them were active.
///
/// The device's memory is locked first: that is the order in which the writer takes its locks.
pub(super) async fn close(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    device_no: i64,
    closing: &[(AlertId, AlertType)],
    note: Option<&String>,
) -> Result<bool> {
    let now = app.clock.now();
    let mut tracks = devices::lock_tracks(tx, device_no).await?;
    backlog::settle(tx, now, &[device_no]).await?;
    for (id, kind) in closing {
        if !alerts::resolve(tx, actor.org, *id, doer(actor), note, now).await? {
            return Ok(false);
        }
        tracks.close(*kind);
    }
    devices::write_tracks(tx, device_no, &tracks).await?;
    for (id, kind) in closing {
        journal::write(tx, actor, now, resolved(*id, *kind, note)).await?;
    }
    Ok(true)
}

fn resolved(id: AlertId, kind: AlertType, note: Option<&String>) -> Entry {
    Entry::new("alerts.resolved", "alert", id.0)
        .before(&json!({"status": AlertStatus::Active}))
        .after(&json!({"status": AlertStatus::Resolved, "type": kind}))
        .reason(note.cloned())
}

/// Who stands beside what was done. The journal needs no name: its entry says by whom it is.
pub(super) fn doer(actor: &Actor) -> Doer<'_> {
    match &actor.kind {
        ActorKind::Member(member) => Doer { name: &member.name, member: Some(member.membership) },
        ActorKind::Program(program) => Doer { name: &program.name, member: None },
        _ => Doer { name: "Officina", member: None },
    }
}

/// Takes the name of a member who is to be forgotten from what they did. Whoever calls this checks the actor and writes the
/// journal.
///
/// # Errors
/// What the database says.
pub async fn forget_member(tx: &mut Tx, org: OrgId, member: MembershipId) -> Result<()> {
    alerts::forget_member(tx, org, member).await
}

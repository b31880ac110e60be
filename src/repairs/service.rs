//! The rules of repairs.

use super::inputs::{ChangeStatus, UpdateRepair};
use super::model::{RepairCustomer, RepairDetail, RepairPhoto, RepairVehicle};
use super::status::{RepairStatus, StepRights, Transition};
use super::store::{self, DetailRow};
use super::submitted::{SubmittedVehicle, shown_instead};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{OnViolation, Tx, Violation};
use crate::kernel::error::Conflict;
use crate::kernel::files;
use crate::kernel::ids::{CustomerId, MembershipId, OrgId, RepairId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::notes;
use crate::kernel::permission::Permission;
use crate::kernel::validate::Validator;
use crate::{Error, Result};

pub use super::check_in::check_in;
pub use super::lists::{board, list, open_counts};

/// The word of repairs in the journal and among files.
pub(super) const SUBJECT: &str = "repair";

/// A repair with its history and the steps that this actor may take; without what is internal, for its customer.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read` and `portal:read`, [`Error::NotFound`] for an unknown or foreign id.
pub async fn get(app: &App, actor: &Actor, id: RepairId) -> Result<RepairDetail> {
    let scope = actor.scope(Permission::RepairsRead)?;
    let row = store::detail(&app.db, actor.org, id).await?.ok_or(Error::NotFound)?;
    scope.pass(Some(row.customer_id))?;
    let photos = files::of_subject(&app.db, actor.org, (SUBJECT, id.0)).await?;
    let history = journal::timeline(&app.db, actor.org, SUBJECT, id.0).await?;
    let allowed = row.status.next_steps(row.waiting_from, StepRights::of(actor.permissions));
    let said = shown_instead(row.status, row.submitted_vehicle.as_deref());
    let mut detail = RepairDetail::from(row);
    detail.photos = photos.into_iter().map(RepairPhoto::from).collect();
    detail.status_history = history;
    detail.allowed = allowed;
    if !scope.sees_inside() {
        detail.leave_out_internal();
        if let Some(SubmittedVehicle { brand, model, year, vin }) = said {
            detail.vehicle = RepairVehicle { brand, model, year, vin, ..detail.vehicle };
        }
    }
    Ok(detail)
}

/// Moves a repair to another status.
///
/// # Errors
/// [`Error::Conflict`] for a forbidden transition (with the allowed next steps) and for a version that is no longer the
/// current one; [`Error::Forbidden`] for the way back without `repairs:reopen`, and for what is beyond a check-in without
/// `repairs:write`; [`Error::Validation`] when a reason is missing. The same step once more by the same actor, as by a
/// double click, is done already and changes nothing.
pub async fn change_status(app: &App, actor: &Actor, id: RepairId, change: &ChangeStatus) -> Result<RepairDetail> {
    actor.require_either(Permission::RepairsWrite, Permission::RepairsCheckIn)?;
    let mut check = Validator::default();
    let to: Option<RepairStatus> = check.word("status", &change.status);
    let note = check.text("note", change.note.as_deref(), 2_000);
    let public_note = check.text("publicNote", change.public_note.as_deref(), 2_000);
    check.finish(())?;
    let to = to.ok_or_else(|| Error::internal("a status passed validation and is missing"))?;

    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let state = store::lock_state(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    let rights = StepRights::of(actor.permissions);
    let refused = |message: String| {
        let steps = state.status.next_steps(state.waiting_from, rights);
        Error::Conflict(Conflict {
            message,
            allowed: Some(steps.into_iter().map(RepairStatus::as_str).collect()),
            version: Some(state.version),
            ..Conflict::default()
        })
    };
    let entry = Entry::new("repairs.status_changed", SUBJECT, id.0)
        .before(&serde_json::json!({ "status": state.status }))
        .after(&serde_json::json!({
            "status": to, "publicNote": public_note, "notify": change.notify.unwrap_or(true),
        }))
        .reason(note.clone());
    let stale = change.version.is_some_and(|version| version != state.version);
    if stale && state.status == to && journal::is_repeated(&mut tx, actor, &entry).await? {
        tx.rollback().await?;
        return get(app, actor, id).await;
    }
    if stale {
        return Err(refused(format!("Someone else changed this repair; it is now {}.", state.status)));
    }
    match state.status.transition_to(to, state.waiting_from) {
        None => return Err(refused(format!("A repair cannot go from {} to {to}.", state.status))),
        Some(kind) if !rights.allow(state.status, to, kind) => {
            actor.require(Permission::RepairsWrite)?;
            return Err(Error::Forbidden(Permission::RepairsReopen));
        }
        Some(Transition::Reopen | Transition::WithReason) if note.is_none() => {
            return Err(Error::field("note", "reason_required", "is required for this step"));
        }
        Some(_) => {}
    }
    let waiting_from = (to == RepairStatus::WaitingParts).then_some(state.status);
    store::set_status(&mut tx, actor.org, id, to, waiting_from, now).await?;
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    get(app, actor, id).await
}

/// Changes the facts of a repair.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:write`, and without `repairs:check_in` until the work begins, or without
/// `repairs:assign` when giving it to someone else; [`Error::Conflict`] for a stale version; [`Error::Validation`] for an
/// assignee who is not a member here.
pub async fn update(app: &App, actor: &Actor, id: RepairId, update: &UpdateRepair) -> Result<RepairDetail> {
    actor.require_either(Permission::RepairsWrite, Permission::RepairsCheckIn)?;
    let mut check = Validator::default();
    let promised = check.date("promisedDate", update.promised_date.as_deref());
    let insurer = check.optional("insuranceCompany", update.insurance_company.as_deref(), 120);
    let policy = check.code("policyNumber", update.policy_number.as_deref(), 60);
    let notes = check.text("notes", update.notes.as_deref(), 5_000);
    let assignee = match update.assignee_id.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(id) => id
            .parse::<MembershipId>()
            .map_err(|_| check.errors.add("assigneeId", "invalid_id", "must be the id of a member"))
            .ok(),
    };
    check.finish(())?;

    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let state = store::lock_state(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    require_change(actor, state.status)?;
    let before = store::facts(&mut tx, actor.org, id).await?;
    let mut after = before.clone();
    let replace = |given: &Option<String>, field: &mut Option<String>, value: Option<String>| {
        if given.is_some() {
            *field = value;
        }
    };
    replace(&update.promised_date, &mut after.promised_date, promised);
    replace(&update.insurance_company, &mut after.insurance_company, insurer);
    replace(&update.policy_number, &mut after.policy_number, policy);
    replace(&update.notes, &mut after.notes, notes);
    if update.assignee_id.is_some() && assignee != before.assignee_id {
        // To take work oneself, one has to be somebody who does it.
        let own = actor.member().filter(|_| actor.permissions.has(Permission::RepairsWrite));
        let own = own.map(|member| member.membership);
        if assignee.is_none() || assignee != own || before.assignee_id.is_some() {
            actor.require(Permission::RepairsAssign)?;
        }
        after.assignee_id = assignee;
    }
    if after != before {
        // Who asks for what is there already, as by a double click, is in nobody's way.
        if update.version.is_some_and(|version| version != state.version) {
            return Err(Error::Conflict(Conflict {
                message: "Someone else changed this repair.".to_owned(),
                version: Some(state.version),
                ..Conflict::default()
            }));
        }
        store::set_facts(&mut tx, actor.org, id, &after, now).await.on_violation(Violation::ForeignKey, || {
            Error::field("assigneeId", "unknown_member", "is not a member here")
        })?;
        let entry = Entry::new("repairs.updated", SUBJECT, id.0).before(&before).after(&after);
        journal::write(&mut tx, actor, now, entry).await?;
    }
    tx.commit().await?;
    get(app, actor, id).await
}

/// Passes when the actor may change, or add to, a repair that stands there.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) fn require_change(actor: &Actor, status: RepairStatus) -> Result<()> {
    if StepRights::of(actor.permissions).may_change(status) { Ok(()) } else { actor.require(Permission::RepairsWrite) }
}

impl From<DetailRow> for RepairDetail {
    fn from(row: DetailRow) -> Self {
        Self {
            id: row.id,
            tracking_code: row.tracking_code,
            status: row.status,
            waiting_from: row.waiting_from,
            repair_type: row.repair_type,
            customer: RepairCustomer {
                id: row.customer_id,
                name: row.customer_name,
                phone: row.customer_phone,
                email: row.customer_email,
                suggested_name: row.submitted_name,
                suggested_email: row.submitted_email,
            },
            vehicle: RepairVehicle {
                id: row.vehicle_id,
                plate: row.plate,
                brand: row.brand,
                model: row.model,
                year: row.year,
                vin: row.vin,
            },
            assignee_id: row.assignee_id,
            assignee_name: row.assignee_name,
            accident_date: row.accident_date,
            accident_place: row.accident_place,
            insurance_company: row.insurance_company,
            policy_number: row.policy_number,
            preferred_date: row.preferred_date,
            preferred_time: row.preferred_time,
            notes: row.notes,
            appointment_at: row.appointment_at,
            promised_date: row.promised_date,
            photos: Vec::new(),
            status_history: Vec::new(),
            allowed: Vec::new(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Blanks what the repairs of a customer say of the person: what the form said, place and policy of the accident, all notes,
/// the words that they are found by. Vehicle, work and photos stay. Tells which repairs the customer has. Whoever calls
/// this checks the actor and writes the journal.
///
/// # Errors
/// [`Error::Conflict`] while one of them is open.
pub async fn forget_customer(tx: &mut Tx, org: OrgId, customer: CustomerId) -> Result<Vec<RepairId>> {
    let repairs = store::of_customer(tx, org, customer).await?;
    let is_over = |status: RepairStatus| matches!(status, RepairStatus::Delivered | RepairStatus::Cancelled);
    if repairs.iter().any(|(_, status)| !is_over(*status)) {
        return Err(Error::conflict("This customer has a repair that is not over yet."));
    }
    store::blank_of_customer(tx, org, customer).await?;
    for (repair, _) in &repairs {
        notes::forget(tx, org, (SUBJECT, repair.0)).await?;
    }
    Ok(repairs.into_iter().map(|(id, _)| id).collect())
}

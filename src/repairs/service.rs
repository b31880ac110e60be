//! The rules of repairs.

use super::inputs::{ChangeStatus, CheckIn, CleanCheckIn, RepairFilter, RepairSort, UpdateRepair};
use super::model::{
    BoardColumn, CheckedIn, PhotoCategory, RepairCustomer, RepairDetail, RepairPhoto, RepairSummary, RepairVehicle,
};
use super::photos::{self, StoredPhotos};
use super::status::{LINE, RepairStatus, StepRights, Transition};
use super::store::{self, Assignee, DetailRow, ListFilter, NewRepair, SummaryRow};
use super::submitted::{SubmittedVehicle, shown_instead};
use super::tracking::new_code;
use crate::customers::service as customers;
use crate::customers::service::{Customer, NewVehicle};
use crate::identity::{self, PublicForm};
use crate::kernel::App;
use crate::kernel::actor::{Actor, ActorKind};
use crate::kernel::db::{OnViolation, Tx, Violation};
use crate::kernel::error::Conflict;
use crate::kernel::files::{self, Photo};
use crate::kernel::ids::{CustomerId, MembershipId, OrgId, RepairId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::notes;
use crate::kernel::page::{Cursor, Page, PageRequest, words_of_search};
use crate::kernel::permission::Permission;
use crate::kernel::phone::{self, Country};
use crate::kernel::text::given;
use crate::kernel::time::Timestamp;
use crate::kernel::validate::{Validator, plate_key};
use crate::kernel::zone;
use crate::{Error, Result};

/// The word of repairs in the journal and among files.
pub(super) const SUBJECT: &str = "repair";
/// Cards in a column of the board; the list has the rest.
const BOARD_CARDS: u32 = 30;

/// Takes a check-in of the public: finds or makes the customer and the vehicle, makes the repair, keeps the photos.
///
/// `submission` names the form that was sent: sent twice, it makes one repair and answers the same code, and photos that
/// only the second sending has are added. With other fields it is another check-in: browsers go back to a filled form.
///
/// # Errors
/// [`Error::NotFound`] where visitors may not check in, [`Error::Validation`] with all broken fields; nothing is written
/// then.
pub async fn check_in(
    app: &App,
    actor: &Actor,
    input: &CheckIn,
    photos: &[(PhotoCategory, Photo)],
    submission: Option<&str>,
) -> Result<CheckedIn> {
    let organisation = identity::service::organisation(app, actor.org).await?;
    if actor.kind == ActorKind::Public && !organisation.offers(PublicForm::CheckIn) {
        return Err(Error::NotFound);
    }
    let tz = zone::zone(&organisation.time_zone);
    let clean = input.clean(&zone::day(app.clock.now(), tz))?;
    let submission = submission.map(|token| submission_key(app, token, &clean)).transpose()?;
    let submission = submission.as_deref();
    if let Some(key) = submission
        && let Some(earlier) = earlier(app, actor.org, key).await?
    {
        photos::add_missing(app, actor, earlier.id, photos).await?;
        return Ok(earlier);
    }
    let stored = StoredPhotos::put(app, actor.org, photos).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let home = identity::service::country(app, &mut tx, actor.org).await?;
    let Some(checked_in) = insert_repair(&mut tx, actor, home, &clean, submission, now).await? else {
        tx.rollback().await?;
        let key = submission.unwrap_or_default();
        return earlier(app, actor.org, key).await?.ok_or_else(|| Error::internal("no tracking code was free"));
    };
    stored.insert(&mut tx, actor.org, checked_in.id, now).await?;
    tx.commit().await?;
    Ok(checked_in)
}

/// What a sending is known again by: the form's token and all that it said.
fn submission_key(app: &App, token: &str, clean: &CleanCheckIn) -> Result<String> {
    let said = serde_json::to_string(&(token, clean.repair_type, &clean.input)).map_err(Error::internal)?;
    Ok(app.secret.sign("check-in-form", &said))
}

async fn earlier(app: &App, org: OrgId, key: &str) -> Result<Option<CheckedIn>> {
    let row = store::by_submission(&app.db, org, key).await?;
    Ok(row.map(|(id, tracking_code, status)| CheckedIn { id, tracking_code, status }))
}

/// Inserts the repair with its customer and vehicle. None when the same form has just made one.
async fn insert_repair(
    tx: &mut Tx,
    actor: &Actor,
    home: Country,
    clean: &CleanCheckIn,
    submission: Option<&str>,
    now: Timestamp,
) -> Result<Option<CheckedIn>> {
    let input = &clean.input;
    let email = input.customer_email.as_deref();
    let customer =
        customers::find_or_create(tx, actor, home, (&input.customer_name, &input.customer_phone), email, now).await?;
    let vehicle = NewVehicle {
        plate: &input.vehicle_plate,
        brand: input.vehicle_brand.as_deref(),
        model: input.vehicle_model.as_deref(),
        year: input.vehicle_year,
        vin: input.vin.as_deref(),
    };
    let vehicle = customers::find_or_create_vehicle(tx, actor, customer.id, vehicle, now).await?;
    let id = RepairId::new();
    let submitted_vehicle = match actor.kind {
        ActorKind::Public => Some(serde_json::to_string(&SubmittedVehicle::from(input)).map_err(Error::internal)?),
        _ => None,
    };
    // 32⁶ codes: a collision is rare, several in a row mean that something else is wrong.
    for _ in 0..8 {
        let code = new_code();
        let new = NewRepair {
            id,
            tracking_code: &code,
            repair_type: clean.repair_type,
            customer: customer.id,
            vehicle: vehicle.id,
            submitted_name: (customer.name != input.customer_name).then_some(input.customer_name.as_str()),
            submitted_email: email.filter(|email| customer.email.as_deref() != Some(email)),
            submitted_vehicle: submitted_vehicle.clone(),
            input,
            submission_key: submission,
            search: search_words(&code, &customer, home, input),
            now,
        };
        if store::insert(tx, actor.org, &new).await? {
            let entry = Entry::new("repairs.created", SUBJECT, id.0).after(&serde_json::json!({
                "status": RepairStatus::PreCheckin, "trackingCode": code, "plate": input.vehicle_plate,
                "customerId": customer.id, "repairType": clean.repair_type,
            }));
            journal::write(tx, actor, now, entry).await?;
            return Ok(Some(CheckedIn { id, tracking_code: code, status: RepairStatus::PreCheckin }));
        }
        if let Some(key) = submission
            && store::by_submission(&mut *tx, actor.org, key).await?.is_some()
        {
            return Ok(None);
        }
    }
    Err(Error::internal("no tracking code was free"))
}

fn search_words(code: &str, customer: &Customer, home: Country, input: &CheckIn) -> String {
    let number = phone::e164(&customer.phone, home).unwrap_or_default();
    let parts = [
        code,
        &plate_key(&input.vehicle_plate),
        &input.vehicle_plate,
        &customer.name,
        &phone::search_words(&customer.phone, &number),
        input.vehicle_brand.as_deref().unwrap_or_default(),
        input.vehicle_model.as_deref().unwrap_or_default(),
        input.vin.as_deref().unwrap_or_default(),
    ];
    parts.join(" ").to_lowercase()
}

/// A page of repairs; of their own ones, for customers.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read` and `portal:read`, [`Error::Validation`] for a filter that makes no sense.
pub async fn list(app: &App, actor: &Actor, filter: &RepairFilter, page: &PageRequest) -> Result<Page<RepairSummary>> {
    let scope = actor.scope(Permission::RepairsRead)?;
    let window = page.window(app, "repairs", actor.org, filter)?;
    let (mut checked, sort) = check_filter(app, actor, filter).await?;
    checked.customers = scope.customers().map(<[_]>::to_vec);
    let mut rows = store::list(&app.db, actor.org, &checked, sort, window).await?;
    if !scope.sees_inside() {
        for SummaryRow { summary, submitted_vehicle } in &mut rows {
            summary.assignee_name = None;
            if let Some(said) = shown_instead(summary.status, submitted_vehicle.as_deref()) {
                (summary.brand, summary.model) = (said.brand, said.model);
            }
        }
    }
    let total = window.total(&rows, store::count(&app.db, actor.org, &checked)).await?;
    let key = |SummaryRow { summary, .. }: &SummaryRow| Cursor {
        key: match sort {
            RepairSort::Newest | RepairSort::Oldest => summary.created_at.0,
            RepairSort::Updated => summary.updated_at.0,
            RepairSort::Due => due_key(summary.promised_date.as_deref()),
        },
        id: summary.id.0,
    };
    Ok(window.page(rows, key, total).map(|row| row.summary))
}

/// What a list that is due first is sorted by: the digits of the promised day.
fn due_key(promised: Option<&str>) -> i64 {
    promised.unwrap_or(store::NEVER_DUE).replace('-', "").parse().unwrap_or_default()
}

async fn check_filter(app: &App, actor: &Actor, filter: &RepairFilter) -> Result<(ListFilter, RepairSort)> {
    let mut check = Validator::default();
    let status = given(filter.status.as_deref()).and_then(|word| check.word("status", word));
    let stage = given(filter.stage.as_deref()).and_then(|word| check.word("stage", word));
    let sort = given(filter.sort.as_deref()).map_or(Some(RepairSort::Newest), |word| check.word("sort", word));
    let assignee = match given(filter.assignee.as_deref()) {
        None => None,
        Some("none") => Some(Assignee::Nobody),
        Some("me") => Some(Assignee::Member(actor.member().ok_or(Error::Unauthorized)?.membership)),
        Some(id) => match id.parse() {
            Ok(id) => Some(Assignee::Member(id)),
            Err(_) => {
                check.errors.add("assignee", "invalid_id", "must be an id, me or none");
                None
            }
        },
    };
    let (start, end) = (given(filter.start_date.as_deref()), given(filter.end_date.as_deref()));
    check.finish(())?;
    let mut checked = ListFilter { status, stage, assignee, ..ListFilter::default() };
    let overdue = filter.overdue.unwrap_or_default();
    if start.is_some() || end.is_some() || overdue {
        let tz = zone::zone(&identity::service::organisation(app, actor.org).await?.time_zone);
        checked.late_on = overdue.then(|| zone::day(app.clock.now(), tz));
        checked.from = start.map(|date| zone::day_start("startDate", date, 0, tz)).transpose()?;
        checked.before = end.map(|date| zone::day_start("endDate", date, 1, tz)).transpose()?;
    }
    checked.words = words_of_search(filter.search.as_deref());
    Ok((checked, sort.unwrap_or(RepairSort::Newest)))
}

/// The board: every status that is not final, with its last touched repairs that pass the filter.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read`, [`Error::Validation`] for a filter that makes no sense.
pub async fn board(app: &App, actor: &Actor, filter: &RepairFilter) -> Result<Vec<BoardColumn>> {
    actor.require(Permission::RepairsRead)?;
    let (filter, _) = check_filter(app, actor, filter).await?;
    let mut columns = Vec::new();
    for status in LINE.into_iter().filter(|status| !status.is_final()).chain([RepairStatus::WaitingParts]) {
        columns.push(store::board_column(&app.db, actor.org, &filter, status, BOARD_CARDS).await?);
    }
    Ok(columns)
}

/// Open repairs by status, and how many of them are past their promised date: the numbers of the home page.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read`.
pub async fn open_counts(app: &App, actor: &Actor) -> Result<(Vec<(RepairStatus, i64)>, i64)> {
    actor.require(Permission::RepairsRead)?;
    let by_status = store::open_by_status(&app.db, actor.org).await?;
    let filter = RepairFilter { overdue: Some(true), ..RepairFilter::default() };
    let (overdue, _) = check_filter(app, actor, &filter).await?;
    let overdue = store::count(&app.db, actor.org, &overdue).await?;
    Ok((by_status, overdue))
}

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

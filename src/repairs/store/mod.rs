//! SQL of repairs.

mod lists;

pub(crate) use lists::*;

use super::inputs::CheckIn;
use super::model::RepairType;
use super::status::RepairStatus;
use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{CustomerId, MembershipId, OrgId, RepairId, VehicleId};
use crate::kernel::time::Timestamp;

/// A repair with its customer, vehicle and assignee.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct DetailRow {
    pub id: RepairId,
    pub tracking_code: String,
    pub status: RepairStatus,
    pub waiting_from: Option<RepairStatus>,
    pub repair_type: RepairType,
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub customer_phone: String,
    pub customer_email: Option<String>,
    pub submitted_name: Option<String>,
    pub submitted_email: Option<String>,
    /// What the form said of the vehicle, when it was a public one.
    pub submitted_vehicle: Option<String>,
    pub vehicle_id: VehicleId,
    pub plate: String,
    pub brand: Option<String>,
    pub model: Option<String>,
    pub year: Option<i64>,
    pub vin: Option<String>,
    pub assignee_id: Option<MembershipId>,
    pub assignee_name: Option<String>,
    pub accident_date: Option<String>,
    pub accident_place: Option<String>,
    pub insurance_company: Option<String>,
    pub policy_number: Option<String>,
    pub preferred_date: Option<String>,
    pub preferred_time: Option<String>,
    pub notes: Option<String>,
    pub appointment_at: Option<Timestamp>,
    pub promised_date: Option<String>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a status change starts from.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct StateRow {
    pub status: RepairStatus,
    pub waiting_from: Option<RepairStatus>,
    pub version: i64,
    pub created_at: Timestamp,
}

/// The facts of a repair that staff can change.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FactsRow {
    pub promised_date: Option<String>,
    pub assignee_id: Option<MembershipId>,
    pub insurance_company: Option<String>,
    pub policy_number: Option<String>,
    pub notes: Option<String>,
}

/// A repair that a tracking code leads to.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct TrackedRow {
    pub org_id: OrgId,
    pub id: RepairId,
    pub tracking_code: String,
    pub status: RepairStatus,
    pub waiting_from: Option<RepairStatus>,
    pub customer_name: String,
    pub submitted_name: Option<String>,
    pub submitted_vehicle: Option<String>,
    /// The customer's number in the form of E.164.
    pub phone_number: Option<String>,
    pub plate: String,
    pub brand: Option<String>,
    pub model: Option<String>,
    pub appointment_at: Option<Timestamp>,
    pub promised_date: Option<String>,
    pub updated_at: Timestamp,
}

/// What is known of when a car is expected.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct AppointmentRow {
    pub appointment_at: Option<Timestamp>,
    pub preferred_date: Option<String>,
    pub preferred_time: Option<String>,
}

/// A new repair.
#[derive(Debug)]
pub(super) struct NewRepair<'a> {
    pub id: RepairId,
    pub tracking_code: &'a str,
    pub repair_type: RepairType,
    pub customer: CustomerId,
    pub vehicle: VehicleId,
    pub submitted_name: Option<&'a str>,
    pub submitted_email: Option<&'a str>,
    pub submitted_vehicle: Option<String>,
    pub input: &'a CheckIn,
    pub submission_key: Option<&'a str>,
    pub search: String,
    pub now: Timestamp,
}

/// Inserts a repair unless its code or its submission key exists; false then.
pub(super) async fn insert(tx: &mut Tx, org: OrgId, new: &NewRepair<'_>) -> Result<bool> {
    let input = new.input;
    let inserted = sql(
        "INSERT INTO repairs (org_id, id, tracking_code, status, repair_type, customer_id, vehicle_id, submitted_name, \
         submitted_email, accident_date, accident_place, insurance_company, policy_number, preferred_date, \
         preferred_time, notes, submission_key, search, created_at, updated_at, submitted_vehicle) \
         VALUES ($1, $2, $3, 'pre_checkin', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, $19) \
         ON CONFLICT DO NOTHING",
    )
    .bind(org)
    .bind(new.id)
    .bind(new.tracking_code)
    .bind(new.repair_type)
    .bind(new.customer)
    .bind(new.vehicle)
    .bind(new.submitted_name)
    .bind(new.submitted_email)
    .bind(input.accident_date.as_deref())
    .bind(input.accident_place.as_deref())
    .bind(input.insurance_company.as_deref())
    .bind(input.policy_number.as_deref())
    .bind(input.preferred_date.as_deref())
    .bind(input.preferred_time.as_deref())
    .bind(input.notes.as_deref())
    .bind(new.submission_key)
    .bind(&new.search)
    .bind(new.now)
    .bind(new.submitted_vehicle.as_deref())
    .run(tx)
    .await?;
    Ok(inserted == 1)
}

/// The repair that a form submission made.
pub(super) async fn by_submission(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    key: &str,
) -> Result<Option<(RepairId, String, RepairStatus)>> {
    sql("SELECT id, tracking_code, status FROM repairs WHERE org_id = $1 AND submission_key = $2")
        .bind(org)
        .bind(key)
        .optional(on)
        .await
}

pub(super) async fn detail(on: impl Into<Conn<'_>>, org: OrgId, id: RepairId) -> Result<Option<DetailRow>> {
    sql("SELECT r.id, r.tracking_code, r.status, r.waiting_from, r.repair_type, r.customer_id, c.name AS customer_name, \
         c.phone AS customer_phone, c.email AS customer_email, r.submitted_name, r.submitted_email, r.submitted_vehicle, r.vehicle_id, \
         v.plate, v.brand, v.model, v.year, v.vin, r.assignee_id, a.name AS assignee_name, r.accident_date, \
         r.accident_place, r.insurance_company, r.policy_number, r.preferred_date, r.preferred_time, r.notes, \
         r.appointment_at, r.promised_date, r.version, r.created_at, r.updated_at \
         FROM repairs r \
         JOIN customers c ON c.org_id = r.org_id AND c.id = r.customer_id \
         JOIN vehicles v ON v.org_id = r.org_id AND v.id = r.vehicle_id \
         LEFT JOIN memberships m ON m.org_id = r.org_id AND m.id = r.assignee_id \
         LEFT JOIN accounts a ON a.id = m.account_id \
         WHERE r.org_id = $1 AND r.id = $2")
    .bind(org)
    .bind(id)
    .optional(on)
    .await
}

const STATE: &str = "SELECT status, waiting_from, version, created_at FROM repairs WHERE org_id = $1 AND id = $2";

/// The state of a repair.
pub(super) async fn state(on: impl Into<Conn<'_>>, org: OrgId, id: RepairId) -> Result<Option<StateRow>> {
    sql(STATE).bind(org).bind(id).optional(on).await
}

/// The state of a repair, locked until the transaction ends so that two changes queue.
pub(super) async fn lock_state(tx: &mut Tx, org: OrgId, id: RepairId) -> Result<Option<StateRow>> {
    sql(STATE).bind(org).bind(id).lock(tx).await
}

pub(super) async fn set_status(
    tx: &mut Tx,
    org: OrgId,
    id: RepairId,
    status: RepairStatus,
    waiting_from: Option<RepairStatus>,
    now: Timestamp,
) -> Result<()> {
    sql("UPDATE repairs SET status = $3, waiting_from = $4, updated_at = $5, version = version + 1 \
         WHERE org_id = $1 AND id = $2")
    .bind(org)
    .bind(id)
    .bind(status)
    .bind(waiting_from)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// When the car is expected, and when the customer wished to come.
pub(super) async fn appointment(tx: &mut Tx, org: OrgId, id: RepairId) -> Result<AppointmentRow> {
    sql("SELECT appointment_at, preferred_date, preferred_time FROM repairs WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .one(tx)
        .await
}

/// Confirms a repair for a moment.
pub(super) async fn set_appointment(
    tx: &mut Tx,
    org: OrgId,
    id: RepairId,
    at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    sql("UPDATE repairs SET status = 'confirmed', appointment_at = $3, updated_at = $4, version = version + 1 \
         WHERE org_id = $1 AND id = $2")
    .bind(org)
    .bind(id)
    .bind(at)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Notes that something was added to a repair which is no change of it: the version stays.
pub(super) async fn touch(tx: &mut Tx, org: OrgId, id: RepairId, now: Timestamp) -> Result<()> {
    sql("UPDATE repairs SET updated_at = $3 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

pub(super) async fn facts(tx: &mut Tx, org: OrgId, id: RepairId) -> Result<FactsRow> {
    sql("SELECT promised_date, assignee_id, insurance_company, policy_number, notes FROM repairs WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .one(tx)
        .await
}

pub(super) async fn set_facts(tx: &mut Tx, org: OrgId, id: RepairId, facts: &FactsRow, now: Timestamp) -> Result<()> {
    sql("UPDATE repairs SET promised_date = $3, assignee_id = $4, insurance_company = $5, policy_number = $6, notes = $7, \
         updated_at = $8, version = version + 1 WHERE org_id = $1 AND id = $2")
    .bind(org)
    .bind(id)
    .bind(facts.promised_date.as_deref())
    .bind(facts.assignee_id)
    .bind(facts.insurance_company.as_deref())
    .bind(facts.policy_number.as_deref())
    .bind(facts.notes.as_deref())
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// The repair of a code, while its organisation has repairs at all.
pub(super) async fn by_code(on: impl Into<Conn<'_>>, code: &str) -> Result<Option<TrackedRow>> {
    sql("SELECT r.org_id, r.id, r.tracking_code, r.status, r.waiting_from, c.name AS customer_name, r.submitted_name, r.submitted_vehicle, c.phone_number, \
         v.plate, v.brand, v.model, r.appointment_at, r.promised_date, r.updated_at \
         FROM repairs r \
         JOIN customers c ON c.org_id = r.org_id AND c.id = r.customer_id \
         JOIN vehicles v ON v.org_id = r.org_id AND v.id = r.vehicle_id \
         JOIN organisations o ON o.id = r.org_id AND ' ' || o.areas || ' ' LIKE '% repairs %' \
         WHERE r.tracking_code = $1")
    .bind(code)
    .optional(on)
    .await
}

/// The repairs of a vehicle that are not over, the newest first.
pub(super) async fn open_of_vehicle(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    vehicle: VehicleId,
) -> Result<Vec<(RepairId, RepairStatus)>> {
    sql("SELECT id, status FROM repairs WHERE org_id = $1 AND vehicle_id = $2 \
         AND status NOT IN ('delivered', 'cancelled') ORDER BY created_at DESC, id DESC LIMIT 5")
    .bind(org)
    .bind(vehicle)
    .all(on)
    .await
}

/// Whose repair it is.
pub(super) async fn customer_of(on: impl Into<Conn<'_>>, org: OrgId, id: RepairId) -> Result<Option<CustomerId>> {
    let row: Option<(CustomerId,)> =
        sql("SELECT customer_id FROM repairs WHERE org_id = $1 AND id = $2").bind(org).bind(id).optional(on).await?;
    Ok(row.map(|(customer,)| customer))
}

/// The repairs of a customer and where they stand.
pub(super) async fn of_customer(
    tx: &mut Tx,
    org: OrgId,
    customer: CustomerId,
) -> Result<Vec<(RepairId, RepairStatus)>> {
    sql("SELECT id, status FROM repairs WHERE org_id = $1 AND customer_id = $2").bind(org).bind(customer).all(tx).await
}

/// Takes what people wrote about a customer out of the customer's repairs. They are found by code and plate from now on.
pub(super) async fn blank_of_customer(tx: &mut Tx, org: OrgId, customer: CustomerId) -> Result<()> {
    sql("UPDATE repairs SET submitted_name = NULL, submitted_email = NULL, \
         submitted_vehicle = CASE WHEN submitted_vehicle IS NULL THEN NULL ELSE '{}' END, accident_place = NULL, policy_number = NULL, \
         notes = NULL, version = version + 1, search = LOWER(tracking_code || ' ' || \
         (SELECT v.plate || ' ' || v.plate_key FROM vehicles v WHERE v.org_id = repairs.org_id AND v.id = repairs.vehicle_id)) \
         WHERE org_id = $1 AND customer_id = $2")
    .bind(org)
    .bind(customer)
    .run(tx)
    .await?;
    Ok(())
}

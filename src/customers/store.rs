//! SQL of customers and vehicles.

use super::service::{Customer, KnownVehicle, NewVehicle, Vehicle};
use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{CustomerId, OrgId, VehicleId};
use crate::kernel::time::Timestamp;

/// The customers with a phone number, the oldest first.
pub(super) async fn customers_by_number(on: impl Into<Conn<'_>>, org: OrgId, number: &str) -> Result<Vec<Customer>> {
    sql("SELECT id, name, phone, email FROM customers WHERE org_id = $1 AND phone_number = $2 ORDER BY created_at, id")
        .bind(org)
        .bind(number)
        .all(on)
        .await
}

/// Up to two customers with an e-mail address that staff has written down, in whatever case it was typed. One from a public
/// form proves nothing: anybody can give a stranger's phone number and their own address.
pub(super) async fn customers_by_email(on: impl Into<Conn<'_>>, org: OrgId, email: &str) -> Result<Vec<CustomerId>> {
    let rows: Vec<(CustomerId,)> =
        sql("SELECT id FROM customers WHERE org_id = $1 AND LOWER(email) = $2 AND email_by_staff = $3 LIMIT 2")
            .bind(org)
            .bind(email)
            .bind(true)
            .all(on)
            .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Inserts a customer unless one with this phone number was inserted at the same moment; false then. One who shares the
/// number knowingly has no key: that is the number of whom it finds alone.
pub(super) async fn insert_customer(
    tx: &mut Tx,
    org: OrgId,
    customer: &Customer,
    (number, key): (&str, Option<&str>),
    by_staff: bool,
    now: Timestamp,
) -> Result<bool> {
    let inserted = sql(
        "INSERT INTO customers (org_id, id, name, phone, phone_key, email, email_by_staff, created_at, phone_number) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (org_id, phone_key) DO NOTHING",
    )
    .bind(org)
    .bind(customer.id)
    .bind(&customer.name)
    .bind(&customer.phone)
    .bind(key)
    .bind(customer.email.as_deref())
    .bind(by_staff)
    .bind(now)
    .bind(number)
    .run(tx)
    .await?;
    Ok(inserted == 1)
}

/// Takes a customer's contact data away; false when there is no such customer.
pub(super) async fn blank_customer(tx: &mut Tx, org: OrgId, id: CustomerId, name: &str) -> Result<bool> {
    // What is doubted of the number names another person, or another number of this one.
    sql("DELETE FROM number_doubts WHERE org_id = $1 AND customer_id = $2").bind(org).bind(id).run(&mut *tx).await?;
    let blanked =
        sql("UPDATE customers SET name = $3, phone = '', phone_key = NULL, phone_number = NULL, email = NULL, \
             version = version + 1 WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .bind(name)
        .run(tx)
        .await?;
    Ok(blanked == 1)
}

pub(super) async fn vehicle_by_plate(on: impl Into<Conn<'_>>, org: OrgId, plate_key: &str) -> Result<Option<Vehicle>> {
    sql("SELECT id, plate FROM vehicles WHERE org_id = $1 AND plate_key = $2")
        .bind(org)
        .bind(plate_key)
        .optional(on)
        .await
}

/// What is known of the vehicle with a plate, and of its customer.
pub(super) async fn known_vehicle(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    plate_key: &str,
) -> Result<Option<KnownVehicle>> {
    sql("SELECT v.id, v.plate, v.brand, v.model, v.year, v.vin, c.name AS customer_name, c.phone AS customer_phone, \
         c.email AS customer_email FROM vehicles v \
         LEFT JOIN customers c ON c.org_id = v.org_id AND c.id = v.customer_id \
         WHERE v.org_id = $1 AND v.plate_key = $2")
    .bind(org)
    .bind(plate_key)
    .optional(on)
    .await
}

/// Inserts a vehicle unless one with this plate was inserted at the same moment; false then.
pub(super) async fn insert_vehicle(
    tx: &mut Tx,
    org: OrgId,
    id: VehicleId,
    customer: CustomerId,
    vehicle: &NewVehicle<'_>,
    plate_key: &str,
    now: Timestamp,
) -> Result<bool> {
    let inserted =
        sql("INSERT INTO vehicles (org_id, id, customer_id, plate, plate_key, brand, model, year, vin, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (org_id, plate_key) DO NOTHING")
        .bind(org)
        .bind(id)
        .bind(customer)
        .bind(vehicle.plate)
        .bind(plate_key)
        .bind(vehicle.brand)
        .bind(vehicle.model)
        .bind(vehicle.year)
        .bind(vehicle.vin)
        .bind(now)
        .run(tx)
        .await?;
    Ok(inserted == 1)
}

/// Fills what is still empty of a vehicle; what staff entered stays.
pub(super) async fn complete_vehicle(tx: &mut Tx, org: OrgId, id: VehicleId, vehicle: &NewVehicle<'_>) -> Result<()> {
    sql("UPDATE vehicles SET brand = COALESCE(brand, $3), model = COALESCE(model, $4), year = COALESCE(year, $5), \
         vin = COALESCE(vin, $6) WHERE org_id = $1 AND id = $2")
    .bind(org)
    .bind(id)
    .bind(vehicle.brand)
    .bind(vehicle.model)
    .bind(vehicle.year)
    .bind(vehicle.vin)
    .run(tx)
    .await?;
    Ok(())
}

//! Finding and making customers and vehicles for other areas.

use super::store;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::Tx;
use crate::kernel::ids::{CustomerId, OrgId, VehicleId};
use crate::kernel::journal::{self, Entry, FORGOTTEN};
use crate::kernel::phone::{Country, e164};
use crate::kernel::time::Timestamp;
use crate::kernel::validate::plate_key;
use crate::{Error, Result};

/// A customer, as far as other areas need it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Customer {
    /// The customer.
    pub id: CustomerId,
    /// Name.
    pub name: String,
    /// Phone number, as it was typed.
    pub phone: String,
    /// E-mail address.
    pub email: Option<String>,
}

/// A vehicle, as far as other areas need it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Vehicle {
    /// The vehicle.
    pub id: VehicleId,
    /// The plate, as it was first typed.
    pub plate: String,
}

/// What is known about a vehicle.
#[derive(Debug, Clone, Copy)]
pub struct NewVehicle<'a> {
    /// The plate.
    pub plate: &'a str,
    /// Brand.
    pub brand: Option<&'a str>,
    /// Model.
    pub model: Option<&'a str>,
    /// Model year.
    pub year: Option<i32>,
    /// Vehicle identification number.
    pub vin: Option<&'a str>,
}

/// The customer with this phone number, read in the country of `home`, made if there is none. Where several have it, the
/// number alone finds nobody: the one of them with this name, or a new one. An existing one is left as it is: a public
/// form never overwrites what staff entered.
///
/// # Errors
/// What the database says.
pub async fn find_or_create(
    tx: &mut Tx,
    actor: &Actor,
    home: Country,
    (name, phone): (&str, &str),
    email: Option<&str>,
    now: Timestamp,
) -> Result<Customer> {
    let number = e164(phone, home).ok_or_else(|| Error::BadRequest("The phone number has no digits.".to_owned()))?;
    let found = store::customers_by_number(&mut *tx, actor.org, &number).await?;
    let is_shared = found.len() > 1;
    if let Some(found) = one_of(found, name) {
        return Ok(found);
    }
    let customer = Customer {
        id: CustomerId::new(),
        name: name.to_owned(),
        phone: phone.to_owned(),
        email: email.map(str::to_owned),
    };
    let key = (!is_shared).then_some(number.as_str());
    if !store::insert_customer(tx, actor.org, &customer, (&number, key), actor.member().is_some(), now).await? {
        let found = store::customers_by_number(tx, actor.org, &number).await?;
        return one_of(found, name).ok_or_else(|| Error::internal("a customer vanished while it was looked up"));
    }
    let entry = Entry::new("customers.created", "customer", customer.id.0)
        .after(&serde_json::json!({ "name": name, "phone": phone, "email": email }));
    journal::write(tx, actor, now, entry).await?;
    Ok(customer)
}

/// Whom a number finds among those that have it: the only one, or the one with this name.
fn one_of(mut found: Vec<Customer>, name: &str) -> Option<Customer> {
    if found.len() == 1 {
        return found.pop();
    }
    let name = name.to_lowercase();
    found.into_iter().find(|customer| customer.name.to_lowercase() == name)
}

/// Blanks what is known of a customer as a person: name, phone number, e-mail address. Vehicles and work stay. Whoever
/// calls this checks the actor and writes the journal.
///
/// # Errors
/// [`Error::NotFound`] when the organisation has no such customer.
pub async fn forget(tx: &mut Tx, org: OrgId, id: CustomerId) -> Result<()> {
    if store::blank_customer(tx, org, id, FORGOTTEN).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// The vehicle with this plate, made if there is none; what is still unknown of an existing one is filled in.
///
/// # Errors
/// What the database says.
pub async fn find_or_create_vehicle(
    tx: &mut Tx,
    actor: &Actor,
    customer: CustomerId,
    vehicle: NewVehicle<'_>,
    now: Timestamp,
) -> Result<Vehicle> {
    let key = plate_key(vehicle.plate);
    if let Some(found) = store::vehicle_by_plate(&mut *tx, actor.org, &key).await? {
        store::complete_vehicle(tx, actor.org, found.id, &vehicle).await?;
        return Ok(found);
    }
    let id = VehicleId::new();
    if !store::insert_vehicle(tx, actor.org, id, customer, &vehicle, &key, now).await? {
        return store::vehicle_by_plate(tx, actor.org, &key)
            .await?
            .ok_or_else(|| Error::internal("a vehicle vanished while it was looked up"));
    }
    let entry = Entry::new("customers.vehicle_created", "vehicle", id.0).after(&serde_json::json!({
        "plate": vehicle.plate, "brand": vehicle.brand, "model": vehicle.model, "year": vehicle.year, "vin": vehicle.vin,
    }));
    journal::write(tx, actor, now, entry).await?;
    Ok(Vehicle { id, plate: vehicle.plate.to_owned() })
}

/// What is known of the vehicle with a plate, and of its customer.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct KnownVehicle {
    /// The vehicle.
    pub id: VehicleId,
    /// The plate, as it was first typed.
    pub plate: String,
    /// Brand.
    pub brand: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Model year.
    pub year: Option<i64>,
    /// Vehicle identification number.
    pub vin: Option<String>,
    /// The customer's name, where the vehicle has one.
    pub customer_name: Option<String>,
    /// The customer's phone number, as it was typed.
    pub customer_phone: Option<String>,
    /// The customer's e-mail address.
    pub customer_email: Option<String>,
}

/// What is known by a plate, however it is typed. Whoever calls this checks the actor.
///
/// # Errors
/// What the database says.
pub async fn known_vehicle(app: &App, org: OrgId, plate: &str) -> Result<Option<KnownVehicle>> {
    match plate_key(plate).as_str() {
        "" => Ok(None),
        key => store::known_vehicle(&app.db, org, key).await,
    }
}

/// The customer record of a person who comes in with an account: by the phone number (in the form of E.164) that exactly one
/// has, else by an e-mail address that staff has written down of exactly one customer. Two of the same are nobody's guess.
///
/// # Errors
/// What the database says.
pub async fn of_person(
    tx: &mut Tx,
    org: OrgId,
    email: Option<&str>,
    number: Option<&str>,
) -> Result<Option<CustomerId>> {
    if let Some(number) = number
        && let [one] = store::customers_by_number(&mut *tx, org, number).await?.as_slice()
    {
        return Ok(Some(one.id));
    }
    let Some(email) = email else { return Ok(None) };
    match store::customers_by_email(tx, org, email).await?.as_slice() {
        [one] => Ok(Some(*one)),
        _ => Ok(None),
    }
}

//! Check-ins: what a customer sends before arriving becomes a repair.

use super::inputs::{CheckIn, CleanCheckIn};
use super::model::{CheckedIn, PhotoCategory};
use super::photos::{self, StoredPhotos};
use super::service::SUBJECT;
use super::status::RepairStatus;
use super::store::{self, NewRepair};
use super::submitted::SubmittedVehicle;
use super::tracking::new_code;
use crate::customers::service as customers;
use crate::customers::service::{Customer, NewVehicle};
use crate::identity::{self, PublicForm};
use crate::kernel::App;
use crate::kernel::actor::{Actor, ActorKind};
use crate::kernel::db::Tx;
use crate::kernel::files::Photo;
use crate::kernel::ids::{OrgId, RepairId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::phone::{self, Country};
use crate::kernel::time::Timestamp;
use crate::kernel::validate::plate_key;
use crate::kernel::zone;
use crate::{Error, Result};

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

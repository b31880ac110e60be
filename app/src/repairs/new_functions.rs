//! What the page for a new repair asks the server.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::repairs::RepairStatus;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::sent::Answered;

/// A repair as it is typed at the counter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CarForm {
    /// The plate.
    pub vehicle_plate: String,
    /// The customer's name.
    pub customer_name: String,
    /// The customer's phone number.
    pub customer_phone: String,
    /// The customer's e-mail address.
    pub customer_email: String,
    /// Brand.
    pub vehicle_brand: String,
    /// Model.
    pub vehicle_model: String,
    /// Model year.
    pub vehicle_year: String,
    /// Vehicle identification number.
    pub vin: String,
    /// The kind of repair.
    pub repair_type: String,
    /// Anything else.
    pub notes: String,
}

/// The page for a new repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRepairView {
    /// What stands in the form: what was typed, or else what is known by the plate.
    pub car: CarForm,
    /// Whether the plate is known.
    pub is_known: bool,
    /// Repairs of the car that are not over: id and status.
    pub open: Vec<(String, RepairStatus)>,
    /// Names the form, so that sent twice it makes one repair.
    pub token: String,
    /// What came of the form.
    pub answered: Answered,
}

/// The page for a new repair, with what is known by a plate once there is one.
#[server(prefix = "/_fn", endpoint = "repairs/new", input = GetUrl)]
pub async fn new_repair(#[server(default)] plate: String) -> Result<NewRepairView, PageError> {
    use officina::kernel::secret::random_token;

    let (app, actor) = crate::context::context()?;
    let answered = Answered::in_full(&["repairs/create"]);
    let plate = answered.value("car[vehicle_plate]").unwrap_or(plate);
    let known = officina::repairs::counter::known_vehicle(&app, &actor, &plate).await?;
    let is_known = known.is_some();
    let (mut car, mut open) =
        (CarForm { vehicle_plate: plate.trim().to_uppercase(), ..CarForm::default() }, Vec::new());
    if let Some((vehicle, repairs)) = known {
        open = repairs.into_iter().map(|(id, status)| (id.to_string(), status)).collect();
        car = CarForm {
            vehicle_plate: vehicle.plate,
            customer_name: vehicle.customer_name.unwrap_or_default(),
            customer_phone: vehicle.customer_phone.unwrap_or_default(),
            customer_email: vehicle.customer_email.unwrap_or_default(),
            vehicle_brand: vehicle.brand.unwrap_or_default(),
            vehicle_model: vehicle.model.unwrap_or_default(),
            vehicle_year: vehicle.year.map(|year| year.to_string()).unwrap_or_default(),
            vin: vehicle.vin.unwrap_or_default(),
            ..car
        };
    }
    let typed = |field: &str, known: String| answered.value(&format!("car[{field}]")).unwrap_or(known);
    let car = CarForm {
        vehicle_plate: car.vehicle_plate,
        customer_name: typed("customer_name", car.customer_name),
        customer_phone: typed("customer_phone", car.customer_phone),
        customer_email: typed("customer_email", car.customer_email),
        vehicle_brand: typed("vehicle_brand", car.vehicle_brand),
        vehicle_model: typed("vehicle_model", car.vehicle_model),
        vehicle_year: typed("vehicle_year", car.vehicle_year),
        vin: typed("vin", car.vin),
        repair_type: typed("repair_type", car.repair_type),
        notes: typed("notes", car.notes),
    };
    let token = answered.value("token").unwrap_or_else(random_token);
    Ok(NewRepairView { car, is_known, open, token, answered })
}

/// Makes a repair at the counter, and goes to its page.
#[server(prefix = "/_fn", endpoint = "repairs/create")]
pub async fn create_repair(#[server(default)] token: String, car: CarForm) -> Result<(), PageError> {
    use officina::repairs::CheckIn;

    let (app, actor) = crate::context::context()?;
    let year = car.vehicle_year.trim();
    let invalid = |_| officina::Error::field("vehicleYear", "invalid_year", "must be a year such as 2019");
    let vehicle_year = if year.is_empty() { None } else { Some(year.parse().map_err(invalid)?) };
    let input = CheckIn {
        customer_name: car.customer_name,
        customer_phone: car.customer_phone,
        customer_email: Some(car.customer_email),
        vehicle_plate: car.vehicle_plate,
        vehicle_brand: Some(car.vehicle_brand),
        vehicle_model: Some(car.vehicle_model),
        vehicle_year,
        vin: Some(car.vin),
        repair_type: car.repair_type,
        notes: Some(car.notes),
        ..CheckIn::default()
    };
    let token = Some(token).filter(|token| !token.is_empty() && token.len() <= 64);
    let made = officina::repairs::counter::create(&app, &actor, &input, token.as_deref()).await?;
    leptos_axum::redirect(&format!("/app/repairs/{}", made.id));
    Ok(())
}

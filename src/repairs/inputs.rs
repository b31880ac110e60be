//! What makes and changes repairs, checked, and what lists of them are asked for by.

use serde::{Deserialize, Serialize};

use super::model::RepairType;
#[cfg(feature = "utoipa")]
use super::status::RepairStatus;
use crate::kernel::text;
use crate::kernel::validate::{Validator, plate_key};
use crate::{Error, Result};

/// The year of the first car that could be bought.
const FIRST_CAR: i32 = 1886;
/// Years after which nobody announces the repair of an accident; a date before is a slip of the keyboard.
const OLDEST_ACCIDENT: i32 = 30;
/// Years for which nobody plans a visit.
const FURTHEST_WISH: i32 = 2;

/// What a customer sends before arriving. Every field is a text, as forms send it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckIn {
    /// The customer's name. Required.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, min_length = 1, max_length = 120))]
    pub customer_name: String,
    /// The customer's phone number. Required; customers are found by it.
    #[serde(default)]
    #[cfg_attr(
        feature = "utoipa",
        schema(required = true, pattern = r"^[ +().\-/]*([0-9][ +().\-/]*){6,15}$", max_length = 40)
    )]
    pub customer_phone: String,
    /// The customer's e-mail address.
    #[cfg_attr(feature = "utoipa", schema(format = Email, max_length = 254))]
    pub customer_email: Option<String>,
    /// The licence plate. Required; vehicles are found by it.
    #[serde(default)]
    #[cfg_attr(
        feature = "utoipa",
        schema(required = true, pattern = r"^[ .·\-]*[\p{L}\p{N}][\p{L}\p{N} .·\-]*$", max_length = 15)
    )]
    pub vehicle_plate: String,
    /// Brand.
    #[cfg_attr(feature = "utoipa", schema(max_length = 60))]
    pub vehicle_brand: Option<String>,
    /// Model.
    #[cfg_attr(feature = "utoipa", schema(max_length = 60))]
    pub vehicle_model: Option<String>,
    /// Model year, at most the next one.
    #[cfg_attr(feature = "utoipa", schema(minimum = 1886, maximum = 2100))]
    pub vehicle_year: Option<i32>,
    /// Vehicle identification number of at most 17 characters, beside the blanks and hyphens that group it.
    #[cfg_attr(feature = "utoipa", schema(max_length = 17))]
    pub vin: Option<String>,
    /// `collision`, `cosmetic` or `mechanical`, or an alias. Required.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = RepairType))]
    pub repair_type: String,
    /// Date of the accident, `YYYY-MM-DD`: not in the future, and at most 30 years ago.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$"))]
    pub accident_date: Option<String>,
    /// Place of the accident.
    #[cfg_attr(feature = "utoipa", schema(max_length = 200))]
    pub accident_place: Option<String>,
    /// Insurer.
    #[cfg_attr(feature = "utoipa", schema(max_length = 120))]
    pub insurance_company: Option<String>,
    /// Policy number.
    #[cfg_attr(feature = "utoipa", schema(max_length = 60))]
    pub policy_number: Option<String>,
    /// Preferred date, `YYYY-MM-DD`: not in the past, and at most two years away.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$"))]
    pub preferred_date: Option<String>,
    /// Preferred time, `HH:MM` or a slot in words.
    #[cfg_attr(feature = "utoipa", schema(max_length = 60))]
    pub preferred_time: Option<String>,
    /// Anything else.
    #[cfg_attr(feature = "utoipa", schema(max_length = 5000))]
    pub notes: Option<String>,
}

/// A check-in after cleaning.
#[derive(Debug, Clone)]
pub struct CleanCheckIn {
    /// The input with trimmed fields; empty ones are none.
    pub input: CheckIn,
    /// The kind of repair.
    pub repair_type: RepairType,
}

impl CheckIn {
    /// Checks and cleans every field. `today` is `YYYY-MM-DD` where the organisation is.
    ///
    /// # Errors
    /// [`Error::Validation`] with all broken fields.
    pub fn clean(&self, today: &str) -> Result<CleanCheckIn> {
        let mut check = Validator::default();
        let input = Self {
            customer_name: check.required("customerName", &self.customer_name, 120),
            customer_phone: check.phone("customerPhone", &self.customer_phone),
            customer_email: check.email("customerEmail", self.customer_email.as_deref()),
            vehicle_plate: text::plain_capitals(&check.required_code("vehiclePlate", &self.vehicle_plate, 15)),
            vehicle_brand: check.optional("vehicleBrand", self.vehicle_brand.as_deref(), 60),
            vehicle_model: check.optional("vehicleModel", self.vehicle_model.as_deref(), 60),
            vehicle_year: self.vehicle_year,
            vin: check.vin("vin", self.vin.as_deref()),
            repair_type: String::new(),
            accident_date: check.date("accidentDate", self.accident_date.as_deref()),
            accident_place: check.optional("accidentPlace", self.accident_place.as_deref(), 200),
            insurance_company: check.optional("insuranceCompany", self.insurance_company.as_deref(), 120),
            policy_number: check.code("policyNumber", self.policy_number.as_deref(), 60),
            preferred_date: check.date("preferredDate", self.preferred_date.as_deref()),
            preferred_time: check.optional("preferredTime", self.preferred_time.as_deref(), 60),
            notes: check.text("notes", self.notes.as_deref(), 5_000),
        };
        let odd = |c: char| !c.is_alphanumeric() && !" -.·".contains(c);
        if !input.vehicle_plate.is_empty()
            && (plate_key(&input.vehicle_plate).is_empty() || input.vehicle_plate.contains(odd))
        {
            check.errors.add("vehiclePlate", "invalid_plate", "must be letters and digits");
        }
        // Dates written alike compare as texts.
        let known = |check: &Validator, field| check.errors.first(field).is_none();
        let this_year: i32 = today.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default();
        let years_away = |years: i32| format!("{:04}{}", this_year + years, today.get(4..).unwrap_or_default());
        if let Some(date) = input.accident_date.as_deref().filter(|_| known(&check, "accidentDate")) {
            if date > today {
                check.errors.add("accidentDate", "date_to_come", "must not lie in the future");
            } else if date < years_away(-OLDEST_ACCIDENT).as_str() {
                let why = format!("must not be more than {OLDEST_ACCIDENT} years ago");
                check.errors.add("accidentDate", "date_too_old", why);
            }
        }
        if let Some(date) = input.preferred_date.as_deref().filter(|_| known(&check, "preferredDate")) {
            if date < today {
                check.errors.add("preferredDate", "date_past", "must not lie in the past");
            } else if date > years_away(FURTHEST_WISH).as_str() {
                let why = format!("must not be more than {FURTHEST_WISH} years away");
                check.errors.add("preferredDate", "date_too_far", why);
            }
        }
        // Cars are sold as next year's model.
        check.range("vehicleYear", input.vehicle_year, FIRST_CAR, this_year + 1);
        let repair_type: Option<RepairType> = check.word("repairType", &self.repair_type);
        check.finish(())?;
        let repair_type = repair_type.ok_or_else(|| Error::BadRequest("The repair type is missing.".to_owned()))?;
        Ok(CleanCheckIn { input, repair_type })
    }
}

/// A status change as it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeStatus {
    /// The status wanted.
    #[cfg_attr(feature = "utoipa", schema(value_type = RepairStatus))]
    pub status: String,
    /// A note for colleagues; the reason where one is needed.
    #[cfg_attr(feature = "utoipa", schema(max_length = 2000))]
    pub note: Option<String>,
    /// A note that the customer sees on the tracking page.
    #[cfg_attr(feature = "utoipa", schema(max_length = 2000))]
    pub public_note: Option<String>,
    /// Whether the customer is told. Default: yes.
    pub notify: Option<bool>,
    /// The version that the client has seen; a change on top of another version is refused.
    pub version: Option<i64>,
}

/// Changes to the facts of a repair. A field that is left out stays; an empty text clears it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateRepair {
    /// The date promised to the customer, `YYYY-MM-DD`.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$"))]
    pub promised_date: Option<String>,
    /// The member who works on it; an empty text takes it from everyone. Needs `repairs:assign` unless it is oneself.
    pub assignee_id: Option<String>,
    /// Insurer.
    #[cfg_attr(feature = "utoipa", schema(max_length = 120))]
    pub insurance_company: Option<String>,
    /// Policy number.
    #[cfg_attr(feature = "utoipa", schema(max_length = 60))]
    pub policy_number: Option<String>,
    /// Notes of the job.
    #[cfg_attr(feature = "utoipa", schema(max_length = 5000))]
    pub notes: Option<String>,
    /// The version that the client has seen.
    pub version: Option<i64>,
}

/// A check-in that is confirmed, or an appointment that is moved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmRepair {
    /// When the car is expected, RFC 3339. Without it and the two below, the day and time that the customer wished for.
    #[cfg_attr(feature = "utoipa", schema(format = DateTime))]
    pub appointment_at: Option<String>,
    /// The day, `YYYY-MM-DD`, where the organisation is.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$"))]
    pub confirmed_date: Option<String>,
    /// The time of that day, `HH:MM`.
    pub confirmed_time: Option<String>,
    /// A note that the customer sees on the tracking page.
    #[cfg_attr(feature = "utoipa", schema(max_length = 2000))]
    pub message: Option<String>,
    /// Whether the appointment may lie outside of the opening hours. Default: no.
    #[serde(default)]
    pub outside_hours: bool,
    /// The version that the client has seen.
    pub version: Option<i64>,
}

/// A note on a repair.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddNote {
    /// The text, up to 2,000 characters.
    #[cfg_attr(feature = "utoipa", schema(min_length = 1, max_length = 2000))]
    pub note: String,
    /// Whether the customer reads it on the tracking page. Default: no, it is for colleagues.
    #[serde(default)]
    pub public: bool,
}

crate::text_enum! {
    /// Whether something is left to do.
    pub enum RepairStage {
        /// Everything that is not over.
        Open = "open",
        /// Delivered or cancelled.
        Closed = "closed",
    }
}

crate::text_enum! {
    /// The order of a list of repairs.
    pub enum RepairSort {
        /// The newest first.
        Newest = "newest" | "-createdAt",
        /// The oldest first.
        Oldest = "oldest" | "createdAt",
        /// The last touched first.
        Updated = "updated" | "-updatedAt",
        /// The first promised first; those without a promised day last.
        Due = "due" | "promisedDate",
    }
}

/// Which repairs are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct RepairFilter {
    /// One status.
    #[cfg_attr(feature = "utoipa", param(value_type = Option<RepairStatus>))]
    pub status: Option<String>,
    /// `open` or `closed`.
    #[cfg_attr(feature = "utoipa", param(value_type = Option<RepairStage>))]
    pub stage: Option<String>,
    /// Made on or after this date, `YYYY-MM-DD`, in the organisation's time zone.
    #[cfg_attr(feature = "utoipa", param(pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$"))]
    pub start_date: Option<String>,
    /// Made on or before this date.
    #[cfg_attr(feature = "utoipa", param(pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$"))]
    pub end_date: Option<String>,
    /// Plate, code, name, phone, brand, model: every word must occur.
    pub search: Option<String>,
    /// A membership id, `me`, or `none`.
    #[cfg_attr(feature = "utoipa", param(pattern = "^(me|none|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})?$"))]
    pub assignee: Option<String>,
    /// True for those that are not ready although they were promised for a day before today.
    pub overdue: Option<bool>,
    /// `newest` (default), `oldest`, `updated` or `due`.
    #[cfg_attr(feature = "utoipa", param(value_type = Option<RepairSort>))]
    pub sort: Option<String>,
}

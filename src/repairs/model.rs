//! Repairs as the outside sees them.

use serde::{Deserialize, Serialize};

use super::status::RepairStatus;
use crate::kernel::ids::{CustomerId, FileId, MembershipId, RepairId, VehicleId};
use crate::kernel::text;
use crate::kernel::time::Timestamp;
use crate::kernel::timeline::TimelineEntry;

crate::text_enum! {
    /// What kind of damage is repaired.
    pub enum RepairType {
        /// After an accident.
        Collision = "collision" | "sinistro",
        /// Looks only.
        Cosmetic = "cosmetic" | "estetica",
        /// Mechanics.
        Mechanical = "mechanical" | "meccanica",
    }
}

crate::text_enum! {
    /// What a photo shows.
    pub enum PhotoCategory {
        /// The front.
        Front = "front",
        /// The rear.
        Rear = "rear",
        /// The left side.
        Left = "left",
        /// The right side.
        Right = "right",
        /// A detail of the damage.
        Detail = "detail",
        /// Papers.
        Documents = "documents",
    }
}

/// The answer to a check-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckedIn {
    /// The new repair.
    pub id: RepairId,
    /// The code for the tracking page.
    pub tracking_code: String,
    /// `pre_checkin`.
    pub status: RepairStatus,
}

/// A repair in a list or on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct RepairSummary {
    /// The repair.
    pub id: RepairId,
    /// The code of the tracking page.
    pub tracking_code: String,
    /// Where it stands.
    pub status: RepairStatus,
    /// While waiting for parts: the step that was left.
    pub waiting_from: Option<RepairStatus>,
    /// The kind of damage.
    pub repair_type: RepairType,
    /// The customer's name.
    pub customer_name: String,
    /// The customer's phone number.
    pub customer_phone: String,
    /// The plate.
    pub plate: String,
    /// Brand.
    pub brand: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Who works on it.
    pub assignee_name: Option<String>,
    /// The date promised to the customer.
    pub promised_date: Option<String>,
    /// Counts the changes; send it with a change to be told when someone else was faster.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The customer of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RepairCustomer {
    /// The customer.
    pub id: CustomerId,
    /// Name.
    pub name: String,
    /// Phone number.
    pub phone: String,
    /// E-mail address.
    pub email: Option<String>,
    /// The name that the form said, when it differs.
    pub suggested_name: Option<String>,
    /// The e-mail address that the form said, when it differs.
    pub suggested_email: Option<String>,
}

/// The vehicle of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RepairVehicle {
    /// The vehicle.
    pub id: VehicleId,
    /// The plate.
    pub plate: String,
    /// Brand.
    pub brand: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Model year.
    pub year: Option<i64>,
    /// Vehicle identification number.
    pub vin: Option<String>,
}

/// A photo of a repair; its bytes are at `/api/v1/repairs/{repair}/photos/{id}` (`?size=thumb` for a small one).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RepairPhoto {
    /// The photo.
    pub id: FileId,
    /// What it shows.
    pub category: String,
    /// Pixels.
    pub width: i64,
    /// Pixels.
    pub height: i64,
    /// When it was taken in.
    pub created_at: Timestamp,
}

/// A repair with everything that its page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RepairDetail {
    /// The repair.
    pub id: RepairId,
    /// The code of the tracking page.
    pub tracking_code: String,
    /// Where it stands.
    pub status: RepairStatus,
    /// While waiting for parts: the step that was left.
    pub waiting_from: Option<RepairStatus>,
    /// The kind of damage.
    pub repair_type: RepairType,
    /// The customer.
    pub customer: RepairCustomer,
    /// The vehicle.
    pub vehicle: RepairVehicle,
    /// Who works on it.
    pub assignee_id: Option<MembershipId>,
    /// The name of who works on it.
    pub assignee_name: Option<String>,
    /// Date of the accident.
    pub accident_date: Option<String>,
    /// Place of the accident.
    pub accident_place: Option<String>,
    /// Insurer.
    pub insurance_company: Option<String>,
    /// Policy number.
    pub policy_number: Option<String>,
    /// Preferred date.
    pub preferred_date: Option<String>,
    /// Preferred time.
    pub preferred_time: Option<String>,
    /// Notes of the job.
    pub notes: Option<String>,
    /// When the car is expected.
    pub appointment_at: Option<Timestamp>,
    /// The date promised to the customer.
    pub promised_date: Option<String>,
    /// Photos.
    pub photos: Vec<RepairPhoto>,
    /// The history, from the journal, oldest first.
    pub status_history: Vec<TimelineEntry>,
    /// The statuses that this actor may set now, the likeliest first.
    pub allowed: Vec<RepairStatus>,
    /// Counts the changes.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl RepairDetail {
    /// Takes out what customers never see: who works on it, the notes of the job, and of the history everything but the
    /// steps and public notes.
    pub fn leave_out_internal(&mut self) {
        self.assignee_id = None;
        self.assignee_name = None;
        self.notes = None;
        self.status_history.retain(|entry| entry.to.is_some() || entry.public_note.is_some());
        for entry in &mut self.status_history {
            entry.actor.clear();
            entry.internal_note = None;
            entry.changes.clear();
        }
    }
}

/// A column of the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BoardColumn {
    /// The status of its cards.
    pub status: RepairStatus,
    /// How many repairs have it (counted up to 10,000).
    pub total: i64,
    /// The cards shown: the last touched ones.
    pub repairs: Vec<RepairSummary>,
}

/// What the tracking page shows to whoever has the code, and a little more to whoever proves to be the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tracking {
    /// The code.
    pub tracking_code: String,
    /// Where the repair stands.
    pub status: RepairStatus,
    /// While waiting for parts: the step that was left.
    pub waiting_from: Option<RepairStatus>,
    /// The customer's first name.
    pub first_name: String,
    /// The first letters of the plate, the rest as dots.
    pub plate_hint: String,
    /// Brand.
    pub brand: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// When the car is expected, once that is confirmed and until it has come.
    pub appointment_at: Option<Timestamp>,
    /// The date promised.
    pub promised_date: Option<String>,
    /// The steps so far, with public notes only, oldest first.
    pub timeline: Vec<TrackingStep>,
    /// When the repair last changed.
    pub updated_at: Timestamp,
    /// Photos, only for the proven customer.
    pub photos: Vec<RepairPhoto>,
    /// Whether the visitor has proven to be the customer.
    pub proven: bool,
    /// The signature that opens photos, only for the proven customer.
    pub token: Option<String>,
}

/// One step on the tracking page. One with the status of the step before it is a note that was added meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TrackingStep {
    /// The status reached.
    pub status: RepairStatus,
    /// When.
    pub at: Timestamp,
    /// What the shop wants the customer to know.
    pub note: Option<String>,
}

/// The letters of tracking codes: no `I`, `O`, `0` or `1`, which people confuse.
pub const CODE_LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Reads a code as people type and paste it: any case, with blanks or dashes of any kind. None when it cannot be a code.
#[must_use]
pub fn normalise_code(typed: &str) -> Option<String> {
    let plain = text::plain(typed);
    let code: String = plain.chars().filter(|c| !matches!(c, ' ' | '-')).flat_map(char::to_uppercase).take(7).collect();
    (code.len() == 6 && code.bytes().all(|letter| CODE_LETTERS.contains(&letter))).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        assert_eq!(normalise_code(" abc-2 3f "), Some("ABC23F".to_owned()));
        assert_eq!(normalise_code("\u{200e}abc\u{2011}2\u{a0}3f"), Some("ABC23F".to_owned()));
        for bad in ["", "ABC23", "ABC23FF", "ABC10F", "ABCIOF", "АБВГДЕ"] {
            assert_eq!(normalise_code(bad), None, "{bad}");
        }
    }
}

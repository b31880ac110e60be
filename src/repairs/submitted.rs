//! What a public form said of a vehicle, beside what is known of it by its plate.

use serde::{Deserialize, Serialize};

use super::inputs::CheckIn;
use super::status::RepairStatus;

/// The vehicle in the words of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SubmittedVehicle {
    pub(super) brand: Option<String>,
    pub(super) model: Option<String>,
    pub(super) year: Option<i64>,
    pub(super) vin: Option<String>,
}

impl From<&CheckIn> for SubmittedVehicle {
    fn from(input: &CheckIn) -> Self {
        Self {
            brand: input.vehicle_brand.clone(),
            model: input.vehicle_model.clone(),
            year: input.vehicle_year.map(i64::from),
            vin: input.vin.clone(),
        }
    }
}

/// What customers are shown instead of the vehicle that is known. Anybody can type a plate, so until staff have taken the
/// check-in on, it shows nobody more than they have said themselves.
pub(super) fn shown_instead(status: RepairStatus, submitted: Option<&str>) -> Option<SubmittedVehicle> {
    let is_taken_on = !matches!(status, RepairStatus::PreCheckin | RepairStatus::Cancelled);
    let submitted = submitted.filter(|_| !is_taken_on)?;
    // What cannot be read shows nothing rather than what is known.
    Some(serde_json::from_str(submitted).unwrap_or_default())
}

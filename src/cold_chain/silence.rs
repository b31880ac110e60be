//! What keeps notices, or alerts, still for a while: silences, and how maintenance is asked for.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::cold_chain::model::Maintenance;
use crate::kernel::ids::{ColdCellId, LocationId, SilenceId};
use crate::kernel::time::{DAY, Timestamp};
use crate::kernel::validate::Validator;

/// The longest silence or maintenance: what lasts longer should be looked at again.
const LONGEST: i64 = 90 * DAY;

/// A stretch of time in which notices about a cell, or all cells of a location, are muted. Alerts open all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct Silence {
    /// The silence's id.
    pub id: SilenceId,
    /// The cell, if it is about one.
    pub cold_cell_id: Option<ColdCellId>,
    /// What the cell is called.
    pub cold_cell_name: Option<String>,
    /// The location, if it is about all its cells.
    pub location_id: Option<LocationId>,
    /// What the location is called.
    pub location_name: Option<String>,
    /// When notices are sent again.
    pub until: Timestamp,
    /// Why.
    pub reason: Option<String>,
    /// Who wanted it.
    pub created_by: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// What makes a silence: a cell or a location, and an end.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSilence {
    /// The cell.
    pub cold_cell_id: Option<ColdCellId>,
    /// The location, for all its cells.
    pub location_id: Option<LocationId>,
    /// When notices are sent again; at most 90 days from now. Required.
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = Timestamp))]
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

/// Which silences are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct SilenceFilter {
    /// Only of this cell.
    pub cold_cell_id: Option<ColdCellId>,
    /// Only of this location as a whole.
    pub location_id: Option<LocationId>,
}

impl NewSilence {
    /// Trims and checks; the end it has then.
    ///
    /// # Errors
    /// [`crate::Error::Validation`] with every broken field.
    pub fn checked(self, now: Timestamp) -> Result<(Self, Timestamp)> {
        let mut check = Validator::default();
        match (self.cold_cell_id, self.location_id) {
            (None, None) => check.errors.add("coldCellId", "required", "or locationId is required"),
            (Some(_), Some(_)) => check.errors.add("locationId", "one_of", "and coldCellId exclude each other"),
            _ => {}
        }
        let until = end(&mut check, self.until, now, now);
        let reason = check.text("reason", self.reason.as_deref(), 500);
        check.finish((Self { reason, ..self }, until))
    }
}

/// What puts a cell into maintenance.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartMaintenance {
    /// When it begins; now when it is left out.
    pub from: Option<Timestamp>,
    /// When it ends; at most 90 days later. Required.
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = Timestamp))]
    pub until: Option<Timestamp>,
    /// What is done.
    pub reason: Option<String>,
}

impl StartMaintenance {
    /// Trims and checks.
    ///
    /// # Errors
    /// [`crate::Error::Validation`] with every broken field.
    pub fn checked(self, now: Timestamp) -> Result<Maintenance> {
        let mut check = Validator::default();
        let from = self.from.unwrap_or(now).max(now);
        let until = end(&mut check, self.until, now, from);
        if from.since(now) > LONGEST {
            check.errors.add("from", "out_of_range", "must be within 90 days");
        }
        let reason = check.text("reason", self.reason.as_deref(), 500);
        check.finish(Maintenance { from, until, reason })
    }
}

/// An end that must be given, lie ahead, and not too far.
fn end(check: &mut Validator, until: Option<Timestamp>, now: Timestamp, from: Timestamp) -> Timestamp {
    match until {
        None => check.errors.add("until", "required", "is required"),
        Some(until) if until <= now || until <= from => {
            check.errors.add("until", "out_of_range", "must lie ahead of now and of the beginning");
        }
        Some(until) if until.since(from) > LONGEST => {
            check.errors.add("until", "out_of_range", "must be at most 90 days away");
        }
        Some(_) => {}
    }
    until.unwrap_or(now)
}

//! Alerts as the outside sees them.

use serde::{Deserialize, Serialize};

use crate::kernel::ids::{AlertId, ColdCellId, DeviceId, LocationId};
use crate::kernel::time::Timestamp;
use crate::kernel::timeline::TimelineEntry;

crate::text_enum! {
    /// What is wrong.
    pub enum AlertType {
        /// Warmer than the cell's upper threshold.
        HighTemp = "HIGH_TEMP",
        /// Colder than the cell's lower threshold.
        LowTemp = "LOW_TEMP",
        /// The device says that mains power is gone.
        PowerLoss = "POWER_LOSS",
        /// The door stands open for too long.
        DoorOpen = "DOOR_OPEN",
        /// The device's battery is nearly empty.
        LowBattery = "LOW_BATTERY",
        /// The device is silent.
        SensorError = "SENSOR_ERROR",
    }
}

crate::text_enum! {
    /// Whether an alert goes on.
    pub enum AlertStatus {
        /// It goes on.
        Active = "ACTIVE",
        /// It is over.
        Resolved = "RESOLVED",
    }
}

/// An alert of a cell and a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// The alert's id.
    pub id: AlertId,
    /// What is wrong.
    #[serde(rename = "type")]
    pub kind: AlertType,
    /// Whether it goes on.
    pub status: AlertStatus,
    /// The cell.
    pub cold_cell_id: ColdCellId,
    /// What the cell is called.
    pub cold_cell_name: String,
    /// Where the cell stands.
    pub location_id: LocationId,
    /// What the place is called.
    pub location_name: String,
    /// What the customer is called whose place it is.
    pub customer_name: Option<String>,
    /// The device that noticed.
    pub device_id: DeviceId,
    /// The number on the device's case.
    pub device_serial_number: String,
    /// Whether it was found in readings that arrived late; such an alert never escalates.
    pub late: bool,
    /// The limit that was crossed when it opened: in °C, for the battery in percent.
    pub threshold: Option<f64>,
    /// The worst value so far: in °C, for the battery in percent.
    pub worst_value: Option<f64>,
    /// The time of the first reading out of bounds; of a silent device, when it was last heard of.
    pub started_at: Timestamp,
    /// When it opened: later than the start by the cell's delay.
    pub opened_at: Timestamp,
    /// The time of the newest reading out of bounds.
    pub last_triggered_at: Timestamp,
    /// How often an alert has opened so far in this trouble: of the same cell and kind, each within half an hour of the end of
    /// the one before, and nobody reacted.
    pub openings: i64,
    /// When the first of them opened. Escalation counts from then.
    pub trouble_since: Timestamp,
    /// When somebody took note.
    pub acknowledged_at: Option<Timestamp>,
    /// Who took note.
    pub acknowledged_by: Option<String>,
    /// How far it has escalated: 0 when it has not.
    pub escalation_level: i64,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Whether somebody closed it; else the values came back by themselves.
    pub by_hand: bool,
    /// Who closed it, if somebody did.
    pub resolved_by: Option<String>,
    /// What the person who closed it had to say.
    pub resolution_note: Option<String>,
}

impl Alert {
    /// Whether somebody can still take note of it: it is active, or one of many that nobody has reacted to, and the next may
    /// open any moment.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn goes_on(&self, now: Timestamp) -> bool {
        let is_open = self.status == AlertStatus::Active;
        is_open || (!self.by_hand && crate::cold_chain::engine::is_flapping(self.openings, self.resolved_at, now))
    }

    /// Leaves what its customer may see: not who did something and why.
    pub fn leave_out_internal(&mut self) {
        self.acknowledged_by = None;
        self.escalation_level = 0;
        self.resolved_by = None;
        self.resolution_note = None;
    }
}

/// An alert with its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AlertDetail {
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
    /// What happened to it.
    pub timeline: Vec<TimelineEntry>,
}

/// Which alerts are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct AlertFilter {
    /// Only active or only resolved ones.
    pub status: Option<AlertStatus>,
    /// Only of this type.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "utoipa", param(rename = "type"))]
    pub kind: Option<AlertType>,
    /// Only of this cell.
    pub cold_cell_id: Option<ColdCellId>,
    /// Only of cells at this place.
    pub location_id: Option<LocationId>,
}

/// What came of taking note of all alerts at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Acknowledged {
    /// How many there were of which nobody had taken note.
    pub acknowledged: u64,
}

/// How an alert is closed by hand.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveAlert {
    /// What was done about it.
    #[cfg_attr(feature = "utoipa", schema(max_length = 2000))]
    pub note: Option<String>,
}

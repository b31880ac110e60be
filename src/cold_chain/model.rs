//! Locations, cold cells and devices as the outside sees them.

use serde::{Deserialize, Serialize};

use crate::cold_chain::alert::Alert;
use crate::kernel::ids::{ColdCellId, CustomerId, DeviceId, LocationId};
use crate::kernel::time::{DAY, MINUTE, Timestamp};
use crate::kernel::timeline::TimelineEntry;

/// The lowest and highest temperature that a reading or a threshold may have, in °C.
pub const TEMPERATURE_RANGE: (f64, f64) = (-100.0, 100.0);
/// The bounds of humidity and battery level, in percent.
pub const PERCENT_RANGE: (f64, f64) = (0.0, 100.0);

/// A measured value in millionths of its unit: degrees Celsius, or percent of a battery's charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micro(pub i64);

impl Micro {
    /// The nearest micro-degree.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "temperatures are checked to lie within ±100 °C")]
    pub fn from_celsius(celsius: f64) -> Self {
        Self((celsius * 1e6).round() as i64)
    }

    /// The temperature in °C, or the charge in percent.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "100 °C are 10⁸ micro-degrees, far below 2⁵³")]
    pub fn celsius(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// A charge in percent.
    #[must_use]
    pub fn from_percent(percent: f64) -> Self {
        Self::from_celsius(percent)
    }
}

crate::decode_as!(Micro, i64, |micro| Ok(Micro(micro)));

#[cfg(feature = "ssr")]
impl crate::kernel::db::ToValue for Micro {
    fn to_value(self) -> crate::kernel::db::Value {
        crate::kernel::db::Value::Int(Some(self.0))
    }
    fn null() -> crate::kernel::db::Value {
        crate::kernel::db::Value::Int(None)
    }
}

crate::text_enum! {
    /// Thresholds that most cells have.
    pub enum Preset {
        /// −25 to −15 °C.
        Freezer = "freezer",
        /// 2 to 8 °C.
        Fridge = "fridge",
    }
}

impl Preset {
    /// The lowest and highest temperature, in °C.
    #[must_use]
    pub const fn thresholds(self) -> (f64, f64) {
        match self {
            Self::Freezer => (-25.0, -15.0),
            Self::Fridge => (2.0, 8.0),
        }
    }
}

crate::text_enum! {
    /// Whether a device is heard of.
    pub enum DeviceStatus {
        /// It sent a reading within its cell's offline threshold.
        Online = "ONLINE",
        /// It has been silent for longer, or has never been heard.
        Offline = "OFFLINE",
    }
}

impl DeviceStatus {
    /// The status of a device last heard of at a moment, in a cell with an offline threshold in seconds.
    #[must_use]
    pub fn at(now: Timestamp, last_seen: Option<Timestamp>, offline_after_seconds: i64) -> Self {
        match last_seen {
            Some(seen) if now.since(seen) <= offline_after_seconds.saturating_mul(1_000) => Self::Online,
            _ => Self::Offline,
        }
    }
}

/// A customer's site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The location's id.
    pub id: LocationId,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub customer_id: Option<CustomerId>,
    /// The customer's name.
    pub customer_name: Option<String>,
    /// The postal address.
    pub address: Option<String>,
    /// The IANA time zone, if it is not the organisation's.
    pub time_zone: Option<String>,
    /// Cold cells there.
    pub cold_cells: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised with each change.
    pub version: i64,
}

/// A cold cell: its limits and its state now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ColdCell {
    /// The cell's id.
    pub id: ColdCellId,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub location_id: LocationId,
    /// What the place is called.
    pub location_name: String,
    /// What the customer is called whose place it is.
    pub customer_name: Option<String>,
    /// The preset that the thresholds were taken from.
    pub preset: Option<Preset>,
    /// The lowest temperature without an alert, in °C.
    pub min_temperature: f64,
    /// The highest temperature without an alert, in °C.
    pub max_temperature: f64,
    /// How far back inside the value must be before an alert resolves, in °C.
    pub hysteresis: f64,
    /// How long the value must be outside before an alert opens, in seconds.
    pub alert_delay_seconds: i64,
    /// How long the door may stand open, in seconds.
    pub door_open_seconds: i64,
    /// How long a device may be silent, in seconds.
    pub offline_after_seconds: i64,
    /// The newest temperature by recorded time, in °C.
    pub temperature: Option<f64>,
    /// When that was.
    pub temperature_at: Option<Timestamp>,
    /// When a device there was last heard of.
    pub last_seen_at: Option<Timestamp>,
    /// Devices in the cell.
    pub devices: i64,
    /// Alerts that are active now.
    pub active_alerts: i64,
    /// When no alert opens, because people work on the cell; none when nothing is planned.
    pub maintenance: Option<Maintenance>,
    /// Until when notices about the cell, or about its location, are muted.
    pub silenced_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised with each change of its settings.
    pub version: i64,
}

impl ColdCell {
    /// Leaves what its customer may see: that people work on it, and not what they do.
    pub fn leave_out_internal(&mut self) {
        self.silenced_until = None;
        if let Some(maintenance) = &mut self.maintenance {
            maintenance.reason = None;
        }
    }
}

/// A stretch of time in which people work on a cell. No alert opens in it; those that are open stay until they resolve.
/// What is still wrong when it ends opens then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Maintenance {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// What is done.
    pub reason: Option<String>,
}

/// A reading that arrives this long after it was measured, in milliseconds, is late.
pub const LATE_AFTER: i64 = 15 * MINUTE;

/// A device in a cold cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The device's id.
    pub id: DeviceId,
    /// The number on its case.
    pub serial_number: String,
    /// The cell it measures.
    pub cold_cell_id: ColdCellId,
    /// What the cell is called.
    pub cold_cell_name: String,
    /// What people call it.
    pub name: Option<String>,
    /// The firmware it was set up with.
    pub firmware_version: Option<String>,
    /// Whether it is heard of.
    pub status: DeviceStatus,
    /// When its newest reading arrived.
    pub last_seen_at: Option<Timestamp>,
    /// When the newest reading arrived whose recorded time could not be right; it counts for the time it was received.
    pub clock_suspect_at: Option<Timestamp>,
    /// How often its own count of readings (`seq`) has begun anew, as when it forgets it at a start.
    pub counter_restarts: i64,
    /// When that last happened, by the time of the first reading of the new count.
    pub counter_restarted_at: Option<Timestamp>,
    /// The newest reading by recorded time.
    pub latest: Option<LatestReading>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is out of service: it is let in no more, and nobody misses it.
    pub retired_at: Option<Timestamp>,
}

impl Device {
    /// Whether the device's clock was wrong in the last day that it was heard of.
    #[must_use]
    pub fn is_clock_wrong(&self) -> bool {
        self.clock_suspect_at.zip(self.last_seen_at).is_some_and(|(suspect, seen)| seen.since(suspect) < DAY)
    }

    /// Whether the newest that it has to say was long past when it was last heard of: it still sends what it has kept, or
    /// its clock is behind. What it tells counts as late, so its alerts escalate to nobody.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        let latest = self.latest.as_ref().map(|latest| latest.at);
        latest.zip(self.last_seen_at).is_some_and(|(latest, seen)| seen.since(latest) > LATE_AFTER)
    }
}

/// The newest reading of a device by recorded time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LatestReading {
    /// The time it counts for.
    pub at: Timestamp,
    /// Temperature in °C.
    pub temperature: f64,
    /// Relative humidity in percent.
    pub humidity: Option<f64>,
    /// Charge in percent, of the newest reading that told it: many devices do not tell it each time.
    pub battery_level: Option<f64>,
    /// Whether the cell has mains power.
    pub power_status: Option<bool>,
    /// Whether the door is open.
    pub door_status: Option<bool>,
}

/// A device as it was just made, with its key. The key is shown this once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeviceWithKey {
    /// The device.
    #[serde(flatten)]
    pub device: Device,
    /// What it sends as `x-device-key`.
    pub api_key: String,
}

/// A device that was made from a line of a table, with its key. The key is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportedDevice {
    /// The device's id.
    pub id: DeviceId,
    /// The number on its case.
    pub serial_number: String,
    /// The cell it measures.
    pub cold_cell_id: ColdCellId,
    /// What the cell is called.
    pub cold_cell_name: String,
    /// What people call it.
    pub name: Option<String>,
    /// The firmware it was set up with.
    pub firmware_version: Option<String>,
    /// What it sends as `x-device-key`.
    pub api_key: String,
}

/// The devices that were made from a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportedDevices {
    /// The devices in the order of the table.
    pub devices: Vec<ImportedDevice>,
    /// The same as a table (CSV), to keep: serial number, cold cell, name, firmware version, key.
    pub csv: String,
}

/// Everything a cell's page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ColdCellDetail {
    /// The cell and its state.
    #[serde(flatten)]
    pub cell: ColdCell,
    /// The devices in it.
    pub device_list: Vec<Device>,
    /// The alerts that are active now.
    pub active_alert_list: Vec<Alert>,
    /// What was changed on the cell, and by whom.
    pub timeline: Vec<TimelineEntry>,
}

/// The numbers of the technician's view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TechnicianDashboard {
    /// Customers with at least one location.
    pub customers: i64,
    /// Cold cells.
    pub cold_cells: i64,
    /// Active alerts.
    pub active_alerts: i64,
    /// Active alerts by type; types without any are 0.
    pub alerts_by_type: std::collections::BTreeMap<String, i64>,
    /// The customers, the most urgent first: what nobody has reacted to comes before what somebody has taken note of.
    pub customer_list: Vec<DashboardCustomer>,
}

/// Which locations a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct LocationFilter {
    /// Words in the name, the address and the customer's name.
    pub search: Option<String>,
}

/// Which cold cells a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct CellFilter {
    /// Only of this location.
    pub location_id: Option<LocationId>,
    /// Only of this customer.
    pub customer_id: Option<CustomerId>,
    /// Only at places that belong to no customer; `false`: only at places that belong to one.
    pub without_customer: Option<bool>,
    /// Words in the names of the cell, its location and its customer.
    pub search: Option<String>,
}

crate::text_enum! {
    /// What devices are looked for: as their status says it, or by what is wrong with them.
    pub enum DeviceCondition {
        /// Heard of within the offline threshold of its cell.
        Online = "ONLINE",
        /// Not heard of within it, or never at all.
        Offline = "OFFLINE",
        /// Heard of once, and silent for longer than that.
        Silent = "SILENT",
        /// With less charge than opens an alert, at its newest reading.
        LowBattery = "LOW_BATTERY",
        /// With a clock that was wrong in the last day that it was heard of, or seems to be behind.
        ClockWrong = "CLOCK_WRONG",
        /// Never heard of.
        NeverSeen = "NEVER_SEEN",
        /// Out of service. Devices in any other condition are in service.
        Retired = "RETIRED",
    }
}

/// Which devices a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct DeviceFilter {
    /// Only of this cell.
    pub cold_cell_id: Option<ColdCellId>,
    /// Words in the serial number, the name, and the names of the cell and its location.
    pub search: Option<String>,
    /// Only those in this condition.
    #[cfg_attr(feature = "utoipa", param(inline))]
    pub status: Option<DeviceCondition>,
}

/// A customer in the technician's view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardCustomer {
    /// The customer's id.
    pub id: CustomerId,
    /// The customer's name.
    pub name: String,
    /// Its cold cells.
    pub cold_cells: i64,
    /// Their active alerts.
    pub active_alerts: i64,
}

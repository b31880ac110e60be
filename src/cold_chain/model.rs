//! Locations, cold cells and devices as the outside sees them, and the inputs that make and change them.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::cold_chain::alert::Alert;
use crate::kernel::ids::{ColdCellId, CustomerId, DeviceId, LocationId};
use crate::kernel::time::Timestamp;
use crate::kernel::timeline::TimelineEntry;
use crate::kernel::validate::Validator;

/// The lowest and highest temperature that a reading or a threshold may have, in °C.
pub const TEMPERATURE_RANGE: (f64, f64) = (-100.0, 100.0);
/// The bounds of humidity and battery level, in percent.
pub const PERCENT_RANGE: (f64, f64) = (0.0, 100.0);
/// How far back inside a value must be before an alert resolves, unless the cell says otherwise, in °C.
pub const DEFAULT_HYSTERESIS: f64 = 0.5;
/// How long a door may stand open, unless the cell says otherwise, in seconds.
pub const DEFAULT_DOOR_OPEN: i64 = 300;
/// How long a device may be silent, unless the cell says otherwise, in seconds.
pub const DEFAULT_OFFLINE_AFTER: i64 = 15 * 60;
/// The longest delay that a cell may have, in seconds: a day.
const LONGEST_DELAY: i64 = 24 * 60 * 60;

/// A temperature in millionths of a degree Celsius.
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

    /// The temperature in °C.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "100 °C are 10⁸ micro-degrees, far below 2⁵³")]
    pub fn celsius(self) -> f64 {
        self.0 as f64 / 1e6
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
    /// When it was made.
    pub created_at: Timestamp,
}

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
    /// The newest reading by recorded time.
    pub latest: Option<LatestReading>,
    /// When it was made.
    pub created_at: Timestamp,
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
    /// Charge in percent.
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
    /// The customers, most alerts first.
    pub customer_list: Vec<DashboardCustomer>,
}

/// A customer in the technician's view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
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

/// What makes a location.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLocation {
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// Whose it is.
    pub customer_id: Option<CustomerId>,
    /// The postal address.
    pub address: Option<String>,
    /// The IANA time zone, if it is not the organisation's.
    pub time_zone: Option<String>,
}

impl NewLocation {
    /// Trims and checks.
    ///
    /// # Errors
    /// [`crate::Error::Validation`] with every broken field.
    pub fn checked(self) -> Result<Self> {
        let mut check = Validator::default();
        let value = Self {
            name: check.required("name", &self.name, 120),
            customer_id: self.customer_id,
            address: check.optional("address", self.address.as_deref(), 300),
            time_zone: check.optional("timeZone", self.time_zone.as_deref(), 60),
        };
        check.finish(value)
    }
}

/// What changes a location; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeLocation {
    /// What people call it.
    pub name: Option<String>,
    /// Whose it is.
    pub customer_id: Option<CustomerId>,
    /// The postal address.
    pub address: Option<String>,
    /// The IANA time zone.
    pub time_zone: Option<String>,
}

/// What makes a cold cell.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewColdCell {
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// Where it stands. Required.
    pub location_id: Option<LocationId>,
    /// The lowest temperature without an alert, in °C. Required without a preset.
    pub min_temperature: Option<f64>,
    /// The highest temperature without an alert, in °C. Required without a preset.
    pub max_temperature: Option<f64>,
    /// Thresholds that most cells have.
    pub preset: Option<Preset>,
    /// How far back inside the value must be before an alert resolves, in °C. Default 0.5.
    pub hysteresis: Option<f64>,
    /// How long the value must be outside before an alert opens, in seconds. Default 0.
    pub alert_delay_seconds: Option<i64>,
    /// How long the door may stand open, in seconds. Default 300.
    pub door_open_seconds: Option<i64>,
    /// How long a device may be silent, in seconds. Default 900.
    pub offline_after_seconds: Option<i64>,
}

/// What changes a cold cell; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeColdCell {
    /// What people call it.
    pub name: Option<String>,
    /// Where it stands.
    pub location_id: Option<LocationId>,
    /// The lowest temperature without an alert, in °C.
    pub min_temperature: Option<f64>,
    /// The highest temperature without an alert, in °C.
    pub max_temperature: Option<f64>,
    /// Thresholds to take over; given thresholds win.
    pub preset: Option<Preset>,
    /// How far back inside the value must be before an alert resolves, in °C.
    pub hysteresis: Option<f64>,
    /// How long the value must be outside before an alert opens, in seconds.
    pub alert_delay_seconds: Option<i64>,
    /// How long the door may stand open, in seconds.
    pub door_open_seconds: Option<i64>,
    /// How long a device may be silent, in seconds.
    pub offline_after_seconds: Option<i64>,
}

/// A cell's settings after checking, complete.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CellSettings {
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub location_id: LocationId,
    /// The preset that the thresholds were taken from.
    pub preset: Option<Preset>,
    /// In °C.
    pub min_temperature: f64,
    /// In °C.
    pub max_temperature: f64,
    /// In °C.
    pub hysteresis: f64,
    /// In seconds.
    pub alert_delay_seconds: i64,
    /// In seconds.
    pub door_open_seconds: i64,
    /// In seconds.
    pub offline_after_seconds: i64,
}

impl NewColdCell {
    /// Fills in presets and defaults, and checks.
    ///
    /// # Errors
    /// [`crate::Error::Validation`] with every broken field.
    pub fn checked(self) -> Result<CellSettings> {
        let mut check = Validator::default();
        let preset = self.preset.map(Preset::thresholds);
        for (field, given) in [
            ("minTemperature", self.min_temperature.or(preset.map(|(low, _)| low))),
            ("maxTemperature", self.max_temperature.or(preset.map(|(_, high)| high))),
        ] {
            if given.is_none() {
                check.errors.add(field, "required", "is required");
            }
        }
        if self.location_id.is_none() {
            check.errors.add("locationId", "required", "is required");
        }
        let (low, high) = preset.unwrap_or_default();
        let settings = CellSettings {
            name: check.required("name", &self.name, 120),
            // Without one the input is refused below.
            location_id: self.location_id.unwrap_or(LocationId(uuid::Uuid::nil())),
            preset: self.preset,
            min_temperature: self.min_temperature.unwrap_or(low),
            max_temperature: self.max_temperature.unwrap_or(high),
            hysteresis: self.hysteresis.unwrap_or(DEFAULT_HYSTERESIS),
            alert_delay_seconds: self.alert_delay_seconds.unwrap_or(0),
            door_open_seconds: self.door_open_seconds.unwrap_or(DEFAULT_DOOR_OPEN),
            offline_after_seconds: self.offline_after_seconds.unwrap_or(DEFAULT_OFFLINE_AFTER),
        };
        if check.errors.is_empty() {
            settings.check(&mut check);
        }
        check.finish(settings)
    }
}

impl CellSettings {
    /// These settings after a change.
    ///
    /// # Errors
    /// [`crate::Error::Validation`] with every broken field.
    pub fn changed(&self, change: ChangeColdCell) -> Result<Self> {
        let mut check = Validator::default();
        let preset = change.preset.map(Preset::thresholds);
        let settings = Self {
            name: change.name.map_or_else(|| self.name.clone(), |name| check.required("name", &name, 120)),
            location_id: change.location_id.unwrap_or(self.location_id),
            preset: change.preset.or(self.preset),
            min_temperature: change.min_temperature.or(preset.map(|(low, _)| low)).unwrap_or(self.min_temperature),
            max_temperature: change.max_temperature.or(preset.map(|(_, high)| high)).unwrap_or(self.max_temperature),
            hysteresis: change.hysteresis.unwrap_or(self.hysteresis),
            alert_delay_seconds: change.alert_delay_seconds.unwrap_or(self.alert_delay_seconds),
            door_open_seconds: change.door_open_seconds.unwrap_or(self.door_open_seconds),
            offline_after_seconds: change.offline_after_seconds.unwrap_or(self.offline_after_seconds),
        };
        settings.check(&mut check);
        check.finish(settings)
    }

    fn check(&self, check: &mut Validator) {
        let (coldest, hottest) = TEMPERATURE_RANGE;
        check.range("minTemperature", Some(self.min_temperature), coldest, hottest);
        check.range("maxTemperature", Some(self.max_temperature), coldest, hottest);
        if self.min_temperature >= self.max_temperature {
            check.errors.add("maxTemperature", "out_of_range", "must be above minTemperature");
        } else {
            // Beyond half the span, getting out of one alert would mean getting into the other.
            let widest = (self.max_temperature - self.min_temperature) / 2.0;
            check.range("hysteresis", Some(self.hysteresis), 0.0, widest);
        }
        check.range("alertDelaySeconds", Some(self.alert_delay_seconds), 0, LONGEST_DELAY);
        check.range("doorOpenSeconds", Some(self.door_open_seconds), 0, LONGEST_DELAY);
        check.range("offlineAfterSeconds", Some(self.offline_after_seconds), 60, 7 * LONGEST_DELAY);
    }
}

/// What makes a device.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDevice {
    /// The number on its case, unique in the organisation.
    #[serde(default)]
    pub serial_number: String,
    /// The cell it measures. Required.
    pub cold_cell_id: Option<ColdCellId>,
    /// What people call it.
    pub name: Option<String>,
    /// The firmware it runs.
    pub firmware_version: Option<String>,
}

impl NewDevice {
    /// Trims and checks.
    ///
    /// # Errors
    /// [`crate::Error::Validation`] with every broken field.
    pub fn checked(self) -> Result<Self> {
        let mut check = Validator::default();
        if self.cold_cell_id.is_none() {
            check.errors.add("coldCellId", "required", "is required");
        }
        let value = Self {
            serial_number: check.required("serialNumber", &self.serial_number, 64),
            cold_cell_id: self.cold_cell_id,
            name: check.optional("name", self.name.as_deref(), 120),
            firmware_version: check.optional("firmwareVersion", self.firmware_version.as_deref(), 60),
        };
        // A serial number stands in the path of every request of the device.
        if value.serial_number.contains(['/', '?', '#', '%', '\\']) {
            check.errors.add("serialNumber", "invalid_serial", "must not contain / \\ ? # or %");
        }
        check.finish(value)
    }
}

/// What changes a device; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeDevice {
    /// The cell it measures from now on. Active alerts of the old cell are resolved.
    pub cold_cell_id: Option<ColdCellId>,
    /// What people call it.
    pub name: Option<String>,
    /// The firmware it runs.
    pub firmware_version: Option<String>,
}

/// How a device's key is replaced.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RotateKey {
    /// How long the old key goes on working, in minutes, 0 to 10,080 (a week). Default 0.
    pub grace_minutes: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(json: &str) -> Result<CellSettings> {
        serde_json::from_str::<NewColdCell>(json).unwrap().checked()
    }

    #[test]
    fn a_preset_fills_in_the_thresholds_and_given_ones_win() {
        let place = r#""name":"A","locationId":"01890000-0000-7000-8000-000000000000""#;
        let freezer = cell(&format!(r#"{{{place},"preset":"FREEZER"}}"#)).unwrap();
        assert_eq!((freezer.min_temperature, freezer.max_temperature, freezer.hysteresis), (-25.0, -15.0, 0.5));
        let own = cell(&format!(r#"{{{place},"preset":"fridge","maxTemperature":6}}"#)).unwrap();
        assert_eq!((own.min_temperature, own.max_temperature), (2.0, 6.0));
    }

    #[test]
    fn limits_that_make_no_sense_are_named() {
        let place = r#""name":"A","locationId":"01890000-0000-7000-8000-000000000000""#;
        for (body, field) in [
            (format!(r#"{{{place}}}"#), "minTemperature"),
            (format!(r#"{{{place},"minTemperature":8,"maxTemperature":2}}"#), "maxTemperature"),
            (format!(r#"{{{place},"minTemperature":2,"maxTemperature":3,"hysteresis":0.6}}"#), "hysteresis"),
            (format!(r#"{{{place},"preset":"fridge","alertDelaySeconds":-1}}"#), "alertDelaySeconds"),
            (r#"{"name":"A","preset":"fridge"}"#.to_owned(), "locationId"),
        ] {
            let Err(crate::Error::Validation(errors)) = cell(&body) else { panic!("accepted {body}") };
            assert!(errors.0.contains_key(field), "{body}: {errors:?}");
        }
    }
}

//! What makes and changes locations, cold cells and devices, checked.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::cold_chain::model::{Preset, TEMPERATURE_RANGE};
use crate::kernel::ids::{ColdCellId, CustomerId, LocationId};
use crate::kernel::validate::Validator;

/// How far back inside a value must be before an alert resolves, unless the cell says otherwise, in °C.
pub const DEFAULT_HYSTERESIS: f64 = 0.5;
/// How long a door may stand open, unless the cell says otherwise, in seconds.
pub const DEFAULT_DOOR_OPEN: i64 = 300;
/// How long a device may be silent, unless the cell says otherwise, in seconds.
pub const DEFAULT_OFFLINE_AFTER: i64 = 15 * 60;
/// The longest delay that a cell may have, in seconds: a day.
const LONGEST_DELAY: i64 = 24 * 60 * 60;

/// What makes a location.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLocation {
    /// What people call it.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, min_length = 1, max_length = 120))]
    pub name: String,
    /// Whose it is.
    pub customer_id: Option<CustomerId>,
    /// Instead of the id: the phone number of the customer, who is made if there is none.
    // The journal knows the customer by id, so that a person can be forgotten.
    #[serde(default, skip_serializing_if = "left_out")]
    #[cfg_attr(feature = "utoipa", schema(max_length = 40))]
    pub customer_phone: Option<String>,
    /// What a new customer is called. Required with the phone number.
    #[serde(default, skip_serializing_if = "left_out")]
    #[cfg_attr(feature = "utoipa", schema(max_length = 120))]
    pub customer_name: Option<String>,
    /// The postal address.
    #[cfg_attr(feature = "utoipa", schema(max_length = 300))]
    pub address: Option<String>,
    /// The IANA time zone, if it is not the organisation's.
    #[cfg_attr(feature = "utoipa", schema(max_length = 60))]
    pub time_zone: Option<String>,
}

/// Keeps a field out of what is written, and in the description, which would leave out one that is never written.
const fn left_out(_: &Option<String>) -> bool {
    true
}

impl NewLocation {
    /// Trims and checks.
    ///
    /// # Errors
    /// [`crate::Error::Validation`] with every broken field.
    pub fn checked(self) -> Result<Self> {
        let mut check = Validator::default();
        let phone = check.optional("customerPhone", self.customer_phone.as_deref(), 40);
        let value = Self {
            name: check.required("name", &self.name, 120),
            customer_id: self.customer_id,
            customer_name: match phone {
                Some(_) => Some(check.required("customerName", self.customer_name.as_deref().unwrap_or_default(), 120)),
                None => None,
            },
            customer_phone: phone.map(|phone| check.phone("customerPhone", &phone)),
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
    #[cfg_attr(feature = "utoipa", schema(min_length = 1, max_length = 120))]
    pub name: Option<String>,
    /// Whose it is.
    pub customer_id: Option<CustomerId>,
    /// The postal address.
    #[cfg_attr(feature = "utoipa", schema(max_length = 300))]
    pub address: Option<String>,
    /// The IANA time zone.
    #[cfg_attr(feature = "utoipa", schema(max_length = 60))]
    pub time_zone: Option<String>,
    /// The version that the sender saw; when given and out of date, the change is refused.
    pub version: Option<i64>,
}

/// What makes a cold cell.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewColdCell {
    /// What people call it.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, min_length = 1, max_length = 120))]
    pub name: String,
    /// Where it stands. Required.
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = LocationId))]
    pub location_id: Option<LocationId>,
    /// The lowest temperature without an alert, in °C. Required without a preset.
    #[cfg_attr(feature = "utoipa", schema(minimum = -100, maximum = 100))]
    pub min_temperature: Option<f64>,
    /// The highest temperature without an alert, in °C. Required without a preset.
    #[cfg_attr(feature = "utoipa", schema(minimum = -100, maximum = 100))]
    pub max_temperature: Option<f64>,
    /// Thresholds that most cells have.
    pub preset: Option<Preset>,
    /// How far back inside the value must be before an alert resolves, in °C. Default 0.5.
    #[cfg_attr(feature = "utoipa", schema(minimum = 0))]
    pub hysteresis: Option<f64>,
    /// How long the value must be outside before an alert opens, in seconds. Default 0.
    #[cfg_attr(feature = "utoipa", schema(minimum = 0, maximum = 86400))]
    pub alert_delay_seconds: Option<i64>,
    /// How long the door may stand open, in seconds. Default 300.
    #[cfg_attr(feature = "utoipa", schema(minimum = 0, maximum = 86400))]
    pub door_open_seconds: Option<i64>,
    /// How long a device may be silent, in seconds. Default 900.
    #[cfg_attr(feature = "utoipa", schema(minimum = 60, maximum = 604800))]
    pub offline_after_seconds: Option<i64>,
}

/// What changes a cold cell; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeColdCell {
    /// What people call it.
    #[cfg_attr(feature = "utoipa", schema(min_length = 1, max_length = 120))]
    pub name: Option<String>,
    /// Where it stands.
    pub location_id: Option<LocationId>,
    /// The lowest temperature without an alert, in °C.
    #[cfg_attr(feature = "utoipa", schema(minimum = -100, maximum = 100))]
    pub min_temperature: Option<f64>,
    /// The highest temperature without an alert, in °C.
    #[cfg_attr(feature = "utoipa", schema(minimum = -100, maximum = 100))]
    pub max_temperature: Option<f64>,
    /// Thresholds to take over; given thresholds win.
    pub preset: Option<Preset>,
    /// How far back inside the value must be before an alert resolves, in °C.
    #[cfg_attr(feature = "utoipa", schema(minimum = 0))]
    pub hysteresis: Option<f64>,
    /// How long the value must be outside before an alert opens, in seconds.
    #[cfg_attr(feature = "utoipa", schema(minimum = 0, maximum = 86400))]
    pub alert_delay_seconds: Option<i64>,
    /// How long the door may stand open, in seconds.
    #[cfg_attr(feature = "utoipa", schema(minimum = 0, maximum = 86400))]
    pub door_open_seconds: Option<i64>,
    /// How long a device may be silent, in seconds.
    #[cfg_attr(feature = "utoipa", schema(minimum = 60, maximum = 604800))]
    pub offline_after_seconds: Option<i64>,
    /// The version that the sender saw; when given and out of date, the change is refused.
    pub version: Option<i64>,
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
        let low = self.min_temperature.or(preset.map(|(low, _)| low));
        let high = self.max_temperature.or(preset.map(|(_, high)| high));
        for (field, given) in [("minTemperature", low), ("maxTemperature", high)] {
            if given.is_none() {
                check.errors.add(field, "required", "is required");
            }
        }
        if self.location_id.is_none() {
            check.errors.add("locationId", "required", "is required");
        }
        // What stands in for a limit that is missing is refused above.
        let has_limits = low.is_some() && high.is_some();
        let settings = CellSettings {
            name: check.required("name", &self.name, 120),
            // Without one the input is refused below.
            location_id: self.location_id.unwrap_or(LocationId(uuid::Uuid::nil())),
            preset: self.preset,
            min_temperature: low.unwrap_or_default(),
            max_temperature: high.unwrap_or_default(),
            hysteresis: self.hysteresis.unwrap_or(DEFAULT_HYSTERESIS),
            alert_delay_seconds: self.alert_delay_seconds.unwrap_or(0),
            door_open_seconds: self.door_open_seconds.unwrap_or(DEFAULT_DOOR_OPEN),
            offline_after_seconds: self.offline_after_seconds.unwrap_or(DEFAULT_OFFLINE_AFTER),
        };
        if has_limits {
            settings.check_limits(&mut check);
        }
        settings.check_times(&mut check);
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
        settings.check_limits(&mut check);
        settings.check_times(&mut check);
        check.finish(settings)
    }

    fn check_limits(&self, check: &mut Validator) {
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
    }

    fn check_times(&self, check: &mut Validator) {
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
    #[cfg_attr(
        feature = "utoipa",
        schema(required = true, min_length = 1, max_length = 64, pattern = r"^[^/?#%\\]+$")
    )]
    pub serial_number: String,
    /// The cell it measures. Required.
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = ColdCellId))]
    pub cold_cell_id: Option<ColdCellId>,
    /// What people call it.
    #[cfg_attr(feature = "utoipa", schema(max_length = 120))]
    pub name: Option<String>,
    /// The firmware it runs.
    #[cfg_attr(feature = "utoipa", schema(max_length = 60))]
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
            serial_number: check.required_code("serialNumber", &self.serial_number, 64),
            cold_cell_id: self.cold_cell_id,
            name: check.optional("name", self.name.as_deref(), 120),
            firmware_version: check.optional("firmwareVersion", self.firmware_version.as_deref(), 60),
        };
        // A serial number stands in the path of every request of the device; clients resolve dots there.
        let typed = self.serial_number.trim();
        if typed.contains(['/', '?', '#', '%', '\\'])
            || typed.contains(char::is_control)
            || [".", ".."].contains(&typed)
        {
            let why = "must not contain / \\ ? # % or breaks, nor be dots alone";
            check.errors.add("serialNumber", "invalid_serial", why);
        }
        check.finish(value)
    }
}

/// Devices in one table. More take several, so that other writers get their turn in between.
pub const MOST_IMPORTED: usize = 2_000;

/// Devices to be made from a table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportDevices {
    /// The table as text: fields separated by commas, semicolons or tabs, the columns `serialNumber`, `coldCell` (its id or
    /// name), `name` and `firmwareVersion` named in the first line, and a device in each of up to 2,000 others.
    pub csv: String,
}

/// What changes a device; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeDevice {
    /// The cell it measures from now on. Active alerts of the old cell are resolved.
    pub cold_cell_id: Option<ColdCellId>,
    /// What people call it; an empty text takes the name away.
    #[cfg_attr(feature = "utoipa", schema(max_length = 120))]
    pub name: Option<String>,
    /// The firmware it runs; an empty text takes it away.
    #[cfg_attr(feature = "utoipa", schema(max_length = 60))]
    pub firmware_version: Option<String>,
    /// Whether it is out of service: its key is refused and its active alerts are closed. What it measured stays. Put back
    /// into service, it begins anew with the key that it had.
    pub retired: Option<bool>,
}

/// How a device's key is replaced.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RotateKey {
    /// How long the old key goes on working, in minutes, 0 to 10,080 (a week). Default 0.
    #[cfg_attr(feature = "utoipa", schema(minimum = 0, maximum = 10080))]
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
    fn everything_that_is_wrong_is_named_at_once() {
        let body = r#"{"name":" ","minTemperature":8,"maxTemperature":2,"alertDelaySeconds":-1}"#;
        let Err(crate::Error::Validation(errors)) = cell(body) else { panic!("accepted") };
        let named: Vec<_> = errors.0.keys().map(String::as_str).collect();
        assert_eq!(named, ["alertDelaySeconds", "locationId", "maxTemperature", "name"]);
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

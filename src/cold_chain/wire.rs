//! What devices send, read leniently: newer firmware may send more fields, older firmware nulls, and one bad reading
//! never spoils the others of its batch. So each reading is read on its own into a value or the reasons against it.

mod mended;
mod scalar;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::cold_chain::model::{Micro, PERCENT_RANGE, TEMPERATURE_RANGE};
use crate::cold_chain::reading::Reading;
use crate::kernel::time::Timestamp;
use crate::kernel::validate::FieldErrors;
use crate::{Error, Result};

use scalar::ScalarSeed;

/// The most readings in one request.
pub const MAX_BATCH: usize = 1_000;

/// A request's readings.
#[derive(Debug, PartialEq)]
pub enum Batch {
    /// One object.
    One(Result<Reading, FieldErrors>),
    /// An array, or an object with `readings`.
    Many(Vec<Result<Reading, FieldErrors>>),
}

impl Batch {
    /// How many readings it brings that can be stored.
    #[must_use]
    pub fn readings(&self) -> usize {
        match self {
            Self::One(reading) => usize::from(reading.is_ok()),
            Self::Many(readings) => readings.iter().filter(|reading| reading.is_ok()).count(),
        }
    }
}

/// Reads a request's body.
///
/// # Errors
/// [`Error::BadRequest`] when it is not JSON or of no known shape, [`Error::TooLarge`] beyond [`MAX_BATCH`] readings.
pub fn parse(body: &[u8]) -> Result<Batch> {
    let body = mended::trimmed(body);
    let batch = read(body)
        .or_else(|error| mended::mended(body).map_or(Err(error), |mended| read(&mended)))
        .map_err(|error| Error::BadRequest(format!("The body is not a reading or a list of readings: {error}.")))?;
    match &batch {
        Batch::Many(items) if items.len() > MAX_BATCH => {
            Err(Error::TooLarge(format!("A request takes at most {MAX_BATCH} readings.")))
        }
        _ => Ok(batch),
    }
}

fn read(body: &[u8]) -> serde_json::Result<Batch> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let batch = json.deserialize_any(BatchVisitor)?;
    json.end().map(|()| batch)
}

struct BatchVisitor;

impl<'de> Visitor<'de> for BatchVisitor {
    type Value = Batch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reading, a list of readings, or an object with `readings`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Batch, A::Error> {
        ItemsSeed.visit_seq(seq).map(Batch::Many)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Batch, A::Error> {
        let mut fields = Fields::default();
        let mut items = None;
        while let Some(name) = map.next_key_seed(NameSeed)? {
            match name {
                // Of two lists one would be lost.
                Name::Readings if items.is_some() => return Err(A::Error::custom("`readings` occurs twice")),
                Name::Readings => items = Some(map.next_value_seed(ItemsSeed)?),
                name => fields.take(name, &mut map)?,
            }
        }
        match items {
            None => Ok(Batch::One(fields.finish())),
            Some(_) if fields.seen.contains(&Name::Temperature) => {
                Err(A::Error::custom("it has a `temperature` beside its `readings`"))
            }
            Some(items) => Ok(Batch::Many(items)),
        }
    }
}

struct ItemsSeed;

impl<'de> DeserializeSeed<'de> for ItemsSeed {
    type Value = Vec<Result<Reading, FieldErrors>>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ItemsSeed {
    type Value = Vec<Result<Reading, FieldErrors>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of readings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::with_capacity(16);
        while items.len() <= MAX_BATCH {
            match seq.next_element_seed(ItemSeed)? {
                Some(item) => items.push(item),
                None => return Ok(items),
            }
        }
        // One too many: the rest is only skimmed to its end.
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(items)
    }
}

struct ItemSeed;

impl<'de> DeserializeSeed<'de> for ItemSeed {
    type Value = Result<Reading, FieldErrors>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// What is said of an array's element that is not an object.
fn not_an_object() -> Result<Reading, FieldErrors> {
    Err(FieldErrors::single("reading", "wrong_type", "must be an object"))
}

impl<'de> Visitor<'de> for ItemSeed {
    type Value = Result<Reading, FieldErrors>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reading")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key_seed(NameSeed)? {
            fields.take(name, &mut map)?;
        }
        Ok(fields.finish())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(not_an_object())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(not_an_object())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(not_an_object())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(not_an_object())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(not_an_object())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(not_an_object())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(not_an_object())
    }
}

/// The fields of a reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Temperature,
    Humidity,
    Battery,
    Power,
    Door,
    RecordedAt,
    Seq,
    Readings,
    Unknown,
}

impl Name {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::Humidity => "humidity",
            Self::Battery => "batteryLevel",
            Self::Power => "powerStatus",
            Self::Door => "doorStatus",
            Self::RecordedAt => "recordedAt",
            Self::Seq => "seq",
            Self::Readings => "readings",
            Self::Unknown => "",
        }
    }
}

struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Name;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(match name {
            "temperature" => Name::Temperature,
            "humidity" => Name::Humidity,
            "batteryLevel" => Name::Battery,
            "powerStatus" => Name::Power,
            "doorStatus" => Name::Door,
            "recordedAt" => Name::RecordedAt,
            "seq" => Name::Seq,
            "readings" => Name::Readings,
            _ => Name::Unknown,
        })
    }
}

/// A reading's fields while they come in.
#[derive(Default)]
struct Fields {
    temperature: Option<f64>,
    humidity: Option<f64>,
    battery: Option<f64>,
    power: Option<bool>,
    door: Option<bool>,
    recorded_at: Option<Timestamp>,
    seq: Option<i64>,
    /// Which fields have come.
    seen: Vec<Name>,
    errors: FieldErrors,
}

impl Fields {
    fn take<'de, A: MapAccess<'de>>(&mut self, name: Name, map: &mut A) -> Result<(), A::Error> {
        let errors = &mut self.errors;
        if name != Name::Unknown {
            // Two values under one name: neither is known to be the right one (RFC 8259, section 4).
            if self.seen.contains(&name) {
                errors.add(name.as_str(), "duplicate", "occurs twice");
            }
            self.seen.push(name);
        }
        match name {
            Name::Temperature => {
                self.temperature = map.next_value_seed(ScalarSeed)?.number(errors, "temperature", TEMPERATURE_RANGE);
            }
            Name::Humidity => {
                self.humidity = map.next_value_seed(ScalarSeed)?.number(errors, "humidity", PERCENT_RANGE);
            }
            Name::Battery => {
                self.battery = map.next_value_seed(ScalarSeed)?.number(errors, "batteryLevel", PERCENT_RANGE);
            }
            Name::Power => self.power = map.next_value_seed(ScalarSeed)?.truth(errors, "powerStatus"),
            Name::Door => self.door = map.next_value_seed(ScalarSeed)?.truth(errors, "doorStatus"),
            Name::RecordedAt => self.recorded_at = map.next_value_seed(ScalarSeed)?.moment(errors),
            Name::Seq => self.seq = map.next_value_seed(ScalarSeed)?.seq(errors),
            Name::Readings | Name::Unknown => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Reading, FieldErrors> {
        let Some(temperature) = self.temperature.filter(|_| self.errors.is_empty()) else {
            if self.temperature.is_none() && self.errors.first("temperature").is_none() {
                self.errors.add("temperature", "required", "is required");
            }
            return Err(self.errors);
        };
        Ok(Reading {
            temperature: Micro::from_celsius(temperature),
            humidity: self.humidity,
            battery: self.battery,
            power: self.power,
            door: self.door,
            recorded_at: self.recorded_at,
            seq: self.seq,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(json: &str) -> Result<Reading, FieldErrors> {
        match parse(json.as_bytes()).unwrap() {
            Batch::One(reading) => reading,
            Batch::Many(_) => panic!("many"),
        }
    }

    fn broken(json: &str) -> Vec<String> {
        one(json).unwrap_err().0.into_keys().collect()
    }

    #[test]
    fn only_the_temperature_is_needed_and_unknown_fields_are_ignored() {
        let reading = one(
            r#"{"firmware": {"v": [1, {}]}, "temperature": -18.4, "humidity": null, "powerStatus": null, "doorStatus": false,
                "batteryLevel": 87, "recordedAt": "2026-11-20T11:00:00+01:00", "seq": 7}"#,
        )
        .unwrap();
        assert_eq!(reading.temperature, Micro(-18_400_000));
        assert_eq!((reading.humidity, reading.power, reading.door), (None, None, Some(false)));
        assert_eq!((reading.battery, reading.seq), (Some(87.0), Some(7)));
        assert_eq!(reading.recorded_at, Some("2026-11-20T10:00:00Z".parse().unwrap()));
        assert_eq!(
            one(r#"{"temperature":4,"recordedAt":1763632800000}"#).unwrap().recorded_at,
            Some(Timestamp(1_763_632_800_000))
        );
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        assert_eq!(broken("{}"), ["temperature"]);
        assert_eq!(broken(r#"{"temperature": null}"#), ["temperature"]);
        assert_eq!(broken(r#"{"temperature": "cold"}"#), ["temperature"]);
        assert_eq!(broken(r#"{"temperature": 400}"#), ["temperature"]);
        assert_eq!(
            broken(r#"{"temperature": 4, "humidity": 101, "seq": -1, "doorStatus": 1}"#),
            ["doorStatus", "humidity", "seq"]
        );
        assert_eq!(broken(r#"{"temperature": 4, "recordedAt": "yesterday"}"#), ["recordedAt"]);
        assert_eq!(
            broken(r#"{"temperature": 4, "batteryLevel": [1], "powerStatus": {}}"#),
            ["batteryLevel", "powerStatus"]
        );
    }

    #[test]
    fn lists_come_bare_or_wrapped_and_each_item_stands_alone() {
        for json in [
            r#"[{"temperature": 4}, 5, null, "x", [], true, {"temperature": 400}]"#,
            r#"{"device": "x", "readings": [{"temperature": 4}, 5, null, "x", [], true, {"temperature": 400}]}"#,
        ] {
            let Batch::Many(items) = parse(json.as_bytes()).unwrap() else { panic!("one") };
            assert_eq!(
                items.iter().map(Result::is_ok).collect::<Vec<_>>(),
                [true, false, false, false, false, false, false]
            );
        }
    }

    #[test]
    fn a_number_that_none_can_hold_spoils_its_own_reading_only() {
        let Batch::Many(items) = parse(br#"[{"temperature": 4}, {"temperature": 1e400}, 1e400]"#).unwrap() else {
            panic!("one")
        };
        assert_eq!(items.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(broken(r#"{"temperature": 4, "seq": -1e999}"#), ["seq"]);
        assert!(one(r#"{"temperature": 4, "firmware": 1e400}"#).is_ok());
    }

    #[test]
    fn what_is_written_for_no_number_is_unknown_and_spoils_nothing_else() {
        for nothing in ["nan", "NaN", "-nan(ind)", "inf", "-Infinity", "1.#QNAN", "-1.#IND", "None", "(null)", ""] {
            let body = format!(
                r#"[{{"temperature":-18.4,"seq":1}},{{"temperature":-18.5,"humidity":{nothing},"recordedAt":{nothing},"seq":2}},
                {{"temperature":{nothing},"seq":3}},{{"temperature":-18.6,"seq":{nothing}}}]"#
            );
            let Batch::Many(items) = parse(body.as_bytes()).unwrap() else { panic!("one") };
            let temperatures: Vec<_> =
                items.iter().map(|item| item.as_ref().ok().map(|item| item.temperature.0)).collect();
            assert_eq!(temperatures, [Some(-18_400_000), Some(-18_500_000), None, Some(-18_600_000)], "{nothing}");
            let second = items[1].as_ref().unwrap();
            assert_eq!((second.humidity, second.recorded_at, second.seq), (None, None, Some(2)));
            assert_eq!(items[2].as_ref().unwrap_err().0.keys().collect::<Vec<_>>(), ["temperature"]);
        }
        assert_eq!(broken(r#"{"temperature": 4, "doorStatus": True}"#), ["doorStatus"]);
    }

    #[test]
    fn a_body_may_have_a_mark_before_it_and_a_nul_behind() {
        assert!(one("\u{feff}{\"temperature\": 4}\0").is_ok());
        assert!(one("\0\r\n {\"temperature\": 4}\n\0\0").is_ok());
        // A degree sign as older code pages have it, and a raw line break.
        let body = b"{\"temperature\": 4, \"unit\": \"\xb0C\n\", \"\xb5\": 1}";
        let Batch::One(reading) = parse(body).unwrap() else { panic!("many") };
        assert!(reading.is_ok());
    }

    #[test]
    fn what_occurs_twice_is_refused_and_not_lost() {
        assert_eq!(broken(r#"{"temperature": 4, "temperature": 12}"#), ["temperature"]);
        assert_eq!(broken(r#"{"temperature": 4, "seq": 1, "seq": 1}"#), ["seq"]);
        assert!(one(r#"{"temperature": 4, "x": 1, "x": 2}"#).is_ok());
        for body in [
            r#"{"readings":[{"temperature":4}],"readings":[]}"#,
            r#"{"temperature":4,"readings":[]}"#,
            r#"{"readings":[{"temperature":4}],"temperature":4}"#,
        ] {
            assert!(matches!(parse(body.as_bytes()), Err(Error::BadRequest(_))), "{body}");
        }
    }

    #[test]
    fn a_body_of_no_known_shape_is_refused_as_a_whole() {
        for bad in ["", "4", "null", "{\"temperature\": 4", "[{\"temperature\": 4}", "{} {}", "{\"readings\": 4}"] {
            assert!(matches!(parse(bad.as_bytes()), Err(Error::BadRequest(_))), "{bad}");
        }
        assert_eq!(parse(b"[]").expect("a list"), Batch::Many(vec![]));
        let many = format!("[{}]", vec!["{\"temperature\":1}"; 1_001].join(","));
        assert!(matches!(parse(many.as_bytes()), Err(Error::TooLarge(_))));
    }

    #[test]
    fn depth_does_not_exhaust_the_stack() {
        let deep = format!("{{\"temperature\": 4, \"x\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        // Refused or skimmed, whichever: it must come back.
        let _ = parse(deep.as_bytes());
    }
}

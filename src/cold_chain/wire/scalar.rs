//! A reading's fields, each on its own: what is of the wrong type, or out of its range, is noted and spoils nothing else.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::mended::NO_VALUE;
use crate::kernel::time::Timestamp;
use crate::kernel::validate::FieldErrors;

/// A JSON value as far as a reading's fields need it.
#[derive(Clone, Copy)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Moment(Timestamp),
    Other,
}

impl Scalar {
    #[allow(clippy::cast_precision_loss, reason = "numbers so large are out of every range")]
    pub(super) fn number(self, errors: &mut FieldErrors, field: &str, (low, high): (f64, f64)) -> Option<f64> {
        let number = match self {
            Self::Null => return None,
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
            Self::Bool(_) | Self::Moment(_) | Self::Other => {
                errors.add(field, "wrong_type", "must be a number");
                return None;
            }
        };
        if !(low..=high).contains(&number) {
            errors.add(field, "out_of_range", format!("must be from {low} to {high}"));
            return None;
        }
        Some(number)
    }

    pub(super) fn truth(self, errors: &mut FieldErrors, field: &str) -> Option<bool> {
        match self {
            Self::Null => None,
            Self::Bool(truth) => Some(truth),
            _ => {
                errors.add(field, "wrong_type", "must be true or false");
                None
            }
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "a float beyond the integers saturates and is not believed")]
    pub(super) fn moment(self, errors: &mut FieldErrors) -> Option<Timestamp> {
        match self {
            Self::Null => None,
            Self::Moment(moment) => Some(moment),
            Self::Int(milliseconds) => Some(Timestamp(milliseconds)),
            Self::Float(milliseconds) => Some(Timestamp(milliseconds as i64)),
            Self::Bool(_) | Self::Other => {
                errors.add(
                    "recordedAt",
                    "wrong_type",
                    "must be a time such as 2026-11-20T10:00:00Z, or epoch milliseconds",
                );
                None
            }
        }
    }

    pub(super) fn seq(self, errors: &mut FieldErrors) -> Option<i64> {
        match self {
            Self::Null => None,
            Self::Int(seq) if seq >= 0 => Some(seq),
            _ => {
                errors.add("seq", "wrong_type", "must be a whole number from 0");
                None
            }
        }
    }
}

pub(super) struct ScalarSeed;

impl<'de> DeserializeSeed<'de> for ScalarSeed {
    type Value = Scalar;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ScalarSeed {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(number).map_or(Scalar::Other, Scalar::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        if text.starts_with(NO_VALUE) {
            return Ok(Scalar::Null);
        }
        // The only texts among a reading's fields are times.
        Ok(text.parse().map_or(Scalar::Other, Scalar::Moment))
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

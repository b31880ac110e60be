//! Moments in time. One type from the device to the database to the browser.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment, in milliseconds since 1970-01-01 UTC; RFC 3339 with `Z` in JSON, an integer in both databases.
///
/// An integer compares, adds and groups the same way in SQLite and PostgreSQL, which text and `timestamptz` do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "utoipa", schema(value_type = String, format = DateTime, examples("2026-11-20T10:00:00Z")))]
pub struct Timestamp(pub i64);

/// A second, in the unit of [`Timestamp`].
pub const SECOND: i64 = 1_000;
/// A minute, in the unit of [`Timestamp`].
pub const MINUTE: i64 = 60 * SECOND;
/// An hour, in the unit of [`Timestamp`].
pub const HOUR: i64 = 60 * MINUTE;
/// A day of 24 hours, in the unit of [`Timestamp`].
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// The moment as a calendar type; moments outside chrono's years are clamped to its ends.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }

    /// This moment moved by a number of milliseconds, saturating.
    #[must_use]
    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from an earlier moment to this one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment.timestamp_millis())
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl std::str::FromStr for Timestamp {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|moment| Self(moment.timestamp_millis()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("must be a time such as 2026-11-20T10:00:00Z"))
    }
}

#[cfg(feature = "ssr")]
impl crate::kernel::db::ToValue for Timestamp {
    fn to_value(self) -> crate::kernel::db::Value {
        crate::kernel::db::Value::Int(Some(self.0))
    }
    fn null() -> crate::kernel::db::Value {
        crate::kernel::db::Value::Int(None)
    }
}

crate::decode_as!(Timestamp, i64, |milliseconds| Ok(Timestamp(milliseconds)));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_json_in_utc() {
        let moment: Timestamp = serde_json::from_str("\"2026-11-20T11:00:00.250+01:00\"").unwrap();
        assert_eq!(serde_json::to_string(&moment).unwrap(), "\"2026-11-20T10:00:00.250Z\"");
    }
}

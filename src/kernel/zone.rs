//! Days and clock times in an organisation's time zone. The server does this; the zone tables are too heavy for the browser.

use chrono::{Days, NaiveDate, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// A time zone by its IANA name; an unknown one counts as UTC.
#[must_use]
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// The first moment of a day `YYYY-MM-DD`, plus some days, in a zone.
///
/// # Errors
/// [`Error::Validation`] on `field` when the text is not a date.
pub fn day_start(field: &str, date: &str, plus_days: u64, zone: Tz) -> Result<Timestamp> {
    let invalid = || Error::field(field, "invalid_date", "must be a date such as 2026-11-20");
    let day = NaiveDate::parse_from_str(date.trim(), "%Y-%m-%d").map_err(|_| invalid())?;
    let day = day.checked_add_days(Days::new(plus_days)).ok_or_else(invalid)?;
    let midnight = day.and_time(NaiveTime::MIN);
    // Where the clock skips midnight, the day begins at the first moment there is.
    let start = zone
        .from_local_datetime(&midnight)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(midnight + chrono::Duration::hours(1))).earliest())
        .ok_or_else(invalid)?;
    Ok(start.to_utc().into())
}

/// The moment of a day `YYYY-MM-DD` and a clock time `HH:MM` in a zone; the first of two where the clock is put back.
///
/// # Errors
/// [`Error::Validation`] on `field` when one of them is none, and for a time that the clock skips.
pub fn local(field: &str, date: &str, time: &str, zone: Tz) -> Result<Timestamp> {
    let invalid = || Error::field(field, "invalid_time", "must be a day and a time such as 2026-11-20 and 09:30");
    let day = NaiveDate::parse_from_str(date.trim(), "%Y-%m-%d").map_err(|_| invalid())?;
    let time = NaiveTime::parse_from_str(time.trim(), "%H:%M").map_err(|_| invalid())?;
    let moment = zone.from_local_datetime(&day.and_time(time)).earliest();
    let skipped = || Error::field(field, "no_such_time", "does not exist: the clock is put forward on this day");
    Ok(moment.ok_or_else(skipped)?.to_utc().into())
}

/// A moment in words of a zone, for people: `20/11/2026 11:00`.
#[must_use]
pub fn moment(moment: Timestamp, zone: Tz) -> String {
    moment.to_utc().with_timezone(&zone).format("%d/%m/%Y %H:%M").to_string()
}

/// The time of day of a moment in a zone, for people: `11:00`.
#[must_use]
pub fn time(moment: Timestamp, zone: Tz) -> String {
    moment.to_utc().with_timezone(&zone).format("%H:%M").to_string()
}

/// The hour of the day that a moment falls in, in a zone: 0 to 23.
#[must_use]
pub fn hour(moment: Timestamp, zone: Tz) -> u32 {
    moment.to_utc().with_timezone(&zone).hour()
}

/// The day that a moment falls on in a zone, `YYYY-MM-DD`.
#[must_use]
pub fn day(moment: Timestamp, zone: Tz) -> String {
    moment.to_utc().with_timezone(&zone).format("%Y-%m-%d").to_string()
}

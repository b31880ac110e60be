//! Days and clock times in an organisation's time zone. The server does this; the zone tables are too heavy for the browser.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// A time zone by its IANA name; an unknown one counts as UTC.
#[must_use]
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// A time zone as people write it: its IANA name, or its city alone where no other zone has a city of that name; in any
/// case.
#[must_use]
pub fn written(text: &str) -> Option<Tz> {
    let text = text.trim().replace(' ', "_");
    let all = || chrono_tz::TZ_VARIANTS.iter().copied();
    let is_named = |zone: &Tz| zone.name().eq_ignore_ascii_case(&text);
    let is_of_city = |zone: &Tz| zone.name().rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&text));
    if let Some(zone) = all().find(is_named) {
        return Some(zone);
    }
    let mut of_city = all().filter(is_of_city);
    of_city.next().filter(|_| of_city.next().is_none())
}

/// The names of all time zones.
#[must_use]
pub fn names() -> Vec<&'static str> {
    chrono_tz::TZ_VARIANTS.iter().copied().map(Tz::name).collect()
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

/// A moment in words of a zone, for people: `20/11/2026 11:00`; on a day that has an hour twice, `25/10/2026 02:30 +02:00`.
#[must_use]
pub fn moment(moment: Timestamp, zone: Tz) -> String {
    let local = moment.to_utc().with_timezone(&zone);
    local.format(if has_an_hour_twice(&local) { "%d/%m/%Y %H:%M %:z" } else { "%d/%m/%Y %H:%M" }).to_string()
}

/// The time of day of a moment in a zone, for people: `11:00`; on a day that has an hour twice, `02:30 +02:00`.
#[must_use]
pub fn time(moment: Timestamp, zone: Tz) -> String {
    let local = moment.to_utc().with_timezone(&zone);
    local.format(if has_an_hour_twice(&local) { "%H:%M %:z" } else { "%H:%M" }).to_string()
}

/// The time of day of a moment in a zone as a form's field has it: `11:00`.
#[must_use]
pub fn time_in_a_field(moment: Timestamp, zone: Tz) -> String {
    moment.to_utc().with_timezone(&zone).format("%H:%M").to_string()
}

/// Whether the clock is set back on a day: then a time of day alone may mean two moments.
#[must_use]
pub fn has_an_hour_twice(local: &DateTime<Tz>) -> bool {
    let zone = local.timezone();
    let midnight = local.date_naive().and_time(NaiveTime::MIN);
    let offset = |local: NaiveDateTime| {
        let found = zone.offset_from_local_datetime(&local);
        let offsets = [found.earliest(), found.latest()];
        offsets.map(|offset| offset.map(|offset| offset.fix().local_minus_utc()))
    };
    // At midnight itself the clock may be set back, too.
    match (offset(midnight), offset(midnight + chrono::Duration::days(1))) {
        ([Some(first), _], [_, Some(last)]) => first > last,
        _ => false,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_city_where_that_is_the_only_one() {
        let written = |text: &str| written(text).map(Tz::name);
        for text in ["Europe/Rome", "europe/rome", " Rome ", "ROME"] {
            assert_eq!(written(text), Some("Europe/Rome"), "{text}");
        }
        assert_eq!(written("New York"), Some("America/New_York"));
        // There is one in Asia, too.
        assert_eq!(written("Istanbul"), None);
        assert_eq!((written(""), written("Mars/Base")), (None, None));
        assert!(names().contains(&"Europe/Rome"));
    }

    #[test]
    fn a_day_that_has_an_hour_twice_says_which() {
        let rome = zone("Europe/Rome");
        let say = |text: &str| moment(text.parse().unwrap(), rome);
        assert_eq!(say("2026-10-25T00:30:00Z"), "25/10/2026 02:30 +02:00");
        assert_eq!(say("2026-10-25T01:10:00Z"), "25/10/2026 02:10 +01:00");
        assert_eq!(say("2026-10-25T11:00:00Z"), "25/10/2026 12:00 +01:00");
        assert_eq!(say("2026-10-24T11:00:00Z"), "24/10/2026 13:00");
        assert_eq!(say("2026-10-26T11:00:00Z"), "26/10/2026 12:00");
        // The day on which an hour is left out has none twice.
        assert_eq!(say("2026-03-29T11:00:00Z"), "29/03/2026 13:00");
        assert_eq!(time("2026-10-25T00:30:00Z".parse().unwrap(), rome), "02:30 +02:00");
        // In Cuba the clock is set back at one o'clock to midnight.
        let havana = zone("America/Havana");
        assert_eq!(time("2026-11-01T04:30:00Z".parse().unwrap(), havana), "00:30 -04:00");
        assert_eq!(time("2026-11-01T05:30:00Z".parse().unwrap(), havana), "00:30 -05:00");
    }
}

//! When a car is expected: asked for when a check-in is confirmed.

use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::inputs::ConfirmRepair;
use super::model::RepairDetail;
use super::service::{self, SUBJECT, require_change};
use super::status::{RepairStatus, StepRights, Transition};
use super::store;
use crate::identity::{self, OpenSpan, Weekday};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::error::Conflict;
use crate::kernel::ids::RepairId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::kernel::text;
use crate::kernel::time::{DAY, Timestamp};
use crate::kernel::validate::Validator;
use crate::kernel::zone;
use crate::{Error, Result};

/// How far ahead an appointment may lie: beyond it a year was mistyped.
const HORIZON: i64 = 2 * 366 * DAY;
/// When a car is expected where nothing is known of opening hours.
const MORNING: &str = "09:00";

/// Confirms a check-in for a moment, or moves the appointment of one that is confirmed. Without a moment, the one that the
/// customer wished for counts.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:write` and `repairs:check_in`; [`Error::Validation`] for a moment that is past,
/// that the clock skips, or that lies outside of the opening hours unless that is meant; [`Error::Conflict`] for a stale
/// version and for a car that has come already. The same once more by the same actor, as by a double click, is done already.
pub async fn confirm(app: &App, actor: &Actor, id: RepairId, input: &ConfirmRepair) -> Result<RepairDetail> {
    actor.require_either(Permission::RepairsWrite, Permission::RepairsCheckIn)?;
    let organisation = identity::service::organisation(app, actor.org).await?;
    let tz = zone::zone(&organisation.time_zone);
    let mut check = Validator::default();
    let message = check.text("message", input.message.as_deref(), 2_000);
    check.finish(())?;
    let given = given(input, tz)?;

    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let state = store::lock_state(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    require_change(actor, state.status)?;
    let before = store::appointment(&mut tx, actor.org, id).await?;
    let at = match given {
        Some(at) => at,
        None => wished(before.preferred_date.as_deref(), before.preferred_time.as_deref(), tz)
            .ok_or_else(|| Error::field("appointmentAt", "required", "is required"))?,
    };
    let confirmed = Entry::new("repairs.status_changed", SUBJECT, id.0)
        .before(&serde_json::json!({ "status": state.status }))
        .after(&serde_json::json!({
            "status": RepairStatus::Confirmed, "appointmentAt": at, "publicNote": message, "notify": true,
        }));
    let moved = Entry::new("repairs.appointment_moved", SUBJECT, id.0)
        .before(&serde_json::json!({ "appointmentAt": before.appointment_at }))
        .after(&serde_json::json!({ "appointmentAt": at, "publicNote": message }));
    if input.version.is_some_and(|version| version != state.version) {
        if journal::is_repeated(&mut tx, actor, &confirmed).await?
            || journal::is_repeated(&mut tx, actor, &moved).await?
        {
            tx.rollback().await?;
            return service::get(app, actor, id).await;
        }
        return Err(Error::Conflict(Conflict {
            message: format!("Someone else changed this repair; it is now {}.", state.status),
            version: Some(state.version),
            ..Conflict::default()
        }));
    }
    let is_moved = state.status == RepairStatus::Confirmed;
    let step = state.status.transition_to(RepairStatus::Confirmed, state.waiting_from);
    if !is_moved && step != Some(Transition::Forward) {
        let rights = StepRights::of(actor.permissions);
        let allowed = state.status.next_steps(state.waiting_from, rights);
        return Err(Error::Conflict(Conflict {
            message: format!("A repair that is {} is confirmed no more.", state.status),
            allowed: Some(allowed.into_iter().map(RepairStatus::as_str).collect()),
            version: Some(state.version),
            ..Conflict::default()
        }));
    }
    if at < now {
        return Err(Error::field("appointmentAt", "date_past", "must not lie in the past"));
    }
    if at.since(now) > HORIZON {
        return Err(Error::field("appointmentAt", "too_far", "must lie within two years"));
    }
    if !is_open(&organisation.contact.opening_hours, at, tz) && !input.outside_hours {
        let why = "must be true: the appointment lies outside of the opening hours";
        return Err(Error::field("outsideHours", "outside_hours", why));
    }
    store::set_appointment(&mut tx, actor.org, id, at, now).await?;
    let entry = if is_moved { moved } else { confirmed };
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    service::get(app, actor, id).await
}

/// Day and time that a form for the appointment begins with: the ones there are, those that the customer wished for, or
/// else the next time that somebody opens the door, tomorrow at the earliest.
///
/// # Errors
/// What the database says.
pub async fn suggested(app: &App, actor: &Actor, repair: &RepairDetail) -> Result<(String, String)> {
    let organisation = identity::service::organisation(app, actor.org).await?;
    let tz = zone::zone(&organisation.time_zone);
    let now = app.clock.now();
    let (date, time) = (repair.preferred_date.as_deref(), repair.preferred_time.as_deref());
    if let Some(at) = repair.appointment_at.or_else(|| wished(date, time, tz)).filter(|at| *at >= now) {
        return Ok((zone::day(at, tz), zone::time_in_a_field(at, tz)));
    }
    let wished = date.map(str::to_owned).filter(|date| *date > zone::day(now, tz));
    let first = wished.unwrap_or_else(|| zone::day(now.plus(DAY), tz));
    let Ok(first) = NaiveDate::parse_from_str(&first, "%Y-%m-%d") else {
        return Ok((zone::day(now.plus(DAY), tz), MORNING.to_owned()));
    };
    let open = (0..7).filter_map(|days| first.checked_add_days(Days::new(days))).find_map(|day| {
        let opens = organisation.contact.opening_hours.iter().find(|span| span.day == weekday(day))?;
        Some((day.to_string(), opens.from.clone()))
    });
    Ok(open.unwrap_or_else(|| (first.to_string(), MORNING.to_owned())))
}

/// The moment that was given, if one was.
fn given(input: &ConfirmRepair, tz: Tz) -> Result<Option<Timestamp>> {
    if let Some(at) = text::given(input.appointment_at.as_deref()) {
        let invalid = |_| Error::field("appointmentAt", "invalid_time", "must be a time such as 2026-11-20T10:00:00Z");
        return at.parse().map(Some).map_err(invalid);
    }
    match (text::given(input.confirmed_date.as_deref()), text::given(input.confirmed_time.as_deref())) {
        (None, None) => Ok(None),
        (Some(date), Some(time)) => zone::local("appointmentAt", date, time, tz).map(Some),
        _ => Err(Error::field("appointmentAt", "required", "needs both a day and a time")),
    }
}

/// The moment that a customer wished for, where a clock time was named.
fn wished(date: Option<&str>, time: Option<&str>, tz: Tz) -> Option<Timestamp> {
    zone::local("appointmentAt", date?, time?, tz).ok()
}

/// Whether somebody is there. Where nothing is known of opening hours, always.
fn is_open(hours: &[OpenSpan], at: Timestamp, tz: Tz) -> bool {
    let local = at.to_utc().with_timezone(&tz);
    let (day, time) = (weekday(local.date_naive()), local.time());
    let clock = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    hours.is_empty()
        || hours.iter().filter(|span| span.day == day).any(|span| {
            clock(&span.from).is_some_and(|from| from <= time) && clock(&span.to).is_some_and(|to| time < to)
        })
}

fn weekday(day: NaiveDate) -> Weekday {
    Weekday::ALL[day.weekday().num_days_from_monday() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_open_from_the_first_minute_to_the_last_in_local_time() {
        let span = |from: &str, to: &str| OpenSpan { day: Weekday::Friday, from: from.to_owned(), to: to.to_owned() };
        let hours = [span("08:00", "12:30"), span("14:00", "18:00")];
        let rome = zone::zone("Europe/Rome");
        // 20 November 2026 is a Friday; Rome is an hour ahead.
        let open = |time: &str| is_open(&hours, format!("2026-11-20T{time}:00Z").parse().unwrap(), rome);
        assert!(open("07:00") && open("11:29") && open("13:00"));
        assert!(!open("06:59") && !open("11:30") && !open("17:00"));
        assert!(!is_open(&hours, "2026-11-21T09:00:00Z".parse().unwrap(), rome), "Saturday");
        assert!(is_open(&[], "2026-11-21T02:00:00Z".parse().unwrap(), rome), "nothing is known");
    }

    #[test]
    fn a_time_that_the_clock_skips_is_none_and_one_that_comes_twice_is_the_first() {
        let rome = zone::zone("Europe/Rome");
        let at = |date: &str, time: &str| zone::local("appointmentAt", date, time, rome);
        assert!(at("2027-03-28", "02:30").is_err());
        assert_eq!(at("2026-10-25", "02:30").unwrap().to_string(), "2026-10-25T00:30:00Z");
        assert_eq!(at("2026-11-20", "9:05").unwrap().to_string(), "2026-11-20T08:05:00Z");
        assert!(at("2026-11-20", "morning").is_err() && at("soon", "09:00").is_err());
    }
}

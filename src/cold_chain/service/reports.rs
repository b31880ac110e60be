//! Reports that an operator shows to an inspector.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use crate::cold_chain::alert::Alert;
use crate::cold_chain::chart::{ChartRange, Summary};
use crate::cold_chain::report::{CellReport, Excursion, JournalMark, Measured, PastLimits, PastMaintenance, ReportDay};
use crate::cold_chain::service::{limits, maintenance};
use crate::cold_chain::store::{alerts, buckets, fleet};
use crate::identity::service::organisation;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::ids::ColdCellId;
use crate::kernel::journal;
use crate::kernel::permission::Permission;
use crate::kernel::time::{SECOND, Timestamp};
use crate::kernel::zone::{day, day_start, zone};
use crate::{Error, Result};

/// The intervals of the report: the finest buckets there are.
const INTERVAL: ChartRange = ChartRange::Day;

/// The report of a cell and a month, `YYYY-MM` in the time zone of its place; without one, of the month that goes on.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign cell, and for another customer's; [`Error::Validation`] for a month that
/// is none or has not begun.
pub async fn cell_report(app: &App, actor: &Actor, id: ColdCellId, month: Option<&str>) -> Result<CellReport> {
    let scope = actor.scope(Permission::ColdChainRead)?;
    let now = app.clock.now();
    let row = fleet::cell(&app.db, actor.org, id, now).await?.ok_or(Error::NotFound)?;
    scope.pass(row.customer_id)?;
    let (cell_no, cell) = (row.no, row.at(now));
    let location = fleet::location(&app.db, actor.org, cell.location_id).await?.ok_or(Error::NotFound)?;
    let organisation = organisation(app, actor.org).await?;
    let time_zone = location.time_zone.unwrap_or(organisation.time_zone);
    let (month, from, end) = bounds(month, now, zone(&time_zone))?;
    let until = end.min(now);
    let span = INTERVAL.bucket_seconds() * SECOND;
    let buckets = buckets::chart(&app.db, cell_no, INTERVAL, from, until.plus(-1)).await?;
    let history = journal::past(&app.db, actor.org, "cold_cell", id.0).await?;
    let mut limits = limits::past(&history, (cell.min_temperature, cell.max_temperature), from, until);
    if !scope.sees_inside() {
        limits.iter_mut().for_each(|limits| limits.by = None);
    }
    let days = days(&buckets, &limits, zone(&time_zone));
    let alerts = alerts::between(&app.db, actor.org, Some(id), from, end).await?;
    let excursions = alerts.into_iter().map(Alert::from).map(|mut alert| {
        if !scope.sees_inside() {
            alert.leave_out_internal();
        }
        let end = alert.resolved_at.unwrap_or(now);
        Excursion { seconds: end.since(alert.started_at).max(0) / SECOND, alert }
    });
    let maintenance = maintenance::past(&history).into_iter().filter(|time| time.from < until && time.until > from);
    let maintenance = maintenance.map(|time| match scope.sees_inside() {
        true => time,
        false => PastMaintenance { reason: None, by: None, ..time },
    });
    let (seq, hash) = journal::mark(&app.db, actor.org).await?;
    Ok(CellReport {
        organisation: organisation.name,
        cold_cell_id: id,
        cold_cell_name: cell.name,
        location_name: location.name,
        address: location.address,
        customer_name: location.customer_name,
        month,
        time_zone,
        from,
        until,
        made_at: now,
        limits,
        measured: together(buckets.iter().map(|(_, summary)| *summary)).map(measured),
        // The one that goes on counts: it may have readings.
        intervals: (until.since(from).max(0) + span - 1) / span,
        measured_intervals: days.iter().map(|day| day.measured_intervals).sum(),
        in_range_intervals: days.iter().map(|day| day.in_range_intervals).sum(),
        days,
        excursions: excursions.collect(),
        maintenance: maintenance.collect(),
        journal: JournalMark { seq, hash },
    })
}

/// The month, its first moment and its end in a zone.
fn bounds(month: Option<&str>, now: Timestamp, zone: Tz) -> Result<(String, Timestamp, Timestamp)> {
    let invalid = || Error::field("month", "invalid_month", "must be a month such as 2026-11 that has begun");
    let month = month.map_or_else(|| day(now, zone)[..7].to_owned(), |month| month.trim().to_owned());
    if month.len() != 7 {
        return Err(invalid());
    }
    let first = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").map_err(|_| invalid())?;
    let next = first.with_day(28).and_then(|late| late.checked_add_days(chrono::Days::new(4))).ok_or_else(invalid)?;
    let start = |date: NaiveDate| day_start("month", &date.format("%Y-%m-01").to_string(), 0, zone);
    let (from, end) = (start(first)?, start(next)?);
    // Before there was anything to measure, months are typing mistakes.
    if from > now || first.year() < 1970 {
        return Err(invalid());
    }
    Ok((month, from, end))
}

fn days(buckets: &[(Timestamp, Summary)], limits: &[PastLimits], zone: Tz) -> Vec<ReportDay> {
    let mut days: BTreeMap<String, Vec<(Timestamp, Summary)>> = BTreeMap::new();
    for (start, summary) in buckets {
        days.entry(day(*start, zone)).or_default().push((*start, *summary));
    }
    let is_inside = |(start, summary): &&(Timestamp, Summary)| {
        let in_force = limits.iter().rfind(|limits| limits.from <= *start);
        in_force.is_some_and(|limits| {
            summary.min.celsius() >= limits.min_temperature && summary.max.celsius() <= limits.max_temperature
        })
    };
    let day = |(day, buckets): (String, Vec<(Timestamp, Summary)>)| {
        Some(ReportDay {
            day,
            measured: measured(together(buckets.iter().map(|(_, summary)| *summary))?),
            measured_intervals: count(buckets.len()),
            in_range_intervals: count(buckets.iter().filter(is_inside).count()),
        })
    };
    days.into_iter().filter_map(day).collect()
}

fn together(summaries: impl Iterator<Item = Summary>) -> Option<Summary> {
    summaries.reduce(Summary::and)
}

fn measured(summary: Summary) -> Measured {
    Measured { min: summary.min.celsius(), max: summary.max.celsius(), avg: summary.average(), count: summary.count }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_at_midnight_on_the_spot() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().expect("a time");
        let rome = zone("Europe/Rome");
        let (month, from, end) = bounds(None, now, rome).expect("this month");
        assert_eq!(
            (month.as_str(), from.to_string(), end.to_string()),
            ("2026-11", "2026-10-31T23:00:00Z".to_owned(), "2026-11-30T23:00:00Z".to_owned())
        );
        // A month with a day of 25 hours.
        let (_, from, end) = bounds(Some("2026-10"), now, rome).expect("a month");
        assert_eq!(end.since(from), (31 * 24 + 1) * 3_600_000);
        for wrong in ["2026-12", "2026-13", "2026", "", "2026-1", "26-01-1"] {
            assert!(bounds(Some(wrong), now, rome).is_err(), "{wrong:?}");
        }
    }
}

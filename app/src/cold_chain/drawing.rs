//! A cell's figures as its chart draws them.

use officina::cold_chain::{Alert, Chart, ChartPoint as Bucket, ChartRange, ColdCell};
use officina::identity::TemperatureUnit;
use officina::kernel::time::{DAY, HOUR, SECOND, Timestamp};

use crate::moment::Calendar;
use crate::ui::{ChartData, ChartMark, ChartPoint};

/// The figures of a chart, placed on its axis.
pub(super) fn chart_data(
    cell: &ColdCell,
    chart: &Chart,
    alerts: &[Alert],
    now: Timestamp,
    calendar: &Calendar,
    unit: TemperatureUnit,
) -> ChartData {
    let title = format!("Temperature of {} over {}", cell.name, chart.range);
    drawn((title, chart.range.milliseconds()), cell, chart, alerts, now, calendar, unit)
}

/// The last two hours of a day's chart: how it stands with an alert.
pub(super) fn last_hours(
    cell: &ColdCell,
    day: &Chart,
    alerts: &[Alert],
    now: Timestamp,
    calendar: &Calendar,
    unit: TemperatureUnit,
) -> ChartData {
    let title = format!("Temperature of {} over the last two hours", cell.name);
    drawn((title, 2 * HOUR), cell, day, alerts, now, calendar, unit)
}

fn drawn(
    (title, span): (String, i64),
    cell: &ColdCell,
    chart: &Chart,
    alerts: &[Alert],
    now: Timestamp,
    calendar: &Calendar,
    unit: TemperatureUnit,
) -> ChartData {
    let start = now.plus(-span);
    #[expect(clippy::cast_precision_loss, reason = "thirty days are 2.6 × 10⁹ milliseconds, far below 2⁵³")]
    let place = |at: Timestamp| at.since(start) as f64 / span as f64;
    let words = |at: Timestamp| match chart.range {
        ChartRange::Day => calendar.clock(at),
        ChartRange::Week | ChartRange::Month => calendar.day_and_month(at),
    };
    let point = |point: &Bucket| ChartPoint {
        at: place(point.t),
        label: calendar.moment(point.t).words,
        min: unit.of_celsius(point.min),
        avg: unit.of_celsius(point.avg),
        max: unit.of_celsius(point.max),
    };
    #[expect(clippy::cast_precision_loss, reason = "a bucket is at most two hours")]
    let bucket = (chart.bucket_seconds * SECOND) as f64;
    #[expect(clippy::cast_precision_loss, reason = "thirty days are 2.6 × 10⁹ milliseconds, far below 2⁵³")]
    let gap = bucket * 2.5 / span as f64;
    let mark = |alert: &Alert| {
        let until = alert.resolved_at.map_or_else(|| "now".to_owned(), |at| calendar.moment(at).words);
        ChartMark {
            from: place(alert.started_at),
            to: place(alert.resolved_at.unwrap_or(now)),
            label: format!(
                "{}, {} to {until}",
                super::looks::alert_label(alert.kind),
                calendar.moment(alert.started_at).words
            ),
        }
    };
    ChartData {
        title,
        unit: unit.sign().to_owned(),
        points: chart.points.iter().filter(|point| point.t >= start).map(point).collect(),
        gap,
        low: Some(unit.of_celsius(cell.min_temperature)),
        high: Some(unit.of_celsius(cell.max_temperature)),
        ticks: ticks(chart.range, span, start, now).map(|at| (place(at), words(at))).collect(),
        marks: alerts.iter().map(mark).collect(),
    }
}

/// Where words stand along the time axis: every half hour of a few, every four hours of a day, at noon of every day of a week and of every fifth
/// of a month. Noon is the same day in every time zone that matters.
fn ticks(range: ChartRange, span: i64, start: Timestamp, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let (step, offset) = match range {
        ChartRange::Day if span < DAY => (HOUR / 2, 0),
        ChartRange::Day => (4 * HOUR, 0),
        ChartRange::Week => (DAY, 12 * HOUR),
        ChartRange::Month => (5 * DAY, 12 * HOUR),
    };
    let first = (start.0 - offset).div_euclid(step) * step + step + offset;
    std::iter::successors(Some(Timestamp(first)), move |at| Some(at.plus(step))).take_while(move |at| *at < now)
}

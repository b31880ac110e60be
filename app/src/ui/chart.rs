//! Charts over time, drawn as SVG on the server, with the same figures in a table for those who do not see them.

use std::fmt::Write as _;

use leptos::prelude::*;
use officina::cold_chain::{brief, tenths};
use serde::{Deserialize, Serialize};

/// The size of the drawing in its own units. It is stretched to the room there is; lines keep their width, and words
/// stand beside it as text, so that they keep their size on a phone.
const SIDE: f64 = 1_000.0;
/// The table shows at most this many rows; the figures behind a finer chart are joined.
const TABLE_ROWS: usize = 24;

/// The figures of one stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartPoint {
    /// Where on the time axis, from 0 to 1.
    pub at: f64,
    /// When, in words.
    pub label: String,
    /// The least value.
    pub min: f64,
    /// The average.
    pub avg: f64,
    /// The greatest value.
    pub max: f64,
}

/// A stretch of time that something is said about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartMark {
    /// Where it begins on the time axis, from 0 to 1.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What is said.
    pub label: String,
}

/// What a chart shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartData {
    /// What is measured, for screen readers.
    pub title: String,
    /// The unit, as in `°C`.
    pub unit: String,
    /// The figures in order of time.
    pub points: Vec<ChartPoint>,
    /// The longest step between neighbours that still counts as connected, on the axis from 0 to 1.
    pub gap: f64,
    /// The lower threshold.
    pub low: Option<f64>,
    /// The upper threshold.
    pub high: Option<f64>,
    /// Words along the time axis and their places from 0 to 1.
    pub ticks: Vec<(f64, String)>,
    /// What stands out, in order of time.
    pub marks: Vec<ChartMark>,
}

/// The values that the drawing spans.
#[derive(Debug, Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(data: &ChartData) -> Self {
        let values = data.points.iter().flat_map(|point| [point.min, point.max]).chain(data.low).chain(data.high);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return Self { low: 0.0, high: 1.0 };
        }
        let margin = ((high - low) * 0.08).max(0.5);
        Self { low: low - margin, high: high + margin }
    }

    fn y(self, value: f64) -> f64 {
        (self.high - value) / (self.high - self.low) * SIDE
    }

    /// Round values for the horizontal rules: about five of them.
    fn rules(self) -> Vec<f64> {
        let raw = (self.high - self.low) / 5.0;
        let magnitude = 10f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|s| s * magnitude).find(|s| *s >= raw).unwrap_or(raw);
        let first = (self.low / step).ceil() * step;
        (0..12u8).map(|index| first + f64::from(index) * step).take_while(|value| *value <= self.high).collect()
    }
}

fn x(at: f64) -> f64 {
    at.clamp(0.0, 1.0) * SIDE
}

/// Splits the points where there were no readings for a while, so that no line pretends to know.
fn runs(data: &ChartData) -> Vec<&[ChartPoint]> {
    data.points.chunk_by(|a, b| b.at - a.at <= data.gap).collect()
}

fn line(scale: Scale, run: &[ChartPoint]) -> String {
    let mut path = String::new();
    for (index, point) in run.iter().enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        // Writing into a string cannot fail.
        let _ = write!(path, "{letter}{:.1} {:.1}", x(point.at), scale.y(point.avg));
    }
    path
}

fn band(scale: Scale, run: &[ChartPoint]) -> String {
    let mut path = String::new();
    for (index, point) in run.iter().enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{:.1} {:.1}", x(point.at), scale.y(point.max));
    }
    for point in run.iter().rev() {
        let _ = write!(path, "L{:.1} {:.1}", x(point.at), scale.y(point.min));
    }
    path.push('Z');
    path
}

/// A stretch from top to bottom. However short, it is seen.
fn stretch(mark: &ChartMark) -> String {
    let (from, to) = (x(mark.from), x(mark.to));
    format!("M{from:.1} 0H{:.1}V{SIDE}H{from:.1}Z", to.max(from + 3.0))
}

/// What there is to say about one point of a chart.
fn words_at(data: &ChartData, index: usize) -> String {
    let Some(point) = data.points.get(index) else { return String::new() };
    let value = |value: f64| format!("{} {}", tenths(value), data.unit);
    let mut words = format!("{}: {}", point.label, value(point.avg));
    if tenths(point.min) != tenths(point.max) {
        let _ = write!(words, " ({} to {})", value(point.min), value(point.max));
    }
    for mark in data.marks.iter().filter(|mark| mark.from - data.gap / 2.0 <= point.at && point.at <= mark.to) {
        let _ = write!(words, " · {}", mark.label);
    }
    words
}

/// The point that is nearest to a place on the time axis.
fn nearest(points: &[ChartPoint], at: f64) -> usize {
    let after = points.partition_point(|point| point.at < at);
    let before = after.saturating_sub(1);
    let distance = |index: usize| points.get(index).map_or(f64::INFINITY, |point| (point.at - at).abs());
    if distance(before) <= distance(after) { before } else { after }
}

/// Where a pointer stands on the time axis.
fn place_of(event: &leptos::ev::PointerEvent) -> f64 {
    let surface = event_target::<leptos::web_sys::HtmlElement>(event);
    f64::from(event.offset_x()) / f64::from(surface.client_width().max(1))
}

/// Reads a chart out, moment by moment: by pointer on the drawing, by slider with the keyboard or a finger. It comes to life
/// with the script; without one there is the table.
fn reader(data: ChartData) -> (AnyView, AnyView) {
    let chosen = RwSignal::new(None::<usize>);
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let last = data.points.len().saturating_sub(1);
    let data = StoredValue::new(data);
    let words = move || chosen.get().map(|index| data.with_value(|data| words_at(data, index)));
    let line = move || {
        let at = chosen.get().and_then(|index| data.with_value(|data| data.points.get(index).map(|point| point.at)));
        at.map_or_else(|| "display:none".to_owned(), |at| format!("left:{:.2}%", at.clamp(0.0, 1.0) * 100.0))
    };
    let point = move |event: leptos::ev::PointerEvent| {
        let at = place_of(&event);
        chosen.set(Some(data.with_value(|data| nearest(&data.points, at))));
    };
    let slide = move |event| chosen.set(event_target_value(&event).parse().ok());
    let surface = view! {
        <div class="surface" aria-hidden="true" on:pointermove=point on:pointerdown=point>
            <span class="cursor" style=line></span>
        </div>
    };
    let slider = view! {
        <div class="readout">
            <input class="range range-xs" type="range" min="0" max=last aria-label="Look at one moment" aria-valuetext=words
                hidden=move || !alive.get() prop:value=move || chosen.get().unwrap_or(last).to_string() on:input=slide/>
            <output class="small num">{words}</output>
        </div>
    };
    (surface.into_any(), slider.into_any())
}

/// A chart of averages with the band between least and greatest, the thresholds, what stands out, and a table behind it.
#[component]
pub fn Chart(
    /// What it shows.
    data: ChartData,
) -> impl IntoView {
    let scale = Scale::of(&data);
    let drawn: Vec<_> = runs(&data)
        .iter()
        .map(|run| match run {
            // A point is a line without length and with round ends: a circle would be stretched.
            [lone] => {
                let point = format!("M{:.1} {:.1}h0.01", x(lone.at), scale.y(lone.avg));
                view! { <path class="lone" d=point></path> }.into_any()
            }
            run => view! {
                <path class="band" d=band(scale, run)></path>
                <path class="avg" d=line(scale, run)></path>
            }
            .into_any(),
        })
        .collect();
    let level = |value: f64| format!("M0 {:.1}H{SIDE}", scale.y(value));
    let from_top = |value: f64| format!("top:{:.1}%", scale.y(value) / SIDE * 100.0);
    let rules = scale.rules();
    let limits: Vec<f64> = [data.low, data.high].into_iter().flatten().collect();
    let rule_lines: Vec<_> = rules.iter().map(|value| view! { <path class="rule" d=level(*value)></path> }).collect();
    let limit_lines: Vec<_> =
        limits.iter().map(|value| view! { <path class="limit" d=level(*value)></path> }).collect();
    let rule_words: Vec<_> =
        rules.iter().map(|value| view! { <span class="level" style=from_top(*value)>{brief(*value)}</span> }).collect();
    let limit_words: Vec<_> = limits
        .iter()
        .map(|value| view! { <span class="limit" style=from_top(*value)>{format!("{} {}", brief(*value), data.unit)}</span> })
        .collect();
    let ticks: Vec<_> = data
        .ticks
        .iter()
        .map(|(at, words)| {
            view! { <span class="tick" style=format!("left:{:.1}%", at.clamp(0.0, 1.0) * 100.0)>{words.clone()}</span> }
        })
        .collect();
    let marks: Vec<_> = data.marks.iter().map(|mark| view! { <path class="mark" d=stretch(mark)></path> }).collect();
    let said: Vec<_> = data.marks.iter().map(|mark| view! { <li>{mark.label.clone()}</li> }).collect();
    let said = (!said.is_empty()).then(|| view! { <ul class="small" aria-label="What stands out">{said}</ul> });
    let (surface, readout) = reader(data.clone());
    let every = data.points.len().div_ceil(TABLE_ROWS).max(1);
    let rows: Vec<_> = data.points.chunks(every).map(table_row).collect();
    let view_box = format!("0 0 {SIDE} {SIDE}");
    view! {
        <figure>
            <div class="chart">
                <svg viewBox=view_box preserveAspectRatio="none" role="img" aria-label=data.title.clone()>
                    {marks} {rule_lines} {limit_lines} {drawn}
                </svg>
                <div aria-hidden="true">{rule_words} {limit_words} {ticks}</div>
                {surface}
            </div>
            {readout}
            <details class="fold">
                <summary class="small muted">"Show as a table"</summary>
                {said}
                <table class="grid-table" aria-label=data.title>
                    <thead>
                        <tr>
                            <th scope="col">"From"</th>
                            <th scope="col">"Lowest"</th>
                            <th scope="col">"Average"</th>
                            <th scope="col">"Highest"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        </figure>
    }
}

/// One row for some neighbouring points.
fn table_row(points: &[ChartPoint]) -> impl IntoView + use<> {
    let least = points.iter().map(|point| point.min).fold(f64::INFINITY, f64::min);
    let greatest = points.iter().map(|point| point.max).fold(f64::NEG_INFINITY, f64::max);
    let average = points.iter().map(|point| point.avg).sum::<f64>() / points.len().max(1) as f64;
    let label = points.first().map(|point| point.label.clone()).unwrap_or_default();
    view! {
        <tr>
            <td data-label="From" class="head">{label}</td>
            <td data-label="Lowest" class="num">{tenths(least)}</td>
            <td data-label="Average" class="num">{tenths(average)}</td>
            <td data-label="Highest" class="num">{tenths(greatest)}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: f64, min: f64, avg: f64, max: f64) -> ChartPoint {
        ChartPoint { at, label: format!("{at}"), min, avg, max }
    }

    fn data(points: Vec<ChartPoint>) -> ChartData {
        ChartData {
            title: "Temperature".into(),
            unit: "°C".into(),
            points,
            gap: 0.1,
            low: Some(-25.0),
            high: Some(-15.0),
            ticks: vec![],
            marks: vec![],
        }
    }

    #[test]
    fn a_silence_breaks_the_line() {
        let data = data(vec![point(0.0, 1.0, 1.0, 1.0), point(0.1, 1.0, 1.0, 1.0), point(0.5, 1.0, 1.0, 1.0)]);
        assert_eq!(runs(&data).iter().map(|run| run.len()).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn thresholds_are_always_in_the_picture() {
        let scale = Scale::of(&data(vec![point(0.0, -20.0, -19.0, -18.0)]));
        assert!(scale.low < -25.0 && scale.high > -15.0);
        assert!((3..=11).contains(&scale.rules().len()), "{:?}", scale.rules());
    }

    #[test]
    fn a_place_finds_its_point_and_says_what_was_there() {
        let mut data = data(vec![point(0.1, -19.0, -18.0, -17.0), point(0.5, -11.0, -11.0, -11.0)]);
        data.marks.push(ChartMark { from: 0.45, to: 0.6, label: "Too warm".into() });
        let found = [0.0, 0.29, 0.31, 1.0].map(|at| nearest(&data.points, at));
        assert_eq!(found, [0, 0, 1, 1]);
        assert_eq!(words_at(&data, 0), "0.1: −18.0 °C (−19.0 °C to −17.0 °C)");
        assert_eq!(words_at(&data, 1), "0.5: −11.0 °C · Too warm");
        assert_eq!((words_at(&data, 2), nearest(&[], 0.5)), (String::new(), 0));
    }

    #[test]
    fn no_readings_are_no_reason_to_fail() {
        let nothing = ChartData { low: None, high: None, ..data(vec![]) };
        let scale = Scale::of(&nothing);
        assert!(scale.y(0.5).is_finite() && !scale.rules().is_empty());
        assert_eq!(brief(-0.04), "0");
    }
}

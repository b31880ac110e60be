//! The table.

use crate::cases::{Goal, Id};

/// A line of the table.
pub struct Line {
    /// What was measured.
    pub what: String,
    /// The figure as it was read.
    pub raw: String,
    /// The median and the 99th percentile of latency, in milliseconds.
    pub latency: String,
    /// What it is compared by.
    pub ratio: String,
    /// The goal.
    pub goal: String,
    /// Whether the goal is reached; none without a goal.
    pub met: Option<bool>,
    /// What went wrong, for below the table.
    pub error: Option<String>,
}

impl Line {
    /// A line without a goal.
    pub fn plain(what: impl Into<String>, raw: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            raw: raw.into(),
            latency: String::new(),
            ratio: String::new(),
            goal: String::new(),
            met: None,
            error: None,
        }
    }

    /// A line whose figure must not be above a bound.
    pub fn at_most(what: impl Into<String>, value: f64, bound: f64, unit: &str) -> Self {
        Self {
            goal: format!("≤ {bound} {unit}"),
            met: Some(value <= bound),
            ..Self::plain(what, format!("{} {unit}", short(value)))
        }
    }

    /// A line for something that failed: its goal is not reached.
    pub fn failed(what: impl Into<String>, why: &str) -> Self {
        Self { met: Some(false), error: Some(why.to_owned()), ..Self::plain(what, "failed, see below") }
    }

    fn verdict(&self) -> &'static str {
        match self.met {
            Some(true) => "met",
            Some(false) => "NOT MET",
            None => "",
        }
    }
}

/// The words of a goal.
pub fn goal_words(goal: Goal) -> String {
    let percent = |share: f64| format!("≥ {} %", short(share * 100.0));
    match goal {
        Goal::None => String::new(),
        Goal::OfYardstick(share) => percent(share),
        Goal::OfEngine(share) => format!("{} of engine", percent(share)),
        Goal::OfCase(Id::List | Id::Page, share) => format!("{} of page 1", percent(share)),
        Goal::OfCase(_, share) => percent(share),
        Goal::Milliseconds(bound) => format!("p50 ≤ {} ms", short(bound)),
    }
}

/// A number with as many digits as mean something.
pub fn short(value: f64) -> String {
    if value.abs() >= 100.0 || value.fract().abs() < 0.005 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A rate with its thousands apart.
pub fn per_second(rate: f64, unit: &str) -> String {
    let digits = format!("{rate:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    format!("{text} {unit}/s")
}

/// The middle value; of an even number of values the lower middle.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// The table as text, and below it what went wrong.
pub fn table(lines: &[Line]) -> String {
    let head = Line {
        latency: "p50 / p99 ms".to_owned(),
        ratio: "ratio".to_owned(),
        goal: "goal".to_owned(),
        ..Line::plain("what", "figure")
    };
    let cells = |line: &Line| {
        [line.what.clone(), line.raw.clone(), line.latency.clone(), line.ratio.clone(), line.goal.clone()]
    };
    let rows: Vec<[String; 5]> = std::iter::once(&head).chain(lines).map(cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut text = String::new();
    for (row, verdict) in rows.iter().zip(std::iter::once("").chain(lines.iter().map(Line::verdict))) {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(verdict);
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    for line in lines {
        if let Some(error) = &line.error {
            text.push_str(&format!("\n{}: {error}\n", line.what));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([short(130_000.4), short(12.34), short(0.153), short(5.0)], ["130000", "12.3", "0.15", "5"]);
        assert_eq!(per_second(1_234_567.0, "rows"), "1 234 567 rows/s");
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn a_goal_that_is_not_reached_is_said() {
        let text = table(&[Line::at_most("idle", 50.0, 40.0, "MB"), Line::at_most("start", 1.0, 2.0, "ms")]);
        assert!(text.lines().nth(1).unwrap().ends_with("NOT MET"));
        assert!(text.lines().nth(2).unwrap().ends_with("  met"));
    }
}

//! The report on paper.

use super::csv::{excursion_cells, excursion_head, limits_cells, limits_head, maintenance_cells, maintenance_head};
use super::paper::{FAINT, GREY, INK, Look, Paper, Pen};
use super::words::Words;
use super::{CellReport, PastLimits, ReportDay};
use crate::identity::TemperatureUnit;
use crate::kernel::time::{SECOND, Timestamp};

const TITLE: Look = Look { size: 17.0, bold: true, colour: INK };
const HEAD: Look = Look { size: 11.0, bold: true, colour: INK };
const BODY: Look = Look { size: 9.0, bold: false, colour: INK };
const SMALL: Look = Look { size: 7.5, bold: false, colour: INK };
const SMALL_HEAD: Look = Look { size: 7.5, bold: true, colour: GREY };
const NOTE: Look = Look { size: 7.5, bold: false, colour: GREY };

/// The shares of the width that the columns of the excursions have,
const EXCURSIONS: [f32; 7] = [0.17, 0.12, 0.12, 0.1, 0.09, 0.17, 0.23];
/// and those of the maintenance.
const MAINTENANCE: [f32; 4] = [0.17, 0.17, 0.43, 0.23];
/// The same of the limits.
const LIMITS: [f32; 4] = [0.2, 0.2, 0.3, 0.3];
/// The height of the picture, in points.
const PICTURE: f32 = 130.0;
const WITHIN: (f32, f32, f32) = (0.16, 0.45, 0.75);
const OUTSIDE: (f32, f32, f32) = (0.78, 0.16, 0.13);

impl CellReport {
    /// The report as a PDF document, in a language and a unit of temperature.
    #[must_use]
    pub fn pdf(&self, locale: &str, unit: TemperatureUnit) -> Vec<u8> {
        let words = Words::of(locale, &self.time_zone, unit);
        let title = words.say("Rapporto HACCP della cella frigorifera", "HACCP report of the cold cell");
        let mut paper = Paper::new();
        paper.text(title, TITLE);
        paper.space(4.0);
        paper.text(&format!("{} · {}", self.cold_cell_name, self.month), HEAD);
        paper.space(6.0);
        for (name, value) in self.facts(words) {
            paper.row(&[(name, 0.34), (&value, 0.66)], BODY);
        }
        paper.space(10.0);
        paper.need(PICTURE + 30.0);
        paper.text(words.say("Minima e massima di ogni giorno", "Lowest and highest of each day"), HEAD);
        paper.space(4.0);
        paper.draw(PICTURE, |pen| self.picture(pen, words));
        paper.space(24.0);
        self.excursion_table(&mut paper, words);
        self.limits_table(&mut paper, words);
        self.maintenance_table(&mut paper, words);
        paper.space(8.0);
        paper.text(
            words.say(
                "Nei limiti è un intervallo di cinque minuti in cui ogni misura lo era. L'impronta è quella dell'ultima voce \
                 del registro: «officina audit verify --hash …» dice se il registro la contiene ancora e se è intatto.",
                "Within the limits is an interval of five minutes in which every reading was. The hash is that of the \
                 journal's last entry: “officina audit verify --hash …” says whether the journal still holds it and is whole.",
            ),
            NOTE,
        );
        let foot = format!("{} · {} · {} · {}", self.organisation, self.cold_cell_name, self.month, self.journal.hash);
        paper.finish(&format!("{title}: {} {}", self.cold_cell_name, self.month), locale, &foot)
    }

    fn excursion_table(&self, paper: &mut Paper, words: Words) {
        paper.need(60.0);
        paper.text(words.say("Allarmi", "Alerts"), HEAD);
        paper.space(4.0);
        if self.excursions.is_empty() {
            paper.text(words.say("Nessun allarme in questo periodo.", "No alert in this time."), BODY);
            return;
        }
        let rows = self.excursions.iter().map(|excursion| excursion_cells(excursion, words));
        table(paper, excursion_head(words), EXCURSIONS, rows);
    }

    /// One line stands among the figures; several are told one by one.
    fn limits_table(&self, paper: &mut Paper, words: Words) {
        if self.limits.len() < 2 {
            return;
        }
        paper.space(10.0);
        paper.need(60.0);
        paper.text(words.say("Limiti", "Limits"), HEAD);
        paper.space(4.0);
        table(paper, limits_head(words), LIMITS, self.limits.iter().map(|limits| limits_cells(limits, words)));
        let note = words.say(
            "Ogni misura è giudicata secondo i limiti del suo momento.",
            "Every reading is judged by the limits of its time.",
        );
        paper.text(note, NOTE);
    }

    fn maintenance_table(&self, paper: &mut Paper, words: Words) {
        if self.maintenance.is_empty() {
            return;
        }
        paper.space(10.0);
        paper.need(60.0);
        paper.text(words.say("Manutenzione", "Maintenance"), HEAD);
        paper.space(4.0);
        let rows = self.maintenance.iter().map(|time| maintenance_cells(time, words));
        table(paper, maintenance_head(words), MAINTENANCE, rows);
        let note =
            words.say("Durante la manutenzione non si apre nessun allarme.", "No alert opens during maintenance.");
        paper.text(note, NOTE);
    }

    /// A stroke from the lowest to the highest of each day between the limits, with what lies outside in red. Whether anything
    /// does is told by the counts, which go by the limits of each moment; on a day with several the narrowest are drawn by.
    #[expect(clippy::cast_possible_truncation, reason = "temperatures on paper")]
    fn picture(&self, pen: &mut Pen<'_>, words: Words) {
        let (low, high) = self.outermost_limits();
        let (low, high) = (low as f32, high as f32);
        let lowest = self.measured.map_or(low, |measured| low.min(measured.min as f32)) - 1.0;
        let highest = self.measured.map_or(high, |measured| high.max(measured.max as f32)) + 1.0;
        let y = |celsius: f32| (celsius - lowest) / (highest - lowest) * PICTURE;
        let (left, right) = (40.0, 499.0);
        let of_day = |number: f32| left + (right - left) * number / 31.0;
        for limits in &self.limits {
            let (first, end) = (of_day(self.days_until(limits.from)), of_day(self.days_until(limits.until)));
            for limit in [limits.min_temperature as f32, limits.max_temperature as f32] {
                pen.line((first, y(limit)), (end, y(limit)), FAINT, 1.0);
            }
        }
        for limit in [low, high] {
            pen.text((0.0, y(limit) - 3.0), &words.degrees(f64::from(limit)), NOTE);
        }
        for day in &self.days {
            let Some(number) = day_of_month(day) else { continue };
            let x = of_day(f32::from(number) - 0.5);
            let (min, max) = (day.measured.min as f32, day.measured.max as f32);
            let Some((low, high)) = self.narrowest_limits(number) else { continue };
            let (low, high) = (low as f32, high as f32);
            pen.line((x, y(min)), (x, y(max.max(min + 0.1))), WITHIN, 5.0);
            let is_outside = day.in_range_intervals < day.measured_intervals;
            if is_outside && min < low {
                pen.line((x, y(min)), (x, y(low.min(max))), OUTSIDE, 5.0);
            }
            if is_outside && max > high {
                pen.line((x, y(high.max(min))), (x, y(max)), OUTSIDE, 5.0);
            }
            pen.text((x - 4.0, -9.0), &number.to_string(), NOTE);
        }
    }
}

impl CellReport {
    /// The days of the month before a moment, with their parts.
    #[expect(clippy::cast_precision_loss, reason = "far below 2²⁴ seconds of a month, on paper")]
    fn days_until(&self, moment: Timestamp) -> f32 {
        (moment.since(self.from) / SECOND) as f32 / 86_400.0
    }

    /// The highest of the lower limits that were in force on a day of the month, and the lowest of the upper ones.
    fn narrowest_limits(&self, number: u8) -> Option<(f64, f64)> {
        let (begin, end) = (f32::from(number) - 1.0, f32::from(number));
        let of_day = |limits: &&PastLimits| self.days_until(limits.from) < end && self.days_until(limits.until) > begin;
        let limits = self.limits.iter().filter(of_day).map(|limits| (limits.min_temperature, limits.max_temperature));
        limits.reduce(|one, other| (one.0.max(other.0), one.1.min(other.1)))
    }
}

/// Rows below a head, which is repeated on every sheet.
fn table<const N: usize>(
    paper: &mut Paper,
    head: [&str; N],
    shares: [f32; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    let row = |cells: [&str; N], look: Look, paper: &mut Paper| {
        let cells: Vec<(&str, f32)> = cells.into_iter().zip(shares).collect();
        paper.row(&cells, look);
        paper.space(2.0);
        paper.rule();
    };
    row(head, SMALL_HEAD, paper);
    for cells in rows {
        if paper.need(34.0) {
            row(head, SMALL_HEAD, paper);
        }
        row(cells.each_ref().map(String::as_str), SMALL, paper);
    }
}

fn day_of_month(day: &ReportDay) -> Option<u8> {
    day.day.rsplit('-').next()?.parse().ok()
}

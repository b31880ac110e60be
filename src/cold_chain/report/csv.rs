//! The report as a file of separated values: the figures, the days, the excursions, the limits where they
//! were changed, and the maintenance, each with its head.

use super::words::Words;
use super::{CellReport, Excursion, PastLimits, PastMaintenance, ReportDay};
use crate::Result;
use crate::cold_chain::alert::AlertType;
use crate::identity::TemperatureUnit;
use crate::kernel::csv::{BYTE_ORDER_MARK, Cell, Style, rows};

impl CellReport {
    /// The report as a file for spreadsheets, in a language and in °C; cells that look like formulas are made harmless.
    ///
    /// # Errors
    /// Only internal ones.
    pub fn csv(&self, locale: &str) -> Result<Vec<u8>> {
        let words = Words::of(locale, &self.time_zone, TemperatureUnit::Celsius);
        let mut lines: Vec<Vec<Cell>> =
            self.facts(words).into_iter().map(|(name, value)| texts([name.to_owned(), value])).collect();
        lines.push(Vec::new());
        lines.push(texts(day_head(words).map(str::to_owned)));
        lines.extend(self.days.iter().map(|day| day_line(day, words)));
        lines.push(Vec::new());
        lines.push(texts(excursion_head(words).map(str::to_owned)));
        lines.extend(self.excursions.iter().map(|excursion| texts(excursion_cells(excursion, words))));
        if self.limits.len() > 1 {
            lines.push(Vec::new());
            lines.push(texts(limits_head(words).map(str::to_owned)));
            lines.extend(self.limits.iter().map(|limits| texts(limits_cells(limits, words))));
        }
        if !self.maintenance.is_empty() {
            lines.push(Vec::new());
            lines.push(texts(maintenance_head(words).map(str::to_owned)));
            lines.extend(self.maintenance.iter().map(|time| texts(maintenance_cells(time, words))));
        }
        // Every line has the same number of cells (RFC 4180, section 2).
        let most = lines.iter().map(Vec::len).max().unwrap_or_default();
        for line in &mut lines {
            line.resize(most, Cell::Text(String::new()));
        }
        Ok([BYTE_ORDER_MARK.as_bytes(), rows(Style::of(locale), lines)?.as_ref()].concat())
    }

    /// What stands at the top, by name.
    pub(super) fn facts(&self, words: Words) -> Vec<(&'static str, String)> {
        let share = |percent: Option<f64>| {
            percent.map_or_else(|| "–".to_owned(), |percent| format!("{} %", words.number(percent, 2)))
        };
        let mut facts = vec![
            (words.say("Organizzazione", "Organisation"), self.organisation.clone()),
            (words.say("Cliente", "Customer"), self.customer_name.clone().unwrap_or_default()),
            (words.say("Luogo", "Location"), self.location_name.clone()),
            (words.say("Indirizzo", "Address"), self.address.clone().unwrap_or_default()),
            (words.say("Cella", "Cold cell"), self.cold_cell_name.clone()),
            (words.say("Mese", "Month"), self.month.clone()),
            (words.say("Dal", "From"), words.moment(self.from)),
            (words.say("Al", "Until"), words.moment(self.until)),
            (words.say("Fuso orario", "Time zone"), self.time_zone.clone()),
        ];
        if let [limits] = self.limits.as_slice() {
            facts.push((words.say("Limiti", "Limits"), range(limits, words)));
        }
        if let Some(measured) = &self.measured {
            facts.extend([
                (words.say("Minima", "Lowest"), words.degrees(measured.min)),
                (words.say("Massima", "Highest"), words.degrees(measured.max)),
                (words.say("Media", "Average"), words.degrees(measured.avg)),
                (words.say("Misure", "Readings"), measured.count.to_string()),
            ]);
        }
        facts.extend([
            (
                words.say("Intervalli di 5 minuti nei limiti", "Intervals of 5 minutes within the limits"),
                share(self.in_range_percent()),
            ),
            (
                words.say("Intervalli di 5 minuti con misure", "Intervals of 5 minutes with readings"),
                share(self.measured_percent()),
            ),
            (words.say("Allarmi", "Alerts"), self.excursions.len().to_string()),
            (words.say("Rapporto del", "Report made"), words.moment(self.made_at)),
            (
                words.say("Registro, voce e impronta", "Journal, entry and hash"),
                format!("{} {}", self.journal.seq, self.journal.hash),
            ),
        ]);
        facts.retain(|(_, value)| !value.is_empty());
        facts
    }
}

fn texts<const N: usize>(texts: [String; N]) -> Vec<Cell> {
    texts.map(Cell::Text).to_vec()
}

fn day_head(words: Words) -> [&'static str; 7] {
    [
        words.say("Giorno", "Day"),
        words.say("Minima °C", "Lowest °C"),
        words.say("Massima °C", "Highest °C"),
        words.say("Media °C", "Average °C"),
        words.say("Misure", "Readings"),
        words.say("Intervalli con misure", "Intervals with readings"),
        words.say("Intervalli nei limiti", "Intervals within the limits"),
    ]
}

fn day_line(day: &ReportDay, words: Words) -> Vec<Cell> {
    let measured = &day.measured;
    let numbers = [
        words.number(measured.min, 1),
        words.number(measured.max, 1),
        words.number(measured.avg, 2),
        measured.count.to_string(),
        day.measured_intervals.to_string(),
        day.in_range_intervals.to_string(),
    ];
    let mut line = vec![Cell::Text(day.day.clone())];
    line.extend(numbers.map(Cell::Number));
    line
}

/// The columns of the excursions.
pub(super) fn excursion_head(words: Words) -> [&'static str; 7] {
    [
        words.say("Che cosa", "What"),
        words.say("Dal", "From"),
        words.say("Al", "Until"),
        words.say("Durata", "Length"),
        words.say("Peggiore", "Worst"),
        words.say("Preso in carico", "Acknowledged"),
        words.say("Chiuso", "Closed"),
    ]
}

/// An excursion in the cells of its columns, untruncated.
pub(super) fn excursion_cells(excursion: &Excursion, words: Words) -> [String; 7] {
    let alert = &excursion.alert;
    let by = |at, who: Option<&str>| match who {
        Some(who) => format!("{}, {who}", words.moment(at)),
        None => words.moment(at),
    };
    let worst = alert.worst_value.map(|worst| match alert.kind {
        AlertType::HighTemp | AlertType::LowTemp => words.degrees(worst),
        _ => format!("{} %", words.number(worst, 0)),
    });
    let mut kind = words.kind(alert.kind).to_owned();
    if alert.late {
        kind.push_str(words.say(" (arrivato tardi)", " (arrived late)"));
    }
    let closed = alert.resolved_at.map(|at| {
        // A customer is not told who it was, but never that it was nobody.
        let nameless = match alert.by_hand {
            true => words.say("chiuso a mano", "closed by hand"),
            false => words.say("rientrato da solo", "back by itself"),
        };
        let who = alert.resolved_by.as_deref().unwrap_or(nameless);
        match &alert.resolution_note {
            Some(note) => format!("{}: {note}", by(at, Some(who))),
            None => by(at, Some(who)),
        }
    });
    [
        format!("{kind} ({})", alert.device_serial_number),
        words.moment(alert.started_at),
        alert.resolved_at.map_or_else(|| words.say("in corso", "going on").to_owned(), |at| words.moment(at)),
        words.length(excursion.seconds),
        worst.unwrap_or_default(),
        alert.acknowledged_at.map(|at| by(at, alert.acknowledged_by.as_deref())).unwrap_or_default(),
        closed.unwrap_or_default(),
    ]
}

fn range(limits: &PastLimits, words: Words) -> String {
    format!("{} … {}", words.degrees(limits.min_temperature), words.degrees(limits.max_temperature))
}

/// The columns of the limits, where they were changed in the time.
pub(super) fn limits_head(words: Words) -> [&'static str; 4] {
    [
        words.say("Limiti dal", "Limits from"),
        words.say("Al", "Until"),
        words.say("Limiti", "Limits"),
        words.say("Stabiliti da", "Set by"),
    ]
}

/// A stretch of time with the same limits in the cells of its columns.
pub(super) fn limits_cells(limits: &PastLimits, words: Words) -> [String; 4] {
    [words.moment(limits.from), words.moment(limits.until), range(limits, words), limits.by.clone().unwrap_or_default()]
}

/// The columns of the maintenance.
pub(super) fn maintenance_head(words: Words) -> [&'static str; 4] {
    [
        words.say("Manutenzione dal", "Maintenance from"),
        words.say("Al", "Until"),
        words.say("Che cosa è stato fatto", "What was done"),
        words.say("Chi", "Who"),
    ]
}

/// A maintenance in the cells of its columns, untruncated.
pub(super) fn maintenance_cells(time: &PastMaintenance, words: Words) -> [String; 4] {
    [
        words.moment(time.from),
        words.moment(time.until),
        time.reason.clone().unwrap_or_default(),
        time.by.clone().unwrap_or_default(),
    ]
}

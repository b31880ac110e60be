//! Notices in words, in Italian and English.

use chrono_tz::Tz;

use super::model::{NoticeFacts, NoticeKind};
use crate::cold_chain::service::{CellDay, Standing};
use crate::cold_chain::{Alert, AlertType, tenths};
use crate::identity::TemperatureUnit;
use crate::identity::service::Audience;
use crate::kernel::time::{MINUTE, Timestamp};
use crate::kernel::zone;
use crate::notify::texts::one_line;

/// A notice in one sentence without a full stop, naming at most so many cells:
/// `12 cells at Porto without power: Cell 1, Cell 2 and 10 more`.
pub(super) fn title(kind: NoticeKind, facts: &NoticeFacts, locale: &str, most: usize) -> String {
    let italian = locale == "it";
    let what = match facts.alert_type {
        AlertType::HighTemp => ("con temperatura troppo alta", "too warm"),
        AlertType::LowTemp => ("con temperatura troppo bassa", "too cold"),
        AlertType::PowerLoss => ("senza corrente", "without power"),
        AlertType::DoorOpen => ("con la porta aperta", "with the door open"),
        AlertType::LowBattery => ("con la batteria quasi scarica", "with a low battery"),
        AlertType::SensorError => ("con il sensore muto", "with a silent sensor"),
    };
    let before = match kind {
        NoticeKind::Opening => ("", ""),
        NoticeKind::Escalation => ("Nessuno ha reagito: ", "Nobody has reacted: "),
        NoticeKind::Resolution => ("Finito: ", "Over: "),
    };
    let again = match (kind, facts.openings) {
        (NoticeKind::Resolution, _) | (_, ..=1) => String::new(),
        (_, times) => opened_again(italian, times, facts.opened_within_minutes),
    };
    let late = if facts.late { (" (segnalato in ritardo)", " (told late)") } else { ("", "") };
    let pick = |(it, en): (&'static str, &'static str)| if italian { it } else { en };
    let (before, what, late, place) = (pick(before), pick(what), pick(late), &facts.location);
    if facts.cell_count == 1 {
        let cell = facts.cells.first().map_or("", String::as_str);
        return match italian {
            true => format!("{before}{cell} presso {place} {what}{late}{again}"),
            false => format!("{before}{cell} at {place} {what}{late}{again}"),
        };
    }
    let named = &facts.cells[..facts.cells.len().min(most)];
    let more = facts.cell_count - i64::try_from(named.len()).unwrap_or(i64::MAX);
    let names = match (more, italian) {
        (..=0, _) => named.join(", "),
        (_, true) => format!("{} e altre {more}", named.join(", ")),
        (_, false) => format!("{} and {more} more", named.join(", ")),
    };
    let count = facts.cell_count;
    match italian {
        true => format!("{before}{count} celle presso {place} {what}{late}: {names}"),
        false => format!("{before}{count} cells at {place} {what}{late}: {names}"),
    }
}

/// That an alert has opened several times: `, opened 8 times in 40 minutes`.
fn opened_again(italian: bool, times: i64, minutes: i64) -> String {
    match italian {
        true => format!(", aperto {times} volte in {minutes} minuti"),
        false => format!(", opened {times} times in {minutes} minutes"),
    }
}

/// The minutes from one moment to another, those that have begun among them.
pub(super) fn minutes_since(since: Timestamp, at: Timestamp) -> i64 {
    (at.since(since) + MINUTE - 1).div_euclid(MINUTE).max(1)
}

/// How an organisation is spoken to.
pub(super) struct Words {
    /// In Italian rather than English.
    pub italian: bool,
    /// Where the organisation is.
    pub zone: Tz,
    /// What temperatures are told in.
    pub unit: TemperatureUnit,
}

impl Words {
    /// As the members of an organisation are spoken to.
    pub fn of(audience: &Audience) -> Self {
        Self {
            italian: audience.locale == "it",
            zone: zone::zone(&audience.time_zone),
            unit: audience.temperature_unit.unwrap_or(TemperatureUnit::Celsius),
        }
    }

    const fn pick(&self, italian: &'static str, english: &'static str) -> &'static str {
        if self.italian { italian } else { english }
    }

    fn degrees(&self, celsius: f64) -> String {
        let text = tenths(self.unit.of_celsius(celsius));
        if self.italian { text.replace('.', ",") } else { text }
    }

    /// An alert in a line: `Cell 1: −5.2 °C, limit −15.0 °C, since 20/11/2026 11:00`.
    pub fn line(&self, kind: AlertType, cell: &str, alert: &Standing) -> String {
        let since = zone::moment(alert.started_at, self.zone);
        let time = match alert.resolved_at {
            Some(end) => format!("{since} – {}", zone::moment(end, self.zone)),
            None => format!("{} {since}", self.pick("dal", "since")),
        };
        let limit = self.pick("limite", "limit");
        let measured = match (kind, alert.worst, alert.threshold) {
            (AlertType::HighTemp | AlertType::LowTemp, Some(worst), threshold) => {
                let sign = self.unit.sign();
                let limit = threshold.map(|celsius| format!(", {limit} {} {sign}", self.degrees(celsius)));
                format!("{} {sign}{}, ", self.degrees(worst.celsius()), limit.unwrap_or_default())
            }
            (AlertType::LowBattery, Some(worst), _) => format!("{:.0} %, ", worst.celsius()),
            _ => String::new(),
        };
        let again = (alert.openings > 1).then(|| {
            let until = alert.resolved_at.unwrap_or(alert.opened_at).max(alert.opened_at);
            opened_again(self.italian, alert.openings, minutes_since(alert.trouble_since, until))
        });
        format!("{}: {measured}{time}{}", one_line(cell), again.unwrap_or_default())
    }
}

/// How a day is put into words.
pub(super) struct DayWords {
    /// How the organisation is spoken to.
    pub words: Words,
    /// The day's beginning.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

/// Cells that the report of a day names.
const REPORTED: usize = 60;

/// A day in a sentence, and a line for each cell that was not in order.
pub(super) fn day_text(words: &DayWords, cells: &[&CellDay]) -> (String, String) {
    let not_in_order: Vec<&&CellDay> =
        cells.iter().filter(|cell| !cell.alerts.is_empty() || cell.readings == 0).collect();
    let (all, wrong) = (cells.len(), not_in_order.len());
    let readings: i64 = cells.iter().map(|cell| cell.readings).sum();
    let italian = words.words.italian;
    let summary = match (italian, wrong) {
        (true, 0) => format!("Celle: {all}, tutte in ordine. Letture: {readings}."),
        (false, 0) => format!("Cells: {all}, all in order. Readings: {readings}."),
        (true, _) => format!("Celle: {all}, di cui in ordine {}. Letture: {readings}.", all - wrong),
        (false, _) => format!("Cells: {all}, of these in order {}. Readings: {readings}.", all - wrong),
    };
    let mut lines: Vec<String> = not_in_order.iter().take(REPORTED).map(|cell| words.cell(cell)).collect();
    match (wrong.saturating_sub(REPORTED), italian) {
        (0, _) => {}
        (more, true) => lines.push(format!("… e altre {more}.")),
        (more, false) => lines.push(format!("… and {more} more.")),
    }
    (summary, lines.join("\n\n"))
}

impl DayWords {
    const fn pick(&self, italian: &'static str, english: &'static str) -> &'static str {
        self.words.pick(italian, english)
    }

    /// A cell's day: where it is, what it measured, and an alert to a line.
    fn cell(&self, cell: &CellDay) -> String {
        let measured = match cell.measured {
            Some((min, max)) => {
                let words = &self.words;
                format!("{} – {} {}", words.degrees(min), words.degrees(max), words.unit.sign())
            }
            None => self.pick("nessuna lettura", "no reading").to_owned(),
        };
        let mut text = format!("{}, {}: {measured}", one_line(&cell.location), one_line(&cell.name));
        for alert in &cell.alerts {
            text.push_str("\n  ");
            text.push_str(&self.alert(alert));
        }
        text
    }

    /// What went on, and from when to when: `Too warm 14:05 – 14:40`.
    fn alert(&self, alert: &Alert) -> String {
        let what = match alert.kind {
            AlertType::HighTemp => self.pick("Troppo calda", "Too warm"),
            AlertType::LowTemp => self.pick("Troppo fredda", "Too cold"),
            AlertType::PowerLoss => self.pick("Senza corrente", "Without power"),
            AlertType::DoorOpen => self.pick("Porta aperta", "Door open"),
            AlertType::LowBattery => self.pick("Batteria quasi scarica", "Low battery"),
            AlertType::SensorError => self.pick("Sensore muto", "Silent sensor"),
        };
        let end = match alert.resolved_at {
            Some(end) if end < self.until => self.moment(end),
            _ => self.pick("oltre la mezzanotte", "past midnight").to_owned(),
        };
        let by = match (&alert.resolved_by, &alert.acknowledged_by) {
            (Some(name), _) => format!(", {} {}", self.pick("chiuso da", "closed by"), one_line(name)),
            (None, Some(name)) => {
                format!(", {} {}", self.pick("preso in carico da", "acknowledged by"), one_line(name))
            }
            (None, None) => String::new(),
        };
        format!("{what} {} – {end}{by}", self.moment(alert.started_at))
    }

    /// The time of day, with the date where it is another day.
    fn moment(&self, moment: Timestamp) -> String {
        if self.from <= moment && moment < self.until {
            zone::time(moment, self.words.zone)
        } else {
            zone::moment(moment, self.words.zone)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(count: i64) -> NoticeFacts {
        NoticeFacts {
            alert_type: AlertType::PowerLoss,
            location: "Porto".to_owned(),
            cells: (1..=count.min(8)).map(|number| format!("Cell {number}")).collect(),
            cell_count: count,
            level: 0,
            late: false,
            openings: 1,
            opened_within_minutes: 0,
            alert_id: None,
        }
    }

    #[test]
    fn many_cells_are_named_up_to_a_number() {
        let words = |count, locale, most| title(NoticeKind::Opening, &facts(count), locale, most);
        assert_eq!(words(1, "en", 8), "Cell 1 at Porto without power");
        assert_eq!(words(3, "en", 8), "3 cells at Porto without power: Cell 1, Cell 2, Cell 3");
        assert_eq!(words(12, "en", 2), "12 cells at Porto without power: Cell 1, Cell 2 and 10 more");
        assert_eq!(words(200, "it", 2), "200 celle presso Porto senza corrente: Cell 1, Cell 2 e altre 198");
    }

    #[test]
    fn an_alert_is_a_line_with_its_numbers() {
        let standing = Standing {
            id: crate::kernel::ids::AlertId::new(),
            started_at: Timestamp(1_795_168_800_000),
            opened_at: Timestamp(1_795_168_800_000),
            resolved_at: None,
            is_acknowledged: false,
            by_hand: false,
            trouble_id: crate::kernel::ids::AlertId::new(),
            trouble_since: Timestamp(1_795_168_800_000),
            openings: 1,
            late: false,
            worst: Some(crate::cold_chain::Micro(-5_240_000)),
            threshold: Some(-15.0),
        };
        let over = Standing { resolved_at: Some(Timestamp(1_795_170_000_000)), ..standing };
        let italian = Words { italian: true, zone: zone::zone("Europe/Rome"), unit: TemperatureUnit::Celsius };
        let english = Words { italian: false, zone: zone::zone("UTC"), unit: TemperatureUnit::Fahrenheit };
        let warm = italian.line(AlertType::HighTemp, "Cella\n1", &standing);
        assert_eq!(warm, "Cella 1: −5,2 °C, limite −15,0 °C, dal 20/11/2026 11:00");
        let warm = english.line(AlertType::HighTemp, "Cell 1", &over);
        assert_eq!(warm, "Cell 1: 22.6 °F, limit 5.0 °F, 20/11/2026 10:00 – 20/11/2026 10:20");
        let empty = Standing { worst: Some(crate::cold_chain::Micro(18_000_000)), ..standing };
        assert_eq!(english.line(AlertType::LowBattery, "Cell 1", &empty), "Cell 1: 18 %, since 20/11/2026 10:00");
        let cut = Standing { worst: None, threshold: None, ..standing };
        assert_eq!(english.line(AlertType::PowerLoss, "Cell 1", &cut), "Cell 1: since 20/11/2026 10:00");
    }

    #[test]
    fn what_happened_stands_first() {
        let late = NoticeFacts { late: true, ..facts(1) };
        assert_eq!(title(NoticeKind::Opening, &late, "en", 8), "Cell 1 at Porto without power (told late)");
        let again = NoticeFacts { openings: 8, opened_within_minutes: 40, ..facts(1) };
        let said = title(NoticeKind::Escalation, &again, "en", 8);
        assert_eq!(said, "Nobody has reacted: Cell 1 at Porto without power, opened 8 times in 40 minutes");
        let said = title(NoticeKind::Opening, &again, "it", 8);
        assert_eq!(said, "Cell 1 presso Porto senza corrente, aperto 8 volte in 40 minuti");
        let over = title(NoticeKind::Resolution, &facts(1), "it", 8);
        assert_eq!(over, "Finito: Cell 1 presso Porto senza corrente");
    }
}

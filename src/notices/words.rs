//! Notices in words, in Italian and English.

use super::model::{NoticeFacts, NoticeKind};
use crate::cold_chain::AlertType;

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
    let late = if facts.late { (" (segnalato in ritardo)", " (told late)") } else { ("", "") };
    let pick = |(it, en): (&'static str, &'static str)| if italian { it } else { en };
    let (before, what, late, place) = (pick(before), pick(what), pick(late), &facts.location);
    if facts.cell_count == 1 {
        let cell = facts.cells.first().map_or("", String::as_str);
        return match italian {
            true => format!("{before}{cell} presso {place} {what}{late}"),
            false => format!("{before}{cell} at {place} {what}{late}"),
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
    fn what_happened_stands_first() {
        let late = NoticeFacts { late: true, ..facts(1) };
        assert_eq!(title(NoticeKind::Opening, &late, "en", 8), "Cell 1 at Porto without power (told late)");
        let over = title(NoticeKind::Resolution, &facts(1), "it", 8);
        assert_eq!(over, "Finito: Cell 1 presso Porto senza corrente");
    }
}

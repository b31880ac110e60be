//! The limits that were in force at a time: the cell itself knows only those of now, the journal all of them.

use serde::Deserialize;

use crate::cold_chain::report::PastLimits;
use crate::kernel::journal::PastEntry;
use crate::kernel::time::Timestamp;

/// What the journal says when a cell's settings change.
pub(super) const CHANGED: &str = "cold_chain.cell_changed";

/// The limits among the settings in the journal, in °C.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    min_temperature: f64,
    max_temperature: f64,
}

impl Limits {
    /// What an entry says of them; nothing if its words were taken out.
    fn read(state: Option<&str>) -> Option<(f64, f64)> {
        let limits: Self = serde_json::from_str(state?).ok()?;
        Some((limits.min_temperature, limits.max_temperature))
    }
}

/// The limits of a cell from a moment until another, by its history, oldest first, and by those that it has now. There is at
/// least one stretch.
pub(super) fn past(history: &[PastEntry], now: (f64, f64), from: Timestamp, until: Timestamp) -> Vec<PastLimits> {
    let changes: Vec<_> = history
        .iter()
        .filter(|entry| entry.action == CHANGED)
        .filter_map(|entry| {
            Some((entry, Limits::read(entry.before.as_deref())?, Limits::read(entry.after.as_deref())?))
        })
        .collect();
    let at_first = changes.first().map_or(now, |(_, before, _)| *before);
    let mut stretches = vec![stretch(from, until, at_first, None)];
    for (entry, _, limits) in changes {
        let Some(last) = stretches.last_mut() else { break };
        if (last.min_temperature, last.max_temperature) == limits || entry.at >= until {
            continue;
        }
        if entry.at <= from {
            *last = stretch(from, until, limits, None);
            continue;
        }
        last.until = entry.at;
        stretches.push(stretch(entry.at, until, limits, Some(entry.actor().to_owned())));
    }
    stretches
}

const fn stretch(from: Timestamp, until: Timestamp, limits: (f64, f64), by: Option<String>) -> PastLimits {
    PastLimits { from, until, min_temperature: limits.0, max_temperature: limits.1, by }
}

//! The wall display.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use super::{AlertRow, CellRow};
use crate::error::PageError;

/// What the wall display shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WallView {
    /// The active alerts that nobody has reacted to, the oldest first, and then others, as many as there is room for.
    pub alerts: Vec<AlertRow>,
    /// How many alerts are active.
    pub active: i64,
    /// How many of all nobody has reacted to, in words.
    pub headline: String,
    /// How many alerts are not shown, in words.
    pub more_alerts: Option<String>,
    /// The cells, the worst first, as many as there is room for.
    pub cells: Vec<CellRow>,
    /// How many of all cells are not in order.
    pub uneasy: i64,
    /// How many cells are not shown, in words.
    pub more_cells: Option<String>,
    /// All cells.
    pub cold_cells: i64,
    /// All customers with places.
    pub customers: i64,
    /// The clock time of all this.
    pub as_of: String,
    /// The same for a clock that goes on: milliseconds since 1970, by the wall clocks of the organisation's time zone.
    pub local_ms: i64,
}

/// Alerts on the wall,
#[cfg(feature = "ssr")]
const ALERTS: i64 = 24;
/// and cells: as many as a screen that nobody scrolls can show.
#[cfg(feature = "ssr")]
const CELLS: i64 = 60;

/// The wall display.
#[server(prefix = "/_fn", endpoint = "cold-chain/wall", input = GetUrl)]
pub async fn get_wall() -> Result<WallView, PageError> {
    let (app, actor) = crate::context::context()?;
    let (calendar, unit) = crate::context::calendar_and_unit(&app, &actor).await?;
    let now = app.clock.now();
    let wall = officina::cold_chain::service::wall(&app, &actor, ALERTS, CELLS).await?;
    Ok(WallView {
        headline: match wall.unattended {
            0 => "Somebody is on every alert".to_owned(),
            1 => "1 alert without reaction".to_owned(),
            more => format!("{more} alerts without reaction"),
        },
        more_alerts: more_alerts(wall.active, wall.unattended, wall.alerts.len()),
        more_cells: more_cells(wall.cold_cells, wall.uneasy, wall.cells.len()),
        active: wall.active,
        alerts: wall.alerts.into_iter().map(|alert| AlertRow::of(alert, &calendar, unit)).collect(),
        cells: wall.cells.iter().map(|cell| CellRow::of(cell, now, &calendar, unit)).collect(),
        uneasy: wall.uneasy,
        cold_cells: wall.cold_cells,
        customers: wall.customers,
        as_of: calendar.clock(now),
        local_ms: calendar.wall_clock(now),
    })
}

/// What is left of so many, and of the bad ones among them, which are shown first.
#[cfg(feature = "ssr")]
fn unseen(all: i64, bad: i64, shown: usize) -> (i64, i64) {
    let shown = i64::try_from(shown).unwrap_or(i64::MAX);
    (all.saturating_sub(shown).max(0), bad.saturating_sub(shown).max(0))
}

/// How many alerts are not shown, in words.
#[cfg(feature = "ssr")]
fn more_alerts(active: i64, unattended: i64, shown: usize) -> Option<String> {
    Some(match unseen(active, unattended, shown) {
        (0, _) => return None,
        (more, 0) => format!("and {more} more, with somebody on each"),
        (more, alone) if alone >= more => format!("and {more} more without reaction"),
        (more, alone) => format!("and {more} more, {alone} of them without reaction"),
    })
}

/// How many cells are not shown, in words.
#[cfg(feature = "ssr")]
fn more_cells(all: i64, uneasy: i64, shown: usize) -> Option<String> {
    Some(match unseen(all, uneasy, shown) {
        (0, _) => return None,
        (1, 0) => "and 1 more cell, which is in order".to_owned(),
        (1, _) => "and 1 more cell, which is not in order".to_owned(),
        (more, 0) => format!("and {more} more cells, all of them in order"),
        (more, uneasy) if uneasy >= more => format!("and {more} more cells, none of them in order"),
        (more, uneasy) => format!("and {more} more cells, {uneasy} of them not in order"),
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_not_called_better_than_it_is() {
        let alerts = |active, unattended| more_alerts(active, unattended, 24).unwrap_or_default();
        assert_eq!(alerts(24, 24), "");
        assert_eq!(alerts(35, 24), "and 11 more, with somebody on each");
        assert_eq!(alerts(35, 27), "and 11 more, 3 of them without reaction");
        assert_eq!(alerts(35, 35), "and 11 more without reaction");
        let cells = |all, uneasy| more_cells(all, uneasy, 60).unwrap_or_default();
        assert_eq!((cells(3, 3), cells(60, 60)), (String::new(), String::new()));
        assert_eq!(
            (&*cells(61, 60), &*cells(61, 61)),
            ("and 1 more cell, which is in order", "and 1 more cell, which is not in order")
        );
        assert_eq!(cells(72, 0), "and 12 more cells, all of them in order");
        assert_eq!(cells(72, 62), "and 12 more cells, 2 of them not in order");
        assert_eq!(cells(72, 72), "and 12 more cells, none of them in order");
    }
}

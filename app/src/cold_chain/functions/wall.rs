//! The wall display.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use super::{AlertRow, CellRow};
use crate::error::PageError;

/// What the wall display shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WallView {
    /// The newest active alerts, those that nobody has reacted to first.
    pub alerts: Vec<AlertRow>,
    /// How many alerts are shown.
    pub shown: i64,
    /// How many are active.
    pub active: i64,
    /// How many of those that are shown nobody has reacted to, in words.
    pub headline: String,
    /// The cells, those with alerts first.
    pub cells: Vec<CellRow>,
    /// How many cells are not shown, in words.
    pub more_cells: Option<String>,
    /// All cells.
    pub cold_cells: i64,
    /// All customers with cells.
    pub customers: i64,
    /// The clock time of all this.
    pub as_of: String,
}

/// Cells on the wall: as many as a screen that nobody scrolls can show.
#[cfg(feature = "ssr")]
const CELLS: u32 = 60;

/// The wall display.
#[server(prefix = "/_fn", endpoint = "cold-chain/wall", input = GetUrl)]
pub async fn get_wall() -> Result<WallView, PageError> {
    use officina::cold_chain::{AlertFilter, AlertStatus, CellFilter, service};
    use officina::kernel::page::PageRequest;

    let (app, actor) = crate::context::context()?;
    let (calendar, unit) = crate::context::calendar_and_unit(&app, &actor).await?;
    let now = app.clock.now();
    let numbers = service::technician_dashboard(&app, &actor).await?;
    let filter = AlertFilter { status: Some(AlertStatus::Active), ..AlertFilter::default() };
    let newest = PageRequest { limit: Some(24), ..PageRequest::default() };
    let mut alerts = service::list_alerts(&app, &actor, &filter, &newest).await?.items;
    alerts.sort_by_key(|alert| alert.acknowledged_at.is_some());
    let alone = alerts.iter().filter(|alert| alert.acknowledged_at.is_none()).count();
    let first = PageRequest { limit: Some(CELLS), ..PageRequest::default() };
    let cells = service::list_cold_cells(&app, &actor, &CellFilter::default(), &first).await?.items;
    let mut cells: Vec<CellRow> = cells.iter().map(|cell| CellRow::of(cell, now, &calendar, unit)).collect();
    cells.sort_by_key(CellRow::condition);
    let unseen = numbers.cold_cells - i64::try_from(cells.len()).unwrap_or(i64::MAX);
    Ok(WallView {
        more_cells: (unseen > 0).then(|| format!("and {unseen} more cells. Alerts of any of them stand above.")),
        shown: i64::try_from(alerts.len()).unwrap_or(i64::MAX),
        active: numbers.active_alerts,
        headline: match alone {
            0 => "Somebody is on every alert".to_owned(),
            1 => "1 alert without reaction".to_owned(),
            more => format!("{more} alerts without reaction"),
        },
        alerts: alerts.into_iter().map(|alert| AlertRow::of(alert, &calendar, unit)).collect(),
        cells,
        cold_cells: numbers.cold_cells,
        customers: numbers.customers,
        as_of: calendar.clock(now),
    })
}

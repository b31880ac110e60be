//! What a day was like in all cells: for those who report it.

use std::collections::HashMap;

use crate::Result;
use crate::cold_chain::alert::Alert;
use crate::cold_chain::chart::ChartRange;
use crate::cold_chain::store::{alerts, buckets};
use crate::kernel::App;
use crate::kernel::ids::{ColdCellId, CustomerId, OrgId};
use crate::kernel::time::{SECOND, Timestamp};

/// A cell's day.
#[derive(Debug, Clone)]
pub struct CellDay {
    /// What the cell is called.
    pub name: String,
    /// Where it stands.
    pub location: String,
    /// Whose it is.
    pub customer: Option<CustomerId>,
    /// The lowest and the highest reading in °C; nothing if none came.
    pub measured: Option<(f64, f64)>,
    /// How many readings there were.
    pub readings: i64,
    /// The alerts that went on in the day, in the order of their beginnings.
    pub alerts: Vec<Alert>,
}

/// All cells of an organisation between two moments, by place and name. Cells without a device are left out.
///
/// # Errors
/// What the database says.
pub async fn cells_between(app: &App, org: OrgId, from: Timestamp, until: Timestamp) -> Result<Vec<CellDay>> {
    let mut by_cell: HashMap<ColdCellId, Vec<Alert>> = HashMap::new();
    for alert in alerts::between(&app.db, org, None, from, until).await? {
        let alert = Alert::from(alert);
        by_cell.entry(alert.cold_cell_id).or_default().push(alert);
    }
    let rows = buckets::cells_between(&app.db, org, span(from, until), from, until).await?;
    let cells = rows.into_iter().map(|row| CellDay {
        measured: row.min.zip(row.max).map(|(min, max)| (min.celsius(), max.celsius())),
        readings: row.readings,
        alerts: by_cell.remove(&row.id).unwrap_or_default(),
        name: row.name,
        location: row.location,
        customer: row.customer_id,
    });
    Ok(cells.collect())
}

/// The widest buckets that begin and end with the time: not every time zone's midnight is a whole hour of UTC.
fn span(from: Timestamp, until: Timestamp) -> ChartRange {
    let fits = |range: &ChartRange| {
        let width = range.bucket_seconds() * SECOND;
        from.0.rem_euclid(width) == 0 && until.0.rem_euclid(width) == 0
    };
    [ChartRange::Month, ChartRange::Week].into_iter().find(fits).unwrap_or(ChartRange::Day)
}

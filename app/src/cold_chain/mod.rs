//! Cold chain for staff: cells, a cell's page with its chart, alerts, and the functions that they call.

mod alerts;
mod cells;
mod functions;
mod looks;
mod maintenance;

pub use alerts::AlertsPage;
pub use cells::{ColdCellPage, ColdChainPage};
pub use functions::{AlertQuery, AlertRow, AlertsView, CellRow, CellView, CellsView, MaintenanceView};

//! Cold chain for staff: cells, a cell's page with its chart, alerts, and the functions that they call.

mod add_devices;
mod alerts;
mod cells;
mod devices;
mod functions;
mod looks;
mod maintenance;
mod wall;

pub use add_devices::AddDevicesPage;
pub use alerts::AlertsPage;
pub use cells::{ColdCellPage, ColdChainPage};
pub use devices::{DevicePage, DevicesPage};
pub use functions::{
    AddDevicesView, AlertQuery, AlertRow, AlertsView, CellRow, CellView, CellsView, DeviceRow, DeviceView, DevicesView,
    MaintenanceView, WallView,
};
// Their forms name them in a field (`sent::calls`).
pub use functions::{import_devices, rotate_key};
pub use wall::WallPage;

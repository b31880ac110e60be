//! Cold chain for staff: cells, a cell's page with its chart, alerts, and the functions that they call.

mod add_cell;
mod add_devices;
mod alert;
mod alerts;
mod cells;
mod customers;
mod devices;
#[cfg(feature = "ssr")]
mod drawing;
mod functions;
mod looks;
mod maintenance;
mod mute;
mod policy;
mod wall;

pub use add_cell::AddCellPage;
pub use add_devices::AddDevicesPage;
pub use alert::AlertPage;
pub use alerts::AlertsPage;
pub use cells::{ColdCellPage, ColdChainPage};
pub use customers::CustomersPage;
pub use devices::{DevicePage, DevicesPage};
pub use functions::{
    AddDevicesView, AlertQuery, AlertRow, AlertView, AlertsView, CellQuery, CellRow, CellView, CellsView, CustomerRow,
    CustomersView, DeviceQuery, DeviceRow, DeviceView, DevicesView, LevelForm, LevelView, MaintenanceView, NewCellView,
    PolicyForm, PolicyView, SilenceRow, Tick, WallView,
};
// Their forms name them in a field (`sent::calls`).
pub use functions::{create_cell, create_location, import_devices, rotate_key, set_policy};
pub use policy::PolicyPage;
pub use wall::WallPage;

//! Cold chain for staff: cells, a cell's page with its chart, alerts, and the functions that they call.

mod add_cell;
mod add_devices;
mod alert;
mod alerts;
mod cells;
mod change_cell;
mod customers;
mod devices;
#[cfg(feature = "ssr")]
mod drawing;
mod fields;
mod functions;
mod looks;
mod maintenance;
mod mute;
mod place;
mod policy;
mod wall;

pub use add_cell::AddCellPage;
pub use add_devices::AddDevicesPage;
pub use alert::AlertPage;
pub use alerts::AlertsPage;
pub use cells::{ColdCellPage, ColdChainPage};
pub use change_cell::ChangeCellPage;
pub use customers::CustomersPage;
pub use devices::{DevicePage, DevicesPage};
pub use functions::{
    AddDevicesView, AlertQuery, AlertRow, AlertView, AlertsView, CellForm, CellQuery, CellRow, CellView, CellsView,
    ChangeCellView, ChangePlaceView, Choice, CustomerRow, CustomersView, DeviceQuery, DeviceRow, DeviceView,
    DevicesView, LevelForm, LevelView, MaintenanceView, NewCellView, PlaceView, PolicyForm, PolicyView, SilenceRow,
    Tick, WallView,
};
// Their forms name them in a field (`sent::calls`).
pub use functions::{
    change_cell, change_device, change_place, create_cell, create_device, create_location, import_devices, rotate_key,
    set_policy,
};
#[cfg(feature = "ssr")]
pub(crate) use looks::alert_label;
pub use place::PlacePage;
pub use policy::PolicyPage;
pub use wall::WallPage;

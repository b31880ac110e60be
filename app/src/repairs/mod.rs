//! Repairs for staff: list, board, detail, and the functions that they call.

mod appointment;
mod board;
mod detail;
mod functions;
mod list;
mod looks;
mod new;
mod new_functions;
mod notes;
mod photos;

pub use board::BoardPage;
pub use detail::RepairPage;
pub use functions::{Board, BoardColumnView, RepairQuery, RepairRow, RepairView, RepairsView};
pub use list::{RepairsPage, repairs_table};
#[cfg(feature = "ssr")]
pub(crate) use looks::type_label;
pub use looks::{StatusBadge, status_label};
pub use new::NewRepairPage;
pub use new_functions::{CarForm, NewRepairView};

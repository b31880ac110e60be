//! Repairs for staff: list, board, detail, and the functions that they call.

mod board;
mod detail;
mod functions;
mod list;
mod looks;

pub use board::BoardPage;
pub use detail::RepairPage;
pub use functions::{Board, BoardColumnView, RepairQuery, RepairRow, RepairView, RepairsView};
pub use list::{RepairsPage, repairs_table};
pub use looks::{StatusBadge, status_label};

//! Phone numbers that somebody has to look at: the list, and the functions that it calls.

mod functions;
mod page;

pub use functions::{NumberRow, NumbersView};
pub use page::NumbersPage;

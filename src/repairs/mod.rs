//! Body-shop repairs: check-in by the customer, the line of statuses that staff move a repair along, and the tracking
//! page that answers "where is my car?" from the same journal.

pub mod inputs;
pub mod model;
pub mod status;

#[cfg(feature = "ssr")]
pub mod appointments;
#[cfg(feature = "ssr")]
mod check_in;
#[cfg(feature = "ssr")]
pub mod counter;
#[cfg(feature = "ssr")]
mod lists;
#[cfg(feature = "ssr")]
pub mod notes;
#[cfg(feature = "ssr")]
pub mod photos;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod submitted;
#[cfg(feature = "ssr")]
pub mod tracking;

pub use inputs::*;
pub use model::*;
pub use status::*;

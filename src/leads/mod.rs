//! Leads: what visitors of a public website ask for, and how staff follow up.

pub mod model;

#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;

pub use model::*;

//! Leads: what visitors of a public website ask for, and how staff follow up.

pub mod model;

pub use model::*;

//! The pages of Officina. Public pages are rendered to a string by the server and carry no script; staff pages are a
//! hydrated application, and the server functions that they call live beside them.

pub mod error;
#[cfg(feature = "ssr")]
pub mod public;
pub mod shell;
#[cfg(feature = "ssr")]
pub mod theme;
pub mod ui;

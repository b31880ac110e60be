//! The audit: the journal as those read it who have to know what was done. It is searched, taken out as a file, and, on
//! request of a person, emptied of what it says about them.

pub mod model;

#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod subjects;

pub use model::*;

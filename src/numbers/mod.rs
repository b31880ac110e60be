//! Phone numbers that somebody has to look at, and the reading of all stored numbers in another country.

mod model;
#[cfg(feature = "ssr")]
mod reading;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;

pub use model::{DoubtReason, NumberDoubt};

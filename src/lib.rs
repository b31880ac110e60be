//! The domain of Officina: what a service business is, without HTTP and without HTML.
//!
//! Each area has the same four parts: `model` (types and rules that the browser shares), `service` (the rules that need
//! the database), `store` (SQL and nothing else) and a `mod.rs` that says what the area is. Without the feature `ssr`
//! only the models are compiled, which is what the browser gets.

pub mod kernel;

pub mod audit;
pub mod cold_chain;
pub mod customers;
pub mod identity;
pub mod leads;
pub mod notices;
pub mod notify;
pub mod numbers;
pub mod repairs;

pub use kernel::error::{Error, Result};

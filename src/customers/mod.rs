//! Customers and vehicles: one record per person or company, and one per plate, in an organisation.

#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;

//! The audit page: what was done, by whom, to what.

#[cfg(feature = "ssr")]
mod changes;
mod functions;
mod page;

pub use functions::{AuditQuery, AuditRow, AuditView, Change};
pub use page::AuditPage;

//! The audit page: what was done, by whom, to what.

#[cfg(feature = "ssr")]
mod changes;
mod functions;
mod history;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use changes::{Words, change_line};
pub use functions::{AuditQuery, AuditRow, AuditView, Change};
pub use history::history_link;
pub use page::AuditPage;

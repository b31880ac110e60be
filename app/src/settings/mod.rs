//! The settings of the organisation.

mod functions;
mod page;

pub use functions::{SettingsForm, SettingsView};
pub use page::SettingsPage;

//! Leads for staff: the inbox, a lead's page, and the functions that they call.

mod functions;
mod pages;

pub use functions::{LeadQuery, LeadRow, LeadView, LeadsView};
pub use pages::{LeadPage, LeadsPage};
#[cfg(feature = "ssr")]
pub(crate) use pages::{status_label as lead_status_label, type_label as lead_type_label};

//! Leads for staff: the inbox, a lead's page, and the functions that they call.

mod functions;
mod pages;

pub use functions::{LeadQuery, LeadRow, LeadView, LeadsView};
pub use pages::{LeadPage, LeadsPage};

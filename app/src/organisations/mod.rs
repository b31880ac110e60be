//! The organisations of the installation, for its operator.

mod functions;
mod page;

pub use functions::{OrganisationRow, OrganisationsView};
pub use page::OrganisationsPage;

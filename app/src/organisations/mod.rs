//! The organisations of the installation, for its operator.

mod functions;
mod page;

pub use functions::{OrganisationRow, OrganisationsView};
// Their forms name them in a field (`sent::calls`).
pub use functions::{create_organisation, suspend_organisation};
pub use page::OrganisationsPage;

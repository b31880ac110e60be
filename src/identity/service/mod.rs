//! The rules of identity.

mod audience;
mod customers;
mod factor;
mod failed_sign_ins;
mod guard;
mod invitations;
mod links;
mod members;
mod organisations;
mod own;
mod passkeys;
mod phones;
mod recovery;
mod registration;
mod roles;
mod secret;
mod sessions;
mod settings;
mod setup;
mod sign_in;
mod tenants;
mod tokens;
mod under_way;

pub use audience::*;
pub use customers::*;
pub use factor::*;
pub use failed_sign_ins::{FAILED_SIGN_INS_EVERY, FAILED_SIGN_INS_JOB, journal_failed_sign_ins};
pub use guard::{SignInLimits, Turns};
pub use invitations::*;
pub use members::*;
pub use organisations::*;
pub use own::*;
pub use passkeys::*;
pub use phones::country;
pub use recovery::*;
pub use registration::*;
pub use roles::*;
pub use secret::*;
pub use sessions::*;
pub use settings::*;
pub use setup::*;
pub use sign_in::*;
pub use tenants::*;
pub use tokens::*;
pub use under_way::under_way;

use std::net::IpAddr;

use crate::identity::model::Area;
use crate::kernel::permission::PermissionSet;

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The address, after trusted proxies.
    pub address: Option<IpAddr>,
    /// The browser's or program's name for itself.
    pub user_agent: Option<String>,
    /// What a browser that has signed in before shows to be known again.
    pub device: Option<String>,
    /// The id of the HTTP request.
    pub request_id: Option<String>,
}

/// The permissions of the areas that an organisation has switched off, of the words of those that are on.
fn hidden_by(areas: &str) -> PermissionSet {
    let is_off = |area: &&Area| areas.split(' ').all(|word| word != area.as_str());
    Area::ALL.iter().filter(is_off).flat_map(|area| area.permissions()).copied().collect()
}

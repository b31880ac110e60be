//! Who people are: organisations, accounts, their memberships, and the sessions they sign in with.
//!
//! An account is a person; a membership is that person in one organisation, with one role. A session belongs to an
//! account in an organisation, and every request resolves it anew, so that a suspended membership, an ended session or
//! a changed role takes effect on the next request.

pub mod access;
pub mod model;

#[cfg(feature = "ssr")]
pub mod opening_hours;
#[cfg(feature = "ssr")]
pub mod passkeys;
#[cfg(feature = "ssr")]
pub mod password;
#[cfg(feature = "ssr")]
pub mod service;
pub mod settings;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod weak_passwords;

pub use access::*;
pub use model::*;
pub use settings::*;

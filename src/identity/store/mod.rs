//! The tables of identity.

mod accounts;
mod audience;
mod customers;
mod factors;
mod failed_sign_ins;
mod links;
mod organisations;
mod passkeys;
mod roles;
mod secret;
mod sessions;
mod tokens;

pub(crate) use accounts::*;
pub(crate) use audience::*;
pub(crate) use customers::*;
pub(crate) use factors::*;
pub(crate) use failed_sign_ins::*;
pub(crate) use links::*;
pub(crate) use organisations::*;
pub(crate) use passkeys::*;
pub(crate) use roles::*;
pub(crate) use secret::*;
pub(crate) use sessions::*;
pub(crate) use tokens::*;

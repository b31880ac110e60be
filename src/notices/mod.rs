//! Notices: what members are told of without asking, in the application, by mail and by SMS.
//!
//! Nothing here is called by those who change something. A follower of the journal ([`service::follow`]) reads what
//! happened, gathers what belongs together for a minute, so that a power cut in two hundred cells is one notice and not
//! two hundred, and then tells it to everybody concerned. Its position lies in the database and moves in the transaction
//! that writes what follows from an entry: nothing is told twice, nothing is lost, however many servers there are.

pub mod model;

#[cfg(feature = "ssr")]
mod happening;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod words;

pub use model::*;

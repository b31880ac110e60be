//! Cold chain: customers' locations with cold cells, the devices in them, what these measure, and the alerts that follow.
//!
//! Devices post readings over bad networks: late, repeated, out of order. Readings are taken in groups by
//! [`ingest::store_group`], which in one transaction stores what is new, brings the chart's buckets and the device's
//! latest values up to date, and runs the alert engine ([`engine`]), a pure function whose memory lies in the database.
//! What follows from time that passes without a reading is found by two jobs: [`service::watch`] and
//! [`service::escalate`]; what follows from readings that came out of order by a third, [`service::look_back`].
//! Stored temperatures are whole micro-degrees Celsius ([`Micro`]), so that sums do not depend on the order of arrival.

pub mod alert;
pub mod chart;
pub mod degrees;
pub mod inputs;
pub mod model;
pub mod policy;
pub mod silence;

#[cfg(feature = "ssr")]
pub mod backlog;
#[cfg(feature = "ssr")]
mod buckets;
#[cfg(feature = "ssr")]
pub mod engine;
#[cfg(feature = "ssr")]
pub mod ingest;
#[cfg(feature = "ssr")]
mod intake;
#[cfg(feature = "ssr")]
mod known;
#[cfg(feature = "ssr")]
pub mod reading;
pub mod report;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod transitions;
#[cfg(feature = "ssr")]
pub mod wire;

pub use alert::*;
pub use chart::*;
pub use degrees::*;
pub use inputs::*;
pub use model::*;
pub use policy::*;
pub use silence::*;

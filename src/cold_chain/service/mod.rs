//! The rules of the cold chain.

mod alerts;
mod clock;
mod day;
mod devices;
mod escalation;
mod fleet;
mod import;
mod limits;
mod look_back;
mod maintenance;
mod mutes;
mod places;
mod readings;
mod reports;
mod retention;
mod silences;
mod urgency;
mod watch;

pub use alerts::*;
pub use clock::*;
pub use day::*;
pub use devices::*;
pub use escalation::*;
pub use fleet::*;
pub use import::*;
pub use look_back::*;
pub use maintenance::*;
pub(super) use mutes::Mutes;
pub use places::*;
pub use readings::*;
pub use reports::*;
pub use retention::*;
pub use silences::*;
pub use urgency::*;
pub use watch::*;

//! Cold chain, stored.

pub(super) mod alerts;
pub(super) mod devices;
pub(super) mod fleet;
mod multi_row;
pub(super) mod readings;

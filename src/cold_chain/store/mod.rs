//! Cold chain, stored.

pub(super) mod alerts;
pub(super) mod backlog;
pub(super) mod buckets;
pub(super) mod clock;
pub(super) mod devices;
pub(super) mod disorder;
pub(super) mod escalations;
pub(super) mod fleet;
pub(super) mod looks;
pub(super) mod partitions;
pub(super) mod policies;
pub(super) mod readings;
pub(super) mod retention;
mod scope;
pub(super) mod silences;
pub(super) mod transitions;
pub(super) mod urgency;

//! What goes on from one group of readings to the next.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, MutexGuard, Notify};

use crate::cold_chain::backlog::Pace;
use crate::cold_chain::known::KnownDevices;

/// What whoever stores readings remembers from one group to the next.
#[derive(Debug, Default)]
pub struct Intake {
    memory: Mutex<Memory>,
    groups: AtomicUsize,
    put_off: Notify,
}

/// What is remembered of the groups before.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The devices that were written last.
    pub devices: KnownDevices,
    /// How many devices' alerts have been written with their readings lately.
    pub pace: Pace,
}

impl Intake {
    /// Whether a group is being stored, or waits for it.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.groups.load(Ordering::Relaxed) > 0
    }

    /// Counts a group as being stored, or waiting for it, until the answer is dropped.
    pub(super) fn begin(&self) -> AtWork<'_> {
        self.groups.fetch_add(1, Ordering::Relaxed);
        AtWork(self)
    }

    /// What is remembered, for one group alone.
    pub(super) async fn remember(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().await
    }

    /// Says that alerts have been put off.
    pub(super) fn tell_put_off(&self) {
        self.put_off.notify_one();
    }

    /// Waits until alerts have been put off, for [`crate::cold_chain::backlog::catch_up`].
    pub async fn put_off(&self) {
        self.put_off.notified().await;
    }
}

/// A group that is being stored.
pub(super) struct AtWork<'a>(&'a Intake);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.groups.fetch_sub(1, Ordering::Relaxed);
    }
}

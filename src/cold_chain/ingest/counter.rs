//! A device's own count of its readings (`seq`) tells a reading that is sent again from a new one, as long as the device
//! remembers how far it has counted. Many forget it when they are switched on, or when their firmware is replaced. So a
//! reading repeats another one of the same seq only if it says the same; otherwise the count has begun anew, and the reading
//! gets a key that holds its time or its values as well. Such keys need no memory of how often that has happened: a late
//! delivery of any earlier count is known again.

use super::context::{Context, KIND_ANEW_TIMED, KIND_ANEW_UNTIMED, KIND_SEQ};

use crate::cold_chain::reading::{FLAG_CLOCK_SUSPECT, Values};
use crate::cold_chain::store::readings::{ReadingKey, ReadingRow};
use crate::kernel::time::DAY;

/// For so long, in milliseconds, a reading without a time that is believed is looked for among those whose seq another one had
/// first. A device keeps what was not answered for hours.
const LOOKED_FOR: i64 = DAY;
/// The lower bits of a key that hold the seq, beside the milliseconds of its time: two readings of one device in one
/// millisecond are told apart unless their seqs differ by a multiple of a million. The time has room until the year 2248.
pub(in crate::cold_chain) const SEQ_BITS: u32 = 20;

impl ReadingRow {
    /// Whether this reading and another one of the same device and seq are one that was sent twice: measured at the same time,
    /// or, where no time is believed, with the same values.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        let is_believed = |row: &Self| row.flags & FLAG_CLOCK_SUSPECT == 0;
        match (self.recorded_at, other.recorded_at) {
            (Some(this), Some(that)) if this != that => false,
            // A clock that counts from the start of the device says the same again after each start.
            (Some(_), Some(_)) if is_believed(self) || is_believed(other) => true,
            _ => self.values() == other.values(),
        }
    }

    /// The keys under which a reading with a seq may be stored already.
    pub(super) fn stored_as(&self) -> Vec<ReadingKey> {
        let Some(seq) = self.seq else { return Vec::new() };
        let timed = self.timed_key().map(|key| (self.device_no, KIND_ANEW_TIMED, key));
        let untimed = [0, 1].map(|windows| (self.device_no, KIND_ANEW_UNTIMED, self.untimed_key(windows)));
        [(self.device_no, KIND_SEQ, seq)].into_iter().chain(timed).chain(untimed).collect()
    }

    /// The reading under a key that another one of the same seq does not have.
    pub(super) fn anew(mut self) -> Self {
        let timed = self.timed_key().filter(|_| self.flags & FLAG_CLOCK_SUSPECT == 0);
        (self.dedupe_kind, self.dedupe_key) = match timed {
            Some(key) => (KIND_ANEW_TIMED, key),
            None => (KIND_ANEW_UNTIMED, self.untimed_key(0)),
        };
        self
    }

    /// Whether another reading had its seq first.
    pub(super) const fn is_anew(&self) -> bool {
        matches!(self.dedupe_kind, KIND_ANEW_TIMED | KIND_ANEW_UNTIMED)
    }

    /// Later ones are greater, so that the old ones lie together.
    fn timed_key(&self) -> Option<i64> {
        Some(self.recorded_at?.0 << SEQ_BITS | (self.seq? & ((1 << SEQ_BITS) - 1)))
    }

    /// The key of a reading that is told from others for a day, when it came in, or so many days before.
    fn untimed_key(&self, days_before: i64) -> i64 {
        let window = self.received_at.0.div_euclid(LOOKED_FOR) - days_before;
        self.values().fingerprint(window, self.recorded_at, self.seq)
    }

    fn values(&self) -> Values {
        Values {
            temperature: self.temperature,
            humidity: self.humidity,
            battery: self.battery,
            power: self.power,
            door: self.door,
        }
    }
}

impl Context {
    /// Takes note when the device's count has begun anew, before the reading becomes the newest one.
    pub(super) fn note_restart(&mut self, row: &ReadingRow) {
        let Some(seq) = row.seq else { return };
        let is_timed = row.recorded_at.is_some() && row.flags & FLAG_CLOCK_SUSPECT == 0;
        let state = &mut self.watched.row.state;
        let has_fallen = state.latest_at < Some(row.at) && state.latest_seq >= Some(seq);
        // Without a time, what has been overtaken on its way looks the same, unless its seq was another's before.
        if has_fallen && (row.is_anew() || is_timed) {
            state.seq_restarts += 1;
            state.seq_restarted_at = Some(row.at);
        } else if row.is_anew() && state.seq_restarted_at.is_none() {
            // What came first was of the later count.
            state.seq_restarts += 1;
            state.seq_restarted_at = state.latest_at.max(Some(row.at));
        }
    }
}

//! A device while a group of readings is stored: what a reading of it becomes, and what is known of it afterwards.

use crate::cold_chain::buckets::Part;
use crate::cold_chain::reading::{FINGERPRINT_WINDOW, FLAG_CLOCK_SUSPECT, Reading};
use crate::cold_chain::store::readings::{ReadingKey, ReadingRow};
use crate::cold_chain::transitions::Watched;
use crate::kernel::time::{MINUTE, Timestamp};

/// What the key of a reading is: the device's seq,
pub(super) const KIND_SEQ: i64 = 0;
/// the time at which it was recorded,
pub(super) const KIND_RECORDED: i64 = 1;
/// a number given by the server,
pub(super) const KIND_ASSIGNED: i64 = 2;
/// or, where the clock is not believed, what the reading says;
pub(super) const KIND_SUSPECT: i64 = 3;
/// for a seq that another reading had first, the seq with the time at which it was recorded,
pub(super) const KIND_ANEW_TIMED: i64 = 4;
/// or, where no time is believed, the seq with what the reading says.
pub(super) const KIND_ANEW_UNTIMED: i64 = 5;
/// All of these.
pub(in crate::cold_chain) const KINDS: [i64; 6] =
    [KIND_SEQ, KIND_RECORDED, KIND_ASSIGNED, KIND_SUSPECT, KIND_ANEW_TIMED, KIND_ANEW_UNTIMED];

/// A delivery whose answer was lost is sent again within this time, in milliseconds. A clock that stands still says the same
/// for longer.
const AGAIN_WITHIN: i64 = MINUTE;
/// For so long it is asked whether a reading was stored when its clock was not believed yet.
const JUDGED_WITHIN: i64 = 3 * FINGERPRINT_WINDOW;

/// A device during a group.
pub(super) struct Context {
    pub(super) watched: Watched,
    pub(super) stored: bool,
}

/// A reading that was stored under another key if it is a delivery sent again: its clock was judged otherwise then, or it
/// came in on the other side of a border between two stretches of time.
pub(super) struct Echo {
    pub(super) key: ReadingKey,
    pub(super) stored_as: ReadingKey,
    /// When it was stored at the earliest: what is older is another reading.
    pub(super) since: Timestamp,
}

impl Context {
    /// Gives a reading its time, its flags and the key that makes it one.
    pub(super) fn place(&mut self, reading: &Reading, received_at: Timestamp) -> ReadingRow {
        let row = &mut self.watched.row;
        let (at, flags) = reading.place(received_at);
        let (dedupe_kind, dedupe_key) = match (reading.seq, reading.recorded_at) {
            (Some(seq), _) => (KIND_SEQ, seq),
            // A clock that stands still must not make all readings one.
            (None, Some(_)) if flags & FLAG_CLOCK_SUSPECT != 0 => (KIND_SUSPECT, reading.fingerprint(received_at)),
            (None, Some(recorded)) => (KIND_RECORDED, recorded.0),
            (None, None) => {
                // Nothing tells a repetition from a new reading: each is new.
                row.state.assigned += 1;
                (KIND_ASSIGNED, row.state.assigned)
            }
        };
        ReadingRow {
            device_no: row.no,
            dedupe_kind,
            dedupe_key,
            cell_no: row.cell_no,
            at,
            received_at,
            recorded_at: reading.recorded_at,
            temperature: reading.temperature,
            humidity: reading.humidity,
            battery: reading.battery,
            power: reading.power,
            door: reading.door,
            flags,
            seq: reading.seq,
        }
    }

    /// What a reading without a seq may be stored as already, if its device's clock is not to be trusted.
    pub(super) fn echoes(&self, reading: &Reading, row: &ReadingRow) -> Vec<Echo> {
        let suspect_at = self.watched.row.state.clock_suspect_at;
        let (windows, lasts) = match row.dedupe_kind {
            KIND_SUSPECT => (1..=1, AGAIN_WITHIN),
            KIND_RECORDED if suspect_at >= Some(row.received_at.plus(-JUDGED_WITHIN)) => (0..=3, JUDGED_WITHIN),
            _ => return Vec::new(),
        };
        let stored_as = |window: i64| reading.fingerprint(row.received_at.plus(-window * FINGERPRINT_WINDOW));
        let echo = |window| Echo {
            key: row.key(),
            stored_as: (row.device_no, KIND_SUSPECT, stored_as(window)),
            since: row.received_at.plus(-lasts),
        };
        windows.map(echo).collect()
    }

    /// Takes note that the device was heard of, though it said nothing new.
    pub(super) fn hear_again(&mut self, row: &ReadingRow) {
        self.stored = true;
        let state = &mut self.watched.row.state;
        state.last_seen_at = state.last_seen_at.max(Some(row.received_at));
    }

    /// Takes note that the device was heard of.
    pub(super) fn hear(&mut self, row: &ReadingRow) {
        self.stored = true;
        let state = &mut self.watched.row.state;
        state.last_seen_at = state.last_seen_at.max(Some(row.received_at));
        if row.flags & FLAG_CLOCK_SUSPECT != 0 {
            state.clock_suspect_at = state.clock_suspect_at.max(Some(row.received_at));
        }
        state.highest_seq = state.highest_seq.max(row.seq);
    }

    /// Takes readings into the five minutes that the device fills in its cell, and gives back what belongs into the table.
    pub(super) fn fill(&mut self, part: Part, now: Timestamp) -> Option<Part> {
        let row = &mut self.watched.row;
        if part.cell_no == row.cell_no { row.state.filling.take_in(part, now) } else { Some(part) }
    }

    /// Takes a stored reading into the device's state if it is the newest, and tells whether it is.
    pub(super) fn arrive(&mut self, row: &ReadingRow) -> bool {
        self.learn_charge(row);
        self.note_restart(row);
        let state = &mut self.watched.row.state;
        let known = (state.latest_at, state.latest_kind, state.latest_key);
        let this = (Some(row.at), Some(row.dedupe_kind), Some(row.dedupe_key));
        if this < known {
            return false;
        }
        (state.latest_at, state.latest_kind, state.latest_key) = this;
        state.latest_seq = row.seq.or(state.latest_seq);
        state.temperature = Some(row.temperature);
        state.humidity = row.humidity;
        state.power = row.power;
        state.door = row.door;
        true
    }

    /// Takes the battery's charge into the device's state if it is told and none was told later. Of two that were told of
    /// the same moment the lower one counts, whichever came first.
    fn learn_charge(&mut self, row: &ReadingRow) {
        let state = &mut self.watched.row.state;
        let is_news = match state.battery_at {
            Some(told_at) if told_at == row.at => row.battery < state.battery,
            told_at => told_at < Some(row.at),
        };
        if is_news && row.battery.is_some() {
            (state.battery, state.battery_at) = (row.battery, Some(row.at));
        }
    }
}

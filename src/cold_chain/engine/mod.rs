//! The alert engine: a pure function from what is remembered and what is observed to what is remembered then and what
//! is to be done. It knows no clock and no database. What it remembers is kept with the device, so a restart forgets
//! nothing, and time passes for it only by observations: readings, and the word that the clock has come so far.
//!
//! It is told readings in the order of their own times. One that is older than another that is known already is not told:
//! its stretch of time is gone through anew, from all readings that are stored, and what the engine would have said had
//! all come in order is held against what it did say (see [`Replay`] and [`reconcile`]). So the order of arrival does not
//! decide what is an alert.

mod hindsight;
mod replay;
mod track;
mod trouble;

#[cfg(test)]
mod disorder;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::cold_chain::alert::AlertType;
use crate::cold_chain::model::Micro;
use crate::kernel::time::Timestamp;

pub use hindsight::{Correction, Hindsight, KnownAlert, reconcile};
pub use replay::{Found, Replay};
pub use track::Track;
use track::{Limit, Verdict};
pub use trouble::{FLAPPING_FROM, Predecessor, REOPENED_WITHIN, Trouble, is_flapping};

/// Below this charge, in percent, the battery is low.
pub const BATTERY_LOW: Micro = Micro(20_000_000);
/// From this charge on, in percent, it is no longer: a charge that trembles around one number raises no second alert.
const BATTERY_BACK: Micro = Micro(25_000_000);

/// The cell's rule, as far as the engine needs it. Times are milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The lowest temperature without an alert.
    pub low: Micro,
    /// The highest temperature without an alert.
    pub high: Micro,
    /// How far back inside a value must be before an alert resolves.
    pub hysteresis: Micro,
    /// How long a temperature must be outside before an alert opens.
    pub delay: i64,
    /// How long the door may stand open.
    pub door_open: i64,
    /// How long the device may be silent.
    pub offline_after: i64,
    /// When no alert opens, because people work on the cell.
    pub maintenance: Option<Window>,
}

impl Rule {
    /// When an alert opens whose cause began at a moment: after the delay, and not during maintenance.
    #[must_use]
    pub fn opens_at(&self, from: Timestamp, delay: i64) -> Timestamp {
        let due = from.plus(delay);
        self.maintenance.filter(|window| window.holds(due)).map_or(due, |window| window.until)
    }

    fn limit(&self, kind: AlertType) -> Limit<'_> {
        let (threshold, delay) = match kind {
            AlertType::HighTemp => (Some(self.high), self.delay),
            AlertType::LowTemp => (Some(self.low), self.delay),
            AlertType::DoorOpen => (None, self.door_open),
            AlertType::LowBattery => (Some(BATTERY_LOW), 0),
            AlertType::PowerLoss => (None, 0),
            AlertType::SensorError => (None, self.offline_after),
        };
        Limit { rule: self, kind, threshold, delay }
    }
}

/// A stretch of time; its end is no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

impl Window {
    fn holds(self, moment: Timestamp) -> bool {
        self.from <= moment && moment < self.until
    }
}

/// How a reading came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Soon after it was measured.
    Live,
    /// Long after it was measured: a device that was out of reach catches up.
    Late,
}

/// What the engine is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observation {
    /// A reading has come that is newer than any before.
    Reading(Measured),
    /// The device was heard of at a moment, with nothing new to say: a reading older than one that is known already.
    Heard(Timestamp),
    /// The clock has come to a moment, and no reading since those that were told is known.
    Clock(Hour),
}

/// One reading, as the engine sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// The time it counts for.
    pub at: Timestamp,
    /// When it came in.
    pub received_at: Timestamp,
    /// The temperature.
    pub temperature: Micro,
    /// Whether the cell has mains power, if the device can tell.
    pub power: Option<bool>,
    /// Whether the door is open, if the device can tell.
    pub door: Option<bool>,
    /// The battery's charge in percent, if the device can tell.
    pub battery: Option<Micro>,
    /// How it came in.
    pub arrival: Arrival,
}

/// A look at the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// What it says.
    pub now: Timestamp,
    /// When the device was last heard of; a device that never was is not missed.
    pub last_seen: Option<Timestamp>,
    /// Since when somebody has listened: silence before that is our own and not the device's.
    pub listening_since: Timestamp,
}

/// What is remembered of one device: one track for each type of alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tracks {
    /// Too warm.
    #[serde(skip_serializing_if = "Track::is_at_rest")]
    pub high: Track,
    /// Too cold.
    #[serde(skip_serializing_if = "Track::is_at_rest")]
    pub low: Track,
    /// Without power.
    #[serde(skip_serializing_if = "Track::is_at_rest")]
    pub power: Track,
    /// With an open door.
    #[serde(skip_serializing_if = "Track::is_at_rest")]
    pub door: Track,
    /// With an empty battery.
    #[serde(skip_serializing_if = "Track::is_at_rest")]
    pub battery: Track,
    /// Silent.
    #[serde(skip_serializing_if = "Track::is_at_rest")]
    pub silence: Track,
}

/// The types that readings tell of.
const MEASURED: [AlertType; 5] =
    [AlertType::HighTemp, AlertType::LowTemp, AlertType::PowerLoss, AlertType::DoorOpen, AlertType::LowBattery];

impl Tracks {
    const fn track(&self, kind: AlertType) -> &Track {
        match kind {
            AlertType::HighTemp => &self.high,
            AlertType::LowTemp => &self.low,
            AlertType::PowerLoss => &self.power,
            AlertType::DoorOpen => &self.door,
            AlertType::LowBattery => &self.battery,
            AlertType::SensorError => &self.silence,
        }
    }

    /// Forgets the open alert of a type: somebody resolved it by hand. Readings that are still outside open a new one; a
    /// device that stays silent does not.
    pub fn close(&mut self, kind: AlertType) {
        match kind {
            AlertType::SensorError => self.silence.excuse(),
            _ => self.track_mut(kind).close(),
        }
    }

    const fn track_mut(&mut self, kind: AlertType) -> &mut Track {
        match kind {
            AlertType::HighTemp => &mut self.high,
            AlertType::LowTemp => &mut self.low,
            AlertType::PowerLoss => &mut self.power,
            AlertType::DoorOpen => &mut self.door,
            AlertType::LowBattery => &mut self.battery,
            AlertType::SensorError => &mut self.silence,
        }
    }

    /// Whether there is nothing to remember.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.silence.is_at_rest() && self.is_quiet()
    }

    /// Whether there is nothing to remember of what readings tell.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        MEASURED.iter().all(|kind| self.track(*kind).is_at_rest())
    }

    /// When the engine wants to be told the time, should nothing else happen before.
    #[must_use]
    pub fn next_look(
        &self,
        rule: &Rule,
        last_seen: Option<Timestamp>,
        listening_since: Timestamp,
    ) -> Option<Timestamp> {
        let silence = last_seen.and_then(|seen| self.silence.missed_at(rule, seen, listening_since));
        MEASURED.iter().filter_map(|kind| self.track(*kind).runs_out_at(&rule.limit(*kind))).chain(silence).min()
    }
}

/// A stretch of readings out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excursion {
    /// The first of them.
    pub from: Timestamp,
    /// The last of them.
    pub to: Timestamp,
    /// The worst of them: a temperature or a charge; none for what has no degrees.
    pub worst: Option<Micro>,
}

/// An open alert, as the engine remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The stretch so far.
    pub excursion: Excursion,
    /// When it opened.
    #[serde(default)]
    pub opened_at: Timestamp,
    /// Whether all of it arrived late.
    pub late: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Open an alert.
    Open {
        /// Of this type.
        kind: AlertType,
        /// What is known of it.
        alert: Open,
        /// The limit that was crossed; none where there is none.
        threshold: Option<Micro>,
    },
    /// Bring the open alert up to date.
    Update {
        /// Of this type.
        kind: AlertType,
        /// What is known of it now.
        alert: Open,
        /// Whether it was found in late readings and turns out to go on.
        goes_on: bool,
    },
    /// The open alert is over.
    Resolve {
        /// Of this type.
        kind: AlertType,
        /// The time of the reading that was back inside; not before it opened.
        at: Timestamp,
    },
}

/// Takes one observation.
#[must_use]
pub fn step(mut state: Tracks, rule: &Rule, seen: &Observation) -> (Tracks, Vec<Effect>) {
    let mut effects = Vec::new();
    match seen {
        Observation::Reading(reading) => {
            measure(&mut state, rule, reading, &mut effects);
            state.silence.hear(reading.received_at, &mut effects);
        }
        Observation::Heard(at) => state.silence.hear(*at, &mut effects),
        Observation::Clock(hour) => {
            for kind in MEASURED {
                state.track_mut(kind).run_out(&rule.limit(kind), hour.now, &mut effects);
            }
            state.silence.miss(rule, hour, &mut effects);
        }
    }
    (state, effects)
}

fn measure(state: &mut Tracks, rule: &Rule, seen: &Measured, effects: &mut Vec<Effect>) {
    let value = seen.temperature;
    let high = Verdict::of(value > rule.high, value.0 <= rule.high.0 - rule.hysteresis.0);
    let low = Verdict::of(value < rule.low, value.0 >= rule.low.0 + rule.hysteresis.0);
    let power = seen.power.map(|power| (Verdict::of(!power, power), None));
    let door = seen.door.map(|door| (Verdict::of(door, !door), None));
    let battery = seen.battery.map(|left| (Verdict::of(left < BATTERY_LOW, left >= BATTERY_BACK), Some(left)));
    let verdicts = [Some((high, Some(value))), Some((low, Some(value))), power, door, battery];
    for (kind, verdict) in MEASURED.into_iter().zip(verdicts) {
        if let Some((verdict, value)) = verdict {
            state.track_mut(kind).take(verdict, value, &rule.limit(kind), seen, effects);
        }
    }
}

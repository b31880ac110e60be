//! One type of alert of one device.

use serde::{Deserialize, Serialize};

use super::{Arrival, Effect, Excursion, Hour, Measured, Open, Rule};
use crate::cold_chain::alert::AlertType;
use crate::cold_chain::model::Micro;
use crate::kernel::time::Timestamp;

/// What is remembered of one type of alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Track {
    /// Readings out of bounds that the delay, or maintenance, still keeps quiet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<Excursion>,
    /// Whether the newest reading was one of these and came live, so that the delay can run out without another.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    runs: bool,
    /// The alert that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open: Option<Open>,
    /// Silence since this moment was closed by hand: it raises no second alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    excused: Option<Timestamp>,
}

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Out of bounds.
    Outside,
    /// Within bounds, but not by the hysteresis: an open alert stays, and a delay goes on, but ends in no alert now.
    Between,
    /// Within bounds by the hysteresis.
    Inside,
}

impl Verdict {
    pub(super) const fn of(outside: bool, inside: bool) -> Self {
        match (outside, inside) {
            (true, _) => Self::Outside,
            (false, true) => Self::Inside,
            (false, false) => Self::Between,
        }
    }
}

/// What an alert type asks of readings.
pub(super) struct Limit<'a> {
    pub(super) rule: &'a Rule,
    pub(super) kind: AlertType,
    pub(super) threshold: Option<Micro>,
    pub(super) delay: i64,
}

impl Limit<'_> {
    fn opens_at(&self, excursion: &Excursion) -> Timestamp {
        self.rule.opens_at(excursion.from, self.delay)
    }

    fn worse(&self, one: Option<Micro>, other: Option<Micro>) -> Option<Micro> {
        match self.kind {
            AlertType::LowTemp | AlertType::LowBattery => one.min(other),
            _ => one.max(other),
        }
    }

    /// An excursion with one more reading; without one, that reading alone.
    fn extend(&self, excursion: Option<Excursion>, at: Timestamp, value: Option<Micro>) -> Excursion {
        excursion.map_or(Excursion { from: at, to: at, worst: value }, |known| Excursion {
            // Earlier only where the clock has been set back meanwhile.
            from: known.from.min(at),
            to: at,
            worst: self.worse(known.worst, value),
        })
    }
}

impl Track {
    /// Whether there is nothing to remember.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        *self == Self::default()
    }

    /// The readings out of bounds that no alert tells of yet.
    pub(super) const fn pending(&self) -> Option<Excursion> {
        self.pending
    }

    /// Forgets the open alert. Readings that are still outside open a new one.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Forgets that the device is missed, until it has been heard of again.
    pub(super) fn excuse(&mut self) {
        if let Some(open) = self.open.take() {
            self.excused = Some(open.excursion.from);
        }
    }

    /// Goes on with an alert that is open already.
    pub(super) fn resume(&mut self, open: Open) {
        *self = Self { open: Some(open), ..Self::default() };
    }

    /// When the delay ends in an alert, should nothing else come.
    pub(super) fn runs_out_at(&self, limit: &Limit<'_>) -> Option<Timestamp> {
        self.pending.filter(|_| self.runs && self.open.is_none()).map(|excursion| limit.opens_at(&excursion))
    }

    /// The clock has come to a moment.
    pub(super) fn run_out(&mut self, limit: &Limit<'_>, now: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(excursion) = self.pending.filter(|_| self.runs) {
            self.open_when_due(excursion, limit, now, false, effects);
        }
    }

    /// When a device that was last heard of at a moment is missed; never again if that was excused.
    pub(super) fn missed_at(&self, rule: &Rule, last_seen: Timestamp, listening_since: Timestamp) -> Option<Timestamp> {
        if self.open.is_some() || self.excused == Some(last_seen) {
            return None;
        }
        Some(rule.opens_at(last_seen.max(listening_since), rule.offline_after))
    }

    /// The clock has come to a moment, and nothing was heard of the device.
    pub(super) fn miss(&mut self, rule: &Rule, hour: &Hour, effects: &mut Vec<Effect>) {
        let Some(last_seen) = hour.last_seen else { return };
        let missed_at = self.missed_at(rule, last_seen, hour.listening_since);
        let Some(opened_at) = missed_at.filter(|at| *at <= hour.now) else { return };
        let excursion = Excursion { from: last_seen, to: opened_at, worst: None };
        let alert = Open { excursion, opened_at, late: false };
        self.open = Some(alert);
        effects.push(Effect::Open { kind: AlertType::SensorError, alert, threshold: None });
    }

    /// The device was heard of, whatever it had to say.
    pub(super) fn hear(&mut self, received_at: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(open) = self.open {
            effects.push(Effect::Resolve { kind: AlertType::SensorError, at: received_at.max(open.opened_at) });
        }
        *self = Self::default();
    }

    /// A reading has come.
    pub(super) fn take(
        &mut self,
        verdict: Verdict,
        value: Option<Micro>,
        limit: &Limit<'_>,
        seen: &Measured,
        effects: &mut Vec<Effect>,
    ) {
        // The usual case, and the only one at rest: inside, with nothing going on.
        if verdict != Verdict::Outside && self.open.is_none() && self.pending.is_none() {
            return;
        }
        match verdict {
            Verdict::Between => self.runs = false,
            Verdict::Inside => {
                self.pending = None;
                self.runs = false;
                self.resolve(limit, seen.at, effects);
            }
            Verdict::Outside => match self.open {
                Some(open) => self.update(open, value, limit, seen, effects),
                None => {
                    let excursion = limit.extend(self.pending, seen.at, value);
                    self.pending = Some(excursion);
                    self.runs = seen.arrival == Arrival::Live;
                    self.open_when_due(excursion, limit, seen.at, seen.arrival == Arrival::Late, effects);
                }
            },
        }
    }

    fn open_when_due(
        &mut self,
        excursion: Excursion,
        limit: &Limit<'_>,
        now: Timestamp,
        late: bool,
        effects: &mut Vec<Effect>,
    ) {
        let opened_at = limit.opens_at(&excursion);
        if now < opened_at {
            return;
        }
        let alert = Open { excursion, opened_at, late };
        self.resume(alert);
        effects.push(Effect::Open { kind: limit.kind, alert, threshold: limit.threshold });
    }

    fn update(
        &mut self,
        open: Open,
        value: Option<Micro>,
        limit: &Limit<'_>,
        seen: &Measured,
        effects: &mut Vec<Effect>,
    ) {
        let alert = Open {
            excursion: limit.extend(Some(open.excursion), seen.at, value),
            // It goes on now: from here it is an alert like any other.
            late: open.late && seen.arrival != Arrival::Live,
            ..open
        };
        if alert != open {
            self.open = Some(alert);
            let goes_on = open.late && !alert.late;
            effects.push(Effect::Update { kind: limit.kind, alert, goes_on });
        }
    }

    fn resolve(&mut self, limit: &Limit<'_>, at: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(open) = self.open.take() {
            effects.push(Effect::Resolve { kind: limit.kind, at: at.max(open.opened_at) });
        }
    }
}

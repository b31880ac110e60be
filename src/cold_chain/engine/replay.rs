//! What the engine would have said of readings, had each come when it was measured.

use super::{Effect, Excursion, KnownAlert, MEASURED, Measured, Open, Rule, Tracks, measure};
use crate::cold_chain::alert::AlertType;
use crate::cold_chain::model::Micro;
use crate::kernel::time::Timestamp;

/// An alert that the readings give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its type.
    pub kind: AlertType,
    /// What is known of it.
    pub alert: Open,
    /// The limit that was crossed; none where there is none.
    pub threshold: Option<Micro>,
    /// When it was over; not before it opened. None while it goes on.
    pub until: Option<Timestamp>,
    /// Whether it was over because somebody closed it, and not by a reading.
    pub closed: bool,
}

/// Readings that are gone through in the order of their times.
#[derive(Debug, Clone)]
pub struct Replay {
    rule: Rule,
    /// When people closed alerts of a type by hand, the next one last.
    closings: Vec<(Timestamp, AlertType)>,
    found: Vec<Found>,
    tracks: Tracks,
}

impl Replay {
    /// Begins at a moment, with what went on then by the alerts that are known: the readings before are not told.
    #[must_use]
    pub fn begin(rule: Rule, since: Timestamp, known: &[KnownAlert]) -> Self {
        let by_hand = known.iter().filter(|known| known.by_hand);
        let mut closings: Vec<_> = by_hand.filter_map(|known| Some((known.resolved_at?, known.kind))).collect();
        closings.retain(|(at, _)| *at >= since);
        closings.sort_unstable_by(|one, other| other.cmp(one));
        let mut replay = Self { rule, closings, found: Vec::new(), tracks: Tracks::default() };
        for known in known {
            if known.goes_on_at(since) && known.kind != AlertType::SensorError {
                let Excursion { from, to, worst } = known.alert.excursion;
                let alert = Open { excursion: Excursion { from, to: to.min(since), worst }, ..known.alert };
                replay.found.push(Found {
                    kind: known.kind,
                    alert,
                    threshold: known.threshold,
                    until: None,
                    closed: false,
                });
                replay.tracks.track_mut(known.kind).resume(alert);
            }
        }
        replay
    }

    /// The next reading.
    pub fn take(&mut self, seen: &Measured) {
        while let Some((at, kind)) = self.closings.pop_if(|(at, _)| *at < seen.at) {
            self.close(at, kind);
        }
        let mut effects = Vec::new();
        // Until this reading came, the clock alone could end a delay.
        for kind in MEASURED {
            self.tracks.track_mut(kind).run_out(&self.rule.limit(kind), seen.at.plus(-1), &mut effects);
        }
        measure(&mut self.tracks, &self.rule, seen, &mut effects);
        for effect in effects {
            match effect {
                Effect::Open { kind, alert, threshold } => {
                    self.found.push(Found { kind, alert, threshold, until: None, closed: false });
                }
                Effect::Update { kind, alert, .. } => {
                    if let Some(found) = self.going_on(kind) {
                        found.alert = alert;
                    }
                }
                Effect::Resolve { kind, at } => {
                    if let Some(found) = self.going_on(kind) {
                        found.until = Some(at);
                    }
                }
            }
        }
    }

    /// Whether nothing is going on after the readings so far.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.tracks.is_quiet()
    }

    /// The alerts, in the order in which they opened, and what is to be remembered from now on, which for silence is what
    /// is remembered so far: readings do not tell of it.
    #[must_use]
    pub fn end(mut self, remembered: &Tracks) -> (Vec<Found>, Tracks) {
        while let Some((at, kind)) = self.closings.pop() {
            self.close(at, kind);
        }
        (self.found, Tracks { silence: remembered.silence, ..self.tracks })
    }

    fn close(&mut self, at: Timestamp, kind: AlertType) {
        self.tracks.close(kind);
        if let Some(found) = self.going_on(kind) {
            (found.until, found.closed) = (Some(at), true);
        }
    }

    /// The alert of a type that is not over yet.
    fn going_on(&mut self, kind: AlertType) -> Option<&mut Found> {
        self.found.iter_mut().rev().find(|found| found.kind == kind && found.until.is_none())
    }
}

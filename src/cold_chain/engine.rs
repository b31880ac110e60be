//! The alert engine: a pure function from what is remembered and what is observed to what is remembered then and what
//! is to be done. It knows no clock and no database; its time is the readings' own.

use serde::{Deserialize, Serialize};

use crate::cold_chain::alert::AlertType;
use crate::cold_chain::model::Micro;
use crate::kernel::time::Timestamp;

/// The cell's rule, as far as the engine needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The lowest temperature without an alert.
    pub low: Micro,
    /// The highest temperature without an alert.
    pub high: Micro,
    /// How far back inside a value must be before an alert resolves.
    pub hysteresis: Micro,
    /// How long a temperature must be outside before an alert opens, in milliseconds.
    pub delay: i64,
}

/// How a reading came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Soon after it was measured, and newer than any before.
    Live,
    /// Newer than any before, but long after it was measured: a device that was out of reach catches up.
    Late,
    /// Older than one that is known already.
    OutOfOrder,
}

/// One reading, as the engine sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// The time it counts for.
    pub at: Timestamp,
    /// The temperature.
    pub temperature: Micro,
    /// Whether the cell has mains power, if the device can tell.
    pub power: Option<bool>,
    /// How it came in.
    pub arrival: Arrival,
}

/// What is remembered of one device: one track for each type of alert.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracks {
    /// Too warm.
    #[serde(default, skip_serializing_if = "Track::is_at_rest")]
    pub high: Track,
    /// Too cold.
    #[serde(default, skip_serializing_if = "Track::is_at_rest")]
    pub low: Track,
    /// Without power.
    #[serde(default, skip_serializing_if = "Track::is_at_rest")]
    pub power: Track,
}

impl Tracks {
    /// The track of an alert type, if the engine runs one.
    pub const fn track_mut(&mut self, kind: AlertType) -> Option<&mut Track> {
        match kind {
            AlertType::HighTemp => Some(&mut self.high),
            AlertType::LowTemp => Some(&mut self.low),
            AlertType::PowerLoss => Some(&mut self.power),
            AlertType::DoorOpen | AlertType::LowBattery | AlertType::SensorError => None,
        }
    }
}

/// What is remembered of one type of alert.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Readings out of bounds that the delay still keeps quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<Excursion>,
    /// The same among readings that came out of order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending_late: Option<Excursion>,
    /// The alert that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<Open>,
    /// The time that the last alert covered: readings that arrive late from within it raise no second one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    covered: Option<(Timestamp, Timestamp)>,
}

/// A stretch of readings out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excursion {
    /// The first of them.
    pub from: Timestamp,
    /// The last of them.
    pub to: Timestamp,
    /// The worst of them; none for power.
    pub worst: Option<Micro>,
}

/// An open alert, as the engine remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The stretch so far.
    pub excursion: Excursion,
    /// Whether all of it arrived late.
    pub late: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Open an alert.
    Open {
        /// Of this type.
        kind: AlertType,
        /// What is known of it.
        alert: Open,
        /// The limit that was crossed; none for power.
        threshold: Option<Micro>,
    },
    /// Bring the open alert up to date.
    Update {
        /// Of this type.
        kind: AlertType,
        /// What is known of it now.
        alert: Open,
    },
    /// The open alert is over.
    Resolve {
        /// Of this type.
        kind: AlertType,
        /// The time of the reading that was back inside.
        at: Timestamp,
    },
}

/// Takes one observation.
pub fn step(tracks: &mut Tracks, rule: &Rule, seen: &Observation, effects: &mut Vec<Effect>) {
    let value = seen.temperature;
    let high = if value > rule.high {
        Verdict::Outside
    } else if value.0 <= rule.high.0 - rule.hysteresis.0 {
        Verdict::Inside
    } else {
        Verdict::Between
    };
    let low = if value < rule.low {
        Verdict::Outside
    } else if value.0 >= rule.low.0 + rule.hysteresis.0 {
        Verdict::Inside
    } else {
        Verdict::Between
    };
    let delay = rule.delay;
    let measure = Measure { kind: AlertType::HighTemp, threshold: Some(rule.high), delay, value: Some(value) };
    tracks.high.step(high, &measure, seen, effects);
    let measure = Measure { kind: AlertType::LowTemp, threshold: Some(rule.low), delay, value: Some(value) };
    tracks.low.step(low, &measure, seen, effects);
    if let Some(power) = seen.power {
        let verdict = if power { Verdict::Inside } else { Verdict::Outside };
        let measure = Measure { kind: AlertType::PowerLoss, threshold: None, delay: 0, value: None };
        tracks.power.step(verdict, &measure, seen, effects);
    }
}

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Out of bounds.
    Outside,
    /// Within bounds, but not by the hysteresis: nothing changes.
    Between,
    /// Within bounds by the hysteresis.
    Inside,
}

/// One type of alert applied to one reading.
struct Measure {
    kind: AlertType,
    threshold: Option<Micro>,
    delay: i64,
    value: Option<Micro>,
}

impl Measure {
    fn worse(&self, one: Option<Micro>, other: Option<Micro>) -> Option<Micro> {
        match self.kind {
            AlertType::LowTemp => one.min(other),
            _ => one.max(other),
        }
    }

    /// An excursion with one more reading; without one, that reading alone.
    fn extend(&self, excursion: Option<Excursion>, at: Timestamp) -> Excursion {
        excursion.map_or(Excursion { from: at, to: at, worst: self.value }, |known| Excursion {
            from: known.from.min(at),
            to: known.to.max(at),
            worst: self.worse(known.worst, self.value),
        })
    }
}

impl Track {
    /// Whether there is nothing to remember.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        *self == Self::default()
    }

    /// Forgets the open alert: somebody resolved it by hand. Readings that are still outside open a new one.
    pub fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.covered = Some((open.excursion.from, open.excursion.to));
        }
    }

    fn step(&mut self, verdict: Verdict, measure: &Measure, seen: &Observation, effects: &mut Vec<Effect>) {
        // The usual case, and the only one at rest: inside, with nothing going on.
        if verdict != Verdict::Outside && self.open.is_none() && self.pending.is_none() && self.pending_late.is_none() {
            return;
        }
        let in_order = seen.arrival != Arrival::OutOfOrder;
        match verdict {
            Verdict::Between => {}
            Verdict::Inside if in_order => {
                self.pending = None;
                self.resolve(measure, seen.at, effects);
            }
            Verdict::Inside => {
                self.pending_late = None;
                // A late alert is over when a reading from after it, even if that comes late too, is back inside.
                if self.open.is_some_and(|open| open.late && seen.at > open.excursion.to) {
                    self.resolve(measure, seen.at, effects);
                }
            }
            Verdict::Outside => match self.open {
                Some(open) => self.update(open, measure, seen, effects),
                None if in_order => {
                    let excursion = measure.extend(self.pending, seen.at);
                    self.pending = Some(excursion);
                    self.open_when_due(excursion, measure, seen.arrival == Arrival::Late, effects);
                }
                None if self.covered.is_some_and(|(from, to)| from <= seen.at && seen.at <= to) => {}
                None => {
                    let excursion = measure.extend(self.pending_late, seen.at);
                    self.pending_late = Some(excursion);
                    self.open_when_due(excursion, measure, true, effects);
                }
            },
        }
    }

    fn open_when_due(&mut self, excursion: Excursion, measure: &Measure, late: bool, effects: &mut Vec<Effect>) {
        if excursion.to.since(excursion.from) < measure.delay {
            return;
        }
        let alert = Open { excursion, late };
        self.pending = None;
        self.pending_late = None;
        self.open = Some(alert);
        effects.push(Effect::Open { kind: measure.kind, alert, threshold: measure.threshold });
    }

    fn update(&mut self, open: Open, measure: &Measure, seen: &Observation, effects: &mut Vec<Effect>) {
        let alert = Open {
            excursion: measure.extend(Some(open.excursion), seen.at),
            // It goes on now: from here it is an alert like any other.
            late: open.late && seen.arrival != Arrival::Live,
        };
        if alert != open {
            self.open = Some(alert);
            effects.push(Effect::Update { kind: measure.kind, alert });
        }
    }

    fn resolve(&mut self, measure: &Measure, at: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(open) = self.open.take() {
            self.covered = Some((open.excursion.from, at));
            effects.push(Effect::Resolve { kind: measure.kind, at });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: Rule = Rule { low: Micro(-25_000_000), high: Micro(-15_000_000), hysteresis: Micro(500_000), delay: 0 };

    /// Feeds temperatures a minute apart, all live, and returns the effects of each.
    fn run(tracks: &mut Tracks, rule: &Rule, from: i64, series: &[f64]) -> Vec<Vec<Effect>> {
        let mut all = Vec::new();
        for (minute, celsius) in series.iter().enumerate() {
            all.push(observe(tracks, rule, from + minute as i64, *celsius, Arrival::Live));
        }
        all
    }

    fn observe(tracks: &mut Tracks, rule: &Rule, minute: i64, celsius: f64, arrival: Arrival) -> Vec<Effect> {
        let mut effects = Vec::new();
        let seen = Observation {
            at: Timestamp(minute * 60_000),
            temperature: Micro::from_celsius(celsius),
            power: None,
            arrival,
        };
        step(tracks, rule, &seen, &mut effects);
        effects
    }

    #[test]
    fn it_opens_once_keeps_the_worst_and_resolves_only_back_inside_by_the_hysteresis() {
        let mut tracks = Tracks::default();
        let effects = run(&mut tracks, &RULE, 0, &[-18.0, -14.0, -12.0, -13.0, -15.2, -15.5]);
        assert_eq!(effects[0], []);
        assert!(matches!(effects[1][..], [Effect::Open { kind: AlertType::HighTemp, .. }]));
        assert!(matches!(effects[2][..], [Effect::Update { .. }]));
        let [Effect::Update { alert, .. }] = effects[3][..] else { panic!("{effects:?}") };
        assert_eq!(alert.excursion.worst, Some(Micro::from_celsius(-12.0)));
        assert_eq!(effects[4], [], "inside, but not yet by the hysteresis");
        assert!(matches!(effects[5][..], [Effect::Resolve { .. }]));
    }

    #[test]
    fn power_is_followed_only_by_devices_that_can_tell() {
        let mut tracks = Tracks::default();
        let mut effects = Vec::new();
        for (minute, power) in [None, Some(false), None, Some(false), Some(true)].into_iter().enumerate() {
            let seen = Observation {
                at: Timestamp(minute as i64),
                temperature: Micro::from_celsius(-18.0),
                power,
                arrival: Arrival::Live,
            };
            step(&mut tracks, &RULE, &seen, &mut effects);
        }
        assert!(
            matches!(effects[..], [Effect::Open { .. }, Effect::Update { .. }, Effect::Resolve { .. }]),
            "{effects:?}"
        );
    }

    #[test]
    fn a_delay_survives_being_put_away_and_taken_up_again() {
        let rule = Rule { delay: 10 * 60_000, ..RULE };
        let mut tracks = Tracks::default();
        assert!(run(&mut tracks, &rule, 0, &[-10.0; 10]).concat().is_empty());
        let mut tracks: Tracks = serde_json::from_str(&serde_json::to_string(&tracks).unwrap()).unwrap();
        let effects = run(&mut tracks, &rule, 10, &[-10.0]);
        let [Effect::Open { alert, .. }] = effects[0][..] else { panic!("{effects:?}") };
        assert_eq!(alert.excursion.from, Timestamp(0));
    }

    #[test]
    fn readings_out_of_order_open_at_most_one_late_alert_for_a_stretch() {
        let mut tracks = Tracks::default();
        run(&mut tracks, &RULE, 100, &[-18.0]);
        let mut opened = 0;
        // A backlog of a long excursion, mixed with live readings that are inside.
        for minute in 0..50 {
            for effect in observe(&mut tracks, &RULE, minute, -5.0, Arrival::OutOfOrder) {
                if let Effect::Open { alert, .. } = effect {
                    assert!(alert.late);
                    opened += 1;
                }
            }
            observe(&mut tracks, &RULE, 101 + minute, -18.0, Arrival::Live);
        }
        assert_eq!(opened, 1);
    }

    #[test]
    fn a_late_alert_becomes_a_real_one_when_it_goes_on() {
        let mut tracks = Tracks::default();
        let opened = observe(&mut tracks, &RULE, 0, -10.0, Arrival::Late);
        assert!(matches!(opened[..], [Effect::Open { alert: Open { late: true, .. }, .. }]));
        let updated = observe(&mut tracks, &RULE, 60, -10.0, Arrival::Live);
        assert!(matches!(updated[..], [Effect::Update { alert: Open { late: false, .. }, .. }]));
    }

    #[test]
    fn closed_by_hand_and_still_outside_opens_a_new_one() {
        let mut tracks = Tracks::default();
        run(&mut tracks, &RULE, 0, &[-10.0]);
        tracks.high.close();
        assert!(matches!(run(&mut tracks, &RULE, 1, &[-10.0])[0][..], [Effect::Open { .. }]));
    }

    /// Slow and obviously right: whether an alert is active after the last of some live readings, from all of them.
    fn active_after(
        series: &[(i64, i64)],
        outside: impl Fn(i64) -> bool,
        inside: impl Fn(i64) -> bool,
        delay: i64,
    ) -> bool {
        let after_last_inside = series.iter().rposition(|(_, value)| inside(*value)).map_or(0, |index| index + 1);
        let stretch: Vec<i64> =
            series[after_last_inside..].iter().filter(|(_, value)| outside(*value)).map(|(at, _)| *at).collect();
        match (stretch.first(), stretch.last()) {
            (Some(first), Some(last)) => last - first >= delay,
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_slow_reference(
            readings in prop::collection::vec((1i64..5_000, -4i64..=4), 1..60),
            delay in 0i64..12_000,
            hysteresis in 0i64..=2,
        ) {
            // Thresholds −2 and 2 in a space of −4 to 4 hit every branch often.
            let rule = Rule { low: Micro(-2), high: Micro(2), hysteresis: Micro(hysteresis), delay };
            let mut tracks = Tracks::default();
            let mut series = Vec::new();
            let (mut high, mut low) = (false, false);
            let mut at = 0;
            for (gap, value) in readings {
                at += gap;
                series.push((at, value));
                let seen = Observation {
                    at: Timestamp(at), temperature: Micro(value), power: None, arrival: Arrival::Live,
                };
                let mut effects = Vec::new();
                step(&mut tracks, &rule, &seen, &mut effects);
                for effect in effects {
                    let (kind, now) = match effect {
                        Effect::Open { kind, .. } => (kind, true),
                        Effect::Resolve { kind, .. } => (kind, false),
                        Effect::Update { .. } => continue,
                    };
                    let state = if kind == AlertType::HighTemp { &mut high } else { &mut low };
                    prop_assert_ne!(*state, now, "opened or resolved twice");
                    *state = now;
                }
                let is_high = active_after(&series, |v| v > 2, |v| v <= 2 - hysteresis, delay);
                let is_low = active_after(&series, |v| v < -2, |v| v >= -2 + hysteresis, delay);
                prop_assert_eq!((high, low), (is_high, is_low), "{:?}", series);
            }
        }
    }
}

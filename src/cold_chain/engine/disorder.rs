//! Readings in any order: what is stored in the end, held against what the same readings give in order.

use proptest::prelude::*;

use super::tests::reading;
use super::*;
use crate::kernel::ids::AlertId;

/// A device whose readings and alerts are stored, as the database would.
struct Stored {
    rule: Rule,
    tracks: Tracks,
    readings: Vec<Measured>,
    touched: Vec<Window>,
    alerts: Vec<KnownAlert>,
}

impl Stored {
    fn new(rule: Rule) -> Self {
        Self { rule, tracks: Tracks::default(), readings: Vec::new(), touched: Vec::new(), alerts: Vec::new() }
    }

    fn active(&mut self, kind: AlertType) -> &mut KnownAlert {
        self.alerts.iter_mut().find(|alert| alert.kind == kind && alert.resolved_at.is_none()).expect("an active alert")
    }

    fn add(&mut self, kind: AlertType, alert: Open, threshold: Option<Micro>, resolved_at: Option<Timestamp>) {
        let is_active = |alert: &KnownAlert| alert.kind == kind && alert.resolved_at.is_none();
        assert!(resolved_at.is_some() || !self.alerts.iter().any(is_active), "two active ones of a kind");
        self.alerts.push(KnownAlert { id: AlertId::new(), kind, alert, threshold, resolved_at, by_hand: false });
    }

    /// A reading comes, in order or not.
    fn take(&mut self, seen: Measured) {
        let newest = self.readings.iter().map(|known| known.at).max();
        self.readings.push(seen);
        if Some(seen.at) < newest {
            self.touched.push(Window { from: seen.at, until: seen.at.plus(1) });
            return;
        }
        let hour = Hour { now: seen.at.plus(-1), last_seen: None, listening_since: Timestamp(0) };
        self.tell(&Observation::Clock(hour));
        self.tell(&Observation::Reading(seen));
    }

    fn tell(&mut self, seen: &Observation) {
        let (tracks, effects) = step(self.tracks, &self.rule, seen);
        self.tracks = tracks;
        for effect in effects {
            match effect {
                Effect::Open { kind, alert, threshold } => self.add(kind, alert, threshold, None),
                Effect::Update { kind, alert, .. } => self.active(kind).alert = alert,
                Effect::Resolve { kind, at } => self.active(kind).resolved_at = Some(at),
            }
        }
    }

    fn close(&mut self, at: Timestamp, kind: AlertType) {
        if let Some(alert) = self.alerts.iter_mut().find(|alert| alert.kind == kind && alert.resolved_at.is_none()) {
            (alert.resolved_at, alert.by_hand) = (Some(at), true);
            self.tracks.close(kind);
        }
    }

    fn replayed(&self) -> (Vec<Found>, Tracks) {
        let mut series = self.readings.clone();
        series.sort_by_key(|seen| seen.at);
        let mut replay = Replay::begin(self.rule, Timestamp(0), &self.alerts);
        for seen in &series {
            replay.take(seen);
        }
        replay.end(&self.tracks)
    }

    fn settle(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        let done = reconcile(&self.rule, self.replayed(), &self.alerts, &touched);
        for Correction { before, after } in done.corrections {
            let place = self.alerts.iter().position(|alert| *alert == before).expect("what is corrected");
            self.alerts[place] = after;
        }
        for found in done.new {
            self.add(found.kind, found.alert, found.threshold, found.until);
        }
        self.tracks = done.tracks;
    }

    /// What is remembered as open is what is active.
    fn is_consistent(&self) -> Result<(), TestCaseError> {
        for kind in MEASURED {
            let active: Vec<&KnownAlert> =
                self.alerts.iter().filter(|alert| alert.kind == kind && alert.resolved_at.is_none()).collect();
            prop_assert!(active.len() <= 1, "{:?}", active);
            prop_assert_eq!(self.tracks.track(kind).open, active.first().map(|alert| alert.alert), "{}", kind);
        }
        Ok(())
    }
}

/// An alert without what depends on when somebody was told.
type Told = (AlertType, Excursion, Option<Timestamp>);

fn told(alerts: &[KnownAlert]) -> Vec<Told> {
    let mut told: Vec<Told> =
        alerts.iter().map(|known| (known.kind, known.alert.excursion, known.resolved_at)).collect();
    told.sort_by_key(|(kind, excursion, _)| (*kind, excursion.from));
    told
}

fn given((found, _): &(Vec<Found>, Tracks)) -> Vec<Told> {
    let mut given: Vec<Told> = found.iter().map(|found| (found.kind, found.alert.excursion, found.until)).collect();
    given.sort_by_key(|(kind, excursion, _)| (*kind, excursion.from));
    given
}

/// Times that differ, values within −4 and 4, and the order in which they come.
fn shuffled() -> impl Strategy<Value = Vec<Measured>> {
    let one = (-4i64..=4, prop::option::of(any::<bool>()));
    let series = prop::collection::vec((1i64..30, one), 1..50).prop_map(|gaps| {
        let mut at = 0;
        let mut series = Vec::new();
        for (gap, (value, power)) in gaps {
            at += gap;
            series.push(Measured { temperature: Micro(value), power, ..reading(at, 0.0) });
        }
        series
    });
    series.prop_shuffle()
}

fn rule(delay: i64, hysteresis: i64) -> Rule {
    Rule {
        low: Micro(-2),
        high: Micro(2),
        hysteresis: Micro(hysteresis),
        delay,
        door_open: 0,
        offline_after: 60,
        maintenance: None,
    }
}

proptest! {
    #[test]
    fn any_order_comes_to_the_alerts_of_the_right_order(
        series in shuffled(),
        settles in prop::collection::vec(any::<bool>(), 50),
        hysteresis in 0i64..=2,
        arrival in prop::sample::select(vec![Arrival::Live, Arrival::Late]),
    ) {
        let mut stored = Stored::new(rule(0, hysteresis));
        for (seen, settles) in series.iter().zip(settles) {
            stored.take(Measured { arrival, ..*seen });
            if settles {
                stored.settle();
                stored.is_consistent()?;
            }
        }
        stored.settle();
        stored.is_consistent()?;
        prop_assert_eq!(told(&stored.alerts), given(&stored.replayed()));
    }

    #[test]
    fn with_a_delay_every_excursion_has_its_alert(
        series in shuffled(),
        settles in prop::collection::vec(any::<bool>(), 50),
        delay in 0i64..60,
        hysteresis in 0i64..=2,
    ) {
        let mut stored = Stored::new(rule(delay, hysteresis));
        for (seen, settles) in series.iter().zip(settles) {
            stored.take(*seen);
            if settles {
                stored.settle();
                stored.is_consistent()?;
            }
        }
        stored.settle();
        // What seemed to last for the delay, until more was known, stays beside these: people were told of it.
        let told: Vec<Told> = told(&stored.alerts);
        for (kind, excursion, until) in given(&stored.replayed()) {
            let same: Vec<&Told> = told.iter().filter(|told| told.0 == kind && told.1.from == excursion.from).collect();
            let expected = (kind, excursion, until);
            prop_assert_eq!(same, vec![&expected]);
        }
    }

    #[test]
    fn whoever_closes_alerts_meanwhile_no_two_are_active_and_none_is_forgotten(
        series in shuffled(),
        happenings in prop::collection::vec(0u8..4, 50),
        delay in 0i64..60,
    ) {
        let mut stored = Stored::new(rule(delay, 1));
        for (seen, happening) in series.iter().zip(happenings) {
            stored.take(*seen);
            match happening {
                0 => stored.settle(),
                1 => stored.close(seen.at.plus(1), AlertType::HighTemp),
                _ => {}
            }
            stored.is_consistent()?;
        }
        stored.settle();
        stored.is_consistent()?;
        let by_hand = stored.alerts.iter().filter(|alert| alert.by_hand);
        prop_assert!(by_hand.clone().all(|alert| alert.resolved_at.is_some()));
    }

    #[test]
    fn settling_again_changes_nothing(series in shuffled(), delay in 0i64..60) {
        let mut stored = Stored::new(rule(delay, 1));
        for seen in &series {
            stored.take(*seen);
        }
        stored.settle();
        let (alerts, tracks) = (stored.alerts.clone(), stored.tracks);
        stored.touched = vec![Window { from: Timestamp(0), until: Timestamp(i64::MAX) }];
        stored.settle();
        prop_assert_eq!((stored.alerts, stored.tracks), (alerts, tracks));
    }

    #[test]
    fn in_order_and_in_time_a_replay_says_what_was_said(series in shuffled(), delay in 0i64..60) {
        let mut stored = Stored::new(rule(delay, 1));
        let mut series = series;
        series.sort_by_key(|seen| seen.at);
        for seen in &series {
            stored.take(*seen);
        }
        prop_assert_eq!(told(&stored.alerts), given(&stored.replayed()));
        prop_assert_eq!(stored.tracks, stored.replayed().1);
    }
}

#[test]
fn a_reading_in_between_parts_an_alert_and_the_active_one_stays_active() {
    let mut stored = Stored::new(rule(0, 0));
    for at in [0, 10, 20] {
        stored.take(Measured { temperature: Micro(3), ..reading(at, 0.0) });
    }
    let active = stored.alerts[0].id;
    stored.take(reading(15, 0.0));
    stored.settle();
    assert_eq!(stored.alerts.len(), 2);
    let (going_on, over) = (stored.alerts[0], stored.alerts[1]);
    assert_eq!((going_on.id, going_on.resolved_at, going_on.alert.late), (active, None, false));
    assert_eq!((going_on.alert.excursion.from, going_on.alert.opened_at), (Timestamp(20), Timestamp(20)));
    assert_eq!((over.alert.excursion.from, over.alert.excursion.to), (Timestamp(0), Timestamp(10)));
    assert_eq!((over.resolved_at, over.alert.late), (Some(Timestamp(15)), true));
}

#[test]
fn an_alert_whose_cause_did_not_last_goes_on_with_what_is_waiting() {
    let outside = |at: i64| Measured { temperature: Micro(3), ..reading(at, 0.0) };
    let mut stored = Stored::new(rule(5, 0));
    for seen in [reading(0, 0.0), outside(20), outside(10)] {
        stored.take(seen);
    }
    stored.settle();
    assert_eq!(told(&stored.alerts)[0].1.from, Timestamp(10), "outside since 10, for more than 5");
    // Then it turns out that it was inside in between: what is outside since 20 has not lasted for 5 yet.
    stored.take(reading(12, 0.0));
    stored.settle();
    stored.is_consistent().expect("one active alert");
    let alone = Excursion { from: Timestamp(20), to: Timestamp(20), worst: Some(Micro(3)) };
    assert_eq!(told(&stored.alerts), [(AlertType::HighTemp, alone, None)]);
    stored.take(reading(40, 0.0));
    assert_eq!(told(&stored.alerts), [(AlertType::HighTemp, alone, Some(Timestamp(40)))]);
}

#[test]
fn what_opened_under_another_limit_or_lies_elsewhere_is_left_alone() {
    let outside = |at: i64| Measured { temperature: Micro(3), ..reading(at, 0.0) };
    let mut stored = Stored::new(rule(0, 0));
    for seen in [outside(0), reading(10, 0.0), reading(30, 0.0), outside(100), reading(110, 0.0), reading(200, 0.0)] {
        stored.take(seen);
    }
    let before = stored.alerts.clone();
    // The limits were made closer since: 1 is outside now, and so it was at 20 and at 150.
    stored.rule.high = Micro(0);
    for at in [5, 20, 150] {
        stored.readings.push(Measured { temperature: Micro(1), ..reading(at, 0.0) });
    }
    stored.touched = vec![Window { from: Timestamp(0), until: Timestamp(30) }];
    stored.settle();
    assert_eq!(stored.alerts[..2], before[..]);
    let new: Vec<Excursion> = stored.alerts[2..].iter().map(|alert| alert.alert.excursion).collect();
    assert_eq!(new, [Excursion { from: Timestamp(20), to: Timestamp(20), worst: Some(Micro(1)) }]);
}

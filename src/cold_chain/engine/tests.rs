//! Stories about one device.

use super::*;
use crate::kernel::time::MINUTE;

const RULE: Rule = Rule {
    low: Micro(-25_000_000),
    high: Micro(-15_000_000),
    hysteresis: Micro(500_000),
    delay: 0,
    door_open: 5 * MINUTE,
    offline_after: 15 * MINUTE,
    maintenance: None,
};

/// A live reading that tells a temperature alone.
pub(super) fn reading(at: i64, celsius: f64) -> Measured {
    Measured {
        at: Timestamp(at),
        received_at: Timestamp(at),
        temperature: Micro::from_celsius(celsius),
        power: None,
        door: None,
        battery: None,
        arrival: Arrival::Live,
    }
}

/// A device in a test: its memory, which is put away and taken up again between any two observations.
pub(super) struct Told {
    tracks: Tracks,
    rule: Rule,
    last_seen: Option<Timestamp>,
}

impl Told {
    pub(super) fn new(rule: Rule) -> Self {
        Self { tracks: Tracks::default(), rule, last_seen: None }
    }

    fn tell(&mut self, seen: Observation) -> Vec<Effect> {
        let stored = serde_json::to_string(&self.tracks).unwrap();
        let (tracks, effects) = step(serde_json::from_str(&stored).unwrap(), &self.rule, &seen);
        self.tracks = tracks;
        if let Observation::Reading(seen) = seen {
            self.last_seen = self.last_seen.max(Some(seen.received_at));
        }
        effects
    }

    pub(super) fn reading(&mut self, seen: Measured) -> Vec<Effect> {
        self.tell(Observation::Reading(seen))
    }

    /// A temperature at a minute.
    fn celsius(&mut self, minute: i64, celsius: f64, arrival: Arrival) -> Vec<Effect> {
        self.reading(Measured { arrival, ..reading(minute * MINUTE, celsius) })
    }

    /// Temperatures a minute apart, all live.
    fn run(&mut self, from: i64, series: &[f64]) -> Vec<Vec<Effect>> {
        (from..).zip(series).map(|(minute, celsius)| self.celsius(minute, *celsius, Arrival::Live)).collect()
    }

    pub(super) fn clock(&mut self, now: i64) -> Vec<Effect> {
        let hour = Hour { now: Timestamp(now), last_seen: self.last_seen, listening_since: Timestamp(0) };
        self.tell(Observation::Clock(hour))
    }

    pub(super) fn next_look(&self) -> Option<i64> {
        self.tracks.next_look(&self.rule, self.last_seen, Timestamp(0)).map(|at| at.0)
    }
}

#[test]
fn it_opens_once_keeps_the_worst_and_resolves_only_back_inside_by_the_hysteresis() {
    let effects = Told::new(RULE).run(0, &[-18.0, -14.0, -12.0, -13.0, -15.2, -15.5]);
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
    let mut told = Told::new(RULE);
    let mut effects = Vec::new();
    for (minute, power) in (0..).zip([None, Some(false), None, Some(false), Some(true)]) {
        effects.extend(told.reading(Measured { power, ..reading(minute * MINUTE, -18.0) }));
    }
    assert!(matches!(effects[..], [Effect::Open { .. }, Effect::Update { .. }, Effect::Resolve { .. }]), "{effects:?}");
}

#[test]
fn an_open_door_is_forgiven_for_a_while_and_an_empty_battery_not_at_all() {
    let mut told = Told::new(RULE);
    let open = |at| Measured { door: Some(true), battery: Some(Micro(50_000_000)), ..reading(at, -18.0) };
    assert_eq!(told.reading(open(0)), []);
    assert_eq!(told.clock(5 * MINUTE - 1), []);
    let effects = told.clock(5 * MINUTE);
    let [Effect::Open { kind: AlertType::DoorOpen, alert, .. }] = effects[..] else { panic!("{effects:?}") };
    assert_eq!((alert.excursion.from, alert.opened_at), (Timestamp(0), Timestamp(5 * MINUTE)));
    let shut = |battery: i64| Measured {
        door: Some(false),
        battery: Some(Micro(battery * 1_000_000)),
        ..reading(6 * MINUTE, -18.0)
    };
    let effects = told.reading(shut(19));
    let [Effect::Resolve { .. }, Effect::Open { kind: AlertType::LowBattery, threshold, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(threshold, Some(BATTERY_LOW));
    assert_eq!(told.reading(shut(24)), []);
    assert!(matches!(told.reading(shut(25))[..], [Effect::Resolve { kind: AlertType::LowBattery, .. }]));
}

#[test]
fn a_delay_runs_out_by_a_reading_or_by_the_clock_and_opens_at_the_same_moment() {
    let rule = Rule { delay: 10 * MINUTE, ..RULE };
    let by_reading = {
        let mut told = Told::new(rule);
        assert!(told.run(0, &[-10.0; 10]).concat().is_empty());
        told.celsius(12, -10.0, Arrival::Live)
    };
    let by_clock = {
        let mut told = Told::new(rule);
        told.celsius(0, -10.0, Arrival::Live);
        assert_eq!(told.next_look(), Some(10 * MINUTE));
        told.clock(12 * MINUTE)
    };
    for effects in [by_reading, by_clock] {
        let [Effect::Open { alert, .. }] = effects[..] else { panic!("{effects:?}") };
        assert_eq!((alert.excursion.from, alert.opened_at), (Timestamp(0), Timestamp(10 * MINUTE)));
    }
    // What is inside when last heard of, if only just, opens nothing by itself.
    let mut told = Told::new(rule);
    told.run(0, &[-10.0, -15.2]);
    assert_eq!(told.clock(14 * MINUTE), []);
}

#[test]
fn maintenance_keeps_alerts_from_opening_until_it_ends() {
    let window = Window { from: Timestamp(5 * MINUTE), until: Timestamp(60 * MINUTE) };
    let mut told = Told::new(Rule { maintenance: Some(window), ..RULE });
    assert!(told.run(5, &[-10.0, -9.0]).concat().is_empty());
    assert_eq!(told.next_look(), Some(60 * MINUTE), "also the silence is excused");
    assert_eq!(told.clock(59 * MINUTE), []);
    let effects = told.clock(60 * MINUTE);
    let [Effect::Open { alert, .. }, Effect::Open { kind: AlertType::SensorError, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((alert.excursion.from, alert.opened_at), (Timestamp(5 * MINUTE), Timestamp(60 * MINUTE)));
}

#[test]
fn a_silent_device_is_missed_once_and_only_if_somebody_was_listening() {
    let mut told = Told::new(RULE);
    assert_eq!(told.clock(DAY_AWAY), [], "never heard of, never missed");
    told.celsius(0, -18.0, Arrival::Live);
    let mut deaf = Told { tracks: told.tracks, rule: RULE, last_seen: told.last_seen };
    let hour = Hour { now: Timestamp(60 * MINUTE), last_seen: deaf.last_seen, listening_since: Timestamp(59 * MINUTE) };
    assert_eq!(deaf.tell(Observation::Clock(hour)), []);

    assert_eq!(told.clock(15 * MINUTE - 1), []);
    assert!(matches!(told.clock(16 * MINUTE)[..], [Effect::Open { kind: AlertType::SensorError, .. }]));
    assert_eq!(told.clock(17 * MINUTE), []);
    told.tracks.close(AlertType::SensorError);
    assert_eq!((told.clock(18 * MINUTE), told.next_look()), (Vec::new(), None), "closed by hand, and still silent");
    told.celsius(20, -18.0, Arrival::Live);
    assert!(matches!(told.clock(35 * MINUTE)[..], [Effect::Open { .. }]));
    // Whatever it has to say, it is there again.
    let effects = told.tell(Observation::Heard(Timestamp(40 * MINUTE)));
    assert_eq!(effects, [Effect::Resolve { kind: AlertType::SensorError, at: Timestamp(40 * MINUTE) }]);
}

const DAY_AWAY: i64 = 24 * 60 * MINUTE;

#[test]
fn a_late_alert_becomes_a_real_one_when_it_goes_on() {
    let mut told = Told::new(RULE);
    let opened = told.celsius(0, -10.0, Arrival::Late);
    assert!(matches!(opened[..], [Effect::Open { alert: Open { late: true, .. }, .. }]));
    let updated = told.celsius(60, -10.0, Arrival::Live);
    assert!(matches!(updated[..], [Effect::Update { alert: Open { late: false, .. }, .. }]));
}

#[test]
fn closed_by_hand_and_still_outside_opens_a_new_one() {
    let mut told = Told::new(RULE);
    told.run(0, &[-10.0]);
    told.tracks.close(AlertType::HighTemp);
    assert!(matches!(told.run(1, &[-10.0])[0][..], [Effect::Open { .. }]));
}

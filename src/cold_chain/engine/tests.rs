use proptest::prelude::*;

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

fn reading(at: i64, celsius: f64) -> Measured {
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
struct Told {
    tracks: Tracks,
    rule: Rule,
    last_seen: Option<Timestamp>,
}

impl Told {
    fn new(rule: Rule) -> Self {
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

    fn reading(&mut self, seen: Measured) -> Vec<Effect> {
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

    fn clock(&mut self, now: i64) -> Vec<Effect> {
        let hour = Hour { now: Timestamp(now), last_seen: self.last_seen, listening_since: Timestamp(0) };
        self.tell(Observation::Clock(hour))
    }

    fn next_look(&self) -> Option<i64> {
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
    told.tracks.silence.close();
    assert_eq!((told.clock(18 * MINUTE), told.next_look()), (Vec::new(), None), "closed by hand, and still silent");
    told.celsius(20, -18.0, Arrival::Live);
    assert!(matches!(told.clock(35 * MINUTE)[..], [Effect::Open { .. }]));
    // Whatever it has to say, it is there again.
    let back = Measured { received_at: Timestamp(40 * MINUTE), arrival: Arrival::OutOfOrder, ..reading(0, -18.0) };
    let effects = told.reading(back);
    assert_eq!(effects, [Effect::Resolve { kind: AlertType::SensorError, at: Timestamp(40 * MINUTE) }]);
}

const DAY_AWAY: i64 = 24 * 60 * MINUTE;

#[test]
fn readings_out_of_order_open_at_most_one_late_alert_for_a_stretch() {
    let mut told = Told::new(RULE);
    told.run(100, &[-18.0]);
    let mut opened = 0;
    // A backlog of a long excursion, mixed with live readings that are inside.
    for minute in 0..50 {
        for effect in told.celsius(minute, -5.0, Arrival::OutOfOrder) {
            if let Effect::Open { alert, .. } = effect {
                assert!(alert.late);
                opened += 1;
            }
        }
        told.celsius(101 + minute, -18.0, Arrival::Live);
    }
    assert_eq!(opened, 1);
}

#[test]
fn readings_that_lie_hours_apart_are_no_stretch() {
    let mut told = Told::new(Rule { delay: 10 * MINUTE, ..RULE });
    told.run(1_000, &[-18.0]);
    for minute in [0, 100, 200] {
        assert_eq!(told.celsius(minute, -5.0, Arrival::OutOfOrder), []);
    }
    assert!(matches!(told.celsius(210, -5.0, Arrival::OutOfOrder)[..], [Effect::Open { .. }]));
}

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
    told.tracks.high.close();
    assert!(matches!(told.run(1, &[-10.0])[0][..], [Effect::Open { .. }]));
}

/// What a random series is made of: the time since the event before, and what happened.
#[derive(Debug, Clone, Copy)]
enum Event {
    Reading { value: i64, power: Option<bool>, door: Option<bool>, battery: Option<i64> },
    Clock,
}

fn event() -> impl Strategy<Value = (i64, Event)> {
    let told = || prop::option::weighted(0.7, any::<bool>());
    let battery = prop::option::of(prop::sample::select(vec![10, 19, 20, 22, 25, 60]));
    let reading = (-4i64..=4, told(), told(), battery).prop_map(|(value, power, door, battery)| Event::Reading {
        value,
        power,
        door,
        battery,
    });
    (1i64..40, prop_oneof![3 => reading, 1 => Just(Event::Clock)])
}

/// Thresholds −2 and 2 in a space of −4 to 4, and short times, hit every branch often.
fn rule() -> impl Strategy<Value = Rule> {
    let window = (0i64..600, 1i64..200);
    (0i64..90, 0i64..=2, 0i64..90, 20i64..120, prop::option::of(window)).prop_map(
        |(delay, hysteresis, door_open, offline_after, window)| Rule {
            low: Micro(-2),
            high: Micro(2),
            hysteresis: Micro(hysteresis),
            delay,
            door_open,
            offline_after,
            maintenance: window.map(|(from, length)| Window { from: Timestamp(from), until: Timestamp(from + length) }),
        },
    )
}

fn measured(at: i64, event: Event) -> Option<Measured> {
    let Event::Reading { value, power, door, battery } = event else { return None };
    let battery = battery.map(|left| Micro(left * 1_000_000));
    Some(Measured { temperature: Micro(value), power, door, battery, ..reading(at, 0.0) })
}

/// What a reading says about one type: whether it is outside, whether it is inside by the hysteresis, and its value.
type Said = Option<(bool, bool, Option<Micro>)>;

fn said(kind: AlertType, rule: &Rule, seen: &Measured) -> Said {
    let (value, margin) = (seen.temperature.0, rule.hysteresis.0);
    match kind {
        AlertType::HighTemp => Some((value > 2, value <= 2 - margin, Some(seen.temperature))),
        AlertType::LowTemp => Some((value < -2, value >= -2 + margin, Some(seen.temperature))),
        AlertType::PowerLoss => seen.power.map(|power| (!power, power, None)),
        AlertType::DoorOpen => seen.door.map(|door| (door, !door, None)),
        AlertType::LowBattery => seen.battery.map(|left| (left.0 < 20_000_000, left.0 >= 25_000_000, Some(left))),
        AlertType::SensorError => None,
    }
}

/// The first moment after a delay that is not maintenance, looked for one by one.
fn opens(rule: &Rule, from: i64, delay: i64) -> i64 {
    let busy = |moment: i64| rule.maintenance.is_some_and(|w| (w.from.0..w.until.0).contains(&moment));
    (from + delay..).find(|moment| !busy(*moment)).unwrap()
}

/// Slow and obviously right: the alert that is active after the last of some events, from all of them.
fn active_after(kind: AlertType, rule: &Rule, series: &[(i64, Event)]) -> Option<Open> {
    if kind == AlertType::SensorError {
        let last = series.iter().rposition(|(_, event)| matches!(event, Event::Reading { .. }))?;
        let from = series[last].0;
        let due = opens(rule, from, rule.offline_after);
        let looked = series[last..].iter().any(|(at, event)| matches!(event, Event::Clock) && *at >= due);
        let excursion = Excursion { from: Timestamp(from), to: Timestamp(due), worst: None };
        return looked.then_some(Open { excursion, opened_at: Timestamp(due), late: false });
    }
    let delay = match kind {
        AlertType::HighTemp | AlertType::LowTemp => rule.delay,
        AlertType::DoorOpen => rule.door_open,
        _ => 0,
    };
    let about = |at: i64, event: Event| measured(at, event).map(|seen| said(kind, rule, &seen));
    // Everything since the last reading that was well inside; readings that say nothing are as if they were not.
    let heard: Vec<(i64, Option<(bool, bool, Option<Micro>)>)> = series
        .iter()
        .filter_map(|(at, event)| match about(*at, *event) {
            None => Some((*at, None)),
            Some(None) => None,
            Some(told) => Some((*at, told)),
        })
        .collect();
    let inside = |told: &Said| told.is_some_and(|(_, inside, _)| inside);
    let outside = |told: &Said| told.is_some_and(|(outside, ..)| outside);
    let begin = heard.iter().rposition(|(_, told)| inside(told)).map_or(0, |index| index + 1);
    let stretch = &heard[begin..];
    let out: Vec<(i64, Option<Micro>)> =
        stretch.iter().filter(|(_, told)| outside(told)).map(|(at, told)| (*at, told.unwrap().2)).collect();
    let (first, _) = *out.first()?;
    let due = opens(rule, first, delay);
    let is_shown = stretch.iter().enumerate().any(|(index, (at, told))| {
        let newest = stretch[..=index].iter().rev().find(|(_, told)| told.is_some());
        *at >= due && newest.is_some_and(|(_, newest)| outside(newest)) && (told.is_none() || outside(told))
    });
    let values = out.iter().map(|(_, value)| *value);
    let worst = match kind {
        AlertType::LowTemp | AlertType::LowBattery => values.min(),
        _ => values.max(),
    };
    let (last, _) = *out.last()?;
    let excursion = Excursion { from: Timestamp(first), to: Timestamp(last), worst: worst.flatten() };
    is_shown.then_some(Open { excursion, opened_at: Timestamp(due), late: false })
}

/// What is active according to the effects so far. Opening twice and resolving nothing are refused.
#[derive(Default)]
struct Active(std::collections::BTreeMap<AlertType, Open>);

impl Active {
    fn follow(&mut self, effects: Vec<Effect>) -> Result<(), TestCaseError> {
        for effect in effects {
            match effect {
                Effect::Open { kind, alert, .. } => {
                    prop_assert!(self.0.insert(kind, alert).is_none(), "opened twice: {:?}", kind);
                }
                Effect::Update { kind, alert, .. } => {
                    prop_assert!(self.0.insert(kind, alert).is_some(), "updated what is not open: {:?}", kind);
                }
                Effect::Resolve { kind, at } => {
                    let alert = self.0.remove(&kind);
                    prop_assert!(alert.is_some_and(|alert| at >= alert.opened_at), "{:?} resolved: {:?}", kind, alert);
                }
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn it_agrees_with_the_slow_reference(rule in rule(), events in prop::collection::vec(event(), 1..60)) {
        let mut told = Told::new(rule);
        let mut active = Active::default();
        let mut series = Vec::new();
        let mut at = 0;
        for (gap, event) in events {
            at += gap;
            series.push((at, event));
            active.follow(match measured(at, event) {
                Some(seen) => told.reading(seen),
                None => told.clock(at),
            })?;
            for kind in AlertType::ALL {
                let expected = active_after(*kind, &rule, &series);
                prop_assert_eq!(active.0.get(kind).copied(), expected, "{} after {:?}", kind, series);
            }
        }
    }

    #[test]
    fn the_clock_matters_only_when_it_was_asked_for(rule in rule(), events in prop::collection::vec(event(), 1..60)) {
        let mut told = Told::new(rule);
        let mut at = 0;
        for (gap, event) in events {
            // Every moment in between, whether or not somebody looks.
            for now in at..at + gap {
                let (asked, effects) = (told.next_look(), told.clock(now));
                prop_assert_eq!(!effects.is_empty(), asked.is_some_and(|asked| asked <= now), "{} at {}", now, at);
            }
            at += gap;
            if let Some(seen) = measured(at, event) {
                told.reading(seen);
            }
        }
    }

    #[test]
    fn what_comes_late_opens_late_alerts_and_one_at_a_time(
        rule in rule(),
        readings in prop::collection::vec((0i64..1_000, -4i64..=4, 0usize..3), 1..80),
    ) {
        let mut told = Told::new(rule);
        let mut active = Active::default();
        for (at, value, arrival) in readings {
            let arrival = [Arrival::Live, Arrival::Late, Arrival::OutOfOrder][arrival];
            let effects = told.reading(Measured { temperature: Micro(value), arrival, ..reading(at, 0.0) });
            for effect in &effects {
                if let Effect::Open { alert, .. } = effect {
                    prop_assert_eq!(alert.late, arrival != Arrival::Live);
                }
                if let Effect::Update { kind, alert, goes_on } = effect {
                    let was_late = active.0[kind].late;
                    prop_assert!(alert.late == was_late || arrival == Arrival::Live, "late no more by {:?}", arrival);
                    prop_assert_eq!(*goes_on, alert.late != was_late);
                }
            }
            active.follow(effects)?;
        }
    }
}

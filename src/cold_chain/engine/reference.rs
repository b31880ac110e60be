//! The engine on random series, held against a slow reference and against what must always be true.

use proptest::prelude::*;

use super::tests::{Told, reading};
use super::*;

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
    let heard: Vec<(i64, Said)> = series
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
        mut readings in prop::collection::vec((0i64..1_000, -4i64..=4, any::<bool>()), 1..80),
    ) {
        let mut told = Told::new(rule);
        let mut active = Active::default();
        readings.sort_unstable();
        for (at, value, is_live) in readings {
            let arrival = if is_live { Arrival::Live } else { Arrival::Late };
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

//! Alerts of one cell that open again and again are one trouble: a freezer at its limit opens an alert every few minutes, and
//! each is over before anybody would be told of it. So alerts are counted together as long as nobody has reacted.

use crate::cold_chain::alert::AlertType;
use crate::kernel::ids::AlertId;
use crate::kernel::time::{MINUTE, Timestamp};

/// What opens again within this time of the end of the one before goes on with it, in milliseconds.
pub const REOPENED_WITHIN: i64 = 30 * MINUTE;
/// From so many openings on a trouble is told and escalates whether or not an alert is active at the moment.
pub const FLAPPING_FROM: i64 = 3;

/// What an alert belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// The alert that it began with.
    pub id: AlertId,
    /// When that one opened.
    pub since: Timestamp,
    /// How often an alert has opened so far. One that opens beside another that is active does not count.
    pub openings: i64,
}

/// The alert of a cell and family that opened before another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Predecessor {
    /// What it belongs to.
    pub trouble: Trouble,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Whether somebody has taken note of it or has closed it.
    pub is_attended: bool,
}

impl Trouble {
    /// What an alert belongs to that opens after another one of its cell and family.
    #[must_use]
    pub fn of(id: AlertId, opened_at: Timestamp, before: Option<&Predecessor>) -> Self {
        let anew = Self { id, since: opened_at, openings: 1 };
        let Some(before) = before.filter(|before| !before.is_attended && before.opened_at <= opened_at) else {
            return anew;
        };
        match before.resolved_at {
            None => before.trouble,
            Some(end) if end > opened_at => before.trouble,
            Some(end) if opened_at.since(end) <= REOPENED_WITHIN => {
                Self { openings: before.trouble.openings + 1, ..before.trouble }
            }
            Some(_) => anew,
        }
    }
}

/// Whether alerts of a trouble open so often that it goes on while none is active, until nothing has opened for a while.
#[must_use]
pub fn is_flapping(openings: i64, resolved_at: Option<Timestamp>, now: Timestamp) -> bool {
    openings >= FLAPPING_FROM && resolved_at.is_none_or(|end| now.since(end) <= REOPENED_WITHIN)
}

impl AlertType {
    /// The types that are one trouble with this one: too warm and too cold are both a temperature that is not held.
    #[must_use]
    pub const fn family(self) -> [Self; 2] {
        match self {
            Self::HighTemp | Self::LowTemp => [Self::HighTemp, Self::LowTemp],
            other => [other, other],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An alert of a series: when it opens after the one before has ended, how long it lasts, whether somebody reacts.
    type Step = (i64, i64, bool);

    fn series() -> impl Strategy<Value = Vec<Step>> {
        prop::collection::vec((1..60i64, 1..20i64, prop::bool::weighted(0.15)), 1..20)
    }

    /// The slow way: the troubles of a whole series, by where the gaps are.
    fn reference(series: &[(Timestamp, Timestamp, bool)]) -> Vec<(usize, i64)> {
        (0..series.len())
            .map(|index| {
                let is_joint = |index: &usize| {
                    let (before, this) = (series[index - 1], series[*index]);
                    !before.2 && this.0.since(before.1) <= REOPENED_WITHIN
                };
                let first = (1..=index).rev().take_while(is_joint).last().map_or(index, |joint| joint - 1);
                (first, (index - first + 1) as i64)
            })
            .collect()
    }

    proptest! {
        #[test]
        fn one_step_after_the_other_gives_what_the_whole_series_is(steps in series()) {
            let mut at = Timestamp(0);
            let series: Vec<(Timestamp, Timestamp, bool)> = steps
                .iter()
                .map(|(pause, length, is_attended)| {
                    let from = at.plus(pause * MINUTE);
                    at = from.plus(length * MINUTE);
                    (from, at, *is_attended)
                })
                .collect();
            let mut before: Option<Predecessor> = None;
            let mut ids = Vec::new();
            for ((opened_at, end, is_attended), (first, openings)) in series.iter().zip(reference(&series)) {
                ids.push(AlertId::new());
                let trouble = Trouble::of(ids[ids.len() - 1], *opened_at, before.as_ref());
                prop_assert_eq!(trouble, Trouble { id: ids[first], since: series[first].0, openings });
                before = Some(Predecessor {
                    trouble,
                    opened_at: *opened_at,
                    resolved_at: Some(*end),
                    is_attended: *is_attended,
                });
            }
        }
    }

    #[test]
    fn what_opens_beside_an_active_one_is_no_opening_of_its_own() {
        let trouble = Trouble { id: AlertId::new(), since: Timestamp(0), openings: 2 };
        let active = Predecessor { trouble, opened_at: Timestamp(5), resolved_at: None, is_attended: false };
        assert_eq!(Trouble::of(AlertId::new(), Timestamp(9), Some(&active)), trouble);
        let attended = Predecessor { is_attended: true, ..active };
        assert_eq!(Trouble::of(AlertId::new(), Timestamp(9), Some(&attended)).openings, 1);
    }

    #[test]
    fn it_is_over_when_nothing_has_opened_for_a_while() {
        let over = Some(Timestamp(0));
        assert!(is_flapping(FLAPPING_FROM, over, Timestamp(REOPENED_WITHIN)));
        assert!(!is_flapping(FLAPPING_FROM, over, Timestamp(REOPENED_WITHIN + 1)));
        assert!(!is_flapping(FLAPPING_FROM - 1, None, Timestamp(0)));
    }
}

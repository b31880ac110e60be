//! What readings that came out of order change about the alerts of their time.

use super::track::Limit;
use super::{Excursion, Found, MEASURED, Open, Rule, Tracks, Window};
use crate::cold_chain::alert::AlertType;
use crate::cold_chain::model::Micro;
use crate::kernel::ids::AlertId;
use crate::kernel::time::Timestamp;

/// An alert that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAlert {
    /// Its id.
    pub id: AlertId,
    /// Its type.
    pub kind: AlertType,
    /// What is known of it.
    pub alert: Open,
    /// The limit that counted when it opened.
    pub threshold: Option<Micro>,
    /// When it was over; none while it is active.
    pub resolved_at: Option<Timestamp>,
    /// Whether somebody closed it by hand.
    pub by_hand: bool,
}

impl KnownAlert {
    /// Whether it went on at a moment.
    #[must_use]
    pub fn goes_on_at(&self, moment: Timestamp) -> bool {
        self.alert.excursion.from < moment && self.resolved_at.is_none_or(|until| until >= moment)
    }
}

/// A stored alert that turns out to have been another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// As it is stored.
    pub before: KnownAlert,
    /// As it should be.
    pub after: KnownAlert,
}

impl Correction {
    /// Whether an alert that was found in late readings turns out to go on.
    #[must_use]
    pub const fn goes_on(&self) -> bool {
        self.before.alert.late && !self.after.alert.late
    }
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hindsight {
    /// Stored alerts that began or ended at other times, or were worse.
    pub corrections: Vec<Correction>,
    /// Alerts that nobody knew of.
    pub new: Vec<Found>,
    /// What is to be remembered from now on.
    pub tracks: Tracks,
}

/// Holds what readings give, and what is remembered after them, against the alerts that are stored; keeps to what people
/// were told where it can: alerts are corrected and added, never taken back.
///
/// `touched` are the stretches in which readings came out of order. Alerts and excursions that lie apart from these are
/// left alone: there the engine knew all that it had to know, perhaps under another rule. So is an alert whose limit was
/// another one.
#[must_use]
pub fn reconcile(
    rule: &Rule,
    (found, tracks): (Vec<Found>, Tracks),
    known: &[KnownAlert],
    touched: &[Window],
) -> Hindsight {
    let mut hindsight = Hindsight { tracks, ..Hindsight::default() };
    for kind in MEASURED {
        let found = found.iter().filter(|found| found.kind == kind).collect();
        let mut known: Vec<&KnownAlert> = known.iter().filter(|known| known.kind == kind).collect();
        known.sort_by_key(|known| known.alert.excursion.from);
        Comparison { limit: rule.limit(kind), found, known, touched }.settle(&mut hindsight);
    }
    hindsight
}

/// What is found and what is known of one type, each in the order of time.
struct Comparison<'a> {
    limit: Limit<'a>,
    found: Vec<&'a Found>,
    known: Vec<&'a KnownAlert>,
    touched: &'a [Window],
}

impl Comparison<'_> {
    fn settle(&self, hindsight: &mut Hindsight) {
        let twins = self.twins();
        let pending = hindsight.tracks.track(self.limit.kind).pending();
        for (known, twin) in self.known.iter().zip(&twins) {
            let after = match twin.map(|index| self.found[index]) {
                Some(twin) => self.correct(known, twin),
                None => pending.map_or(**known, |pending| self.carry_on(known, pending)),
            };
            if after != **known {
                hindsight.corrections.push(Correction { before: **known, after });
            }
            let track = hindsight.tracks.track_mut(self.limit.kind);
            match (known.resolved_at, after.resolved_at) {
                // Whether or not the readings give it: what is active goes on.
                (_, None) => track.resume(after.alert),
                (None, Some(_)) => track.close(),
                (Some(_), Some(_)) => {}
            }
        }
        for (index, found) in self.found.iter().enumerate() {
            if !twins.contains(&Some(index)) && self.is_unheard_of(found) {
                let late = found.alert.late || found.until.is_some();
                hindsight.new.push(Found { alert: Open { late, ..found.alert }, ..**found });
            }
        }
    }

    /// For each known alert the found one that it is: the first that it shares time with, and for an active one the last,
    /// because that is what people see going on.
    fn twins(&self) -> Vec<Option<usize>> {
        let mut twins: Vec<Option<usize>> = Vec::with_capacity(self.known.len());
        for known in &self.known {
            let is_free = |index: &usize| !twins.contains(&Some(*index)) && is_twin(known, self.found[*index]);
            let mut free = (0..self.found.len()).filter(is_free);
            let twin = if known.resolved_at.is_none() { free.next_back() } else { free.next() };
            twins.push(twin);
        }
        twins
    }

    /// Whether no alert tells of a found one that should be told of.
    fn is_unheard_of(&self, found: &Found) -> bool {
        let mut overlapping = self.known.iter().filter(|known| overlap(known, found)).peekable();
        // What goes on has no alert, or that would be its twin; and what is remembered as one must be one.
        found.until.is_none()
            || match overlapping.peek() {
                None => self.is_found_touched(found),
                Some(_) => overlapping.all(|known| {
                    self.has_my_limit(known) && (self.is_found_touched(found) || self.is_known_touched(known))
                }),
            }
    }

    /// A known alert as the found one that it is, where that is for these readings to say.
    fn correct(&self, known: &KnownAlert, found: &Found) -> KnownAlert {
        if !self.has_my_limit(known) || !(self.is_known_touched(known) || self.is_found_touched(found)) {
            return *known;
        }
        let late = known.alert.late && (found.alert.late || found.until.is_some());
        // When people were told, if that is a moment of it.
        let was_told = known.alert.opened_at >= found.alert.excursion.from
            && found.until.is_none_or(|until| known.alert.opened_at <= until);
        let opened_at = if was_told && !late { known.alert.opened_at } else { found.alert.opened_at };
        let resolved_at = if known.by_hand { known.resolved_at } else { found.until };
        let alert = Open { excursion: found.alert.excursion, opened_at, late };
        KnownAlert { alert, resolved_at, ..*known }
    }

    /// An active alert that the readings do not give, or not yet: what it was opened for did not last for the delay after
    /// all. It goes on, and from now on is about the readings that are waiting for the delay to end.
    fn carry_on(&self, known: &KnownAlert, pending: Excursion) -> KnownAlert {
        let is_touched = self.is_known_touched(known) || self.is_touched(pending.from, None);
        if known.resolved_at.is_some() || !self.has_my_limit(known) || !is_touched {
            return *known;
        }
        let opened_at = known.alert.opened_at.max(pending.from);
        KnownAlert { alert: Open { excursion: pending, opened_at, ..known.alert }, ..*known }
    }

    /// Whether an alert opened under the limit of today.
    fn has_my_limit(&self, known: &KnownAlert) -> bool {
        known.threshold == self.limit.threshold
    }

    /// Whether something about a found one came out of order.
    fn is_found_touched(&self, found: &Found) -> bool {
        self.is_touched(found.alert.excursion.from, found.until)
    }

    /// Whether something about a known one came out of order.
    fn is_known_touched(&self, known: &KnownAlert) -> bool {
        self.is_touched(known.alert.excursion.from, known.resolved_at)
    }

    fn is_touched(&self, from: Timestamp, until: Option<Timestamp>) -> bool {
        self.touched.iter().any(|window| from < window.until && until.is_none_or(|until| until >= window.from))
    }
}

/// Whether readings of a known alert and of a found one lie in the same stretch of time.
fn overlap(known: &KnownAlert, found: &Found) -> bool {
    let (known, found) = (known.alert.excursion, found.alert.excursion);
    known.from <= found.to && found.from <= known.to
}

/// Whether a known alert can be a found one.
fn is_twin(known: &KnownAlert, found: &Found) -> bool {
    match known.resolved_at {
        None => found.until.is_none() || (overlap(known, found) && !found.closed),
        Some(_) => overlap(known, found) && found.until.is_some() && (known.by_hand || !found.closed),
    }
}

//! The buckets of a cell's chart as readings fill them.
//!
//! A device sends many readings within five minutes, and each of them would change three rows of the chart. So the five
//! minutes that a device fills now are kept with its state, which is written with every reading anyway ([`Filling`]), and
//! come to the table of buckets when the device goes on to later ones. Who reads buckets adds what still fills. Readings of
//! earlier five minutes, or of a cell that the device has left, go to the table at once. Sums are whole numbers and do not
//! depend on the order of arrival, so the chart is exact at any time, whichever way a reading took.

use crate::cold_chain::chart::{BUCKET_SPANS, Summary};
use crate::cold_chain::model::Micro;
use crate::cold_chain::reading::AHEAD;
use crate::kernel::time::{SECOND, Timestamp};

/// A bucket's place: cell, start, span in seconds. In this order a reading's buckets lie side by side.
pub(crate) type BucketKey = (i64, Timestamp, i64);

/// Readings of one cell within five minutes, the narrowest bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub cell_no: i64,
    /// Where the five minutes begin.
    pub start: Timestamp,
    pub summary: Summary,
}

impl Part {
    /// One reading of a cell.
    pub fn of(cell_no: i64, at: Timestamp, temperature: Micro) -> Self {
        Self { cell_no, start: bucket_start(at, BUCKET_SPANS[0]), summary: Summary::of(temperature) }
    }

    /// Takes in another part if it belongs to the same five minutes of the same cell, and tells whether it does.
    pub fn take_in(&mut self, other: &Self) -> bool {
        let same = (self.cell_no, self.start) == (other.cell_no, other.start);
        if same {
            self.summary = self.summary.and(other.summary);
        }
        same
    }
}

/// The five minutes that a device fills in the cell where it stands, as its row keeps them. All is there, or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Filling {
    pub bucket_at: Option<Timestamp>,
    pub bucket_min: Option<Micro>,
    pub bucket_max: Option<Micro>,
    pub bucket_sum: Option<i64>,
    pub bucket_count: Option<i64>,
}

impl Filling {
    /// What a device fills in its cell; nothing before its first reading there.
    pub fn part(&self, cell_no: i64) -> Option<Part> {
        let (min, max) = self.bucket_min.zip(self.bucket_max)?;
        let (sum, count) = self.bucket_sum.zip(self.bucket_count)?;
        Some(Part { cell_no, start: self.bucket_at?, summary: Summary { min, max, sum, count } })
    }

    /// Takes in readings of the device in its cell, and gives back what belongs into the table now: five minutes that are
    /// over, or those readings themselves if they are of earlier ones. Five minutes that cannot have come yet are left by a
    /// clock that was ahead: as if they were over.
    pub fn take_in(&mut self, part: Part, now: Timestamp) -> Option<Part> {
        let Some(mut filling) = self.part(part.cell_no) else {
            *self = Self::from(part);
            return None;
        };
        if filling.take_in(&part) {
            *self = Self::from(filling);
            None
        } else if filling.start < part.start || filling.start > now.plus(AHEAD) {
            *self = Self::from(part);
            Some(filling)
        } else {
            Some(part)
        }
    }
}

impl From<Part> for Filling {
    fn from(Part { start, summary, .. }: Part) -> Self {
        Self {
            bucket_at: Some(start),
            bucket_min: Some(summary.min),
            bucket_max: Some(summary.max),
            bucket_sum: Some(summary.sum),
            bucket_count: Some(summary.count),
        }
    }
}

/// What parts add to the buckets of all spans, each bucket once, sorted by key.
pub(crate) fn spread(parts: &[Part]) -> Vec<(BucketKey, Summary)> {
    let bucket = |part: &Part, span| ((part.cell_no, bucket_start(part.start, span), span), part.summary);
    let mut added: Vec<(BucketKey, Summary)> =
        parts.iter().flat_map(|part| BUCKET_SPANS.map(|span| bucket(part, span))).collect();
    added.sort_unstable_by_key(|(key, _)| *key);
    added.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            earlier.1 = earlier.1.and(later.1);
        }
        same
    });
    added
}

/// Where the bucket of a span, in seconds, begins that a moment lies in.
pub(crate) fn bucket_start(at: Timestamp, span: i64) -> Timestamp {
    Timestamp(at.0 - at.0.rem_euclid(span * SECOND))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::kernel::time::MINUTE;

    fn part(minute: i64, temperature: i64) -> Part {
        Part::of(1, Timestamp(minute * MINUTE), Micro(temperature))
    }

    #[test]
    fn what_fills_goes_to_the_table_when_a_later_reading_comes_and_an_earlier_one_goes_there_itself() {
        let (mut filling, now) = (Filling::default(), Timestamp(20 * MINUTE));
        assert_eq!(filling.take_in(part(10, -18), now), None);
        assert_eq!(filling.take_in(part(14, -20), now), None);
        assert_eq!(filling.take_in(part(9, 4), now), Some(part(9, 4)));
        let over = Part { summary: Summary::of(Micro(-18)).and(Summary::of(Micro(-20))), ..part(10, 0) };
        assert_eq!(filling.part(1), Some(over));
        assert_eq!(filling.take_in(part(15, -19), now), Some(over));
        assert_eq!(filling.part(1), Some(part(15, -19)));
    }

    #[test]
    fn what_a_clock_has_left_that_was_ahead_does_not_fill_for_ever() {
        let (mut filling, month) = (Filling::default(), 30 * 24 * 60);
        assert_eq!(filling.take_in(part(month, -18), Timestamp(month * MINUTE)), None);
        assert_eq!(filling.take_in(part(10, -19), Timestamp(12 * MINUTE)), Some(part(month, -18)));
        assert_eq!(filling.part(1), Some(part(10, -19)));
    }

    proptest! {
        /// Whatever the order in which readings come in: what went to the table and what still fills are all of them.
        #[test]
        fn nothing_is_lost_on_the_way_through_what_fills(
            readings in prop::collection::vec((0..600_i64, -40..10_i64), 1..80),
            now in 0..600_i64,
        ) {
            let (mut filling, now) = (Filling::default(), Timestamp(now * MINUTE));
            let parts = readings.iter().map(|(minute, degrees)| part(*minute, *degrees));
            let mut kept: Vec<Part> = parts.filter_map(|part| filling.take_in(part, now)).collect();
            kept.extend(filling.part(1));
            let mut anew: BTreeMap<BucketKey, Summary> = BTreeMap::new();
            for (minute, degrees) in &readings {
                for span in BUCKET_SPANS {
                    let key = (1, Timestamp(minute * MINUTE / (span * SECOND) * (span * SECOND)), span);
                    let summary = Summary::of(Micro(*degrees));
                    anew.entry(key).and_modify(|known| *known = known.and(summary)).or_insert(summary);
                }
            }
            prop_assert_eq!(spread(&kept), anew.into_iter().collect::<Vec<_>>());
        }
    }
}

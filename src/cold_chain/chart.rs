//! A cell's chart: buckets with minimum, maximum, average and count, and the statistics of the whole range.

use serde::{Deserialize, Serialize};

use crate::cold_chain::model::Micro;
use crate::kernel::time::{DAY, Timestamp};

crate::text_enum! {
    /// How far back a chart reaches.
    pub enum ChartRange {
        /// A day in buckets of 5 minutes.
        Day = "24h",
        /// A week in buckets of 30 minutes.
        Week = "7d",
        /// Thirty days in buckets of 2 hours.
        Month = "30d",
    }
}

impl ChartRange {
    /// How far back, in milliseconds.
    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        match self {
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
        }
    }

    /// The width of a bucket, in seconds.
    #[must_use]
    pub const fn bucket_seconds(self) -> i64 {
        match self {
            Self::Day => 300,
            Self::Week => 1_800,
            Self::Month => 7_200,
        }
    }
}

/// The widths of the buckets that are kept, in seconds.
pub const BUCKET_SPANS: [i64; 3] =
    [ChartRange::Day.bucket_seconds(), ChartRange::Week.bucket_seconds(), ChartRange::Month.bucket_seconds()];

/// Minimum, maximum, sum and count of some readings, exact and independent of their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The lowest.
    pub min: Micro,
    /// The highest.
    pub max: Micro,
    /// All added up, in micro-degrees: 9 × 10¹⁰ readings of 100 °C fit.
    pub sum: i64,
    /// How many.
    pub count: i64,
}

impl Summary {
    /// The summary of one reading.
    #[must_use]
    pub const fn of(value: Micro) -> Self {
        Self { min: value, max: value, sum: value.0, count: 1 }
    }

    /// The summary of these and those.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            sum: self.sum + other.sum,
            count: self.count + other.count,
        }
    }

    /// The average in °C, rounded to thousandths.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "an average for reading, not for adding up")]
    pub fn average(self) -> f64 {
        (self.sum as f64 / self.count as f64 / 1e3).round() / 1e3
    }
}

/// A bucket of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ChartPoint {
    /// Where the bucket begins.
    pub t: Timestamp,
    /// The lowest value, in °C.
    pub min: f64,
    /// The highest value, in °C.
    pub max: f64,
    /// The average, in °C.
    pub avg: f64,
    /// Readings in the bucket.
    pub count: i64,
}

/// The statistics of a whole chart. Without readings there is only the count, 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ChartStats {
    /// The lowest value, in °C.
    pub min: Option<f64>,
    /// The highest value, in °C.
    pub max: Option<f64>,
    /// The average of all readings, in °C.
    pub avg: Option<f64>,
    /// Readings in the range.
    pub count: i64,
}

/// A cell's chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Chart {
    /// How far back it reaches.
    pub range: ChartRange,
    /// The width of a bucket, in seconds.
    pub bucket_seconds: i64,
    /// The buckets that have readings, oldest first.
    pub points: Vec<ChartPoint>,
    /// Over the whole range.
    pub stats: ChartStats,
}

impl Chart {
    /// The chart of some buckets, oldest first.
    #[must_use]
    pub fn new(range: ChartRange, buckets: &[(Timestamp, Summary)]) -> Self {
        let all = buckets.iter().map(|(_, summary)| *summary).reduce(Summary::and);
        Self {
            range,
            bucket_seconds: range.bucket_seconds(),
            points: buckets
                .iter()
                .map(|(start, summary)| ChartPoint {
                    t: *start,
                    min: summary.min.celsius(),
                    max: summary.max.celsius(),
                    avg: summary.average(),
                    count: summary.count,
                })
                .collect(),
            stats: all.map_or_else(ChartStats::default, |all| ChartStats {
                min: Some(all.min.celsius()),
                max: Some(all.max.celsius()),
                avg: Some(all.average()),
                count: all.count,
            }),
        }
    }
}

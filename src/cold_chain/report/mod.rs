//! The monthly report of a cold cell for the HACCP file: what was measured, how long it was in range, every excursion with
//! its length, what was done about it and by whom, and the journal entry that it can be verified against.
//!
//! Regulation (EC) No 852/2004, article 5, asks food businesses for monitoring at critical control points, for corrective
//! actions, and for records of both.

#[cfg(feature = "ssr")]
mod csv;
#[cfg(feature = "ssr")]
mod paper;
#[cfg(feature = "ssr")]
mod pdf;
#[cfg(feature = "ssr")]
mod words;

use serde::{Deserialize, Serialize};

use crate::cold_chain::alert::Alert;
use crate::kernel::ids::ColdCellId;
use crate::kernel::time::Timestamp;

/// The report of a cell and a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CellReport {
    /// The organisation that made it.
    pub organisation: String,
    /// The cell.
    pub cold_cell_id: ColdCellId,
    /// What the cell is called.
    pub cold_cell_name: String,
    /// Where it stands.
    pub location_name: String,
    /// The address of the place.
    pub address: Option<String>,
    /// Whose it is.
    pub customer_name: Option<String>,
    /// The month, `YYYY-MM`, in the time zone.
    pub month: String,
    /// The time zone of the place, or else of the organisation: an IANA name.
    pub time_zone: String,
    /// The beginning of the month.
    pub from: Timestamp,
    /// The end of the month, or when the report was made if that is earlier.
    pub until: Timestamp,
    /// When it was made.
    pub made_at: Timestamp,
    /// The limits that were in force in the time, in their order; there is at least one. What was measured counts by those
    /// of its own time: limits that are changed later make no month better or worse than it was.
    pub limits: Vec<PastLimits>,
    /// What was measured; nothing if nothing was.
    pub measured: Option<Measured>,
    /// Intervals of five minutes in the time.
    pub intervals: i64,
    /// Those with at least one reading.
    pub measured_intervals: i64,
    /// Those of them in which every reading lay within the limits that were in force when they began.
    pub in_range_intervals: i64,
    /// The days of the month that have readings.
    pub days: Vec<ReportDay>,
    /// Every alert that went on in the time, in the order of their beginnings.
    pub excursions: Vec<Excursion>,
    /// Every maintenance that went on in the time, in which no alert opened; in the order of their beginnings.
    pub maintenance: Vec<PastMaintenance>,
    /// The last entry of the organisation's journal when the report was made.
    pub journal: JournalMark,
}

/// What was measured in a stretch of time, in °C.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// The lowest reading.
    pub min: f64,
    /// The highest reading.
    pub max: f64,
    /// The average of all readings.
    pub avg: f64,
    /// How many readings.
    pub count: i64,
}

/// A day of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReportDay {
    /// The day, `YYYY-MM-DD`, in the time zone.
    pub day: String,
    /// What was measured.
    pub measured: Measured,
    /// Intervals of five minutes with readings.
    pub measured_intervals: i64,
    /// Those of them in which every reading lay within the limits that were in force when they began.
    pub in_range_intervals: i64,
}

/// A stretch of time with the same limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PastLimits {
    /// Its first moment in the time of the report.
    pub from: Timestamp,
    /// Its end in the time of the report.
    pub until: Timestamp,
    /// The lower limit, in °C.
    pub min_temperature: f64,
    /// The upper limit, in °C.
    pub max_temperature: f64,
    /// Who set them, if that was in the time of the report; not for customers.
    pub by: Option<String>,
}

/// An alert that went on in the time of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Excursion {
    /// The alert, with who took note and who closed it with what note.
    #[serde(flatten)]
    pub alert: Alert,
    /// How long it went on, in seconds: to its end, or to when the report was made.
    pub seconds: i64,
}

/// A stretch of time in which people worked on the cell and no alert opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PastMaintenance {
    /// Its first moment.
    pub from: Timestamp,
    /// Its end, as it was or, while it goes on, as it is planned.
    pub until: Timestamp,
    /// What was done; not for customers.
    pub reason: Option<String>,
    /// Who said so; not for customers.
    pub by: Option<String>,
}

/// An entry of the journal, by which a report is verified: `officina audit verify --hash …`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct JournalMark {
    /// Its number in the organisation.
    pub seq: i64,
    /// Its hash in the chain, in hex.
    pub hash: String,
}

impl CellReport {
    /// The lowest and the highest limit that was in force in the time, in °C.
    #[must_use]
    pub fn outermost_limits(&self) -> (f64, f64) {
        self.limits.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), limits| {
            (low.min(limits.min_temperature), high.max(limits.max_temperature))
        })
    }

    /// The share of measured intervals within the limits, in percent; nothing if nothing was measured.
    #[must_use]
    pub fn in_range_percent(&self) -> Option<f64> {
        percent(self.in_range_intervals, self.measured_intervals)
    }

    /// The share of intervals with readings, in percent.
    #[must_use]
    pub fn measured_percent(&self) -> Option<f64> {
        percent(self.measured_intervals, self.intervals)
    }

    /// What its file is called, without the ending.
    #[must_use]
    pub fn file_name(&self) -> String {
        let name: String = self
            .cold_cell_name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        format!("haccp-{}-{}", self.month, name.trim_matches('-'))
    }
}

/// A share in percent. It is cut off, not rounded: what is not whole never shows as 100.
#[expect(clippy::cast_precision_loss, reason = "counts of intervals are far below 2⁵³")]
fn percent(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 * 10_000.0 / whole as f64).floor() / 100.0)
}

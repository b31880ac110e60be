//! What came of a simulation.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::client::Answer;
use super::device::Delivery;

/// Readings by what was said about them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Stored.
    pub accepted: u64,
    /// Known already.
    pub duplicates: u64,
    /// Not possible.
    pub rejected: u64,
}

/// What came of a simulation.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How long it took.
    pub took: Duration,
    /// Requests with an answer.
    pub requests: u64,
    /// What the server said about the readings.
    pub answered: Counts,
    /// What it should have said.
    pub expected: Counts,
    /// Tries that the server put off, or that did not reach it, and that were made again.
    pub put_off: u64,
    /// Answers that should not have been, and requests without one, by what they said.
    pub errors: BTreeMap<String, u64>,
    /// How long each request took from when it was due.
    pub latencies: Vec<Duration>,
}

impl Report {
    /// Takes an answer to a delivery down.
    pub(super) fn answered(&mut self, delivery: &Delivery, answer: &Answer, took: Duration) {
        self.requests += 1;
        self.latencies.push(took);
        self.expected.accepted += delivery.accepted;
        self.expected.duplicates += delivery.duplicates;
        self.expected.rejected += delivery.rejected;
        let counts = &answer.body["data"];
        let told = |name: &str| counts[name].as_u64();
        match (told("accepted"), told("duplicates"), told("rejected")) {
            (Some(accepted), Some(duplicates), Some(rejected)) => {
                self.answered.accepted += accepted;
                self.answered.duplicates += duplicates;
                self.answered.rejected += rejected;
            }
            // A single bad reading is refused like any bad body.
            _ if answer.status == 400 && delivery.readings == delivery.rejected => self.answered.rejected += 1,
            _ => *self.errors.entry(answer.in_words()).or_default() += 1,
        }
    }

    /// Takes a delivery down that had no answer.
    pub(super) fn failed(&mut self, problem: &str) {
        *self.errors.entry(problem.to_owned()).or_default() += 1;
    }

    /// Whether every delivery was answered, and every reading as it should be.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.errors.is_empty() && self.answered == self.expected
    }

    /// The latency that a share of the requests stayed below.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let index = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
        sorted.get(index).copied().unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { accepted, duplicates, rejected } = self.answered;
        let milliseconds = |share| self.percentile(share).as_secs_f64() * 1_000.0;
        #[expect(clippy::cast_precision_loss, reason = "far below 2⁵³")]
        let rate = (accepted + duplicates + rejected) as f64 / self.took.as_secs_f64();
        writeln!(f, "{} requests in {:.1} s, {rate:.0} readings/s", self.requests, self.took.as_secs_f64())?;
        writeln!(f, "accepted {accepted}, duplicates {duplicates}, rejected {rejected}")?;
        writeln!(
            f,
            "latency from when it was due: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, worst {:.1} ms",
            milliseconds(0.5),
            milliseconds(0.95),
            milliseconds(0.99),
            milliseconds(1.0)
        )?;
        if self.put_off > 0 {
            writeln!(f, "tried again {} times", self.put_off)?;
        }
        for (error, count) in &self.errors {
            writeln!(f, "ERROR {count} × {error}")?;
        }
        if self.answered != self.expected {
            let Counts { accepted, duplicates, rejected } = self.expected;
            writeln!(f, "ERROR expected: accepted {accepted}, duplicates {duplicates}, rejected {rejected}")?;
        }
        Ok(())
    }
}

//! The writer: one task that stores groups of deliveries, one after the other.

use std::sync::Arc;
use std::time::Duration;

use officina::cold_chain::ingest::{self, Delivery, Intake, Novelty, Outcome};
use officina::kernel::App;
use officina::{Error, Result};
use tokio_util::sync::CancellationToken;

use super::{Answer, Inbox, Job};

/// The most readings in one transaction. More would make the first of them wait without making the last any faster.
const MOST_AT_ONCE: usize = 4_096;

/// Stores what comes into an inbox.
#[derive(Debug)]
pub struct Writer {
    app: App,
    intake: Arc<Intake>,
    inbox: Inbox,
    /// What was taken from the inbox and did not fit into the last group.
    left_over: Vec<Job>,
}

impl Writer {
    /// A writer for an inbox.
    #[must_use]
    pub const fn new(app: App, intake: Arc<Intake>, inbox: Inbox) -> Self {
        Self { app, intake, inbox, left_over: Vec::new() }
    }

    /// Works until `closing`, and then until the queue is empty: what was taken in is stored and answered.
    pub async fn run(mut self, closing: CancellationToken) {
        loop {
            let jobs = tokio::select! {
                biased;
                jobs = self.gather() => jobs,
                () = closing.cancelled(), if !self.inbox.0.is_closed() => {
                    self.inbox.0.close();
                    continue;
                }
            };
            if jobs.is_empty() {
                return;
            }
            let jobs = turn_away_stale(jobs);
            if !jobs.is_empty() {
                store(&self.app, &self.intake, jobs).await;
            }
        }
    }

    /// What waits, up to a group's size; nothing when the queue is closed and empty. Safe to cancel.
    async fn gather(&mut self) -> Vec<Job> {
        if self.left_over.is_empty() {
            self.inbox.0.recv_many(&mut self.left_over, MOST_AT_ONCE).await;
            // Answers to the last group have just gone out, and the next requests of the same clients are being read:
            // letting these through first makes full groups instead of every other one nearly empty.
            for _ in 0..PATIENCE {
                let before = self.left_over.len();
                tokio::task::yield_now().await;
                while let Ok(job) = self.inbox.0.try_recv() {
                    self.left_over.push(job);
                }
                if self.left_over.len() == before {
                    break;
                }
            }
        }
        let mut readings = 0;
        let fits = |job: &Job| {
            readings += job.delivery.readings.len();
            readings <= MOST_AT_ONCE
        };
        let count = self.left_over.iter().map(fits).take_while(|fits| *fits).count().max(1).min(self.left_over.len());
        let rest = self.left_over.split_off(count);
        std::mem::replace(&mut self.left_over, rest)
    }
}

/// A device has given up waiting after this time, as the disk is slow or the database was away, and sends again: what it
/// sent first would only be in the way.
const PATIENCE_OF_DEVICES: Duration = Duration::from_secs(15);

/// Tells those who have waited for too long to come again, and returns the others.
fn turn_away_stale(jobs: Vec<Job>) -> Vec<Job> {
    let (fresh, stale): (Vec<Job>, Vec<Job>) =
        jobs.into_iter().partition(|job| job.since.elapsed() < PATIENCE_OF_DEVICES);
    let readings: usize = stale.iter().map(|job| job.delivery.readings.len()).sum();
    if readings > 0 {
        metrics::counter!("officina_readings_turned_away_total").increment(readings as u64);
    }
    for job in stale {
        let _ = job.answer.send(Err(Error::Unavailable));
    }
    fresh
}

/// How often other tasks get a turn before a group is closed, as long as each turn brings more.
const PATIENCE: usize = 8;

/// Stores a group and answers all of it.
async fn store(app: &App, intake: &Arc<Intake>, jobs: Vec<Job>) {
    let (deliveries, answers): (Vec<Delivery>, Vec<_>) =
        jobs.into_iter().map(|job| (job.delivery, (job.answer, job._place))).unzip();
    let deliveries = Arc::new(deliveries);
    let results = match attempt(app, intake, &deliveries).await {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        // Nobody's fault: all of them may come again.
        Err(Error::Unavailable) => deliveries.iter().map(|_| Err(Error::Unavailable)).collect(),
        Err(error) if deliveries.len() == 1 => vec![Err(error)],
        // One of them spoils the others: each on its own.
        Err(error) => {
            tracing::warn!(error = %error, deliveries = deliveries.len(), "a group was not stored; storing its parts");
            let mut results = Vec::with_capacity(deliveries.len());
            for delivery in deliveries.iter() {
                let alone = attempt(app, intake, &Arc::new(vec![delivery.clone()])).await;
                results.push(alone.and_then(|mut outcomes| outcomes.pop().ok_or(Error::Unavailable)));
            }
            results
        }
    };
    count(&results);
    for ((result, (answer, _place)), delivery) in results.into_iter().zip(answers).zip(deliveries.iter()) {
        let result = result.map(|outcome| match outcome {
            Outcome::Stored(novelty) => Answer::Stored(novelty),
            Outcome::Stale => Answer::Stale(delivery.readings.clone()),
        });
        // Who has hung up meanwhile will ask again and be told of duplicates.
        let _ = answer.send(result);
    }
}

/// Stores a group in a task of its own, so that a panic there fails this group and not the writer.
async fn attempt(app: &App, intake: &Arc<Intake>, deliveries: &Arc<Vec<Delivery>>) -> Result<Vec<Outcome>> {
    let (app, intake, deliveries) = (app.clone(), Arc::clone(intake), Arc::clone(deliveries));
    let task = async move { ingest::store_group(&app.db, &intake, app.clock.now(), &deliveries).await };
    tokio::spawn(task).await.map_err(Error::internal)?
}

fn count(results: &[Result<Outcome>]) {
    let (mut accepted, mut duplicates) = (0, 0);
    for outcome in results.iter().flatten() {
        if let Outcome::Stored(novelty) = outcome {
            let new = novelty.iter().filter(|novelty| **novelty == Novelty::Accepted).count();
            accepted += new;
            duplicates += novelty.len() - new;
        }
    }
    metrics::counter!("officina_readings_accepted_total").increment(accepted as u64);
    metrics::counter!("officina_readings_duplicate_total").increment(duplicates as u64);
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use officina::kernel::time::Timestamp;
    use tokio::sync::oneshot;

    use super::*;
    use crate::ingest::Ingest;

    #[test]
    fn who_has_waited_for_too_long_is_told_to_come_again_and_leaves_the_queue() {
        let (ingest, _inbox) = Ingest::new(10);
        let job = |since: Instant| {
            let delivery = Delivery { device_no: 1, access_epoch: 0, received_at: Timestamp(0), readings: Vec::new() };
            let (answer, answered) = oneshot::channel();
            (Job { delivery, since, answer, _place: ingest.place(4).unwrap() }, answered)
        };
        let now = Instant::now();
        let (stale, mut told) = job(now - PATIENCE_OF_DEVICES);
        let (fresh, mut waits) = job(now);
        assert!(ingest.place(4).is_err());
        assert_eq!(turn_away_stale(vec![stale, fresh]).len(), 1);
        assert!(matches!(told.try_recv(), Ok(Err(Error::Unavailable))));
        assert!(waits.try_recv().is_err());
        assert!(ingest.place(4).is_ok(), "its room is free again");
    }
}

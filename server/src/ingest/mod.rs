//! Device readings: the endpoint, and the writer that stores what came in at the same time in one transaction.
//!
//! A durable commit costs the same for one reading as for a thousand, so requests only queue their readings and wait.
//! The one writer takes what waits, stores it, and answers all of it after the commit. The queue is bounded by its
//! readings: when it is full, devices are told to come back, and memory does not grow.

mod admissions;
pub mod endpoint;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use officina::cold_chain::ingest::{Delivery, Novelty};
use officina::cold_chain::reading::Reading;
use officina::{Error, Result};
use tokio::sync::{mpsc, oneshot};

pub use admissions::Admissions;
pub use writer::Writer;

/// The way in: who is known, and the queue to the writer.
#[derive(Debug, Clone)]
pub struct Ingest {
    admissions: Arc<Admissions>,
    queue: mpsc::UnboundedSender<Job>,
    waiting: Arc<AtomicUsize>,
    /// How many readings may wait, in all requests together.
    most_waiting: usize,
}

/// A delivery on its way to the writer.
#[derive(Debug)]
struct Job {
    delivery: Delivery,
    /// Since when it waits, by a clock that nobody sets.
    since: Instant,
    answer: oneshot::Sender<Result<Answer>>,
    _place: Place,
}

/// What the writer answers.
#[derive(Debug)]
pub enum Answer {
    /// It is stored; for each reading, whether it is new.
    Stored(Vec<Novelty>),
    /// The device's keys have changed; here are the readings back.
    Stale(Vec<Reading>),
}

/// Room in the queue for some readings, given back when this is dropped.
#[derive(Debug)]
pub struct Place {
    waiting: Arc<AtomicUsize>,
    readings: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.readings, Ordering::Relaxed);
    }
}

impl Ingest {
    /// A queue for so many readings, and its other end for the [`Writer`].
    #[must_use]
    pub fn new(most_waiting: usize) -> (Self, Inbox) {
        let (queue, jobs) = mpsc::unbounded_channel();
        let admissions = Arc::new(Admissions::default());
        (Self { admissions, queue, waiting: Arc::default(), most_waiting }, Inbox(jobs))
    }

    /// Stores a delivery in its place; when this returns, it is durable.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the queue is too slow, the database is away or the server is stopping.
    pub async fn store(&self, delivery: Delivery, place: Place) -> Result<Answer> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .send(Job { delivery, since: Instant::now(), answer, _place: place })
            .map_err(|_| Error::Unavailable)?;
        // The writer answers everything; it goes away only with the server.
        answered.await.unwrap_or(Err(Error::Unavailable))
    }

    /// Room for some readings, from before anything is done for them.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the queue is full.
    pub fn place(&self, readings: usize) -> Result<Place> {
        let before = self.waiting.fetch_add(readings, Ordering::Relaxed);
        let place = Place { waiting: Arc::clone(&self.waiting), readings };
        if before + readings > self.most_waiting {
            metrics::counter!("officina_readings_turned_away_total").increment(readings as u64);
            return Err(Error::Unavailable);
        }
        Ok(place)
    }
}

/// The writer's end of the queue.
#[derive(Debug)]
pub struct Inbox(mpsc::UnboundedReceiver<Job>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_turns_away_and_takes_again_when_there_is_room() {
        let (ingest, _inbox) = Ingest::new(10);
        let first = ingest.place(10).unwrap();
        assert!(matches!(ingest.place(1), Err(Error::Unavailable)));
        drop(first);
        assert!(ingest.place(1).is_ok());
        assert_eq!(ingest.waiting.load(Ordering::Relaxed), 0);
    }
}

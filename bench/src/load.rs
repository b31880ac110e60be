//! Load: many connections, each with one request after the other, as fast as they go or at a given rate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Result;
use crate::client::{Answer, Connection};

/// How long a run may take beyond its time before the server counts as hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a connection's requests come from.
pub trait Source: Send {
    /// The bytes of the next request.
    fn next(&mut self) -> &[u8];
}

/// Requests that are sent in turn.
pub struct InTurn {
    requests: Arc<Vec<Vec<u8>>>,
    at: usize,
}

impl InTurn {
    /// Starts at some place of the list.
    pub fn from(requests: &Arc<Vec<Vec<u8>>>, at: usize) -> Box<dyn Source> {
        Box::new(Self { requests: Arc::clone(requests), at })
    }
}

impl Source for InTurn {
    fn next(&mut self) -> &[u8] {
        let request = &self.requests[self.at % self.requests.len()];
        self.at += 1;
        request
    }
}

/// What an answer must be to count as right.
#[derive(Clone)]
pub struct Expected {
    /// The status code.
    pub status: u16,
    /// Something near the beginning of the body.
    pub text: Option<&'static str>,
}

/// How far into a body the expected text is looked for.
const BEGINNING: usize = 400;

impl Expected {
    fn accepts(&self, answer: &Answer<'_>) -> bool {
        let beginning = &answer.body[..answer.body.len().min(BEGINNING)];
        answer.status == self.status
            && self.text.is_none_or(|text| beginning.windows(text.len()).any(|part| part == text.as_bytes()))
    }
}

/// What a run showed.
#[derive(Default)]
pub struct Outcome {
    /// Requests per second.
    pub rate: f64,
    /// Seconds from the first request to the last answer.
    pub seconds: f64,
    /// Right answers.
    pub answers: u64,
    /// Wrong answers and broken connections.
    pub errors: u64,
    /// The first of them.
    pub first_error: Option<String>,
    /// Microseconds of each right answer, in order of length.
    latencies: Vec<u32>,
}

impl Outcome {
    /// The latency that a share of the requests kept, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let Some(last) = self.latencies.len().checked_sub(1) else { return f64::NAN };
        let index = (share * last as f64).round() as usize;
        f64::from(self.latencies[index.min(last)]) / 1_000.0
    }
}

/// One connection's part of an outcome.
#[derive(Default)]
struct Part {
    latencies: Vec<u32>,
    errors: u64,
    first_error: Option<String>,
}

/// When a connection sends.
#[derive(Clone, Copy)]
enum Pace {
    /// At once after each answer.
    Full,
    /// One request in each interval, the first after the offset.
    Every { interval: Duration, offset: Duration },
}

/// Runs the sources for a time, a connection each: at full speed, or at a rate (in requests per second over all).
pub async fn run(
    address: SocketAddr,
    sources: Vec<Box<dyn Source>>,
    expected: &Expected,
    time: Duration,
    rate: Option<f64>,
) -> Result<Outcome> {
    let mut connections = Vec::with_capacity(sources.len());
    for _ in &sources {
        connections.push(Connection::open(address).await?);
    }
    let count = sources.len() as u32;
    let start = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .zip(sources)
        .zip(0..count)
        .map(|((connection, source), index)| {
            let pace = rate.map_or(Pace::Full, |rate| {
                let interval = Duration::from_secs_f64(f64::from(count) / rate);
                Pace::Every { interval, offset: interval * index / count }
            });
            tokio::spawn(drive(connection, source, expected.clone(), start, time, pace))
        })
        .collect();
    let mut outcome = Outcome::default();
    for task in tasks {
        let part = tokio::time::timeout(time + PATIENCE, task).await.map_err(|_| "an answer did not come")??;
        outcome.errors += part.errors;
        outcome.first_error = outcome.first_error.or(part.first_error);
        outcome.latencies.extend(part.latencies);
    }
    outcome.answers = outcome.latencies.len() as u64;
    outcome.seconds = start.elapsed().as_secs_f64();
    outcome.rate = outcome.answers as f64 / outcome.seconds;
    outcome.latencies.sort_unstable();
    Ok(outcome)
}

async fn drive(
    mut connection: Connection,
    mut source: Box<dyn Source>,
    expected: Expected,
    start: Instant,
    time: Duration,
    pace: Pace,
) -> Part {
    let mut part = Part::default();
    let mut turn = 0;
    loop {
        let mut sent = Instant::now();
        if let Pace::Every { interval, offset } = pace {
            let due = start + offset + interval * turn;
            turn += 1;
            if due > sent {
                tokio::time::sleep_until(due.into()).await;
                sent = Instant::now();
            } else {
                // The answer before came too late: the wait for it counts, or a stall would hide the requests that
                // it kept from being sent.
                sent = due;
            }
        }
        if start.elapsed() >= time {
            return part;
        }
        let error = match connection.exchange(source.next()).await {
            Ok(answer) if expected.accepts(&answer) => {
                part.latencies.push(sent.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
                continue;
            }
            Ok(answer) => answer.brief(),
            Err(error) => {
                part.errors += 1;
                part.first_error.get_or_insert_with(|| error.to_string());
                return part;
            }
        };
        part.errors += 1;
        part.first_error.get_or_insert(error);
    }
}

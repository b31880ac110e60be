//! A device: what it measures, and how it delivers it.

use bytes::Bytes;
use officina::kernel::time::{MINUTE, SECOND, Timestamp};
use rand::{Rng, RngExt};
use serde_json::{Value, json};

use crate::curve;

/// How long a device stays in trouble.
const TROUBLE: i64 = 20 * MINUTE;
/// Degrees that trouble makes out of bounds, at its worst.
const DEGREES: f64 = 9.0;
/// A temperature that no device measures.
const IMPOSSIBLE: f64 = 400.0;
/// Deliveries that a device holds back while the network is away.
const HELD_BACK: usize = 3;
/// What a device measured that was out of reach when the simulation began: so long ago it began and ended, and so often.
const OUT_OF_REACH: (i64, i64, i64) = (60 * MINUTE, 20 * MINUTE, 5 * MINUTE);

/// A simulated device.
#[derive(Debug)]
pub(super) struct Device {
    serial: String,
    key: String,
    number: u32,
    limits: (f64, f64),
    seq: i64,
    /// Whether it has delivered anything yet.
    is_known: bool,
    /// Since when something is wrong with its cell.
    trouble: Option<Timestamp>,
    /// What waits for the network.
    held: Vec<Value>,
}

/// A request of a device, and what should be answered.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub serial: String,
    pub key: String,
    pub body: Bytes,
    pub readings: u64,
    pub accepted: u64,
    pub duplicates: u64,
    pub rejected: u64,
}

impl Device {
    pub fn new(serial: String, key: String, number: u32, limits: (f64, f64)) -> Self {
        // Counting goes on from one simulation to the next, as it does in a device that was switched off.
        let seq = super::now().0;
        Self { serial, key, number, limits, seq, is_known: false, trouble: None, held: Vec::new() }
    }

    /// Measures, and delivers: once as a rule; twice when it takes an answer for lost; not at all while its network is
    /// away, and then everything at once, the newest first. One that was out of reach before tells of that first.
    pub fn send(&mut self, batch: u16, faults: f64, now: Timestamp, random: &mut impl Rng) -> Vec<Delivery> {
        if !std::mem::replace(&mut self.is_known, true) && random.random_bool(faults) {
            return vec![self.send_late(now, random)];
        }
        if self.trouble.is_none_or(|since| now.since(since) > TROUBLE) {
            // Trouble is rarer than a lost answer: it lasts.
            self.trouble = random.random_bool(faults / 20.0).then_some(now);
        }
        let mut readings: Vec<Value> =
            (0..i64::from(batch)).rev().map(|back| self.measure(now.plus(-back * SECOND), random)).collect();
        if !random.random_bool(faults) {
            readings.splice(0..0, self.held.drain(..));
            return vec![self.delivery(readings, 0)];
        }
        match random.random_range(0..4) {
            0 if self.held.len() < HELD_BACK * usize::from(batch) => {
                self.held.append(&mut readings);
                vec![]
            }
            1 => {
                let first = self.delivery(readings, 0);
                let again = Delivery { accepted: 0, duplicates: first.readings, ..first.clone() };
                // Both may be on their way at once, so which of them is the repetition only their sum says.
                vec![first, again]
            }
            2 => {
                readings.splice(0..0, self.held.drain(..));
                readings.reverse();
                vec![self.delivery(readings, 0)]
            }
            _ => {
                let mut bad = self.measure(now, random);
                bad["temperature"] = json!(IMPOSSIBLE);
                readings.push(bad);
                vec![self.delivery(readings, 1)]
            }
        }
    }

    /// What a device has to tell that comes back into reach: some of it long past.
    fn send_late(&mut self, now: Timestamp, random: &mut impl Rng) -> Delivery {
        let (begin, end, every) = OUT_OF_REACH;
        let readings = (0..=(begin - end) / every).map(|nth| now.plus(nth * every - begin));
        let readings = readings.map(|at| self.measure(at, random)).collect();
        self.delivery(readings, 0)
    }

    /// What was held back, at the end.
    pub fn send_rest(&mut self, _random: &mut impl Rng) -> Option<Delivery> {
        let held = std::mem::take(&mut self.held);
        (!held.is_empty()).then(|| self.delivery(held, 0))
    }

    fn measure(&mut self, at: Timestamp, random: &mut impl Rng) -> Value {
        self.seq += 1;
        let mut celsius = curve::calm(self.number as usize, self.limits, at, random);
        let share = self.trouble.map_or(0.0, |since| curve::swing(at.since(since), TROUBLE));
        celsius += DEGREES * share;
        json!({
            "temperature": (celsius * 10.0).round() / 10.0,
            "humidity": 60.0 + random.random_range(-5.0..5.0_f64).round(),
            "powerStatus": !(self.trouble.is_some() && self.number.is_multiple_of(3)),
            "doorStatus": share > 0.0 && self.number % 3 == 1,
            "batteryLevel": 100 - i64::from(self.number % 60),
            "recordedAt": at.0,
            "seq": self.seq,
        })
    }

    fn delivery(&self, readings: Vec<Value>, rejected: u64) -> Delivery {
        let count = readings.len() as u64;
        let body = match <[Value; 1]>::try_from(readings) {
            Ok([one]) => one,
            Err(several) => Value::Array(several),
        };
        Delivery {
            serial: self.serial.clone(),
            key: self.key.clone(),
            body: Bytes::from(body.to_string()),
            readings: count,
            accepted: count - rejected,
            duplicates: 0,
            rejected,
        }
    }
}

//! A reading, and the time that it counts for.

use sha2::{Digest, Sha256};

use crate::cold_chain::model::{LATE_AFTER, Micro};
use crate::kernel::time::{DAY, MINUTE, Timestamp};

/// How far ahead of the server a device's clock may be before it is not believed.
pub const AHEAD: i64 = 5 * MINUTE;
/// How far behind the server a device's clock may be before it is not believed.
const BEHIND: i64 = 30 * DAY;

/// Stretches of time, in milliseconds, in each of which one reading of a clock that is not believed is told from another.
pub const FINGERPRINT_WINDOW: i64 = 5 * MINUTE;

/// The flag of a reading whose recorded time was not believed: it counts for the time it was received.
pub const FLAG_CLOCK_SUSPECT: i64 = 1;
/// The flag of a reading that arrived late.
pub const FLAG_LATE: i64 = 2;

/// A reading as the device meant it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Temperature.
    pub temperature: Micro,
    /// Relative humidity in percent.
    pub humidity: Option<f64>,
    /// Charge in percent.
    pub battery: Option<f64>,
    /// Whether the cell has mains power.
    pub power: Option<bool>,
    /// Whether the door is open.
    pub door: Option<bool>,
    /// When it was measured, by the device's clock.
    pub recorded_at: Option<Timestamp>,
    /// The device's own number for it.
    pub seq: Option<i64>,
}

impl Reading {
    /// What tells a reading whose clock is not believed from another one: the five minutes that it came in, and what it
    /// says. A delivery that is repeated is known again, and a clock that stands still hides no reading.
    #[must_use]
    pub fn fingerprint(&self, received: Timestamp) -> i64 {
        let Self { temperature, humidity, battery, power, door, .. } = *self;
        let values = Values { temperature, humidity, battery, power, door };
        values.fingerprint(received.0.div_euclid(FINGERPRINT_WINDOW), self.recorded_at, None)
    }

    /// The time the reading counts for, and its flags, when it is received at a moment.
    #[must_use]
    pub const fn place(&self, received: Timestamp) -> (Timestamp, i64) {
        let Some(recorded) = self.recorded_at else {
            return (received, 0);
        };
        let age = received.since(recorded);
        if age < -AHEAD || age > BEHIND {
            (received, FLAG_CLOCK_SUSPECT)
        } else if age > LATE_AFTER {
            (recorded, FLAG_LATE)
        } else {
            (recorded, 0)
        }
    }
}

/// What a reading says, apart from when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Values {
    pub temperature: Micro,
    pub humidity: Option<f64>,
    pub battery: Option<f64>,
    pub power: Option<bool>,
    pub door: Option<bool>,
}

impl Values {
    /// A key that is the same for the same values, recorded time and seq within a stretch of time, whose number is given. Later
    /// ones are greater, so that the old ones lie together.
    pub fn fingerprint(&self, stretch: i64, recorded_at: Option<Timestamp>, seq: Option<i64>) -> i64 {
        let mut hasher = Sha256::new();
        hasher.update(recorded_at.map_or(0, |at| at.0).to_be_bytes());
        hasher.update(self.temperature.0.to_be_bytes());
        for value in [self.humidity, self.battery] {
            hasher.update(value.unwrap_or(f64::NAN).to_be_bytes());
        }
        for value in [self.power, self.door] {
            hasher.update([value.map_or(2, u8::from)]);
        }
        if let Some(seq) = seq {
            hasher.update(seq.to_be_bytes());
        }
        let mut says = [0; 4];
        says.copy_from_slice(&hasher.finalize()[..4]);
        stretch << 32 | i64::from(u32::from_be_bytes(says))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_cannot_be_right_is_not_believed() {
        let received = Timestamp(1_763_632_800_000);
        let at = |recorded| {
            let reading = Reading {
                temperature: Micro(4_000_000),
                humidity: None,
                battery: None,
                power: None,
                door: None,
                recorded_at: Some(received.plus(recorded)),
                seq: None,
            };
            reading.place(received)
        };
        assert_eq!(at(0), (received, 0));
        assert_eq!(at(AHEAD), (received.plus(AHEAD), 0));
        assert_eq!(at(AHEAD + 1), (received, FLAG_CLOCK_SUSPECT));
        assert_eq!(at(-LATE_AFTER - 1), (received.plus(-LATE_AFTER - 1), FLAG_LATE));
        assert_eq!(at(-BEHIND - 1), (received, FLAG_CLOCK_SUSPECT));
    }
}

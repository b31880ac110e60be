//! What a cold cell's temperature does over time, for the demo's devices and for simulated ones.

use officina::kernel::time::{MINUTE, Timestamp};
use rand::{Rng, RngExt};

/// The temperature of a cell in which nothing is wrong, in °C: a compressor's saw teeth, the warmth of the day, noise. Cells
/// of different numbers are out of step.
#[expect(clippy::cast_precision_loss, reason = "times in milliseconds are far below 2⁵³")]
pub fn calm(number: usize, (low, high): (f64, f64), moment: Timestamp, random: &mut impl Rng) -> f64 {
    let phase = number as f64 * 0.37;
    let minutes = moment.0 as f64 / MINUTE as f64;
    let compressor = ((minutes / 40.0 + phase).fract() - 0.5) * 1.2;
    let day = ((minutes / 1_440.0 + phase / 9.0) * std::f64::consts::TAU).sin() * 0.5;
    f64::midpoint(low, high) + compressor + day + random.random_range(-0.15..0.15)
}

/// How far something that goes wrong has taken the temperature, from 0 to 1, so long after it began: quickly out, slowly to
/// the worst, and back within a third of the time.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "times in milliseconds are far below 2⁵³")]
pub fn swing(since: i64, lasted: i64) -> f64 {
    let share = since as f64 / lasted as f64;
    match share {
        0.0..0.66 => (share / 0.66).sqrt(),
        0.66..1.0 => (1.0 - share) / 0.34,
        _ => 0.0,
    }
}

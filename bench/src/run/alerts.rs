//! What alerts cost: the engine's share of a reading, and a fleet whose devices all cross a limit at once.

use std::hint::black_box;
use std::time::{Duration, Instant};

use officina::cold_chain::engine::{Arrival, Measured, Observation, Rule, Tracks, step};
use officina::cold_chain::model::Micro;
use officina::kernel::time::{MINUTE, Timestamp};

use super::{Bench, Seen, now};
use crate::Result;
use crate::cases::{self, Case};
use crate::load::{self, Expected};
use crate::readings::{COLD, Sending, WARM};
use crate::report::{Line, median, short};
use crate::server::Server;

/// The name of the case in which all devices cross a limit.
pub(super) const CROSSING: &str = "readings of devices that cross a limit";
/// The most that the alert engine may take of a reading's processor time.
const EVALUATION_GOAL: f64 = 0.05;
/// How much longer the slowest hundredth may wait when all devices cross a limit.
const CROSSING_GOAL: f64 = 2.0;
/// Steps of the engine that are timed.
const STEPS: i64 = 2_000_000;
/// Where the numbers of these readings begin, apart from those of the rounds before.
const FIRST_ROUND: u32 = 500;

/// Processor time of one step of the engine, in seconds: a cell that swings within its limits, as cells do.
fn time_of_a_step() -> f64 {
    let rule = Rule {
        low: Micro::from_celsius(-25.0),
        high: Micro::from_celsius(-15.0),
        hysteresis: Micro::from_celsius(0.5),
        delay: 0,
        door_open: 5 * MINUTE,
        offline_after: 15 * MINUTE,
        maintenance: None,
    };
    let mut tracks = Tracks::default();
    let begin = Instant::now();
    for index in 0..STEPS {
        let at = Timestamp(index * 1_000);
        let seen = Measured {
            at,
            received_at: at,
            temperature: Micro(-18_000_000 - index % 100 * 10_000),
            power: Some(true),
            door: Some(false),
            battery: Some(Micro::from_percent(87.0)),
            arrival: Arrival::Live,
        };
        let (after, effects) = step(tracks, &rule, &black_box(Observation::Reading(seen)));
        black_box(effects);
        tracks = after;
    }
    black_box(tracks);
    begin.elapsed().as_secs_f64() / STEPS as f64
}

/// The engine's share of what a case's readings cost the server.
pub(super) fn evaluation(case: &Case, seen: &Seen) -> Line {
    let step = time_of_a_step();
    let reading = median(&seen.busy) / (median(&seen.rates) * case.readings as f64);
    let share = step / reading;
    Line {
        ratio: format!("{} %", short(share * 100.0)),
        goal: format!("≤ {} %", short(EVALUATION_GOAL * 100.0)),
        met: Some(share <= EVALUATION_GOAL),
        ..Line::plain(
            format!("alert evaluation in {}", case.name),
            format!("{} ns of {} µs", short(step * 1e9), short(reading * 1e6)),
        )
    }
}

impl Bench {
    /// Every device sends one reading within a second: first as always, then each beyond a limit, so that each opens an
    /// alert, and then back, which resolves them. The first and the second are compared. What follows from a second is
    /// done before the next one begins.
    pub(super) async fn crossing(&mut self, server: &Server) -> Result<Vec<Line>> {
        let (mut usual, mut crossing) = (Seen::default(), Seen::default());
        let mut until_rest = Vec::new();
        for round in 0..self.options.rounds {
            server.rest().await?;
            self.second(server, &mut usual, FIRST_ROUND + 3 * round, COLD).await?;
            server.rest().await?;
            self.second(server, &mut crossing, FIRST_ROUND + 3 * round + 1, WARM).await?;
            until_rest.push(server.rest().await?.as_secs_f64());
            self.second(server, &mut Seen::default(), FIRST_ROUND + 3 * round + 2, COLD).await?;
        }
        self.broken |= usual.errors + crossing.errors > 0;
        let ratio = median(&crossing.p99) / median(&usual.p99);
        Ok(vec![
            super::speed_line("readings of as many devices that do not", &usual),
            Line {
                ratio: format!("p99 × {}", short(ratio)),
                goal: format!("< × {CROSSING_GOAL}"),
                met: Some(crossing.errors == 0 && ratio < CROSSING_GOAL),
                ..super::speed_line(CROSSING, &crossing)
            },
            Line::plain("from then until all alerts are written and told", format!("{} s", short(median(&until_rest)))),
        ])
    }

    /// One reading of each device, spread evenly over a second.
    async fn second(&mut self, server: &Server, seen: &mut Seen, round: u32, degrees: i64) -> Result<()> {
        let sending = Sending { readings: 1, round, now: now().0, degrees };
        let sources = cases::fleets(&self.filled, self.options.connections, sending);
        let expected = Expected { status: 201, text: Some("\"accepted\":1,") };
        let rate = self.filled.devices.len() as f64;
        let outcome = load::run(server.address, sources, &expected, Duration::from_secs(1), Some(rate)).await?;
        self.acknowledged += outcome.answers;
        seen.add(&outcome);
        Ok(())
    }
}

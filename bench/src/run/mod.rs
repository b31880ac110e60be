//! A whole run: fill, start, measure in rounds, prove, print.

mod alerts;
mod curve;
mod fsyncs;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use officina::kernel::db::{Db, sql};
use officina::kernel::secret::Secret;
use officina::kernel::time::Timestamp;

use crate::cases::{self, BATCH, Case, Goal, Id};
use crate::fill::{Amounts, Filled, fill};
use crate::load::{self, Expected, Outcome};
use crate::report::{Line, goal_words, median, per_second, short, table};
use crate::server::{Server, Setup, processor_time};
use crate::weights::weigh;
use crate::{Result, Run, conditions};

/// The longest start with an existing database, in milliseconds.
const START_GOAL: f64 = 300.0;
/// The most memory at rest and under load, in MB.
const IDLE_GOAL: f64 = 40.0;
const LOAD_GOAL: f64 = 150.0;
/// The longest 99th percentile of the tracking page at half load, in milliseconds.
const TRACKING_P99_GOAL: f64 = 5.0;
/// The heaviest public page, compressed, in kB.
const PAGE_GOAL: f64 = 30.0;
/// The heaviest WASM bundle, compressed, in kB.
const WASM_GOAL: f64 = 400.0;
/// Starts that are timed.
const STARTS: usize = 5;
/// How long a server rests before its memory counts as idle.
const REST: Duration = Duration::from_secs(2);
/// How long the yardstick and the engine run in each round.
const SHORT: Duration = Duration::from_millis(1_500);

/// What the rounds of one case showed.
#[derive(Default)]
struct Seen {
    rates: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    ratios: Vec<f64>,
    peaks: Vec<f64>,
    busy: Vec<f64>,
    answers: u64,
    errors: u64,
    first_error: Option<String>,
}

/// Everything that a run works with.
pub struct Bench {
    options: Run,
    setup: Setup,
    filled: Filled,
    /// Readings that the server has acknowledged.
    acknowledged: u64,
    /// Readings that were put into the table beside it.
    put_in: u64,
    lines: Vec<Line>,
    broken: bool,
}

fn now() -> Timestamp {
    let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp(since_1970.as_millis() as i64)
}

/// Opens the database of a run.
pub async fn open(data: &std::path::Path, database: Option<&str>) -> Result<Db> {
    // The server has a secret of its own. Nothing here is sealed that anybody would check.
    let secret = Secret::new(&[0; 32]);
    Ok(match database {
        Some(url) => Db::open_postgres(url, &secret).await?,
        None => Db::open_sqlite(&data.join("officina.db"), &secret).await?,
    })
}

/// Runs everything and returns whether it ran without an error. Goals that are not reached are no errors.
pub async fn run(mut options: Run) -> Result<bool> {
    let data: PathBuf = options.data.join("server");
    std::fs::create_dir_all(&data)?;
    // The server is started in its folder, from where a relative path would lead elsewhere.
    options.data = std::fs::canonicalize(&options.data)?;
    let data = std::fs::canonicalize(data)?;
    let amounts = Amounts { repairs: options.repairs, devices: options.devices, readings: options.readings };
    eprintln!("• filling in {} repairs and {} readings …", amounts.repairs, amounts.readings);
    let db = open(&data, options.database.as_deref()).await?;
    db.migrate().await?;
    let filled = fill(&db, amounts, now()).await?;
    db.close().await;
    let setup = Setup {
        binary: std::fs::canonicalize(&options.binary)?,
        data,
        database: options.database.clone(),
        core: options.server_core,
    };
    let mut bench = Bench { options, setup, filled, acknowledged: 0, put_in: 0, lines: Vec::new(), broken: false };
    bench.starts().await?;
    bench.rounds().await?;
    if let Err(error) = bench.fsyncs().await {
        bench.lines.push(Line::failed("readings per fsync", &error.to_string()));
        bench.broken = true;
    }
    bench.curve().await?;
    bench.count_readings().await?;
    println!("{}\n{}", conditions::describe(&bench.options).await, table(&bench.lines));
    let missed = bench.lines.iter().filter(|line| line.met == Some(false)).count();
    let goals = bench.lines.iter().filter(|line| line.met.is_some()).count();
    println!("{} of {goals} goals met{}", goals - missed, if bench.broken { "; there were errors" } else { "" });
    Ok(!bench.broken)
}

impl Bench {
    async fn starts(&mut self) -> Result<()> {
        eprintln!("• starting {STARTS} times …");
        // The first start makes the secret and may have something to catch up with.
        self.setup.start().await?.stop().await?;
        let (mut times, mut idle) = (Vec::new(), Vec::new());
        for turn in 0..STARTS {
            let server = self.setup.start().await?;
            times.push(server.started_in.as_secs_f64() * 1_000.0);
            if turn == 0 {
                tokio::time::sleep(REST).await;
                idle.push(server.memory()?);
            }
            server.stop().await?;
        }
        self.lines.push(Line::at_most("start to first answer", median(&times), START_GOAL, "ms"));
        self.lines.push(Line::at_most("memory, idle", median(&idle), IDLE_GOAL, "MB"));
        Ok(())
    }

    async fn rounds(&mut self) -> Result<()> {
        let server = self.setup.start().await?;
        let cases: Vec<Case> =
            cases::all(&server, &self.filled).await?.into_iter().filter(|case| self.is_wanted(case.name)).collect();
        let mut seen: Vec<Seen> = cases.iter().map(|_| Seen::default()).collect();
        let (mut yard, mut engine) = (Seen::default(), Vec::new());
        for round in 0..self.options.rounds {
            eprintln!("• round {} of {} …", round + 1, self.options.rounds);
            for (case, seen) in cases.iter().zip(&mut seen) {
                let yardstick = self.yardstick(&server, &mut yard).await?;
                let per_engine = match case.goal {
                    Goal::OfEngine(_) => Some(self.engine(round)?),
                    _ => None,
                };
                engine.extend(per_engine);
                let outcome = self.measure(&server, case, seen, round).await?;
                let ratio = match per_engine {
                    Some(rows) => outcome.rate * case.readings as f64 / rows,
                    None => outcome.rate / yardstick,
                };
                seen.ratios.push(ratio);
            }
        }
        let half_load = self.half_load(&server, &cases, &seen).await?;
        let crossing = if self.is_wanted(alerts::CROSSING) { Some(self.crossing(&server).await?) } else { None };
        let weights = self.weights(&server).await;
        server.stop().await?;
        self.lines.push(speed_line("GET /health, the yardstick", &yard));
        if !engine.is_empty() {
            let raw = per_second(median(&engine), "rows");
            self.lines.push(Line::plain("the engine's own inserts", raw));
        }
        let medians: HashMap<&str, f64> =
            cases.iter().zip(&seen).map(|(case, seen)| (case.name, median(&seen.rates))).collect();
        for (case, seen) in cases.iter().zip(&seen) {
            let base = match case.goal {
                Goal::OfCase(id, _) => cases.iter().find(|case| case.id == id).and_then(|case| medians.get(case.name)),
                _ => None,
            };
            self.lines.push(case_line(case, seen, base.copied()));
            if case.id == Id::Tracking {
                self.lines.extend(half_load.as_ref().map(half_load_line));
            }
            if case.readings > 0 && seen.errors == 0 {
                self.lines.push(alerts::evaluation(case, seen));
            }
        }
        self.lines.extend(crossing.into_iter().flatten());
        self.broken |= seen.iter().chain([&yard]).any(|seen| seen.errors > 0);
        self.broken |= half_load.as_ref().is_some_and(|seen| seen.errors > 0);
        let peaks: Vec<f64> = seen.iter().chain([&yard]).flat_map(|seen| seen.peaks.iter().copied()).collect();
        let peak = peaks.iter().copied().fold(f64::NAN, f64::max);
        self.lines.push(Line::at_most("memory, most under load", peak, LOAD_GOAL, "MB"));
        self.lines.extend(weights);
        Ok(())
    }

    fn is_wanted(&self, name: &str) -> bool {
        self.options.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    async fn yardstick(&self, server: &Server, seen: &mut Seen) -> Result<f64> {
        let sources = cases::yardstick(self.options.connections);
        let expected = Expected { status: 200, text: None };
        server.forget_peak()?;
        let (mut server_time, mut own_time) = (server.processor_time()?, processor_time("self")?);
        let outcome = load::run(server.address, sources, &expected, SHORT, None).await?;
        server_time = server.processor_time()? - server_time;
        own_time = processor_time("self")? - own_time;
        if own_time > server_time {
            // The load generator would then be what is measured.
            eprintln!("  the load used more processor time ({own_time:.2} s) than the server ({server_time:.2} s)");
        }
        seen.peaks.push(server.peak_memory()?);
        seen.busy.push(server_time / outcome.seconds);
        let rate = outcome.rate;
        seen.add(&outcome);
        Ok(rate)
    }

    async fn measure(&mut self, server: &Server, case: &Case, seen: &mut Seen, round: u32) -> Result<Outcome> {
        let time = Duration::from_secs_f64(self.options.seconds);
        let sources = case.sources(&self.filled, self.options.connections, round, now());
        server.forget_peak()?;
        let before = server.processor_time()?;
        let outcome = load::run(server.address, sources, &case.expected, time, None).await?;
        seen.busy.push((server.processor_time()? - before) / outcome.seconds);
        seen.peaks.push(server.peak_memory()?);
        seen.add(&outcome);
        self.acknowledged += outcome.answers * case.readings as u64;
        Ok(outcome)
    }

    /// The engine by itself, in a process of its own on the server's core.
    fn engine(&self, round: u32) -> Result<f64> {
        let own = std::env::current_exe()?;
        let mut command = match self.options.server_core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string()]).arg(own);
                command
            }
            None => Command::new(own),
        };
        command.arg("engine").arg("--data").arg(self.options.data.join("engine"));
        command.args(["--seconds", &SHORT.as_secs_f64().to_string(), "--round", &round.to_string()]);
        if let Some(url) = &self.options.database {
            command.env("BENCH_DATABASE_URL", url);
        }
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!("the engine's run failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
    }

    /// The tracking page at half of the rate that it can take: how long visitors wait on a day like any other.
    async fn half_load(&self, server: &Server, cases: &[Case], seen: &[Seen]) -> Result<Option<Seen>> {
        let Some((case, full)) = cases.iter().zip(seen).find(|(case, _)| case.id == Id::Tracking) else {
            return Ok(None);
        };
        if full.errors > 0 {
            return Ok(None);
        }
        let rate = median(&full.rates) / 2.0;
        let mut seen = Seen::default();
        for round in 0..self.options.rounds {
            let sources = case.sources(&self.filled, self.options.connections, round, now());
            let time = Duration::from_secs_f64(self.options.seconds);
            seen.add(&load::run(server.address, sources, &case.expected, time, Some(rate)).await?);
        }
        Ok(Some(seen))
    }

    async fn weights(&self, server: &Server) -> Vec<Line> {
        let mut lines = Vec::new();
        let cookie = format!("officina_session={}", self.filled.cookie);
        let tracking = self.filled.codes.first().map(|code| format!("/track/{code}")).unwrap_or_default();
        for path in ["/check-in", "/track", tracking.as_str(), "/contact"] {
            let what = format!("weight of {}", if path == tracking { "/track/{code}" } else { path });
            let line = match weigh(server, path, None).await {
                Ok(weight) => Line {
                    latency: format!("css {}", short(weight.styles as f64 / 1e3)),
                    ..Line::at_most(what, weight.total() as f64 / 1e3, PAGE_GOAL, "kB")
                },
                Err(error) => Line::failed(what, &error.to_string()),
            };
            lines.push(line);
        }
        let what = "weight of the staff WASM";
        let line = match weigh(server, "/app/repairs", Some(&cookie)).await {
            Ok(weight) if weight.wasm == 0 => Line::failed(what, "the page loads none"),
            Ok(weight) => Line::at_most(what, weight.wasm as f64 / 1e3, WASM_GOAL, "kB"),
            Err(error) => Line::failed(what, &error.to_string()),
        };
        lines.push(line);
        lines
    }

    /// Every acknowledged reading is in the database, and nothing else.
    async fn count_readings(&mut self) -> Result<()> {
        let db = open(&self.setup.data, self.options.database.as_deref()).await?;
        let (stored,): (i64,) = sql("SELECT count(*) FROM readings WHERE device_no < 1000000").one(&db).await?;
        db.close().await;
        let expected = self.acknowledged + self.put_in + self.options.readings as u64;
        self.lines.push(Line {
            goal: format!("= {expected}"),
            met: Some(stored as u64 == expected),
            ..Line::plain("readings in the database", stored.to_string())
        });
        self.broken |= stored as u64 != expected;
        Ok(())
    }
}

impl Seen {
    fn add(&mut self, outcome: &Outcome) {
        self.rates.push(outcome.rate);
        self.p50.push(outcome.percentile(0.5));
        self.p99.push(outcome.percentile(0.99));
        self.answers += outcome.answers;
        self.errors += outcome.errors;
        if self.first_error.is_none() {
            self.first_error.clone_from(&outcome.first_error);
        }
    }

    fn latency(&self) -> String {
        format!("{} / {}", short(median(&self.p50)), short(median(&self.p99)))
    }
}

fn speed_line(what: &str, seen: &Seen) -> Line {
    if let Some(error) = &seen.first_error {
        return Line::failed(
            what,
            &format!("{} of {} requests failed, the first with {error}", seen.errors, seen.errors + seen.answers),
        );
    }
    let busy = format!(", {} % of its core", short(median(&seen.busy) * 100.0));
    let raw = per_second(median(&seen.rates), "requests") + if seen.busy.is_empty() { "" } else { &busy };
    Line { latency: seen.latency(), ..Line::plain(what, raw) }
}

fn half_load_line(seen: &Seen) -> Line {
    let mut line = speed_line("tracking page, half load", seen);
    if seen.errors == 0 {
        line.goal = format!("p99 ≤ {} ms", short(TRACKING_P99_GOAL));
        line.met = Some(median(&seen.p99) <= TRACKING_P99_GOAL);
    }
    line
}

fn case_line(case: &Case, seen: &Seen, base: Option<f64>) -> Line {
    let mut line = speed_line(case.name, seen);
    line.goal = goal_words(case.goal);
    if seen.errors > 0 {
        return line;
    }
    if case.readings == BATCH {
        line.raw = per_second(median(&seen.rates) * BATCH as f64, "rows")
            + line.raw.find(',').map_or("", |at| &line.raw[at..]);
    }
    let percent = |ratio: f64| format!("{} %", short(ratio * 100.0));
    let ratio = median(&seen.ratios);
    (line.ratio, line.met) = match case.goal {
        Goal::None => (percent(ratio), None),
        Goal::OfYardstick(share) | Goal::OfEngine(share) => (percent(ratio), Some(ratio >= share)),
        Goal::OfCase(_, share) => {
            let ratio = base.map_or(f64::NAN, |base| median(&seen.rates) / base);
            (percent(ratio), Some(ratio >= share))
        }
        Goal::Milliseconds(bound) => (String::new(), Some(median(&seen.p50) <= bound)),
    };
    line
}

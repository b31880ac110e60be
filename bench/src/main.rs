//! `officina-bench`: loads the release binary and prints its figures beside their goals.
//!
//! Machines are noisy, so what counts are ratios within one run: each case runs right after the yardstick, `GET /health`
//! of the same process, and the medians of several rounds are compared. An error fails its case.

mod cases;
mod client;
mod conditions;
mod engine;
mod fill;
mod load;
mod readings;
mod report;
mod run;
mod server;
mod weights;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use officina::kernel::time::Timestamp;

/// The result of anything here: an error is a sentence for the person who measures.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Loads the release binary and prints its figures beside their goals.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure everything.
    Run(Run),
    /// Measure how fast the database takes the rows of readings by itself, and print rows per second.
    Engine(Engine),
}

/// How a run is made.
#[derive(Debug, Args)]
pub struct Run {
    /// The server's binary.
    #[arg(long)]
    binary: PathBuf,
    /// A folder for the data, which must not exist yet.
    #[arg(long)]
    data: PathBuf,
    /// A PostgreSQL database that may be filled; without it, SQLite in the data folder.
    #[arg(long, env = "BENCH_DATABASE_URL", hide_env_values = true)]
    database: Option<String>,
    /// The core that the server runs on; without it, on any.
    #[arg(long)]
    server_core: Option<usize>,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Rounds, in which each case runs once.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds that a case runs in each round.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Repairs to fill in.
    #[arg(long, default_value_t = 100_000)]
    repairs: usize,
    /// Devices that send readings.
    #[arg(long, default_value_t = 5_056)]
    devices: usize,
    /// Readings of the cell with the chart.
    #[arg(long, default_value_t = 130_000)]
    readings: usize,
    /// Only the cases with this in their name.
    #[arg(long)]
    only: Option<String>,
    /// Also measures ingestion with so many readings stored before, ascending: what a reading costs as the table grows.
    #[arg(long, value_delimiter = ',')]
    curve: Vec<usize>,
}

/// How the engine is measured.
#[derive(Debug, Args)]
struct Engine {
    /// A folder for the data; it grows from round to round.
    #[arg(long)]
    data: PathBuf,
    /// A PostgreSQL database; without it, SQLite in the data folder.
    #[arg(long, env = "BENCH_DATABASE_URL", hide_env_values = true)]
    database: Option<String>,
    /// Seconds.
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// The number of the round, which keeps its rows apart from others.
    #[arg(long, default_value_t = 0)]
    round: u32,
}

// One thread: the load has one core, and threads would only take it from each other.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(options) => run::run(options).await,
        Command::Engine(options) => engine(options).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("✗ {error}");
            ExitCode::FAILURE
        }
    }
}

async fn engine(options: Engine) -> Result<bool> {
    std::fs::create_dir_all(&options.data)?;
    let db = run::open(&options.data, options.database.as_deref()).await?;
    db.migrate().await?;
    let time = Duration::from_secs_f64(options.seconds);
    println!("{}", engine::rate(&db, time, options.round, Timestamp(1_763_632_800_000)).await?);
    db.close().await;
    Ok(true)
}

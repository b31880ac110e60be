//! `officina simulate`: many devices in one process, which drive a running server over HTTP as real ones would: with
//! believable curves, things that go wrong, late and repeated deliveries. It counts what the server answers against what
//! it should have answered.

mod client;
mod device;
mod fleet;
mod report;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Args;
use http::StatusCode;
use officina::kernel::time::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::client::Client;
use self::device::{Delivery, Device};
pub use self::report::Report;
use crate::launch::StartError;

/// Connections that deliver at the same time.
const CONNECTIONS: usize = 64;
/// How often what is due is handed out.
const BEAT: Duration = Duration::from_millis(10);
/// How often a delivery that the server put off is tried again.
const TRIES: u32 = 6;
/// The longest wait before another try, whatever the server asks for: the run has an end.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What is simulated, against which server.
#[derive(Debug, Clone, Args)]
pub struct Plan {
    /// The server, over plain HTTP
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: String,
    /// Devices, which are made on the server where they are missing
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub devices: u32,
    /// Readings in a second, of all devices together
    #[arg(long, default_value_t = 100.0, value_parser = positive)]
    pub rate: f64,
    /// Readings in a request
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub batch: u16,
    /// How long, in seconds
    #[arg(long, default_value_t = 30)]
    pub seconds: u32,
    /// The share of deliveries with a fault: late, repeated, out of order, with a bad reading; and of devices in trouble
    #[arg(long, default_value_t = 0.05, value_parser = share)]
    pub faults: f64,
    /// The demo.json of a server with demo data: its administrator makes the devices
    #[arg(long, value_name = "FILE")]
    pub demo_file: Option<PathBuf>,
    /// Or an API token that may manage devices
    #[arg(long, env = "OFFICINA_SIMULATE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate| *rate > 0.0 && *rate <= 1e6).ok_or_else(|| "not a rate".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "not a share from 0 to 1".to_owned())
}

/// A delivery, and when its device would have sent it. Latency counts from then: a server that falls behind is not
/// excused by a client that waits for it.
struct Due {
    delivery: Delivery,
    at: Instant,
}

/// Runs a plan, and says what came of it.
///
/// # Errors
/// One sentence when the server cannot be reached, or lets nobody make devices.
pub async fn run(plan: &Plan) -> Result<Report, StartError> {
    let client = Client::new(&plan.url)?;
    let devices = fleet::prepare(&client, plan).await?;
    let report = Arc::new(Mutex::new(Report::default()));
    let (hand_out, due) = mpsc::channel::<Due>(CONNECTIONS * 4);
    let due = Arc::new(tokio::sync::Mutex::new(due));
    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        workers.spawn(deliver_all(client.clone(), due.clone(), report.clone()));
    }
    let began = Instant::now();
    play(plan, devices, &hand_out, began).await;
    drop(hand_out);
    while workers.join_next().await.is_some() {}
    let mut report = std::mem::take(&mut *lock(&report));
    report.took = began.elapsed();
    Ok(report)
}

/// Hands out what the devices send, when they send it.
async fn play(plan: &Plan, mut devices: Vec<Device>, hand_out: &mpsc::Sender<Due>, began: Instant) {
    let between = Duration::from_secs_f64(f64::from(plan.batch) / plan.rate);
    let end = began + Duration::from_secs(u64::from(plan.seconds));
    let mut beat = tokio::time::interval(BEAT);
    let mut next = began;
    let mut turn = 0;
    while next < end {
        beat.tick().await;
        while next <= Instant::now() && next < end {
            let device = turn % devices.len();
            turn += 1;
            for delivery in devices[device].send(plan.batch, plan.faults, now(), &mut rand::rng()) {
                if hand_out.send(Due { delivery, at: next }).await.is_err() {
                    return;
                }
            }
            next += between;
        }
    }
    for device in &mut devices {
        if let Some(delivery) = device.send_rest(&mut rand::rng()) {
            // Nobody listens any more only when everything else has ended as well.
            let _ = hand_out.send(Due { delivery, at: Instant::now() }).await;
        }
    }
}

/// One connection: delivers what is due until nothing more comes.
async fn deliver_all(client: Client, due: Arc<tokio::sync::Mutex<mpsc::Receiver<Due>>>, report: Arc<Mutex<Report>>) {
    loop {
        let next = due.lock().await.recv().await;
        let Some(Due { delivery, at }) = next else { return };
        deliver(&client, &delivery, at, &report).await;
    }
}

async fn deliver(client: &Client, delivery: &Delivery, due: Instant, report: &Mutex<Report>) {
    let path = format!("/api/v1/readings/devices/{}/readings", delivery.serial);
    let key = ("x-device-key", delivery.key.as_str());
    for attempt in 1..=TRIES {
        let answer = client.post(&path, key, delivery.body.clone()).await;
        let wait = match answer {
            Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE && attempt < TRIES => {
                lock(report).put_off += 1;
                answer.retry_after.unwrap_or(Duration::from_secs(1))
            }
            Ok(answer) => return lock(report).answered(delivery, &answer, due.elapsed()),
            // A device keeps what it could not deliver, too.
            Err(_) if attempt < TRIES => {
                lock(report).put_off += 1;
                Duration::from_millis(250)
            }
            Err(problem) => return lock(report).failed(&problem),
        };
        tokio::time::sleep(wait.min(LONGEST_WAIT)).await;
    }
}

fn now() -> Timestamp {
    officina::kernel::clock::Clock::System.now()
}

/// The report. A thread that died while it held it has told what it knew.
fn lock(report: &Mutex<Report>) -> std::sync::MutexGuard<'_, Report> {
    report.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

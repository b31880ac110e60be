//! The server is killed in the middle of its work: what it acknowledged is there, exactly once.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use officina::cold_chain::service;
use officina::cold_chain::{NewColdCell, NewDevice, NewLocation, Preset};
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use officina_server::launch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};

use crate::support::database::{self, Fresh};
use crate::support::{Kind, ORG};

/// Clients that send at the same time.
const CLIENTS: i64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_reading_survives_kill_9_exactly_once() {
    for kind in database::kinds() {
        let rounds = if kind == Kind::Sqlite { 20 } else { 6 };
        let database = database::fresh(kind).await;
        let app = launch::open(&database.config(), Clock::System).await.expect("the database opens");
        let key = make_device(&app).await;
        app.db.close().await;
        let mut acknowledged = HashSet::new();
        for round in 0..rounds {
            let (server, port) = start(&database).await;
            // A different moment each time, decided by what has been acknowledged and not by a clock.
            let enough = 15 + round * 7;
            acknowledged.extend(send_until_killed(server, port, &key, round as i64, enough).await);
            let app = launch::open(&database.config(), Clock::System).await.expect("the database opens again");
            assert_all_there(&app, &acknowledged, round).await;
            app.db.close().await;
        }
        assert!(acknowledged.len() >= 15 * rounds, "{} acknowledged", acknowledged.len());
    }
}

async fn make_device(app: &App) -> String {
    let org = officina::identity::service::public_organisation(app, Some(ORG)).await.expect("seeded").id;
    let system = Actor::system(org);
    let location = NewLocation { name: "L".to_owned(), ..NewLocation::default() };
    let location = service::create_location(app, &system, location).await.expect("a location");
    let cell = NewColdCell {
        name: "C".to_owned(),
        location_id: Some(location.id),
        preset: Some(Preset::Freezer),
        ..NewColdCell::default()
    };
    let cell = service::create_cold_cell(app, &system, cell).await.expect("a cell");
    let device =
        NewDevice { serial_number: "CC-0001".to_owned(), cold_cell_id: Some(cell.cell.id), ..NewDevice::default() };
    service::create_device(app, &system, device).await.expect("a device").api_key
}

/// The real program. It is killed, if nobody has done so, when the test fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // SIGKILL: no chance to tidy up.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the real program and waits until it says where it listens.
async fn start(database: &Fresh) -> (Server, u16) {
    let config = database.config();
    let mut command = Command::new(env!("CARGO_BIN_EXE_officina"));
    command.arg("serve").arg("--listen").arg("127.0.0.1:0").arg("--data").arg::<&Path>(config.data.as_ref());
    if let Some(url) = &config.database {
        command.arg("--database").arg(url.expose());
    }
    command.env_remove("RUST_LOG").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let log = BufReader::new(child.stderr.take().expect("piped"));
    let (listening, listens) = oneshot::channel();
    // Reads to the end, so that the program never waits for somebody to read its log.
    std::thread::spawn(move || {
        let mut listening = Some(listening);
        for line in log.lines().map_while(Result::ok) {
            if let Some(port) = port_in(&line)
                && let Some(listening) = listening.take()
            {
                let _ = listening.send(port);
            }
        }
    });
    let server = Server(child);
    (server, listens.await.expect("the program gets ready"))
}

fn port_in(line: &str) -> Option<u16> {
    let (_, after) = line.split_once("127.0.0.1:")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    line.contains("is ready").then(|| digits.parse().expect("a port"))
}

/// Sends readings on several connections, kills the server once enough are acknowledged, and returns these.
async fn send_until_killed(server: Server, port: u16, key: &str, round: i64, enough: usize) -> Vec<i64> {
    let count = Arc::new(AtomicUsize::new(0));
    let (reached, mut is_reached) = watch::channel(false);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (key, count, reached) = (key.to_owned(), Arc::clone(&count), reached.clone());
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return acknowledged };
                for number in 0.. {
                    let seq = (round * CLIENTS + client) * 1_000_000 + number;
                    if !send(&mut stream, &key, seq).await {
                        return acknowledged;
                    }
                    acknowledged.push(seq);
                    if count.fetch_add(1, Ordering::Relaxed) + 1 == enough {
                        reached.send_replace(true);
                    }
                }
                acknowledged
            })
        })
        .collect();
    is_reached.wait_for(|reached| *reached).await.expect("the clients hold the sender");
    drop(server);
    let mut acknowledged = Vec::new();
    for client in clients {
        acknowledged.extend(client.await.expect("a client"));
    }
    acknowledged
}

/// Sends one reading and tells whether it was acknowledged. Every other one is out of bounds, so alerts come and go too.
async fn send(stream: &mut TcpStream, key: &str, seq: i64) -> bool {
    let temperature = if seq % 2 == 0 { -18 } else { -10 };
    let body = format!("{{\"temperature\":{temperature},\"seq\":{seq}}}");
    let request = format!(
        "POST /api/v1/readings/devices/CC-0001/readings HTTP/1.1\r\nhost: officina.test\r\nx-device-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    if stream.write_all(request.as_bytes()).await.is_err() {
        return false;
    }
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    // The answer to a single accepted reading ends so.
    while !answer.ends_with(b"\"rejected\":0}}") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return false,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
        }
        assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer));
    }
    true
}

async fn assert_all_there(app: &App, acknowledged: &HashSet<i64>, round: usize) {
    let rows: Vec<(i64,)> = sql("SELECT dedupe_key FROM readings").all(&app.db).await.expect("readings");
    let stored: HashSet<i64> = rows.iter().map(|(seq,)| *seq).collect();
    assert_eq!(rows.len(), stored.len(), "round {round}: a reading is there twice");
    let lost: Vec<&i64> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
    // What belongs to a reading is there with it: buckets, and at most one active alert of a kind.
    let (counted,): (Option<i64>,) = sql("SELECT CAST(SUM(count) AS BIGINT) FROM reading_buckets WHERE span = 300")
        .one(&app.db)
        .await
        .expect("buckets");
    assert_eq!(counted.unwrap_or_default(), rows.len() as i64, "round {round}");
    let verdicts = officina::kernel::journal::verify(&app.db).await.expect("the journal");
    assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "round {round}: {verdicts:?}");
}

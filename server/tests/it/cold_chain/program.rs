//! The real program with a device, for stories about what happens to it from outside.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use officina::cold_chain::service;
use officina::cold_chain::{NewColdCell, NewDevice, NewLocation, Preset};
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use officina_server::config::Config;
use officina_server::launch;
use tokio::sync::oneshot;

use crate::support::{ORG, talk};

/// The one device of these stories.
pub const SERIAL: &str = "CC-0001";

/// The program, running. It is killed, if nobody has done so, when this goes.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL: no chance to tidy up.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a device is told.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub retry_after: bool,
    pub body: String,
}

impl Program {
    /// Starts the real program and waits until it says where it listens.
    pub async fn start(config: &Config) -> Self {
        let mut command = Command::new("sh");
        // A write beyond a limit on file sizes is an error then, and not a signal: as when the disk is full.
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_officina")]);
        command.arg("serve").arg("--listen").arg("127.0.0.1:0").arg("--data").arg::<&Path>(config.data.as_ref());
        if let Some(url) = &config.database {
            command.arg("--database").arg(url.expose());
        }
        if let Some(secret) = &config.secret {
            command.env("OFFICINA_SECRET", secret.expose());
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
        let port = listens.await.expect("the program gets ready");
        Self { child, address: (Ipv4Addr::LOCALHOST, port).into() }
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a reading of the device.
    pub async fn post(&self, key: &str, seq: i64) -> Told {
        let answer = talk(self.address, reading(key, seq, "close").as_bytes()).await;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        Told {
            status: status.unwrap_or_else(|| panic!("no answer but {answer:?}")),
            retry_after: head.to_ascii_lowercase().contains("\r\nretry-after: "),
            body: body.to_owned(),
        }
    }

    /// Asks for something that needs no key.
    pub async fn get(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nhost: officina.test\r\nconnection: close\r\n\r\n");
        talk(self.address, request.as_bytes()).await
    }
}

fn port_in(line: &str) -> Option<u16> {
    let (_, after) = line.split_once("127.0.0.1:")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    line.contains("is ready").then(|| digits.parse().expect("a port"))
}

/// The request that brings one reading. Every other one is out of bounds, so alerts come and go too.
pub fn reading(key: &str, seq: i64, connection: &str) -> String {
    let temperature = if seq % 2 == 0 { -18 } else { -10 };
    let body = format!("{{\"temperature\":{temperature},\"seq\":{seq}}}");
    format!(
        "POST /api/v1/readings/devices/{SERIAL}/readings HTTP/1.1\r\nhost: officina.test\r\nx-device-key: {key}\r\n\
         content-type: application/json\r\nconnection: {connection}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Makes the device in a database that nobody serves yet, and returns its key.
pub async fn device_in(config: &Config) -> String {
    let app = launch::open(config, Clock::System).await.expect("the database opens");
    let key = make_device(&app).await;
    app.db.close().await;
    key
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
        NewDevice { serial_number: SERIAL.to_owned(), cold_cell_id: Some(cell.cell.id), ..NewDevice::default() };
    service::create_device(app, &system, device).await.expect("a device").api_key
}

/// Looks into a database that nobody serves any more: every acknowledged reading is there, none twice, and what belongs to
/// them is there with them.
pub async fn assert_all_there(config: &Config, acknowledged: &HashSet<i64>, when: &str) {
    let app = launch::open(config, Clock::System).await.expect("the database opens again");
    let rows: Vec<(i64,)> = sql("SELECT dedupe_key FROM readings").all(&app.db).await.expect("readings");
    let stored: HashSet<i64> = rows.iter().map(|(seq,)| *seq).collect();
    assert_eq!(rows.len(), stored.len(), "{when}: a reading is there twice");
    let lost: Vec<&i64> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{when}: acknowledged and lost: {lost:?}");
    let (counted,): (i64,) = sql("SELECT CAST(COALESCE((SELECT SUM(count) FROM reading_buckets WHERE span = 300), 0) \
         + COALESCE((SELECT SUM(bucket_count) FROM device_states), 0) AS BIGINT)")
    .one(&app.db)
    .await
    .expect("buckets");
    assert_eq!(counted, rows.len() as i64, "{when}: the chart and the readings differ");
    let verdicts = officina::kernel::journal::verify(&app.db).await.expect("the journal");
    assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "{when}: {verdicts:?}");
    if app.db.is_sqlite() {
        let checked: Vec<(String,)> = sql("PRAGMA integrity_check").all(&app.db).await.expect("a check");
        assert_eq!(checked, [("ok".to_owned(),)], "{when}");
    }
    app.db.close().await;
}

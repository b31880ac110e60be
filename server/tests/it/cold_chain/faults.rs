//! What the machine does to the server: a full disk, a database that somebody holds, one that goes away, a clock that is
//! set. Nothing that was acknowledged is lost, what cannot be taken is said so, and it goes on by itself.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use officina::cold_chain::ingest::Intake;
use officina::kernel::clock::Clock;
use officina::kernel::db::postgres::PgConnection;
use officina::kernel::db::sqlite::SqliteConnection;
use officina::kernel::time::{DAY, HOUR, MINUTE};
use officina_server::launch;
use sqlx::Connection;

use super::program::{Program, assert_all_there, device_in};
use super::servers::{devices, measure};
use super::{journaled, look};
use crate::support::START;
use crate::support::database::{self, Fresh, Kind};

/// How long somebody holds the database.
const HELD: Duration = Duration::from_secs(30);
/// How soon the server has to go on after its database came back.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_full_disk_is_told_to_devices_and_is_over_when_there_is_room() {
    // PostgreSQL has disks of its own; that it says so (SQLSTATE 53100) and how that is answered is one line of a table.
    let database = database::fresh(Kind::Sqlite).await;
    let config = database.config();
    let key = device_in(&config).await;
    let program = Program::start(&config).await;
    let mut acknowledged = HashSet::new();
    for round in 0..3 {
        for seq in round * 100..round * 100 + 20 {
            assert_eq!(program.post(&key, seq).await.status, 201, "there is room");
            acknowledged.insert(seq);
        }
        // No file may grow beyond its first page: whatever is written ends in an error of the system.
        limit_files(&program, "4096");
        for seq in round * 100 + 20..round * 100 + 25 {
            let told = program.post(&key, seq).await;
            assert_eq!((told.status, told.retry_after), (503, true), "{}", told.body);
        }
        assert!(program.get("/health").await.starts_with("HTTP/1.1 200"), "what needs no disk goes on");
        assert!(program.get("/track/ABC234").await.starts_with("HTTP/1.1 404"), "what only reads goes on");
        limit_files(&program, "unlimited");
        // The device sends again what was refused.
        for seq in round * 100 + 20..round * 100 + 25 {
            let told = program.post(&key, seq).await;
            assert_eq!(told.status, 201, "there is room again: {}", told.body);
            acknowledged.insert(seq);
        }
    }
    drop(program);
    assert_all_there(&config, &acknowledged, "after the disk was full").await;
}

/// Sets how large files of the program may become.
fn limit_files(program: &Program, bytes: &str) {
    let limited = Command::new("prlimit")
        .arg(format!("--pid={}", program.pid()))
        .arg(format!("--fsize={bytes}:"))
        .status()
        .expect("prlimit, of util-linux");
    assert!(limited.success());
}

#[tokio::test]
async fn a_database_held_for_half_a_minute_is_told_to_devices_and_is_over_when_it_is_free() {
    for kind in database::kinds() {
        let database = database::fresh(kind).await;
        let config = database.config();
        let key = device_in(&config).await;
        let program = Program::start(&config).await;
        assert_eq!(program.post(&key, 1).await.status, 201);
        let holder = Holder::of(&database).await;
        let began = Instant::now();
        let mut seq = 2;
        while began.elapsed() < HELD {
            let told = program.post(&key, seq).await;
            assert_eq!((told.status, told.retry_after), (503, true), "{kind:?}: {}", told.body);
            seq += 1;
        }
        assert!(seq > 4, "{kind:?}: nobody waits for long: {seq}");
        assert!(program.get("/health").await.starts_with("HTTP/1.1 200"));
        holder.let_go().await;
        let mut acknowledged = HashSet::from([1]);
        for seq in 2..seq {
            let told = program.post(&key, seq).await;
            assert_eq!(told.status, 201, "{kind:?}: refused means not stored: {}", told.body);
            acknowledged.insert(seq);
        }
        drop(program);
        assert_all_there(&config, &acknowledged, "after the database was held").await;
    }
}

/// Somebody with a transaction that nobody else gets past.
enum Holder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Holder {
    async fn of(database: &Fresh) -> Self {
        let config = database.config();
        if let Some(url) = &config.database {
            let mut connection = PgConnection::connect(url.expose()).await.expect("a connection");
            let hold = "BEGIN; LOCK TABLE devices, journal_heads IN ACCESS EXCLUSIVE MODE";
            sqlx::raw_sql(hold).execute(&mut connection).await.expect("held");
            return Self::Postgres(connection);
        }
        let file: PathBuf = config.data.join("officina.db");
        let address = format!("sqlite://{}", file.display());
        let mut connection = SqliteConnection::connect(&address).await.expect("a connection");
        sqlx::raw_sql("PRAGMA busy_timeout = 20000; BEGIN IMMEDIATE").execute(&mut connection).await.expect("held");
        Self::Sqlite(connection)
    }

    async fn let_go(self) {
        match self {
            Self::Sqlite(mut connection) => {
                sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.expect("let go");
            }
            Self::Postgres(mut connection) => {
                sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.expect("let go");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_is_restarted_is_found_again_and_nothing_is_lost() {
    if !database::kinds().contains(&Kind::Postgres) {
        return;
    }
    let server = OwnPostgres::start();
    let database = database::fresh_at(server.url.clone()).await;
    let config = database.config();
    let key = device_in(&config).await;
    let program = Program::start(&config).await;
    let mut acknowledged = HashSet::new();
    let mut seq = 0;
    for mode in ["fast", "immediate", "immediate"] {
        for _ in 0..20 {
            assert_eq!(program.post(&key, seq).await.status, 201);
            acknowledged.insert(seq);
            seq += 1;
        }
        let restarting = std::thread::spawn({
            let restart = server.restart(mode);
            move || restart().then(Instant::now)
        });
        // The device goes on meanwhile: it repeats what was not taken, as devices do.
        let back = loop {
            let told = program.post(&key, seq).await;
            match told.status {
                // 200: it was stored, and the word of it was lost with the connection.
                200 | 201 => {
                    acknowledged.insert(seq);
                    seq += 1;
                    if restarting.is_finished() {
                        break Instant::now();
                    }
                }
                503 => assert!(told.retry_after, "{}", told.body),
                _ => panic!("{mode}: {told:?}"),
            }
        };
        let restarted = restarting.join().expect("the thread ends").expect("PostgreSQL restarts");
        let waited = back.saturating_duration_since(restarted);
        assert!(waited <= SOON, "{mode}: {waited:?} until it went on");
    }
    drop(program);
    assert_all_there(&config, &acknowledged, "after PostgreSQL was restarted").await;
}

/// A PostgreSQL that no other story uses.
struct OwnPostgres {
    folder: PathBuf,
    url: String,
}

/// What the script for throw-away servers does with a folder.
fn postgres(action: &str, folder: &Path) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres.sh");
    let mut command = Command::new(script);
    command.arg(action).arg(folder);
    command
}

impl OwnPostgres {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("officina-postgres-{}", uuid::Uuid::now_v7().simple()));
        let started = postgres("start", &folder).env("POSTGRES_DURABLE", "1").output().expect("a script");
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let said = String::from_utf8(started.stdout).expect("text");
        let url = said.lines().last().expect("its address").to_owned();
        Self { folder, url }
    }

    /// What restarts it in one of the ways of `pg_ctl`.
    fn restart(&self, mode: &'static str) -> impl Fn() -> bool + Send + 'static {
        let folder = self.folder.clone();
        move || postgres("restart", &folder).arg(mode).status().is_ok_and(|status| status.success())
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        let _ = postgres("stop", &self.folder).status();
    }
}

#[tokio::test]
async fn a_clock_that_is_set_loses_no_reading_and_repeats_no_alert() {
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        let clock = Clock::fixed(START);
        let app = launch::open(&fresh.config(), clock.clone()).await.unwrap();
        look(&app).await;
        let intake = Intake::default();
        let device = devices(&app, 1).await;
        let pass = async |minutes: i64, celsius: f64| {
            for _ in 0..minutes {
                clock.advance(MINUTE);
                measure(&app, &intake, &device, celsius).await;
                look(&app).await;
            }
        };
        pass(15, -10.0).await;
        assert_eq!(journaled(&app, "alerts.opened").await.len(), 1, "ten minutes' delay are over");
        // Back by three hours: it stays warm, and the alert stays one.
        clock.advance(-3 * HOUR);
        pass(20, -10.0).await;
        assert_eq!(journaled(&app, "alerts.opened").await.len(), 1);
        assert_eq!(journaled(&app, "alerts.resolved").await.len(), 0);
        // Forward to where it was, and it is cold again: one end.
        clock.advance(3 * HOUR);
        pass(5, -18.0).await;
        assert_eq!(journaled(&app, "alerts.resolved").await.len(), 1);
        // Forward by a day at once: nobody has listened in that day, so that nobody is missed for it.
        clock.advance(DAY);
        look(&app).await;
        look(&app).await;
        pass(5, -18.0).await;
        assert_eq!(journaled(&app, "alerts.opened").await.len(), 1);
        // From then on silence is silence.
        for _ in 0..20 {
            clock.advance(MINUTE);
            look(&app).await;
        }
        let opened = journaled(&app, "alerts.opened").await;
        let types: Vec<&str> = opened.iter().filter_map(|entry| entry["type"].as_str()).collect();
        assert_eq!(types, ["HIGH_TEMP", "SENSOR_ERROR"]);
        let (readings,): (i64,) =
            officina::kernel::db::sql("SELECT COUNT(*) FROM readings").one(&app.db).await.unwrap();
        assert_eq!(readings, 15 + 20 + 5 + 5);
        let verdicts = officina::kernel::journal::verify(&app.db).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "{verdicts:?}");
        app.db.close().await;
    }
}

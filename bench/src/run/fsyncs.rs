//! That answers wait for the disk.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use officina::kernel::db::{Db, sql};

use super::{Bench, Seen, open};
use crate::Result;
use crate::cases::{self, Id};
use crate::report::{Line, short};
use crate::server::Server;

const WHAT: &str = "readings per fsync";
/// How long PostgreSQL may take to end the server's connections, which then say how often they called fsync.
const PATIENCE: Duration = Duration::from_secs(10);

impl Bench {
    /// Counts the fsyncs while readings come in one by one. Every answer waits for an fsync that began after its
    /// request, and at most one request of each connection waits at a time: so an fsync can stand for at most as many
    /// readings as there are connections. More would mean that answers do not wait.
    pub(super) async fn fsyncs(&mut self) -> Result<()> {
        let (readings, fsyncs) = match self.options.database.clone() {
            Some(url) => {
                let db = open(&self.setup.data, Some(&watching(&url))).await?;
                let before = synced_by_postgres(&db).await?;
                let server = self.setup.start().await?;
                let readings = self.readings(server).await?;
                let after = synced_by_postgres(&db).await?;
                db.close().await;
                (readings, after - before)
            }
            None => {
                if !Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
                    self.lines.push(Line::plain(WHAT, "not counted: no strace"));
                    return Ok(());
                }
                let report = self.options.data.join("fsyncs");
                let server = self.setup.start_counting_fsyncs(&report).await?;
                (self.readings(server).await?, synced_by_the_server(&report)?)
            }
        };
        let per_fsync = readings as f64 / fsyncs as f64;
        let most = self.options.connections as f64;
        self.lines.push(Line {
            raw: format!("{readings} readings, {fsyncs} fsyncs"),
            ratio: short(per_fsync),
            goal: format!("≤ {most}"),
            met: Some(readings > 0 && per_fsync <= most),
            ..Line::plain(WHAT, "")
        });
        Ok(())
    }

    /// Sends readings one by one, stops the server, and tells how many it took.
    async fn readings(&mut self, server: Server) -> Result<u64> {
        let case = cases::all(&server, &self.filled).await?.into_iter().find(|case| case.id == Id::OneReading);
        let case = case.ok_or("there is no case of single readings")?;
        let outcome = self.measure(&server, &case, &mut Seen::default(), self.options.rounds).await?;
        server.stop().await?;
        self.broken |= outcome.errors > 0;
        Ok(outcome.answers)
    }
}

/// What strace counted of a server that has stopped.
fn synced_by_the_server(report: &Path) -> Result<u64> {
    let lines = std::fs::read_to_string(report)?;
    let calls = lines.lines().filter(|line| line.ends_with("sync"));
    Ok(calls.filter_map(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok()).sum())
}

/// The database, under a name by which our own connections are told from the server's: a pool may open several.
fn watching(url: &str) -> String {
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}application_name=officina-bench")
}

/// How often PostgreSQL has synced its log, by its own count: the processes of connections add theirs when they end.
async fn synced_by_postgres(db: &Db) -> Result<u64> {
    let begin = Instant::now();
    loop {
        let (others,): (i64,) = sql("SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND backend_type = 'client backend' \
             AND application_name <> current_setting('application_name')")
        .one(db)
        .await?;
        if others == 0 {
            let (synced,): (i64,) = sql("SELECT wal_sync FROM pg_stat_wal").one(db).await?;
            return Ok(synced as u64);
        }
        if begin.elapsed() > PATIENCE {
            return Err("the server's connections to PostgreSQL do not end".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

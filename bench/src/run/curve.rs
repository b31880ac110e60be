//! What a reading costs as the table grows.

use super::{Bench, Seen, median, now, open};
use crate::Result;
use crate::cases::{self, Id};
use crate::engine::{self, Rows};
use crate::report::{Line, per_second, short};
use officina::kernel::db::{Db, Pool, sql};
use officina::kernel::time::DAY;

/// The smallest share of the rate with few rows that counts as the same.
const FLAT: f64 = 0.8;
/// Where the numbers of these readings begin, apart from those of the rounds before.
const FIRST_ROUND: u32 = 150;

impl Bench {
    /// Fills the table with readings of the devices that are measured, up to each size in turn, and measures ingestion.
    pub(super) async fn curve(&mut self) -> Result<()> {
        let mut first: Vec<f64> = Vec::new();
        for (turn, size) in self.options.curve.clone().into_iter().enumerate() {
            eprintln!("• up to {size} readings …");
            let stored = self.fill_up(size, turn as i64).await?;
            let server = self.setup.start().await?;
            let cases = cases::all(&server, &self.filled).await?;
            let ingesting = cases.iter().filter(|case| matches!(case.id, Id::OneReading | Id::Batch));
            for (index, case) in ingesting.enumerate() {
                let mut seen = Seen::default();
                for round in 0..self.options.rounds {
                    let round = FIRST_ROUND + turn as u32 * self.options.rounds + round;
                    self.measure(&server, case, &mut seen, round).await?;
                }
                self.broken |= seen.errors > 0;
                let rate = median(&seen.rates) * case.readings as f64;
                if turn == 0 {
                    first.push(rate);
                }
                let share = rate / first.get(index).copied().unwrap_or(f64::NAN);
                self.lines.push(Line {
                    latency: seen.latency(),
                    ratio: format!("{} %", short(share * 100.0)),
                    goal: format!("≥ {} % of the first", short(FLAT * 100.0)),
                    met: (turn > 0).then_some(share >= FLAT && seen.errors == 0),
                    ..Line::plain(format!("{}, {stored} before", case.name), per_second(rate, "rows"))
                });
            }
            server.stop().await?;
        }
        Ok(())
    }

    /// Puts in what is missing to a number of readings, and tells how many there are.
    async fn fill_up(&mut self, size: usize, turn: i64) -> Result<i64> {
        let db = open(&self.setup.data, self.options.database.as_deref()).await?;
        let count = async || -> Result<(i64,)> { Ok(sql("SELECT count(*) FROM readings").one(&db).await?) };
        let (before,) = count().await?;
        let missing = size.saturating_sub(before as usize);
        let (first_device,): (i64,) = sql("SELECT min(no) FROM devices").one(&db).await?;
        let rows = Rows {
            first_device,
            devices: self.filled.devices.len() as i64,
            // Below the numbers that the devices send, and before their times.
            first_key: turn * 100_000_000,
            at: now().plus((turn - 20) * DAY),
        };
        self.put_in += engine::fill(&db, rows, missing).await? as u64;
        rest(&db).await?;
        let (after,) = count().await?;
        db.close().await;
        Ok(after)
    }
}

/// Lets the database finish what filling has left to do. A fleet fills it in months, and it works that off as it goes;
/// filled in minutes, it would still be at it, on the server's core, while the readings are measured.
async fn rest(db: &Db) -> Result<()> {
    match db.pool() {
        Pool::Sqlite { write, .. } => {
            sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await.map(drop)?
        }
        Pool::Postgres(pool) => {
            sqlx::raw_sql("VACUUM (ANALYZE) readings").execute(pool).await?;
            sqlx::raw_sql("CHECKPOINT").execute(pool).await?;
        }
    }
    Ok(())
}

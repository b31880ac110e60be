//! How fast the database engine takes the rows of readings by itself: the same table, the same durability, many rows
//! with a commit, and nothing else. What ingestion is measured against.

use std::time::{Duration, Instant};

use officina::kernel::db::{Db, Pool};
use officina::kernel::time::Timestamp;
use sqlx::{Connection, Database, Encode, Executor, IntoArguments, Type};

use crate::Result;

/// Rows of one statement: a request's readings.
const ROWS: usize = 100;
/// Statements between two commits: what the server collects when 64 connections wait.
const STATEMENTS: usize = 10;
/// Columns of a reading.
const COLUMNS: usize = 13;
/// Devices that take turns.
const DEVICES: i64 = 1_024;
/// The first number of the devices here: none of the server's.
const FIRST_DEVICE: i64 = 1_000_000;

/// Inserts for a time and returns rows per second. `round` keeps the rows apart from those of earlier rounds.
pub async fn rate(db: &Db, time: Duration, round: u32, now: Timestamp) -> Result<f64> {
    match db.pool() {
        Pool::Sqlite { write, .. } => {
            // SQLite looks for each numbered placeholder in a list from its start; plain ones cost nothing.
            let statement = statement(|_| "?".to_owned());
            insert(&mut *write.acquire().await?, ("BEGIN IMMEDIATE", &statement), time, round, now).await
        }
        Pool::Postgres(pool) => {
            let statement = statement(|number| format!("${number}"));
            insert(&mut *pool.acquire().await?, ("BEGIN", &statement), time, round, now).await
        }
    }
}

async fn insert<C>(
    connection: &mut C,
    (begin, statement): (&'static str, &str),
    time: Duration,
    round: u32,
    now: Timestamp,
) -> Result<f64>
where
    C: Connection,
    C::Database: Database,
    for<'e> &'e mut C: Executor<'e, Database = C::Database>,
    for<'q> <C::Database as Database>::Arguments: IntoArguments<C::Database>,
    for<'q> i64: Encode<'q, C::Database> + Type<C::Database>,
    for<'q> f64: Encode<'q, C::Database> + Type<C::Database>,
    for<'q> bool: Encode<'q, C::Database> + Type<C::Database>,
{
    let start = Instant::now();
    let mut rows = 0;
    let mut batch = 0;
    while start.elapsed() < time {
        connection.execute(begin).await?;
        for _ in 0..STATEMENTS {
            let device = FIRST_DEVICE + batch % DEVICES;
            let first = i64::from(round) * 10_000_000 + batch / DEVICES * ROWS as i64;
            let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
            for key in first..first + ROWS as i64 {
                query = query
                    .bind(device)
                    .bind(0_i64)
                    .bind(key)
                    .bind(device)
                    .bind(now.0 + key)
                    .bind(now.0 + key)
                    .bind(now.0 + key)
                    .bind(-18_000_000 - key % 100 * 10_000)
                    .bind(45.5)
                    .bind(87.0)
                    .bind(true)
                    .bind(false)
                    .bind(0_i64);
            }
            query.execute(&mut *connection).await?;
            batch += 1;
            rows += ROWS;
        }
        connection.execute("COMMIT").await?;
    }
    Ok(rows as f64 / start.elapsed().as_secs_f64())
}

fn statement(placeholder: impl Fn(usize) -> String) -> String {
    let rows: Vec<String> = (0..ROWS)
        .map(|row| {
            let places: Vec<String> = (1..=COLUMNS).map(|column| placeholder(row * COLUMNS + column)).collect();
            format!("({})", places.join(","))
        })
        .collect();
    format!(
        "INSERT INTO readings (device_no, dedupe_kind, dedupe_key, cell_no, at, received_at, recorded_at, temperature, \
         humidity, battery, power, door, flags) VALUES {}",
        rows.join(",")
    )
}

//! How fast the database engine takes the rows of readings by itself: the same table, the same durability, many rows
//! with a commit, and nothing else. What ingestion is measured against, and how a database is filled for the curve.

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

/// Which rows are inserted: those of devices that take turns, each with rising keys.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    /// The first device's number.
    pub first_device: i64,
    /// How many devices.
    pub devices: i64,
    /// The first key of each.
    pub first_key: i64,
    /// The time of the first key; the next ones are a millisecond apart.
    pub at: Timestamp,
}

/// Inserts for a time and returns rows per second. `round` keeps the rows apart from those of earlier rounds.
pub async fn rate(db: &Db, time: Duration, round: u32, now: Timestamp) -> Result<f64> {
    let first_key = i64::from(round) * 10_000_000;
    let rows = Rows { first_device: FIRST_DEVICE, devices: DEVICES, first_key, at: now.plus(first_key) };
    let start = Instant::now();
    let inserted = insert(db, rows, |_| start.elapsed() < time).await?;
    Ok(inserted as f64 / start.elapsed().as_secs_f64())
}

/// Inserts at least so many rows, and returns how many these were.
pub async fn fill(db: &Db, rows: Rows, count: usize) -> Result<usize> {
    insert(db, rows, |inserted| inserted < count).await
}

async fn insert(db: &Db, rows: Rows, go_on: impl Fn(usize) -> bool) -> Result<usize> {
    match db.pool() {
        Pool::Sqlite { write, .. } => {
            // SQLite looks for each numbered placeholder in a list from its start; plain ones cost nothing.
            let statement = statement(|_| "?".to_owned());
            insert_by(&mut *write.acquire().await?, ("BEGIN IMMEDIATE", &statement), rows, go_on).await
        }
        Pool::Postgres(pool) => {
            let statement = statement(|number| format!("${number}"));
            insert_by(&mut *pool.acquire().await?, ("BEGIN", &statement), rows, go_on).await
        }
    }
}

async fn insert_by<C>(
    connection: &mut C,
    (begin, statement): (&'static str, &str),
    rows: Rows,
    go_on: impl Fn(usize) -> bool,
) -> Result<usize>
where
    C: Connection,
    C::Database: Database,
    for<'e> &'e mut C: Executor<'e, Database = C::Database>,
    for<'q> <C::Database as Database>::Arguments: IntoArguments<C::Database>,
    for<'q> i64: Encode<'q, C::Database> + Type<C::Database>,
    for<'q> f64: Encode<'q, C::Database> + Type<C::Database>,
    for<'q> bool: Encode<'q, C::Database> + Type<C::Database>,
{
    let (mut inserted, mut batch) = (0, 0);
    while go_on(inserted) {
        connection.execute(begin).await?;
        for _ in 0..STATEMENTS {
            let device = rows.first_device + batch % rows.devices;
            let number = batch / rows.devices * ROWS as i64;
            let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
            for number in number..number + ROWS as i64 {
                let at = rows.at.0 + number;
                query = query
                    .bind(device)
                    .bind(0_i64)
                    .bind(rows.first_key + number)
                    .bind(device)
                    .bind(at)
                    .bind(at)
                    .bind(at)
                    .bind(-18_000_000 - number % 100 * 10_000)
                    .bind(45.5)
                    .bind(87.0)
                    .bind(true)
                    .bind(false)
                    .bind(0_i64);
            }
            query.execute(&mut *connection).await?;
            batch += 1;
            inserted += ROWS;
        }
        connection.execute("COMMIT").await?;
    }
    Ok(inserted)
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

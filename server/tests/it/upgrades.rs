//! Every older schema, filled, becomes today's; and the copy that is made before is one that can be gone back to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use officina::kernel::clock::Clock;
use officina::kernel::db::postgres::PgConnection;
use officina::kernel::db::sqlite::{SqliteConnectOptions, SqliteConnection};
use officina::kernel::db::{Pool, sql};
use officina::kernel::journal;
use officina::numbers::service::{self as numbers, OtherCountry};
use officina_server::{demo, launch};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection};

use crate::support::database::{self, Fresh};
use crate::support::{Kind, START};

/// Rows of one table that are enough: readings come by the ten thousand, and one is like the other.
const MOST_ROWS: usize = 400;

/// A folder of migrations.
async fn steps(kind: Kind) -> Migrator {
    let folder = if kind == Kind::Sqlite { "sqlite" } else { "postgres" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(folder);
    Migrator::new(folder).await.expect("the migrations")
}

/// The versions before today's.
fn older(steps: &Migrator) -> Vec<i64> {
    let versions: Vec<i64> = steps.iter().map(|step| step.version).collect();
    versions[..versions.len() - 1].to_vec()
}

/// An installation of today with something in every area, for older ones to be filled from.
async fn example(kind: Kind) -> Fresh {
    let installation = database::empty(kind).await;
    let app = launch::open(&installation.config(), Clock::fixed(START)).await.expect("an empty database");
    launch::bring_up_to_date(&app).await.expect("migrations");
    demo::fill(&app).await.expect("an empty database is filled");
    app.db.close().await;
    installation
}

/// Upgrades a filled installation of an older version by the program's own way, and looks at what came of it.
async fn upgrade_and_check(installation: &Fresh, version: i64, filled: &BTreeMap<String, i64>) {
    let app = launch::open(&installation.config(), Clock::fixed(START)).await.expect("a database");
    launch::bring_up_to_date(&app).await.unwrap_or_else(|error| panic!("from {version}: {error:?}"));
    let read = numbers::read_where_needed(&app, OtherCountry::Refuse).await;
    read.unwrap_or_else(|error| panic!("from {version}: {error:?}"));
    assert!(app.db.is_current().await.unwrap(), "from {version}");
    let verdicts = journal::verify(&app.db).await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "from {version}: {verdicts:?}");
    assert!(verdicts.iter().any(|verdict| verdict.entries > 0), "from {version}: {verdicts:?}");
    for (table, rows) in filled {
        let mut count = sql("SELECT COUNT(*) FROM ");
        count.push(Box::leak(table.clone().into_boxed_str()));
        let (now,): (i64,) =
            count.one(&app.db).await.unwrap_or_else(|error| panic!("from {version}: {table}: {error:?}"));
        // A step may add rows of its own, and loses none.
        assert!(now >= *rows, "from {version}: {now} rows of {table}, once {rows}");
    }
    let (nameless,): (i64,) = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM alerts WHERE acknowledged_by_id IS NULL \
         AND acknowledged_by IN (SELECT name FROM accounts)")
    .one(&app.db)
    .await
    .unwrap();
    assert_eq!(nameless, 0, "from {version}: it is known which member took note");
    if app.db.is_sqlite() {
        let loose: Vec<(String,)> = sql("SELECT \"table\" FROM pragma_foreign_key_check").all(&app.db).await.unwrap();
        assert!(loose.is_empty(), "from {version}: {loose:?}");
    }
    app.db.close().await;
}

#[tokio::test]
async fn every_older_sqlite_with_rows_in_it_becomes_todays() {
    let (steps, example) = (steps(Kind::Sqlite).await, example(Kind::Sqlite).await);
    for version in older(&steps) {
        let installation = database::empty(Kind::Sqlite).await;
        let filled = fill_sqlite(&steps, version, &file(&installation), &file(&example)).await;
        assert!(filled["organisations"] > 0 && filled["journal"] > 0, "{filled:?}");
        upgrade_and_check(&installation, version, &filled).await;
    }
}

fn file(installation: &Fresh) -> PathBuf {
    installation.config().data.join("officina.db")
}

/// Makes a database of a version and puts the example's rows into it, as far as that version knows them.
async fn fill_sqlite(steps: &Migrator, version: i64, file: &Path, example: &Path) -> BTreeMap<String, i64> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).foreign_keys(true);
    let mut to = SqliteConnection::connect_with(&options).await.expect("a new database");
    steps.run_direct(Some(version), &mut to, false).await.expect("the older schema");
    sqlx::query("ATTACH $1 AS example").bind(example.to_str()).execute(&mut to).await.expect("the example");
    let tables: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_%' ESCAPE '\\' \
         AND name IN (SELECT name FROM example.sqlite_schema)",
    )
    .fetch_all(&mut to)
    .await
    .unwrap();
    let mut missing: Vec<(String, String)> = Vec::new();
    for (table,) in tables {
        let columns: Vec<(String,)> = sqlx::query_as(
            "SELECT name FROM pragma_table_info($1, 'main') WHERE name IN (SELECT name FROM pragma_table_info($1, 'example'))",
        )
        .bind(&table)
        .fetch_all(&mut to)
        .await
        .unwrap();
        let columns = quoted(columns.into_iter().map(|(column,)| column));
        // What the older schema does not know, a word that came later, is left out.
        let statement = format!(
            "INSERT OR IGNORE INTO main.{table} ({columns}) SELECT {columns} FROM example.{table} LIMIT {}",
            most(&table)
        );
        missing.push((table, statement));
    }
    let filled = fill_in_turn(version, missing, async |table: &str, statement: &str| {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut to).await?;
        let count = format!("SELECT COUNT(*) FROM main.{table}");
        let (rows,): (i64,) = sqlx::query_as(AssertSqlSafe(count)).fetch_one(&mut to).await?;
        Ok(rows)
    })
    .await;
    to.close().await.unwrap();
    filled
}

/// Fills tables, each by its statement, in an order that their references allow: whatever refers to another table waits
/// until that one is filled. What fills a table tells how many rows are in it then, and that is what is returned.
async fn fill_in_turn(
    version: i64,
    mut missing: Vec<(String, String)>,
    mut fill: impl AsyncFnMut(&str, &str) -> Result<i64, sqlx::Error>,
) -> BTreeMap<String, i64> {
    let mut filled = BTreeMap::new();
    while !missing.is_empty() {
        let (before, mut later) = (missing.len(), Vec::new());
        for (table, statement) in missing {
            match fill(&table, &statement).await {
                Ok(rows) => {
                    filled.insert(table, rows);
                }
                Err(error) => later.push((table, statement, error)),
            }
        }
        assert!(later.len() < before, "version {version}: {later:?}");
        missing = later.into_iter().map(|(table, statement, _)| (table, statement)).collect();
    }
    filled
}

fn quoted(columns: impl Iterator<Item = String>) -> String {
    columns.map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
}

/// How many rows of a table are taken. The journal is a chain and is taken whole, and so is what it is about.
fn most(table: &str) -> usize {
    if table.starts_with("reading") { MOST_ROWS } else { usize::MAX >> 1 }
}

#[tokio::test]
async fn every_older_postgres_with_rows_in_it_becomes_todays() {
    if !database::kinds().contains(&Kind::Postgres) {
        return;
    }
    let (steps, example) = (steps(Kind::Postgres).await, example(Kind::Postgres).await);
    let rows = rows_of(&example).await;
    for version in older(&steps) {
        let installation = database::empty(Kind::Postgres).await;
        let filled = fill_postgres(&steps, version, &installation, &rows).await;
        assert!(filled["organisations"] > 0 && filled["journal"] > 0, "{filled:?}");
        upgrade_and_check(&installation, version, &filled).await;
    }
}

async fn connect(installation: &Fresh) -> PgConnection {
    let config = installation.config();
    PgConnection::connect(config.database.as_ref().expect("PostgreSQL").expose()).await.expect("the database")
}

/// The tables of an installation and the columns that are written, partitions left out.
async fn columns_of(on: &mut PgConnection) -> BTreeMap<String, BTreeSet<String>> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
         AND c.relname NOT LIKE '\\_%' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''",
    )
    .fetch_all(on)
    .await
    .unwrap();
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, column) in found {
        tables.entry(table).or_default().insert(column);
    }
    tables
}

/// The columns and rows of each table, the rows as JSON.
type Rows = BTreeMap<String, (BTreeSet<String>, Vec<String>)>;

async fn rows_of(installation: &Fresh) -> Rows {
    let mut from = connect(installation).await;
    let mut all = Rows::new();
    for (table, columns) in columns_of(&mut from).await {
        let statement = format!("SELECT row_to_json(t)::text FROM {table} t LIMIT {}", most(&table));
        let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(statement)).fetch_all(&mut from).await.unwrap();
        all.insert(table, (columns, rows.into_iter().map(|(row,)| row).collect()));
    }
    all
}

async fn fill_postgres(steps: &Migrator, version: i64, installation: &Fresh, example: &Rows) -> BTreeMap<String, i64> {
    let mut to = connect(installation).await;
    steps.run_direct(Some(version), &mut to, false).await.expect("the older schema");
    let mut missing: Vec<(String, String)> = Vec::new();
    for (table, known) in columns_of(&mut to).await {
        if let Some((columns, _)) = example.get(&table) {
            let columns = quoted(columns.intersection(&known).cloned());
            let statement = format!(
                "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE \
                 SELECT {columns} FROM json_populate_recordset(NULL::{table}, $1::json) \
                 ON CONFLICT DO NOTHING"
            );
            missing.push((table, statement));
        }
    }
    let filled = fill_in_turn(version, missing, async |table: &str, statement: &str| {
        insert(&mut to, statement, &example[table].1).await?;
        let count = format!("SELECT COUNT(*) FROM {table}");
        let (rows,): (i64,) = sqlx::query_as(AssertSqlSafe(count)).fetch_one(&mut to).await?;
        Ok(rows)
    })
    .await;
    to.close().await.unwrap();
    filled
}

/// Puts rows in at once; where the older schema does not know a word that came later, one by one without those.
async fn insert(to: &mut PgConnection, statement: &str, rows: &[String]) -> Result<(), sqlx::Error> {
    let put = |rows: String| sqlx::query(AssertSqlSafe(statement.to_owned())).bind(rows);
    match put(format!("[{}]", rows.join(","))).execute(&mut *to).await {
        Err(sqlx::Error::Database(error)) if error.is_check_violation() => {
            for row in rows {
                match put(format!("[{row}]")).execute(&mut *to).await {
                    Err(sqlx::Error::Database(error)) if error.is_check_violation() => {}
                    outcome => {
                        outcome?;
                    }
                }
            }
            Ok(())
        }
        outcome => outcome.map(drop),
    }
}

#[tokio::test]
async fn what_an_earlier_upgrade_left_half_written_is_not_believed() {
    let steps = steps(Kind::Sqlite).await;
    let reached = *older(&steps).last().expect("an older version");
    let newest = steps.iter().map(|step| step.version).max().unwrap();
    let installation = database::empty(Kind::Sqlite).await;
    let app = launch::open(&installation.config(), Clock::fixed(START)).await.expect("an empty database");
    let Pool::Sqlite { write, .. } = app.db.pool() else { panic!("SQLite") };
    steps.run_to(reached, write).await.expect("the older schema");
    let mut tx = app.db.begin().await.unwrap();
    sql("INSERT INTO organisations (id, slug, name, areas, created_at) VALUES ($1, 'verdi', 'Verdi', '', 0)")
        .bind(uuid::Uuid::now_v7())
        .run(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let data = installation.config().data;
    let copy = data.join(format!("officina.before-{newest}-from-{reached}.db"));
    // A program that was killed while it wrote the copy: of an older version under the name itself, of this one beside it.
    let half = &std::fs::read(data.join("officina.db")).unwrap()[..4_096];
    std::fs::write(&copy, half).unwrap();
    std::fs::write(copy.with_extension("db.partial"), half).unwrap();

    app.db.migrate().await.expect("the upgrade");
    app.db.close().await;
    assert!(!copy.with_extension("db.partial").exists());
    let options = SqliteConnectOptions::new().filename(&copy).read_only(true);
    let mut kept = SqliteConnection::connect_with(&options).await.expect("the copy opens");
    let sound: (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut kept).await.unwrap();
    assert_eq!(sound.0, "ok");
    let (slug, version): (String, i64) =
        sqlx::query_as("SELECT slug, (SELECT MAX(version) FROM _sqlx_migrations) FROM organisations")
            .fetch_one(&mut kept)
            .await
            .unwrap();
    assert_eq!((slug.as_str(), version), ("verdi", reached));
}

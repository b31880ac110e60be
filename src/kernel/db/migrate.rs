//! Migrations: forward only, the same numbers for both databases, inside the binary.

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx_postgres::PgPool;
use sqlx_sqlite::SqlitePool;

use super::{Db, Pool, TxInner, copy, sql};
use crate::kernel::journal;
use crate::{Error, Result};

/// The table of sqlx.
const TABLE: &str = "_sqlx_migrations";
/// The migration that makes room for the seals of the journals' heads.
const SEALS: i64 = 17;
/// What servers that start together on one PostgreSQL queue on: any number that is used for nothing else.
const TURNS: i64 = 0x6f66_6669_6369_6e61;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Applies what is missing.
pub(super) async fn run(db: &Db) -> Result<()> {
    match &db.pool {
        Pool::Sqlite { write, .. } => {
            let applied = applied(&mut *write.acquire().await?).await.map_err(explain)?;
            copy_before_change(write, &applied).await?;
            if !applied.contains(&SEALS) {
                reach_seals(db).await?;
            }
            SQLITE.run(write).await
        }
        Pool::Postgres(pool) => {
            reach_seals(db).await?;
            run_in_turn(pool).await?
        }
    }
    .map_err(explain)
}

/// Makes room for the seals and seals what there is, in one transaction: a program that ends in between leaves neither.
async fn reach_seals(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    if !tx.is_sqlite() {
        // However long the one before takes, whatever patience the connection has.
        sql("SET LOCAL lock_timeout = 0").run(&mut tx).await?;
        sql("SELECT pg_advisory_xact_lock($1)::text").bind(TURNS).run(&mut tx).await?;
    }
    let is_new = match tx.inner() {
        TxInner::Sqlite(tx) => apply_seals(&SQLITE, &mut **tx).await,
        TxInner::Postgres(tx) => apply_seals(&POSTGRES, &mut **tx).await,
    }
    .map_err(explain)?;
    if is_new {
        journal::seal_heads(&mut tx).await?;
    }
    tx.commit().await
}

/// Applies everything up to the seals, and tells whether they were missing.
async fn apply_seals(migrator: &Migrator, connection: &mut impl Migrate) -> Result<bool, MigrateError> {
    let is_new = !applied(connection).await?.contains(&SEALS);
    if is_new {
        migrator.run_direct(Some(SEALS), connection, false).await?;
    }
    Ok(is_new)
}

async fn applied(connection: &mut impl Migrate) -> Result<Vec<i64>, MigrateError> {
    connection.ensure_migrations_table(TABLE).await?;
    let applied = connection.list_applied_migrations(TABLE).await?;
    Ok(applied.into_iter().map(|migration| migration.version).collect())
}

/// Servers that start together migrate one after the other, and wait for each other however long it takes.
async fn run_in_turn(pool: &PgPool) -> Result<Result<(), MigrateError>> {
    let mut connection = pool.acquire().await?;
    sqlx::raw_sql("SET lock_timeout = 0").execute(&mut *connection).await?;
    let outcome = POSTGRES.run(&mut *connection).await;
    // It does not go back to the others with another patience than theirs.
    connection.close().await?;
    Ok(outcome)
}

/// Whether the newest migration is applied and no other one is.
pub(super) async fn is_current(pool: &Pool) -> Result<bool> {
    let (applied, known) = match pool {
        Pool::Sqlite { read, .. } => {
            let versions: Vec<(i64,)> =
                sqlx::query_as("SELECT version FROM _sqlx_migrations ORDER BY version").fetch_all(read).await?;
            (versions, &SQLITE)
        }
        Pool::Postgres(pool) => {
            let versions: Vec<(i64,)> =
                sqlx::query_as("SELECT version FROM _sqlx_migrations ORDER BY version").fetch_all(pool).await?;
            (versions, &POSTGRES)
        }
    };
    Ok(applied.into_iter().map(|(version,)| version).eq(known.iter().map(|migration| migration.version)))
}

/// Copies a SQLite file that holds data and is about to change, to `<name>.before-<version>` beside it. A copy of that name
/// comes from an upgrade that did not happen, and what was entered since then is not in it: it is written anew.
async fn copy_before_change(write: &SqlitePool, applied: &[i64]) -> Result<()> {
    let newest = SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default();
    let Some(reached) = applied.iter().max().copied().filter(|reached| *reached < newest) else {
        return Ok(());
    };
    let options = write.connect_options();
    let file = options.get_filename().with_extension(format!("before-{newest}-from-{reached}.db"));
    copy::write(write, &file).await?;
    tracing::info!(copy = %file.display(), "copied the database before the upgrade");
    Ok(())
}

fn explain(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(version) => Error::BadRequest(format!(
            "The database comes from a newer version of Officina (schema {version}); nothing was changed. Start that version or a later one."
        )),
        MigrateError::VersionMismatch(version) => Error::BadRequest(format!(
            "The database holds a schema {version} that this version of Officina does not know; nothing was changed."
        )),
        MigrateError::Execute(error) => error.into(),
        other => Error::internal(other),
    }
}

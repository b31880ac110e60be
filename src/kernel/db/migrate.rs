//! Migrations: forward only, the same numbers for both databases, inside the binary.

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{Connection, PgPool, SqlitePool};

use super::Pool;
use crate::{Error, Result};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Applies what is missing.
pub(super) async fn run(pool: &Pool) -> Result<()> {
    let outcome = match pool {
        Pool::Sqlite { write, .. } => {
            copy_before_change(write).await?;
            SQLITE.run(write).await
        }
        Pool::Postgres(pool) => run_in_turn(pool).await?,
    };
    outcome.map_err(explain)
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

/// Copies a SQLite file that holds data and is about to change, to `<name>.before-<version>` beside it.
async fn copy_before_change(write: &SqlitePool) -> Result<()> {
    let mut connection = write.acquire().await?;
    connection.ensure_migrations_table("_sqlx_migrations").await.map_err(explain)?;
    let applied: Vec<i64> = connection
        .list_applied_migrations("_sqlx_migrations")
        .await
        .map_err(explain)?
        .into_iter()
        .map(|migration| migration.version)
        .collect();
    let newest = SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default();
    let Some(reached) = applied.iter().max().copied().filter(|reached| *reached < newest) else {
        return Ok(());
    };
    let options = write.connect_options();
    let copy = options.get_filename().with_extension(format!("before-{newest}-from-{reached}.db"));
    if copy.exists() {
        return Ok(());
    }
    // VACUUM INTO writes a consistent copy, whatever is still in the write-ahead log.
    sqlx::query("VACUUM INTO $1").bind(copy.to_string_lossy().into_owned()).execute(&mut *connection).await?;
    connection.ping().await?;
    tracing::info!(copy = %copy.display(), "copied the database before the upgrade");
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

//! The database: SQLite inside the data folder, or PostgreSQL, behind one interface.
//!
//! A query is written once, with `$1` placeholders, in SQL that both understand (see [`sql`]). SQLite has one writer
//! connection, whose transactions all begin `IMMEDIATE`, and several read-only ones.

mod copy;
mod list;
mod migrate;
mod multi_row;
mod query;
mod search;
mod written;

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Executor, Transaction};
use sqlx_postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions, Postgres};
use sqlx_sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::watch;

pub use list::Sort;
pub(crate) use multi_row::MultiRow;
pub use query::{Conn, Rows, Sql, ToValue, Value, sql};
// For those who talk to one database and mean it, such as the tests of what happens when it goes away.
use written::Written;
pub(crate) use written::{Position, WrittenRow};
pub use {sqlx_postgres as postgres, sqlx_sqlite as sqlite};

use crate::kernel::secret::{Key, Secret};
use crate::kernel::{idempotency, journal};
use crate::{Error, Result};

/// How long a request waits for a connection or a lock before it is told that the service is busy.
const PATIENCE: Duration = Duration::from_secs(5);
/// What is answered is on disk, whatever the role, the database or the server has been told. Stronger settings stay.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') = 'off'";
/// How often a transaction is begun on another connection after a disk has failed.
const BEGINNINGS: usize = 3;
/// Statements that the writing connection keeps prepared.
const WRITER_STATEMENTS: usize = 1_024;

/// A database of either kind. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pool: Pool,
    bell: Arc<watch::Sender<u64>>,
    journal_key: Key,
    written: Arc<Written>,
}

/// The connections.
#[derive(Debug, Clone)]
pub enum Pool {
    /// One file: a single writer, several readers.
    Sqlite {
        /// Read-only connections.
        read: SqlitePool,
        /// The one connection that writes.
        write: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

/// A transaction. Dropped without [`Tx::commit`], it is rolled back.
#[derive(Debug)]
pub struct Tx {
    inner: TxInner,
    bell: Arc<watch::Sender<u64>>,
    /// What the last entry of the journal is about, if there is one.
    journaled: Option<uuid::Uuid>,
    journal_key: Key,
    written: Arc<Written>,
}

#[derive(Debug)]
pub(crate) enum TxInner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens the SQLite file of a data folder, making it when it is missing. What is journaled is sealed under the secret.
    ///
    /// # Errors
    /// When the file cannot be opened or is not a database.
    pub async fn open_sqlite(file: &Path, secret: &Secret) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Durable means fsynced at every commit; WAL's default would only promise consistency.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            // KiB for each of the connections that read. What is not in there is mostly in the system's cache.
            .pragma("cache_size", "-4000")
            .pragma("temp_store", "memory");
        let writing = options
            .clone()
            .pragma("cache_size", "-16000")
            // Statements of the ingest path come in many sizes.
            .statement_cache_capacity(WRITER_STATEMENTS)
            // The same pages are written again and again. Copying them into the file less often copies them once for
            // more commits; the write-ahead log grows to 16 MiB.
            .pragma("wal_autocheckpoint", "4000");
        let written = Arc::new(Written::default());
        let noting = Arc::clone(&written);
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .after_connect(move |connection, _| {
                let written = Arc::clone(&noting);
                Box::pin(async move {
                    written.restart();
                    connection.lock_handle().await?.set_update_hook(move |row| written.note(row.table, row.rowid));
                    Ok(())
                })
            })
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            // A file does not go away like a server: asking it before every transaction would only cost a trip.
            .test_before_acquire(false)
            .connect_with(writing)
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options.create_if_missing(false).read_only(true));
        Ok(Self { written, ..Self::new(Pool::Sqlite { read, write }, secret) })
    }

    /// Connects to a PostgreSQL server. Servers that share it share the secret, under which what is journaled is sealed.
    ///
    /// # Errors
    /// When the address is malformed or the server does not answer.
    pub async fn open_postgres(url: &str, secret: &Secret) -> Result<Self> {
        // As SQLite's busy timeout: who waits longer for somebody else's lock is told that the service is busy.
        let options = PgConnectOptions::from_str(url)?.options([("lock_timeout", PATIENCE.as_millis())]);
        let pool = PgPoolOptions::new()
            .max_connections(20)
            .acquire_timeout(PATIENCE)
            .after_connect(|connection, _| Box::pin(async move { connection.execute(DURABLE).await.map(|_| ()) }))
            .connect_with(options)
            .await?;
        Ok(Self::new(Pool::Postgres(pool), secret))
    }

    fn new(pool: Pool, secret: &Secret) -> Self {
        let journal_key = secret.key(journal::KEY);
        Self { pool, bell: Arc::new(watch::Sender::new(0)), journal_key, written: Arc::default() }
    }

    /// The key that the ends of journals are sealed with.
    pub(crate) const fn journal_key(&self) -> &Key {
        &self.journal_key
    }

    /// The connections, for the few places where the two databases need different code.
    #[must_use]
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Whether this is SQLite.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self.pool, Pool::Sqlite { .. })
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database stays busy or is away.
    pub async fn begin(&self) -> Result<Tx> {
        let inner = match &self.pool {
            Pool::Sqlite { write, .. } => TxInner::Sqlite(begin_sqlite(write).await?),
            Pool::Postgres(pool) => TxInner::Postgres(pool.begin().await?),
        };
        let (bell, written) = (Arc::clone(&self.bell), Arc::clone(&self.written));
        Ok(Tx { inner, bell, journaled: None, journal_key: self.journal_key, written })
    }

    /// Brings the schema up to date; a SQLite file that holds data is copied first.
    ///
    /// # Errors
    /// A sentence for people when the database comes from a newer version; it is left untouched.
    pub async fn migrate(&self) -> Result<()> {
        migrate::run(self).await
    }

    /// Writes a copy of a SQLite database in one consistent state, checked and on disk before it gets its name.
    ///
    /// # Errors
    /// A sentence for people when the disk is full or refuses, when the copy is damaged, and on PostgreSQL, which has
    /// tools of its own.
    pub async fn copy_to(&self, file: &Path) -> Result<()> {
        match &self.pool {
            Pool::Sqlite { write, .. } => copy::write(write, file).await,
            Pool::Postgres(_) => Err(Error::BadRequest("PostgreSQL has tools of its own for copies.".to_owned())),
        }
    }

    /// Whether the schema is exactly this program's.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database does not answer.
    pub async fn is_current(&self) -> Result<bool> {
        migrate::is_current(&self.pool).await
    }

    /// A receiver that changes after every commit that wrote the journal.
    #[must_use]
    pub fn journal_bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Tells followers that the journal has grown: for entries that another server wrote.
    pub fn ring(&self) {
        self.bell.send_modify(|rings| *rings = rings.wrapping_add(1));
    }

    /// Rings whenever another server on the same PostgreSQL has written the journal, until the connection is lost.
    /// SQLite has no way to tell: it returns at once there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the connection cannot be made or is lost.
    pub async fn hear_other_servers(&self) -> Result<()> {
        let Pool::Postgres(pool) = &self.pool else { return Ok(()) };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen("officina_journal").await?;
        loop {
            // None: the connection was lost and made again, and something may have been missed meanwhile.
            listener.try_recv().await?;
            self.ring();
        }
    }

    /// Closes all connections, after the running queries.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Makes the changes durable and wakes the journal's followers.
    ///
    /// # Errors
    /// When the commit fails, or when another server has carried out the same request; nothing was written then.
    pub async fn commit(mut self) -> Result<()> {
        let claim = match self.journaled {
            Some(about) => idempotency::claim_in(&mut self, Some(about)).await?,
            None => None,
        };
        if self.journaled.is_some() && matches!(self.inner, TxInner::Postgres(_)) {
            // Other servers on the same database listen; delivered by PostgreSQL at commit.
            sql("SELECT pg_notify('officina_journal', '')::text").run(&mut self).await?;
        }
        match self.inner {
            TxInner::Sqlite(tx) => tx.commit().await?,
            TxInner::Postgres(tx) => tx.commit().await?,
        }
        if let Some(claim) = claim {
            idempotency::mark_written(&claim);
        }
        if self.journaled.is_some() {
            self.bell.send_modify(|rings| *rings = rings.wrapping_add(1));
        }
        Ok(())
    }

    /// Undoes the changes. Dropping does the same, but later.
    ///
    /// # Errors
    /// When the connection is lost, which undoes them as well.
    pub async fn rollback(self) -> Result<()> {
        match self.inner {
            TxInner::Sqlite(tx) => tx.rollback().await?,
            TxInner::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// Whether this is SQLite.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self.inner, TxInner::Sqlite(_))
    }

    /// The rows of some tables that others have written since a position, which moves to the end of this transaction's
    /// knowledge; `None` when that cannot be told, as always on PostgreSQL.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database does not answer.
    pub(crate) async fn written_since(&mut self, position: &mut Position) -> Result<Option<Vec<WrittenRow>>> {
        if !self.is_sqlite() {
            return Ok(None);
        }
        let (data_version,): (i64,) = sql("PRAGMA data_version").one(&mut *self).await?;
        let rows = self.written.since(position);
        let only_here = std::mem::replace(&mut position.data_version, data_version) == data_version;
        Ok(rows.filter(|_| only_here))
    }

    /// Moves a position past what this transaction has written itself. Nobody else writes before its end.
    pub(crate) fn pass_over_written(&self, position: &mut Position) {
        self.written.since(position);
    }

    pub(crate) const fn inner(&mut self) -> &mut TxInner {
        &mut self.inner
    }

    /// The key that the ends of journals are sealed with.
    pub(crate) const fn journal_key(&self) -> &Key {
        &self.journal_key
    }

    /// Notes that the journal was written, and about what.
    pub(crate) const fn mark_journaled(&mut self, about: uuid::Uuid) {
        self.journaled = Some(about);
    }
}

/// Begins a transaction on the one connection that writes.
async fn begin_sqlite(write: &SqlitePool) -> Result<Transaction<'static, Sqlite>> {
    for _ in 0..BEGINNINGS {
        // A deferred transaction that reads and then writes would ignore the busy timeout and fail at once.
        match write.begin_with("BEGIN IMMEDIATE").await {
            // A commit has failed because the disk is full or broken. SQLite has undone it by itself, and the connection
            // still counts it as open: only another one begins anew.
            Err(sqlx::Error::InvalidSavePointStatement) => write.acquire().await?.close().await?,
            begun => return Ok(begun?),
        }
    }
    // Each time somebody else was faster, and failed as well.
    Err(Error::Unavailable)
}

/// What a constraint of the database said no to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// Such a row exists already.
    Unique,
    /// A row refers to one that does not exist, or that is still referred to.
    ForeignKey,
}

/// Maps constraint violations to client errors where the query stands.
pub trait OnViolation<T> {
    /// Replaces the error of a violated constraint.
    ///
    /// # Errors
    /// The replacement, or the error as it was.
    fn on_violation(self, violation: Violation, replacement: impl FnOnce() -> Error) -> Result<T>;
}

impl<T> OnViolation<T> for Result<T> {
    fn on_violation(self, violation: Violation, replacement: impl FnOnce() -> Error) -> Self {
        self.map_err(|error| if violation_of(&error) == Some(violation) { replacement() } else { error })
    }
}

/// Which constraint an error stems from, if any.
#[must_use]
pub fn violation_of(error: &Error) -> Option<Violation> {
    let Error::Internal(cause) = error else {
        return None;
    };
    let database = cause.downcast_ref::<sqlx::Error>()?.as_database_error()?;
    if database.is_unique_violation() {
        Some(Violation::Unique)
    } else if database.is_foreign_key_violation() {
        Some(Violation::ForeignKey)
    } else {
        None
    }
}

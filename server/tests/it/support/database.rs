//! A fresh, seeded database for every story: a copy of one that is made once.

use std::path::PathBuf;

use officina::kernel::clock::Clock;
use officina::kernel::db::postgres::PgConnection;
use officina_server::config::{Config, DatabaseUrl};
use officina_server::launch;
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::{START, seed};

/// The kinds of databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// The kinds that stories are told on.
///
/// PostgreSQL is not left out silently: without a server to use, its half fails.
pub fn kinds() -> Vec<Kind> {
    if std::env::var("OFFICINA_TEST_SQLITE_ONLY").is_ok_and(|only| only == "1") {
        vec![Kind::Sqlite]
    } else {
        vec![Kind::Sqlite, Kind::Postgres]
    }
}

/// The installation's secret: the same for a copy as for what it was copied from.
const SECRET: &str = "the secret of every installation in a story";

/// A database of one story's own. It goes when this is dropped; a PostgreSQL one stays until its server goes.
pub struct Fresh {
    folder: TempDir,
    url: Option<String>,
}

impl Fresh {
    /// Settings for a server on this database.
    pub fn config(&self) -> Config {
        let mut config = config_in(self.folder.path().to_owned());
        config.database = self.url.clone().map(|url| DatabaseUrl::try_from(url).expect("made from a good one"));
        config
    }
}

fn config_in(data: PathBuf) -> Config {
    let mut config = Config {
        data,
        default_organisation: Some(super::ORG.to_owned()),
        secret: Some(SECRET.to_owned().into()),
        ..Config::default()
    };
    // Stories about limits switch them on.
    config.limits.enabled = false;
    config
}

/// A copy of the seeded database.
pub async fn fresh(kind: Kind) -> Fresh {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = match kind {
        Kind::Sqlite => {
            let template = SQLITE.get_or_init(sqlite_template).await;
            std::fs::copy(template.path().join("officina.db"), folder.path().join("officina.db")).expect("a copy");
            None
        }
        Kind::Postgres => {
            let template = POSTGRES.get_or_init(postgres_template).await;
            Some(create_database(Some(template)).await)
        }
    };
    Fresh { folder, url }
}

/// A seeded database on a PostgreSQL server of the story's own.
pub async fn fresh_at(url: String) -> Fresh {
    let fresh = Fresh { folder: tempfile::tempdir().expect("a temporary folder"), url: Some(url) };
    fill(&fresh).await;
    fresh
}

/// An empty database.
pub async fn empty(kind: Kind) -> Fresh {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = match kind {
        Kind::Sqlite => None,
        Kind::Postgres => Some(create_database(None).await),
    };
    Fresh { folder, url }
}

static SQLITE: OnceCell<TempDir> = OnceCell::const_new();
static POSTGRES: OnceCell<String> = OnceCell::const_new();

async fn sqlite_template() -> TempDir {
    let fresh = empty(Kind::Sqlite).await;
    fill(&fresh).await;
    fresh.folder
}

/// The name of a seeded database, which others are copied from.
async fn postgres_template() -> String {
    let fresh = empty(Kind::Postgres).await;
    fill(&fresh).await;
    let url = fresh.url.expect("PostgreSQL has one");
    url.rsplit('/').next().expect("a name").to_owned()
}

async fn fill(fresh: &Fresh) {
    let app = launch::open(&fresh.config(), Clock::fixed(START)).await.expect("an empty database");
    launch::bring_up_to_date(&app).await.expect("migrations");
    seed(&app).await;
    // Closed, because PostgreSQL copies no database that is in use, and SQLite's log must be in the file.
    app.db.close().await;
}

async fn create_database(template: Option<&str>) -> String {
    let server = std::env::var("OFFICINA_TEST_POSTGRES").expect(
        "OFFICINA_TEST_POSTGRES names the PostgreSQL server to test on; OFFICINA_TEST_SQLITE_ONLY=1 leaves it out",
    );
    let name = format!("officina_test_{}", uuid::Uuid::now_v7().simple());
    let mut connection = PgConnection::connect(&server).await.expect("OFFICINA_TEST_POSTGRES answers");
    let template = template.map(|template| format!(" TEMPLATE {template} STRATEGY FILE_COPY")).unwrap_or_default();
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}{template}")))
        .execute(&mut connection)
        .await
        .expect("a new database");
    let (server, _) = server.rsplit_once('/').expect("a database in the address");
    format!("{server}/{name}")
}

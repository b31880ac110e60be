//! Health, readiness, and starts that must not happen.

use officina::kernel::clock::Clock;
use officina_server::launch;

use crate::support::{START, TestServer, database};

#[tokio::test]
async fn a_started_server_is_alive_and_ready() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        for path in ["/health", "/api/health", "/api/v1/health", "/ready", "/api/v1/ready"] {
            let body = visitor.get(path).await.expect(200);
            assert_eq!(body["status"], "ok", "{path}");
            assert_eq!(body["time"], "2026-11-20T10:00:00Z", "{path}");
        }
        // What is stopping takes no new work.
        server.state().stop.cancel();
        visitor.get("/ready").await.expect_error(503, "UNAVAILABLE");
        visitor.get("/health").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_untouched() {
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        let app = launch::open(&fresh.config(), Clock::fixed(START)).await.unwrap();
        let from_the_future = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'from the future', TRUE, $1, 0)";
        let mut tx = app.db.begin().await.unwrap();
        officina::kernel::db::sql(from_the_future).bind(vec![1u8]).run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        app.db.close().await;

        let refused = launch::prepare(fresh.config(), Clock::fixed(START)).await.unwrap_err().to_string();
        assert!(refused.contains("newer version") && !refused.contains('\n'), "{refused}");

        let app = launch::open(&fresh.config(), Clock::fixed(START)).await.unwrap();
        let versions: Vec<(i64,)> = officina::kernel::db::sql("SELECT version FROM _sqlx_migrations ORDER BY version")
            .all(&app.db)
            .await
            .unwrap();
        assert_eq!(versions.last(), Some(&(9999,)));
        app.db.close().await;
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = officina_server::Config { data: folder.path().to_owned(), ..Default::default() };
    // Port 1 of this machine: nobody listens there.
    let url = "postgres://officina:hunter2@127.0.0.1:1/officina".to_owned();
    config.database = Some(url.try_into().unwrap());
    let refused = launch::prepare(config, Clock::fixed(START)).await.unwrap_err().to_string();
    assert!(refused.contains("127.0.0.1:1/officina") && refused.ends_with('.'), "{refused}");
    assert!(!refused.contains("hunter2") && !refused.contains('\n'), "{refused}");
}

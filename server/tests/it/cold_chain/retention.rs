//! Readings and buckets go when they have been kept long enough, and nothing else does.

use officina::cold_chain::service::{self, Removed};
use officina::kernel::App;
use officina::kernel::db::sql;
use officina::kernel::time::{DAY, HOUR};
use serde_json::{Value, json};

use super::{Cell, alone};
use crate::support::{START, TestServer};

/// Rows of readings and of buckets.
async fn rows(app: &App) -> (i64, i64) {
    sql("SELECT CAST((SELECT COUNT(*) FROM readings) AS BIGINT), CAST((SELECT COUNT(*) FROM reading_buckets) AS BIGINT)")
        .one(&app.db)
        .await
        .expect("counts")
}

#[tokio::test]
async fn readings_go_after_their_time_and_charts_stay() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        // More than one step takes, of each kind of key: counted, by their own time, by the time of their arrival.
        let counted: Vec<Value> = (0..1_500)
            .map(|n| json!({ "temperature": -20.0, "seq": 5_000 + n, "recordedAt": START.plus(-20 * DAY + n * 1_000).0 }))
            .collect();
        for part in counted.chunks(500) {
            cell.send(&server, json!(part), 201).await;
        }
        let timed: Vec<Value> =
            (0..10).map(|n| json!({ "temperature": -20.0, "recordedAt": START.plus(-HOUR + n * 1_000).0 })).collect();
        cell.send(&server, json!(timed), 201).await;
        cell.send(&server, json!({ "temperature": -20.0 }), 201).await;
        let app = server.app();
        let (readings, buckets) = rows(app).await;
        assert_eq!(readings, 1_511);
        assert_eq!(service::retain(app).await.expect("looked"), Removed::default(), "nothing is old");

        // Seventy days and an hour later the first are older than ninety days. The device has begun to count anew since.
        server.advance(70 * DAY + HOUR);
        let young = json!({ "temperature": -20.0, "seq": 1, "recordedAt": START.plus(70 * DAY).0 });
        cell.send(&server, young, 201).await;
        assert_eq!(service::retain(app).await.expect("removed"), Removed { readings: 1_500, buckets: 0 });
        assert_eq!(rows(app).await, (12, buckets + 3));
        // Once more changes nothing.
        assert_eq!(service::retain(app).await.expect("looked"), Removed::default());

        server.advance(25 * DAY);
        assert_eq!(service::retain(app).await.expect("removed"), Removed { readings: 11, buckets: 0 });
        let latest = server.browser("admin").await.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        assert_eq!(latest["data"]["temperature"], -20.0, "what is shown as the latest stays");

        server.advance(3 * 365 * DAY);
        let removed = service::retain(app).await.expect("removed");
        assert_eq!((removed.readings, i64::try_from(removed.buckets).unwrap()), (1, buckets + 3));
        assert_eq!(rows(app).await, (0, 0));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn how_long_is_a_setting() {
    TestServer::each_with(
        |config| config.keep.readings_days = 31,
        |server| async move {
            alone(&server).await;
            let cell = Cell::freezer(&server).await;
            cell.send(&server, json!({ "temperature": -20.0, "seq": 1 }), 201).await;
            server.advance(31 * DAY);
            assert_eq!(service::retain(server.app()).await.expect("looked"), Removed::default());
            server.advance(1);
            assert_eq!(service::retain(server.app()).await.expect("removed").readings, 1);
            server.stop().await;
        },
    )
    .await;
}

//! Readings and buckets go when they have been kept long enough, and nothing else does.

use std::time::Duration;

use officina::cold_chain::service::{self, Allowance, Reached, Removed};
use officina::kernel::App;
use officina::kernel::db::sql;
use officina::kernel::time::{DAY, HOUR, Timestamp};
use serde_json::{Value, json};

use super::{Cell, alone};
use crate::support::{Kind, START, TestServer};

/// Rows of readings and of buckets, those that devices fill among them.
async fn rows(app: &App) -> (i64, i64) {
    sql("SELECT CAST((SELECT COUNT(*) FROM readings) AS BIGINT), CAST((SELECT COUNT(*) FROM reading_buckets) \
         + (SELECT COUNT(*) FROM device_states WHERE bucket_at IS NOT NULL) AS BIGINT)")
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
        assert_eq!(retain(app).await, Removed::default(), "nothing is old");

        // Seventy days and an hour later the first are older than ninety days. The device has begun to count anew since.
        server.advance(70 * DAY + HOUR);
        let young = json!({ "temperature": -20.0, "seq": 1, "recordedAt": START.plus(70 * DAY).0 });
        cell.send(&server, young, 201).await;
        assert_eq!(retain(app).await, Removed { readings: 1_500, ..Removed::default() });
        assert_eq!(rows(app).await, (12, buckets + 3));
        // Once more changes nothing.
        assert_eq!(retain(app).await, Removed::default());

        // Those that came at first go one by one, or with the week that they lie in.
        server.advance(32 * DAY);
        let gone = if server.kind == Kind::Sqlite { (11, 0) } else { (0, 1) };
        let removed = retain(app).await;
        assert_eq!((removed.readings, removed.weeks, removed.buckets), (gone.0, gone.1, 0));
        assert_eq!(rows(app).await.0, 1);
        let latest = server.browser("admin").await.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        assert_eq!(latest["data"]["temperature"], -20.0, "what is shown as the latest stays");

        server.advance(3 * 365 * DAY);
        let removed = retain(app).await;
        assert_eq!(i64::try_from(removed.buckets).unwrap(), buckets + 3);
        assert_eq!(rows(app).await, (0, 0));
        server.stop().await;
    })
    .await;
}

/// Removes what is old by a clock that is believed.
async fn retain(app: &App) -> Removed {
    let everything = Allowance::default();
    service::retain_within(app, app.clock.now(), everything, &mut Reached::default()).await.expect("removed")
}

/// How many readings each device has that has any.
async fn rows_by_device(app: &App) -> Vec<i64> {
    let rows: Vec<(i64, i64)> = sql("SELECT device_no, COUNT(*) FROM readings GROUP BY device_no ORDER BY device_no")
        .all(&app.db)
        .await
        .expect("counts");
    rows.into_iter().map(|(_, count)| count).collect()
}

/// Sends readings with counts from one on, a second after each other.
async fn send_counted(server: &TestServer, cell: &Cell, first: i64, many: i64, from: Timestamp) {
    let counted: Vec<Value> = (0..many)
        .map(|n| json!({ "temperature": -20.0, "seq": first + n, "recordedAt": from.plus(n * 1_000).0 }))
        .collect();
    for part in counted.chunks(500) {
        cell.send(server, json!(part), 201).await;
    }
}

#[tokio::test]
async fn a_run_that_stops_early_is_gone_on_with_and_buckets_do_not_wait_for_readings() {
    TestServer::each(|server| async move {
        alone(&server).await;
        // The first device has more than one step takes, the others have one reading.
        for (serial, many) in [("CC-0001", 2_500), ("CC-0002", 1), ("CC-0003", 1)] {
            let cell = Cell::with(&server, json!({"preset": "freezer"}), serial).await;
            send_counted(&server, &cell, 1, many, START.plus(-HOUR)).await;
        }
        server.advance(3 * 365 * DAY + HOUR);
        let app = server.app();
        // No time at all: one step of each part in each run.
        let short = Allowance { readings: Duration::ZERO, sweep: Duration::ZERO, buckets: Duration::ZERO };
        let mut reached = Reached::default();
        let by_run: [Vec<i64>; 3] = [vec![1_500, 1, 1], vec![500, 1], vec![]];
        for (run, left) in by_run.into_iter().enumerate() {
            let removed = service::retain_within(app, app.clock.now(), short, &mut reached).await.expect("removed");
            assert_ne!(removed.buckets, 0, "run {run} comes to another cell");
            if server.kind == Kind::Sqlite {
                // The second run and the third come to the other devices, and sweep what is left of the first.
                assert_eq!(rows_by_device(app).await, left, "run {run}");
            }
        }
        assert_eq!(rows(app).await.1, 0, "each run has removed the buckets of one cell");
        // From behind the last, one goes on at the beginning.
        assert_eq!(service::retain_within(app, app.clock.now(), short, &mut reached).await.expect("looked").buckets, 0);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn old_readings_go_wherever_their_keys_lie() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        send_counted(&server, &cell, 10_000, 10, START.plus(-HOUR)).await;
        // It counts anew, and then jumps: on both sides of the old ones lie more young ones than one step takes.
        server.advance(100 * DAY);
        send_counted(&server, &cell, 1, 1_100, START.plus(100 * DAY - HOUR)).await;
        send_counted(&server, &cell, 20_000, 1_100, START.plus(100 * DAY - HOUR / 2)).await;
        let removed = retain(server.app()).await;
        let gone = if server.kind == Kind::Sqlite { (10, 0) } else { (0, 1) };
        assert_eq!((removed.readings, removed.weeks, removed.buckets), (gone.0, gone.1, 0));
        assert_eq!(rows_by_device(server.app()).await, vec![2_200_i64]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_leaps_takes_a_few_hours_of_the_past_and_not_all_of_it() {
    TestServer::each_with(
        |config| config.keep.readings_days = 31,
        |server| async move {
            alone(&server).await;
            let cell = Cell::freezer(&server).await;
            // Old in twenty-five hours, in forty-eight, and in a month.
            for (seq, at) in [(1, START.plus(-30 * DAY + HOUR)), (2, START.plus(-29 * DAY)), (3, START)] {
                let reading = json!({ "temperature": -20.0, "seq": seq, "recordedAt": at.0 });
                cell.send(&server, reading, 201).await;
            }
            let app = server.app();
            assert_eq!(service::retain(app).await.expect("looked"), Removed::default());

            // Ten years ahead everything is old. Fourteen looks later somebody notices.
            server.advance(10 * 365 * DAY);
            let mut readings = 0;
            for _ in 0..14 {
                readings += service::retain(app).await.expect("removed").readings;
            }
            assert_eq!((readings, rows(app).await.0), (1, 2), "twenty-eight hours of the past");

            // Once it is set right, it is believed at once: nothing more goes than what would have gone anyway.
            server.advance(-10 * 365 * DAY + HOUR);
            assert_eq!(service::retain(app).await.expect("looked"), Removed::default());

            // Who stood still for forty days removes what is old by then, but at twice the clock's pace.
            server.advance(40 * DAY);
            let mut looks = 0;
            while service::retain(app).await.expect("removed") == Removed::default() {
                looks += 1;
                assert!(looks < 24, "it catches up");
                server.advance(HOUR);
            }
            assert_eq!((looks, rows(app).await.0), (23, 1), "from one hour on to forty-nine");
            server.stop().await;
        },
    )
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
            assert_eq!(retain(server.app()).await, Removed::default());
            // A week goes as a whole, where there are weeks.
            server.advance(if server.kind == Kind::Sqlite { 1 } else { 7 * DAY });
            assert_ne!(retain(server.app()).await, Removed::default());
            assert_eq!(rows(server.app()).await.0, 0);
            server.stop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_reading_that_is_sent_again_is_known_whatever_week_it_would_count_for() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let counted = |seq: i64| json!({ "temperature": -20.0, "seq": seq });
        cell.send(&server, counted(5), 201).await;
        cell.send(&server, counted(6), 201).await;
        // No clock and no answer: two weeks later the device sends them again, and one that it had left out.
        server.advance(15 * DAY);
        service::make_room(server.app()).await.expect("room");
        let again = json!([counted(5), counted(4), counted(6), counted(7), counted(7)]);
        let told = cell.send(&server, again, 201).await;
        assert_eq!((&told["accepted"], &told["duplicates"]), (&json!(2), &json!(3)), "{told}");
        let results: Vec<&str> =
            told["results"].as_array().expect("a list").iter().filter_map(|one| one["status"].as_str()).collect();
        assert_eq!(results, ["duplicate", "accepted", "duplicate", "accepted", "duplicate"]);
        assert_eq!(rows(server.app()).await.0, 4);
        // A clock that is not believed: the same once more within five minutes, on the other side of a week's end.
        let midnight = Timestamp(START.0.div_euclid(7 * DAY) * 7 * DAY + 28 * DAY);
        server.advance(midnight.since(server.app().clock.now()) - 1);
        let wrong = json!({ "temperature": -20.0, "recordedAt": "1999-01-01T00:00:00Z" });
        cell.send(&server, wrong.clone(), 201).await;
        cell.send(&server, wrong, 200).await;
        assert_eq!(rows(server.app()).await.0, 5);
        let path = format!("/api/v1/readings/coldcells/{}/readings?range=30d", cell.id);
        let chart = server.browser("admin").await.get(&path).await.expect(200);
        assert_eq!(chart["data"]["stats"]["count"], 5);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_lies_in_no_week_moves_into_its_own_when_there_is_one() {
    TestServer::each(|server| async move {
        if server.kind == Kind::Sqlite {
            return;
        }
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        server.advance(20 * DAY);
        cell.send(&server, json!({ "temperature": -20.0, "seq": 1 }), 201).await;
        let rest = async || -> i64 {
            let (rows,): (i64,) =
                sql("SELECT COUNT(*) FROM readings_rest").one(&server.app().db).await.expect("a count");
            rows
        };
        assert_eq!(rest().await, 1, "nobody has made room for it");
        service::make_room(server.app()).await.expect("room");
        service::make_room(server.app()).await.expect("room already");
        assert_eq!((rest().await, rows(server.app()).await.0), (0, 1));
        cell.send(&server, json!({ "temperature": -20.0, "seq": 1 }), 200).await;
        server.stop().await;
    })
    .await;
}

//! Readings come in: once, durable, whatever else is in the batch.

use std::io::Write;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::future::{Either, select};
use officina::kernel::db::sql;
use officina::kernel::time::{MINUTE, SECOND};
use officina_server::config::Config;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Cell, assert_buckets_are_right, stored};
use crate::support::{Client, Kind, START, TestServer};

#[tokio::test]
async fn a_reading_is_stored_once_and_shows_at_once() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let reading = json!({"temperature": -18.4, "humidity": 45, "powerStatus": true, "doorStatus": false,
            "batteryLevel": 87, "seq": 1, "recordedAt": START.to_string(), "firmware": {"newer": [1]}});
        let receipt = cell.send(&server, reading.clone(), 201).await;
        assert_eq!(receipt, json!({"accepted": 1, "duplicates": 0, "rejected": 0}));
        let again = cell.send(&server, reading.clone(), 200).await;
        assert_eq!(again, json!({"accepted": 0, "duplicates": 1, "rejected": 0}));
        // The shorter path of older firmware.
        let short = cell.path().replace("/api/v1/", "/api/");
        cell.device(&server).post(&short, reading).await.expect(200);
        assert_eq!(stored(&server).await, 1);

        let device = cell.admin.get(&format!("/api/v1/devices/{}", cell.device_id)).await.expect(200);
        assert_eq!(device["data"]["status"], "ONLINE");
        assert_eq!(device["data"]["lastSeenAt"], START.to_string());
        assert_eq!(device["data"]["latest"]["temperature"], -18.4);
        assert_eq!(device["data"]["latest"]["batteryLevel"], 87.0);
        assert_eq!(device["data"]["latest"]["doorStatus"], false);
        let chart = cell.chart("24h").await;
        assert_eq!(chart["points"].as_array().unwrap().len(), 1);
        assert_eq!(chart["stats"], json!({"min": -18.4, "max": -18.4, "avg": -18.4, "count": 1}));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn without_seq_the_recorded_time_tells_repetitions_and_without_both_nothing_does() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let timed = json!({"temperature": -18, "recordedAt": START.0});
        cell.send(&server, timed.clone(), 201).await;
        cell.send(&server, timed, 200).await;
        cell.send(&server, json!({"temperature": -18}), 201).await;
        cell.send(&server, json!({"temperature": -18}), 201).await;
        let both = cell.send(&server, json!([{"temperature": -18}, {"temperature": -18}]), 201).await;
        assert_eq!(both["accepted"], 2);
        assert_eq!(stored(&server).await, 5);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_bad_reading_never_blocks_the_others() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let batch = json!({"readings": [
            {"temperature": -18, "seq": 1}, {"temperature": 400, "seq": 2}, {"temperature": "cold", "seq": 3},
            {"temperature": -18, "seq": 1}, 7, {"temperature": -18.5, "seq": 4},
        ]});
        let receipt = cell.send(&server, batch.clone(), 201).await;
        assert_eq!(
            (&receipt["accepted"], &receipt["duplicates"], &receipt["rejected"]),
            (&json!(2), &json!(1), &json!(3))
        );
        let results = receipt["results"].as_array().unwrap();
        let statuses: Vec<&str> = results.iter().map(|result| result["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["accepted", "rejected", "rejected", "duplicate", "rejected", "accepted"]);
        assert!(results[1]["error"].as_str().unwrap().contains("temperature"), "{receipt}");
        assert!(results[2]["error"].as_str().unwrap().contains("temperature"), "{receipt}");
        assert_eq!(results[5]["index"], 5);

        let again = cell.send(&server, batch, 200).await;
        assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(3)));
        let answer = cell.device(&server).post(&cell.path(), json!([{"temperature": 400}, {}])).await;
        let refused = answer.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(refused["data"]["rejected"], 2);
        assert_eq!(refused["data"]["results"][1]["status"], "rejected");
        let single = cell.device(&server).post(&cell.path(), json!({"temperature": "cold"})).await;
        assert!(single.expect_error(400, "VALIDATION_ERROR")["fields"]["temperature"].is_array());
        assert_eq!(stored(&server).await, 2);
        assert_buckets_are_right(&server).await;
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_odd_byte_spoils_its_own_value_and_nothing_is_lost_silently() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let device = cell.device(&server);
        let send = async |body: &str| device.raw(Method::POST, &cell.path(), "application/json", body.to_owned()).await;
        let body = r#"[{"temperature":-18.4,"seq":1},{"temperature":-18.5,"humidity":nan,"seq":2},{"temperature":-nan(ind),"seq":3}]"#;
        let receipt = send(body).await.expect(201)["data"].take();
        assert_eq!((&receipt["accepted"], &receipt["rejected"]), (&json!(2), &json!(1)), "{receipt}");
        assert!(receipt["results"][2]["error"].as_str().unwrap().contains("temperature"), "{receipt}");
        send("\u{feff}{\"temperature\":-18.6,\"seq\":3}\0").await.expect(201);
        send("{\"temperature\":1.#QNAN,\"seq\":4}").await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(stored(&server).await, 3);

        let doubled = send(r#"{"readings":[{"temperature":-5,"seq":5}],"readings":[]}"#).await;
        let doubled = doubled.expect_error(400, "BAD_REQUEST");
        assert!(doubled["error"].as_str().unwrap().contains("`readings` occurs twice"), "{doubled}");
        send(r#"{"temperature":-5,"seq":5,"readings":[]}"#).await.expect_error(400, "BAD_REQUEST");
        let doubled = send(r#"{"temperature":-18,"temperature":12,"seq":5}"#).await.expect_error(400, "VALIDATION_ERROR");
        assert!(doubled["fields"]["temperature"].is_array(), "{doubled}");
        let receipt = send(r#"[{"temperature":-18,"seq":5,"seq":6},{"temperature":-18,"seq":7}]"#).await.expect(201);
        assert_eq!((&receipt["data"]["accepted"], &receipt["data"]["rejected"]), (&json!(1), &json!(1)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn bodies_that_cannot_be_taken_are_refused_as_a_whole() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let device = cell.device(&server);
        let send = async |body: String| device.raw(Method::POST, &cell.path(), "application/json", body).await;
        send("[{\"temperature\": -18}, {\"temp".to_owned()).await.expect_error(400, "BAD_REQUEST");
        send(String::new()).await.expect_error(400, "BAD_REQUEST");
        let many = vec!["{\"temperature\":1}"; 1_001].join(",");
        send(format!("[{many}]")).await.expect_error(413, "PAYLOAD_TOO_LARGE");
        let heavy = format!("{{\"temperature\": 1, \"note\": \"{}\"}}", "x".repeat(256 * 1024));
        send(heavy).await.expect_error(413, "PAYLOAD_TOO_LARGE");
        device.get(&cell.path()).await.expect_error(405, "METHOD_NOT_ALLOWED");
        assert_eq!(stored(&server).await, 0);
        server.stop().await;
    })
    .await;
}

async fn packed(device: &Client, path: &str, encoding: &str, body: Vec<u8>) -> crate::support::Answer {
    let request = device.request(Method::POST, path).header("content-encoding", encoding);
    device.send(request.body(Body::from(body)).unwrap()).await
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn gzip_is_taken_and_bombs_are_not() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let device = cell.device(&server);
        let readings: Vec<Value> = (0..1_000).map(|seq| json!({"temperature": -18, "seq": seq})).collect();
        let batch = serde_json::to_vec(&readings).unwrap();
        let receipt = packed(&device, &cell.path(), "gzip", gzip(&batch)).await.expect(201);
        assert_eq!(receipt["data"]["accepted"], 1_000);
        packed(&device, &cell.path(), "gzip", b"{\"temperature\":1}".to_vec()).await.expect_error(400, "BAD_REQUEST");
        let cut = gzip(&batch);
        packed(&device, &cell.path(), "gzip", cut[..cut.len() / 2].to_vec()).await.expect_error(400, "BAD_REQUEST");
        packed(&device, &cell.path(), "br", b"x".to_vec()).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
        // 64 MiB of spaces weigh 64 KiB packed.
        let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
        assert!(bomb.len() < 256 * 1024);
        packed(&device, &cell.path(), "gzip", bomb).await.expect_error(413, "PAYLOAD_TOO_LARGE");
        assert_eq!(stored(&server).await, 1_000);
        // A file of several members is one text, wherever it is cut.
        for (seq, text, cut) in [
            (2_000, r#"[{"temperature":-18,"seq":2000},{"temperature":-18,"seq":2001}]"#, 31),
            (2_002, r#"{"temperature":-18,"seq":2002}"#, 9),
        ] {
            let members = [gzip(&text.as_bytes()[..cut]), gzip(&text.as_bytes()[cut..])].concat();
            let receipt = packed(&device, &cell.path(), "gzip", members).await.expect(201);
            assert_eq!(receipt["data"]["accepted"], if seq == 2_000 { 2 } else { 1 }, "{receipt}");
        }
        let bombs = [gzip(&vec![b' '; 2 * 1024 * 1024]), gzip(b" ")].concat();
        packed(&device, &cell.path(), "gzip", bombs).await.expect_error(413, "PAYLOAD_TOO_LARGE");
        // Zeros fill a block up; anything else behind it is a part that did not arrive whole.
        let padded = |padding: &[u8]| [&gzip(br#"{"temperature":-18,"seq":2003}"#), padding].concat();
        packed(&device, &cell.path(), "gzip", padded(b"\0\0\x1f")).await.expect_error(400, "BAD_REQUEST");
        packed(&device, &cell.path(), "gzip", padded(&[0; 100])).await.expect(201);
        assert_eq!(stored(&server).await, 1_004);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_empty_list_tries_an_address_and_a_key_and_stores_nothing() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        for empty in [json!([]), json!({ "readings": [] })] {
            let receipt = cell.send(&server, empty.clone(), 200).await;
            assert_eq!(receipt, json!({ "accepted": 0, "duplicates": 0, "rejected": 0, "results": [] }));
            let wrong = server.visitor().with("x-device-key", "wrong");
            wrong.post(&cell.path(), empty).await.expect_error(401, "UNAUTHORIZED");
        }
        let device = cell.admin.get(&format!("/api/v1/devices/{}", cell.device_id)).await.expect(200);
        assert_eq!((stored(&server).await, &device["data"]["lastSeenAt"]), (0, &Value::Null));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_reading_without_a_number_or_time_is_known_again_by_its_idempotency_key() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let device = cell.device(&server).with("idempotency-key", "first");
        let reading = json!({ "temperature": -18.5 });
        let first = device.post(&cell.path(), reading.clone()).await;
        assert_eq!(first.header("idempotency-replayed"), None);
        let first = first.expect(201);
        let again = device.post(&cell.path(), reading.clone()).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.expect(201), first);
        device.post(&cell.path(), json!({ "temperature": -19 })).await.expect_error(409, "CONFLICT");
        // The key of another device, or another key, names another request.
        cell.device(&server).with("idempotency-key", "second").post(&cell.path(), reading.clone()).await.expect(201);
        let other = Cell::with(&server, json!({ "preset": "freezer" }), "CC-2").await;
        other.device(&server).with("idempotency-key", "first").post(&other.path(), reading.clone()).await.expect(201);
        assert_eq!(stored(&server).await, 3);
        server.stop().await;
    })
    .await;
}

/// Has the database refuse a kind of change, by a trigger.
async fn poison(server: &TestServer, sqlite: &'static str, postgres: &'static str) {
    let statements = if server.app().db.is_sqlite() {
        vec![sqlite]
    } else {
        let function = "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN RAISE EXCEPTION ''poison''; END'";
        vec![function, postgres]
    };
    change(server, &statements).await;
}

async fn change(server: &TestServer, statements: &[&'static str]) {
    let mut tx = server.app().db.begin().await.unwrap();
    for statement in statements {
        sql(statement).run(&mut tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_cannot_be_written_down_is_given_and_written_down_later() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        poison(
            &server,
            "CREATE TRIGGER poison BEFORE INSERT ON idempotent_answers BEGIN SELECT RAISE(ABORT, 'poison'); END",
            "CREATE TRIGGER poison BEFORE INSERT ON idempotent_answers FOR EACH ROW EXECUTE FUNCTION poison()",
        )
        .await;
        let device = cell.device(&server).with("idempotency-key", "first");
        let reading = json!({ "temperature": -18.5 });
        let first = device.post(&cell.path(), reading.clone()).await.expect(201);
        // Until then the request counts as running: a device that sends it again is to come back, and loses nothing.
        let again = device.post(&cell.path(), reading.clone()).await;
        again.expect_error(503, "UNAVAILABLE");
        assert!(again.header("retry-after").is_some());
        let drop = match server.kind {
            Kind::Sqlite => "DROP TRIGGER poison",
            Kind::Postgres => "DROP TRIGGER poison ON idempotent_answers",
        };
        change(&server, &[drop]).await;
        let replayed = async {
            loop {
                let answer = device.post(&cell.path(), reading.clone()).await;
                if answer.status != 503 {
                    break answer;
                }
            }
        };
        let replayed = timeout(Duration::from_secs(20), replayed).await.expect("it is written down in the end");
        assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
        assert_eq!(replayed.expect(201), first);
        assert_eq!(stored(&server).await, 1);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn times_that_cannot_be_right_count_as_received_and_are_flagged() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        for (seq, recorded) in ["2035-01-01T00:00:00Z", "1970-01-01T00:00:10Z"].iter().enumerate() {
            cell.send(&server, json!({"temperature": -18, "seq": seq, "recordedAt": recorded}), 201).await;
        }
        let late = START.plus(-3_600_000);
        cell.send(&server, json!({"temperature": -18, "seq": 9, "recordedAt": late.0}), 201).await;
        let rows: Vec<(i64, i64, i64)> =
            sql("SELECT at, received_at, flags FROM readings ORDER BY dedupe_key").all(&server.app().db).await.unwrap();
        assert_eq!(rows, [(START.0, START.0, 1), (START.0, START.0, 1), (late.0, START.0, 2)]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_stands_still_hides_no_reading() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let reading = |temperature: i32| json!({ "temperature": temperature, "recordedAt": 0 });
        cell.send(&server, reading(-18), 201).await;
        cell.send(&server, reading(-18), 200).await;
        cell.send(&server, reading(-5), 201).await;
        server.advance(5 * officina::kernel::time::MINUTE);
        cell.send(&server, reading(-5), 201).await;
        assert_eq!(stored(&server).await, 3);
        let alerts = server.member("technician").await.get("/api/v1/alerts?status=active").await.expect(200);
        assert_eq!(alerts["data"][0]["type"], "HIGH_TEMP");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_delivery_sent_again_is_known_though_its_clock_is_judged_otherwise_by_then() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        // Six minutes ahead is not believed; two minutes later, the same time is.
        let ahead = json!({ "temperature": -18, "recordedAt": START.plus(6 * MINUTE).0 });
        cell.send(&server, ahead.clone(), 201).await;
        server.advance(2 * MINUTE);
        cell.send(&server, ahead, 200).await;
        cell.send(&server, json!({ "temperature": -18, "recordedAt": START.plus(5 * MINUTE).0 }), 201).await;
        assert_eq!(stored(&server).await, 2);

        // The answer to what came ten seconds before a border of the five minutes is lost, and it comes again after it.
        server.advance(3 * MINUTE - 10 * SECOND);
        let stuck = json!({ "temperature": -19, "recordedAt": 0 });
        cell.send(&server, stuck.clone(), 201).await;
        server.advance(20 * SECOND);
        cell.send(&server, stuck.clone(), 200).await;
        server.advance(MINUTE);
        cell.send(&server, stuck, 201).await;
        assert_eq!(stored(&server).await, 4);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_reading_that_the_database_refuses_spoils_only_its_own_request() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let poison = if server.app().db.is_sqlite() {
            vec![
                "CREATE TRIGGER poison BEFORE INSERT ON readings WHEN NEW.dedupe_key = 13 \
                  BEGIN SELECT RAISE(ABORT, 'poison'); END",
            ]
        } else {
            vec![
                "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS \
                 'BEGIN IF NEW.dedupe_key = 13 THEN RAISE EXCEPTION ''poison''; END IF; RETURN NEW; END'",
                "CREATE TRIGGER poison BEFORE INSERT ON readings FOR EACH ROW EXECUTE FUNCTION poison()",
            ]
        };
        change(&server, &poison).await;

        let device = cell.device(&server);
        let path = cell.path();
        let posts = (0..40).map(|seq| {
            let (device, path) = (device.clone(), path.clone());
            async move { device.post(&path, json!({"temperature": -18, "seq": seq})).await.status.as_u16() }
        });
        let statuses = futures::future::join_all(posts).await;
        for (seq, status) in statuses.into_iter().enumerate() {
            assert_eq!(status, if seq == 13 { 500 } else { 201 }, "{seq}");
        }
        assert_eq!(stored(&server).await, 39);
        assert_buckets_are_right(&server).await;
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_when_the_server_stops_is_stored_and_answered() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let (device, path) = (cell.device(&server), cell.path());
        let posts: Vec<_> = (0..50)
            .map(|seq| {
                let (device, path) = (device.clone(), path.clone());
                tokio::spawn(async move { device.post(&path, json!({"temperature": -18, "seq": seq})).await })
            })
            .collect();
        server.state().stop.cancel();
        for post in posts {
            post.await.unwrap().expect(201);
        }
        assert_eq!(stored(&server).await, 50);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn when_too_much_waits_devices_are_told_to_come_back_and_nothing_is_lost() {
    let small = |config: &mut Config| config.limits.readings_waiting = 1_000;
    TestServer::each_with(small, |server| async move {
        let cell = Cell::freezer(&server).await;
        let (device, path) = (cell.device(&server), cell.path());
        let batch = |first: i64| {
            json!((first..first + 600).map(|seq| json!({"temperature": -18, "seq": seq})).collect::<Vec<Value>>())
        };
        // The writer waits for this transaction, and the queue fills.
        let mut busy = server.app().db.begin().await.unwrap();
        sql("UPDATE device_states SET assigned = assigned").run(&mut busy).await.unwrap();
        let one = pin!(device.post(&path, batch(0)));
        let other = pin!(device.post(&path, batch(600)));
        // Only who is turned away is answered now.
        let (refused, waiting, first) = match select(one, other).await {
            Either::Left((refused, other)) => (refused, other, 0),
            Either::Right((refused, one)) => (refused, one, 600),
        };
        refused.expect_error(503, "UNAVAILABLE");
        assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok_and(|n| n > 0)));
        busy.rollback().await.unwrap();
        waiting.await.expect(201);
        assert_eq!(stored(&server).await, 600);
        device.post(&path, batch(first)).await.expect(201);
        assert_eq!(stored(&server).await, 1_200);
        server.stop().await;
    })
    .await;
}

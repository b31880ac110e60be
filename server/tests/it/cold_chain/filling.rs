//! Charts while their buckets fill: what devices have told of the last five minutes is in them as all else is.

use officina::cold_chain::service::{Allowance, Reached, retain_within};
use officina::kernel::time::{DAY, MINUTE, Timestamp};
use serde_json::{Value, json};

use super::{Cell, alone, assert_buckets_are_right};
use crate::support::{START, TestServer};

/// Of each point of a chart: minutes since the story's start, which begins buckets of all spans, lowest, highest, count.
fn points(chart: &Value) -> Vec<(i64, f64, f64, i64)> {
    let point = |point: &Value| {
        let at: Timestamp = point["t"].as_str().unwrap().parse().expect("a time");
        let number = |name: &str| point[name].as_f64().unwrap();
        ((at.0 - START.0) / MINUTE, number("min"), number("max"), point["count"].as_i64().unwrap())
    };
    chart["points"].as_array().expect("points").iter().map(point).collect()
}

#[tokio::test]
async fn a_chart_is_right_while_two_devices_fill_its_buckets_and_when_one_falls_silent() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let second = json!({"serialNumber": "CC-0002", "coldCellId": cell.id});
        let second = cell.admin.post("/api/v1/devices", second).await.expect(201);
        let second = server.visitor().with("x-device-key", second["data"]["apiKey"].as_str().unwrap());
        let tell = async |minute: i64, temperature: f64| {
            let reading = json!({"temperature": temperature, "recordedAt": START.plus(minute * MINUTE).0});
            cell.send(&server, reading, 201).await;
            assert_buckets_are_right(&server).await;
        };

        tell(0, -20.0).await;
        server.advance(6 * MINUTE);
        let path = "/api/v1/readings/devices/CC-0002/readings";
        second.post(path, json!({"temperature": -16.0})).await.expect(201);
        assert_eq!(points(&cell.chart("24h").await), [(0, -20.0, -20.0, 1), (5, -16.0, -16.0, 1)]);
        tell(6, -18.0).await;
        assert_eq!(points(&cell.chart("24h").await), [(0, -20.0, -20.0, 1), (5, -18.0, -16.0, 2)]);
        // One that was late, into what is over, and one more into what fills.
        tell(4, -22.0).await;
        tell(5, -19.0).await;
        let now = [(0, -22.0, -20.0, 2), (5, -19.0, -16.0, 3)];
        assert_eq!(points(&cell.chart("24h").await), now);
        for range in ["7d", "30d"] {
            assert_eq!(points(&cell.chart(range).await), [(0, -22.0, -16.0, 5)], "{range}");
        }
        assert_eq!(cell.chart("7d").await["stats"]["avg"], json!(-19.0));

        // The second has been silent since, and the chart does not forget it.
        server.advance(40 * MINUTE);
        tell(46, -21.0).await;
        assert_eq!(points(&cell.chart("24h").await), [now[0], now[1], (45, -21.0, -21.0, 1)]);
        assert_eq!(points(&cell.chart("7d").await), [(0, -22.0, -16.0, 5), (30, -21.0, -21.0, 1)]);
        assert_eq!(points(&cell.chart("30d").await), [(0, -22.0, -16.0, 6)]);

        // Nor does it stay for longer than what is in the table.
        let much_later = START.plus((3 * 365 + 1) * DAY);
        let everything = Allowance::default();
        retain_within(server.app(), much_later, everything, &mut Reached::default()).await.expect("removed");
        assert_eq!(points(&cell.chart("24h").await), []);
        server.stop().await;
    })
    .await;
}

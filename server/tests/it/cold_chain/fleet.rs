//! Locations, cells and devices: who may see and change them.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Cell, text};
use crate::support::{START, TestServer};

#[tokio::test]
async fn a_fleet_is_made_listed_and_changed() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let detail = cell.admin.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        let data = &detail["data"];
        assert_eq!((&data["minTemperature"], &data["maxTemperature"]), (&json!(-25.0), &json!(-15.0)));
        assert_eq!((&data["hysteresis"], &data["alertDelaySeconds"]), (&json!(0.5), &json!(0)));
        assert_eq!((&data["doorOpenSeconds"], &data["offlineAfterSeconds"]), (&json!(300), &json!(900)));
        assert_eq!(data["deviceList"][0]["serialNumber"], "CC-0001");
        assert_eq!(data["deviceList"][0]["status"], "OFFLINE");

        let location = text(&data["locationId"]);
        let moved = cell.admin.patch(&format!("/api/v1/locations/{location}"), json!({"address": "Via Roma 1"})).await;
        assert_eq!(moved.expect(200)["data"]["name"], "Magazzino");
        for (path, body) in [
            (format!("/api/v1/locations/{location}"), json!({"timeZone": "Rome"})),
            (format!("/api/v1/coldcells/{}", cell.id), json!({"maxTemperature": -30})),
            (format!("/api/v1/coldcells/{}", cell.id), json!({"orgId": "x"})),
            (format!("/api/v1/devices/{}", cell.device_id), json!({"serialNumber": "CC-2"})),
        ] {
            cell.admin.patch(&path, body).await.expect_error(400, "VALIDATION_ERROR");
        }
        let taken = json!({"serialNumber": "CC-0001", "coldCellId": cell.id});
        let taken = cell.admin.post("/api/v1/devices", taken).await.expect_error(409, "CONFLICT");
        assert_eq!(taken["existingId"], json!(cell.device_id));

        for number in 2..=5 {
            let device = json!({"serialNumber": format!("CC-000{number}"), "coldCellId": cell.id});
            cell.admin.post("/api/v1/devices", device).await.expect(201);
        }
        let first = cell.admin.get("/api/v1/devices?limit=3").await.expect(200);
        assert_eq!(first["page"]["total"], 5);
        let cursor = text(&first["page"]["nextCursor"]);
        let second = cell.admin.get(&format!("/api/v1/devices?limit=3&cursor={cursor}")).await.expect(200);
        let serials: Vec<&str> = [&first, &second]
            .iter()
            .flat_map(|page| page["data"].as_array().unwrap())
            .map(|device| device["serialNumber"].as_str().unwrap())
            .collect();
        assert_eq!(serials, ["CC-0001", "CC-0002", "CC-0003", "CC-0004", "CC-0005"]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn another_organisation_sees_and_reaches_nothing() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        cell.send(&server, json!({"temperature": -10}), 201).await;
        let alert = text(&cell.alerts().await[0]["id"]);
        let detail = cell.admin.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        let location = text(&detail["data"]["locationId"]);
        let stranger = server.stranger().await;
        let unknown = uuid::Uuid::now_v7().to_string();

        for (method, path, body, id) in [
            (Method::GET, "/api/v1/locations/ID", Value::Null, &location),
            (Method::PATCH, "/api/v1/locations/ID", json!({"name": "Mine"}), &location),
            (Method::GET, "/api/v1/coldcells/ID", Value::Null, &cell.id),
            (Method::PATCH, "/api/v1/coldcells/ID", json!({"name": "Mine"}), &cell.id),
            (Method::GET, "/api/v1/readings/coldcells/ID/readings", Value::Null, &cell.id),
            (Method::GET, "/api/v1/devices/ID", Value::Null, &cell.device_id),
            (Method::PATCH, "/api/v1/devices/ID", json!({"name": "Mine"}), &cell.device_id),
            (Method::POST, "/api/v1/devices/ID/rotate-key", json!({}), &cell.device_id),
            (Method::GET, "/api/v1/alerts/ID", Value::Null, &alert),
            (Method::POST, "/api/v1/alerts/ID/acknowledge", json!({}), &alert),
            (Method::PATCH, "/api/v1/alerts/ID/resolve", json!({}), &alert),
        ] {
            let mut answers = Vec::new();
            for id in [id, &unknown] {
                let path = path.replace("ID", id);
                let mut body = stranger.json(method.clone(), &path, body.clone()).await.expect_error(404, "NOT_FOUND");
                body["requestId"].take();
                answers.push(body);
            }
            assert_eq!(answers[0], answers[1], "{method} {path}");
        }
        for path in ["/api/v1/locations", "/api/v1/coldcells", "/api/v1/devices", "/api/v1/alerts"] {
            let list = stranger.get(path).await.expect(200);
            assert_eq!((&list["data"], &list["page"]["total"]), (&json!([]), &json!(0)), "{path}");
        }
        // Foreign ids in bodies.
        let cell_there = json!({"name": "C", "preset": "fridge", "locationId": location});
        stranger.post("/api/v1/coldcells", cell_there).await.expect_error(400, "VALIDATION_ERROR");
        let device_there = json!({"serialNumber": "S", "coldCellId": cell.id});
        stranger.post("/api/v1/devices", device_there).await.expect_error(400, "VALIDATION_ERROR");
        let dashboard = stranger.get("/api/v1/dashboard/technician").await.expect(200);
        assert_eq!((&dashboard["data"]["coldCells"], &dashboard["data"]["activeAlerts"]), (&json!(0), &json!(0)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn roles_do_what_they_may() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        cell.send(&server, json!({"temperature": -10}), 201).await;
        let alert = text(&cell.alerts().await[0]["id"]);
        let location = json!({"name": "L"});
        let device = json!({"serialNumber": "S", "coldCellId": cell.id});
        let technician = server.member("technician").await;
        technician.get("/api/v1/coldcells").await.expect(200);
        technician.post("/api/v1/locations", location.clone()).await.expect(201);
        technician.post("/api/v1/devices", device.clone()).await.expect_error(403, "FORBIDDEN");
        for role in ["agent", "caregiver", "customer", "student", "teacher"] {
            let member = server.member(role).await;
            for path in ["/api/v1/devices", "/api/v1/locations", "/api/v1/dashboard/technician"] {
                member.get(path).await.expect_error(403, "FORBIDDEN");
            }
            for path in ["/api/v1/coldcells", "/api/v1/alerts"] {
                let list = member.get(path).await;
                if role == "customer" {
                    // In the portal: none of these is this customer's.
                    assert_eq!(list.expect(200)["data"], json!([]));
                } else {
                    list.expect_error(403, "FORBIDDEN");
                }
            }
            member.post("/api/v1/locations", location.clone()).await.expect_error(403, "FORBIDDEN");
            member.post("/api/v1/devices", device.clone()).await.expect_error(403, "FORBIDDEN");
            member.patch(&format!("/api/v1/alerts/{alert}/resolve"), json!({})).await.expect_error(403, "FORBIDDEN");
        }
        server.visitor().get("/api/v1/coldcells").await.expect_error(401, "UNAUTHORIZED");
        assert_eq!(cell.alerts().await[0]["status"], "ACTIVE");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn charts_have_the_buckets_of_their_range() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let readings: Vec<Value> = (0..600)
            .map(|index| json!({"temperature": -18.0 - f64::from(index % 3), "recordedAt": START.plus(-i64::from(index) * 3_600_000).0}))
            .collect();
        cell.send(&server, json!(readings), 201).await;
        for (range, seconds, points) in [("24h", 300, 24), ("7d", 1_800, 168), ("30d", 7_200, 301)] {
            let chart = cell.chart(range).await;
            assert_eq!((&chart["range"], &chart["bucketSeconds"]), (&json!(range), &json!(seconds)));
            assert_eq!(chart["points"].as_array().unwrap().len(), points, "{range}");
            assert_eq!((&chart["stats"]["min"], &chart["stats"]["max"]), (&json!(-20.0), &json!(-18.0)), "{range}");
        }
        let month = cell.chart("30d").await;
        assert_eq!(month["stats"]["count"], 600);
        assert_eq!(month["stats"]["avg"], -19.0);
        let path = format!("/api/v1/readings/coldcells/{}/readings?range=1y", cell.id);
        cell.admin.get(&path).await.expect_error(400, "VALIDATION_ERROR");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_technicians_numbers_follow_the_alerts() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let customer = super::customer(&server, "Gelati").await;
        let location = admin.post("/api/v1/locations", json!({"name": "L", "customerId": customer})).await.expect(201);
        assert_eq!(location["data"]["customerName"], "Gelati");
        let unknown = json!({"name": "L", "customerId": uuid::Uuid::now_v7()});
        admin.post("/api/v1/locations", unknown).await.expect_error(400, "VALIDATION_ERROR");
        let cell = json!({"name": "C", "locationId": location["data"]["id"], "preset": "fridge"});
        let cell = admin.post("/api/v1/coldcells", cell).await.expect(201);
        let device = json!({"serialNumber": "F-1", "coldCellId": cell["data"]["id"]});
        let device = admin.post("/api/v1/devices", device).await.expect(201);
        let device = server.visitor().with("x-device-key", device["data"]["apiKey"].as_str().unwrap());
        let warm = json!({"temperature": 20, "powerStatus": false});
        device.post("/api/v1/readings/devices/F-1/readings", warm).await.expect(201);
        let dashboard = admin.get("/api/v1/dashboard/technician").await.expect(200)["data"].take();
        assert_eq!(
            (&dashboard["customers"], &dashboard["coldCells"], &dashboard["activeAlerts"]),
            (&json!(1), &json!(1), &json!(2))
        );
        assert_eq!(
            (&dashboard["alertsByType"]["HIGH_TEMP"], &dashboard["alertsByType"]["LOW_TEMP"]),
            (&json!(1), &json!(0))
        );
        assert_eq!(
            dashboard["customerList"][0],
            json!({"id": customer, "name": "Gelati", "coldCells": 1, "activeAlerts": 2})
        );
        server.stop().await;
    })
    .await;
}

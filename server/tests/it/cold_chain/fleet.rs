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
            (format!("/api/v1/locations/{location}"), json!({"timeZone": "Roma"})),
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
async fn two_people_change_one_cell_at_once_and_neither_change_is_lost() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let path = format!("/api/v1/coldcells/{}", cell.id);
        let location = text(&cell.admin.get(&path).await.expect(200)["data"]["locationId"]);
        let place = format!("/api/v1/locations/{location}");
        let other = server.member("manager").await;
        for round in 0..5 {
            let (name, delay) = (format!("Cella {round}"), 60 + round);
            let (one, two, three, four) = tokio::join!(
                cell.admin.patch(&path, json!({"name": name})),
                other.patch(&path, json!({"alertDelaySeconds": delay})),
                cell.admin.patch(&place, json!({"name": name})),
                other.patch(&place, json!({"address": format!("Via {round}")})),
            );
            [one, two, three, four].iter().for_each(|answer| drop(answer.expect(200)));
            let now = cell.admin.get(&path).await.expect(200)["data"].take();
            assert_eq!((&now["name"], &now["alertDelaySeconds"]), (&json!(name), &json!(delay)));
            let now = cell.admin.get(&place).await.expect(200)["data"].take();
            assert_eq!((&now["name"], &now["address"]), (&json!(name), &json!(format!("Via {round}"))));
        }
        // Who says what was seen is told when it is not so any more.
        for path in [&path, &place] {
            let version = cell.admin.get(path).await.expect(200)["data"]["version"].as_i64().unwrap();
            assert_eq!(version, 11);
            let change = |name: &str| json!({"name": name, "version": version});
            let (one, two) = tokio::join!(cell.admin.patch(path, change("One")), other.patch(path, change("Two")));
            let (first, second) = if one.status == 200 { (one, two) } else { (two, one) };
            assert_eq!(first.expect(200)["data"]["version"], 12);
            assert_eq!(second.expect_error(409, "CONFLICT")["version"], 12);
        }
        // A page that was open meanwhile.
        let pages = cell.admin.clone().with("accept", "text/html");
        let page = format!("/app/cold-chain/places/{location}");
        assert!(pages.get(&page).await.text().contains("name=\"version\" value=\"12\""));
        let form = [("function", "cold-chain/change-place"), ("id", &*location), ("name", "Three"), ("version", "11")];
        let refused = pages.form(&page, &form).await;
        assert_eq!(refused.status, 409);
        let text = refused.text();
        assert!(text.contains("Someone else changed this location") && text.contains("value=\"Three\""), "{text}");
        assert!(text.contains("name=\"version\" value=\"12\""), "{text}");
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
        // They put devices up, one by one; the rest of what is done to devices is for others.
        let installed = technician.post("/api/v1/devices", json!({"serialNumber": "T", "coldCellId": cell.id})).await;
        let path = format!("/api/v1/devices/{}", text(&installed.expect(201)["data"]["id"]));
        technician.post(&format!("{path}/rotate-key"), json!({})).await.expect(200);
        technician.patch(&path, json!({"retired": true})).await.expect_error(403, "FORBIDDEN");
        technician.post("/api/v1/devices/import", json!({"csv": ""})).await.expect_error(403, "FORBIDDEN");
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

/// The names in a list.
async fn names(admin: &crate::support::Client, path: &str, field: &str) -> Vec<String> {
    let list = admin.get(path).await.expect(200);
    let mut names: Vec<String> = list["data"].as_array().expect("a list").iter().map(|row| text(&row[field])).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn names_with_accents_are_found_however_they_are_typed() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        let place = admin.post("/api/v1/locations", json!({ "name": "Ülm Über" })).await.expect(201);
        for name in ["Èze frigo", "PERÙ"] {
            let cell = json!({ "name": name, "locationId": place["data"]["id"], "preset": "fridge" });
            admin.post("/api/v1/coldcells", cell).await.expect(201);
        }
        for (search, found) in [
            ("%C3%9Clm", vec!["PERÙ", "Èze frigo"]),
            ("%C3%BCBER", vec!["PERÙ", "Èze frigo"]),
            ("%C3%A8ze", vec!["Èze frigo"]),
            ("per%C3%B9", vec!["PERÙ"]),
            ("%C3%A0", vec![]),
        ] {
            assert_eq!(names(&admin, &format!("/api/v1/coldcells?search={search}"), "name").await, found, "{search}");
        }
        let places = names(&admin, "/api/v1/locations?search=%C3%BClm", "name").await;
        assert_eq!(places, ["Ülm Über"]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn cells_and_devices_are_found_by_words_and_by_customer() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        let place = async |name: &str, phone: Option<&str>| {
            let new =
                json!({"name": name, "customerPhone": phone, "customerName": phone.map(|_| format!("Di {name}"))});
            admin.post("/api/v1/locations", new).await.expect(201)["data"].take()
        };
        let (port, market) = (place("Porto 100%", Some("+39 333 7770001")).await, place("Mercato", None).await);
        assert_eq!(port["customerName"], "Di Porto 100%");
        assert_eq!(market["customerId"], Value::Null);
        // The same number is the same customer, whatever it is called now.
        let again = place("Molo", Some("333 777 0001")).await;
        assert_eq!(again["customerId"], port["customerId"]);
        for (location, cell) in [(&port, "Pesce"), (&port, "Gelato"), (&market, "Pesce")] {
            let new = json!({"name": cell, "locationId": location["id"], "preset": "freezer"});
            let cell_id = admin.post("/api/v1/coldcells", new).await.expect(201)["data"]["id"].take();
            let serial = format!("{}-{cell}", &text(&location["id"])[30..]);
            admin.post("/api/v1/devices", json!({"serialNumber": serial, "coldCellId": cell_id})).await.expect(201);
        }
        let cells = async |query: &str| names(&admin, &format!("/api/v1/coldcells?{query}"), "name").await;
        assert_eq!(cells("search=pesce").await, ["Pesce", "Pesce"]);
        assert_eq!(cells("search=PESCE%20porto").await, ["Pesce"]);
        assert_eq!(cells("search=di%20porto").await, ["Gelato", "Pesce"], "by the customer's name");
        assert_eq!(cells("search=%25").await, ["Gelato", "Pesce"], "a wildcard is a letter");
        assert!(cells("search=_o_").await.is_empty());
        let customer = text(&port["customerId"]);
        assert_eq!(cells(&format!("customerId={customer}&search=gel")).await, ["Gelato"]);
        assert!(cells(&format!("customerId={}", uuid::Uuid::now_v7())).await.is_empty());
        let devices = names(&admin, "/api/v1/devices?search=mercato", "serialNumber").await;
        assert_eq!(devices.len(), 1, "by the place: {devices:?}");
        assert!(devices[0].ends_with("-Pesce"));
        let counted = admin.get("/api/v1/devices?search=pesce&limit=1").await.expect(200);
        assert_eq!(counted["page"]["total"], 2);
        // What makes no sense is refused, and makes nobody.
        for (new, field) in [
            (json!({"name": "X", "customerPhone": "+39 333 7770009"}), "customerName"),
            (json!({"name": "X", "customerPhone": "call me", "customerName": "N"}), "customerPhone"),
            (
                json!({"name": "X", "customerPhone": "+39 333 7770009", "customerName": "N", "customerId": customer}),
                "customerPhone",
            ),
        ] {
            let refused = admin.post("/api/v1/locations", new).await.expect_error(400, "VALIDATION_ERROR");
            assert!(refused["fields"][field].is_array(), "{field}: {refused}");
        }
        // The journal knows the customer by id alone.
        let audit = admin.get("/api/v1/admin/audit?action=cold_chain.location_created").await.expect(200);
        assert!(!audit.to_string().contains("7770001") && audit.to_string().contains(&customer), "{audit}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn places_and_cells_are_made_on_a_page_and_customers_stand_by_urgency() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await.with("accept", "text/html");
        let path = "/app/cold-chain/add";
        let page = admin.get(path).await.text();
        assert!(page.contains("First its place"), "{page}");
        let place = [
            ("function", "cold-chain/create-location"),
            ("name", "Porto"),
            ("customer_phone", "+39 333 7770002"),
            ("customer_name", "Gelateria Nord"),
        ];
        let made = admin.form(path, &place).await;
        let own = server.browser("admin").await;
        let location = text(&own.get("/api/v1/locations").await.expect(200)["data"][0]["id"]);
        assert_eq!((made.status.as_u16(), made.header("location")), (303, Some(&*format!("{path}?place={location}"))));
        let cell = |lowest: &'static str| {
            [
                ("function", "cold-chain/create-cell"),
                ("place", location.as_str()),
                ("kind", "own"),
                ("cell[name]", "Pesce"),
                ("cell[lowest]", lowest),
                ("cell[highest]", "-12,5"),
            ]
        };
        let refused = admin.form(path, &cell("cold")).await;
        assert_eq!(refused.status, 400);
        let words = refused.text();
        assert!(words.contains("must be a number") && words.contains("value=\"-12,5\""), "{words}");
        let made = admin.form(path, &cell("−20")).await;
        let cell = own.get("/api/v1/coldcells").await.expect(200)["data"][0].take();
        let page = format!("/app/cold-chain/cells/{}", text(&cell["id"]));
        assert_eq!((made.status.as_u16(), made.header("location")), (303, Some(&*page)));
        assert_eq!((&cell["minTemperature"], &cell["maxTemperature"]), (&json!(-20.0), &json!(-12.5)));

        let page =
            server.browser("technician").await.with("accept", "text/html").get("/app/cold-chain/customers").await;
        assert!(page.text().contains("Gelateria Nord") && page.text().contains("In order"), "{}", page.text());
        let customer = text(&own.get("/api/v1/locations").await.expect(200)["data"][0]["customerId"]);
        let theirs = admin.get(&format!("/app/cold-chain?customer={customer}")).await.text();
        assert!(theirs.contains("Pesce") && theirs.contains("Gelateria Nord"), "{theirs}");
        let none = admin.get("/app/cold-chain?search=latte").await.text();
        assert!(none.contains("Nothing matches") && !none.contains("Pesce"), "{none}");
        server.stop().await;
    })
    .await;
}

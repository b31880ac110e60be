//! The portal: a customer's account sees what is theirs, and nothing of the inside.

use officina::kernel::time::HOUR;
use serde_json::json;

use crate::support::{START, TestServer};
use crate::world;

#[tokio::test]
async fn a_customer_sees_the_own_car_without_what_is_internal_and_no_other() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let car = async |name: &str, phone: &str, plate: &str, email: &str| {
            let body = json!({ "customerName": name, "customerPhone": phone, "customerEmail": email,
                "vehiclePlate": plate, "repairType": "cosmetic", "notes": "inside talk" });
            let made = admin.post("/api/v1/repairs", body).await.expect(201);
            made["data"]["id"].as_str().unwrap().to_owned()
        };
        let own = car("Anna Verdi", "333 1112223", "AB123CD", "Anna@verdi.test").await;
        let other = car("Bruno Blu", "333 4445556", "ZZ999ZZ", "bruno@blu.test").await;
        let step = json!({ "status": "accepted", "note": "the colleague's secret", "publicNote": "We have begun" });
        admin.post(&format!("/api/v1/repairs/{own}/status"), step).await.expect(200);
        let (content_type, photo) = world::photo_form();
        for repair in [&own, &other] {
            let path = format!("/api/v1/repairs/{repair}/photos");
            admin.raw(axum::http::Method::POST, &path, &content_type, photo.clone()).await.expect(201);
        }
        let invited = json!({ "email": "anna@verdi.test", "name": "Anna Verdi", "role": "customer" });
        let link = admin.post("/api/v1/auth/signup", invited).await.expect(201);
        let page = link["data"]["link"].as_str().unwrap().split_once("/join/").unwrap().1.to_owned();
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        let fields = [("name", "Anna Verdi"), ("password", "le gomme del vicino")];
        let answer = visitor.form(&format!("/join/{page}"), &fields).await;
        let anna = visitor.keeping(answer.header("set-cookie").expect("signed in"));

        let list = anna.get("/api/v1/repairs").await.expect(200);
        assert_eq!((list["data"].as_array().unwrap().len(), &list["data"][0]["id"]), (1, &json!(own)));
        assert_eq!(anna.get("/api/v1/repairs?search=ZZ999ZZ").await.expect(200)["data"], json!([]));
        let detail = anna.get(&format!("/api/v1/repairs/{own}")).await;
        let text = detail.text();
        assert!(text.contains("We have begun") && !text.contains("secret") && !text.contains("inside talk"), "{text}");
        assert_eq!(detail.expect(200)["data"]["allowed"], json!([]));
        let photo = |repair: &str, photo: &str| format!("/api/v1/repairs/{repair}/photos/{photo}");
        let mine = detail.expect(200)["data"]["photos"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(anna.get(&photo(&own, &mine)).await.status, 200);

        anna.get(&format!("/api/v1/repairs/{other}")).await.expect_error(404, "NOT_FOUND");
        let foreign = admin.get(&format!("/api/v1/repairs/{other}")).await.expect(200);
        let foreign = foreign["data"]["photos"][0]["id"].as_str().unwrap().to_owned();
        anna.get(&photo(&other, &foreign)).await.expect_error(404, "NOT_FOUND");
        anna.get(&photo(&own, &foreign)).await.expect_error(404, "NOT_FOUND");
        let change = json!({ "status": "ready" });
        anna.post(&format!("/api/v1/repairs/{own}/status"), change).await.expect_error(403, "FORBIDDEN");

        let depot = async |name: &str, customer: &serde_json::Value| {
            let location = json!({ "name": name, "customerId": customer });
            let location = admin.post("/api/v1/locations", location).await.expect(201);
            let cell =
                json!({ "name": format!("Cell of {name}"), "locationId": location["data"]["id"], "preset": "freezer" });
            admin.post("/api/v1/coldcells", cell).await.expect(201)["data"]["id"].as_str().unwrap().to_owned()
        };
        let customer = detail.expect(200)["data"]["customer"]["id"].clone();
        let own_cell = depot("Anna", &customer).await;
        let other_cell = depot("Somebody", &serde_json::Value::Null).await;
        for (cell, serial) in [(&own_cell, "A-1"), (&other_cell, "B-1")] {
            let device = json!({ "serialNumber": serial, "coldCellId": cell });
            let key = admin.post("/api/v1/devices", device).await.expect(201)["data"]["apiKey"].take();
            let device = server.visitor().with("x-device-key", key.as_str().unwrap());
            let readings = format!("/api/v1/readings/devices/{serial}/readings");
            device.post(&readings, json!({ "temperature": 3.0, "seq": 1 })).await.expect(201);
        }
        let alerts = admin.get("/api/v1/alerts").await.expect(200);
        let of = |cell: &str| {
            let alert = alerts["data"].as_array().unwrap().iter().find(|alert| alert["coldCellId"] == *cell);
            alert.unwrap()["id"].as_str().unwrap().to_owned()
        };
        admin.post(&format!("/api/v1/alerts/{}/acknowledge", of(&own_cell)), json!({})).await.expect(200);
        let alerts = anna.get("/api/v1/alerts").await.expect(200);
        assert_eq!((alerts["page"]["total"].as_i64(), &alerts["data"][0]["coldCellId"]), (Some(1), &json!(own_cell)));
        let alert = anna.get(&format!("/api/v1/alerts/{}", of(&own_cell))).await.expect(200)["data"].take();
        assert_eq!((&alert["acknowledgedBy"], &alert["timeline"]), (&json!(null), &json!([])));
        anna.get(&format!("/api/v1/alerts/{}", of(&other_cell))).await.expect_error(404, "NOT_FOUND");
        let report = anna.get(&format!("/api/v1/coldcells/{own_cell}/report")).await.expect(200)["data"].take();
        assert_eq!(
            (&report["excursions"][0]["type"], &report["excursions"][0]["acknowledgedBy"]),
            (&json!("HIGH_TEMP"), &json!(null))
        );
        let until = START.plus(HOUR).to_string();
        let work = json!({ "until": until, "reason": "cover up the leak" });
        admin.post(&format!("/api/v1/coldcells/{own_cell}/maintenance"), work).await.expect(200);
        let silence = json!({ "coldCellId": own_cell, "until": until, "reason": "she calls too often" });
        admin.post("/api/v1/silences", silence).await.expect(201);
        let cells = anna.get("/api/v1/coldcells").await.expect(200);
        assert_eq!((cells["data"].as_array().unwrap().len(), &cells["data"][0]["id"]), (1, &json!(own_cell)));
        let cell = anna.get(&format!("/api/v1/coldcells/{own_cell}")).await.expect(200)["data"].take();
        assert_eq!(cell["timeline"], json!([]));
        for shown in [&cells["data"][0], &cell] {
            let maintenance = json!({ "from": START.to_string(), "until": until, "reason": null });
            assert_eq!((&shown["maintenance"], &shown["silencedUntil"]), (&maintenance, &json!(null)), "{shown}");
        }
        anna.get(&format!("/api/v1/readings/coldcells/{own_cell}/readings?range=24h")).await.expect(200);
        anna.get(&format!("/api/v1/coldcells/{other_cell}/report.pdf")).await.expect_error(404, "NOT_FOUND");
        for path in [format!("/coldcells/{other_cell}"), format!("/readings/coldcells/{other_cell}/readings?range=24h")]
        {
            anna.get(&format!("/api/v1{path}")).await.expect_error(404, "NOT_FOUND");
        }

        let pages = anna.with("accept", "text/html");
        for page in ["/app/cold-chain", &format!("/app/cold-chain/cells/{own_cell}")] {
            let page = pages.get(page).await;
            let text = page.text();
            assert!(
                page.status == 200 && text.contains("Cell of Anna") && text.contains("Maintenance until"),
                "{text}"
            );
            assert!(!text.contains("leak") && !text.contains("Notices muted") && !text.contains("too often"), "{text}");
        }
        assert_eq!(pages.get(&format!("/app/cold-chain/cells/{other_cell}")).await.status, 404);
        let home = pages.get("/app").await;
        assert!(home.text().contains("Active alerts") && !home.text().contains("Nothing waits"), "{}", home.text());
        let alerts = pages.get("/app/alerts").await;
        assert!(
            alerts.text().contains("Cell of Anna") && !alerts.text().contains("Cell of Somebody"),
            "{}",
            alerts.text()
        );
        assert!(!alerts.text().contains("Resolve") && !alerts.text().contains("Acknowledge"), "{}", alerts.text());
        let alert = pages.get(&format!("/app/alerts/{}", of(&own_cell))).await;
        let text = alert.text();
        assert!(alert.status == 200 && text.contains("Cell of Anna") && text.contains("Worst value"), "{text}");
        assert!(!text.contains("The admin of") && !text.contains("What happened"), "{text}");
        assert_eq!(pages.get(&format!("/app/alerts/{}", of(&other_cell))).await.status, 404);
        let list = pages.get("/app/repairs").await;
        assert!(list.text().contains("AB123CD") && !list.text().contains("ZZ999ZZ"), "{}", list.text());
        let detail = pages.get(&format!("/app/repairs/{own}")).await;
        assert!(detail.text().contains("We have begun") && !detail.text().contains("secret"), "{}", detail.text());
        assert_eq!(pages.get(&format!("/app/repairs/{other}")).await.status, 404);
        assert_eq!(pages.get("/app/repairs/board").await.status, 403);

        // Closed by hand while it was still too warm: the customer reads that, and not by whom and why.
        let note = json!({ "note": "she will not notice" });
        admin.patch(&format!("/api/v1/alerts/{}/resolve", of(&own_cell)), note).await.expect(200);
        let report = pages.get(&format!("/api/v1/coldcells/{own_cell}/report.csv")).await.text();
        let alert = pages.get(&format!("/app/alerts/{}", of(&own_cell))).await.text();
        let cell = pages.get(&format!("/app/cold-chain/cells/{own_cell}")).await.text();
        assert!(report.contains("chiuso a mano") && alert.contains("by hand"), "{report} {alert}");
        assert!(cell.contains("Beyond its limits") && !cell.contains("In order"), "{cell}");
        for shown in [&report, &alert, &cell] {
            assert!(!shown.contains("will not notice"), "{shown}");
            assert!(!shown.contains("da solo") && !shown.contains("by itself"), "{shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_typed_plate_or_number_tells_nothing_until_staff_have_taken_the_check_in_on() {
    TestServer::each(|server| async move {
        let staff = server.member("admin").await;
        let car = json!({ "customerName": "Bruno Blu", "customerPhone": "333 4445556", "vehiclePlate": "AB123CD",
            "vehicleBrand": "Lancia", "vehicleModel": "Delta", "vehicleYear": 1988, "vin": "ZLA83100000123456",
            "repairType": "cosmetic" });
        staff.post("/api/v1/repairs", car).await.expect(201);
        let customer = json!({ "customerName": "Anna Verdi", "customerPhone": "333 1112223",
            "customerEmail": "anna@verdi.test", "vehiclePlate": "ZZ999ZZ", "repairType": "cosmetic" });
        staff.post("/api/v1/repairs", customer).await.expect(201);
        let invited = json!({ "email": "anna@verdi.test", "name": "Anna Verdi", "role": "customer" });
        let link = staff.post("/api/v1/auth/signup", invited).await.expect(201);
        let page = link["data"]["link"].as_str().unwrap().split_once("/join/").unwrap().1.to_owned();
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        let fields = [("name", "Anna Verdi"), ("password", "le gomme del vicino")];
        let answer = visitor.form(&format!("/join/{page}"), &fields).await;
        let anna = visitor.keeping(answer.header("set-cookie").expect("signed in"));

        // Anna, or whoever knows her number, has read the plate of Bruno's car on the street.
        let typed = json!({ "customerName": "Carla", "customerPhone": "333 1112223", "vehiclePlate": "ab 123 cd",
            "vehicleModel": "red one", "repairType": "collision" });
        let made = server.visitor().post("/api/v1/checkin", typed).await.expect(201)["data"].take();
        let (id, code) = (made["id"].as_str().unwrap(), made["trackingCode"].as_str().unwrap());
        let tracked = async |query: &str| {
            let view = server.visitor().get(&format!("/api/v1/track/{code}{query}")).await.expect(200)["data"].take();
            (view["brand"].clone(), view["model"].clone(), view["firstName"].clone())
        };
        let portal = async || {
            let detail = anna.get(&format!("/api/v1/repairs/{id}")).await.expect(200)["data"]["vehicle"].take();
            let list = anna.get("/api/v1/repairs").await.expect(200)["data"].take();
            let row = list.as_array().unwrap().iter().find(|row| row["id"] == *id).expect("in the list").clone();
            assert_eq!((&detail["brand"], &detail["model"]), (&row["brand"], &row["model"]));
            (detail["brand"].clone(), detail["year"].clone(), detail["vin"].clone())
        };
        let said = (json!(null), json!("red one"), json!("Carla"));
        assert_eq!(tracked("").await, said);
        assert_eq!(tracked("?phone=2223").await, said);
        assert_eq!(portal().await, (json!(null), json!(null), json!(null)));
        let seen = staff.get(&format!("/api/v1/repairs/{id}")).await.expect(200);
        assert_eq!(seen["data"]["vehicle"]["brand"], "Lancia", "staff know the car");

        let step = format!("/api/v1/repairs/{id}/status");
        staff.post(&step, json!({ "status": "accepted" })).await.expect(200);
        assert_eq!(tracked("").await, (json!("Lancia"), json!("Delta"), json!("Anna")));
        assert_eq!(portal().await, (json!("Lancia"), json!(1988), json!("ZLA83100000123456")));
        staff.post(&step, json!({ "status": "cancelled", "note": "not hers" })).await.expect(200);
        assert_eq!(tracked("").await, said);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn where_there_is_nothing_yet_a_customer_is_spoken_to_and_not_staff() {
    TestServer::each(|server| async move {
        let customer = server.browser("customer").await;
        for (page, words) in [
            ("/app", "Nothing waits for you"),
            ("/app/repairs", "Your cars appear here"),
            ("/app/cold-chain", "Your cold cells appear here"),
        ] {
            let text = customer.get(page).await.text();
            assert!(text.contains(words), "{page}: {text}");
        }
        // Who may not follow the event stream is told that changes take a while.
        let home = customer.get("/app").await.text();
        assert!(home.contains("class=\"live off\"") && home.contains("Delayed"), "{home}");
        let staff = server.browser("admin").await.get("/app/repairs").await.text();
        assert!(staff.contains("as soon as a customer checks in"), "{staff}");
        server.stop().await;
    })
    .await;
}

//! Devices for those who install them: many at once, what to type into one, and what its clock says.

use axum::http::Method;
use officina::kernel::db::sql;
use officina::kernel::time::{DAY, HOUR};
use serde_json::{Value, json};

use super::{Cell, account, customer, journaled};
use crate::support::{START, TestServer};

const IMPORT: &str = "/api/v1/devices/import";
const ADD: &str = "/app/cold-chain/devices/add";

async fn devices(server: &TestServer) -> i64 {
    let (count,): (i64,) = sql("SELECT COUNT(*) FROM devices").one(&server.app().db).await.unwrap();
    count
}

#[tokio::test]
async fn a_table_makes_devices_whose_keys_work() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        for (index, table) in [
            format!("serialNumber,coldCell,name,firmwareVersion\nA-0,Cella,Left,1.2\n\nB-0,{},,\n", cell.id),
            format!("\u{feff}Cold cell;Serial number\r\nCella;A-1\r\n{};B-1\r\n", cell.id),
            format!("Serial number\tName\tCold cell\nA-2\tLeft\tCella\nB-2\t\t{}", cell.id),
        ]
        .into_iter()
        .enumerate()
        {
            let made = cell.admin.post(IMPORT, json!({ "csv": table })).await.expect(201);
            let made = &made["data"];
            let serials: Vec<&Value> =
                made["devices"].as_array().unwrap().iter().map(|device| &device["serialNumber"]).collect();
            assert_eq!(serials, [&json!(format!("A-{index}")), &json!(format!("B-{index}"))]);
            for device in made["devices"].as_array().unwrap() {
                let (serial, key) = (device["serialNumber"].as_str().unwrap(), device["apiKey"].as_str().unwrap());
                assert_eq!((&device["coldCellId"], &device["coldCellName"]), (&json!(cell.id), &json!("Cella")));
                let path = format!("/api/v1/readings/devices/{serial}/readings");
                let client = server.visitor().with("x-device-key", key);
                client.post(&path, json!({ "temperature": -18 })).await.expect(201);
                let line = format!(",{key}\r\n");
                assert!(made["csv"].as_str().unwrap().contains(&line), "{made}");
            }
        }
        let listed = cell.admin.get("/api/v1/devices").await.expect(200);
        let first = listed["data"].as_array().unwrap().iter().find(|device| device["serialNumber"] == "A-0").unwrap();
        assert_eq!((&first["name"], &first["firmwareVersion"]), (&json!("Left"), &json!("1.2")));
        let journal = journaled(server.app(), "cold_chain.device_created").await;
        assert_eq!(journal.len(), 7);
        assert!(!journal.iter().any(|entry| entry.to_string().contains("Key")), "{journal:?}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn every_bad_line_is_named_and_nothing_is_made() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let location = cell.admin.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        for _ in 0..2 {
            let twin = json!({ "name": "Twin", "locationId": location["data"]["locationId"], "preset": "fridge" });
            cell.admin.post("/api/v1/coldcells", twin).await.expect(201);
        }
        let table = "serialNumber,coldCell,name\n\
            GOOD,Cella,\n\
            CC-0001,Cella,\n\
            GOOD,Cella,\n\
            ,Cella,\n\
            A/B,Cella,\n\
            X-1,Nowhere,\n\
            X-2,Twin,\n\
            X-3,,\n\
            X-4,Cella,name,more\n\
            ..,Cella,\n";
        let refused = cell.admin.post(IMPORT, json!({ "csv": table })).await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(
            refused["fields"],
            json!({
                "line 3": ["has a serialNumber that exists already"],
                "line 4": ["repeats the serialNumber of line 2"],
                "line 5": ["has no serialNumber"],
                "line 6": ["has a serialNumber that must not contain / \\ ? # % or breaks, nor be dots alone"],
                "line 7": ["names a coldCell that is unknown"],
                "line 8": ["names a coldCell as 2 are called: give its id"],
                "line 9": ["has no coldCell"],
                "line 10": ["has more fields than there are columns"],
                "line 11": ["has a serialNumber that must not contain / \\ ? # % or breaks, nor be dots alone"],
            })
        );
        let many: String = (0..501).map(|number| format!("M-{number},Cella\n")).collect();
        for table in [
            String::new(),
            "serialNumber,coldCell\n".to_owned(),
            "serialNumber\nX-1\n".to_owned(),
            "serialNumber,coldCell,colour\nX-1,Cella,red\n".to_owned(),
            "serialNumber,coldCell,serialNumber\nX-1,Cella,X-2\n".to_owned(),
            format!("serialNumber,coldCell\n{many}"),
        ] {
            let refused = cell.admin.post(IMPORT, json!({ "csv": table })).await.expect_error(400, "VALIDATION_ERROR");
            assert!(refused["fields"]["csv"].is_array(), "{refused}");
        }
        assert_eq!(devices(&server).await, 1);
        // The cells of others are as unknown as those that are nowhere.
        let theirs = server.stranger().await;
        let table = json!({ "csv": format!("serialNumber,coldCell\nX-1,{}\nX-2,Cella\n", cell.id) });
        let refused = theirs.post(IMPORT, table.clone()).await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(refused["fields"].as_object().unwrap().len(), 2);
        let other = customer(&server, "Gelati").await;
        let path = format!("/api/v1/users/{}/customers", account(&cell.admin, "manager").await);
        cell.admin.put(&path, json!({ "customerIds": [other] })).await.expect(200);
        server.member("manager").await.post(IMPORT, table).await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(devices(&server).await, 1);
        server.stop().await;
    })
    .await;
}

/// A form with a file, as a browser sends it.
fn upload(function: &str, csv: &str, file: &str) -> String {
    let part = |name: &str, more: &str, text: &str| {
        format!("--XX\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n")
    };
    let file = part("file", "; filename=\"devices.csv\"\r\ncontent-type: text/csv", file);
    format!("{}{}{file}--XX--\r\n", part("function", "", function), part("csv", "", csv))
}

#[tokio::test]
async fn the_page_takes_a_file_or_what_is_pasted_and_shows_the_keys_once() {
    TestServer::each(|server| async move {
        let _cell = Cell::freezer(&server).await;
        let admin = server.browser("admin").await.with("accept", "text/html").with("sec-fetch-site", "same-origin");
        let page = admin.get(ADD).await.text();
        assert!(page.contains("multipart/form-data") && page.contains("serialNumber,coldCell"), "{page}");
        let head = "serialNumber,coldCell\n";
        for (serial, pasted, file) in [
            ("F-1", head.to_owned(), format!("{head}F-1,Cella\n")),
            ("P-1", format!("{head}P-1,Cella\n"), String::new()),
        ] {
            let form = upload("cold-chain/import-devices", &pasted, &file);
            let answer = admin.raw(Method::POST, ADD, "multipart/form-data; boundary=XX", form).await;
            let text = answer.text();
            assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, Some("no-store")), "{text}");
            assert!(text.contains("shown this once") && text.contains("download=\"device-keys.csv\""), "{text}");
            let key = between(&text, &format!("{serial}%2CCella%2C%2C%2C"), "%0D%0A");
            assert!(text.contains(&format!(">{key}")), "in the table as in the file: {text}");
            let client = server.visitor().with("x-device-key", key);
            let path = format!("/api/v1/readings/devices/{serial}/readings");
            client.post(&path, json!({ "temperature": -18 })).await.expect(201);
            assert!(!admin.get(ADD).await.text().contains(key));
        }
        let form = upload("cold-chain/import-devices", &format!("{head}P-1,Cella\n<b>,Nowhere\n"), "");
        let answer = admin.raw(Method::POST, ADD, "multipart/form-data; boundary=XX", form).await;
        let text = answer.text();
        assert_eq!(answer.status, 400);
        assert!(
            text.contains("This has a serialNumber that exists already.") && text.contains("that is unknown."),
            "{text}"
        );
        assert!(text.contains("P-1,Cella") && !text.contains("<b>"), "what was typed is there still: {text}");
        let broken = admin.raw(Method::POST, ADD, "multipart/form-data; boundary=XX", "--XX\r\nbroken").await;
        assert_eq!(broken.status, 400);
        server.stop().await;
    })
    .await;
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap_or_else(|| panic!("{before} in {text}"))
}

#[tokio::test]
async fn a_devices_page_has_a_command_that_works() {
    TestServer::each(|server| async move {
        let cell = Cell::with(&server, json!({ "preset": "freezer" }), "CC 1'").await;
        let page = format!("/app/cold-chain/devices/{}", cell.device_id);
        let admin = server.browser("admin").await.with("accept", "text/html").with("sec-fetch-site", "same-origin");
        let text = admin.get(&page).await.text();
        assert!(text.contains("x-device-key: DEVICE-KEY"), "{text}");
        assert!(!server.browser("technician").await.get(&page).await.text().contains("Make a new key"));

        let form = [("function", "cold-chain/rotate-key"), ("id", cell.device_id.as_str()), ("grace", "0")];
        let text = admin.form(&page, &form).await.text().replace("&#x27;", "'").replace("&quot;", "\"");
        let command = between(&text, "curl ", "}'");
        let address = between(command, "'", "'");
        let path = address.strip_prefix(&*server.app().base_url).expect("our own address");
        assert_eq!(path, "/api/v1/readings/devices/CC%201%27/readings");
        let key = between(command, "x-device-key: ", "'");
        assert_ne!(key, cell.key);
        let body: Value = serde_json::from_str(&format!("{}}}", between(command, "-d '", "}'"))).expect("JSON");
        server.visitor().with("x-device-key", key).post(path, body).await.expect(201);
        server.visitor().with("x-device-key", &cell.key).post(path, json!({})).await.expect_error(401, "UNAUTHORIZED");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_device_whose_clock_is_wrong_is_marked_until_a_day_after_it_is_right() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let path = format!("/api/v1/devices/{}", cell.device_id);
        let pages = cell.admin.clone().with("accept", "text/html");
        let marked = async || {
            let list = pages.get("/app/cold-chain/devices").await.text();
            let cell = pages.get(&format!("/app/cold-chain/cells/{}", cell.id)).await.text();
            assert_eq!(list.contains("Clock wrong"), cell.contains("Clock wrong"));
            list.contains("Clock wrong")
        };
        cell.send(&server, json!({ "temperature": -18, "batteryLevel": 64 }), 201).await;
        assert_eq!(cell.admin.get(&path).await.expect(200)["data"]["clockSuspectAt"], Value::Null);
        assert!(!marked().await);
        cell.send(&server, json!({ "temperature": -18, "recordedAt": START.plus(HOUR).0 }), 201).await;
        assert_eq!(cell.admin.get(&path).await.expect(200)["data"]["clockSuspectAt"], json!(START));
        assert!(marked().await);
        server.advance(DAY - HOUR);
        let now = server.app().clock.now();
        cell.send(&server, json!({ "temperature": -18, "recordedAt": now.0 }), 201).await;
        assert!(marked().await);
        server.advance(HOUR);
        let now = server.app().clock.now();
        cell.send(&server, json!({ "temperature": -18, "recordedAt": now.0 }), 201).await;
        assert!(!marked().await);
        server.stop().await;
    })
    .await;
}

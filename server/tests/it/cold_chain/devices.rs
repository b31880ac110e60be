//! Devices for those who install them: many at once, what to type into one, and what its clock says.

use axum::http::Method;
use officina::cold_chain::inputs::MOST_IMPORTED;
use officina::kernel::db::sql;
use officina::kernel::time::{DAY, HOUR, MINUTE};
use serde_json::{Value, json};

use super::by_page::{field, person, shown};
use super::{Cell, account, alone, customer, journaled, pass, text};
use crate::support::{Client, START, TestServer};

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
            // As spreadsheets leave it: a separator at the end of each line, and one that is said in front.
            format!("serialNumber;coldCell;\nA-3;Cella;\nB-3;{};;\n", cell.id),
            format!("sep=;\r\nserialNumber;;coldCell\r\nA-4;;Cella\r\nB-4;mine;{}\r\n", cell.id),
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
                let line = format!(";{key}\r\n");
                assert!(made["csv"].as_str().unwrap().contains(&line), "{made}");
            }
        }
        let listed = cell.admin.get("/api/v1/devices").await.expect(200);
        let first = listed["data"].as_array().unwrap().iter().find(|device| device["serialNumber"] == "A-0").unwrap();
        assert_eq!((&first["name"], &first["firmwareVersion"]), (&json!("Left"), &json!("1.2")));
        let journal = journaled(server.app(), "cold_chain.device_created").await;
        assert_eq!(journal.len(), 11);
        assert!(!journal.iter().any(|entry| entry.to_string().contains("Key")), "{journal:?}");
        server.stop().await;
    })
    .await;
}

/// Lines for so many devices in one cell.
fn rows(many: usize) -> String {
    (0..many).map(|number| format!("M-{number},Cella\n")).collect()
}

#[tokio::test]
async fn a_fleet_comes_in_a_few_tables() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let table = format!("serialNumber,coldCell\n{}", rows(MOST_IMPORTED));
        let made = cell.admin.post(IMPORT, json!({ "csv": table })).await.expect(201);
        assert_eq!(made["data"]["devices"].as_array().map(Vec::len), Some(MOST_IMPORTED));
        assert_eq!(devices(&server).await, 1 + i64::try_from(MOST_IMPORTED).unwrap());
        assert_eq!(journaled(server.app(), "cold_chain.device_created").await.len(), 1 + MOST_IMPORTED);
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
        let many = rows(MOST_IMPORTED + 1);
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
            let (loading_anew, text) = admin.leads_back(ADD, &answer).await;
            assert!(text.contains("shown this once") && text.contains("download=\"device-keys.csv\""), "{text}");
            let key = between(&text, &format!("{serial}%3BCella%3B%3B%3B"), "%0D%0A");
            assert!(text.contains(&format!(">{key}")), "in the table as in the file: {text}");
            let client = server.visitor().with("x-device-key", key);
            let path = format!("/api/v1/readings/devices/{serial}/readings");
            client.post(&path, json!({ "temperature": -18 })).await.expect(201);
            assert!(loading_anew.get(ADD).await.text().contains(key) && !admin.get(ADD).await.text().contains(key));
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

#[tokio::test]
async fn the_page_shows_every_key_of_the_longest_table_there_is() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let long = "È".repeat(120);
        let settings = json!({ "name": long });
        cell.admin.patch(&format!("/api/v1/coldcells/{}", cell.id), settings).await.expect(200);
        let lines: String =
            (0..MOST_IMPORTED).map(|number| format!("{}-{number:04},{},{long},\n", "S".repeat(40), cell.id)).collect();
        let table = format!("serialNumber,coldCell,name,firmwareVersion\n{lines}");
        let admin = server.browser("admin").await.with("accept", "text/html").with("sec-fetch-site", "same-origin");
        let form = upload("cold-chain/import-devices", "", &table);
        let answer = admin.raw(Method::POST, ADD, "multipart/form-data; boundary=XX", form).await;
        // Far too long for a cookie, they lie in the database meanwhile, where nobody can read them.
        let (loading_anew, _) = admin.leads_back(ADD, &answer).await;
        let keys = |text: &str| {
            // Behind the body the same stands once more, for the script.
            text.split("</body>").next().expect("a body").matches(&"S".repeat(40)).count()
        };
        let shown = loading_anew.get(ADD).await.text();
        assert_eq!(keys(&shown), 2 * MOST_IMPORTED, "in the table and in the file");
        let cookie = form_cookie(&loading_anew);
        assert!(!keys_are_kept_in_plain(&server).await && cookie.len() < 4_000, "{cookie}");
        let other = person(&server, "manager").await.keeping(&cookie);
        assert_eq!(keys(&other.get(ADD).await.text()), 0);
        server.advance(10 * MINUTE);
        assert_eq!(keys(&loading_anew.get(ADD).await.text()), 0);
        server.stop().await;
    })
    .await;
}

/// Whether the database holds what a page shows once, for whoever reads it there.
async fn keys_are_kept_in_plain(server: &TestServer) -> bool {
    let kept: Vec<(Vec<u8>,)> = sql("SELECT body FROM idempotent_answers WHERE scope LIKE 'shown/%'")
        .all(&server.app().db)
        .await
        .expect("what is kept");
    assert_eq!(kept.len(), 1);
    kept.iter().any(|(body,)| String::from_utf8_lossy(body).contains(&"S".repeat(40)))
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
        assert!(server.browser("technician").await.get(&page).await.text().contains("Make a new key"));

        let form = [("function", "cold-chain/rotate-key"), ("id", cell.device_id.as_str()), ("grace", "0")];
        let text = admin.led_back(&page, &form).await.1.replace("&#x27;", "'").replace("&quot;", "\"");
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

#[tokio::test]
async fn a_device_out_of_service_is_let_in_no_more_and_missed_by_nobody() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        alone(&server).await;
        let path = format!("/api/v1/devices/{}", cell.device_id);
        cell.send(&server, json!({ "temperature": -5 }), 201).await;
        pass(&server, 16).await;
        let types = |alerts: &[Value], status: &str| {
            let mut types: Vec<String> =
                alerts.iter().filter(|alert| alert["status"] == status).map(|alert| text(&alert["type"])).collect();
            types.sort();
            types
        };
        assert_eq!(types(&cell.alerts().await, "ACTIVE"), ["HIGH_TEMP", "SENSOR_ERROR"]);

        let retired = cell.admin.patch(&path, json!({ "retired": true })).await.expect(200);
        let since = server.app().clock.now();
        assert_eq!(retired["data"]["retiredAt"], json!(since));
        let alerts = cell.alerts().await;
        assert_eq!(types(&alerts, "RESOLVED"), ["HIGH_TEMP", "SENSOR_ERROR"]);
        assert_eq!(alerts[0]["resolutionNote"], "The device went out of service.");
        let refused = cell.device(&server).post(&cell.path(), json!({ "temperature": -5 })).await;
        refused.expect_error(401, "UNAUTHORIZED");
        let count = async |query: &str| {
            let list = cell.admin.get(&format!("/api/v1/devices{query}")).await.expect(200);
            list["data"].as_array().unwrap().len()
        };
        assert_eq!((count("").await, count("?status=offline").await, count("?status=retired").await), (0, 0, 1));
        let seen = cell.admin.get(&format!("/api/v1/coldcells/{}", cell.id)).await.expect(200);
        assert_eq!((&seen["data"]["devices"], &seen["data"]["deviceList"]), (&json!(0), &json!([])));
        // The cell's rule changes, and hours go by: nobody is called for a device that is not there.
        cell.admin
            .patch(&format!("/api/v1/coldcells/{}", cell.id), json!({ "offlineAfterSeconds": 60 }))
            .await
            .expect(200);
        pass(&server, 30).await;
        assert_eq!(types(&cell.alerts().await, "ACTIVE"), [""; 0]);
        assert_eq!(cell.chart("24h").await["stats"]["count"], 1);

        // Put back by page, it begins anew, with the key that it had.
        let page = format!("/app/cold-chain/devices/{}", cell.device_id);
        let manager = person(&server, "manager").await;
        assert!(shown(&manager, &page).await.contains("Out of service"));
        let fields = [("function", "cold-chain/retire-device"), ("id", cell.device_id.as_str()), ("retired", "false")];
        assert_eq!(manager.form(&page, &fields).await.status, 303);
        assert!(shown(&manager, &page).await.contains("Never heard of"));
        pass(&server, 20).await;
        assert_eq!(types(&cell.alerts().await, "ACTIVE"), [""; 0]);
        cell.send(&server, json!({ "temperature": -5 }), 201).await;
        assert_eq!(types(&cell.alerts().await, "ACTIVE"), ["HIGH_TEMP"]);
        let told = journaled(server.app(), "cold_chain.device_changed").await;
        assert_eq!((&told[0]["retiredAt"], &told[1]["retiredAt"]), (&json!(since), &Value::Null));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_device_is_added_on_its_cells_page_and_the_line_that_tries_it_raises_no_alarm() {
    TestServer::each(|server| async move {
        let cell = Cell::with(&server, json!({ "preset": "fridge" }), "CC-0001").await;
        let page = format!("/app/cold-chain/cells/{}", cell.id);
        let manager = person(&server, "technician").await;
        let words = shown(&manager, &page).await;
        assert!(words.contains("Add a device") && !words.contains("Add many from a table"), "{words}");
        assert!(shown(&person(&server, "manager").await, &page).await.contains("Add many from a table"));
        let add = async |serial: &str| {
            let fields = [
                ("function", "cold-chain/create-device"),
                ("cell", cell.id.as_str()),
                ("serial", serial),
                ("device_name", "By the door"),
            ];
            manager.form(&page, &fields).await
        };
        for (serial, status, why) in [("CC-0001", 409, "exists already"), ("A/1", 400, "must not contain")] {
            let refused = add(serial).await;
            let words = refused.text();
            assert!(refused.status == status && words.contains(why), "{words}");
            assert_eq!((field(&words, "serial"), field(&words, "device_name")), (serial, "By the door"));
        }
        let form = [
            ("function", "cold-chain/create-device"),
            ("cell", cell.id.as_str()),
            ("serial", "CC-0002"),
            ("device_name", "By the door"),
        ];
        let (loading_anew, words) = manager.led_back(&page, &form).await;
        let words = words.replace("&#x27;", "'").replace("&quot;", "\"");
        assert!(words.contains("CC-0002 is made") && words.contains("shown this once"), "{words}");
        assert!(words.contains("src=\"data:image/svg+xml,") && words.contains("alt=\"QR code of the key"), "{words}");
        let command = between(&words, "curl ", "}'");
        let path = between(command, "'", "'").strip_prefix(&*server.app().base_url).expect("our own address");
        let key = between(command, "x-device-key: ", "'");
        let body: Value = serde_json::from_str(&format!("{}}}", between(command, "-d '", "}'"))).expect("JSON");
        assert_eq!(body, json!({ "temperature": 5.0 }), "the middle of what a fridge may have");
        server.visitor().with("x-device-key", key).post(path, body).await.expect(201);
        assert_eq!(cell.alerts().await, Vec::<Value>::new());
        // Loaded anew, the page neither loses the key nor makes a second device; ten minutes later it is gone, and nobody
        // else ever sees it.
        assert!(loading_anew.get(&page).await.text().contains(key));
        assert!(!manager.get(&page).await.text().contains(key));
        assert!(!loading_anew.get(&format!("/app/cold-chain/devices/{}", cell.device_id)).await.text().contains(key));
        let cookie = form_cookie(&loading_anew);
        assert!(!cookie.contains(key), "{cookie}");
        let other = person(&server, "manager").await.keeping(&cookie);
        assert!(!other.get(&page).await.text().contains(key));
        server.advance(10 * MINUTE);
        assert!(!loading_anew.get(&page).await.text().contains(key));
        let list = cell.admin.get("/api/v1/devices?search=CC-0002").await.expect(200);
        assert_eq!(list["data"][0]["name"], "By the door");

        // The line on a device's page asks for the key until it has one. Limits may leave no room for a tenth.
        let narrow = json!({ "minTemperature": 2.01, "maxTemperature": 2.04, "hysteresis": 0 });
        cell.admin.patch(&format!("/api/v1/coldcells/{}", cell.id), narrow).await.expect(200);
        let device = format!("/app/cold-chain/devices/{}", cell.device_id);
        let before = shown(&manager, &device).await;
        assert!(before.contains("Put the key in place of DEVICE-KEY"), "{before}");
        let temperature = between(&before, "temperature&quot;: ", "}").parse::<f64>().expect("a number");
        assert!((2.01..=2.04).contains(&temperature), "{temperature}");
        let form = [("function", "cold-chain/rotate-key"), ("id", cell.device_id.as_str()), ("grace", "0")];
        let (_, after) = manager.led_back(&device, &form).await;
        let after = after.split("</body>").next().expect("what is shown");
        assert!(after.contains("It has the new key.") && !after.contains("DEVICE-KEY"), "{after}");
        server.stop().await;
    })
    .await;
}

/// The newest cookie that a client keeps.
fn form_cookie(client: &Client) -> String {
    client.cookies().rsplit("; ").next().expect("a cookie").to_owned()
}

#[tokio::test]
async fn devices_are_found_by_what_is_wrong_with_them() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let mut keys = vec![cell.key.clone()];
        for number in 2..=6 {
            let device = json!({ "serialNumber": format!("CC-000{number}"), "coldCellId": cell.id });
            keys.push(text(&cell.admin.post("/api/v1/devices", device).await.expect(201)["data"]["apiKey"]));
        }
        let send = async |number: usize, body: Value| {
            let device = server.visitor().with("x-device-key", &keys[number - 1]);
            device.post(&format!("/api/v1/readings/devices/CC-000{number}/readings"), body).await.expect(201);
        };
        // The first falls silent, the second is well, the third is nearly empty, the fourth's clock is wrong; the
        // fifth was never switched on, and the sixth's clock is twenty minutes behind.
        send(1, json!({ "temperature": -18, "batteryLevel": 90 })).await;
        server.advance(HOUR);
        let ahead = server.app().clock.now().plus(HOUR).0;
        send(2, json!({ "temperature": -18, "batteryLevel": 20 })).await;
        send(3, json!({ "temperature": -18, "batteryLevel": 19 })).await;
        // What is known of a battery stays known when the next reading does not tell it.
        send(3, json!({ "temperature": -18 })).await;
        send(4, json!({ "temperature": -18, "recordedAt": ahead })).await;
        let behind = server.app().clock.now().plus(-20 * MINUTE).0;
        send(6, json!({ "temperature": -18, "recordedAt": behind })).await;
        let technician = person(&server, "technician").await;
        for (word, on_page, found) in [
            ("ONLINE", "", vec![2, 3, 4, 6]),
            ("offline", "", vec![1, 5]),
            ("silent", "silent", vec![1]),
            ("low_battery", "low_battery", vec![3]),
            ("CLOCK_WRONG", "clock_wrong", vec![4, 6]),
            ("never_seen", "never_seen", vec![5]),
        ] {
            let list = cell.admin.get(&format!("/api/v1/devices?status={word}")).await.expect(200);
            let serials: Vec<String> =
                list["data"].as_array().unwrap().iter().map(|row| text(&row["serialNumber"])).collect();
            let expected: Vec<String> = found.iter().map(|number| format!("CC-000{number}")).collect();
            assert_eq!((serials, &list["page"]["total"]), (expected, &json!(found.len())), "{word}");
            if !on_page.is_empty() {
                let page = shown(&technician, &format!("/app/cold-chain/devices?status={on_page}")).await;
                let all: Vec<usize> = (1..=6).filter(|number| page.contains(&format!("CC-000{number}"))).collect();
                assert_eq!(all, found, "{word}");
                assert!(page.contains(&format!("value=\"{on_page}\" selected")), "{page}");
            }
        }
        // Page by page, and together with words.
        let first = cell.admin.get("/api/v1/devices?status=online&limit=2").await.expect(200);
        let next = format!("/api/v1/devices?status=online&limit=2&cursor={}", text(&first["page"]["nextCursor"]));
        assert_eq!(cell.admin.get(&next).await.expect(200)["data"][0]["serialNumber"], "CC-0004");
        let none = cell.admin.get("/api/v1/devices?status=silent&search=CC-0002").await.expect(200);
        assert_eq!(none["data"], json!([]));
        let refused = cell.admin.get("/api/v1/devices?status=broken").await.expect_error(400, "VALIDATION_ERROR");
        assert!(refused["fields"]["status"].is_array(), "{refused}");
        let page = shown(&technician, "/app/cold-chain/devices?status=never_seen&search=CC-0001").await;
        assert!(page.contains("Nothing matches"), "{page}");
        server.stop().await;
    })
    .await;
}

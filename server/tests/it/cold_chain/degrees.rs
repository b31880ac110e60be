//! Temperatures in the unit that the organisation shows; what programs read and write stays in °C.

use officina::kernel::time::HOUR;
use serde_json::{Value, json};

use super::Cell;
use crate::support::{Client, START, TestServer};

const SETTINGS: &str = "/api/v1/admin/settings";

/// A page as it is shown, without the marks that hydration needs and the data that it takes along.
async fn shown(browser: &Client, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let text = answer.text().replace("<!>", "").replace("<!---->", "");
    text[..text.find("</body>").expect("a body")].to_owned()
}

/// A freezer at −12.3 °C now, and at −20 °C an hour ago.
async fn warm(server: &TestServer) -> Cell {
    let cell = Cell::freezer(server).await;
    let before = json!({ "temperature": -20.0, "recordedAt": START.plus(-HOUR).0 });
    cell.send(server, before, 201).await;
    cell.send(server, json!({ "temperature": -12.3, "recordedAt": START.0 }), 201).await;
    cell
}

#[tokio::test]
async fn pages_show_and_take_fahrenheit_where_the_organisation_says_so() {
    TestServer::each(|server| async move {
        let cell = warm(&server).await;
        let browser = server.browser("technician").await.with("accept", "text/html");
        let alert = cell.alerts().await[0]["id"].as_str().unwrap().to_owned();
        let (of_cell, of_alert) = (format!("/app/cold-chain/cells/{}", cell.id), format!("/app/alerts/{alert}"));
        let pages =
            ["/app/cold-chain", &of_cell, "/app/cold-chain/wall", "/app/alerts", &of_alert, "/app/cold-chain/add"];
        for page in pages {
            let text = shown(&browser, page).await;
            assert!(text.contains("°C") && !text.contains("°F"), "{page}: {text}");
        }
        cell.admin.patch(SETTINGS, json!({ "temperatureUnit": "fahrenheit" })).await.expect(200);
        for page in pages {
            let text = shown(&browser, page).await;
            assert!(text.contains("°F") && !text.contains("°C"), "{page}: {text}");
        }
        let list = shown(&browser, "/app/cold-chain").await;
        assert!(list.contains("9.9 °F") && list.contains("−13 to 5 °F"), "{list}");
        let page = shown(&browser, &of_cell).await;
        // The chart's limits, its table, and the figures below it.
        for words in ["−13 °F", "5 °F", "−4.0</td>", "9.9</td>", "−4.0 °F", "2.9 °F"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(shown(&browser, "/app/cold-chain/wall").await.contains("9.9 °F"));
        assert!(shown(&browser, "/app/alerts").await.contains("9.9 °F"));
        assert!(shown(&browser, &of_alert).await.contains("5.0 °F"), "the limit that was crossed");

        // What is typed is of the unit, and stored in °C.
        let form = shown(&browser, "/app/cold-chain/add").await;
        assert!(form.contains("Freezer, −13 to 5 °F") && form.contains("Fridge, 35.6 to 46.4 °F"), "{form}");
        let place = cell.admin.get("/api/v1/locations").await.expect(200)["data"][0]["id"].take();
        let make = async |lowest: &str, highest: &str| {
            let fields = [
                ("function", "cold-chain/create-cell"),
                ("place", place.as_str().unwrap()),
                ("kind", "own"),
                ("cell[name]", "Pesce"),
                ("cell[lowest]", lowest),
                ("cell[highest]", highest),
            ];
            browser.form("/app/cold-chain/add", &fields).await
        };
        let refused = make("−149", "41").await;
        let text = refused.text();
        assert!(
            refused.status == 400 && text.contains("must be from -148 to 212 °F") && text.contains("−149"),
            "{text}"
        );
        assert_eq!(make("35,6", "41").await.status, 303);
        let cells = cell.admin.get("/api/v1/coldcells?search=Pesce").await.expect(200);
        let made = &cells["data"][0];
        assert_eq!((&made["minTemperature"], &made["maxTemperature"]), (&json!(2.0), &json!(5.0)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_inspectors_paper_is_in_the_unit_and_what_programs_read_is_not() {
    TestServer::each(|server| async move {
        let cell = warm(&server).await;
        let path = format!("/api/v1/coldcells/{}", cell.id);
        let read = async || {
            let mut all: Vec<Value> = Vec::new();
            for path in [path.clone(), format!("{path}/report"), "/api/v1/alerts".to_owned()] {
                let mut data = cell.admin.get(&path).await.expect(200)["data"].take();
                if let Some(report) = data.as_object_mut() {
                    // The journal goes on with the setting.
                    report.remove("journal");
                }
                all.push(data);
            }
            all.push(cell.chart("24h").await);
            all
        };
        let before = read().await;
        // A text with ° in it stands on the paper in hexadecimal digits of Windows-1252.
        let holds = |paper: &[u8], words: &[u8]| {
            let digits: String = words.iter().map(|byte| format!("{byte:02X}")).collect();
            String::from_utf8_lossy(paper).to_uppercase().contains(&digits)
        };
        let (celsius, fahrenheit) = (b"-12,3 \xb0C", b"9,9 \xb0F");
        let paper = cell.admin.get(&format!("{path}/report.pdf")).await.body;
        assert!(holds(&paper, celsius) && !holds(&paper, b"\xb0F"));
        cell.admin.patch(SETTINGS, json!({ "temperatureUnit": "FAHRENHEIT" })).await.expect(200);
        let paper = cell.admin.get(&format!("{path}/report.pdf")).await.body;
        assert!(holds(&paper, fahrenheit) && !holds(&paper, b"\xb0C"));
        let table = cell.admin.get(&format!("{path}/report.csv")).await.text();
        assert!(table.contains("Massima °C") && table.contains("−12,3 °C") && !table.contains("°F"), "{table}");
        assert_eq!(read().await, before);
        server.stop().await;
    })
    .await;
}

//! The fleet changed by those who have pages and no program: cells, places, devices, among thousands.

use officina::kernel::db::sql;
use officina::kernel::time::MINUTE;
use serde_json::{Value, json};

use super::{Cell, customer, journaled, text};
use crate::support::{Client, START, TestServer};

const ADD: &str = "/app/cold-chain/add";

/// A person who reads and sends pages.
pub(super) async fn person(server: &TestServer, role: &str) -> Client {
    server.browser(role).await.with("accept", "text/html")
}

/// A page as it is shown, without the marks that hydration needs and the data that it takes along.
pub(super) async fn shown(person: &Client, path: &str) -> String {
    let answer = person.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let text = answer.text().replace("<!>", "").replace("<!---->", "");
    text[..text.find("</body>").expect("a body")].to_owned()
}

/// What a field holds when the page is shown.
pub(super) fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let tag = page.split('<').find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")));
    let tag = tag.unwrap_or_else(|| panic!("no field {name}: {page}"));
    tag.split(" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

/// The choices of a select, and the one that is chosen.
fn choices(page: &str, name: &str) -> (Vec<String>, Option<String>) {
    let select = page.split("<select").find(|part| part.contains(&format!("name=\"{name}\"")));
    let select = select.and_then(|part| part.split("</select>").next()).unwrap_or_else(|| panic!("no {name}: {page}"));
    let (mut all, mut chosen) = (Vec::new(), None);
    for option in select.split("<option").skip(1) {
        let (tag, words) = option.split_once('>').expect("a tag");
        let words = words.split('<').next().expect("words").to_owned();
        if tag.contains("selected") {
            chosen = Some(words.clone());
        }
        all.push(words);
    }
    (all, chosen)
}

async fn stored(admin: &Client, path: &str) -> Value {
    admin.get(&format!("/api/v1{path}")).await.expect(200)["data"].take()
}

#[tokio::test]
async fn a_cell_is_changed_by_page_and_what_was_left_alone_stays_to_the_last_digit() {
    TestServer::each(|server| async move {
        let odd = json!({
            "minTemperature": -20.123_456, "maxTemperature": -15.5, "hysteresis": 0.333_333,
            "alertDelaySeconds": 10, "doorOpenSeconds": 100, "offlineAfterSeconds": 901,
        });
        let cell = Cell::with(&server, odd, "CC-0001").await;
        let other = cell.admin.post("/api/v1/locations", json!({ "name": "Porto" })).await.expect(201);
        let other = text(&other["data"]["id"]);
        let (page, of_cell) = (format!("/app/cold-chain/cells/{}/edit", cell.id), format!("/coldcells/{}", cell.id));
        let technician = person(&server, "technician").await;
        let link = format!("href=\"{page}\"");
        assert!(shown(&technician, &page.replace("/edit", "")).await.contains(&link));
        let before = stored(&cell.admin, &of_cell).await;
        let form = shown(&technician, &page).await;
        assert_eq!(choices(&form, "place").1.as_deref(), Some("Magazzino"));
        let names = ["name", "lowest", "highest", "hysteresis", "alert_delay", "door_open", "offline_after"];
        let known = names.map(|name| field(&form, &format!("cell[{name}]")).to_owned());
        assert_eq!(known, ["Cella", "-20.12", "-15.5", "0.33", "0.17", "1.67", "15.02"]);

        let save = async |changed: &[(&str, &str)], place: &str| {
            let names = names.map(|name| format!("cell[{name}]"));
            let mut fields = vec![("function", "cold-chain/change-cell"), ("id", &cell.id), ("place", place)];
            for (name, known) in names.iter().zip(&known) {
                let new = changed.iter().find(|(changed, _)| *name == format!("cell[{changed}]"));
                fields.push((name, new.map_or(known.as_str(), |(_, value)| value)));
            }
            technician.form(&page, &fields).await
        };
        let saved = save(&[("name", "Cella 7")], &other).await;
        assert_eq!((saved.status.as_u16(), saved.header("location")), (303, Some(page.trim_end_matches("/edit"))));
        let after = stored(&cell.admin, &of_cell).await;
        assert_eq!((&after["name"], &after["locationName"]), (&json!("Cella 7"), &json!("Porto")));
        let numbers = ["minTemperature", "maxTemperature", "hysteresis"];
        let times = ["alertDelaySeconds", "doorOpenSeconds", "offlineAfterSeconds"];
        for number in numbers.into_iter().chain(times) {
            assert_eq!(after[number], before[number], "{number}");
        }

        let saved = save(&[("lowest", "−22,5"), ("alert_delay", "1,5"), ("offline_after", "30")], &other).await;
        assert_eq!(saved.status, 303, "{}", saved.text());
        let after = stored(&cell.admin, &of_cell).await;
        assert_eq!((&after["minTemperature"], &after["maxTemperature"]), (&json!(-22.5), &json!(-15.5)));
        assert_eq!((&after["alertDelaySeconds"], &after["offlineAfterSeconds"]), (&json!(90), &json!(1_800)));

        // All that is wrong is told at once, beside the fields, and what was typed is there still.
        let wrong = [("lowest", "cold"), ("hysteresis", ""), ("door_open", "1441"), ("name", "Renamed")];
        let refused = save(&wrong, &other).await;
        let words = refused.text();
        assert_eq!(refused.status, 400);
        for sentence in ["must be a number.", "is required.", "must be from 0 to 1440 minutes."] {
            assert!(words.contains(sentence), "{sentence}: {words}");
        }
        assert_eq!((field(&words, "cell[lowest]"), field(&words, "cell[name]")), ("cold", "Renamed"));
        assert_eq!(choices(&words, "place").1.as_deref(), Some("Porto"));
        let refused = save(&[("lowest", "-10")], &other).await;
        assert!(refused.status == 400 && refused.text().contains("must be above the lowest"), "{}", refused.text());
        let refused = save(&[], "nowhere").await;
        assert!(refused.status == 400 && refused.text().contains("must be chosen"), "{}", refused.text());
        assert_eq!(stored(&cell.admin, &of_cell).await["name"], "Cella", "not renamed by what was refused");
        assert_eq!(journaled(server.app(), "cold_chain.cell_changed").await.len(), 2);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn limits_and_hysteresis_are_typed_in_the_organisations_unit() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        cell.admin.patch("/api/v1/admin/settings", json!({ "temperatureUnit": "fahrenheit" })).await.expect(200);
        let page = format!("/app/cold-chain/cells/{}/edit", cell.id);
        let admin = person(&server, "admin").await;
        let form = shown(&admin, &page).await;
        let numbers = ["lowest", "highest", "hysteresis"].map(|name| field(&form, &format!("cell[{name}]")));
        assert_eq!(numbers, ["-13", "5", "0.9"]);
        let place = text(&stored(&cell.admin, &format!("/coldcells/{}", cell.id)).await["locationId"]);
        let save = async |highest: &str, hysteresis: &str| {
            let fields = [
                ("function", "cold-chain/change-cell"),
                ("id", cell.id.as_str()),
                ("place", place.as_str()),
                ("cell[name]", "Cella"),
                ("cell[lowest]", "-13"),
                ("cell[highest]", highest),
                ("cell[hysteresis]", hysteresis),
                ("cell[alert_delay]", "0"),
                ("cell[door_open]", "5"),
                ("cell[offline_after]", "15"),
            ];
            admin.form(&page, &fields).await
        };
        let refused = save("14", "14").await;
        assert!(refused.text().contains("must be from 0 to 13.5 °F"), "half of the span: {}", refused.text());
        assert_eq!(save("14", "1.8").await.status, 303);
        let after = stored(&cell.admin, &format!("/coldcells/{}", cell.id)).await;
        let stored = ["minTemperature", "maxTemperature", "hysteresis"].map(|name| after[name].clone());
        assert_eq!(stored, [json!(-25.0), json!(-10.0), json!(1.0)]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_place_has_a_page_where_its_cells_stand_and_where_it_is_changed() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let owner = customer(&server, "Gelati").await;
        let place = text(&stored(&cell.admin, &format!("/coldcells/{}", cell.id)).await["locationId"]);
        let page = format!("/app/cold-chain/places/{place}");
        cell.admin.patch(&format!("/api/v1/locations/{place}"), json!({ "customerId": owner })).await.expect(200);
        let manager = person(&server, "manager").await;
        for from in ["/app/cold-chain".to_owned(), format!("/app/cold-chain/cells/{}", cell.id)] {
            assert!(shown(&manager, &from).await.contains(&format!("href=\"{page}\"")), "{from}");
        }
        let text_now = shown(&manager, &page).await;
        for words in
            ["Magazzino", "Gelati", &format!("/app/cold-chain/cells/{}", cell.id), &format!("{ADD}?place={place}")]
        {
            assert!(text_now.contains(words), "{words}: {text_now}");
        }
        let save = async |fields: &[(&str, &str)]| {
            let mut all = vec![("function", "cold-chain/change-place"), ("id", &place), ("name", "Molo")];
            all.extend_from_slice(fields);
            manager.form(&page, &all).await
        };
        let refused = save(&[("address", "Via Roma 1"), ("time_zone", "Roma"), ("customer", &owner)]).await;
        let words = refused.text();
        assert!(refused.status == 400 && words.contains("must be a time zone such as"), "{words}");
        assert_eq!((field(&words, "name"), field(&words, "address")), ("Molo", "Via Roma 1"));
        let given = [("address", "Via Roma 1"), ("time_zone", "Europe/Rome"), ("customer", &*owner)];
        assert_eq!(save(&given).await.status, 303);
        let after = stored(&cell.admin, &format!("/locations/{place}")).await;
        let of = |after: &Value| ["name", "address", "timeZone", "customerName"].map(|name| after[name].clone());
        assert_eq!(of(&after), [json!("Molo"), json!("Via Roma 1"), json!("Europe/Rome"), json!("Gelati")]);
        assert_eq!(save(&[("address", ""), ("time_zone", ""), ("customer", &owner)]).await.status, 303);
        let after = stored(&cell.admin, &format!("/locations/{place}")).await;
        assert_eq!(of(&after), [json!("Molo"), Value::Null, Value::Null, json!("Gelati")], "what is emptied goes");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_device_is_renamed_and_moved_by_page_by_those_who_manage_devices() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        cell.send(&server, json!({ "temperature": 5, "recordedAt": START.0 }), 201).await;
        let place = text(&stored(&cell.admin, &format!("/coldcells/{}", cell.id)).await["locationId"]);
        let fridge = json!({ "name": "Frigo", "locationId": place, "preset": "fridge" });
        let fridge = text(&cell.admin.post("/api/v1/coldcells", fridge).await.expect(201)["data"]["id"]);
        let (page, of_device) =
            (format!("/app/cold-chain/devices/{}", cell.device_id), format!("/devices/{}", cell.device_id));
        assert!(!shown(&person(&server, "technician").await, &page).await.contains("Change this device"));
        let manager = person(&server, "manager").await;
        let form = shown(&manager, &page).await;
        assert_eq!(choices(&form, "cell").1.as_deref(), Some("Cella · Magazzino"));
        let save = async |name: &str, firmware: &str, cell_id: &str| {
            let function = ("function", "cold-chain/change-device");
            let fields =
                [function, ("id", &*cell.device_id), ("name", name), ("firmware", firmware), ("cell", cell_id)];
            manager.form(&page, &fields).await
        };
        let long = "x".repeat(61);
        let refused = save("Left", &long, &fridge).await;
        let words = refused.text();
        assert!(refused.status == 400 && words.contains("must have at most 60 characters"), "{words}");
        assert_eq!((field(&words, "name"), field(&words, "firmware")), ("Left", &*long));
        assert_eq!(choices(&words, "cell").1.as_deref(), Some("Frigo · Magazzino"));
        assert_eq!(save("Left", "2.1", &fridge).await.status, 303);
        let after = stored(&cell.admin, &of_device).await;
        let of = |after: &Value| ["name", "firmwareVersion", "coldCellName"].map(|name| after[name].clone());
        assert_eq!(of(&after), [json!("Left"), json!("2.1"), json!("Frigo")]);
        let alert = cell.alerts().await[0].take();
        assert_eq!(
            (&alert["status"], &alert["resolutionNote"]),
            (&json!("RESOLVED"), &json!("The device was moved to another cell."))
        );
        assert_eq!(save("", "", &fridge).await.status, 303);
        let after = stored(&cell.admin, &of_device).await;
        assert_eq!(of(&after), [Value::Null, Value::Null, json!("Frigo")], "what is emptied goes");
        server.stop().await;
    })
    .await;
}

/// A hundred and twenty places beside each other, named `Depot 001` and so on, each with a cell.
pub(super) async fn many(server: &TestServer) -> Vec<String> {
    let mut tx = server.app().db.begin().await.unwrap();
    let mut places = Vec::new();
    for number in 1..=120_i64 {
        let (place, cell) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
        sql("INSERT INTO locations (org_id, id, name, address, created_at) VALUES ($1, $2, $3, 'Via Roma', $4)")
            .bind(server.org.id)
            .bind(place)
            .bind(format!("Depot {number:03}"))
            .bind(number)
            .run(&mut tx)
            .await
            .unwrap();
        sql("INSERT INTO cold_cells (org_id, id, location_id, name, min_temperature, max_temperature, hysteresis, \
             alert_delay_seconds, door_open_seconds, offline_after_seconds, created_at) \
             VALUES ($1, $2, $3, $4, -25.0, -15.0, 0.5, 0, 300, 900, $5)")
        .bind(server.org.id)
        .bind(cell)
        .bind(place)
        .bind(format!("Cell {number:03}"))
        .bind(number)
        .run(&mut tx)
        .await
        .unwrap();
        places.push(place.to_string());
    }
    tx.commit().await.unwrap();
    places
}

#[tokio::test]
async fn the_last_of_many_places_and_cells_is_chosen_as_easily_as_the_first() {
    TestServer::each(|server| async move {
        let places = many(&server).await;
        let last = places.last().unwrap();
        let admin = person(&server, "admin").await;
        let (all, _) = choices(&shown(&admin, ADD).await, "place");
        assert_eq!((all.len(), all[0].as_str()), (50, "Depot 001"));

        // By the way from its own page.
        let here = format!("{ADD}?place={last}");
        assert!(shown(&admin, &format!("/app/cold-chain/places/{last}")).await.contains(&format!("href=\"{here}\"")));
        assert_eq!(choices(&shown(&admin, &here).await, "place").1.as_deref(), Some("Depot 120"));
        // By words, with what was typed already; the words of what is chosen already do not hide what was found.
        let looked = format!("{ADD}?place={}&search=DEPOT+11&cell%5Bname%5D=Pesce&kind=fridge", places[0]);
        let page = shown(&admin, &looked).await;
        let (found, chosen) = choices(&page, "place");
        assert_eq!((found.len(), found[0].as_str(), chosen), (11, "Depot 011", None));
        assert_eq!((field(&page, "cell[name]"), field(&page, "search")), ("Pesce", "DEPOT 11"));
        assert_eq!(choices(&page, "kind").1.unwrap(), "Fridge, 2 to 8 °C");
        let none = shown(&admin, &format!("{ADD}?place={last}&search=nowhere")).await;
        assert!(
            none.contains("Nothing matches") && choices(&none, "place").1.as_deref() == Some("Depot 120"),
            "{none}"
        );
        // A refusal keeps the one that was chosen, far down the list as it is.
        let fields = [
            ("function", "cold-chain/create-cell"),
            ("place", last.as_str()),
            ("kind", "own"),
            ("cell[name]", "Pesce"),
            ("cell[lowest]", "cold"),
            ("cell[highest]", "4"),
        ];
        let refused = admin.form(ADD, &fields).await;
        assert_eq!((refused.status.as_u16(), choices(&refused.text(), "place").1.as_deref()), (400, Some("Depot 120")));
        let made = admin.form(ADD, &[&fields[..4], &[("cell[lowest]", "-1"), ("cell[highest]", "4")]].concat()).await;
        let cell = made.header("location").expect("its page").to_owned();
        assert!(shown(&admin, &cell).await.contains("Depot 120"));

        // The same where a cell moves, and where a device does.
        let edit = shown(&admin, &format!("{cell}/edit?search=depot+007&cell%5Blowest%5D=-3")).await;
        assert_eq!((choices(&edit, "place").0, field(&edit, "cell[lowest]")), (vec!["Depot 007".to_owned()], "-3"));
        let id = cell.rsplit('/').next().unwrap();
        let device = json!({ "serialNumber": "D-1", "coldCellId": id });
        let json = server.browser("admin").await;
        let device = text(&json.post("/api/v1/devices", device).await.expect(201)["data"]["id"]);
        let page = format!("/app/cold-chain/devices/{device}");
        assert_eq!(choices(&shown(&admin, &page).await, "cell").1.as_deref(), Some("Pesce · Depot 120"));
        let page = shown(&admin, &format!("{page}?search=cell+117&name=Left")).await;
        assert_eq!((choices(&page, "cell").0, field(&page, "name")), (vec!["Cell 117 · Depot 117".to_owned()], "Left"));

        // Programs find places by the same words.
        let found = json.get("/api/v1/locations?search=via%20roma%20099").await.expect(200);
        assert_eq!((&found["data"][0]["name"], &found["page"]["total"]), (&json!("Depot 099"), &json!(1)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_cells_page_shows_its_past_alerts_and_whose_it_is() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let other = Cell::with(&server, json!({ "preset": "fridge" }), "CC-0002").await;
        let owner = customer(&server, "Gelati").await;
        let place = text(&stored(&cell.admin, &format!("/coldcells/{}", cell.id)).await["locationId"]);
        cell.admin.patch(&format!("/api/v1/locations/{place}"), json!({ "customerId": owner })).await.expect(200);
        let technician = person(&server, "technician").await;
        let page = format!("/app/cold-chain/cells/{}", cell.id);
        assert!(!shown(&technician, &page).await.contains("Past alerts"));
        for _ in 0..11 {
            for temperature in [5, -20] {
                server.advance(MINUTE);
                let at = server.app().clock.now().0;
                cell.send(&server, json!({ "temperature": temperature, "recordedAt": at }), 201).await;
            }
        }
        other.send(&server, json!({ "temperature": 30, "recordedAt": server.app().clock.now().0 }), 201).await;
        let alerts = cell.alerts().await;
        let ids: Vec<String> = alerts.iter().map(|alert| text(&alert["id"])).collect();
        assert_eq!((ids.len(), &alerts[0]["customerName"]), (11, &json!("Gelati")));
        let words = shown(&technician, &page).await;
        assert!(words.contains("Past alerts") && words.contains("Gelati"), "{words}");
        let linked = |id: &String| words.contains(&format!("href=\"/app/alerts/{id}\""));
        assert!(ids[..10].iter().all(linked) && !linked(&ids[10]), "the newest ten: {words}");
        let all = format!("/app/alerts?resolved=1&cell={}", cell.id);
        assert!(words.contains(&all.replace('&', "&amp;")), "{words}");

        let list = shown(&technician, &all).await;
        assert!(ids.iter().all(|id| list.contains(id)) && list.contains("Show the alerts of all cells"), "{list}");
        assert!(list.contains("Magazzino · Gelati"), "{list}");
        // The other cell's goes on: it stands among those of all cells, and not among this one's.
        let theirs = text(&other.alerts().await[0]["id"]);
        assert!(shown(&technician, "/app/alerts").await.contains(&theirs));
        let active = shown(&technician, &format!("/app/alerts?cell={}", cell.id)).await;
        assert!(!active.contains(&theirs) && active.contains("Show the alerts of all cells"), "{active}");
        server.stop().await;
    })
    .await;
}

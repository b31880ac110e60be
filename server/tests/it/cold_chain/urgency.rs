//! What needs somebody most stands first, and nothing is called better than it is.

use officina::cold_chain::backlog;
use officina::cold_chain::service::wall;
use officina::kernel::db::sql;
use officina::kernel::time::MINUTE;
use serde_json::{Value, json};

use super::by_page::{many, person, shown};
use super::{Cell, account, alone, customer, look, text};
use crate::support::{Client, TestServer};

const WALL: &str = "/app/cold-chain/wall";

/// Makes devices by a table, `D-1` and so on, in cells that are named by id or name, and returns the devices.
async fn devices(server: &TestServer, admin: &Client, cells: &[String]) -> Vec<Client> {
    let rows: String = (1..).zip(cells).map(|(number, cell)| format!("D-{number},{cell}\n")).collect();
    let table = json!({ "csv": format!("serialNumber,coldCell\n{rows}") });
    let made = admin.post("/api/v1/devices/import", table).await.expect(201)["data"]["devices"].take();
    let keys = made.as_array().expect("devices").iter().map(|device| text(&device["apiKey"]));
    keys.map(|key| server.visitor().with("x-device-key", &key)).collect()
}

async fn send(server: &TestServer, device: &Client, number: usize, temperature: f64) {
    let reading = json!({ "temperature": temperature, "recordedAt": server.app().clock.now().0 });
    device.post(&format!("/api/v1/readings/devices/D-{number}/readings"), reading).await.expect(201);
    while backlog::catch_up(server.app()).await.expect("caught up").is_some() {}
}

#[tokio::test]
async fn the_wall_counts_every_alert_and_shows_those_first_that_nobody_is_on() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let cell = Cell::freezer(&server).await;
        let devices = devices(&server, &cell.admin, &vec![cell.id.clone(); 35]).await;
        // The oldest ten are left alone; somebody is on all that came later.
        for (number, device) in (1..).zip(&devices[..10]) {
            send(&server, device, number, 3.0).await;
            server.advance(MINUTE / 2);
        }
        for (number, device) in (11..).zip(&devices[10..]) {
            send(&server, device, number, 3.0).await;
        }
        let active = cell.admin.get("/api/v1/alerts?status=ACTIVE&limit=100").await.expect(200)["data"].take();
        for alert in &active.as_array().expect("alerts")[..25] {
            let path = format!("/api/v1/alerts/{}/acknowledge", text(&alert["id"]));
            cell.admin.post(&path, json!({})).await.expect(200);
        }
        let technician = server.actor("technician").await;
        let seen = wall(server.app(), &technician, 24, 60).await.expect("a wall");
        assert_eq!((seen.active, seen.unattended, seen.alerts.len()), (35, 10, 24));
        let order: Vec<_> =
            seen.alerts.iter().map(|alert| (alert.acknowledged_at.is_some(), alert.opened_at, alert.id)).collect();
        assert!(order.is_sorted() && !order[9].0 && order[10].0, "{order:?}");

        let page = shown(&person(&server, "technician").await, WALL).await;
        assert!(page.contains("10 alerts without reaction") && !page.contains("on every alert"), "{page}");
        assert!(page.contains("and 11 more, with somebody on each"), "{page}");
        assert_eq!((page.matches("nobody has reacted").count(), page.matches("somebody is on it").count()), (10, 14));

        // Of the alerts of others nothing is counted.
        let theirs = customer(&server, "Gelati").await;
        let links = format!("/api/v1/admin/users/{}/customers", account(&cell.admin, "technician").await);
        cell.admin.put(&links, json!({ "customerIds": [theirs] })).await.expect(200);
        let seen = wall(server.app(), &server.actor("technician").await, 24, 60).await.expect("a wall");
        assert_eq!((seen.active, seen.unattended, seen.cold_cells, seen.customers), (0, 0, 0, 0));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_wall_shows_the_worst_cells_however_late_they_were_made() {
    TestServer::each(|server| async move {
        alone(&server).await;
        many(&server).await;
        let admin = server.browser("admin").await;
        let names: Vec<String> = (1..=120).map(|number| format!("Cell {number:03}")).collect();
        let devices = devices(&server, &admin, &names).await;
        for (number, device) in (1..).zip(&devices) {
            send(&server, device, number, -20.0).await;
        }
        let technician = person(&server, "technician").await;
        let page = shown(&technician, WALL).await;
        assert!(page.contains("All is well") && page.contains("and 60 more cells, all of them in order"), "{page}");

        // Of the last ones one goes silent, one is too warm and may be so for an hour, one has an alert.
        let change = async |name: &str, settings: Value| {
            let path = format!("/api/v1/coldcells?search={}", name.replace(' ', "%20"));
            let cell = text(&admin.get(&path).await.expect(200)["data"][0]["id"]);
            admin.patch(&format!("/api/v1/coldcells/{cell}"), settings).await.expect(200);
        };
        change("Cell 118", json!({ "offlineAfterSeconds": 60 })).await;
        change("Cell 119", json!({ "alertDelaySeconds": 3_600 })).await;
        server.advance(2 * MINUTE);
        send(&server, &devices[118], 119, 5.0).await;
        let worst = async || {
            let seen = wall(server.app(), &server.actor("technician").await, 24, 60).await.expect("a wall");
            let names: Vec<String> = seen.cells.into_iter().map(|cell| cell.name).collect();
            ((seen.cold_cells, seen.uneasy, names.len()), names[..3].join(", "))
        };
        assert_eq!(worst().await, ((120, 2, 60), "Cell 119, Cell 118, Cell 001".to_owned()));
        let page = shown(&technician, WALL).await;
        assert!(page.contains("2 cells are not as they should be") && !page.contains("All is well"), "{page}");
        send(&server, &devices[119], 120, 5.0).await;
        assert_eq!(worst().await, ((120, 3, 60), "Cell 120, Cell 119, Cell 118".to_owned()));
        let page = shown(&technician, WALL).await;
        for words in
            ["1 alert without reaction", "Beyond its limits", "Silent", "and 60 more cells, all of them in order"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        server.stop().await;
    })
    .await;
}

/// A place of somebody with a freezer and so many devices, each of which has sent a reading. Returns the cell.
async fn owned(server: &TestServer, admin: &Client, owner: Option<&str>, readings: &[Value]) -> String {
    let customer = match owner {
        Some(name) => Some(customer(server, name).await),
        None => None,
    };
    let place = json!({ "name": "Deposito", "customerId": customer });
    let place = admin.post("/api/v1/locations", place).await.expect(201)["data"]["id"].take();
    let name = format!("Cella {}", owner.unwrap_or("nostra"));
    let cell = json!({ "name": name, "locationId": place, "preset": "freezer" });
    let cell = text(&admin.post("/api/v1/coldcells", cell).await.expect(201)["data"]["id"]);
    for (number, reading) in readings.iter().enumerate() {
        let serial = format!("{}-{number}", owner.unwrap_or("N"));
        let device = json!({ "serialNumber": serial, "coldCellId": cell });
        let key = text(&admin.post("/api/v1/devices", device).await.expect(201)["data"]["apiKey"]);
        let device = server.visitor().with("x-device-key", &key);
        device.post(&format!("/api/v1/readings/devices/{serial}/readings"), reading.clone()).await.expect(201);
    }
    look(server.app()).await;
    cell
}

#[tokio::test]
async fn customers_stand_by_what_cannot_wait_and_not_by_how_much_there_is() {
    TestServer::each(|server| async move {
        alone(&server).await;
        let admin = server.browser("admin").await;
        let (warm, cold) = (json!({ "temperature": 4 }), json!({ "temperature": -20 }));
        let (dark, empty) = (
            json!({ "temperature": -20, "powerStatus": false }),
            json!({ "temperature": -20, "batteryLevel": 3, "powerStatus": true }),
        );
        owned(&server, &admin, Some("Bar"), &[cold]).await;
        let noted = owned(&server, &admin, Some("Albergo"), &[warm.clone(), warm.clone(), dark.clone()]).await;
        owned(&server, &admin, Some("Caseificio"), &[empty.clone(), empty]).await;
        let ours = owned(&server, &admin, None, &[dark]).await;
        owned(&server, &admin, Some("Pescheria"), std::slice::from_ref(&warm)).await;
        let urgent = owned(&server, &admin, Some("Zuccheri"), std::slice::from_ref(&warm)).await;
        let of = async |cell: &str| {
            let alerts = admin.get(&format!("/api/v1/alerts?coldCellId={cell}")).await.expect(200)["data"].take();
            alerts.as_array().expect("alerts").iter().map(|alert| text(&alert["id"])).collect::<Vec<_>>()
        };
        for alert in of(&noted).await {
            admin.post(&format!("/api/v1/alerts/{alert}/acknowledge"), json!({})).await.expect(200);
        }
        let escalated: uuid::Uuid = of(&urgent).await[0].parse().expect("an id");
        let mut tx = server.app().db.begin().await.unwrap();
        sql("UPDATE alerts SET escalation_level = 1 WHERE id = $1").bind(escalated).run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();

        let numbers = admin.get("/api/v1/dashboard/technician").await.expect(200)["data"].take();
        let listed = numbers["customerList"].as_array().expect("customers").iter();
        let order: Vec<String> = listed.map(|customer| text(&customer["name"])).collect();
        assert_eq!(order, ["Zuccheri", "Pescheria", "Caseificio", "Albergo", "Bar"]);

        let technician = person(&server, "technician").await;
        let page = shown(&technician, "/app/cold-chain/customers").await;
        let rows: Vec<&str> = page.split("<td class=\"head\">").skip(1).collect();
        let order = ["Zuccheri", "Pescheria", "Places without a customer", "Caseificio", "Albergo", "Bar"];
        assert_eq!(rows.len(), order.len());
        for (row, name) in rows.iter().zip(order) {
            assert!(row.contains(&format!(">{name}<")), "{name}: {row}");
        }
        assert!(rows[4].contains("3 alerts, with somebody on each") && rows[5].contains("In order"), "{page}");

        // And the row of what is nobody's leads to what is nobody's.
        let link = "/app/cold-chain?customer=none";
        assert!(rows[2].contains(&format!("href=\"{link}\"")), "{}", rows[2]);
        let nobodys = shown(&technician, link).await;
        assert!(nobodys.contains(&ours) && nobodys.contains("Places without a customer"), "{nobodys}");
        assert!(!nobodys.contains(&urgent) && nobodys.contains("1 of 1 cells"), "{nobodys}");
        let count = async |is: bool| {
            admin.get(&format!("/api/v1/coldcells?withoutCustomer={is}")).await.expect(200)["page"]["total"].take()
        };
        assert_eq!((count(true).await, count(false).await), (json!(1), json!(5)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn all_is_well_only_where_all_was_asked_for() {
    TestServer::each(|server| async move {
        let cell = Cell::freezer(&server).await;
        let other = Cell::with(&server, json!({ "preset": "fridge" }), "CC-0002").await;
        let technician = person(&server, "technician").await;
        let calm = shown(&technician, "/app/alerts").await;
        assert!(calm.contains("All is well") && !calm.contains("No such alert"), "{calm}");
        let none_over = shown(&technician, "/app/alerts?resolved=1").await;
        assert!(none_over.contains("No alert has been over yet"), "{none_over}");

        cell.send(&server, json!({ "temperature": 3 }), 201).await;
        let narrow = ["type=LOW_TEMP".to_owned(), format!("cell={}", other.id)];
        for query in &narrow {
            let active = shown(&technician, &format!("/app/alerts?{query}")).await;
            assert!(active.contains("No such alert is active") && !active.contains("All is well"), "{query}: {active}");
            assert!(active.contains("href=\"/app/alerts\" class=\"btn\">Show all active alerts"), "{query}: {active}");
            let over = shown(&technician, &format!("/app/alerts?resolved=1&{query}")).await;
            assert!(over.contains("No such alert is over") && !over.contains("has been over yet"), "{query}: {over}");
            assert!(
                over.contains("href=\"/app/alerts?resolved=1\" class=\"btn\">Show all alerts that are over"),
                "{query}: {over}"
            );
        }

        // Behind the end of a list, too, nothing is said of all; and the way leads back to where this list begins.
        let (first, last) =
            (format!("0.{}", uuid::Uuid::nil().simple()), "7fffffffffffffff.0195f0c0000070008000000000000000");
        for (list, cursor) in [
            ("/app/alerts", first.as_str()),
            ("/app/alerts?resolved=1", &first),
            ("/app/cold-chain", last),
            ("/app/cold-chain/devices?search=CC", last),
            ("/app/repairs", &first),
        ] {
            let sign = if list.contains('?') { '&' } else { '?' };
            let past = shown(&technician, &format!("{list}{sign}cursor={cursor}")).await;
            assert!(past.contains("The list has ended before this page."), "{list}: {past}");
            assert!(past.contains(&format!("href=\"{list}\" class=\"btn\">First page")), "{list}: {past}");
            assert!(
                !past.contains("All is well") && !past.contains("yet") && !past.contains("match"),
                "{list}: {past}"
            );
        }
        server.stop().await;
    })
    .await;
}

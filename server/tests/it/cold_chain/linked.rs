//! Members who are linked to customers: of the cold chain they see and touch what is theirs, and nothing else.

use axum::http::Method;
use officina::kernel::permission::Permission;
use officina::kernel::time::HOUR;
use serde_json::{Value, json};

use super::{account, customer, journaled, text};
use crate::support::{Client, START, TestServer};

/// What one customer has: a location with a cell, a device, an alert and a silence.
struct Site {
    customer: String,
    location: String,
    cell: String,
    device: String,
    alert: String,
    silence: String,
}

impl Site {
    async fn of(server: &TestServer, admin: &Client, name: &str) -> Self {
        let customer = customer(server, name).await;
        let made = async |path: &str, body: Value| {
            admin.post(&format!("/api/v1{path}"), body).await.expect(201)["data"].take()
        };
        let location = json!({ "name": format!("Depot of {name}"), "customerId": customer });
        let location = text(&made("/locations", location).await["id"]);
        let cell = json!({ "name": format!("Cell of {name}"), "locationId": location, "preset": "freezer" });
        let cell = text(&made("/coldcells", cell).await["id"]);
        let device = made("/devices", json!({ "serialNumber": name, "coldCellId": cell })).await;
        let client = server.visitor().with("x-device-key", device["apiKey"].as_str().unwrap());
        let path = format!("/api/v1/readings/devices/{name}/readings");
        client.post(&path, json!({ "temperature": 3.0 })).await.expect(201);
        let alerts = admin.get(&format!("/api/v1/alerts?coldCellId={cell}")).await.expect(200);
        let until = START.plus(HOUR).to_string();
        let silence = made("/silences", json!({ "coldCellId": cell, "until": until })).await;
        let alert = text(&alerts["data"][0]["id"]);
        Self { customer, location, cell, device: text(&device["id"]), alert, silence: text(&silence["id"]) }
    }

    /// A path with this site's ids.
    fn fill(&self, path: &str) -> String {
        let ids = [
            ("{location}", &self.location),
            ("{cell}", &self.cell),
            ("{device}", &self.device),
            ("{alert}", &self.alert),
            ("{silence}", &self.silence),
        ];
        ids.into_iter().fold(format!("/api/v1{path}"), |path, (name, id)| path.replace(name, id))
    }
}

async fn link(admin: &Client, role: &str, customers: &[&str]) -> Value {
    let path = format!("/api/v1/admin/users/{}/customers", account(admin, role).await);
    admin.put(&path, json!({ "customerIds": customers })).await.expect(200)["data"].take()
}

/// How much of everything somebody sees.
async fn seen(client: &Client) -> Vec<(i64, usize)> {
    let mut seen = Vec::new();
    for list in ["locations", "coldcells", "devices", "alerts", "silences"] {
        let list = client.get(&format!("/api/v1/{list}")).await.expect(200);
        seen.push((list["page"]["total"].as_i64().unwrap(), list["data"].as_array().unwrap().len()));
    }
    let numbers = client.get("/api/v1/dashboard/technician").await.expect(200)["data"].take();
    for number in ["coldCells", "activeAlerts", "customers"] {
        seen.push((numbers[number].as_i64().unwrap(), numbers["customerList"].as_array().unwrap().len()));
    }
    seen
}

#[tokio::test]
async fn a_linked_member_sees_and_touches_the_cold_chain_of_these_customers_alone() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let ours = Site::of(&server, &admin, "Gelati").await;
        let theirs = Site::of(&server, &admin, "Pesce").await;
        let nobodys = admin.post("/api/v1/locations", json!({ "name": "Our own" })).await.expect(201);
        let manager = server.member("manager").await;
        let all = seen(&manager).await;
        assert_eq!(all, [(3, 3), (2, 2), (2, 2), (2, 2), (2, 2), (2, 2), (2, 2), (2, 2)]);

        let linked = link(&admin, "manager", &[&ours.customer, &ours.customer]).await;
        assert_eq!(linked, json!([{ "id": ours.customer, "name": "Gelati" }]));
        assert_eq!(seen(&manager).await, [(1, 1); 8]);
        let own = text(&nobodys["data"]["id"]);
        manager.get(&format!("/api/v1/locations/{own}")).await.expect_error(404, "NOT_FOUND");

        // The last ones end what the ones before them need.
        let routes = [
            (Method::GET, "/locations/{location}", Value::Null),
            (Method::PATCH, "/locations/{location}", json!({ "name": "Renamed" })),
            (Method::GET, "/coldcells/{cell}", Value::Null),
            (Method::PATCH, "/coldcells/{cell}", json!({ "name": "Renamed" })),
            (Method::POST, "/coldcells/{cell}/maintenance", json!({ "until": START.plus(HOUR).to_string() })),
            (Method::DELETE, "/coldcells/{cell}/maintenance", Value::Null),
            (Method::GET, "/readings/coldcells/{cell}/readings", Value::Null),
            (Method::GET, "/devices/{device}", Value::Null),
            (Method::PATCH, "/devices/{device}", json!({ "name": "Renamed" })),
            (Method::POST, "/devices/{device}/rotate-key", json!({})),
            (Method::GET, "/alerts/{alert}", Value::Null),
            (Method::POST, "/alerts/{alert}/acknowledge", json!({})),
            (Method::PATCH, "/alerts/{alert}/resolve", json!({})),
            (Method::DELETE, "/silences/{silence}", Value::Null),
        ];
        for (method, path, body) in routes {
            let foreign = manager.json(method.clone(), &theirs.fill(path), body.clone()).await;
            foreign.expect_error(404, "NOT_FOUND");
            let answer = manager.json(method.clone(), &ours.fill(path), body).await;
            assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        }

        let until = START.plus(HOUR).to_string();
        for (method, path, body) in [
            (Method::POST, "/locations", json!({ "name": "New" })),
            (Method::POST, "/locations", json!({ "name": "New", "customerId": theirs.customer })),
            (Method::PATCH, "/locations/{location}", json!({ "customerId": theirs.customer })),
            (Method::POST, "/coldcells", json!({ "name": "New", "preset": "fridge", "locationId": theirs.location })),
            (Method::PATCH, "/coldcells/{cell}", json!({ "locationId": theirs.location })),
            (Method::POST, "/devices", json!({ "serialNumber": "NEW", "coldCellId": theirs.cell })),
            (Method::PATCH, "/devices/{device}", json!({ "coldCellId": theirs.cell })),
            (Method::POST, "/silences", json!({ "coldCellId": theirs.cell, "until": until })),
            (Method::POST, "/silences", json!({ "locationId": theirs.location, "until": until })),
        ] {
            let answer = manager.json(method, &ours.fill(path), body).await;
            answer.expect_error(400, "VALIDATION_ERROR");
        }
        let inside = json!({ "name": "New", "customerId": ours.customer });
        manager.post("/api/v1/locations", inside).await.expect(201);

        link(&admin, "manager", &[&ours.customer, &theirs.customer]).await;
        assert_eq!(manager.get("/api/v1/coldcells").await.expect(200)["page"]["total"], 2);
        link(&admin, "manager", &[]).await;
        let now = seen(&manager).await;
        assert_eq!(now, [(4, 4), (2, 2), (2, 2), (2, 2), (1, 1), (2, 2), (1, 2), (2, 2)], "all of it, as before");
        let journal = journaled(server.app(), "identity.customers_linked").await;
        assert_eq!(journal.len(), 3);
        assert_eq!(journal[0], json!({ "customerIds": [ours.customer] }));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_link_holds_on_pages_and_for_programs_and_leaves_repairs_alone() {
    TestServer::each(|server| async move {
        let admin = server.browser("admin").await;
        let ours = Site::of(&server, &admin, "Gelati").await;
        let theirs = Site::of(&server, &admin, "Pesce").await;
        let token = json!({ "name": "Display", "permissions": ["cold_chain:read"] });
        let token = admin.post("/api/v1/admin/tokens", token).await.expect(201)["data"]["key"].take();
        let display = server.visitor().with("authorization", &format!("Bearer {}", text(&token)));
        assert_eq!(display.get("/api/v1/coldcells").await.expect(200)["page"]["total"], 2);
        link(&admin, "admin", &[&ours.customer]).await;
        assert_eq!(display.get("/api/v1/coldcells").await.expect(200)["page"]["total"], 1);
        link(&admin, "admin", &[]).await;

        let member = format!("/app/people/{}", account(&admin, "technician").await);
        let browser = admin.with("accept", "text/html").with("sec-fetch-site", "same-origin");
        let page = browser.get(&member).await.text();
        assert!(page.contains("Gelati") && page.contains("Pesce") && !page.contains("checked"), "{page}");
        let id = member.rsplit('/').next().unwrap();
        let form = [("function", "people/customers"), ("id", id), ("customers[]", ours.customer.as_str())];
        assert_eq!(browser.form(&member, &form).await.status, 303);
        let page = browser.get(&member).await.text();
        assert_eq!(page.matches("checked").count(), 1, "{page}");
        let stranger = uuid::Uuid::now_v7().to_string();
        let form = [("function", "people/customers"), ("id", id), ("customers[]", stranger.as_str())];
        assert_eq!(browser.form(&member, &form).await.status, 400);

        let technician = server.browser("technician").await;
        assert_eq!(technician.get("/api/v1/repairs").await.expect(200)["page"]["total"], 0);
        let pages = technician.with("accept", "text/html");
        for page in ["/app/cold-chain", "/app/alerts"] {
            let text = pages.get(page).await.text();
            assert!(text.contains("Cell of Gelati") && !text.contains("Pesce"), "{page}: {text}");
        }
        assert_eq!(pages.get(&format!("/app/cold-chain/cells/{}", ours.cell)).await.status, 200);
        assert_eq!(pages.get(&format!("/app/cold-chain/cells/{}", theirs.cell)).await.status, 404);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_linked_member_gives_to_nobody_what_is_theirs_for_some_customers_alone() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let role = async |label: &str, permissions: &[&str]| {
            let role = json!({ "label": label, "permissions": permissions });
            text(&admin.post("/api/v1/admin/roles", role).await.expect(201)["data"]["name"])
        };
        let all = Permission::ALL.iter().filter(|permission| permission.is_by_customer());
        let all: Vec<&str> = all.map(|permission| permission.as_str()).collect();
        let lead = role("Lead", &[all.as_slice(), &["users:manage", "repairs:read"]].concat()).await;
        let path = format!("/api/v1/admin/users/{}", account(&admin, "technician").await);
        admin.patch(&path, json!({ "role": lead })).await.expect(200);
        let customer = customer(&server, "Gelati").await;
        admin.put(&format!("{path}/customers"), json!({ "customerIds": [customer] })).await.expect(200);
        let lead = server.member("technician").await;
        for permission in all {
            let closer = role(permission, &[permission]).await;
            let new = json!({ "email": "new@rossi.test", "name": "New", "role": closer });
            lead.post("/api/v1/admin/users", new).await.expect_error(403, "FORBIDDEN");
        }
        let reader = role("Reader", &["repairs:read"]).await;
        let new = json!({ "email": "new@rossi.test", "name": "New", "role": reader });
        lead.post("/api/v1/admin/users", new).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn only_customers_of_the_organisation_can_be_linked() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let path = format!("/api/v1/users/{}/customers", account(&admin, "technician").await);
        assert_eq!(admin.get(&path).await.expect(200)["data"], json!([]));
        let own = customer(&server, "Gelati").await;
        for customers in [json!([own, uuid::Uuid::now_v7()]), json!(["x"]), json!([own])] {
            let answer = admin.put(&path, json!({ "customerIds": customers })).await;
            assert_eq!(answer.status, if customers == json!([own]) { 200 } else { 400 }, "{customers}");
        }
        admin.put(&path, json!({})).await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(admin.get(&path).await.expect(200)["data"][0]["name"], "Gelati");
        let stranger = server.stranger().await;
        let there = format!("/api/v1/users/{}/customers", account(&stranger, "admin").await);
        stranger.put(&there, json!({ "customerIds": [own] })).await.expect_error(400, "VALIDATION_ERROR");
        server.stop().await;
    })
    .await;
}

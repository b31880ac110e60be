//! One of everything in the organisation of the stories, for tests that try every route.

use officina::kernel::actor::Actor;
use officina::kernel::db::sql;
use officina::kernel::ids::CustomerId;
use officina::leads::{FormSigns, SubmitLead};
use officina::repairs::{CheckIn, PhotoCategory};
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestServer};

/// The ids of one of everything.
pub struct World(Vec<(&'static str, String)>);

impl World {
    /// Makes one of everything.
    pub async fn build(server: &TestServer) -> Self {
        let app = server.app();
        let public = Actor::public(server.org.id, None, None);
        let photo = app.files.prepare_photo(server.org.id, png(40, 30).into()).await.expect("a photo");
        let input = check_in("Anna Verdi", "333 1112223", "AB123CD");
        let repair = officina::repairs::service::check_in(app, &public, &input, &[(PhotoCategory::Front, photo)], None)
            .await
            .expect("a repair");
        let admin = server.member("admin").await;
        let detail = admin.get(&format!("/api/v1/repairs/{}", repair.id)).await.expect(200);
        let customer = detail["data"]["customer"]["id"].as_str().expect("a customer").to_owned();
        doubt(server, &customer).await;
        let lead = SubmitLead {
            name: "Bruno Blu".to_owned(),
            phone: "333 4445556".to_owned(),
            lead_type: "service".to_owned(),
            ..SubmitLead::default()
        };
        let lead =
            officina::leads::service::submit(app, &public, &lead, FormSigns::default(), None).await.expect("a lead");
        let made = |value: Value, field: &str| value["data"][field].as_str().expect("an id").to_owned();
        let location = made(admin.post("/api/v1/locations", json!({ "name": "Main depot" })).await.expect(201), "id");
        let cell = json!({ "name": "Cell 1", "locationId": location, "preset": "freezer" });
        let cell = made(admin.post("/api/v1/coldcells", cell).await.expect(201), "id");
        let device = json!({ "serialNumber": "TEST-1", "coldCellId": cell });
        let device = admin.post("/api/v1/devices", device).await.expect(201);
        let key = made(device.clone(), "apiKey");
        let reading = json!({ "temperature": 3.0, "seq": 1 });
        server
            .visitor()
            .with("x-device-key", &key)
            .post("/api/v1/readings/devices/TEST-1/readings", reading)
            .await
            .expect(201);
        let alerts = admin.get("/api/v1/alerts").await.expect(200);
        let alert = alerts["data"][0]["id"].as_str().expect("a warm freezer has an alert").to_owned();
        let silence = json!({ "coldCellId": cell, "until": "2026-11-20T12:00:00Z", "reason": "Compressor swap" });
        let silence = made(admin.post("/api/v1/silences", silence).await.expect(201), "id");
        let role = json!({ "label": "Night shift", "permissions": ["repairs:read"] });
        let role = made(admin.post("/api/v1/admin/roles", role).await.expect(201), "name");
        let colleague =
            json!({ "email": "night@rossi.test", "name": "Nadia Notte", "role": role, "password": PASSWORD });
        let colleague = made(admin.post("/api/v1/admin/users", colleague).await.expect(201), "id");
        let token = json!({ "name": "Website of Rossi", "permissions": ["leads:read"] });
        let token = made(admin.post("/api/v1/admin/tokens", token).await.expect(201), "id");
        let invited = json!({ "email": "ivo@rossi.test", "name": "Ivo Invitato", "role": "agent" });
        admin.post("/api/v1/auth/signup", invited).await.expect(201);
        let invitations = admin.get("/api/v1/admin/invitations").await.expect(200);
        let invitation = invitations["data"][0]["id"].as_str().expect("an invitation").to_owned();
        server.visitor().sign_in("night@rossi.test").await;
        let night = server.visitor().sign_in("night@rossi.test").await;
        let (_, passkey) = crate::passkeys::add(&night, "Phone of Nadia").await;
        let sessions = night.get("/api/v1/auth/sessions").await.expect(200);
        Self(vec![
            ("{userId}", colleague),
            ("{roleName}", role),
            ("{invitationId}", invitation),
            ("{tokenId}", token),
            ("{passkeyId}", passkey),
            ("{sessionId}", sessions["data"][0]["id"].as_str().expect("a session").to_owned()),
            ("{orgId}", server.org.id.to_string()),
            ("{repairId}", repair.id.to_string()),
            ("{photoId}", detail["data"]["photos"][0]["id"].as_str().expect("a photo").to_owned()),
            ("{code}", repair.tracking_code),
            ("{customerId}", customer),
            ("{leadId}", lead.id.to_string()),
            ("{locationId}", location),
            ("{coldCellId}", cell),
            ("{deviceId}", made(device, "id")),
            ("{serialNumber}", "TEST-1".to_owned()),
            ("{alertId}", alert),
            ("{silenceId}", silence),
        ])
    }

    /// Ids of the right shape that nobody has.
    pub fn unknown() -> Self {
        let id = || uuid::Uuid::now_v7().to_string();
        let mut ids: Vec<(&'static str, String)> =
            ["{repairId}", "{photoId}", "{leadId}", "{locationId}", "{coldCellId}", "{deviceId}", "{alertId}"]
                .into_iter()
                .chain(["{userId}", "{tokenId}", "{sessionId}", "{passkeyId}", "{orgId}", "{invitationId}"])
                .chain(["{silenceId}", "{customerId}"])
                .map(|name| (name, id()))
                .collect();
        ids.push(("{roleName}", "no-such-role".to_owned()));
        ids.push(("{code}", "ZZZZZZ".to_owned()));
        ids.push(("{serialNumber}", "UNKNOWN-1".to_owned()));
        Self(ids)
    }

    /// Names the `{id}` of a path after the thing that it is an id of.
    pub fn name_ids(path: &str) -> String {
        let kinds = [
            ("/repairs/{id}", "/repairs/{repairId}"),
            ("/admin/leads/{id}", "/admin/leads/{leadId}"),
            ("/locations/{id}", "/locations/{locationId}"),
            ("/readings/coldcells/{id}", "/readings/coldcells/{coldCellId}"),
            ("/coldcells/{id}", "/coldcells/{coldCellId}"),
            ("/devices/{id}", "/devices/{deviceId}"),
            ("/alerts/{id}", "/alerts/{alertId}"),
            ("/silences/{id}", "/silences/{silenceId}"),
            ("/users/{id}", "/users/{userId}"),
            ("/admin/tokens/{id}", "/admin/tokens/{tokenId}"),
            ("/admin/roles/{name}", "/admin/roles/{roleName}"),
            ("/auth/passkeys/{id}", "/auth/passkeys/{passkeyId}"),
            ("/auth/sessions/{id}", "/auth/sessions/{sessionId}"),
            ("/admin/invitations/{id}", "/admin/invitations/{invitationId}"),
            ("/tenants/{id}", "/tenants/{orgId}"),
        ];
        let relative = path.strip_prefix("/api/v1").unwrap_or(path);
        kinds.iter().fold(relative.to_owned(), |path, (general, named)| path.replace(general, named))
    }

    /// Puts the ids into a path or body.
    pub fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    /// What another organisation must never see: ids, and what the records say.
    pub fn secrets(&self) -> Vec<String> {
        let words = [
            "Anna Verdi",
            "333 1112223",
            "AB123CD",
            "Bruno Blu",
            "333 4445556",
            "Main depot",
            "Nadia Notte",
            "Ivo Invitato",
            "Website of Rossi",
            "Phone of Nadia",
            "Compressor swap",
        ];
        self.ids().into_iter().chain(words.map(str::to_owned)).collect()
    }

    /// Ids that another organisation must never see.
    pub fn ids(&self) -> Vec<String> {
        self.0.iter().map(|(_, id)| id.clone()).collect()
    }
}

/// A check-in with what is required.
pub fn check_in(name: &str, phone: &str, plate: &str) -> CheckIn {
    CheckIn {
        customer_name: name.to_owned(),
        customer_phone: phone.to_owned(),
        vehicle_plate: plate.to_owned(),
        repair_type: "collision".to_owned(),
        ..CheckIn::default()
    }
}

/// A PNG image of one colour.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([200, 30, 30]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .expect("an image");
    bytes.into_inner()
}

/// A multipart body with files: name of the part, file name, bytes.
pub fn form(parts: &[(&str, &str, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let head = format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--limit--\r\n");
    ("multipart/form-data; boundary=limit".to_owned(), body)
}

/// A multipart body with one good photo.
pub fn photo_form() -> (String, Vec<u8>) {
    form(&[("front", "front.png", &png(20, 20))])
}

/// Lists a customer among those whose number somebody has to look at.
async fn doubt(server: &TestServer, customer: &str) {
    let customer: CustomerId = customer.parse().expect("an id");
    let mut tx = server.app().db.begin().await.expect("a transaction");
    sql("INSERT INTO number_doubts (org_id, customer_id, reason, created_at) VALUES ($1, $2, 'several_people', $3)")
        .bind(server.org.id)
        .bind(customer)
        .bind(server.app().clock.now())
        .run(&mut tx)
        .await
        .expect("a row");
    tx.commit().await.expect("a commit");
}

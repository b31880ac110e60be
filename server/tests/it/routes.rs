//! Every route of the API, what it needs, and what it shows of whom. The list comes from the router: a route that has no
//! row here fails, so that nobody adds one without saying who may use it.

use axum::http::Method;
use officina::kernel::permission::{BuiltInRole, Permission};
use serde_json::{Value, json};

use crate::support::{Client, TestServer};
use crate::world::World;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody; nothing of an organisation's inside.
    Public,
    /// Whoever is signed in.
    Member,
    /// The operator of the installation.
    Operator,
    /// Members with a permission, and customers in the portal for what is theirs.
    Portal(Permission),
    /// Members with a permission.
    Needs(Permission),
    /// Members who may see at least one topic of the live feed.
    Topics,
    /// Devices with their key; members have no business there.
    Device,
}

/// A row of the table.
pub struct Row {
    pub route: &'static str,
    pub access: Access,
    pub body: Option<Value>,
}

fn row(route: &'static str, access: Access) -> Row {
    Row { route, access, body: None }
}

fn with(route: &'static str, access: Access, body: Value) -> Row {
    Row { route, access, body: Some(body) }
}

/// The table. Ids in braces are filled in by [`World::fill`].
pub fn table() -> Vec<Row> {
    use Access::{Device, Member, Needs, Operator, Portal, Public, Topics};
    use Permission as P;
    let check_in = json!({ "customerName": "A", "customerPhone": "333 9990001", "vehiclePlate": "ZZ999ZZ", "repairType": "cosmetic" });
    vec![
        row("GET /health", Public),
        row("GET /ready", Public),
        with("POST /auth/login", Public, json!({ "email": "nobody@rossi.test", "password": "wrong password" })),
        with("POST /auth/refresh", Public, json!({ "refreshToken": "unknown" })),
        with("POST /auth/logout", Public, json!({ "refreshToken": "unknown" })),
        row("GET /auth/me", Member),
        with("PATCH /auth/me", Member, json!({})),
        row("GET /auth/sessions", Member),
        row("DELETE /auth/sessions", Member),
        row("DELETE /auth/sessions/{sessionId}", Member),
        with(
            "POST /auth/password",
            Member,
            json!({ "currentPassword": "wrong", "newPassword": "le gomme del vicino" }),
        ),
        row("GET /auth/organisations", Member),
        with("POST /auth/organisations", Member, json!({ "organisationId": "{orgId}" })),
        with(
            "POST /auth/signup",
            Needs(P::UsersManage),
            json!({ "email": "admin@rossi.test", "name": "A", "role": "agent", "password": "le gomme del vicino" }),
        ),
        with("POST /auth/register", Public, json!({ "email": "new@rossi.test" })),
        with("POST /auth/forgot", Public, json!({ "email": "nobody@rossi.test" })),
        with("POST /auth/reset", Public, json!({ "token": "unknown", "password": "le gomme del vicino" })),
        row("GET /auth/totp", Member),
        row("POST /auth/totp", Member),
        row("DELETE /auth/totp", Member),
        with("POST /auth/totp/confirm", Member, json!({ "code": "000000" })),
        with("POST /auth/prove", Member, json!({ "password": "wrong" })),
        row("GET /auth/notices", Member),
        with("POST /auth/notices/read", Member, json!({})),
        row("GET /auth/notices/preferences", Member),
        with(
            "PUT /auth/notices/preferences",
            Member,
            json!({
                "inApp": { "opening": true, "escalation": true, "resolution": false },
                "email": { "opening": false, "escalation": false, "resolution": false },
                "sms": { "opening": false, "escalation": false, "resolution": false },
            }),
        ),
        row("GET /auth/passkeys", Member),
        with("POST /auth/passkeys", Member, json!({ "name": "Phone", "question": "", "credential": "{}" })),
        row("DELETE /auth/passkeys/{passkeyId}", Member),
        row("POST /auth/passkeys/question", Member),
        row("POST /auth/passkeys/sign-in", Public),
        row("GET /admin/invitations", Needs(P::UsersManage)),
        row("DELETE /admin/invitations/{invitationId}", Needs(P::UsersManage)),
        row("POST /admin/users/{userId}/reset-link", Needs(P::UsersManage)),
        row("DELETE /admin/users/{userId}/totp", Needs(P::UsersManage)),
        row("GET /tenants", Operator),
        with("POST /tenants", Operator, json!({ "slug": "new", "name": "New" })),
        with("PATCH /tenants/{orgId}", Operator, json!({ "name": "Mine" })),
        row("GET /admin/users", Needs(P::UsersManage)),
        with(
            "POST /admin/users",
            Needs(P::UsersManage),
            json!({ "email": "admin@rossi.test", "name": "A", "role": "agent" }),
        ),
        row("GET /admin/users/{userId}", Needs(P::UsersManage)),
        with("PATCH /admin/users/{userId}", Needs(P::UsersManage), json!({ "role": "agent" })),
        row("POST /admin/users/{userId}/end-sessions", Needs(P::UsersManage)),
        row("GET /admin/users/{userId}/customers", Needs(P::UsersManage)),
        with("PUT /admin/users/{userId}/customers", Needs(P::UsersManage), json!({ "customerIds": [] })),
        row("GET /users", Needs(P::UsersManage)),
        with(
            "POST /users",
            Needs(P::UsersManage),
            json!({ "email": "admin@rossi.test", "name": "A", "role": "agent" }),
        ),
        row("GET /users/{userId}", Needs(P::UsersManage)),
        with("PATCH /users/{userId}", Needs(P::UsersManage), json!({ "status": "suspended" })),
        row("POST /users/{userId}/end-sessions", Needs(P::UsersManage)),
        row("GET /users/{userId}/customers", Needs(P::UsersManage)),
        with("PUT /users/{userId}/customers", Needs(P::UsersManage), json!({ "customerIds": [] })),
        row("GET /admin/roles", Needs(P::UsersManage)),
        with(
            "POST /admin/roles",
            Needs(P::SettingsManage),
            json!({ "label": "Reader", "permissions": ["repairs:read"] }),
        ),
        with("PATCH /admin/roles/{roleName}", Needs(P::SettingsManage), json!({ "label": "Night", "permissions": [] })),
        row("DELETE /admin/roles/{roleName}", Needs(P::SettingsManage)),
        row("GET /admin/tokens", Needs(P::SettingsManage)),
        with("POST /admin/tokens", Needs(P::SettingsManage), json!({ "name": "Site", "permissions": ["leads:read"] })),
        row("DELETE /admin/tokens/{tokenId}", Needs(P::SettingsManage)),
        row("DELETE /admin/tokens", Needs(P::SettingsManage)),
        row("GET /admin/audit", Needs(P::AuditRead)),
        row("GET /admin/audit/export", Needs(P::AuditRead)),
        with("POST /admin/audit/redact", Needs(P::SettingsManage), json!({ "accountId": "{userId}" })),
        row("GET /admin/settings", Needs(P::SettingsManage)),
        with("PATCH /admin/settings", Needs(P::SettingsManage), json!({ "currency": "CHF" })),
        row("POST /admin/settings/logo", Needs(P::SettingsManage)),
        row("DELETE /admin/settings/logo", Needs(P::SettingsManage)),
        row("GET /admin/number-doubts", Needs(P::CustomersRead)),
        row("DELETE /admin/number-doubts/{customerId}", Needs(P::CustomersWrite)),
        row("GET /live", Topics),
        with("POST /checkin", Public, check_in.clone()),
        row("POST /checkin/{repairId}/photos", Public),
        row("GET /track/{code}", Public),
        row("GET /repairs", Portal(P::RepairsRead)),
        with("POST /repairs", Needs(P::RepairsCheckIn), check_in),
        row("GET /repairs/{repairId}", Portal(P::RepairsRead)),
        with("PATCH /repairs/{repairId}", Needs(P::RepairsCheckIn), json!({ "policyNumber": "P" })),
        with("POST /repairs/{repairId}/status", Needs(P::RepairsCheckIn), json!({ "status": "accepted" })),
        with(
            "POST /repairs/{repairId}/confirm",
            Needs(P::RepairsCheckIn),
            json!({ "appointmentAt": "2026-11-24T10:00:00Z" }),
        ),
        with("POST /repairs/{repairId}/notes", Needs(P::RepairsCheckIn), json!({ "note": "hello" })),
        row("POST /repairs/{repairId}/photos", Needs(P::RepairsCheckIn)),
        row("GET /repairs/{repairId}/photos/{photoId}", Portal(P::RepairsRead)),
        row("DELETE /repairs/{repairId}/photos/{photoId}", Needs(P::RepairsDelete)),
        with("POST /public/leads", Public, json!({ "name": "A", "phone": "333 9990002", "leadType": "service" })),
        row("GET /admin/leads", Needs(P::LeadsRead)),
        row("GET /admin/leads/{leadId}", Needs(P::LeadsRead)),
        with("PATCH /admin/leads/{leadId}", Needs(P::LeadsWrite), json!({ "status": "contacted" })),
        with("POST /admin/leads/{leadId}/notes", Needs(P::LeadsWrite), json!({ "note": "hello" })),
        row("POST /admin/leads/{leadId}/release", Needs(P::LeadsWrite)),
        with("POST /readings/devices/{serialNumber}/readings", Device, json!({ "temperature": -18.0 })),
        row("GET /readings/coldcells/{coldCellId}/readings", Portal(P::ColdChainRead)),
        row("GET /locations", Needs(P::ColdChainRead)),
        with("POST /locations", Needs(P::ColdChainWrite), json!({ "name": "Depot" })),
        row("GET /locations/{locationId}", Needs(P::ColdChainRead)),
        with("PATCH /locations/{locationId}", Needs(P::ColdChainWrite), json!({ "name": "Depot 2" })),
        row("GET /coldcells", Portal(P::ColdChainRead)),
        with(
            "POST /coldcells",
            Needs(P::ColdChainWrite),
            json!({ "name": "Cell", "locationId": "{locationId}", "preset": "freezer" }),
        ),
        row("GET /coldcells/{coldCellId}/report", Portal(P::ColdChainRead)),
        row("GET /coldcells/{coldCellId}/report.csv", Portal(P::ColdChainRead)),
        row("GET /coldcells/{coldCellId}/report.pdf", Portal(P::ColdChainRead)),
        row("GET /coldcells/{coldCellId}", Portal(P::ColdChainRead)),
        with("PATCH /coldcells/{coldCellId}", Needs(P::ColdChainWrite), json!({ "name": "Cell 2" })),
        with(
            "POST /coldcells/{coldCellId}/maintenance",
            Needs(P::ColdChainWrite),
            json!({ "until": "2026-11-20T12:00:00Z" }),
        ),
        row("DELETE /coldcells/{coldCellId}/maintenance", Needs(P::ColdChainWrite)),
        row("GET /devices", Needs(P::ColdChainRead)),
        with(
            "POST /devices",
            Needs(P::DevicesInstall),
            json!({ "serialNumber": "NEW-1", "coldCellId": "{coldCellId}" }),
        ),
        with(
            "POST /devices/import",
            Needs(P::DevicesManage),
            json!({ "csv": "serialNumber,coldCell\nNEW-2,{coldCellId}" }),
        ),
        row("GET /devices/{deviceId}", Needs(P::ColdChainRead)),
        with("PATCH /devices/{deviceId}", Needs(P::DevicesManage), json!({ "name": "Left" })),
        with("POST /devices/{deviceId}/rotate-key", Needs(P::DevicesInstall), json!({})),
        row("GET /alerts", Portal(P::AlertsRead)),
        row("GET /alerts/{alertId}", Portal(P::AlertsRead)),
        with("POST /alerts/{alertId}/acknowledge", Needs(P::AlertsAcknowledge), json!({})),
        with("POST /locations/{locationId}/acknowledge", Needs(P::AlertsAcknowledge), json!({})),
        with("PATCH /alerts/{alertId}/resolve", Needs(P::AlertsResolve), json!({ "note": "checked" })),
        row("GET /silences", Needs(P::AlertsRead)),
        with(
            "POST /silences",
            Needs(P::AlertsResolve),
            json!({ "coldCellId": "{coldCellId}", "until": "2026-11-20T12:00:00Z" }),
        ),
        row("DELETE /silences/{silenceId}", Needs(P::AlertsResolve)),
        row("GET /admin/alert-policy", Needs(P::SettingsManage)),
        with("PUT /admin/alert-policy", Needs(P::SettingsManage), json!({ "levels": [{ "roles": ["admin"] }] })),
        row("GET /dashboard/technician", Needs(P::ColdChainRead)),
    ]
}

/// The routes of the router, as `METHOD /path`, with `{id}` named after what it is an id of.
fn routes() -> Vec<String> {
    let document = serde_json::to_value(officina_server::api::document()).expect("a document");
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            routes.push(format!("{} {}", method.to_uppercase(), World::name_ids(path)));
        }
    }
    routes
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let rows: Vec<&str> = table().iter().map(|row| row.route).collect();
    let distinct: std::collections::BTreeSet<_> = rows.iter().collect();
    assert_eq!(distinct.len(), rows.len(), "a route has two rows");
    let routes = routes();
    let unnamed: Vec<_> = routes.iter().filter(|route| !rows.contains(&route.as_str())).collect();
    let gone: Vec<_> = rows.iter().filter(|row| !routes.iter().any(|route| route == *row)).collect();
    assert!(unnamed.is_empty() && gone.is_empty(), "without a row: {unnamed:?}; without a route: {gone:?}");
}

async fn ask(client: &Client, row: &Row, world: &World) -> (u16, Value) {
    let (method, path) = row.route.split_once(' ').expect("a method and a path");
    let path = format!("/api/v1{}", world.fill(path));
    let method: Method = method.parse().expect("a method");
    let answer = if (path.ends_with("/photos") || path.ends_with("/logo")) && method == Method::POST {
        let (content_type, body) = crate::world::photo_form();
        client.raw(method, &path, &content_type, body).await
    } else if path.ends_with("/live") {
        // A stream never ends; its status says enough.
        let request = client.request(method, &path).body(axum::body::Body::empty()).expect("a request");
        return (client.open(request).await.status().as_u16(), Value::Null);
    } else {
        match &row.body {
            Some(body) => client.raw(method, &path, "application/json", world.fill(&body.to_string())).await,
            None => {
                client.send(client.request(method, &path).body(axum::body::Body::empty()).expect("a request")).await
            }
        }
    };
    (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn another_organisation_sees_nothing_and_cannot_tell_foreign_from_unknown() {
    TestServer::each(|server| async move {
        let ours = World::build(&server).await;
        let nowhere = World::unknown();
        let stranger = server.stranger().await;
        for row in table() {
            // What only the operator may do says no to everybody else, whatever is named.
            if matches!(row.access, Access::Public | Access::Device | Access::Operator) {
                continue;
            }
            let (status, body) = ask(&stranger, &row, &ours).await;
            if row.route.contains('{') {
                let unknown = ask(&stranger, &row, &nowhere).await;
                assert_eq!(status, 404, "{}: {body}", row.route);
                assert_eq!(
                    (status, &body["code"], &body["error"]),
                    (unknown.0, &unknown.1["code"], &unknown.1["error"])
                );
            } else if row
                .body
                .as_ref()
                .is_some_and(|body| body.to_string().contains('{') && body.to_string().contains("Id}"))
            {
                // A foreign id inside a body is as unknown as one that nobody has.
                let unknown = ask(&stranger, &row, &nowhere).await;
                assert!((400..=404).contains(&status), "{}: {status} {body}", row.route);
                assert_eq!((status, &body["code"]), (unknown.0, &unknown.1["code"]), "{}", row.route);
            }
            let text = body.to_string();
            for id in ours.ids() {
                assert!(!text.contains(&id), "{} shows {id}", row.route);
            }
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn every_role_may_do_what_its_permissions_say_and_nothing_else() {
    use Permission as P;
    TestServer::each(|server| async move {
        let world = World::build(&server).await;
        for role in BuiltInRole::ALL {
            let client = server.member(role.as_str()).await;
            for row in table() {
                let (status, body) = ask(&client, &row, &world).await;
                match row.access {
                    Access::Needs(permission) if !role.permissions().has(permission) => {
                        assert_eq!((status, &body["code"]), (403, &json!("FORBIDDEN")), "{role} {}: {body}", row.route);
                    }
                    Access::Portal(permission) if !role.permissions().has(permission) => {
                        // Nothing here is this customer's.
                        let own = if row.route.contains('{') { 404 } else { 200 };
                        let portal = role.permissions().has(P::PortalRead);
                        assert_eq!(status, if portal { own } else { 403 }, "{role} {}: {body}", row.route);
                    }
                    Access::Operator => {
                        assert_eq!((status, &body["code"]), (403, &json!("FORBIDDEN")), "{role} {}: {body}", row.route);
                    }
                    Access::Topics => {
                        let sees = [P::RepairsRead, P::LeadsRead, P::ColdChainRead, P::AlertsRead]
                            .into_iter()
                            .any(|topic| role.permissions().has(topic));
                        assert_eq!(status, if sees { 200 } else { 403 }, "{role} {}", row.route);
                    }
                    Access::Device => assert_eq!(status, 401, "{role} {}: {body}", row.route),
                    _ => assert!(
                        status != 403 && (status != 401 || row.route.contains("/auth/")) && status < 500,
                        "{role} {}: {status} {body}",
                        row.route
                    ),
                }
            }
        }
        let visitor = server.visitor();
        for row in table().iter().filter(|row| row.access != Access::Public) {
            let (status, body) = ask(&visitor, row, &world).await;
            assert_eq!(status, 401, "{}: {body}", row.route);
            assert!(body.is_null() || body["code"] == "UNAUTHORIZED", "{}: {body}", row.route);
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_shorter_base_path_is_the_same_api() {
    TestServer::each(|server| async move {
        let client = server.member("admin").await;
        let long = client.get("/api/v1/repairs").await.expect(200);
        assert_eq!(client.get("/api/repairs").await.expect(200), long);
        client.get("/api/v1/nothing").await.expect_error(404, "NOT_FOUND");
        server.stop().await;
    })
    .await;
}

//! Every page and every server function: what each needs, and what it shows of whom. The lists come from the router, so
//! that a page or function without a row here fails.

use axum::http::Method;
use leptos::server_fn::axum::server_fn_paths;
use officina::kernel::permission::{BuiltInRole, Permission};

use crate::support::{Answer, Client, ORG, OTHER_ORG, TestServer};
use crate::world::World;

/// What a member needs; none is needed for what everybody who is signed in has.
pub type Needed = Option<Permission>;

/// What customers find their own records on, in the portal: functions and pages.
const PORTAL: [&str; 12] = [
    "GET /_fn/repairs/list",
    "GET /_fn/repairs/get",
    "GET /_fn/cold-chain/cells",
    "GET /_fn/cold-chain/cell",
    "GET /_fn/alerts/list",
    "GET /_fn/alerts/get",
    "/app/repairs",
    "/app/repairs/{repairId}",
    "/app/cold-chain",
    "/app/cold-chain/cells/{coldCellId}",
    "/app/alerts",
    "/app/alerts/{alertId}",
];

/// The status of a page or function for somebody without the permission: what is not theirs is not there, in the portal.
fn refusal(role: &BuiltInRole, what: &str) -> u16 {
    match PORTAL.contains(&what) && role.permissions().has(Permission::PortalRead) {
        true if what.contains('{') || what.ends_with("/get") || what.ends_with("/cell") => 404,
        true => 200,
        false => 403,
    }
}

/// Server functions: method and path, the query or the form, and what is needed.
fn functions() -> Vec<(&'static str, &'static str, Needed)> {
    use Permission as P;
    vec![
        ("GET /_fn/frame", "", None),
        ("GET /_fn/home", "", None),
        ("GET /_fn/account/get", "", None),
        ("POST /_fn/account/end-session", "id=", None),
        ("POST /_fn/account/update", "name=Anna", None),
        ("POST /_fn/account/password", "current_password=wrong&new_password=le+gomme+del+vicino", None),
        ("POST /_fn/account/switch", "id={orgId}", None),
        ("GET /_fn/audit/list", "", Some(P::AuditRead)),
        ("GET /_fn/settings/get", "", Some(P::SettingsManage)),
        ("POST /_fn/settings/update", "input[version]=1&input[name]=", Some(P::SettingsManage)),
        ("POST /_fn/settings/remove-logo", "", Some(P::SettingsManage)),
        ("GET /_fn/account/factor", "step=scan", None),
        ("GET /_fn/account/proof", "next=/app", None),
        ("POST /_fn/account/prove", "password=wrong&next=/app", None),
        ("POST /_fn/account/begin-factor", "", None),
        ("POST /_fn/account/confirm-factor", "code=000000", None),
        ("POST /_fn/account/drop-factor", "", None),
        ("GET /_fn/notices/list", "", None),
        ("GET /_fn/notices/unread", "", None),
        ("POST /_fn/notices/read", "id=", None),
        ("GET /_fn/notices/preferences", "", None),
        ("POST /_fn/notices/choose", "wanted[]=in_app:opening", None),
        ("GET /_fn/account/passkeys", "", None),
        ("POST /_fn/account/add-passkey", "name=Phone&question=&credential=x", None),
        ("POST /_fn/account/remove-passkey", "id={passkeyId}", None),
        ("POST /_fn/account/prove-passkey", "question=&credential=x&next=/app", None),
        ("GET /_fn/repairs/list", "query[sort]=newest", Some(P::RepairsRead)),
        ("GET /_fn/repairs/board", "", Some(P::RepairsRead)),
        ("GET /_fn/repairs/get", "id={repairId}", Some(P::RepairsRead)),
        ("POST /_fn/repairs/status", "id={repairId}&version=1&status=accepted", Some(P::RepairsCheckIn)),
        ("GET /_fn/repairs/new", "plate=AB123CD", Some(P::RepairsCheckIn)),
        (
            "POST /_fn/repairs/create",
            "token=t&car[vehicle_plate]=ZZ998ZZ&car[customer_name]=A&car[customer_phone]=333+9990001&car[repair_type]=cosmetic",
            Some(P::RepairsCheckIn),
        ),
        ("POST /_fn/repairs/confirm", "id={repairId}&version=1&date=2026-11-24&time=10:00", Some(P::RepairsCheckIn)),
        ("POST /_fn/repairs/note", "id={repairId}&note=x&audience=internal", Some(P::RepairsCheckIn)),
        ("POST /_fn/repairs/update", "id={repairId}&version=1&notes=x", Some(P::RepairsCheckIn)),
        ("GET /_fn/leads/list", "query[quarantined]=false", Some(P::LeadsRead)),
        ("GET /_fn/leads/get", "id={leadId}", Some(P::LeadsRead)),
        ("POST /_fn/leads/update", "id={leadId}&version=1&note=x", Some(P::LeadsWrite)),
        ("POST /_fn/leads/release", "id={leadId}", Some(P::LeadsWrite)),
        ("GET /_fn/numbers/list", "", Some(P::CustomersRead)),
        ("POST /_fn/numbers/settle", "id={customerId}", Some(P::CustomersWrite)),
        ("GET /_fn/people/list", "", Some(P::UsersManage)),
        ("GET /_fn/people/get", "id={userId}", Some(P::UsersManage)),
        ("POST /_fn/people/update", "id={userId}&name=Nadia+Notte", Some(P::UsersManage)),
        ("POST /_fn/people/status", "id={userId}&status=active", Some(P::UsersManage)),
        ("POST /_fn/people/end-sessions", "id={userId}", Some(P::UsersManage)),
        ("POST /_fn/people/reset-link", "id={userId}", Some(P::UsersManage)),
        ("POST /_fn/people/drop-factor", "id={userId}", Some(P::UsersManage)),
        ("POST /_fn/people/customers", "id={userId}", Some(P::UsersManage)),
        ("GET /_fn/people/invitations", "", Some(P::UsersManage)),
        ("POST /_fn/people/invite", "name=Nora+Neri&email=nora%40neri.test&role=caregiver", Some(P::UsersManage)),
        ("POST /_fn/people/withdraw", "id={invitationId}", Some(P::UsersManage)),
        ("GET /_fn/people/roles", "", Some(P::UsersManage)),
        ("GET /_fn/people/role", "name={roleName}", Some(P::UsersManage)),
        ("POST /_fn/people/save-role", "name={roleName}&label=Night+shift", Some(P::SettingsManage)),
        // The role of a member, so that it stays for the pages.
        ("POST /_fn/people/delete-role", "name={roleName}", Some(P::SettingsManage)),
        ("GET /_fn/people/tokens", "", Some(P::SettingsManage)),
        (
            "POST /_fn/people/create-token",
            "name=Accounting&days=30&permissions[]=repairs:read",
            Some(P::SettingsManage),
        ),
        ("POST /_fn/people/revoke-token", "id={tokenId}", Some(P::SettingsManage)),
        ("POST /_fn/people/revoke-tokens", "", Some(P::SettingsManage)),
        ("GET /_fn/cold-chain/wall", "", Some(P::ColdChainRead)),
        ("GET /_fn/cold-chain/cells", "", Some(P::ColdChainRead)),
        ("GET /_fn/cold-chain/customers", "", Some(P::ColdChainRead)),
        ("GET /_fn/cold-chain/new-cell", "", Some(P::ColdChainWrite)),
        ("POST /_fn/cold-chain/create-location", "name=Porto", Some(P::ColdChainWrite)),
        (
            "POST /_fn/cold-chain/create-cell",
            "place={locationId}&kind=fridge&cell[name]=Pesce",
            Some(P::ColdChainWrite),
        ),
        ("GET /_fn/cold-chain/cell-form", "id={coldCellId}", Some(P::ColdChainWrite)),
        (
            "POST /_fn/cold-chain/change-cell",
            "id={coldCellId}&place={locationId}&cell[name]=Pesce&cell[lowest]=-25&cell[highest]=-15&cell[hysteresis]=0.5\
             &cell[alert_delay]=0&cell[door_open]=5&cell[offline_after]=15",
            Some(P::ColdChainWrite),
        ),
        ("GET /_fn/cold-chain/place", "id={locationId}", Some(P::ColdChainRead)),
        ("POST /_fn/cold-chain/change-place", "id={locationId}&name=Porto", Some(P::ColdChainWrite)),
        ("GET /_fn/cold-chain/cell", "id={coldCellId}&range=24h", Some(P::ColdChainRead)),
        ("GET /_fn/cold-chain/devices", "", Some(P::ColdChainRead)),
        ("GET /_fn/cold-chain/device", "id={deviceId}", Some(P::ColdChainRead)),
        ("POST /_fn/cold-chain/change-device", "id={deviceId}&cell={coldCellId}&name=Left", Some(P::DevicesManage)),
        ("POST /_fn/cold-chain/retire-device", "id={deviceId}&retired=false", Some(P::DevicesManage)),
        ("POST /_fn/cold-chain/create-device", "cell={coldCellId}&serial=NEW-1", Some(P::DevicesInstall)),
        ("POST /_fn/cold-chain/rotate-key", "id={deviceId}&grace=0", Some(P::DevicesInstall)),
        ("GET /_fn/cold-chain/new-devices", "", Some(P::DevicesManage)),
        ("POST /_fn/cold-chain/import-devices", "csv=", Some(P::DevicesManage)),
        ("POST /_fn/cold-chain/start-maintenance", "id={coldCellId}&hours=2", Some(P::ColdChainWrite)),
        ("POST /_fn/cold-chain/end-maintenance", "id={coldCellId}", Some(P::ColdChainWrite)),
        ("POST /_fn/cold-chain/mute", "id={coldCellId}&hours=2", Some(P::AlertsResolve)),
        ("POST /_fn/cold-chain/unmute", "id={silenceId}", Some(P::AlertsResolve)),
        ("GET /_fn/cold-chain/policy", "", Some(P::SettingsManage)),
        (
            "POST /_fn/cold-chain/set-policy",
            "policy[levels][0][after]=60&policy[levels][0][roles][]=manager&policy[repeat]=60",
            Some(P::SettingsManage),
        ),
        ("GET /_fn/alerts/list", "query[resolved]=false", Some(P::AlertsRead)),
        ("GET /_fn/alerts/get", "id={alertId}", Some(P::AlertsRead)),
        ("POST /_fn/alerts/acknowledge", "id={alertId}", Some(P::AlertsAcknowledge)),
        ("POST /_fn/alerts/acknowledge-place", "id={locationId}", Some(P::AlertsAcknowledge)),
        ("POST /_fn/alerts/resolve", "id={alertId}&note=x", Some(P::AlertsResolve)),
    ]
}

/// Server functions for the operator of the installation, who is none of the members here.
const OPERATOR_FUNCTIONS: [(&str, &str); 3] = [
    ("GET /_fn/organisations/list", ""),
    (
        "POST /_fn/organisations/create",
        "name=Neri&slug=neri&admin_name=Nino+Neri&admin_email=nino%40neri.test&locale=it&time_zone=Europe/Rome",
    ),
    ("POST /_fn/organisations/suspend", "id={orgId}&suspended=true"),
];

/// Pages for the operator.
const OPERATOR_PAGES: [&str; 1] = ["/app/organisations"];

/// Staff pages, and what their content needs.
pub fn staff_pages() -> Vec<(&'static str, Needed)> {
    use Permission as P;
    vec![
        ("/app", None),
        ("/app/repairs", Some(P::RepairsRead)),
        ("/app/repairs/board", Some(P::RepairsRead)),
        ("/app/repairs/new", Some(P::RepairsCheckIn)),
        ("/app/repairs/{repairId}", Some(P::RepairsRead)),
        ("/app/leads", Some(P::LeadsRead)),
        ("/app/leads/{leadId}", Some(P::LeadsRead)),
        ("/app/cold-chain", Some(P::ColdChainRead)),
        ("/app/cold-chain/cells/{coldCellId}", Some(P::ColdChainRead)),
        ("/app/cold-chain/cells/{coldCellId}/edit", Some(P::ColdChainWrite)),
        ("/app/cold-chain/places/{locationId}", Some(P::ColdChainRead)),
        ("/app/cold-chain/customers", Some(P::ColdChainRead)),
        ("/app/cold-chain/add", Some(P::ColdChainWrite)),
        ("/app/cold-chain/devices", Some(P::ColdChainRead)),
        ("/app/cold-chain/policy", Some(P::SettingsManage)),
        ("/app/cold-chain/wall", Some(P::ColdChainRead)),
        ("/app/cold-chain/devices/add", Some(P::DevicesManage)),
        ("/app/cold-chain/devices/{deviceId}", Some(P::ColdChainRead)),
        ("/app/alerts", Some(P::AlertsRead)),
        ("/app/alerts/{alertId}", Some(P::AlertsRead)),
        ("/app/account", None),
        ("/app/account/second-factor", None),
        ("/app/account/second-factor?step=scan", None),
        ("/app/account/passkeys", None),
        ("/app/account/notices", None),
        ("/app/notices", None),
        ("/app/account/prove", None),
        ("/app/numbers", Some(P::CustomersRead)),
        ("/app/people", Some(P::UsersManage)),
        ("/app/people/{userId}", Some(P::UsersManage)),
        ("/app/people/invite", Some(P::UsersManage)),
        ("/app/people/roles", Some(P::UsersManage)),
        ("/app/people/roles/new", Some(P::SettingsManage)),
        ("/app/people/roles/{roleName}", Some(P::UsersManage)),
        ("/app/people/programs", Some(P::SettingsManage)),
        ("/app/audit", Some(P::AuditRead)),
        ("/app/settings", Some(P::SettingsManage)),
    ]
}

/// What visitors may ask for.
const PUBLIC_PAGES: [&str; 21] = [
    "/sign-in",
    "/sign-out",
    "/preferences/theme",
    "/check-in",
    "/check-in/done",
    "/track",
    "/track/{code}",
    "/contact",
    "/contact/done",
    "/sign-in/code",
    "/sign-in/passkey",
    "/join/{token}",
    "/forgot",
    "/reset/{token}",
    "/register",
    "/register/{token}",
    "/setup/{token}",
    "/logo",
    "/privacy",
    "/robots.txt",
    "/manifest.webmanifest",
];

/// Beside the pages: files for whoever holds a token, health, and what the lists above are about.
const OTHER_PATHS: [&str; 13] = [
    "/.well-known/change-password",
    "",
    "/",
    "/track/{code}/photos/{photo}",
    "/health",
    "/ready",
    "/app",
    "/app/{*path}",
    "/app/settings/logo",
    "/app/repairs/{id}/photos",
    "/app/cold-chain/cells/{id}/report/{kind}",
    "/_fn/{*name}",
    "/as/{person}/_fn/{*name}",
];

async fn call(client: &Client, function: &str, input: &str, world: &World) -> Answer {
    let (method, path) = function.split_once(' ').expect("a method and a path");
    let input = world.fill(input);
    let client = client.clone().with("accept", "application/json");
    if method == "GET" {
        let query = input.replace('[', "%5B").replace(']', "%5D");
        client.get(&format!("{path}?{query}")).await
    } else {
        client.raw(Method::POST, path, "application/x-www-form-urlencoded", input).await
    }
}

#[test]
fn every_server_function_has_a_row() {
    let rows = functions().into_iter().map(|(function, ..)| function);
    let rows: Vec<&str> = rows.chain(OPERATOR_FUNCTIONS.map(|(function, _)| function)).collect();
    let mut known: Vec<String> = server_fn_paths().map(|(path, method)| format!("{method} {path}")).collect();
    known.sort();
    let mut sorted = rows.clone();
    sorted.sort_unstable();
    assert_eq!(known, sorted);
}

#[tokio::test]
async fn every_path_of_the_router_is_accounted_for() {
    let server = TestServer::on(crate::support::Kind::Sqlite, |_| {}).await;
    // axum names its paths nowhere but in what it prints of a router.
    let printed = format!("{:?}", server.router());
    let paths: Vec<&str> = printed.split('"').filter(|text| text.starts_with('/')).collect();
    assert!(paths.contains(&"/check-in") && paths.contains(&"/api/v1/repairs"), "{printed}");
    let unnamed: Vec<&&str> = paths
        .iter()
        // The API's routes have a table of their own, taken from its document.
        .filter(|path| !path.starts_with("/api/") && !path.contains("__private__axum"))
        .filter(|path| {
            let path = path.strip_prefix("/o/{slug}").unwrap_or(path);
            !PUBLIC_PAGES.contains(&path) && !OTHER_PATHS.contains(&path)
        })
        .collect();
    assert!(unnamed.is_empty(), "without a row: {unnamed:?}");
}

#[test]
fn every_staff_page_has_a_row() {
    let nameless = |path: &str| {
        let path = path.split('?').next().unwrap_or_default();
        path.split('/').map(|part| if part.starts_with('{') { "{id}" } else { part }).collect::<Vec<_>>().join("/")
    };
    let listed: Vec<String> = leptos_axum::generate_route_list(app::staff::StaffApp)
        .iter()
        .filter(|route| !route.path().contains('*'))
        .map(|route| nameless(route.path()))
        .collect();
    let rows = staff_pages().into_iter().map(|(path, _)| path).chain(OPERATOR_PAGES);
    let rows: std::collections::BTreeSet<String> = rows.map(nameless).collect();
    let unnamed: Vec<_> = listed.iter().filter(|path| !rows.contains(path.trim_end_matches('/'))).collect();
    assert!(listed.len() >= rows.len() && unnamed.is_empty(), "listed {listed:?}, without a row: {unnamed:?}");
}

#[tokio::test]
async fn functions_and_pages_do_what_the_role_says_and_nothing_else() {
    TestServer::each(|server| async move {
        let world = World::build(&server).await;
        for role in BuiltInRole::ALL {
            let client = server.browser(role.as_str()).await;
            let may = |needed: Needed| needed.is_none_or(|permission| role.permissions().has(permission));
            for (function, input, needed) in functions() {
                let answer = call(&client, function, input, &world).await;
                let status = answer.status.as_u16();
                let right = if may(needed) { status != 403 && status < 500 } else { status == refusal(role, function) };
                assert!(right, "{role} {function}: {}", answer.text());
            }
            for (page, needed) in staff_pages() {
                let answer = client.clone().with("accept", "text/html").get(&world.fill(page)).await;
                assert_eq!(answer.status, if may(needed) { 200 } else { refusal(role, page) }, "{role} {page}");
                if !may(needed) {
                    // The address itself stands in the frame; nothing else of the record may.
                    let own = world.fill(page);
                    let text = answer.text();
                    let told =
                        world.secrets().into_iter().find(|secret| text.contains(secret) && !own.contains(secret));
                    assert_eq!(told, None, "{role} {page}");
                }
            }
            for (function, input) in OPERATOR_FUNCTIONS {
                assert_eq!(call(&client, function, input, &world).await.status, 403, "{role} {function}");
            }
            for page in OPERATOR_PAGES {
                let answer = client.clone().with("accept", "text/html").get(page).await;
                assert!(answer.status == 403 && !answer.text().contains(OTHER_ORG), "{role} {page}");
            }
        }
        let visitor = server.visitor();
        let inputs = functions().into_iter().map(|(function, input, _)| (function, input)).chain(OPERATOR_FUNCTIONS);
        for (function, input) in inputs {
            assert_eq!(call(&visitor, function, input, &world).await.status, 401, "{function}");
        }
        for page in staff_pages().into_iter().map(|(page, _)| page).chain(OPERATOR_PAGES) {
            assert_eq!(visitor.get(&world.fill(page)).await.status, 303, "{page}");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn another_organisation_sees_nothing_on_pages_and_by_functions() {
    TestServer::each(|server| async move {
        let ours = World::build(&server).await;
        let nowhere = World::unknown();
        let stranger = server.visitor().with_cookie_of(server.app(), &format!("admin@{OTHER_ORG}.test")).await;
        let shows_nothing = |what: &str, asked: &str, text: &str| {
            let told = ours.secrets().into_iter().find(|secret| text.contains(secret) && !asked.contains(secret));
            assert_eq!(told, None, "{what}: {text}");
        };
        for (function, input, _) in functions() {
            let answer = call(&stranger, function, input, &ours).await;
            shows_nothing(function, &ours.fill(input), &answer.text());
            if input.contains('{') {
                let unknown = call(&stranger, function, input, &nowhere).await;
                assert_eq!((answer.status.as_u16(), unknown.status.as_u16()), (404, 404), "{function}");
                assert_eq!(answer.text(), unknown.text(), "{function}");
            }
        }
        let browser = stranger.with("accept", "text/html");
        for (page, _) in staff_pages() {
            let asked = ours.fill(page);
            let answer = browser.get(&asked).await;
            shows_nothing(page, &asked, &answer.text());
            assert_eq!(answer.status, if page.contains('{') { 404 } else { 200 }, "{page}");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn public_pages_show_nothing_that_a_code_and_a_token_do_not_open() {
    TestServer::each(|server| async move {
        let world = World::build(&server).await;
        let visitor = server.visitor().with("accept", "text/html");
        // By code alone: no contact data and no photos.
        let page = visitor.get(&world.fill("/track/{code}")).await;
        assert_eq!(page.status, 200);
        for hidden in ["{repairId}", "{photoId}", "3331112223", "333 1112223", "Verdi", "AB123CD"] {
            assert!(!page.text().contains(&world.fill(hidden)), "{hidden}: {}", page.text());
        }
        // Photos want the token of this very code.
        let photo = world.fill("/track/{code}/photos/{photoId}");
        let token = |code: &str| server.app().secret.sign("track", code);
        let own = token(&world.fill("{code}"));
        assert_eq!(visitor.get(&photo).await.status, 404);
        assert_eq!(visitor.get(&format!("{photo}?token={}", token("ZZZZZZ"))).await.status, 404);
        assert_eq!(visitor.get(&format!("{photo}?token={own}")).await.status, 200);
        let other = World::unknown();
        let foreign = format!("/track/{}/photos/{}", world.fill("{code}"), other.fill("{photoId}"));
        assert_eq!(visitor.get(&format!("{foreign}?token={own}")).await.status, 404);
        // A code is of one organisation, whichever address it is asked at, and its page carries that one's name.
        let page = visitor.get(&world.fill(&format!("/o/{OTHER_ORG}/track/{{code}}"))).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains(&server.org.name) && !page.text().contains(&server.other_org.name));
        assert_eq!(visitor.get(&format!("/o/{ORG}/check-in")).await.status, 200);
        assert_eq!(visitor.get("/o/nobody/check-in").await.status, 404);
        server.stop().await;
    })
    .await;
}

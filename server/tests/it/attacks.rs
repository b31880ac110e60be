//! What attackers try, and what comes of it. docs/security.md says which story stands for which attack; those that are
//! not here are told where their subject is.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::Method;
use leptos::server_fn::axum::server_fn_paths;
use officina::kernel::db::sql;
use officina::kernel::time::{MINUTE, SECOND};
use serde_json::{Value, json};

use crate::pages_access::staff_pages;
use crate::routes::{Access, table};
use crate::support::{Client, Kind, Mailbox, PASSWORD, TestServer};
use crate::world::World;

const LOGIN: &str = "/api/v1/auth/login";
const SCRIPT: &str = "<script>alert(1)</script>";

fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

async fn journal_entries(server: &TestServer) -> i64 {
    let count = sql("SELECT CAST(COUNT(*) AS BIGINT) FROM journal").one::<(i64,)>(&server.app().db).await;
    count.unwrap().0
}

#[tokio::test]
async fn attack_2_foreign_ids_in_bodies_are_refused_by_the_database_itself() {
    TestServer::each(|server| async move {
        let ours = World::build(&server).await;
        let stranger = server.stranger().await;
        let check_in = json!({ "customerName": "S", "customerPhone": "333 7778889", "vehiclePlate": "EV1L", "repairType": "cosmetic" });
        let repair = stranger.post("/api/v1/repairs", check_in).await.expect(201);
        let repair = repair["data"]["id"].as_str().unwrap();
        let member = server.actor("admin").await.member().unwrap().membership;
        let assign = json!({ "assigneeId": member.to_string() });
        stranger.patch(&format!("/api/v1/repairs/{repair}"), assign).await.expect_error(400, "VALIDATION_ERROR");
        for (path, body) in [
            ("/api/v1/coldcells", r#"{"name":"C","locationId":"{locationId}","preset":"freezer"}"#),
            ("/api/v1/devices", r#"{"serialNumber":"X-1","coldCellId":"{coldCellId}"}"#),
        ] {
            let body = serde_json::from_str(&ours.fill(body)).unwrap();
            stranger.post(path, body).await.expect_error(400, "VALIDATION_ERROR");
        }
        // Even where a handler forgot: the keys of the tables include the organisation.
        for statement in [
            "UPDATE repairs SET customer_id = (SELECT customer_id FROM repairs WHERE org_id = $1 LIMIT 1) WHERE org_id = $2",
            "UPDATE repairs SET vehicle_id = (SELECT vehicle_id FROM repairs WHERE org_id = $1 LIMIT 1) WHERE org_id = $2",
            "UPDATE repairs SET assignee_id = (SELECT id FROM memberships WHERE org_id = $1 LIMIT 1) WHERE org_id = $2",
        ] {
            let mut tx = server.app().db.begin().await.unwrap();
            let refused = sql(statement).bind(server.org.id).bind(server.other_org.id).run(&mut tx).await;
            assert!(refused.is_err(), "{statement}");
        }
    })
    .await;
}

#[tokio::test]
async fn attack_3_who_is_refused_is_written_down() {
    TestServer::each(|server| async move {
        let agent = server.member("agent").await;
        for _ in 0..3 {
            agent.get("/api/v1/admin/audit").await.expect_error(403, "FORBIDDEN");
        }
        let browser = server.browser("agent").await;
        browser.get("/_fn/audit/list?query%5Baction%5D=").await;
        let admin = server.member("admin").await;
        let audit = admin.get("/api/v1/admin/audit?action=identity.refused").await.expect(200);
        let routes: Vec<_> =
            audit["data"].as_array().unwrap().iter().map(|row| row["after"]["route"].clone()).collect();
        assert_eq!(routes, [json!("GET /_fn/audit/list"), json!("GET /api/v1/admin/audit")]);
    })
    .await;
}

#[tokio::test]
async fn attack_4_fields_that_nobody_asked_for_are_refused() {
    TestServer::each(|server| async move {
        let world = World::build(&server).await;
        let admin = server.member("admin").await;
        let before = journal_entries(&server).await;
        let mut tried = 0;
        for row in table() {
            let (method, path) = row.route.split_once(' ').unwrap();
            let Some(Value::Object(body)) = row.body.filter(|_| row.access != Access::Device) else { continue };
            // Those without fields take no body at all.
            if body.is_empty() {
                continue;
            }
            for (field, value) in [
                ("orgId", json!(server.other_org.id.to_string())),
                ("createdAt", json!("2020-01-01T00:00:00Z")),
                ("isAdmin", json!(true)),
            ] {
                let mut body = body.clone();
                body.insert(field.to_owned(), value);
                let text = world.fill(&Value::Object(body).to_string());
                let path = format!("/api/v1{}", world.fill(path));
                let answer = admin.raw(method.parse().unwrap(), &path, "application/json", text).await;
                assert_eq!(answer.status, 400, "{} with {field}: {}", row.route, answer.text());
                tried += 1;
            }
        }
        assert!(tried > 60, "{tried}");
        assert_eq!(journal_entries(&server).await, before, "nothing was written");
    })
    .await;
}

fn median(mut samples: Vec<Duration>) -> f64 {
    samples.sort_unstable();
    samples[samples.len() / 2].as_secs_f64()
}

/// The median times of two requests, taken in turn.
async fn in_turn(client: &Client, path: &str, first: Value, second: Value) -> f64 {
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        for (body, samples) in [(&first, &mut firsts), (&second, &mut seconds)] {
            let began = Instant::now();
            client.post(path, body.clone()).await;
            samples.push(began.elapsed());
        }
    }
    median(firsts) / median(seconds)
}

#[tokio::test]
async fn attack_6_known_and_unknown_accounts_answer_alike_and_as_fast() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let wrong = "not the password";
        let (known, unknown) = (login("agent@rossi.test", wrong), login("nobody@rossi.test", wrong));
        let ratio = in_turn(&visitor, LOGIN, known, unknown).await;
        assert!((0.5..2.0).contains(&ratio), "signing in: {ratio}");
        let (known, unknown) = (json!({ "email": "agent@rossi.test" }), json!({ "email": "nobody@rossi.test" }));
        let ratio = in_turn(&visitor, "/api/v1/auth/forgot", known, unknown).await;
        assert!((0.4..2.5).contains(&ratio), "a forgotten password: {ratio}");
    })
    .await;
}

#[tokio::test]
async fn attack_7_spraying_is_stopped_and_nobody_is_locked_out_by_others() {
    TestServer::each_with(
        |config| {
            config.limits.enabled = true;
            config.limits.anonymous_per_minute = 10_000;
            config.limits.sign_in_failures_per_address = 20;
        },
        |server| async move {
            let attacker = server.visitor().at("198.51.100.1");
            let owner = "admin@rossi.test";
            // The owner has signed in in this browser before.
            let browser = server.visitor().at("198.51.100.1").with("sec-fetch-site", "same-origin");
            let form = [("login", owner), ("password", PASSWORD)];
            let answer = browser.form("/sign-in", &form).await;
            let device = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
            let device = device.into_iter().find(|cookie| cookie.starts_with("officina_device=")).expect("remembered");
            assert!(device.contains("HttpOnly"), "{device}");

            for _ in 0..5 {
                attacker.post(LOGIN, login(owner, "guess")).await.expect_error(401, "UNAUTHORIZED");
            }
            let wait = |answer: &crate::support::Answer| answer.header("retry-after").unwrap().parse::<i64>().unwrap();
            let refused = attacker.post(LOGIN, login(owner, PASSWORD)).await;
            refused.expect_error(429, "RATE_LIMITED");
            assert!((14 * 60..=15 * 60 + 1).contains(&wait(&refused)), "{}", wait(&refused));
            // From elsewhere, and from the same office in the known browser, the owner comes in.
            server.visitor().at("203.0.113.9").post(LOGIN, login(owner, PASSWORD)).await.expect(200);
            let known = browser.clone().keeping(device);
            assert_eq!(known.form("/sign-in", &form).await.status, 303);
            assert_eq!(browser.form("/sign-in", &form).await.status, 429);

            // Who goes on waits longer.
            server.advance(15 * MINUTE + SECOND);
            for _ in 0..5 {
                attacker.post(LOGIN, login(owner, "guess")).await.expect_error(401, "UNAUTHORIZED");
            }
            let refused = attacker.post(LOGIN, login(owner, "guess")).await;
            assert!((29 * 60..=30 * 60 + 1).contains(&wait(&refused)), "{}", wait(&refused));

            // One password for everybody: the address is stopped, whatever account comes next.
            let sprayer = server.visitor().at("198.51.100.2");
            for account in 0..20 {
                let email = format!("person{account}@rossi.test");
                sprayer.post(LOGIN, login(&email, "Spring2026!!")).await.expect_error(401, "UNAUTHORIZED");
            }
            sprayer.post(LOGIN, login("agent@rossi.test", PASSWORD)).await.expect_error(429, "RATE_LIMITED");
        },
    )
    .await;
}

#[tokio::test]
async fn attack_9_a_session_is_never_taken_over_and_ends_when_it_should() {
    TestServer::each(|server| async move {
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        // A cookie that somebody planted does not become a session.
        let planted = visitor.clone().with("cookie", "officina_session=planted");
        let answer = planted.form("/sign-in", &[("login", "agent@rossi.test"), ("password", PASSWORD)]).await;
        let cookie = answer.header("set-cookie").unwrap().to_owned();
        assert!(!cookie.contains("planted"), "{cookie}");
        planted.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        let agent = visitor.clone().keeping(&cookie);
        agent.get("/api/v1/auth/me").await.expect(200);
        // Signing in again is another session, and the one before is over.
        let again = agent.form("/sign-in", &[("login", "agent@rossi.test"), ("password", PASSWORD)]).await;
        let second = visitor.keeping(again.header("set-cookie").unwrap());
        agent.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        second.get("/api/v1/auth/me").await.expect(200);
        assert_eq!(second.form("/sign-out", &[]).await.status, 303);
        second.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
    })
    .await;
}

#[tokio::test]
async fn attack_10_nothing_is_changed_by_a_page_of_another_site() {
    TestServer::each(|server| async move {
        let world = World::build(&server).await;
        let browser = server.browser("admin").await;
        let before = journal_entries(&server).await;
        let foreign = [
            browser.clone().with("sec-fetch-site", "cross-site"),
            browser.clone().without("sec-fetch-site").with("origin", "https://evil.test"),
            browser.clone().without("sec-fetch-site").with("origin", "null"),
        ];
        for attack in foreign {
            for (path, method) in server_fn_paths() {
                if method == Method::POST {
                    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
                        let answer = attack.raw(Method::POST, path, content_type, "id=1").await;
                        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
                    }
                }
            }
            for row in table() {
                let (method, path) = row.route.split_once(' ').unwrap();
                if method == "GET" || row.access == Access::Device {
                    continue;
                }
                let path = format!("/api/v1{}", world.fill(path));
                let body = row.body.map(|body| world.fill(&body.to_string())).unwrap_or_default();
                let answer = attack.raw(method.parse().unwrap(), &path, "text/plain", body).await;
                assert_eq!(answer.status, 403, "{}: {}", row.route, answer.text());
            }
            for form in [
                "/sign-in",
                "/sign-out",
                "/check-in",
                "/contact",
                "/forgot",
                "/preferences/theme",
                "/app/people/invite",
            ] {
                assert_eq!(attack.form(form, &[]).await.status, 403, "{form}");
            }
        }
        assert_eq!(journal_entries(&server).await, before, "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn attack_12_script_in_every_field_stays_text() {
    let mailbox = Arc::new(Mailbox::open().await);
    TestServer::each_with(
        |config| mailbox.serve(config),
        |server| {
            let mailbox = mailbox.clone();
            async move {
                let admin = server.member("admin").await;
                let id = |answer: Value, field: &str| answer["data"][field].as_str().unwrap().to_owned();
                let nasty = |words: &str| format!("{words} {SCRIPT}</textarea></title>\"'");
                let check_in = json!({ "customerName": nasty("Anna"), "customerPhone": "333 1112223",
                    "customerEmail": "anna@verdi.test", "vehiclePlate": "AB123CD", "vehicleBrand": nasty("Fiat"),
                    "vehicleModel": nasty("Panda"), "repairType": "cosmetic", "accidentPlace": nasty("Rome"),
                    "insuranceCompany": nasty("Insurer"), "notes": nasty("Notes") });
                let repair = admin.post("/api/v1/repairs", check_in).await.expect(201);
                let code = id(repair.clone(), "trackingCode");
                let repair = id(repair, "id");
                let step = json!({ "status": "accepted", "note": nasty("inside"), "publicNote": nasty("outside") });
                admin.post(&format!("/api/v1/repairs/{repair}/status"), step).await.expect(200);
                let lead = json!({ "name": nasty("Bruno"), "phone": "333 4445556", "leadType": "service",
                    "cityName": nasty("Milan"), "message": nasty("Hello") });
                admin.post("/api/v1/public/leads", lead).await.expect(201);
                let leads = admin.get("/api/v1/admin/leads").await.expect(200);
                let lead = leads["data"][0]["id"].as_str().unwrap().to_owned();
                let location = admin.post("/api/v1/locations", json!({ "name": nasty("Depot") })).await.expect(201);
                let location = id(location, "id");
                let cell = json!({ "name": nasty("Cell"), "locationId": location, "preset": "freezer" });
                let cell = id(admin.post("/api/v1/coldcells", cell).await.expect(201), "id");
                let role = json!({ "label": nasty("Role"), "permissions": ["repairs:read"] });
                let role = id(admin.post("/api/v1/admin/roles", role).await.expect(201), "name");
                let token = json!({ "name": nasty("Token"), "permissions": ["leads:read"] });
                admin.post("/api/v1/admin/tokens", token).await.expect(201);
                let user =
                    json!({ "email": "x@rossi.test", "name": nasty("Xaver"), "role": role, "password": PASSWORD });
                let user = id(admin.post("/api/v1/admin/users", user).await.expect(201), "id");
                let invited = json!({ "email": "y@rossi.test", "name": nasty("Yves"), "role": "agent" });
                admin.post("/api/v1/auth/signup", invited).await.expect(201);
                let mail = mailbox.next(&server).await;
                assert!(mail.head.to_lowercase().contains("content-type: text/plain"), "{}", mail.head);

                let browser = server.browser("admin").await.with("user-agent", SCRIPT);
                let known = [
                    ("{repairId}", &repair),
                    ("{leadId}", &lead),
                    ("{coldCellId}", &cell),
                    ("{userId}", &user),
                    ("{roleName}", &role),
                ];
                let mut pages: Vec<String> = staff_pages().iter().map(|(page, _)| (*page).to_owned()).collect();
                pages.extend([format!("/track/{code}"), path_of(&mail.link())]);
                let mut seen = 0;
                for page in pages {
                    let page = known.iter().fold(page, |page, (name, id)| page.replace(name, id));
                    if page.contains('{') {
                        continue;
                    }
                    let answer = browser.clone().with("accept", "text/html").get(&page).await;
                    assert_eq!(answer.status, 200, "{page}");
                    assert!(!answer.text().contains(SCRIPT), "{page}: {}", answer.text());
                    seen += usize::from(answer.text().contains("alert(1)"));
                }
                assert!(seen >= 12, "the text shows on {seen} pages only");
            }
        },
    )
    .await;
}

fn path_of(link: &str) -> String {
    link.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| format!("/{path}")).unwrap()
}

#[tokio::test]
async fn attack_17_queries_as_sql_are_harmless() {
    TestServer::each(|server| async move {
        let world = World::build(&server).await;
        let admin = server.member("admin").await;
        let nasty = [
            "'%3B%20DROP%20TABLE%20journal%3B--",
            "%22%20OR%201%3D1",
            "%25%25%25",
            "NEAR(a%20b)*",
            "%5C",
            "%00",
            "a%20AND%20(SELECT%201)",
            "%F0%9F%9A%97",
            "eyJrIjo5OTk5OX0",
            "-1",
            "99999999999999999999",
        ];
        let long = "x".repeat(2_000);
        for row in table().into_iter().filter(|row| row.route.starts_with("GET") && !row.route.ends_with("/live")) {
            let path = format!("/api/v1{}", world.fill(row.route.split_once(' ').unwrap().1));
            for name in
                ["search", "sort", "status", "cursor", "page", "limit", "assignee", "startDate", "action", "from"]
            {
                for value in nasty.iter().copied().chain([long.as_str()]) {
                    let answer = admin.get(&format!("{path}?{name}={value}")).await;
                    let status = answer.status.as_u16();
                    assert!(status < 500, "{path}?{name}={value}: {}", answer.text());
                }
            }
        }
        assert!(journal_entries(&server).await > 0);
    })
    .await;
}

#[tokio::test]
async fn attack_18_a_forwarded_address_is_believed_from_a_trusted_proxy_alone() {
    TestServer::each_with(
        |config| config.limits.enabled = true,
        |server| async move {
            for attempt in 0..5 {
                let spoofed = format!("203.0.113.{attempt}");
                let visitor = server.visitor().at("198.51.100.7").with("x-forwarded-for", &spoofed);
                let visitor = visitor.with("forwarded", &format!("for={spoofed}")).with("x-real-ip", &spoofed);
                visitor.post(LOGIN, login("agent@rossi.test", "guess")).await.expect_error(401, "UNAUTHORIZED");
            }
            let visitor = server.visitor().at("198.51.100.7").with("x-forwarded-for", "203.0.113.99");
            visitor.post(LOGIN, login("agent@rossi.test", PASSWORD)).await.expect_error(429, "RATE_LIMITED");
        },
    )
    .await;
}

/// Log lines, kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn attack_19_secrets_stand_nowhere_in_clear() {
    let mailbox = Arc::new(Mailbox::open().await);
    TestServer::each_with(
        |config| mailbox.serve(config),
        |server| {
            let mailbox = mailbox.clone();
            async move {
                let lines = Lines::default();
                let writer = lines.clone();
                let log =
                    tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(move || writer.clone());
                let guard = tracing::subscriber::set_default(log.finish());
                let mut secrets = vec![PASSWORD.to_owned()];
                let mut keep = |value: &Value| secrets.push(value.as_str().expect("a secret").to_owned());
                let visitor = server.visitor();
                let answer = visitor.post(LOGIN, login("admin@rossi.test", PASSWORD)).await.expect(200);
                keep(&answer["data"]["accessToken"]);
                keep(&answer["data"]["refreshToken"]);
                let bearer = format!("Bearer {}", answer["data"]["accessToken"].as_str().unwrap());
                let admin = visitor.clone().with("authorization", &bearer);
                let planted = "planted pass phrase of Xaver";
                let user = json!({ "email": "x@rossi.test", "name": "Xaver", "role": "agent", "password": planted });
                let repeated = admin.clone().with("idempotency-key", "once");
                repeated.post("/api/v1/admin/users", user).await.expect(201);
                keep(&json!(planted));
                let token = json!({ "name": "T", "permissions": ["leads:read"] });
                keep(
                    &repeated
                        .clone()
                        .with("idempotency-key", "two")
                        .post("/api/v1/admin/tokens", token)
                        .await
                        .expect(201)["data"]["key"],
                );
                let depot = admin.post("/api/v1/locations", json!({ "name": "Depot" })).await.expect(201);
                let cell = json!({ "name": "Cell", "locationId": depot["data"]["id"], "preset": "freezer" });
                let cell = admin.post("/api/v1/coldcells", cell).await.expect(201);
                let device = json!({ "serialNumber": "S-1", "coldCellId": cell["data"]["id"] });
                keep(
                    &repeated.with("idempotency-key", "three").post("/api/v1/devices", device).await.expect(201)["data"]
                        ["apiKey"],
                );
                keep(&admin.post("/api/v1/auth/totp", json!({})).await.expect(201)["data"]["secret"]);
                visitor.post("/api/v1/auth/forgot", json!({ "email": "x@rossi.test" })).await.expect(202);
                let invited = json!({ "email": "y@rossi.test", "name": "Yves", "role": "agent" });
                admin.post("/api/v1/auth/signup", invited).await.expect(201);
                // What a person types by mistake is not repeated to them either.
                let wrong = visitor.post(LOGIN, login(planted, planted)).await;
                assert!(!wrong.text().contains(planted), "{}", wrong.text());
                for _ in 0..2 {
                    let mail = mailbox.next(&server).await;
                    keep(&json!(mail.token()));
                    visitor.get(&path_of(&mail.link())).await;
                }
                drop(guard);

                let logged = String::from_utf8_lossy(&lines.0.lock().unwrap()).into_owned();
                assert!(logged.contains("/auth/login"), "the log was kept: {logged}");
                let stored = everything_stored(&server).await;
                for secret in secrets {
                    assert!(!logged.contains(&secret), "the log holds {secret}");
                    assert!(!stored.contains(&secret), "the database holds {secret}");
                }
            }
        },
    )
    .await;
}

/// What the database holds: the file of SQLite, with what is still in its log; the rows of PostgreSQL as text.
async fn everything_stored(server: &TestServer) -> String {
    if server.kind == Kind::Sqlite {
        let files = ["officina.db", "officina.db-wal"].map(|file| server.state().config.data.join(file));
        let bytes: Vec<u8> = files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let mut all = String::new();
    for query in [
        "SELECT CAST(row_to_json(t) AS TEXT) FROM accounts t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM sessions t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM refresh_tokens t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM api_tokens t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM devices t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM entry_links t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM second_factors t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM login_failures t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM failed_sign_ins t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM jobs t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM idempotent_answers t",
        "SELECT CAST(row_to_json(t) AS TEXT) FROM journal t",
    ] {
        let rows: Vec<(String,)> = sql(query).all(&server.app().db).await.unwrap();
        all.extend(rows.into_iter().map(|(row,)| row));
    }
    all
}

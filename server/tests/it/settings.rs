//! What an organisation settles for itself, and that its switches act.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Client, OTHER_ORG, PASSWORD, TestServer};
use crate::world::{World, form, png};

const SETTINGS: &str = "/api/v1/admin/settings";
const LOGO: &str = "/api/v1/admin/settings/logo";

fn browse(client: Client) -> Client {
    client.with("accept", "text/html").with("sec-fetch-site", "same-origin")
}

/// What a page says, without the marks of hydration.
async fn page(client: &Client, path: &str) -> (u16, String) {
    let answer = client.get(path).await;
    (answer.status.as_u16(), answer.text().replace("<!>", ""))
}

#[tokio::test]
async fn settings_are_changed_one_by_one_and_the_journal_says_which() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let first = admin.get(SETTINGS).await.expect(200)["data"].clone();
        assert_eq!((&first["name"], &first["currency"]), (&json!("Carrozzeria Rossi"), &json!("EUR")));
        assert_eq!(first["temperatureUnit"], "celsius");
        assert_eq!((&first["sessionIdleHours"], &first["sessionAbsoluteHours"]), (&json!(168), &json!(720)));
        let hours = json!([{ "day": "MONDAY", "from": "14:00", "to": "18:30" }, { "day": "monday", "from": "8:00", "to": "12:30" }]);
        let change = json!({ "name": "Rossi & Figli", "accent": "#C026D3", "timeZone": "Europe/Zurich", "currency": "chf",
            "openingHours": hours, "selfRegistration": true, "secondFactorRoles": ["agent", "tech", "agent"],
            "sessionIdleHours": 8, "version": first["version"] });
        let changed = admin.patch(SETTINGS, change.clone()).await.expect(200)["data"].clone();
        assert_eq!((&changed["accent"], &changed["currency"]), (&json!("#c026d3"), &json!("CHF")));
        assert_eq!(changed["secondFactorRoles"], json!(["agent", "technician"]));
        assert_eq!(changed["openingHours"][0], json!({ "day": "monday", "from": "08:00", "to": "12:30" }));
        assert_eq!(changed["version"], json!(first["version"].as_i64().unwrap() + 1));
        assert_eq!(admin.get(SETTINGS).await.expect(200)["data"], changed);
        // The second click of a double click asks for what is there already.
        assert_eq!(admin.patch(SETTINGS, change).await.expect(200)["data"], changed);
        let late = json!({ "name": "Rossi & Co.", "version": first["version"] });
        let stale = admin.patch(SETTINGS, late).await.expect_error(409, "CONFLICT");
        assert_eq!(stale["version"], changed["version"]);

        let journal = admin.get("/api/v1/admin/audit?action=identity.settings_changed").await.expect(200);
        assert_eq!(journal["page"]["total"], 1);
        let entry = &journal["data"][0];
        assert_eq!((&entry["before"]["name"], &entry["after"]["name"]), (&first["name"], &changed["name"]));
        assert!(entry["after"].get("locale").is_none() && entry["after"].get("version").is_none(), "{entry}");
        // Nothing changed, nothing written.
        admin.patch(SETTINGS, json!({ "name": "Rossi & Figli" })).await.expect(200);
        assert_eq!(admin.get("/api/v1/admin/audit?action=identity.settings_changed").await.expect(200), journal);

        let wrong = json!({ "name": " ", "accent": "red", "locale": "fr", "timeZone": "Roma", "currency": "EURO",
            "temperatureUnit": "kelvin", "areas": ["kitchen"], "publicForms": ["fax"], "sessionIdleHours": 0, "sessionAbsoluteHours": 9000,
            "openingHours": [{ "day": "sunday", "from": "18:00", "to": "08:00" }] });
        let body = admin.patch(SETTINGS, wrong).await.expect_error(400, "VALIDATION_ERROR");
        let fields: Vec<&String> = body["fields"].as_object().unwrap().keys().collect();
        let all = ["accent", "areas", "currency", "locale", "name", "openingHours.sunday", "publicForms",
            "sessionAbsoluteHours", "sessionIdleHours", "temperatureUnit", "timeZone"];
        assert_eq!(fields, all);
        for wrong in [
            json!({ "secondFactorRoles": ["pilot"] }),
            json!({ "sessionIdleHours": 721 }),
            json!({ "orgId": server.other_org.id }),
            json!({ "slug": "bianchi" }),
        ] {
            admin.patch(SETTINGS, wrong).await.expect_error(400, "VALIDATION_ERROR");
        }
        assert_eq!(admin.get(SETTINGS).await.expect(200)["data"], changed);
        assert_eq!(server.stranger().await.get(SETTINGS).await.expect(200)["data"]["name"], "Bianchi Freddo");
        server.member("manager").await.get(SETTINGS).await.expect_error(403, "FORBIDDEN");
    })
    .await;
}

#[tokio::test]
async fn an_area_that_is_off_is_gone_for_everybody() {
    TestServer::each(|server| async move {
        let world = World::build(&server).await;
        let admin = server.member("admin").await;
        let technician = server.member("technician").await;
        let token = json!({ "name": "Site", "permissions": ["leads:read", "repairs:read"] });
        let token = admin.post("/api/v1/admin/tokens", token).await.expect(201);
        let program = server.visitor().with("authorization", &format!("Bearer {}", token["data"]["key"].as_str().unwrap()));
        let browser = browse(server.browser("admin").await);
        let tracking = world.fill("/api/v1/track/{code}");
        server.visitor().get(&tracking).await.expect(200);

        admin.patch(SETTINGS, json!({ "areas": ["leads"], "stopUnderWay": true })).await.expect(200);
        let gone = ["/repairs", "/repairs/{repairId}", "/repairs/{repairId}/photos/{photoId}", "/coldcells", "/devices", "/alerts",
            "/coldcells/{coldCellId}", "/dashboard/technician"];
        for path in gone {
            let path = world.fill(&format!("/api/v1{path}"));
            for client in [&admin, &technician] {
                client.get(&path).await.expect_error(404, "NOT_FOUND");
            }
        }
        program.get("/api/v1/repairs").await.expect_error(404, "NOT_FOUND");
        program.get("/api/v1/admin/leads").await.expect(200);
        let check_in = json!({ "customerName": "A", "customerPhone": "333 9990001", "vehiclePlate": "ZZ999ZZ", "repairType": "cosmetic" });
        for client in [&admin, &technician] {
            client.post("/api/v1/repairs", check_in.clone()).await.expect_error(404, "NOT_FOUND");
        }
        server.visitor().post("/api/v1/checkin", check_in.clone()).await.expect_error(404, "NOT_FOUND");
        server.visitor().get(&tracking).await.expect_error(404, "NOT_FOUND");
        let me = technician.get("/api/v1/auth/me").await.expect(200);
        assert_eq!(me["data"]["permissions"], json!(["customers:read"]));
        technician.get("/api/v1/live?topics=repairs,alerts").await.expect_error(403, "FORBIDDEN");

        let visitor = browse(server.visitor());
        for path in ["/check-in", "/track", "/track/ABC234"] {
            assert_eq!(page(&visitor, path).await.0, 404, "{path}");
        }
        let (_, welcome) = page(&visitor, "/").await;
        assert!(!welcome.contains("/check-in") && !welcome.contains("/track") && welcome.contains("/contact"), "{welcome}");
        for path in ["/app/repairs", "/app/repairs/board", "/app/cold-chain", "/app/alerts"] {
            assert_eq!(page(&browser, path).await.0, 404, "{path}");
        }
        let (status, home) = page(&browser, "/app").await;
        assert_eq!(status, 200);
        assert!(home.contains("href=\"/app/leads\"") && !home.contains("/app/repairs") && !home.contains("/app/alerts"), "{home}");
        browser.clone().with("accept", "application/json").get("/_fn/repairs/board").await.expect(404);

        // Who runs the place still gives the roles that the area has, and switches it on again.
        let user = json!({ "email": "new@rossi.test", "name": "N", "role": "technician", "password": PASSWORD });
        admin.post("/api/v1/admin/users", user).await.expect(201);
        let swapped = json!({ "areas": ["cold_chain", "repairs"], "stopUnderWay": true });
        admin.patch(SETTINGS, swapped).await.expect(200);
        technician.get("/api/v1/repairs").await.expect(200);
        server.visitor().get(&tracking).await.expect(200);
        server.visitor().post("/api/v1/checkin", check_in).await.expect(201);
        let lead = json!({ "name": "A", "phone": "333 9990002", "leadType": "service" });
        server.visitor().post("/api/v1/public/leads", lead).await.expect_error(404, "NOT_FOUND");
        admin.get("/api/v1/admin/leads").await.expect_error(404, "NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_off_says_so_kindly_and_takes_nothing() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let visitor = browse(server.visitor()).with("accept-language", "en");
        let check_in = json!({ "customerName": "A", "customerPhone": "333 9990001", "vehiclePlate": "ZZ999ZZ", "repairType": "cosmetic" });
        let made = server.visitor().post("/api/v1/checkin", check_in.clone()).await.expect(201);
        let photos = format!("/api/v1/checkin/{}/photos", made["data"]["id"].as_str().unwrap());
        let (kind, photo) = form(&[("front", "front.png", &png(20, 20))]);
        server.visitor().raw(Method::POST, &photos, &kind, photo.clone()).await.expect(201);
        assert!(page(&visitor, "/check-in").await.1.contains("type=\"file\""));

        admin.patch(SETTINGS, json!({ "publicForms": ["check_in", "contact"] })).await.expect(200);
        let (status, text) = page(&visitor, "/check-in").await;
        assert!(status == 200 && text.contains("customerName") && !text.contains("type=\"file\""), "{text}");
        server.visitor().raw(Method::POST, &photos, &kind, photo).await.expect_error(404, "NOT_FOUND");

        admin.patch(SETTINGS, json!({ "publicForms": [] })).await.expect(200);
        let (status, text) = page(&visitor, "/check-in").await;
        assert!(status == 200 && text.contains("come by") && !text.contains("customerName"), "{text}");
        let (kind, body) = form(&[("customerName", "", b"Anna")]);
        assert_eq!(visitor.raw(Method::POST, "/check-in", &kind, body).await.status, 404);
        server.visitor().post("/api/v1/checkin", check_in.clone()).await.expect_error(404, "NOT_FOUND");
        let (status, text) = page(&visitor, "/contact").await;
        assert!(status == 200 && text.contains("come by") && !text.contains("leadType"), "{text}");
        let lead = [("name", "A"), ("phone", "333 9990002"), ("leadType", "service")];
        assert_eq!(visitor.form("/contact", &lead).await.status, 404);
        // At the counter work goes on, and the other organisation is not touched.
        server.member("technician").await.post("/api/v1/repairs", check_in).await.expect(201);
        assert!(page(&visitor, &format!("/o/{OTHER_ORG}/check-in")).await.1.contains("customerName"));
    })
    .await;
}

/// A PNG image that is transparent but for one corner.
fn see_through() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_fn(64, 32, |x, y| image::Rgba([200, 30, 30, if x < 8 && y < 8 { 255 } else { 0 }]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .expect("an image");
    bytes.into_inner()
}

#[tokio::test]
async fn a_logo_is_a_harmless_picture_that_everybody_sees() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let send = async |content: &[u8]| {
            let (kind, body) = form(&[("logo", "../logo.svg", content)]);
            admin.raw(Method::POST, LOGO, &kind, body).await
        };
        send(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
            .await
            .expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
        send(b"").await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(server.visitor().get("/logo").await.status, 404);

        let address = |settings: Value| settings["data"]["logo"].as_str().expect("an address").to_owned();
        let first = address(send(&see_through()).await.expect(200));
        let shown = server.visitor().get(&first).await;
        assert_eq!((shown.status.as_u16(), shown.header("content-type")), (200, Some("image/jpeg")));
        assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
        let picture = image::load_from_memory(&shown.body).expect("a picture").to_rgb8();
        assert!(picture.get_pixel(60, 28).0.iter().all(|part| *part > 245), "what was transparent is white");
        assert!(picture.get_pixel(2, 2).0[1] < 120, "what was painted is there");
        let logo_in = format!("<img src=\"{first}\"");
        assert!(page(&browse(server.visitor()), "/contact").await.1.contains(&logo_in));
        assert!(page(&browse(server.browser("agent").await), "/app").await.1.contains(&logo_in));
        assert_eq!(server.visitor().get(&format!("/o/{OTHER_ORG}/logo")).await.status, 404);

        // The form of the page, without script.
        let browser = browse(server.browser("admin").await);
        let upload = async |client: &Client, content: &[u8]| {
            let (kind, body) = form(&[("logo", "logo.png", content)]);
            let answer = client.raw(Method::POST, "/app/settings/logo", &kind, body).await;
            (answer.status.as_u16(), answer.header("location").unwrap_or_default().to_owned())
        };
        assert_eq!(upload(&browser, b"no picture").await, (303, "/app/settings?logo=unsupported".to_owned()));
        assert!(page(&browser, "/app/settings?logo=unsupported").await.1.contains("Only JPEG"));
        // The page of somebody who has signed out since does nothing in the name of who is there now.
        let membership = server.actor("agent").await.member().expect("a member").membership;
        let (kind, body) = form(&[("logo", "logo.png", &png(40, 20))]);
        let others = browser.raw(Method::POST, &format!("/app/settings/logo?as={membership}"), &kind, body).await;
        assert_eq!((others.status.as_u16(), others.header("location")), (303, Some("/app/settings")));
        assert_eq!(address(admin.get(SETTINGS).await.expect(200)), first, "the logo is the one of before");
        assert_eq!(upload(&browser, &png(40, 20)).await, (303, "/app/settings?logo=saved".to_owned()));
        assert_eq!(upload(&browse(server.browser("agent").await), &png(40, 20)).await.0, 403);
        assert_eq!(upload(&server.visitor(), &png(40, 20)).await.0, 401);
        let foreign = browser.clone().with("sec-fetch-site", "cross-site");
        assert_eq!(upload(&foreign, &png(40, 20)).await.0, 403);
        let second = address(admin.get(SETTINGS).await.expect(200));
        assert_ne!(first, second);

        assert_eq!(admin.delete(LOGO).await.expect(200)["data"]["logo"], Value::Null);
        assert_eq!(server.visitor().get(&second).await.status, 404);
        admin.delete(LOGO).await.expect_error(404, "NOT_FOUND");
        let told = admin.get("/api/v1/admin/audit?subject=organisation").await.expect(200);
        let told: Vec<_> =
            told["data"].as_array().unwrap().iter().take(3).map(|entry| entry["action"].clone()).collect();
        assert_eq!(told, ["identity.logo_removed", "identity.logo_changed", "identity.logo_changed"]);
    })
    .await;
}

#[tokio::test]
async fn what_stops_something_asks_first_and_names_it() {
    TestServer::each(|server| async move {
        World::build(&server).await;
        let admin = server.member("admin").await;
        let browser = browse(server.browser("admin").await).with("referer", "http://officina.test/app/settings");
        let text = page(&browser, "/app/settings").await.1;
        assert!(text.contains("1 alert is active") && text.contains("Repairs: 1 is open"), "{text}");
        let version = admin.get(SETTINGS).await.expect(200)["data"]["version"].to_string();
        let off = [
            ("input[version]", version.as_str()),
            ("input[name]", "Carrozzeria Rossi"),
            ("input[accent]", "#0f766e"),
            ("input[locale]", "it"),
            ("input[time_zone]", "Europe/Rome"),
            ("input[currency]", "EUR"),
            ("input[areas][]", "repairs"),
            ("input[areas][]", "leads"),
            ("input[session_idle_hours]", "24"),
            ("input[session_absolute_hours]", "72"),
        ];
        let refused = browser.form("/_fn/settings/update", &off).await;
        let back = refused.header("location").expect("a way back").to_owned();
        let told = page(&browser.clone().keeping(refused.header("set-cookie").unwrap()), &back).await.1;
        assert!(told.contains("is not switched off yet") && told.contains("Cold chain: 1 alert"), "{told}");
        let areas = async || admin.get(SETTINGS).await.expect(200)["data"]["areas"].take();
        assert_eq!(areas().await, json!(["repairs", "leads", "cold_chain"]));
        let sure = [off.as_slice(), &[("input[stop]", "on")]].concat();
        assert_eq!(browser.form("/_fn/settings/update", &sure).await.status, 302);
        assert_eq!(areas().await, json!(["repairs", "leads"]));

        // Ending a membership and taking the logo away say what will be, before the button that does it.
        let (kind, body) = form(&[("logo", "logo.png", &png(40, 20))]);
        browser.raw(Method::POST, "/app/settings/logo", &kind, body).await;
        let text = page(&browser, "/app/settings").await.1;
        let asked = text.split("<details").find(|part| part.contains("Remove the logo</summary>")).expect("it asks");
        assert!(asked.contains("The picture is deleted") && asked.contains("Remove it</button>"), "{asked}");
        let agent = server.actor("agent").await.member().unwrap().account;
        let text = page(&browser, &format!("/app/people/{agent}")).await.1;
        let asked = text.split("<details").find(|part| part.contains("Terminate</summary>")).expect("it asks");
        assert!(asked.contains("The agent of Carrozzeria Rossi is out at once"), "{asked}");
        assert!(asked.contains("value=\"terminated\""), "{asked}");
    })
    .await;
}

#[tokio::test]
async fn a_program_that_stops_something_is_asked_first_too() {
    TestServer::each(|server| async move {
        World::build(&server).await;
        let admin = server.member("admin").await;
        let before = admin.get(SETTINGS).await.expect(200);
        let off = |more: Value| {
            let mut change = json!({ "name": "Rossi & Figli", "areas": ["leads"] });
            change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            change
        };
        for unsure in [off(json!({})), off(json!({ "stopUnderWay": false })), off(json!({ "stopUnderWay": null }))] {
            let asked = admin.patch(SETTINGS, unsure).await.expect_error(409, "CONFLICT");
            let told = asked["error"].as_str().unwrap();
            assert!(told.contains("Cold chain: 1 alert is active") && told.contains("Repairs: 1 is open"), "{told}");
            assert!(!told.contains("Leads:"), "what stays on is not asked about: {told}");
            assert_eq!(asked["confirm"], "stopUnderWay");
        }
        assert_eq!(admin.get(SETTINGS).await.expect(200), before);
        // Who may not change the settings is not told how much is under way, and what is wrong is told before it is asked.
        server.member("manager").await.patch(SETTINGS, off(json!({}))).await.expect_error(403, "FORBIDDEN");
        admin.patch(SETTINGS, off(json!({ "accent": "red" }))).await.expect_error(400, "VALIDATION_ERROR");
        admin.patch(SETTINGS, off(json!({ "version": 0 }))).await.expect_error(409, "CONFLICT");

        // What stays on goes on, and what is off already has nothing under way.
        let all = json!({ "areas": ["repairs", "leads", "cold_chain"], "currency": "CHF" });
        admin.patch(SETTINGS, all).await.expect(200);
        let sure = admin.patch(SETTINGS, off(json!({ "stopUnderWay": true }))).await.expect(200);
        assert_eq!((&sure["data"]["areas"], &sure["data"]["name"]), (&json!(["leads"]), &json!("Rossi & Figli")));
        let off_already = admin.patch(SETTINGS, off(json!({ "name": "Rossi" }))).await.expect(200);
        assert_eq!(off_already["data"]["areas"], json!(["leads"]));
        // It is an answer to one question and no setting.
        let journal = admin.get("/api/v1/admin/audit?action=identity.settings_changed").await.expect(200);
        assert_eq!(journal["page"]["total"], 3);
        assert!(journal["data"][1]["after"].get("stopUnderWay").is_none(), "{journal}");
    })
    .await;
}

#[tokio::test]
async fn the_page_saves_without_script_and_names_what_is_wrong() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let browser = browse(server.browser("admin").await).with("referer", "http://officina.test/app/settings");
        let (status, text) = page(&browser, "/app/settings").await;
        assert!(status == 200 && text.contains("value=\"Carrozzeria Rossi\""), "{text}");
        let fields = |name: &'static str, monday: &'static str| {
            [
                ("input[version]", "1"),
                ("input[name]", name),
                ("input[accent]", "#0f766e"),
                ("input[locale]", "en"),
                ("input[time_zone]", "Europe/Rome"),
                ("input[currency]", "EUR"),
                ("input[temperature_unit]", "fahrenheit"),
                ("input[areas][]", "repairs"),
                ("input[areas][]", "leads"),
                ("input[public_forms][]", "check_in"),
                ("input[hours][0]", monday),
                ("input[hours][1]", ""),
                ("input[hours][2]", "9:00 – 12:00"),
                ("input[second_factor_roles][]", "agent"),
                ("input[second_factor_roles][]", "manager"),
                ("input[session_idle_hours]", "24"),
                ("input[session_absolute_hours]", "72"),
            ]
        };
        let name = "<script>alert(1)</script>";
        let refused = browser.form("/_fn/settings/update", &fields(name, "8 to noon")).await;
        let back = refused.header("location").expect("a way back").to_owned();
        let told = page(&browser.clone().keeping(refused.header("set-cookie").unwrap()), &back).await.1;
        assert!(told.contains("must be times such as 8-12"), "{told}");
        // The summary above the form leads to the field.
        assert!(
            told.contains("href=\"#f-input-hours--0-\" class=\"link\">Monday</a>")
                && told.contains("id=\"f-input-hours--0-\""),
            "{told}"
        );

        // As the browser sends it without script: the page that refuses it holds what was typed.
        let as_sent = [fields("Rossi & Figli", "8 to noon").as_slice(), &[("function", "settings/update")]].concat();
        let refused = browser.form("/app/settings", &as_sent).await;
        let told = refused.text().replace("<!>", "");
        assert!(refused.status == 400 && told.contains("must be times such as 8-12"), "{told}");
        for typed in ["value=\"8 to noon\"", "value=\"Rossi &amp; Figli\"", "value=\"9:00 – 12:00\"", "value=\"72\""]
        {
            assert!(told.contains(typed), "{typed}: {told}");
        }
        let is_ticked = |value: &str| {
            let field = told.split("<input").find(|part| part.contains(&format!("value=\"{value}\"")));
            field.expect("a box").contains(" checked")
        };
        assert_eq!(["leads", "cold_chain", "check_in", "contact"].map(is_ticked), [true, false, true, false]);

        let saved = browser.form("/_fn/settings/update", &fields(name, "8–12.30 / 14-18:30")).await;
        assert_eq!(saved.status, 302, "{}", saved.text());
        let settings = admin.get(SETTINGS).await.expect(200)["data"].clone();
        assert_eq!(
            (&settings["areas"], &settings["publicForms"]),
            (&json!(["repairs", "leads"]), &json!(["check_in"]))
        );
        assert_eq!(settings["secondFactorRoles"], json!(["agent", "manager"]));
        assert_eq!(settings["temperatureUnit"], "fahrenheit");
        assert_eq!((&settings["selfRegistration"], &settings["sessionIdleHours"]), (&json!(false), &json!(24)));
        let wednesday = json!({ "day": "wednesday", "from": "09:00", "to": "12:00" });
        assert_eq!((settings["openingHours"].as_array().unwrap().len(), &settings["openingHours"][2]), (3, &wednesday));
        for path in ["/app/settings", "/app/audit", "/app", "/", "/check-in"] {
            let (_, text) = page(&browser, path).await;
            assert!(text.contains("&lt;script&gt;alert(1)") && !text.contains(name), "{path}: {text}");
        }
        let (_, text) = page(&browser, "/app/settings").await;
        assert!(text.contains("value=\"08:00-12:30, 14:00-18:30\""), "{text}");
    })
    .await;
}

#[tokio::test]
async fn public_pages_say_how_the_organisation_is_reached() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let visitor = browse(server.visitor()).with("accept-language", "en");
        let tracked = json!({ "customerName": "A", "customerPhone": "333 9990001", "vehiclePlate": "ZZ999ZZ", "repairType": "cosmetic" });
        let code = server.visitor().post("/api/v1/checkin", tracked).await.expect(201)["data"]["trackingCode"].clone();
        let tracking = format!("/track/{}", code.as_str().unwrap());
        // Nothing is known yet, and nothing is said.
        let (_, silent) = page(&visitor, "/check-in").await;
        assert!(!silent.contains("tel:") && !silent.contains("Opening hours"), "{silent}");
        assert_eq!(page(&visitor, "/privacy").await.0, 404);

        let day = |day: &str, from: &str, to: &str| json!({ "day": day, "from": from, "to": to });
        let hours = json!([day("monday", "08:00", "12:30"), day("tuesday", "08:00", "12:30"), day("saturday", "09:00", "12:00")]);
        let reach = json!({ "phone": " +39 (0)543 123456 ", "address": "Via Roma 1\n47121 Forlì", "openingHours": hours,
            "privacyNotice": "We keep it <b>safe</b>.\n\nAsk us.", "publicForms": ["check_in"] });
        let set = admin.patch(SETTINGS, reach.clone()).await.expect(200)["data"].clone();
        assert_eq!((&set["phone"], &set["address"]), (&json!("+39 (0)543 123456"), &reach["address"]));
        for path in ["/", "/check-in", "/track", tracking.as_str(), "/contact", "/sign-in", "/nowhere"] {
            let (_, text) = page(&visitor, path).await;
            assert!(text.contains("href=\"tel:+390543123456\"") && text.contains("Call +39 (0)543 123456"), "{path}: {text}");
            assert!(text.contains("47121 Forlì") && text.contains("href=\"/privacy\""), "{path}: {text}");
            for line in ["<dt>Mon–Tue</dt><dd>08:00–12:30</dd>", "<dt>Wed–Fri</dt><dd>closed</dd>", "<dt>Sat</dt><dd>09:00–12:00</dd>"] {
                assert!(text.contains(line), "{path}: {line}: {text}");
            }
        }
        // A page that asks to be called gives the number where it says so.
        assert_eq!(page(&visitor, "/contact").await.1.matches("tel:+390543123456").count(), 2);
        let (status, notice) = page(&visitor, "/privacy").await;
        assert!(status == 200 && notice.contains("<p class=\"lines\">We keep it &lt;b&gt;safe&lt;/b&gt;.</p>"), "{notice}");
        assert!(!page(&visitor, &format!("/o/{OTHER_ORG}/check-in")).await.1.contains("tel:"));

        let elsewhere = json!({ "privacyNotice": "https://rossi.test/privacy", "phone": "", "address": " " });
        admin.patch(SETTINGS, elsewhere).await.expect(200);
        let (_, text) = page(&visitor, "/check-in").await;
        assert!(text.contains("href=\"https://rossi.test/privacy\"") && !text.contains("tel:") && !text.contains("Forlì"), "{text}");
        assert_eq!(page(&visitor, "/privacy").await.0, 404);
        let wrong = json!({ "phone": "call me", "address": "x".repeat(301) });
        let refused = admin.patch(SETTINGS, wrong).await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(refused["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), ["address", "phone"]);
    })
    .await;
}

//! The ways in beside signing in: invitations, a forgotten password, the first start.

use std::sync::Arc;

use officina::identity::service;
use officina::kernel::time::{DAY, MINUTE};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Mailbox, PASSWORD, TestServer};

const SIGNUP: &str = "/api/v1/auth/signup";
const FORGOT: &str = "/api/v1/auth/forgot";
const RESET: &str = "/api/v1/auth/reset";
const NEW_PASSWORD: &str = "le gomme del vicino";

fn invitation(email: &str) -> Value {
    json!({ "email": email, "name": "Nadia Notte", "role": "technician" })
}

/// The session cookie that an answer sets, for the next requests of the same browser.
fn browsing(client: &Client, answer: &Answer) -> Client {
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
    let signed_in = cookies.iter().fold(client.clone(), |client, cookie| client.keeping(cookie));
    signed_in.with("sec-fetch-site", "same-origin")
}

fn path_of(link: &str) -> String {
    link.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| format!("/{path}")).unwrap()
}

async fn with_mail<F: Future<Output = ()>>(story: impl Fn(TestServer, Arc<Mailbox>) -> F) {
    let mailbox = Arc::new(Mailbox::open().await);
    TestServer::each_with(|config| mailbox.serve(config), |server| story(server, mailbox.clone())).await;
}

#[tokio::test]
async fn an_invited_person_chooses_a_password_and_is_in() {
    with_mail(|server, mailbox| async move {
        let admin = server.member("admin").await;
        let answer = admin.post(SIGNUP, invitation("Nadia@Rossi.test")).await.expect(201);
        assert_eq!((&answer["data"]["byMail"], answer["data"].get("link")), (&json!(true), None));
        let mail = mailbox.next(&server).await;
        assert_eq!(mail.to, ["nadia@rossi.test"]);
        assert!(mail.link().starts_with("https://desk.example.org/join/"), "{}", mail.text);
        let page = path_of(&mail.link());

        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        // Mail programs look at links; looking does nothing.
        for _ in 0..2 {
            assert!(visitor.get(&page).await.text().contains(&server.org.name));
        }
        let weak = visitor.form(&page, &[("name", "Nadia Notte"), ("password", "password123")]).await;
        assert_eq!(weak.status, 400);
        assert!(weak.text().contains("Nadia Notte") && !weak.text().contains("password123"), "{}", weak.text());
        let answer = visitor.form(&page, &[("name", "Nadia Notte"), ("password", NEW_PASSWORD)]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/app")));
        let nadia = browsing(&visitor, &answer);
        assert_eq!(nadia.get("/api/v1/auth/me").await.expect(200)["data"]["role"], "technician");
        // The link is used up.
        assert_eq!(visitor.form(&page, &[("name", "X"), ("password", NEW_PASSWORD)]).await.status, 404);
        assert_eq!(visitor.get(&page).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn who_has_an_account_joins_with_it_and_goes_from_one_organisation_to_the_other() {
    with_mail(|server, mailbox| async move {
        let admin = server.member("admin").await;
        // Known and unknown addresses: the same answer.
        let known = admin.post(SIGNUP, invitation("admin@bianchi.test")).await.expect(201);
        let unknown = admin.post(SIGNUP, invitation("nobody@bianchi.test")).await.expect(201);
        assert_eq!(known, unknown);
        // Two jobs: the mails may overtake each other.
        let mut mails = [mailbox.next(&server).await, mailbox.next(&server).await];
        mails.sort_by(|one, other| one.to.cmp(&other.to));
        assert_eq!(mails[0].to, ["admin@bianchi.test"]);
        let [page, other] = mails.map(|mail| path_of(&mail.link()));

        let stranger = server.visitor().with_cookie_of(server.app(), "admin@bianchi.test").await;
        let somebody = server.browser("agent").await;
        // Somebody else's link is no way in, nor does it end.
        assert_eq!(somebody.form(&page, &[]).await.status, 404);
        assert_eq!(stranger.form(&other, &[]).await.status, 400);
        assert_eq!(stranger.form(&page, &[]).await.header("location"), Some("/app"));
        let me = stranger.get("/api/v1/auth/me").await.expect(200);
        assert_eq!((&me["data"]["organisation"]["slug"], &me["data"]["role"]), (&json!("rossi"), &json!("technician")));
        let organisations = stranger.get("/api/v1/auth/organisations").await.expect(200);
        let home = organisations["data"].as_array().unwrap().iter().find(|known| known["slug"] == "bianchi").unwrap();
        stranger.post("/api/v1/auth/organisations", json!({ "organisationId": home["id"] })).await.expect(204);
        assert_eq!(stranger.get("/api/v1/auth/me").await.expect(200)["data"]["role"], "admin");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_ends_with_its_time_its_maker_and_its_successor() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let invite = async |email: &str| {
            let answer = admin.post(SIGNUP, invitation(email)).await.expect(201);
            assert_eq!(answer["data"]["byMail"], false);
            path_of(answer["data"]["link"].as_str().expect("the link, where no mail goes out"))
        };
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        let first = invite("a@rossi.test").await;
        let second = invite("a@rossi.test").await;
        assert_eq!((visitor.get(&first).await.status.as_u16(), visitor.get(&second).await.status.as_u16()), (404, 200));

        let pending = admin.get("/api/v1/admin/invitations").await.expect(200);
        let id = pending["data"][0]["id"].as_str().unwrap();
        assert_eq!((pending["data"].as_array().unwrap().len(), &pending["data"][0]["role"]), (1, &json!("technician")));
        server.stranger().await.delete(&format!("/api/v1/admin/invitations/{id}")).await.expect_error(404, "NOT_FOUND");
        admin.delete(&format!("/api/v1/admin/invitations/{id}")).await.expect(204);
        assert_eq!(visitor.get(&second).await.status, 404);

        let third = invite("b@rossi.test").await;
        server.advance(7 * DAY);
        assert_eq!(visitor.get(&third).await.status, 404);

        // Whoever may not invite any more has invited nobody.
        let admin = server.member("admin").await;
        let boss = json!({ "email": "boss@rossi.test", "name": "Bea Blu", "role": "admin", "password": PASSWORD });
        let boss_id = admin.post(SIGNUP, boss).await.expect(201)["data"]["id"].as_str().unwrap().to_owned();
        let boss = server.visitor().sign_in("boss@rossi.test").await;
        let answer = boss.post(SIGNUP, invitation("c@rossi.test")).await.expect(201);
        let fourth = path_of(answer["data"]["link"].as_str().unwrap());
        admin.patch(&format!("/api/v1/admin/users/{boss_id}"), json!({ "status": "terminated" })).await.expect(200);
        assert_eq!(visitor.get(&fourth).await.status, 410);
        assert_eq!(visitor.form(&fourth, &[("name", "C"), ("password", NEW_PASSWORD)]).await.status, 410);

        // A role that somebody is invited to does not go, and so not come again as something else.
        let desk = json!({ "label": "Desk", "permissions": ["leads:read"] });
        admin.post("/api/v1/admin/roles", desk).await.expect(201);
        let invited = json!({ "email": "d@rossi.test", "name": "Dora", "role": "desk" });
        let fifth = path_of(admin.post(SIGNUP, invited).await.expect(201)["data"]["link"].as_str().unwrap());
        assert_eq!(visitor.get(&fifth).await.status, 200);
        admin.delete("/api/v1/admin/roles/desk").await.expect_error(409, "CONFLICT");
        assert_eq!(visitor.get(&fifth).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_mail_tells_who_has_an_account_to_sign_in_and_others_to_choose_a_password() {
    with_mail(|server, mailbox| async move {
        let stranger = server.stranger().await;
        for (email, words) in
            [("agent@rossi.test", "accedi con l'account"), ("nobody@neri.test", "scegli una password")]
        {
            stranger.post(SIGNUP, invitation(email)).await.expect(201);
            let mail = mailbox.next(&server).await;
            assert!(mail.text.contains(words), "{email}: {}", mail.text);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_promised_a_mail_that_cannot_be_sent() {
    TestServer::each(|server| async move {
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        let page = visitor.form("/forgot", &[("email", "agent@rossi.test")]).await.text();
        assert!(page.contains("Chiedi a un amministratore") && !page.contains("Guarda la tua posta"), "{page}");
        let said = visitor.post(FORGOT, json!({ "email": "agent@rossi.test" })).await.expect(202);
        assert!(said["message"].as_str().unwrap().contains("sends no mail"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_once_and_everywhere_else_is_out() {
    with_mail(|server, mailbox| async move {
        let visitor = server.visitor();
        let agent = server.member("agent").await;
        let known = visitor.post(FORGOT, json!({ "email": "Agent@rossi.test" })).await.expect(202);
        assert_eq!(visitor.post(FORGOT, json!({ "email": "nobody@rossi.test" })).await.expect(202), known);
        let mail = mailbox.next(&server).await;
        // One mail, to the stored address, with a link from the configured address.
        assert_eq!(mail.to, ["agent@rossi.test"]);
        assert!(mail.link().starts_with("https://desk.example.org/reset/"), "{}", mail.text);
        assert!(mailbox.rest(&server).await.is_empty());

        let reset = |token: String, password: &str| {
            let (visitor, password) = (visitor.clone(), password.to_owned());
            async move { visitor.post(RESET, json!({ "token": token, "password": password })).await }
        };
        let body = reset(mail.token(), "agentagent").await.expect_error(400, "VALIDATION_ERROR");
        assert!(body["fields"]["password"].is_array(), "{body}");
        // Of two at once, one wins.
        let (first, second) = tokio::join!(reset(mail.token(), NEW_PASSWORD), reset(mail.token(), "un'altra idea qui"));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 404]);
        let chosen = if first.status == 204 { NEW_PASSWORD } else { "un'altra idea qui" };

        agent.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        let login = |password: &str| json!({ "email": "agent@rossi.test", "password": password });
        visitor.post("/api/v1/auth/login", login(PASSWORD)).await.expect_error(401, "UNAUTHORIZED");
        visitor.post("/api/v1/auth/login", login(chosen)).await.expect(200);
        let told = mailbox.next(&server).await;
        assert_eq!(told.to, ["agent@rossi.test"]);
        assert!(!told.text.contains(chosen), "{}", told.text);
    })
    .await;
}

#[tokio::test]
async fn asking_for_a_link_cannot_be_turned_against_anybody() {
    with_mail(|server, mailbox| async move {
        let visitor = server.visitor();
        let both = json!({ "email": ["agent@rossi.test", "thief@evil.test"] });
        visitor.post(FORGOT, both).await.expect_error(400, "VALIDATION_ERROR");
        visitor.post(FORGOT, json!({ "email": "agent@rossi.test,thief@evil.test" })).await.expect(202);
        assert!(mailbox.rest(&server).await.is_empty());

        let forged = visitor.clone().with("x-forwarded-host", "evil.test").with("host", "evil.test");
        forged.post(FORGOT, json!({ "email": "agent@rossi.test" })).await.expect(202);
        let mail = mailbox.next(&server).await;
        assert!(!mail.text.contains("evil.test") && !mail.head.contains("evil.test"), "{mail:?}");
        server.advance(30 * MINUTE);
        let late = json!({ "token": mail.token(), "password": NEW_PASSWORD });
        visitor.post(RESET, late).await.expect_error(404, "NOT_FOUND");

        // Nobody's inbox is filled: three an hour, the one before included.
        for _ in 0..5 {
            visitor.post(FORGOT, json!({ "email": "agent@rossi.test" })).await.expect(202);
            mailbox.rest(&server).await;
        }
        let links = officina::kernel::db::sql("SELECT CAST(COUNT(*) AS BIGINT) FROM entry_links WHERE kind = 'reset'")
            .one::<(i64,)>(&server.app().db)
            .await
            .unwrap();
        assert_eq!(links.0, 3);
    })
    .await;
}

#[tokio::test]
async fn without_mail_the_administrator_hands_the_link_over() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let agent = server.actor("agent").await.member().unwrap().account;
        let path = format!("/api/v1/admin/users/{agent}/reset-link");
        server.member("manager").await.post(&path, json!({})).await.expect_error(403, "FORBIDDEN");
        server.stranger().await.post(&path, json!({})).await.expect_error(404, "NOT_FOUND");
        let answer = admin.post(&path, json!({})).await.expect(201);
        let page = path_of(answer["data"]["link"].as_str().expect("the link"));
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        assert_eq!(visitor.get(&page).await.status, 200);
        let changed = visitor.form(&page, &[("password", NEW_PASSWORD)]).await;
        assert_eq!(changed.header("location"), Some("/sign-in?reset=1"));
        // A while later the administrator has to prove who sits there.
        server.advance(10 * MINUTE);
        admin.post(&path, json!({})).await.expect_error(403, "FORBIDDEN");
        let wrong = json!({ "password": "not the password" });
        admin.post("/api/v1/auth/prove", wrong).await.expect_error(400, "VALIDATION_ERROR");
        admin.post("/api/v1/auth/prove", json!({ "password": PASSWORD })).await.expect(204);
        admin.post(&path, json!({})).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn a_first_start_is_set_up_once_by_whoever_has_the_link() {
    TestServer::each_empty(|server| async move {
        let app = server.app();
        let earlier = path_of(&service::setup_link(app).await.unwrap().expect("nobody can sign in yet"));
        let page = path_of(&service::setup_link(app).await.unwrap().expect("nobody can sign in yet"));
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        // Before there is anybody, every page says what to do.
        for path in ["/", "/sign-in", "/check-in", "/nowhere"] {
            let browser = visitor.clone().with("accept", "text/html").with("accept-language", "it");
            let answer = browser.get(path).await;
            assert_eq!(answer.status, 503, "{path}");
            assert!(answer.text().contains("Aprite il link") && answer.text().contains("officina org add"), "{path}: {}", answer.text());
        }
        let start = visitor.clone().with("accept", "text/html").get("/app").await;
        assert_eq!(start.header("location"), Some("/sign-in?next=%2Fapp"), "{}", start.text());
        assert_eq!(visitor.get(&earlier).await.status, 404);
        assert_eq!(visitor.get(&page).await.status, 200);
        let fields = [
            ("name", "Carrozzeria Verdi"),
            ("slug", "verdi"),
            ("timeZone", "Europe/Rome"),
            ("person", "Vera Verdi"),
            ("email", "vera@verdi.test"),
            ("password", NEW_PASSWORD),
        ];
        let wrong = visitor.form(&page, &[("name", "Carrozzeria Verdi"), ("timeZone", "Mars/Base")]).await;
        assert_eq!(wrong.status, 400);
        assert!(wrong.text().contains("Carrozzeria Verdi") && wrong.text().contains("Mars/Base"), "{}", wrong.text());
        let answer = visitor.form(&page, &fields).await;
        assert_eq!(answer.header("location"), Some("/app"), "{}", answer.text());
        let vera = browsing(&visitor, &answer);
        let me = vera.get("/api/v1/auth/me").await.expect(200);
        assert_eq!((&me["data"]["role"], &me["data"]["organisation"]["slug"]), (&json!("admin"), &json!("verdi")));
        assert_eq!(visitor.form(&page, &fields).await.status, 404);
        assert_eq!(service::setup_link(app).await.unwrap(), None);
        // What to begin with stands on the first page, instead of zeros, until all of it is done.
        let home = async || vera.clone().with("accept", "text/html").get("/app").await.text().replace("<!>", "");
        let first = home().await;
        assert!(first.contains("Get started") && first.contains("0 of ") && !first.contains("class=\"tiles\""), "{first}");
        let hours = json!([{ "day": "monday", "from": "08:00", "to": "12:00" }]);
        let reach = json!({ "phone": "+39 0543 123456", "openingHours": hours, "areas": ["repairs"] });
        vera.patch("/api/v1/admin/settings", reach).await.expect(200);
        let second = home().await;
        assert!(second.contains("1 of 3 done") && second.contains("href=\"/check-in\""), "{second}");
        let check_in = json!({ "customerName": "A", "customerPhone": "333 9990001", "vehiclePlate": "ZZ999ZZ", "repairType": "cosmetic" });
        vera.post("/api/v1/repairs", check_in).await.expect(201);
        vera.post(SIGNUP, invitation("n@verdi.test")).await.expect(201);
        let last = home().await;
        assert!(!last.contains("Get started") && last.contains("class=\"tiles\""), "{last}");
        // Who set the installation up runs it.
        let tenants = vera.get("/api/v1/tenants").await.expect(200);
        assert_eq!(tenants["data"][0]["slug"], "verdi");
    })
    .await;
}

#[tokio::test]
async fn the_operator_makes_and_suspends_organisations_and_sees_nothing_inside() {
    TestServer::each_empty(|server| async move {
        let app = server.app();
        let page = path_of(&service::setup_link(app).await.unwrap().unwrap());
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        let fields = [
            ("name", "Platform"),
            ("slug", ""),
            ("timeZone", "rome"),
            ("person", "Olga Op"),
            ("email", "olga@platform.test"),
            ("password", NEW_PASSWORD),
        ];
        let olga = browsing(&visitor, &visitor.form(&page, &fields).await);
        // What was left out is made of what was said.
        let own = olga.get("/api/v1/auth/me").await.expect(200);
        assert_eq!(own["data"]["organisation"]["slug"], "platform");
        let settings = olga.get("/api/v1/admin/settings").await.expect(200);
        assert_eq!(settings["data"]["timeZone"], "Europe/Rome");
        let tenant =
            json!({ "slug": "neri", "name": "Neri", "adminEmail": "nino@neri.test", "adminName": "Nino Neri" });
        let made = olga.post("/api/v1/tenants", tenant.clone()).await.expect(201);
        olga.post("/api/v1/tenants", tenant).await.expect_error(409, "CONFLICT");
        let join = path_of(made["data"]["invitation"]["link"].as_str().unwrap());
        let answer = visitor.form(&join, &[("name", "Nino Neri"), ("password", NEW_PASSWORD)]).await;
        let nino = browsing(&visitor, &answer);
        assert_eq!(nino.get("/api/v1/auth/me").await.expect(200)["data"]["role"], "admin");
        nino.get("/api/v1/tenants").await.expect_error(403, "FORBIDDEN");

        let tenant = format!("/api/v1/tenants/{}", made["data"]["id"].as_str().unwrap());
        nino.patch(&tenant, json!({ "name": "Mine" })).await.expect_error(403, "FORBIDDEN");
        olga.post("/api/v1/auth/organisations", json!({ "organisationId": made["data"]["id"] }))
            .await
            .expect_error(404, "NOT_FOUND");
        let suspended = olga.patch(&tenant, json!({ "suspended": true })).await.expect(200);
        assert!(suspended["data"]["suspendedAt"].is_string());
        nino.get("/api/v1/auth/me").await.expect_error(401, "UNAUTHORIZED");
        let login = json!({ "email": "nino@neri.test", "password": NEW_PASSWORD });
        visitor.post("/api/v1/auth/login", login.clone()).await.expect_error(401, "UNAUTHORIZED");
        olga.patch(&tenant, json!({ "suspended": false })).await.expect(200);
        visitor.post("/api/v1/auth/login", login).await.expect(200);
        let own = olga.get("/api/v1/auth/me").await.expect(200)["data"]["organisation"]["id"].clone();
        let own = format!("/api/v1/tenants/{}", own.as_str().unwrap());
        olga.patch(&own, json!({ "suspended": true })).await.expect_error(409, "CONFLICT");
    })
    .await;
}

#[tokio::test]
async fn a_strangers_phone_number_opens_nobodys_repairs() {
    with_mail(|server, mailbox| async move {
        let admin = server.member("admin").await;
        admin.patch("/api/v1/admin/settings", json!({ "selfRegistration": true })).await.expect(200);
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        let check_in = |name: &str, email: &str, plate: &str| {
            json!({ "customerName": name, "customerPhone": "333 1112223", "customerEmail": email,
                "vehiclePlate": plate, "repairType": "cosmetic" })
        };
        // Somebody comes first, with her number and their own address.
        visitor.post("/api/v1/checkin", check_in("Mal Lory", "mal@lory.test", "MM000MM")).await.expect(201);
        let register = json!({ "email": "mal@lory.test", "password": NEW_PASSWORD, "firstName": "Mal",
            "lastName": "Lory", "tenantId": server.org.id.to_string() });
        visitor.post("/api/v1/auth/register", register).await.expect(202);
        let link = path_of(&mailbox.next(&server).await.link());
        let mal = browsing(&visitor, &visitor.form(&link, &[("password", NEW_PASSWORD)]).await);
        visitor.post("/api/v1/checkin", check_in("Anna Verdi", "anna@verdi.test", "AB123CD")).await.expect(201);
        assert_eq!(mal.get("/api/v1/repairs").await.expect(200)["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_customer_registers_where_it_is_allowed_and_confirms_the_address_first() {
    with_mail(|server, mailbox| async move {
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        let who = |email: &str| {
            json!({ "email": email, "password": NEW_PASSWORD, "firstName": "Anna", "lastName": "Verdi",
                "tenantId": server.org.id.to_string() })
        };
        let path = "/api/v1/auth/register";
        // Off by default, on the page as in the API.
        visitor.post(path, who("anna@verdi.test")).await.expect_error(404, "NOT_FOUND");
        assert_eq!(visitor.get("/register").await.status, 404);
        let admin = server.member("admin").await;
        let car = json!({ "customerName": "Anna Verdi", "customerPhone": "333 1112223",
            "customerEmail": "anna@verdi.test", "vehiclePlate": "AB123CD", "repairType": "cosmetic" });
        admin.post("/api/v1/repairs", car).await.expect(201);
        admin.patch("/api/v1/admin/settings", json!({ "selfRegistration": true })).await.expect(200);
        assert_eq!(visitor.get("/register").await.status, 200);

        let known = visitor.post(path, who("agent@rossi.test")).await.expect(202);
        assert_eq!(visitor.post(path, who("Anna@verdi.test")).await.expect(202), known);
        let mails = [mailbox.next(&server).await, mailbox.next(&server).await];
        let of = |to: &str| mails.iter().find(|mail| mail.to == [to]).unwrap_or_else(|| panic!("no mail to {to}"));
        assert!(of("agent@rossi.test").link().ends_with("/sign-in"), "{mails:?}");
        let link = path_of(&of("anna@verdi.test").link());
        // Before the address is confirmed there is no account.
        let login = json!({ "email": "anna@verdi.test", "password": NEW_PASSWORD });
        visitor.post("/api/v1/auth/login", login.clone()).await.expect_error(401, "UNAUTHORIZED");
        assert_eq!(visitor.get(&link).await.status, 200);
        // Somebody else may have registered with her address: she says what she has chosen.
        let page = visitor.form(&link, &[("password", "what the other has chosen")]).await;
        assert!(page.status == 400 && page.header("set-cookie").is_none(), "{}", page.text());
        let anna = browsing(&visitor, &visitor.form(&link, &[("password", NEW_PASSWORD)]).await);
        assert_eq!(anna.get("/api/v1/auth/me").await.expect(200)["data"]["role"], "customer");
        assert_eq!(anna.get("/api/v1/repairs").await.expect(200)["data"].as_array().unwrap().len(), 1);
        visitor.post("/api/v1/auth/login", login).await.expect(200);
        assert_eq!(visitor.form(&link, &[("password", NEW_PASSWORD)]).await.status, 404);
    })
    .await;
}

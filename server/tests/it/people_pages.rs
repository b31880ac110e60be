//! The pages of the people side as a browser without script sees them.

use officina::kernel::permission::{BuiltInRole, Permission};
use serde_json::json;

use crate::support::{Client, PASSWORD, TestServer};

const PEOPLE: &str = "/app/people";
const ROLES: &str = "/app/people/roles";
const PROGRAMS: &str = "/app/people/programs";
/// What the form for a key says that it is for.
const KEY_FORM: (&str, &str) = ("function", "people/create-token");

/// A browser of an administrator that stands on a page.
async fn on(server: &TestServer, page: &str) -> Client {
    let page = format!("http://officina.test{page}");
    server.browser("admin").await.with("accept", "text/html").with("referer", &page)
}

/// The page that a form which was refused leads back to.
async fn refused(browser: &Client, function: &str, fields: &[(&str, &str)]) -> String {
    let answer = browser.form(function, fields).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let back = answer.header("location").expect("a way back").to_owned();
    let mark = answer.header("set-cookie").expect("a mark").to_owned();
    browser.clone().keeping(&mark).get(&back).await.text()
}

/// Adds a member, and returns the account's id.
async fn add(server: &TestServer, name: &str, email: &str, role: &str) -> String {
    let user = json!({ "email": email, "name": name, "role": role, "password": PASSWORD });
    let added = server.member("admin").await.post("/api/v1/admin/users", user).await.expect(201);
    added["data"]["id"].as_str().expect("an id").to_owned()
}

/// The addresses that a page links to.
fn links(page: &str) -> Vec<&str> {
    page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn the_page_of_the_roles_says_in_words_what_each_may_do() {
    TestServer::each(|server| async move {
        let browser = on(&server, ROLES).await;
        let page = browser.get(ROLES).await.text();
        let says = |page: &str, permission: &Permission| page.contains(&format!("<li>{}<", permission.sentence()));
        for permission in Permission::ALL {
            assert!(says(&page, permission), "{permission}: {page}");
        }
        let page = browser.get(&format!("{ROLES}/agent")).await.text();
        let may = BuiltInRole::Agent.permissions();
        for permission in Permission::ALL {
            assert_eq!(says(&page, permission), may.has(*permission), "{permission}: {page}");
        }
        assert!(!page.contains("type=\"checkbox\""), "a built-in role is there to be read: {page}");
    })
    .await;
}

#[tokio::test]
async fn a_role_is_made_changed_given_and_deleted_by_forms_alone() {
    TestServer::each(|server| async move {
        let browser = on(&server, "/app/people/roles/new").await;
        let fields = [
            ("name", ""),
            ("label", "Turno è"),
            ("permissions[]", "repairs:read"),
            ("permissions[]", "leads:read"),
            ("", ""),
        ];
        let made = browser.form("/_fn/people/save-role", &fields).await;
        assert_eq!((made.status.as_u16(), made.header("location")), (302, Some(ROLES)), "{}", made.text());
        let list = browser.get(ROLES).await.text();
        let at = links(&list).into_iter().find(|href| href.ends_with("/turno-%C3%A8")).expect("its page").to_owned();
        let page = browser.get(&at).await;
        assert_eq!(page.status, 200);
        let ticked = |page: &str| page.matches(" checked").count();
        assert_eq!(ticked(&page.text()), 2, "{}", page.text());

        // A form without a tick takes everything away.
        let browser = browser.with("referer", &format!("http://officina.test{at}"));
        let changed = browser.form("/_fn/people/save-role", &[("name", "turno-è"), ("label", "Turno di notte")]).await;
        assert_eq!(changed.status, 302, "{}", changed.text());
        let page = browser.get(&at).await.text();
        assert!(page.contains("Turno di notte") && ticked(&page) == 0, "{page}");

        // Who has a role keeps it from being deleted.
        let nadia = add(&server, "Nadia Notte", "nadia@rossi.test", "technician").await;
        let member = format!("{PEOPLE}/{nadia}");
        let fields = [("id", nadia.as_str()), ("name", "Nadia Alba"), ("role", "turno-è")];
        assert_eq!(browser.form("/_fn/people/update", &fields).await.status, 302);
        let page = browser.get(&member).await.text();
        assert!(page.contains("Nadia Alba") && page.contains("Turno di notte"), "{page}");
        let page = browser.get(&at).await.text();
        assert!(page.contains("1 member has it") && !page.contains("/_fn/people/delete-role"), "{page}");
        let told = refused(&browser, "/_fn/people/delete-role", &[("name", "turno-è")]).await;
        assert!(told.contains("Give them another one first."), "{told}");
        browser.form("/_fn/people/update", &[("id", nadia.as_str()), ("role", "technician")]).await;
        let deleted = browser.form("/_fn/people/delete-role", &[("name", "turno-è")]).await;
        assert_eq!((deleted.status.as_u16(), deleted.header("location")), (302, Some(ROLES)), "{}", deleted.text());
        assert_eq!(browser.get(&at).await.status, 404);

        // Where roles are made cannot be where one is.
        let browser = browser.with("referer", "http://officina.test/app/people/roles/new");
        let told = refused(&browser, "/_fn/people/save-role", &[("name", ""), ("label", "New")]).await;
        assert!(told.contains("This needs to say more."), "{told}");
    })
    .await;
}

#[tokio::test]
async fn who_may_not_do_a_thing_cannot_tick_it() {
    TestServer::each(|server| async move {
        let input = json!({ "label": "Personnel", "permissions": ["users:manage", "settings:manage", "repairs:read"] });
        server.member("admin").await.post("/api/v1/admin/roles", input).await.expect(201);
        add(&server, "Piera Personale", "piera@rossi.test", "personnel").await;
        let browser = server.visitor().with_cookie_of(server.app(), "piera@rossi.test").await;
        let browser = browser.with("accept", "text/html").with("referer", "http://officina.test/app/people/roles/new");
        let page = browser.get("/app/people/roles/new").await.text();
        let boxes: Vec<&str> = page.split("<input").filter(|part| part.contains("type=\"checkbox\"")).collect();
        assert_eq!(boxes.len(), Permission::ALL.len(), "{page}");
        for (part, permission) in boxes.iter().flat_map(|part| {
            Permission::ALL
                .iter()
                .filter(|known| part.contains(&format!("\"{known}\"")))
                .map(move |known| (part, known))
        }) {
            let tag = part.split('>').next().unwrap_or_default();
            let is_hers = ["users:manage", "settings:manage", "repairs:read"].contains(&permission.as_str());
            assert_eq!(tag.contains(" disabled"), !is_hers, "{permission}: {tag}");
            assert_eq!(part.contains("You may not do this yourself."), !is_hers, "{permission}: {part}");
        }
        let told =
            refused(&browser, "/_fn/people/save-role", &[("label", "More"), ("permissions[]", "leads:read")]).await;
        assert!(told.contains("This cannot hold leads:read, which you do not have."), "{told}");

        // An administrator is above her: there is nothing to press, and pressing it anyway is refused in words.
        let boss = server.actor("admin").await.member().unwrap().account.to_string();
        let browser = browser.with("referer", &format!("http://officina.test{PEOPLE}/{boss}"));
        let page = browser.get(&format!("{PEOPLE}/{boss}")).await.text();
        assert!(page.contains("You cannot change this member") && !page.contains("/_fn/people/"), "{page}");
        let answer = browser.form("/_fn/people/status", &[("id", boss.as_str()), ("status", "suspended")]).await;
        assert!(answer.header("location").unwrap().contains("__err="), "{:?}", answer.headers);
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_is_told_on_the_page_why_nothing_changes() {
    TestServer::each(|server| async move {
        let own = server.actor("admin").await.member().unwrap().account.to_string();
        let browser = on(&server, &format!("{PEOPLE}/{own}")).await;
        assert!(browser.get(&format!("{PEOPLE}/{own}")).await.text().contains("This is you"));
        for (function, field, value) in [("status", "status", "suspended"), ("update", "role", "manager")] {
            let told =
                refused(&browser, &format!("/_fn/people/{function}"), &[("id", own.as_str()), (field, value)]).await;
            assert!(told.contains("This is the last administrator."), "{told}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_member_is_found_put_out_and_let_in_again() {
    TestServer::each(|server| async move {
        let nadia = add(&server, "Nadia Notte", "nadia@rossi.test", "technician").await;
        let member = format!("{PEOPLE}/{nadia}");
        let browser = on(&server, &member).await;
        let hers = server.visitor().with_cookie_of(server.app(), "nadia@rossi.test").await;
        assert_eq!(hers.get("/app").await.status, 200);
        let answer = browser.form("/_fn/people/status", &[("id", nadia.as_str()), ("status", "suspended")]).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        assert_eq!(hers.get("/app").await.status, 303);

        let found = |query: &'static str| {
            let browser = browser.clone();
            async move { browser.get(&format!("{PEOPLE}?{query}")).await.text().contains("Nadia Notte") }
        };
        assert!(found("status=suspended&role=technician&search=notte").await);
        assert!(!found("status=active").await && !found("role=agent").await && !found("search=alba").await);

        browser.form("/_fn/people/status", &[("id", nadia.as_str()), ("status", "active")]).await;
        let hers = server.visitor().with_cookie_of(server.app(), "nadia@rossi.test").await;
        assert_eq!(hers.get("/app").await.status, 200);
        browser.form("/_fn/people/end-sessions", &[("id", nadia.as_str())]).await;
        assert_eq!(hers.get("/app").await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn the_key_of_a_program_is_shown_to_who_made_it_and_nowhere_else() {
    TestServer::each(|server| async move {
        let browser = on(&server, PROGRAMS).await;
        let fields = [KEY_FORM, ("name", "Website"), ("days", "30"), ("permissions[]", "leads:read"), ("", "")];
        let (loading_anew, page) = browser.led_back(PROGRAMS, &fields).await;
        let key = page.split("value=\"").find(|part| part.starts_with("ofc_")).and_then(|part| part.split('"').next());
        let key = key.expect("a key in a field").to_owned();
        assert!(page.contains("It is shown this once"), "{page}");
        let program = server.visitor().with("authorization", &format!("Bearer {key}"));
        program.get("/api/v1/admin/leads").await.expect(200);
        let again = loading_anew.get(PROGRAMS).await.text();
        assert!(again.contains(&key) && again.matches("Revoke the key of Website").count() == 1, "{again}");

        let page = browser.get(PROGRAMS).await.text();
        assert!(page.contains("Website") && !page.contains(&key) && !page.contains("ofc_"), "{page}");
        let entries =
            officina::kernel::journal::after(&server.app().db, server.org.id, 0, 1_000).await.expect("entries");
        assert!(!format!("{entries:?}").contains(&key));

        // With script the same function answers, and nobody else is told either.
        let answer = browser.clone().with("accept", "application/json").form("/_fn/people/create-token", &fields).await;
        let second = answer.expect(200)["values"][0].as_str().expect("a key").to_owned();
        assert!(second != key && !browser.get(PROGRAMS).await.text().contains(&second));

        // Refused, the page says why, keeps what was typed and ticked, and nothing is made.
        for (fields, why, ticked) in [
            (vec![KEY_FORM, ("name", "Third"), ("days", "30")], "This needs at least one permission.", 0),
            (
                vec![KEY_FORM, ("name", "Third"), ("days", "soon"), ("permissions[]", "leads:read")],
                "This must be from 1 to 3650.",
                1,
            ),
        ] {
            let answer = browser.form(PROGRAMS, &fields).await;
            let told = answer.text();
            assert_eq!(answer.status, 400, "{told}");
            assert!(told.contains(why) && told.contains("value=\"Third\""), "{told}");
            assert_eq!(told.matches(" checked").count(), ticked, "{told}");
        }
        assert!(!browser.get(PROGRAMS).await.text().contains("Third"));

        let answer = browser.form("/_fn/people/revoke-tokens", &[]).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        program.get("/api/v1/admin/leads").await.expect_error(401, "UNAUTHORIZED");
        assert!(browser.get(PROGRAMS).await.text().contains("No program has a key"));
    })
    .await;
}

#[tokio::test]
async fn the_form_for_a_key_is_for_those_who_may_and_from_our_own_page() {
    TestServer::each(|server| async move {
        let fields = [KEY_FORM, ("name", "Website"), ("days", ""), ("permissions[]", "repairs:read")];
        let visitor = server.visitor().with("accept", "text/html").with("sec-fetch-site", "same-origin");
        let answer = visitor.form(PROGRAMS, &fields).await;
        assert!(!answer.status.is_success() && !answer.text().contains("ofc_"), "{}", answer.text());
        let manager = server.browser("manager").await.with("accept", "text/html");
        let answer = manager.form(PROGRAMS, &fields).await;
        assert!(!answer.status.is_success() && !answer.text().contains("ofc_"), "{}", answer.text());
        let admin = on(&server, PROGRAMS).await;
        let answer = admin.clone().with("sec-fetch-site", "cross-site").form(PROGRAMS, &fields).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(admin.get(PROGRAMS).await.text().contains("No program has a key"));
    })
    .await;
}

#[tokio::test]
async fn whoever_may_not_manage_people_is_refused_and_shown_no_way() {
    TestServer::each(|server| async move {
        for role in ["manager", "technician"] {
            let browser = server.browser(role).await.with("accept", "text/html");
            for page in [PEOPLE, ROLES, "/app/people/roles/new", PROGRAMS] {
                let answer = browser.get(page).await;
                let text = answer.text();
                assert_eq!(answer.status, 403, "{role} {page}: {text}");
                assert!(text.contains("This is not yours to see"), "{role} {page}: {text}");
                assert!(!links(&text).iter().any(|href| href.starts_with(PEOPLE)), "{role} {page}: {text}");
            }
        }
        // One may manage people and not the keys of programs: the way to them is not there.
        let input = json!({ "label": "Personnel", "permissions": ["users:manage"] });
        server.member("admin").await.post("/api/v1/admin/roles", input).await.expect(201);
        add(&server, "Piera Personale", "piera@rossi.test", "personnel").await;
        let piera = server.visitor().with_cookie_of(server.app(), "piera@rossi.test").await.with("accept", "text/html");
        let page = piera.get(PEOPLE).await;
        assert_eq!(page.status, 200);
        let text = page.text();
        let tabs: Vec<&str> = links(&text).into_iter().filter(|href| href.starts_with(PEOPLE)).collect();
        assert!(tabs.contains(&PEOPLE) && tabs.contains(&ROLES) && !tabs.contains(&PROGRAMS), "{tabs:?}");
        assert_eq!(piera.get(PROGRAMS).await.status, 403);
        assert_eq!(piera.get("/app/people/roles/new").await.status, 403);
    })
    .await;
}

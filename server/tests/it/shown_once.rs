//! Pages that show once what a form made, as a browser without script sees them: the second factor, invitations, links
//! for a new password, the operator's organisations.

use std::sync::Arc;

use officina::identity::service;
use officina::kernel::actor::Actor;
use officina::kernel::time::{MINUTE, SECOND};

use crate::factor::{code, enrol};
use crate::support::{Answer, Client, Mailbox, PASSWORD, TestServer};

const ACCOUNT: &str = "/app/account";
const FACTOR: &str = "/app/account/second-factor";
const SCAN: &str = "/app/account/second-factor?step=scan";
const INVITE: &str = "/app/people/invite";
const ORGANISATIONS: &str = "/app/organisations";

async fn browser(server: &TestServer, role: &str) -> Client {
    server.browser(role).await.with("accept", "text/html")
}

/// Sends a form to the page it stands on.
async fn press(browser: &Client, page: &str, function: &str, fields: &[(&str, &str)]) -> Answer {
    let fields: Vec<_> = std::iter::once(("function", function)).chain(fields.iter().copied()).collect();
    browser.form(page, &fields).await
}

/// Checks that a form led on to a page.
#[track_caller]
fn leads_to(answer: &Answer, page: &str) {
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(page)), "{}", answer.text());
}

/// What stands between two texts of a page.
fn between<'a>(page: &'a str, before: &str, after: &str) -> Option<&'a str> {
    page.split(before).nth(1).and_then(|rest| rest.split(after).next())
}

/// The path of the link that a page shows in a field.
fn link_of(page: &str, kind: &str) -> String {
    let at = page.find(&format!("/{kind}/")).unwrap_or_else(|| panic!("no link in {page}"));
    page[at..].split('"').next().expect("an end").to_owned()
}

/// Follows a form that made something to its page, and loads that anew: it shows the same once more, for ten minutes.
/// Returns what it shows.
async fn shown_once(server: &TestServer, browser: &Client, page: &str, made: &Answer, secret: &str) -> String {
    let (loading_anew, first) = browser.leads_back(page, made).await;
    assert!(first.contains("shown this once"), "{first}");
    let at = first.find(secret).unwrap_or_else(|| panic!("no {secret} in {first}"));
    let end = first[at..].find(['"', '<']).expect("an end");
    let secret = &first[at..at + end];
    let again = loading_anew.get(page).await;
    assert!(again.status == 200 && again.header("set-cookie").is_none(), "{:?}", again.headers);
    assert!(again.text().contains(secret), "{}", again.text());
    // It is in the cookie, which says nothing to anybody else.
    let cookie = loading_anew.cookies().rsplit("; ").next().expect("a cookie");
    assert!(!cookie.contains(secret));
    let other = server.browser("manager").await.with("accept", "text/html").keeping(cookie);
    assert!(!other.get(page).await.text().contains(secret));
    first
}

async fn journal(server: &TestServer) -> String {
    let entries = officina::kernel::journal::after(&server.app().db, server.org.id, 0, 1_000).await.expect("entries");
    format!("{entries:?}")
}

#[tokio::test]
async fn the_second_factor_is_switched_on_by_forms_and_its_recovery_codes_are_shown_once() {
    TestServer::each(|server| async move {
        let agent = browser(&server, "agent").await;
        let page = agent.get(FACTOR).await.text();
        assert!(page.contains("Switch on") && !page.contains("data:image/svg"), "{page}");
        leads_to(&press(&agent, FACTOR, "account/begin-factor", &[]).await, SCAN);
        let page = agent.get(SCAN).await.text();
        assert!(page.contains("src=\"data:image/svg+xml,") && page.contains("alt=\"QR code"), "{page}");
        let typed = between(&page, "<code", "</code>").and_then(|code| between(code, ">", "<"));
        let typed = typed.expect("the secret, to be typed").to_owned();
        assert!(typed.split(' ').all(|group| group.len() == 4), "{typed}");

        // A mistyped code costs no second round: the same secret is there again.
        let wrong = press(&agent, SCAN, "account/confirm-factor", &[("code", "000000")]).await;
        assert_eq!(wrong.status, 400);
        assert!(wrong.text().contains("is not the code that the app shows now") && wrong.text().contains(&typed));
        let right = code(&server, &typed.replace(' ', ""));
        let confirmed = press(&agent, SCAN, "account/confirm-factor", &[("code", &right)]).await;
        let page = shown_once(&server, &agent, SCAN, &confirmed, "Each lets you in once").await;
        let codes: Vec<&str> = between(&page, "aria-label=\"Recovery codes\"", "</ul>")
            .expect("the codes")
            .split("<li>")
            .skip(1)
            .map(|item| &item[..11])
            .collect();
        assert_eq!(codes.len(), 10, "{page}");
        assert!(!page.contains(&typed), "the secret has done its part: {page}");

        let (later, account) = (agent.get(FACTOR).await.text(), agent.get(ACCOUNT).await.text());
        assert!(later.contains("10 recovery codes are left") && account.contains("10 recovery codes are left"));
        let written = journal(&server).await;
        assert!(codes.iter().all(|code| !later.contains(code) && !written.contains(code)), "{later}");
        assert!(!agent.get(SCAN).await.text().contains(&typed));
    })
    .await;
}

#[tokio::test]
async fn the_second_factor_is_changed_only_after_a_proof() {
    TestServer::each(|server| async move {
        let (secret, _) = enrol(&server, &server.member("agent").await).await;
        let agent = server.visitor().with("sec-fetch-site", "same-origin");
        server.advance(30 * SECOND);
        let signing_in = agent.form("/sign-in", &[("login", "agent@rossi.test"), ("password", PASSWORD)]).await.text();
        let ticket = between(&signing_in, "name=\"ticket\" value=\"", "\"").expect("a ticket");
        let signed_in = agent.form("/sign-in/code", &[("ticket", ticket), ("code", &code(&server, &secret))]).await;
        let cookie = signed_in.header("set-cookie").expect("a session").to_owned();
        let agent = agent.keeping(&cookie).with("accept", "text/html");
        assert!(agent.get(FACTOR).await.text().contains("Switch it off"));

        server.advance(10 * MINUTE);
        let answer = press(&agent, FACTOR, "account/drop-factor", &[]).await;
        assert_eq!(answer.status, 403);
        assert!(answer.text().contains("Enter your password again") && !answer.text().contains("Switch it off"));
        let now = code(&server, &secret);
        let proof = |password: &str, code: &str| {
            let (agent, fields) = (agent.clone(), [password.to_owned(), code.to_owned()]);
            async move {
                let [password, code] = fields;
                press(&agent, FACTOR, "account/prove", &[("password", &password), ("code", &code), ("next", FACTOR)])
                    .await
            }
        };
        for (password, code) in [("wrong password", now.as_str()), (PASSWORD, "000000")] {
            let refused = proof(password, code).await;
            assert_eq!(refused.status, 400);
            assert!(refused.text().contains("or code is not right") && !refused.text().contains(password));
        }
        leads_to(&proof(PASSWORD, &now).await, FACTOR);
        leads_to(&press(&agent, FACTOR, "account/drop-factor", &[]).await, FACTOR);
        assert!(agent.get(FACTOR).await.text().contains("Switch on"));
    })
    .await;
}

#[tokio::test]
async fn proving_leads_back_and_nowhere_else() {
    TestServer::each(|server| async move {
        let agent = browser(&server, "agent").await;
        for (next, to) in [("/app/leads", "/app/leads"), ("https://evil.test/", "/app"), ("//evil.test", "/app")] {
            let query = format!("/app/account/prove?next={}", app::ui::encoded(next));
            let page = agent.get(&query).await.text();
            // The frame around it has a form that comes back here.
            let content = page.split("<main").nth(1).expect("a page");
            assert_eq!(between(content, "name=\"next\" value=\"", "\""), Some(to), "{page}");
            let fields = [("password", PASSWORD), ("next", next)];
            leads_to(&press(&agent, &query, "account/prove", &fields).await, to);
        }
    })
    .await;
}

#[tokio::test]
async fn the_link_of_an_invitation_is_shown_once_where_no_mail_carries_it() {
    TestServer::each(|server| async move {
        let admin = browser(&server, "admin").await;
        let members = admin.get("/app/people").await.text();
        assert!(members.contains(&format!("href=\"{INVITE}\"")), "{members}");
        let nora = [("name", "Nora Neri"), ("email", "nora@neri.test"), ("phone", ""), ("role", "agent")];
        let made = press(&admin, INVITE, "people/invite", &nora).await;
        let page = shown_once(&server, &admin, INVITE, &made, "/join/").await;
        assert!(page.contains("The link for Nora Neri") && page.contains("hand it over yourself"), "{page}");
        // One invitation was made, and its link is the one that is shown.
        assert_eq!(page.matches("Withdraw the invitation of Nora Neri").count(), 1, "{page}");
        let link = link_of(&page, "join");
        let visitor = server.visitor();
        assert_eq!(visitor.get(&link).await.status, 200);

        let page = admin.get(INVITE).await.text();
        assert!(page.contains("Nora Neri") && page.contains("The admin of Carrozzeria Rossi"), "{page}");
        let token = link.rsplit('/').next().unwrap();
        assert!(!page.contains(token) && !journal(&server).await.contains(token), "{page}");
        let id = between(&page, "name=\"id\" value=\"", "\"").expect("what to withdraw").to_owned();
        let withdrawn = press(&admin, INVITE, "people/withdraw", &[("id", &id)]).await;
        assert!(admin.leads_back(INVITE, &withdrawn).await.1.contains("The invitation is withdrawn"));
        assert_eq!(visitor.get(&link).await.status, 404);
        assert!(!admin.get(INVITE).await.text().contains("Nora Neri"));
        let again = press(&admin, INVITE, "people/withdraw", &[("id", &id)]).await;
        assert!(again.status == 404 && again.text().contains("Not found."), "{}", again.text());

        // Nothing typed is lost, and who is a member already is not invited.
        let fields = [("name", "Nora Neri"), ("email", "nora at neri"), ("role", "agent")];
        let refused = press(&admin, INVITE, "people/invite", &fields).await;
        assert_eq!(refused.status, 400);
        for words in ["This must be an e-mail address.", "value=\"nora at neri\"", "value=\"Nora Neri\""] {
            assert!(refused.text().contains(words), "{words}: {}", refused.text());
        }
        let fields = [("name", "The agent"), ("email", "agent@rossi.test"), ("role", "agent")];
        let refused = press(&admin, INVITE, "people/invite", &fields).await;
        assert!(refused.status == 409 && refused.text().contains("a member already"), "{}", refused.text());
    })
    .await;
}

#[tokio::test]
async fn an_invitation_by_mail_shows_no_link() {
    let mailbox = Arc::new(Mailbox::open().await);
    let story = |server: TestServer| {
        let mailbox = mailbox.clone();
        async move {
            let admin = browser(&server, "admin").await;
            let fields = [("name", "Nora Neri"), ("email", "nora@neri.test"), ("role", "agent")];
            let made = press(&admin, INVITE, "people/invite", &fields).await;
            let (_, page) = admin.leads_back(INVITE, &made).await;
            assert!(page.contains("The invitation is on its way"), "{page}");
            let token = mailbox.next(&server).await.token();
            assert!(!page.contains(&token) && !page.contains("/join/"), "{page}");
        }
    };
    TestServer::each_with(|config| mailbox.serve(config), story).await;
}

#[tokio::test]
async fn an_administrator_helps_a_member_in_again_after_a_proof() {
    TestServer::each(|server| async move {
        let agent = server.actor("agent").await.member().unwrap().account.to_string();
        let page = format!("/app/people/{agent}");
        enrol(&server, &server.member("agent").await).await;
        let admin = browser(&server, "admin").await;
        server.advance(10 * MINUTE);
        for function in ["people/reset-link", "people/drop-factor"] {
            let refused = press(&admin, &page, function, &[("id", &agent)]).await;
            assert_eq!(refused.status, 403);
            let way = format!("/app/account/prove?next={}", app::ui::encoded(&page));
            assert!(refused.text().contains(&format!("href=\"{way}\"")), "{}", refused.text());
        }
        let fields = [("password", PASSWORD), ("next", page.as_str())];
        leads_to(&press(&admin, "/app/account/prove", "account/prove", &fields).await, &page);

        let made = press(&admin, &page, "people/reset-link", &[("id", &agent)]).await;
        let link = link_of(&shown_once(&server, &admin, &page, &made, "/reset/").await, "reset");
        assert_eq!(server.visitor().get(&link).await.status, 200);
        let shown = admin.get(&page).await.text();
        let token = link.rsplit('/').next().unwrap();
        assert!(!shown.contains(token) && shown.contains("Switch second factor off"), "{shown}");
        leads_to(&press(&admin, &page, "people/drop-factor", &[("id", &agent)]).await, &page);
        assert!(!admin.get(&page).await.text().contains("Switch second factor off"));
    })
    .await;
}

#[tokio::test]
async fn the_operator_makes_suspends_and_opens_organisations_on_a_page() {
    TestServer::each(|server| async move {
        let admin = browser(&server, "admin").await;
        let way = format!("href=\"{ORGANISATIONS}\"");
        assert!(!admin.get("/app").await.text().contains(&way));
        let mut tx = server.app().db.begin().await.unwrap();
        officina::kernel::db::sql("UPDATE accounts SET operator = $1 WHERE email = $2")
            .bind(true)
            .bind("admin@rossi.test")
            .run(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(admin.get("/app").await.text().contains(&way));

        let neri = [
            ("name", "Neri Ricambi"),
            ("slug", "neri"),
            ("locale", "it"),
            ("time_zone", "Europe/Rome"),
            ("admin_name", "Nino Neri"),
            ("admin_email", "nino@neri.test"),
        ];
        let made = press(&admin, ORGANISATIONS, "organisations/create", &neri).await;
        let link = link_of(&shown_once(&server, &admin, ORGANISATIONS, &made, "/join/").await, "join");
        let page = admin.get(ORGANISATIONS).await.text();
        assert!(page.contains("Neri Ricambi") && !page.contains("/join/"), "{page}");
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        assert!(visitor.get(&link).await.text().contains("Neri Ricambi"));
        let taken = press(&admin, ORGANISATIONS, "organisations/create", &neri).await;
        assert!(taken.status == 409 && taken.text().contains("value=\"nino@neri.test\""), "{}", taken.text());

        let other = server.other_org.id.to_string();
        let decide = |suspended: &'static str| {
            let (admin, other) = (admin.clone(), other.clone());
            async move {
                let fields = [("id", other.as_str()), ("suspended", suspended)];
                press(&admin, ORGANISATIONS, "organisations/suspend", &fields).await
            }
        };
        let stranger = server.visitor().with_cookie_of(server.app(), "admin@bianchi.test").await;
        leads_to(&decide("true").await, ORGANISATIONS);
        assert!(admin.get(ORGANISATIONS).await.text().contains("Let in: Bianchi Freddo"));
        assert_eq!(stranger.get("/app").await.status, 303);
        leads_to(&decide("false").await, ORGANISATIONS);
        assert!(admin.get(ORGANISATIONS).await.text().contains("Suspend: Bianchi Freddo"));
        assert_eq!(stranger.get("/app").await.status, 200);
        // One's own is not to be shut.
        let own = server.org.id.to_string();
        let fields = [("id", own.as_str()), ("suspended", "true")];
        assert_eq!(press(&admin, ORGANISATIONS, "organisations/suspend", &fields).await.status, 409);
    })
    .await;
}

#[tokio::test]
async fn going_over_to_another_organisation_leads_to_its_home_page() {
    TestServer::each(|server| async move {
        server.advance(SECOND);
        let account = server.actor("agent").await.member().unwrap().account;
        service::join(server.app(), &Actor::system(server.other_org.id), account, "technician").await.unwrap();
        let agent = browser(&server, "agent").await;
        assert!(agent.get(ACCOUNT).await.text().contains("Bianchi Freddo"));
        let nowhere = uuid::Uuid::now_v7().to_string();
        let refused = press(&agent, ACCOUNT, "account/switch", &[("id", &nowhere)]).await;
        assert!(refused.status == 404 && refused.text().contains("Not found."), "{}", refused.text());
        let other = server.other_org.id.to_string();
        leads_to(&press(&agent, ACCOUNT, "account/switch", &[("id", &other)]).await, "/app");
        let home = agent.get("/app").await.text();
        assert!(home.contains("class=\"clip\">Bianchi Freddo"), "{home}");
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_to_a_page_is_for_a_function_that_changes_something() {
    TestServer::each(|server| async move {
        let admin = browser(&server, "admin").await;
        for (function, status) in
            [("", 404), ("no/such", 404), ("../../health", 404), ("people/list", 405), ("a b", 404)]
        {
            let answer = press(&admin, "/app/people", function, &[]).await;
            assert_eq!(answer.status, status, "{function}: {}", answer.text());
        }
        let plain =
            admin.raw(axum::http::Method::POST, "/app/people", "application/octet-stream", vec![0xff, 0xfe]).await;
        assert_eq!(plain.status, 404);
        let begin = "account/begin-factor";
        let elsewhere = admin.clone().with("sec-fetch-site", "cross-site");
        assert_eq!(press(&elsewhere, FACTOR, begin, &[]).await.status, 403);
        let visitor = server.visitor().with("sec-fetch-site", "same-origin");
        let answer = press(&visitor, FACTOR, begin, &[]).await;
        leads_to(&answer, "/sign-in?next=%2Fapp%2Faccount%2Fsecond-factor");
        // A page that a form is not of says nothing about it.
        let strange = press(&admin, "/app/leads", "account/confirm-factor", &[("code", "000000")]).await;
        assert!(strange.status == 400 && !strange.text().contains("000000"), "{}", strange.text());
    })
    .await;
}

//! The staff application as a browser without script sees it: whole pages, and forms that work.

use serde_json::json;

use crate::support::Client;
use crate::support::TestServer;

async fn check_in(server: &TestServer) -> String {
    let body = json!({"customerName": "Anna </script><script>alert(1)", "customerPhone": "3331234567",
        "vehiclePlate": "AB123CD", "repairType": "cosmetic"});
    let answer = server.visitor().post("/api/v1/checkin", body).await.expect(201);
    answer["data"]["id"].as_str().unwrap().to_owned()
}

fn browse(client: Client) -> Client {
    client.with("accept", "text/html").with("sec-fetch-site", "same-origin")
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to_and_comes_back() {
    TestServer::each(|server| async move {
        let answer = server.visitor().get("/app/repairs?status=ready").await;
        assert_eq!(answer.status, 303);
        assert_eq!(answer.header("location"), Some("/sign-in?next=%2Fapp%2Frepairs%3Fstatus%3Dready"));
    })
    .await;
}

#[tokio::test]
async fn pages_come_whole_with_scripts_that_the_policy_names() {
    TestServer::each(|server| async move {
        let id = check_in(&server).await;
        let browser = browse(server.browser("admin").await);
        let cases =
            ["", "/repairs", "/repairs/board", "/leads", "/cold-chain", "/alerts"].map(|path| format!("/app{path}"));
        for path in cases.into_iter().chain([format!("/app/repairs/{id}")]) {
            let page = browser.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text());
            let text = page.text();
            assert!(text.contains("<h1") && text.contains("</html>"), "{path}: {text}");
            assert!(!text.contains("<script>alert(1)"), "{path}: {text}");
            let policy = page.header("content-security-policy").unwrap();
            let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
            for script in text.split("<script").skip(1) {
                assert!(script.split('>').next().unwrap().contains(nonce), "{path}: <script{script:.200}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_404_and_what_is_not_allowed_is_403() {
    TestServer::each(|server| async move {
        let id = check_in(&server).await;
        let admin = browse(server.browser("admin").await);
        assert_eq!(admin.get("/app/nothing").await.status, 404);
        assert_eq!(admin.get("/app/repairs/00000000-0000-7000-8000-000000000000").await.status, 404);
        let caregiver = browse(server.browser("caregiver").await);
        assert_eq!(caregiver.get(&format!("/app/repairs/{id}")).await.status, 403);
        assert_eq!(caregiver.get("/app").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_status_changes_without_script_and_a_stale_form_says_so() {
    TestServer::each(|server| async move {
        let id = check_in(&server).await;
        let page = format!("http://officina.test/app/repairs/{id}");
        let browser = browse(server.browser("technician").await).with("referer", &page);
        let fields =
            [("id", id.as_str()), ("version", "1"), ("status", "confirmed"), ("public_note", "See you on Monday")];
        let answer = browser.form("/_fn/repairs/status", &fields).await;
        let location = answer.header("location").map(|location| location.trim_end_matches('?'));
        let here = format!("/app/repairs/{id}");
        assert_eq!((answer.status.as_u16(), location), (302, Some(here.as_str())), "{}", answer.text());
        let shown = browser.get(&format!("/app/repairs/{id}")).await.text();
        assert!(shown.contains("See you on Monday") && shown.contains("Confirmed"), "{shown}");

        let colleague = browse(server.browser("manager").await).with("referer", &page);
        let stale = colleague.form("/_fn/repairs/status", &fields).await;
        assert_eq!(stale.status, 302, "{}", stale.text());
        let back = stale.header("location").unwrap().to_owned();
        let told = colleague.clone().keeping(stale.header("set-cookie").unwrap()).get(&back).await.text();
        assert!(told.contains("Below is how the repair stands now."), "{told}");

        // The same link, sent to somebody else, says nothing.
        let elsewhere = browser.get(&back).await;
        assert_eq!((elsewhere.status.as_u16(), elsewhere.header("location")), (303, Some(here.as_str())));
        // Wherever the form says that it stands, the way back is to a page of ours.
        for foreign in ["https://evil.test/app", "javascript:alert(1)", "//evil.test", "http://officina.test/sign-out"]
        {
            let answer = colleague.clone().with("referer", foreign).form("/_fn/repairs/status", &fields).await;
            assert!(answer.header("location").unwrap().starts_with("/app?"), "{foreign}: {:?}", answer.headers);
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_does_not_go_on_in_the_name_of_who_has_signed_in_meanwhile() {
    TestServer::each(|server| async move {
        let id = check_in(&server).await;
        let here = format!("/app/repairs/{id}");
        let member = |page: &str| page.split("data-member=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let first = server.browser("technician").await;
        let page = first.get(&here).await.text();
        let person = member(&page);
        assert!(page.contains(&format!("<input type=\"hidden\" name=\"as\" value=\"{person}\"")), "{page}");

        // In the same browser somebody else has signed in: the page of the first one sends their cookie.
        let second = server.browser("manager").await;
        let other = member(&second.get(&here).await.text());
        let function = |person: &str| format!("/as/{person}/_fn/repairs/status");
        let step = [("id", id.as_str()), ("version", "1"), ("status", "confirmed")];
        second.form(&function(&person), &step).await.expect_error(409, "OTHER_MEMBER");
        let read = format!("/as/{person}/_fn/repairs/get?id={id}");
        second.get(&read).await.expect_error(409, "OTHER_MEMBER");
        second.get(&format!("/api/v1/live?as={person}")).await.expect_error(409, "OTHER_MEMBER");
        server.visitor().get(&read).await.expect(401);
        let named = |person: &'static str| [step.as_slice(), &[("as", person)]].concat();
        let by_hand = browse(second.clone()).with("referer", &format!("http://officina.test{here}"));
        let answer = by_hand.form("/_fn/repairs/status", &named(person.clone().leak())).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(here.as_str())));
        let repair = second.get(&format!("/api/v1/repairs/{id}")).await.expect(200);
        assert_eq!(repair["data"]["status"], "pre_checkin");
        // A form that is sent to its page, too.
        let fields = [("function", "people/invite"), ("as", person.as_str()), ("email", "new@rossi.test")];
        let admin = browse(server.browser("admin").await);
        let answer = admin.form("/app/people/invite", &fields).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/app/people/invite")));

        // In their own names both go on, after a new sign-in as well.
        second.get(&format!("/as/{other}/_fn/repairs/get?id={id}")).await.expect(200);
        server.browser("technician").await.get(&read).await.expect(200);
        first.form(&function(&person), &step).await.expect(200);
        let repair = second.get(&format!("/api/v1/repairs/{id}")).await.expect(200);
        assert_eq!(repair["data"]["statusHistory"].as_array().unwrap().len(), 2);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_visitor_writes_stays_text_in_the_title() {
    TestServer::each(|server| async move {
        let name = "</title><meta http-equiv=refresh content=0>";
        let lead = json!({ "name": name, "phone": "333 4445556", "leadType": "service" });
        let lead = server.visitor().post("/api/v1/public/leads", lead).await.expect(201);
        let browser = browse(server.browser("admin").await);
        let page = browser.get(&format!("/app/leads/{}", lead["data"]["id"].as_str().unwrap())).await.text();
        assert!(page.contains("<title>&lt;/title&gt;&lt;meta") && !page.contains("<meta http-equiv=refresh"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn what_a_form_of_another_site_could_send_is_refused() {
    TestServer::each(|server| async move {
        let id = check_in(&server).await;
        // An old browser that does not say where a form comes from.
        let browser = server.visitor().with_cookie_of(server.app(), "admin@rossi.test").await.without("sec-fetch-site");
        let body = format!("id={id}&version=1&status=confirmed");
        for path in ["/_fn/repairs/status", "/sign-out", "/preferences/theme", "/api/v1/auth/logout"] {
            browser
                .raw(axum::http::Method::POST, path, "text/plain", body.clone())
                .await
                .expect_error(403, "FORBIDDEN");
        }
        browser.get("/api/v1/auth/me").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_chosen_theme_is_kept() {
    TestServer::each(|server| async move {
        let browser = browse(server.browser("admin").await);
        let answer = browser.form("/preferences/theme", &[("theme", "dark"), ("next", "/app/leads")]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/app/leads")));
        assert!(answer.header("set-cookie").unwrap().starts_with("officina_theme=dark;"));
    })
    .await;
}

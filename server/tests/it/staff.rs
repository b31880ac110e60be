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
        assert_eq!((answer.status.as_u16(), location), (302, Some(page.as_str())), "{}", answer.text());
        let shown = browser.get(&format!("/app/repairs/{id}")).await.text();
        assert!(shown.contains("See you on Monday") && shown.contains("Confirmed"), "{shown}");

        let stale = browser.form("/_fn/repairs/status", &fields).await;
        assert_eq!(stale.status, 302, "{}", stale.text());
        let back = stale.header("location").unwrap().strip_prefix("http://officina.test").unwrap().to_owned();
        let told = browser.get(&back).await.text();
        assert!(told.contains("Below is how the repair stands now."), "{told}");
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

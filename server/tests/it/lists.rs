//! Lists from page to page.

use officina::kernel::actor::Actor;
use officina::leads::{FormSigns, SubmitLead};
use officina::repairs::CheckIn;
use serde_json::Value;

use crate::support::TestServer;

async fn leads(server: &TestServer, org: officina::kernel::ids::OrgId, many: usize) {
    let public = Actor::public(org, None, None);
    for number in 0..many {
        let lead = SubmitLead {
            name: format!("Visitor {number}"),
            phone: format!("333 444{number:04}"),
            lead_type: "service".to_owned(),
            ..SubmitLead::default()
        };
        officina::leads::service::submit(server.app(), &public, &lead, FormSigns::default(), None).await.unwrap();
    }
}

fn next(page: &Value) -> String {
    page["page"]["nextCursor"].as_str().expect("another page").to_owned()
}

#[tokio::test]
async fn a_cursor_leads_on_in_its_own_list_alone() {
    TestServer::each(|server| async move {
        leads(&server, server.org.id, 3).await;
        leads(&server, server.other_org.id, 3).await;
        let public = Actor::public(server.org.id, None, None);
        for number in 0..3 {
            let car = CheckIn {
                customer_name: "Anna".to_owned(),
                customer_phone: format!("333 555000{number}"),
                vehicle_plate: format!("AA00{number}AA"),
                repair_type: "cosmetic".to_owned(),
                ..CheckIn::default()
            };
            officina::repairs::service::check_in(server.app(), &public, &car, &[], None).await.unwrap();
        }
        let admin = server.member("admin").await;
        let first = admin.get("/api/v1/admin/leads?limit=1&status=new").await.expect(200);
        let cursor = next(&first);
        let same = admin.get(&format!("/api/v1/admin/leads?limit=2&status=new&cursor={cursor}")).await.expect(200);
        assert_eq!(same["data"].as_array().map(Vec::len), Some(2), "a page may have another size");

        let repairs = next(&admin.get("/api/v1/repairs?limit=1&sort=newest").await.expect(200));
        admin.get(&format!("/api/v1/repairs?limit=1&sort=newest&cursor={repairs}")).await.expect(200);
        let changed = if cursor.starts_with('1') { cursor.replacen('1', "2", 1) } else { format!("1{}", &cursor[1..]) };
        for (whose, address) in [
            ("another list's", format!("/api/v1/repairs?cursor={cursor}")),
            ("another list's", format!("/api/v1/admin/audit?cursor={cursor}")),
            ("another filter's", format!("/api/v1/admin/leads?cursor={cursor}")),
            ("another filter's", format!("/api/v1/admin/leads?status=new&search=visitor&cursor={cursor}")),
            ("another order's", format!("/api/v1/repairs?sort=oldest&cursor={repairs}")),
            ("a made up", format!("/api/v1/admin/leads?status=new&cursor={changed}")),
            ("no", "/api/v1/admin/leads?status=new&cursor=1.01890000000070008000000000000000".to_owned()),
        ] {
            let told = admin.get(&address).await.expect_error(400, "VALIDATION_ERROR");
            assert!(told["fields"]["cursor"].is_array(), "{whose} cursor: {told}");
        }
        let stranger = server.stranger().await;
        stranger
            .get(&format!("/api/v1/admin/leads?limit=1&status=new&cursor={cursor}"))
            .await
            .expect_error(400, "VALIDATION_ERROR");
    })
    .await;
}

#[tokio::test]
async fn a_page_tells_which_rows_of_how_many_it_shows() {
    TestServer::each(|server| async move {
        leads(&server, server.org.id, 60).await;
        let desk = server.browser("agent").await.with("accept", "text/html");
        let read = async |address: &str| desk.get(address).await.text().replace("<!>", "");
        let first = read("/app/leads").await;
        assert!(first.contains("1–50 of 60 leads"), "{first}");
        let (_, rest) = first.split_once("href=\"/app/leads?cursor=").expect("a next page");
        let cursor = rest.split('"').next().unwrap().replace("&amp;", "&");
        let second = read(&format!("/app/leads?cursor={cursor}")).await;
        assert!(second.contains("rows 51–60") && !second.contains("more than"), "{second}");

        let api = server.member("agent").await;
        let first = api.get("/api/v1/admin/leads").await.expect(200);
        assert_eq!(first["page"]["total"], 60);
        let later = api.get(&format!("/api/v1/admin/leads?cursor={}", next(&first))).await.expect(200);
        assert_eq!(later["page"]["total"], Value::Null);
        assert_eq!(api.get("/api/v1/admin/leads?page=3").await.expect(200)["page"]["total"], 60);
        let far = api.get("/api/v1/admin/leads?page=9223372036854775807").await.expect(200);
        assert_eq!(far["data"].as_array().map(Vec::len), Some(0));
    })
    .await;
}

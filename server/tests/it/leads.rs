//! Leads: a visitor asks, staff follows up, spam is set aside.

use serde_json::{Value, json};

use crate::support::{Client, TestServer};

async fn ask(client: &Client, phone: &str, message: &str) -> Value {
    let body =
        json!({ "name": "Bruno Blu", "phone": phone, "leadType": "Service", "cityName": "Parma", "message": message });
    client.post("/api/v1/public/leads", body).await.expect(201)["data"].clone()
}

#[tokio::test]
async fn a_visitor_asks_and_the_front_desk_follows_up() {
    TestServer::each(|server| async move {
        let first = ask(&server.visitor(), "+39 333 4445556", "Call me").await;
        let again = ask(&server.visitor(), "333 444 5556", "Still waiting").await;
        let desk = server.member("agent").await;
        let inbox = desk.get("/api/v1/admin/leads?status=new").await.expect(200);
        assert_eq!(inbox["page"]["total"], 2);
        assert_eq!(inbox["data"][0]["earlierLeadId"], first["id"], "the second one links to the first");

        let path = format!("/api/v1/admin/leads/{}", again["id"].as_str().unwrap());
        let moved = desk
            .patch(&path, json!({ "status": "CONTACTED", "note": "Will send photos", "version": 1 }))
            .await
            .expect(200);
        assert_eq!(
            (&moved["data"]["status"], &moved["data"]["notes"][0]["body"]),
            (&json!("contacted"), &json!("Will send photos"))
        );
        assert_eq!(moved["data"]["history"].as_array().unwrap().len(), 2);
        desk.patch(&path, json!({ "status": "qualified", "version": 1 })).await.expect_error(409, "CONFLICT");
        let colleague = server.member("manager").await;
        let twice = json!({ "status": "contacted", "note": "Will send photos", "version": 1 });
        // The second click of a double click is done already, for who made the first.
        desk.patch(&path, twice.clone()).await.expect(200);
        colleague.patch(&path, twice).await.expect_error(409, "CONFLICT");
        let twice = desk.get(&path).await.expect(200);
        assert_eq!(twice["data"]["notes"].as_array().unwrap().len(), 1, "{twice}");
        let silent = desk.patch(&path, json!({ "status": "lost" })).await.expect_error(400, "VALIDATION_ERROR");
        assert!(silent["fields"]["note"].is_array());
        desk.patch(&path, json!({ "status": "lost", "note": "Went elsewhere" })).await.expect(200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn spam_is_set_aside_behind_the_same_answer_and_can_be_released() {
    TestServer::each(|server| async move {
        let honest = ask(&server.visitor(), "333 1112223", "See www.example.org").await;
        let spam = ask(&server.visitor(), "333 9998887", "http://a.example http://b.example www.c.example").await;
        assert_eq!(
            honest.as_object().unwrap().keys().collect::<Vec<_>>(),
            spam.as_object().unwrap().keys().collect::<Vec<_>>()
        );
        let desk = server.member("agent").await;
        assert_eq!(desk.get("/api/v1/admin/leads").await.expect(200)["page"]["total"], 1);
        let aside = desk.get("/api/v1/admin/leads?quarantined=true").await.expect(200);
        assert_eq!(aside["data"][0]["id"], spam["id"]);
        let release = format!("/api/v1/admin/leads/{}/release", spam["id"].as_str().unwrap());
        desk.post(&release, json!({})).await.expect(200);
        desk.post(&release, json!({})).await.expect_error(409, "CONFLICT");
        assert_eq!(desk.get("/api/v1/admin/leads").await.expect(200)["page"]["total"], 2);
        server.stop().await;
    })
    .await;
}

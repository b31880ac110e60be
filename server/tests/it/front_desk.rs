//! The front desk: check-ins are taken on, confirmed for a day and an hour, noted on, and walk-ins taken in.

use axum::http::Method;
use serde_json::{Value, json};

use crate::repairs::announce;
use crate::support::TestServer;
use crate::world::{form, png};

#[tokio::test]
async fn an_agent_takes_check_ins_on_and_hands_the_car_to_the_workshop() {
    TestServer::each(|server| async move {
        let agent = server.member("agent").await;
        let announced = announce(&server.visitor(), "Anna", "333 1112223", "AB123CD").await;
        let id = announced["id"].as_str().unwrap();
        let path = format!("/api/v1/repairs/{id}");
        let seen = agent.get(&path).await.expect(200);
        assert_eq!(seen["data"]["allowed"], json!(["confirmed", "accepted", "cancelled"]));
        let status = format!("{path}/status");
        agent.post(&status, json!({ "status": "disassembly" })).await.expect_error(403, "FORBIDDEN");
        agent.post(&status, json!({ "status": "confirmed" })).await.expect(200);
        agent.patch(&path, json!({ "policyNumber": "P-1" })).await.expect(200);
        let accepted = agent.post(&status, json!({ "status": "accepted" })).await.expect(200);
        assert_eq!(accepted["data"]["allowed"], json!([]), "the workshop goes on from here");
        agent.post(&status, json!({ "status": "bodywork" })).await.expect_error(403, "FORBIDDEN");

        let mechanic = server.member("technician").await;
        mechanic.post(&status, json!({ "status": "bodywork" })).await.expect(200);
        agent.patch(&path, json!({ "policyNumber": "P-2" })).await.expect_error(403, "FORBIDDEN");
        agent.post(&status, json!({ "status": "cancelled", "note": "no" })).await.expect_error(403, "FORBIDDEN");
        let (content_type, body) = crate::world::photo_form();
        let photos = format!("{path}/photos");
        agent.raw(Method::POST, &photos, &content_type, body).await.expect_error(403, "FORBIDDEN");
        // At the counter a car is taken in whole.
        let walk_in = json!({
            "customerName": "Bruno", "customerPhone": "333 4445556", "vehiclePlate": "CD456EF", "repairType": "cosmetic",
        });
        agent.post("/api/v1/repairs", walk_in.clone()).await.expect(201);

        // Who works on repairs takes check-ins on, too, whatever the role is called.
        let admin = server.member("admin").await;
        let role = json!({ "label": "Body shop", "permissions": ["repairs:read", "repairs:write"] });
        let role = admin.post("/api/v1/admin/roles", role).await.expect(201)["data"]["name"].clone();
        let colleague =
            json!({ "email": "body@rossi.test", "name": "Bea Banco", "role": role, "password": crate::support::PASSWORD });
        admin.post("/api/v1/admin/users", colleague).await.expect(201);
        let colleague = server.visitor().sign_in("body@rossi.test").await;
        colleague.post("/api/v1/repairs", walk_in).await.expect(201);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_note_is_for_colleagues_or_for_the_customer_and_is_in_nobodys_way() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let announced = announce(&visitor, "Anna", "333 1112223", "AB123CD").await;
        let (id, code) = (announced["id"].as_str().unwrap(), announced["trackingCode"].as_str().unwrap());
        let (agent, mechanic) = (server.member("agent").await, server.member("technician").await);
        let notes = format!("/api/v1/repairs/{id}/notes");
        agent.post(&notes, json!({ "note": "Asks for a courtesy car" })).await.expect(201);
        let noted = agent.post(&notes, json!({ "note": "We call on Monday.", "public": true })).await.expect(201);
        assert_eq!(noted["data"]["version"], 1, "a note is no change that others would lose");
        for empty in ["", " \n\u{200b}"] {
            let refused = agent.post(&notes, json!({ "note": empty })).await.expect_error(400, "VALIDATION_ERROR");
            assert!(refused["fields"]["note"][0].is_string(), "{refused}");
        }

        let seen = visitor.get(&format!("/api/v1/track/{code}")).await.expect(200);
        let timeline = seen["data"]["timeline"].as_array().unwrap();
        assert_eq!((timeline.len(), &timeline[1]["status"]), (2, &json!("pre_checkin")));
        assert_eq!(timeline[1]["note"], "We call on Monday.");
        assert!(!seen.to_string().contains("courtesy"), "{seen}");
        let page = visitor.clone().with("accept-language", "en").get(&format!("/track/{code}")).await;
        assert!(page.text().contains("A message from us") && !page.text().contains("courtesy"), "{}", page.text());

        let history = mechanic.get(&format!("/api/v1/repairs/{id}")).await.expect(200);
        let history = history["data"]["statusHistory"].as_array().unwrap().clone();
        assert_eq!(history[1]["internalNote"], "Asks for a courtesy car");
        assert_eq!(
            (&history[2]["action"], &history[2]["publicNote"]),
            (&json!("repairs.note_added"), &json!("We call on Monday."))
        );
        let status = format!("/api/v1/repairs/{id}/status");
        mechanic.post(&status, json!({ "status": "painting", "version": 1 })).await.expect(200);
        agent.post(&notes, json!({ "note": "too late" })).await.expect_error(403, "FORBIDDEN");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn ones_own_work_is_what_is_open_the_first_due_first() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let (manager, mechanic) = (server.member("manager").await, server.member("technician").await);
        let own = server.actor("technician").await.member().expect("a member").membership;
        for (plate, promised, status) in [
            ("AA001AA", Some("2026-12-24"), "painting"),
            ("AA002AA", None, "painting"),
            ("AA003AA", Some("2026-11-01"), "painting"),
            ("AA004AA", Some("2026-10-01"), "delivered"),
        ] {
            let made = announce(&visitor, "Anna", "333 1112223", plate).await;
            let path = format!("/api/v1/repairs/{}", made["id"].as_str().unwrap());
            let facts = json!({ "promisedDate": promised.unwrap_or_default(), "assigneeId": own });
            manager.patch(&path, facts).await.expect(200);
            manager.post(&format!("{path}/status"), json!({ "status": status })).await.expect(200);
        }
        announce(&visitor, "Anna", "333 1112223", "AA005AA").await;
        let plates = |list: &Value| -> Vec<String> {
            let rows = list["data"].as_array().unwrap().iter();
            rows.map(|row| row["plate"].as_str().unwrap().to_owned()).collect()
        };
        let due = mechanic.get("/api/v1/repairs?assignee=me&stage=open&sort=due").await.expect(200);
        assert_eq!(plates(&due), ["AA003AA", "AA001AA", "AA002AA"]);
        // Page by page it is the same.
        let first = mechanic.get("/api/v1/repairs?assignee=me&stage=open&sort=due&limit=2").await.expect(200);
        let cursor = first["page"]["nextCursor"].as_str().unwrap();
        let address = format!("/api/v1/repairs?assignee=me&stage=open&sort=due&limit=2&cursor={cursor}");
        assert_eq!(plates(&mechanic.get(&address).await.expect(200)), ["AA002AA"]);
        assert_eq!(plates(&mechanic.get("/api/v1/repairs?stage=closed").await.expect(200)), ["AA004AA"]);
        mechanic.get("/api/v1/repairs?stage=ajar").await.expect_error(400, "VALIDATION_ERROR");

        // The page says no more than "me", and shows just that.
        let browser = server.browser("technician").await.with("accept", "text/html");
        let page = browser.get("/app/repairs?assignee=me").await.text();
        let places: Vec<_> = ["AA003AA", "AA001AA", "AA002AA"].iter().map(|plate| page.find(*plate)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
        assert!(!page.contains("AA004AA") && !page.contains("AA005AA"));
        assert!(browser.get("/app/repairs?assignee=me&status=all").await.text().contains("AA004AA"));
        let board = browser.get("/app/repairs/board?assignee=me").await.text();
        assert!(board.contains("AA001AA") && !board.contains("AA005AA"));
        assert!(board.contains("24 Dec"), "a card says when its car is due");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_check_in_is_confirmed_for_a_day_and_an_hour_and_the_customer_reads_when() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let (admin, agent) = (server.member("admin").await, server.member("agent").await);
        let hours = json!({ "openingHours": [{ "day": "tuesday", "from": "08:00", "to": "12:30" }] });
        admin.patch("/api/v1/admin/settings", hours).await.expect(200);
        let announced = announce(&visitor, "Anna", "333 1112223", "AB123CD").await;
        let (id, code) = (announced["id"].as_str().unwrap(), announced["trackingCode"].as_str().unwrap());
        let confirm = format!("/api/v1/repairs/{id}/confirm");
        let refused = async |body: Value, field: &str| {
            let refused = agent.post(&confirm, body).await.expect_error(400, "VALIDATION_ERROR");
            assert!(refused["fields"][field][0].is_string(), "{refused}");
        };
        // It is 20 November 2026, and the customer wished for nothing.
        refused(json!({}), "appointmentAt").await;
        refused(json!({ "appointmentAt": "2026-11-17T09:00:00Z" }), "appointmentAt").await;
        refused(json!({ "appointmentAt": "2126-11-24T09:00:00Z" }), "appointmentAt").await;
        refused(json!({ "confirmedDate": "2026-11-24" }), "appointmentAt").await;
        refused(json!({ "confirmedDate": "2026-11-24", "confirmedTime": "12:30" }), "outsideHours").await;
        refused(json!({ "confirmedDate": "2026-11-25", "confirmedTime": "09:00" }), "outsideHours").await;

        let body = json!({ "confirmedDate": "2026-11-24", "confirmedTime": "09:30", "message": "Bring both keys.", "version": 1 });
        let confirmed = agent.post(&confirm, body.clone()).await.expect(200);
        // A second click says the same once more; a colleague who does comes too late.
        let again = agent.post(&confirm, body.clone()).await.expect(200);
        assert_eq!(again["data"], confirmed["data"]);
        admin.post(&confirm, body).await.expect_error(409, "CONFLICT");
        assert_eq!((&confirmed["data"]["status"], &confirmed["data"]["appointmentAt"]), (&json!("confirmed"), &json!("2026-11-24T08:30:00Z")));
        let tracked = visitor.get(&format!("/api/v1/track/{code}")).await.expect(200);
        assert_eq!(tracked["data"]["appointmentAt"], "2026-11-24T08:30:00Z");
        let page = visitor.clone().with("accept-language", "en").get(&format!("/track/{code}")).await.text();
        assert!(page.contains("24 November 2026, 09:30") && page.contains("Bring both keys."), "{page}");

        // Moved, and outside of the hours because it is meant.
        let stale = json!({ "appointmentAt": "2026-11-24T09:00:00Z", "version": 1 });
        agent.post(&confirm, stale).await.expect_error(409, "CONFLICT");
        let moved = json!({ "appointmentAt": "2026-11-25T17:00:00Z", "outsideHours": true });
        let moved = agent.post(&confirm, moved).await.expect(200);
        assert_eq!(moved["data"]["statusHistory"][2]["action"], "repairs.appointment_moved");
        let status = format!("/api/v1/repairs/{id}/status");
        agent.post(&status, json!({ "status": "accepted" })).await.expect(200);
        let here = visitor.get(&format!("/api/v1/track/{code}")).await.expect(200);
        assert_eq!(here["data"]["appointmentAt"], Value::Null, "the car has come");
        let late = json!({ "appointmentAt": "2026-11-24T09:00:00Z" });
        agent.post(&confirm, late).await.expect_error(409, "CONFLICT");

        // What the customer wished for is confirmed without a word.
        let wish = json!({
            "customerName": "Bruno", "customerPhone": "333 4445556", "vehiclePlate": "CD456EF", "repairType": "cosmetic",
            "preferredDate": "2026-11-24", "preferredTime": "08:00",
        });
        let wish = visitor.post("/api/v1/checkin", wish).await.expect(201);
        let confirm = format!("/api/v1/repairs/{}/confirm", wish["data"]["id"].as_str().unwrap());
        let granted = agent.post(&confirm, json!({})).await.expect(200);
        assert_eq!(granted["data"]["appointmentAt"], "2026-11-24T07:00:00Z");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_walk_in_is_taken_at_the_counter_with_what_is_known_of_the_car() {
    TestServer::each(|server| async move {
        announce(&server.visitor(), "Anna Verdi", "+39 333 1112223", "AB123CD").await;
        let agent = server.browser("agent").await.with("accept", "text/html");
        assert!(agent.get("/app/repairs").await.text().contains("/app/repairs/new"));
        let page = agent.get("/app/repairs/new?plate=ab+123+cd").await.text();
        for known in ["Anna Verdi", "+39 333 1112223", "Fiat", "Panda", "not over yet"] {
            assert!(page.contains(known), "{known}: {page}");
        }
        let send = async |phone: &str| {
            let fields = [
                ("function", "repairs/create"),
                ("token", "a-form"),
                ("car[vehicle_plate]", "CD456EF"),
                ("car[customer_name]", "Bruno Blu"),
                ("car[customer_phone]", phone),
                ("car[repair_type]", "mechanical"),
                ("car[notes]", "Squeaks"),
            ];
            agent.form("/app/repairs/new", &fields).await
        };
        let refused = send("soon").await;
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains("Bruno Blu") && refused.text().contains("Squeaks"), "{}", refused.text());
        let made = send("333 4445556").await;
        let address = made.header("location").expect("the repair's page").to_owned();
        assert!(agent.get(&address).await.text().contains("CD456EF"));
        // Sent twice, it is one repair.
        assert_eq!(send("333 4445556").await.header("location"), Some(address.as_str()));
        let caregiver = server.browser("caregiver").await.with("accept", "text/html");
        assert_eq!(caregiver.get("/app/repairs/new").await.status, 403);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn staff_add_photos_from_the_page_without_script() {
    TestServer::each(|server| async move {
        let announced = announce(&server.visitor(), "Anna", "333 1112223", "AB123CD").await;
        let id = announced["id"].as_str().unwrap();
        let mechanic = server.browser("technician").await.with("accept", "text/html");
        let address = format!("/app/repairs/{id}/photos");
        let picture = png(20, 20);
        let send = async |parts: &[(&str, &str, &[u8])]| {
            let (content_type, body) = form(parts);
            mechanic.raw(Method::POST, &address, &content_type, body).await
        };
        let sent = send(&[("photos", "a.png", &picture), ("rear", "b.png", &picture)]).await;
        assert_eq!(sent.header("location"), Some(format!("/app/repairs/{id}").as_str()));
        let refused = send(&[("photos", "a.txt", b"no picture")]).await;
        assert_eq!(refused.header("location"), Some(format!("/app/repairs/{id}?photos=unsupported").as_str()));
        let page = mechanic.get(refused.header("location").unwrap()).await;
        assert!(page.text().contains("no photo that can be read"), "{}", page.text());
        let photos = server.member("admin").await.get(&format!("/api/v1/repairs/{id}")).await.expect(200);
        let kinds: Vec<_> =
            photos["data"]["photos"].as_array().unwrap().iter().map(|photo| &photo["category"]).collect();
        assert_eq!(kinds, ["detail", "rear"]);
        // A script hears what is wrong, and sends nothing in the name of somebody who has signed in since.
        let script = server.browser("technician").await;
        let (content_type, body) = form(&[("photos", "a.txt", b"no picture")]);
        script.raw(Method::POST, &address, &content_type, body).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
        let (content_type, body) = crate::world::photo_form();
        let other = server.actor("manager").await.member().expect("a member").membership;
        let others = format!("{address}?as={other}");
        script.raw(Method::POST, &others, &content_type, body.clone()).await.expect_error(409, "OTHER_MEMBER");
        let caregiver = server.browser("caregiver").await;
        assert_eq!(caregiver.raw(Method::POST, &address, &content_type, body).await.status, 403);
        server.stop().await;
    })
    .await;
}

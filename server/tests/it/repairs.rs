//! Repairs: a customer checks in, staff moves the car, the customer looks.

use axum::http::Method;
use officina::kernel::actor::Actor;
use officina::kernel::time::DAY;
use officina::repairs::{ChangeStatus, RepairStatus, Transition, service};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Client, TestServer};
use crate::world::{check_in, form, png};

pub async fn announce(client: &Client, name: &str, phone: &str, plate: &str) -> Value {
    let body = json!({
        "customerName": name, "customerPhone": phone, "vehiclePlate": plate, "repairType": "SINISTRO",
        "vehicleBrand": "Fiat", "vehicleModel": "Panda", "notes": "The bumper",
    });
    client.post("/api/v1/checkin", body).await.expect(201)["data"].clone()
}

#[tokio::test]
async fn a_customer_checks_in_staff_moves_the_car_the_customer_looks() {
    TestServer::each(|server| async move {
        let customer = server.visitor();
        let announced = announce(&customer, "Anna Verdi", "+39 333 1112223", "ab 123 cd").await;
        assert_eq!(announced["status"], "pre_checkin");
        let (id, code) = (announced["id"].as_str().unwrap(), announced["trackingCode"].as_str().unwrap());

        let mechanic = server.member("technician").await;
        let listed = mechanic.get("/api/v1/repairs?search=AB123&status=PRE_CHECKIN").await.expect(200);
        assert_eq!((listed["page"]["total"].as_i64(), listed["data"][0]["id"].as_str()), (Some(1), Some(id)));
        let change =
            json!({ "status": "accepted", "note": "Key no. 7", "publicNote": "Your car is here.", "version": 1 });
        let moved = mechanic.post(&format!("/api/v1/repairs/{id}/status"), change).await.expect(200);
        assert_eq!(moved["data"]["status"], "accepted");
        assert_eq!(moved["data"]["allowed"][0], "disassembly");

        let typed = format!("{} {}", &code[..3].to_lowercase(), &code[3..]);
        let seen = customer.get(&format!("/api/v1/track/{}", typed.replace(' ', "-"))).await.expect(200);
        let timeline = seen["data"]["timeline"].as_array().unwrap();
        assert_eq!(timeline.len(), 2);
        assert_eq!((&timeline[1]["status"], &timeline[1]["note"]), (&json!("accepted"), &json!("Your car is here.")));
        assert_eq!((&seen["data"]["firstName"], &seen["data"]["plateHint"]), (&json!("Anna"), &json!("AB•••••")));
        for secret in ["Key no. 7", "Verdi", "1112223", "123CD", "123 CD"] {
            assert!(!seen.to_string().contains(secret), "the code alone shows {secret}");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn two_people_change_one_repair_and_the_second_is_told() {
    TestServer::each(|server| async move {
        let announced = announce(&server.visitor(), "Anna", "333 1112223", "AB123CD").await;
        let path = format!("/api/v1/repairs/{}/status", announced["id"].as_str().unwrap());
        let (first, second) = (server.member("technician").await, server.member("manager").await);
        first.post(&path, json!({ "status": "confirmed", "version": 1 })).await.expect(200);
        let told =
            second.post(&path, json!({ "status": "accepted", "version": 1 })).await.expect_error(409, "CONFLICT");
        assert_eq!(told["version"], 2);
        let (left, right) = tokio::join!(
            first.post(&path, json!({ "status": "accepted", "version": 2 })),
            second.post(&path, json!({ "status": "bodywork", "version": 2 })),
        );
        let mut statuses = [left.status.as_u16(), right.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_double_click_is_one_step_and_no_conflict() {
    TestServer::each(|server| async move {
        let announced = announce(&server.visitor(), "Anna", "333 1112223", "AB123CD").await;
        let repair = format!("/api/v1/repairs/{}", announced["id"].as_str().unwrap());
        let path = format!("{repair}/status");
        let (mechanic, colleague) = (server.member("technician").await, server.member("manager").await);
        let step = json!({ "status": "confirmed", "publicNote": "See you on Monday", "version": 1 });
        let first = mechanic.post(&path, step.clone()).await.expect(200);
        let second = mechanic.post(&path, step.clone()).await.expect(200);
        assert_eq!(second["data"], first["data"], "nothing has changed");
        assert_eq!(second["data"]["statusHistory"].as_array().unwrap().len(), 2);

        // What says something else, or comes from somebody else, is another change.
        let other = json!({ "status": "confirmed", "publicNote": "See you on Tuesday", "version": 1 });
        mechanic.post(&path, other).await.expect_error(409, "CONFLICT");
        colleague.post(&path, step.clone()).await.expect_error(409, "CONFLICT");
        colleague.post(&path, json!({ "status": "accepted", "version": 2 })).await.expect(200);
        mechanic.post(&path, step).await.expect_error(409, "CONFLICT");

        let facts = json!({ "notes": "The bumper, and the lamp", "version": 3 });
        mechanic.patch(&repair, facts.clone()).await.expect(200);
        mechanic.patch(&repair, facts).await.expect(200);
        mechanic.patch(&repair, json!({ "notes": "x", "version": 3 })).await.expect_error(409, "CONFLICT");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_forbidden_step_names_the_allowed_ones_and_the_way_back_needs_a_manager_with_a_reason() {
    TestServer::each(|server| async move {
        let announced = announce(&server.visitor(), "Anna", "333 1112223", "AB123CD").await;
        let path = format!("/api/v1/repairs/{}/status", announced["id"].as_str().unwrap());
        let (mechanic, manager) = (server.member("technician").await, server.member("manager").await);
        let refused = mechanic.post(&path, json!({ "status": "waiting_parts" })).await.expect_error(409, "CONFLICT");
        assert_eq!(refused["allowed"][0], "confirmed");
        mechanic.post(&path, json!({ "status": "painting" })).await.expect(200);
        mechanic.post(&path, json!({ "status": "bodywork", "note": "again" })).await.expect_error(403, "FORBIDDEN");
        let silent = manager.post(&path, json!({ "status": "bodywork" })).await.expect_error(400, "VALIDATION_ERROR");
        assert!(silent["fields"]["note"][0].is_string(), "{silent}");
        manager.post(&path, json!({ "status": "bodywork", "note": "Orange peel" })).await.expect(200);
        mechanic.post(&path, json!({ "status": "cancelled" })).await.expect_error(400, "VALIDATION_ERROR");
        mechanic.post(&path, json!({ "status": "cancelled", "note": "Sold" })).await.expect(200);
        mechanic.post(&path, json!({ "status": "nonsense" })).await.expect_error(400, "VALIDATION_ERROR");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn no_sequence_of_calls_reaches_a_forbidden_state() {
    TestServer::each(|server| async move {
        let app = server.app().clone();
        let (mechanic, manager) = (server.actor("technician").await, server.actor("manager").await);
        let public = Actor::public(server.org.id, None, None);
        let calls = prop::collection::vec((0..RepairStatus::ALL.len(), any::<bool>(), any::<bool>()), 1..14);
        let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        // The sequences are drawn first and told one after the other: the services are async.
        let sequences: Vec<_> = (0..24).map(|_| calls.new_tree(&mut runner).expect("a sequence").current()).collect();
        for (number, sequence) in sequences.into_iter().enumerate() {
            let input = check_in("Anna", "333 1112223", &format!("PT{number:03}"));
            let id = service::check_in(&app, &public, &input, &[], None).await.expect("a repair").id;
            let (mut status, mut left) = (RepairStatus::PreCheckin, None);
            for (to, senior, reason) in sequence {
                let to = RepairStatus::ALL[to];
                let actor = if senior { &manager } else { &mechanic };
                let change = ChangeStatus {
                    status: to.to_string(),
                    note: reason.then(|| "because".to_owned()),
                    ..ChangeStatus::default()
                };
                let expected = match status.transition_to(to, left) {
                    None => false,
                    Some(Transition::Forward) => true,
                    Some(Transition::WithReason) => reason,
                    Some(Transition::Reopen) => senior && reason,
                };
                let outcome = service::change_status(&app, actor, id, &change).await;
                assert_eq!(outcome.is_ok(), expected, "{status} → {to}: {outcome:?}");
                if expected {
                    left = (to == RepairStatus::WaitingParts).then_some(status);
                    status = to;
                }
                let now = service::get(&app, &manager, id).await.expect("the repair");
                assert_eq!((now.status, now.waiting_from), (status, left));
            }
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_public_form_finds_the_customer_and_overwrites_nothing() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        announce(&visitor, "Anna Verdi", "+39 333 1112223", "AB123CD").await;
        let again = announce(&visitor, "A. Verdi-Neri", "333 111 2223", "ab-123-cd").await;
        let admin = server.member("admin").await;
        let detail = admin.get(&format!("/api/v1/repairs/{}", again["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(detail["data"]["customer"]["name"], "Anna Verdi");
        assert_eq!(detail["data"]["customer"]["suggestedName"], "A. Verdi-Neri");
        let all = admin.get("/api/v1/repairs").await.expect(200);
        assert_eq!(all["page"]["total"], 2);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn all_broken_fields_come_back_at_once_and_nothing_is_written() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let body =
            json!({ "customerName": " ", "customerEmail": "anna@", "repairType": "magic", "accidentDate": "soon" });
        let refused = visitor.post("/api/v1/checkin", body).await.expect_error(400, "VALIDATION_ERROR");
        let fields: Vec<&String> = refused["fields"].as_object().unwrap().keys().collect();
        assert_eq!(
            fields,
            ["accidentDate", "customerEmail", "customerName", "customerPhone", "repairType", "vehiclePlate"]
        );
        let impossible = json!({
            "customerName": "\u{200b} ", "customerPhone": "333 1112223", "vehiclePlate": "<b>1", "repairType": "cosmetic",
            "accidentDate": "2099-01-01", "preferredDate": "2020-01-01",
        });
        let refused = visitor.post("/api/v1/checkin", impossible).await.expect_error(400, "VALIDATION_ERROR");
        let fields: Vec<&String> = refused["fields"].as_object().unwrap().keys().collect();
        assert_eq!(fields, ["accidentDate", "customerName", "preferredDate", "vehiclePlate"]);
        let smuggled = json!({
            "customerName": "A", "customerPhone": "333 1112223", "vehiclePlate": "AB123CD", "repairType": "cosmetic",
            "status": "delivered", "orgId": server.other_org.id,
        });
        visitor.post("/api/v1/checkin", smuggled).await.expect_error(400, "VALIDATION_ERROR");
        visitor
            .raw(Method::POST, "/api/v1/checkin", "application/json", "{\"customerName\": \"A")
            .await
            .expect_error(400, "BAD_REQUEST");
        assert_eq!(server.member("admin").await.get("/api/v1/repairs").await.expect(200)["page"]["total"], 0);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn photos_are_decoded_turned_and_stripped_and_bad_ones_cost_themselves() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let announced = announce(&visitor, "Anna", "333 1112223", "AB123CD").await;
        let id = announced["id"].as_str().unwrap();
        let path = format!("/api/v1/checkin/{id}/photos");
        let admin = server.member("admin").await;
        let send = async |parts: &[(&str, &str, &[u8])]| {
            let (content_type, body) = form(parts);
            visitor.raw(Method::POST, &path, &content_type, body).await
        };
        let good = png(30, 20);
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".as_slice();
        send(&[("rear", "b.jpg", svg)]).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
        send(&[("front", "renamed.jpg", b"just text")]).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
        send(&[("front", "huge.jpg", &vec![7; 12_000_000])]).await.expect_error(413, "PAYLOAD_TOO_LARGE");
        send(&[("front", "bomb.png", &png_header(50_000, 50_000))]).await.expect_error(413, "PAYLOAD_TOO_LARGE");
        let untouched = admin.get(&format!("/api/v1/repairs/{id}")).await.expect(200);
        assert_eq!(untouched["data"]["photos"], json!([]));
        assert_eq!(untouched["data"]["statusHistory"].as_array().unwrap().len(), 1);

        send(&[("front", "front\u{1}.png", &good)]).await.expect_error(400, "BAD_REQUEST");
        let added = send(&[("front", "../../etc/passwd", &good)]).await.expect(201);
        assert_eq!((&added["data"][0]["category"], &added["refused"]), (&json!("front"), &json!(null)));
        let mixed = send(&[("rear", "b.jpg", svg), ("left", "c.png", &good)]).await.expect(201);
        assert_eq!(mixed["data"][0]["category"], "left");
        let refused = &mixed["refused"][0];
        assert_eq!(
            (&refused["index"], &refused["category"], &refused["code"]),
            (&json!(0), &json!("rear"), &json!("photo_unsupported"))
        );
        let photo = format!("/api/v1/repairs/{id}/photos/{}", added["data"][0]["id"].as_str().unwrap());
        let served = admin.get(&photo).await;
        assert_eq!(
            (served.header("content-type"), served.header("x-content-type-options")),
            (Some("image/jpeg"), Some("nosniff"))
        );
        assert!(image::load_from_memory(&served.body).is_ok(), "a JPEG came back");
        admin.delete(&photo).await;
        admin.get(&photo).await.expect_error(404, "NOT_FOUND");

        server.advance(2 * DAY);
        send(&[("front", "late.png", &good)]).await.expect_error(409, "CONFLICT");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_hour_has_a_quota_of_files_for_an_address_and_for_an_organisation() {
    let settings = |config: &mut officina_server::config::Config| {
        config.limits.enabled = true;
        config.limits.upload_mb_per_address = 1;
        config.limits.upload_mb_per_organisation = 2;
    };
    TestServer::each_with(settings, |server| async move {
        let announced = announce(&server.visitor(), "Anna", "333 1112223", "AB123CD").await;
        let id = announced["id"].as_str().unwrap();
        // 600 kB that nothing packs smaller.
        let mut noise = 1_u32;
        let picture = image::RgbImage::from_fn(500, 400, |_, _| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            image::Rgb([(noise >> 24) as u8, (noise >> 16) as u8, (noise >> 8) as u8])
        });
        let mut photo = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut photo, image::ImageFormat::Png).unwrap();
        let (content_type, body) = form(&[("front", "front.png", photo.get_ref())]);
        let send = async |client: Client, path: &str| {
            client.raw(Method::POST, &format!("/api/v1{path}/{id}/photos"), &content_type, body.clone()).await
        };
        let visitor = |address: &str| server.visitor().at(address);
        send(visitor("203.0.113.1"), "/checkin").await.expect(201);
        let refused = send(visitor("203.0.113.1"), "/checkin").await;
        let error = refused.expect_error(429, "RATE_LIMITED");
        assert!(refused.header("retry-after").is_some(), "{error}");
        // One /64 is one client; another one has a quota of its own.
        send(visitor("2001:db8::1"), "/checkin").await.expect(201);
        send(visitor("2001:db8::2"), "/checkin").await.expect_error(429, "RATE_LIMITED");
        // Who is signed in is counted by the organisation alone, where there is room for one more.
        let admin = server.member("admin").await;
        send(admin.clone(), "/repairs").await.expect(201);
        send(admin, "/repairs").await.expect_error(429, "RATE_LIMITED");
    })
    .await;
}

/// A PNG that claims to be large: a signature and a header chunk with a right checksum, and nothing else.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend_from_slice(&width.to_be_bytes());
    chunk.extend_from_slice(&height.to_be_bytes());
    chunk.extend_from_slice(&[8, 2, 0, 0, 0]);
    // CRC-32 as PNG has it (ISO 3309).
    let crc = !chunk.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    file.extend_from_slice(&chunk);
    file.extend_from_slice(&crc.to_be_bytes());
    // A pixel chunk must begin, or decoders stop before they look at the size.
    file.extend_from_slice(b"\0\0\0\x00IDAT\x35\xaf\x06\x1e");
    file
}

#[tokio::test]
async fn the_last_four_digits_open_the_photos_and_a_wrong_proof_looks_like_a_miss() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        let announced = announce(&visitor, "Anna", "333 1112223", "AB123CD").await;
        let (id, code) = (announced["id"].as_str().unwrap(), announced["trackingCode"].as_str().unwrap());
        let (content_type, body) = crate::world::photo_form();
        visitor.raw(Method::POST, &format!("/api/v1/checkin/{id}/photos"), &content_type, body).await.expect(201);
        let plain = visitor.get(&format!("/api/v1/track/{code}")).await.expect(200);
        assert_eq!((&plain["data"]["photos"], &plain["data"]["proven"]), (&json!([]), &json!(false)));
        let proven = visitor.get(&format!("/api/v1/track/{code}?phone=2223")).await.expect(200);
        assert_eq!(proven["data"]["photos"].as_array().unwrap().len(), 1);
        let token = proven["data"]["token"].as_str().unwrap();
        visitor.get(&format!("/api/v1/track/{code}?token={token}")).await.expect(200);
        let wrong = visitor.get(&format!("/api/v1/track/{code}?phone=0000")).await.expect_error(404, "NOT_FOUND");
        let missed = visitor.get("/api/v1/track/ZZZZZZ").await.expect_error(404, "NOT_FOUND");
        assert_eq!((&wrong["error"], &wrong["code"]), (&missed["error"], &missed["code"]));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn guessing_codes_is_slowed_and_true_customers_are_still_served() {
    TestServer::each_with(
        |config| {
            config.limits.enabled = true;
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        },
        |mut server| async move {
            let address = server.open_port().await;
            let announced = announce(&server.visitor(), "Anna", "333 1112223", "AB123CD").await;
            let code = announced["trackingCode"].as_str().unwrap().to_owned();
            let ask = async |from: &str, path: String| {
                let request = format!(
                    "GET {path} HTTP/1.1\r\nhost: officina.test\r\nx-forwarded-for: {from}\r\nconnection: close\r\n\r\n"
                );
                crate::support::talk(address, request.as_bytes()).await
            };
            for guess in 0..10 {
                let answer = ask("203.0.113.9", format!("/api/v1/track/ZZZZZ{}", char::from(b'A' + guess))).await;
                assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
            }
            let limited = ask("203.0.113.9", format!("/api/v1/track/{code}")).await;
            assert!(limited.starts_with("HTTP/1.1 429") && limited.to_lowercase().contains("retry-after"), "{limited}");
            let served = ask("198.51.100.4", format!("/api/v1/track/{code}")).await;
            assert!(served.starts_with("HTTP/1.1 200"), "{served}");
            let token = server.app().secret.sign("track", &code);
            let linked = ask("203.0.113.9", format!("/api/v1/track/{code}?token={token}")).await;
            assert!(linked.starts_with("HTTP/1.1 200"), "a sent link is no guess: {linked}");

            // One address that guesses digits shuts out itself alone.
            for guess in 0..5 {
                let answer = ask("198.51.100.5", format!("/api/v1/track/{code}?phone=00{guess:02}")).await;
                assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
            }
            let shut_out = ask("198.51.100.5", format!("/api/v1/track/{code}?phone=2223")).await;
            assert!(shut_out.starts_with("HTTP/1.1 429"), "{shut_out}");
            let customer = ask("198.51.100.6", format!("/api/v1/track/{code}?phone=2223")).await;
            assert!(customer.starts_with("HTTP/1.1 200"), "{customer}");
            // Digits have 10,000 possibilities: however many addresses guess, they try few of them.
            for guess in 5..100 {
                let from = format!("198.51.100.{}", 100 + guess);
                let answer = ask(&from, format!("/api/v1/track/{code}?phone=00{guess:02}")).await;
                assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
            }
            for digits in ["0100", "2223"] {
                let answer = ask("198.51.100.99", format!("/api/v1/track/{code}?phone={digits}")).await;
                assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
            }
            let by_code = ask("198.51.100.99", format!("/api/v1/track/{code}")).await;
            assert!(by_code.starts_with("HTTP/1.1 200"), "{by_code}");
            let linked = ask("198.51.100.99", format!("/api/v1/track/{code}?token={token}")).await;
            assert!(linked.starts_with("HTTP/1.1 200") && linked.contains("\"photos\""), "{linked}");
            server.stop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        for number in 0..7 {
            announce(&visitor, "Anna", "333 1112223", &format!("AB{number:03}CD")).await;
        }
        let admin = server.member("admin").await;
        for sort in ["newest", "oldest", "updated"] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = admin.get(&format!("/api/v1/repairs?limit=3&sort={sort}{cursor}")).await.expect(200);
                seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
                match page["page"]["nextCursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            let mut distinct = seen.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!((seen.len(), distinct.len()), (7, 7), "{sort}");
        }
        let second = admin.get("/api/v1/repairs?limit=3&page=2").await.expect(200);
        assert_eq!(second["data"].as_array().unwrap().len(), 3);
        for bad in [
            "limit=0",
            "limit=101",
            "page=0",
            "cursor=%27%20OR%201=1",
            "sort=;DROP",
            "status=x",
            "startDate=soon",
            "assignee=1",
        ] {
            admin.get(&format!("/api/v1/repairs?{bad}")).await.expect_error(400, "VALIDATION_ERROR");
        }
        for odd in ["%25", "_", "%27%22", "%5C", "NEAR(", "%F0%9F%9A%97"] {
            admin.get(&format!("/api/v1/repairs?search={odd}")).await.expect(200);
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn work_is_given_to_colleagues_and_never_to_strangers() {
    TestServer::each(|server| async move {
        let announced = announce(&server.visitor(), "Anna", "333 1112223", "AB123CD").await;
        let path = format!("/api/v1/repairs/{}", announced["id"].as_str().unwrap());
        let mechanic_actor = server.actor("technician").await;
        let mechanic_id = mechanic_actor.member().unwrap().membership;
        let manager_id = server.actor("manager").await.member().unwrap().membership;
        let (mechanic, manager) = (server.member("technician").await, server.member("manager").await);
        mechanic.patch(&path, json!({ "assigneeId": manager_id })).await.expect_error(403, "FORBIDDEN");
        let taken = mechanic.patch(&path, json!({ "assigneeId": mechanic_id })).await.expect(200);
        assert_eq!(taken["data"]["assigneeId"], json!(mechanic_id));
        manager.patch(&path, json!({ "assigneeId": manager_id, "promisedDate": "2026-12-01" })).await.expect(200);
        let stranger = uuid::Uuid::now_v7();
        let refused =
            manager.patch(&path, json!({ "assigneeId": stranger })).await.expect_error(400, "VALIDATION_ERROR");
        assert!(refused["fields"]["assigneeId"].is_array());
        let mine = manager.get("/api/v1/repairs?assignee=me").await.expect(200);
        assert_eq!(mine["page"]["total"], 1);
        server.stop().await;
    })
    .await;
}

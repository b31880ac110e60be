//! What people type, paste and dictate: the same thing in other characters is the same thing.

use serde_json::{Value, json};

use crate::support::TestServer;

const USERS: &str = "/api/v1/admin/users";

fn car(plate: &str, more: &Value) -> Value {
    let mut body = json!({
        "customerName": "Anna Verdi", "customerPhone": "+39 333 1112223", "vehiclePlate": plate, "repairType": "collision",
    });
    let fields = body.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn nothing_hangs_on_what_cannot_be_seen() {
    TestServer::each(|server| async move {
        let (visitor, admin) = (server.visitor(), server.member("admin").await);
        let pasted = json!({
            "customerName": "\u{feff}Anna\u{a0}Ve\u{ad}rdi\u{200b}", "customerPhone": "\u{202a}+39\u{a0}333\u{202f}111\u{2011}2223\u{202c}",
            "customerEmail": "\u{200b}mailto:anna@demo.test", "vin": "WVW ZZZ\u{a0}1KZ\u{2013}AW123456", "policyNumber": "12\u{2010}34",
        });
        let first = visitor.post("/api/v1/checkin", car("AB\u{a0}123\u{2013}CD", &pasted)).await.expect(201);
        let second = visitor.post("/api/v1/checkin", car("ab123cd\u{200b}", &json!({}))).await.expect(201);
        let detail = |made: &Value| format!("/api/v1/repairs/{}", made["data"]["id"].as_str().unwrap());
        let first = admin.get(&detail(&first)).await.expect(200)["data"].clone();
        let second = admin.get(&detail(&second)).await.expect(200)["data"].clone();
        let customer = &first["customer"];
        assert_eq!((&customer["name"], &customer["phone"]), (&json!("Anna Verdi"), &json!("+39 333 111-2223")));
        assert_eq!((&customer["email"], &first["policyNumber"]), (&json!("anna@demo.test"), &json!("12-34")));
        assert_eq!((&first["vehicle"]["plate"], &first["vehicle"]["vin"]), (&json!("AB 123-CD"), &json!("WVWZZZ1KZAW123456")));
        assert_eq!((&second["customer"], &second["vehicle"]), (&first["customer"], &first["vehicle"]));

        let code = first["trackingCode"].as_str().unwrap();
        let spaced = format!("%E2%80%8E{}%E2%80%91{}", &code[..3], &code[3..]);
        visitor.get(&format!("/api/v1/track/{spaced}?phone=%E2%80%8B2223")).await.expect(200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn days_and_years_that_nobody_means_are_refused() {
    TestServer::each(|server| async move {
        let visitor = server.visitor();
        for (field, value, why) in [
            ("accidentDate", json!("0001-01-01"), "date"),
            ("accidentDate", json!("1926-11-20"), "30 years ago"),
            ("accidentDate", json!("2026-11-21"), "future"),
            ("preferredDate", json!("2226-11-20"), "date"),
            ("preferredDate", json!("2036-11-20"), "2 years away"),
            ("vehicleYear", json!(2100), "from 1886 to 2027"),
        ] {
            let body = car("AB123CD", &json!({ field: value }));
            let refused = visitor.post("/api/v1/checkin", body).await.expect_error(400, "VALIDATION_ERROR");
            let sentence = refused["fields"][field][0].as_str().unwrap_or_default();
            assert!(sentence.contains(why), "{field} {value}: {refused}");
        }
        let fine = json!({ "accidentDate": "2026-11-20", "vehicleYear": 2027, "preferredDate": "2027-01-07" });
        visitor.post("/api/v1/checkin", car("AB123CD", &fine)).await.expect(201);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_address_and_a_password_are_one_however_they_are_typed() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let (composed, in_parts) =
            ("Fr\u{fc}hlingsgem\u{fc}se f\u{fc}r Zo\u{eb} 9", "Fru\u{308}hlingsgemu\u{308}se fu\u{308}r Zoe\u{308} 9");
        let user = |email: &str| json!({ "email": email, "name": "No\u{eb}l", "role": "agent", "password": composed });
        admin.post(USERS, user("\u{200b}No\u{eb}l@demo.test")).await.expect(201);
        for twin in
            ["No\u{eb}l@demo.test", "noe\u{308}l@demo.test", "mailto:no\u{eb}l@demo.test", "no\u{eb}l\u{ad}@demo.test"]
        {
            admin.post(USERS, user(twin)).await.expect_error(409, "CONFLICT");
            for password in [composed, in_parts] {
                let login = json!({ "email": twin, "password": password });
                let user = server.visitor().post("/api/v1/auth/login", login).await.expect(200)["data"]["user"].clone();
                assert_eq!(user["email"], "no\u{eb}l@demo.test");
            }
        }
        server.stop().await;
    })
    .await;
}

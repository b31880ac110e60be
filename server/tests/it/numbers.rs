//! Phone numbers: who is who by them, in which country they are read, and what becomes of those that were known by less.

use officina::identity::service;
use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use officina::kernel::ids::CustomerId;
use officina::kernel::journal;
use officina::kernel::time::MINUTE;
use officina::numbers::service::{self as numbers, OtherCountry};
use officina_server::background::jobs::step;
use officina_server::config::Config;
use officina_server::launch;
use serde_json::{Value, json};

use crate::support::{Client, ORG, PASSWORD, START, TestServer, database};

const DOUBTS: &str = "/api/v1/admin/number-doubts";

/// Checks a car in and tells whose it is.
async fn customer_of(server: &TestServer, name: &str, phone: &str, plate: &str) -> String {
    let body = json!({
        "customerName": name, "customerPhone": phone, "vehiclePlate": plate, "repairType": "collision",
    });
    let made = server.visitor().post("/api/v1/checkin", body).await.expect(201)["data"].clone();
    let path = format!("/api/v1/repairs/{}", made["id"].as_str().unwrap());
    let detail = server.member("admin").await.get(&path).await.expect(200);
    detail["data"]["customer"]["id"].as_str().unwrap().to_owned()
}

async fn doubts(client: &Client) -> Vec<(Value, Value)> {
    let list = client.get(DOUBTS).await.expect(200);
    list["data"].as_array().unwrap().iter().map(|row| (row["customerName"].clone(), row["reason"].clone())).collect()
}

#[tokio::test]
async fn a_number_is_known_with_its_country() {
    TestServer::each(|server| async move {
        let here = customer_of(&server, "Anna Verdi", "612 344178", "AA111AA").await;
        let spain = customer_of(&server, "Ana Verde", "+34 612 344178", "BB222BB").await;
        assert_ne!(here, spain);
        let italy = customer_of(&server, "Bruno Blu", "+39 333 9441781", "CC333CC").await;
        let america = customer_of(&server, "Brian Blue", "+1 333 944 1781", "DD444DD").await;
        assert_ne!(italy, america);
        for spelling in ["333 944 1781", "0039 3339441781", "(+39) 333-9441781", "39 333 9441781"] {
            assert_eq!(customer_of(&server, "B. Blu", spelling, "CC333CC").await, italy, "{spelling}");
        }

        let admin = server.member("admin").await;
        for word in ["%2B39%20333%209441781", "%2B393339441781"] {
            let found = admin.get(&format!("/api/v1/repairs?search={word}")).await.expect(200);
            assert_eq!(found["page"]["total"], 5, "{word}");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn leads_are_one_persons_by_the_whole_number() {
    TestServer::each(|server| async move {
        let ask = |phone: &str| json!({ "name": "Carla Neri", "phone": phone, "leadType": "service" });
        let visitor = server.visitor();
        for phone in ["+39 333 9441781", "+1 333 944 1781", "333 9441781"] {
            visitor.post("/api/v1/public/leads", ask(phone)).await.expect(201);
            server.advance(60_000);
        }
        let inbox = server.member("admin").await.get("/api/v1/admin/leads").await.expect(200);
        let rows = inbox["data"].as_array().unwrap();
        assert_eq!(rows[0]["earlierLeadId"], rows[2]["id"], "the same number without its country");
        assert_eq!(rows[1]["earlierLeadId"], Value::Null, "a number of another country");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_signs_in_with_a_number_in_any_spelling_of_its_country() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let user = json!({ "phone": "333 944 1781", "name": "Nadia Notte", "role": "agent", "password": PASSWORD });
        admin.post("/api/v1/admin/users", user.clone()).await.expect(201);
        admin.post("/api/v1/admin/users", user).await.expect_error(409, "CONFLICT");
        let login = |phone: &str| json!({ "phone": phone, "password": PASSWORD });
        for spelling in ["333 9441781", "+39\u{a0}333\u{a0}9441781", "0039 333-944-1781"] {
            server.visitor().post("/api/v1/auth/login", login(spelling)).await.expect(200);
        }
        let abroad = login("+34 333 9441781");
        server.visitor().post("/api/v1/auth/login", abroad).await.expect_error(401, "UNAUTHORIZED");

        // Where organisations stand in two countries, a number without one is whose it can be.
        let spain = server.stranger().await;
        spain.patch("/api/v1/admin/settings", json!({ "country": "es" })).await.expect(200);
        let user = json!({ "phone": "612 344178", "name": "Ana Verde", "role": "agent", "password": PASSWORD });
        spain.post("/api/v1/admin/users", user).await.expect(201);
        for spelling in ["612 344178", "+34 612344178"] {
            server.visitor().post("/api/v1/auth/login", login(spelling)).await.expect(200);
        }
        server.visitor().post("/api/v1/auth/login", login("333 9441781")).await.expect(200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_organisation_says_where_its_numbers_are_read() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let typed = customer_of(&server, "Ana Verde", "612 344178", "AA111AA").await;
        let unknown = json!({ "country": "Atlantis" });
        admin.patch("/api/v1/admin/settings", unknown).await.expect_error(400, "VALIDATION_ERROR");
        let changed = admin.patch("/api/v1/admin/settings", json!({ "country": "es" })).await.expect(200);
        assert_eq!(changed["data"]["country"], "ES");
        until_read(&server).await;
        assert_eq!(customer_of(&server, "Ana Verde", "+34 612 344178", "AA111AA").await, typed);
        let found = admin.get("/api/v1/repairs?search=%2B34612344178").await.expect(200);
        assert_eq!(found["page"]["total"], 2, "what was typed before is found by what it is now");
        let back = admin.patch("/api/v1/admin/settings", json!({ "country": "" })).await.expect(200);
        assert_eq!(back["data"]["country"], Value::Null);
        until_read(&server).await;
        assert_ne!(customer_of(&server, "Ana Verde", "+34 612 344178", "AA111AA").await, typed);
        server.stop().await;
    })
    .await;
}

/// Works on jobs until all numbers are read in the country that they are in. The server's own workers do as well.
async fn until_read(server: &TestServer) {
    while count(server, "SELECT COUNT(*) FROM organisations WHERE numbers_read_in IS NULL").await > 0 {
        step(server.app()).await.unwrap();
        tokio::task::yield_now().await;
    }
}

async fn count(server: &TestServer, statement: &'static str) -> i64 {
    sql(statement).one::<(i64,)>(&server.app().db).await.unwrap().0
}

#[tokio::test]
async fn what_is_written_while_the_country_changes_is_read_once_more() {
    TestServer::each(|server| async move {
        let admin = server.member("admin").await;
        let typed = customer_of(&server, "Ana Verde", "612 344178", "AA111AA").await;
        admin.patch("/api/v1/admin/settings", json!({ "country": "es" })).await.expect(200);
        until_read(&server).await;
        // A check-in that began before the change and ends after it.
        let mut tx = server.app().db.begin().await.unwrap();
        sql("UPDATE customers SET phone_number = $1, phone_key = $1").bind("+39612344178").run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        server.advance(MINUTE);
        while count(&server, "SELECT COUNT(*) FROM customers WHERE phone_key = '+39612344178'").await > 0
            || count(&server, "SELECT COUNT(*) FROM jobs WHERE kind = 'numbers.read'").await > 0
        {
            step(server.app()).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert_eq!(customer_of(&server, "Ana Verde", "+34 612 344178", "AA111AA").await, typed);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn many_numbers_are_read_some_hundred_at_a_time_and_go_on_where_they_ended() {
    const MANY: i64 = 1_100;
    TestServer::each(|server| async move {
        let mut tx = server.app().db.begin().await.unwrap();
        for number in 0..MANY {
            // The first and the last are one number, which only shows when both are read.
            let (phone, key) = match number {
                0 => ("06 1234567".to_owned(), "061234567".to_owned()),
                last if last == MANY - 1 => ("+39 06 1234567".to_owned(), "9061234567".to_owned()),
                other => (format!("333 {other:07}"), format!("333{other:07}")),
            };
            sql(
                "INSERT INTO customers (org_id, id, name, phone, phone_key, created_at) VALUES ($1, $2, $3, $4, $5, 0)",
            )
            .bind(server.org.id)
            .bind(CustomerId::new())
            .bind(format!("Number {number}"))
            .bind(phone)
            .bind(key)
            .run(&mut tx)
            .await
            .unwrap();
        }
        sql("UPDATE organisations SET numbers_read_in = ''").run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let read = async || numbers::read_where_needed(server.app(), OtherCountry::Refuse).await.unwrap();
        let keyed = "SELECT COUNT(*) FROM customers WHERE phone_key = phone_number AND phone_key LIKE '+39%'";
        read().await;
        assert_eq!(count(&server, keyed).await, MANY - 2);
        let manager = server.member("manager").await;
        let shared = [(json!("Number 0"), json!("shared_number")), (json!("Number 1099"), json!("shared_number"))];
        assert_eq!(doubts(&manager).await, shared);

        // Ended while keys were given; and somebody has looked at one of the numbers.
        let mut tx = server.app().db.begin().await.unwrap();
        sql("UPDATE customers SET phone_key = '?' || phone WHERE name LIKE 'Number 7%'").run(&mut tx).await.unwrap();
        sql("UPDATE organisations SET numbers_read_in = NULL").run(&mut tx).await.unwrap();
        sql("DELETE FROM number_doubts WHERE customer_id = (SELECT id FROM customers WHERE name = 'Number 0')")
            .run(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        read().await;
        assert_eq!(count(&server, keyed).await, MANY - 2);
        assert_eq!(doubts(&manager).await, shared[1..], "what was looked at is listed no more");
        server.stop().await;
    })
    .await;
}

/// Puts the numbers of the organisation back to what they were known by before they had a country.
async fn as_before(server: &TestServer, customers: &[(&str, &str)]) {
    let mut tx = server.app().db.begin().await.unwrap();
    for (id, phone) in customers {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        let id: CustomerId = id.parse().unwrap();
        let key = &digits[digits.len().saturating_sub(10)..];
        sql("UPDATE customers SET phone_number = NULL, phone_key = $2 WHERE id = $1")
            .bind(id)
            .bind(key)
            .run(&mut tx)
            .await
            .unwrap();
        sql("UPDATE repairs SET search = LOWER(tracking_code) || ' ' || $2 WHERE customer_id = $1")
            .bind(id)
            .bind(key)
            .run(&mut tx)
            .await
            .unwrap();
    }
    sql("UPDATE organisations SET numbers_read_in = ''").run(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn numbers_from_before_are_read_anew_and_nothing_is_lost_or_joined() {
    TestServer::each(|server| async move {
        let anna = customer_of(&server, "Anna Verdi", "06 1234567", "AA111AA").await;
        let marco = customer_of(&server, "Marco Verdi", "06 7654321", "BB222BB").await;
        let bruno = customer_of(&server, "Bruno Blu", "+39 333 9441781", "CC333CC").await;
        // Another car under Bruno's last ten digits, as it was taken then.
        assert_eq!(customer_of(&server, "Brian Smith", "+39 333 9441781", "DD444DD").await, bruno);
        assert_eq!(customer_of(&server, "B. Blu", "+39 333 9441781", "CC333CC").await, bruno);
        let mut tx = server.app().db.begin().await.unwrap();
        sql("UPDATE customers SET phone = '+39 06 1234567' WHERE id = $1")
            .bind(marco.parse::<CustomerId>().unwrap())
            .run(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let stored =
            [(anna.as_str(), "06 1234567"), (marco.as_str(), "+39 06 1234567"), (bruno.as_str(), "+39 333 9441781")];
        as_before(&server, &stored).await;

        // Twice: a start that was broken off is made good by the next one.
        for _ in 0..2 {
            numbers::read_where_needed(server.app(), OtherCountry::Refuse).await.unwrap();
        }
        let (manager, agent) = (server.member("manager").await, server.member("technician").await);
        let (shared, several) = (json!("shared_number"), json!("several_people"));
        let expected =
            [(json!("Anna Verdi"), shared.clone()), (json!("Marco Verdi"), shared), (json!("Bruno Blu"), several)];
        assert_eq!(doubts(&manager).await, expected);
        let page = server.browser("manager").await.get("/app/numbers").await;
        assert!(page.status == 200 && page.text().contains("Brian Smith"), "{}", page.text());
        let home = server.browser("manager").await.get("/app").await;
        assert!(home.text().contains("/app/numbers"), "{}", home.text());

        // A number of two finds neither by itself, but with the name.
        assert_eq!(customer_of(&server, "marco verdi", "0039 06 1234567", "BB222BB").await, marco);
        assert_eq!(customer_of(&server, "Anna Verdi", "061234567", "AA111AA").await, anna);
        let third = customer_of(&server, "Carla Neri", "06 1234567", "EE555EE").await;
        assert!(third != anna && third != marco);
        assert_eq!(customer_of(&server, "Bruno B.", "333 944 1781", "CC333CC").await, bruno);
        assert_ne!(customer_of(&server, "Brian Smith", "+1 333 944 1781", "DD444DD").await, bruno);
        let found = manager.get("/api/v1/repairs?search=%2B393339441781").await.expect(200);
        assert_eq!(found["page"]["total"], 4);

        agent.delete(&format!("{DOUBTS}/{anna}")).await.expect_error(403, "FORBIDDEN");
        assert_eq!(manager.delete(&format!("{DOUBTS}/{anna}")).await.status, 204);
        manager.delete(&format!("{DOUBTS}/{anna}")).await.expect_error(404, "NOT_FOUND");
        assert_eq!(doubts(&manager).await, expected[1..]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_account_with_something_invisible_in_its_address_is_reached_again() {
    TestServer::each(|server| async move {
        let mut tx = server.app().db.begin().await.unwrap();
        sql("UPDATE accounts SET email = $1 WHERE email = 'agent@rossi.test'")
            .bind("\u{200b}agent@rossi.test")
            .run(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        as_before(&server, &[]).await;
        numbers::read_where_needed(server.app(), OtherCountry::Refuse).await.unwrap();
        server.member("agent").await.get("/api/v1/repairs").await.expect(200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn numbers_are_read_only_under_the_secret_that_the_database_belongs_to() {
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        let app = launch::open(&fresh.config(), Clock::fixed(START)).await.unwrap();
        let mut tx = app.db.begin().await.unwrap();
        // A database from before numbers had a country, and from before it knew its secret.
        let org = service::public_organisation(&app, Some(ORG)).await.unwrap().id;
        sql(
            "INSERT INTO customers (org_id, id, name, phone, phone_key, created_at) VALUES ($1, $2, 'Anna', $3, $3, 0)",
        )
        .bind(org)
        .bind(CustomerId::new())
        .bind("3331234567")
        .run(&mut tx)
        .await
        .unwrap();
        sql("UPDATE organisations SET numbers_read_in = ''").run(&mut tx).await.unwrap();
        sql("DELETE FROM secret_mark").run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let entries = async || sql("SELECT COUNT(*) FROM journal").one::<(i64,)>(&app.db).await.unwrap().0;
        let before = entries().await;

        let wrong = Config {
            secret: Some("another secret of more than thirty-two letters".to_owned().into()),
            ..fresh.config()
        };
        let refused = launch::prepare(wrong, Clock::fixed(START)).await.expect_err("another secret").to_string();
        assert!(refused.contains("belongs to another secret"), "{refused}");
        assert_eq!(entries().await, before, "nothing is journaled under another secret");

        let right = launch::prepare(fresh.config(), Clock::fixed(START)).await.expect("the right secret");
        assert!(entries().await > before, "the numbers are read");
        let verdicts = journal::verify(&app.db).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "{verdicts:?}");
        right.stop().await;
        app.db.close().await;
    }
}

#[tokio::test]
async fn numbers_are_read_in_another_country_only_when_that_is_asked_for() {
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        let server = launch::prepare(fresh.config(), Clock::fixed(START)).await.expect("the country of before");
        let app = server.state.app.clone();
        let org = service::public_organisation(&app, Some(ORG)).await.unwrap().id;
        let mut tx = app.db.begin().await.unwrap();
        sql("INSERT INTO customers (org_id, id, name, phone, phone_key, phone_number, created_at) \
             VALUES ($1, $2, 'Ana', '612 344178', $3, $3, 0)")
        .bind(org)
        .bind(CustomerId::new())
        .bind("+39612344178")
        .run(&mut tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let number = async || {
            sql("SELECT phone_number FROM customers WHERE name = 'Ana'").one::<(String,)>(&app.db).await.unwrap().0
        };

        let mut elsewhere = fresh.config();
        elsewhere.sms.prefix = "+34".to_owned();
        let refused = launch::prepare(elsewhere.clone(), Clock::fixed(START)).await.expect_err("another country");
        let refused = refused.to_string();
        assert!(refused.contains("`officina migrate`") && !refused.contains('\n'), "{refused}");
        assert_eq!(number().await, "+39612344178");
        let asked = launch::open(&elsewhere, Clock::fixed(START)).await.unwrap();
        assert_eq!(numbers::country_in_force(&asked).await.unwrap().letters(), "IT", "as the servers read them");
        server.stop().await;

        numbers::read_where_needed(&asked, OtherCountry::Read).await.unwrap();
        let server = launch::prepare(elsewhere, Clock::fixed(START)).await.expect("the country of now");
        let (number,): (String,) =
            sql("SELECT phone_number FROM customers WHERE name = 'Ana'").one(&asked.db).await.unwrap();
        assert_eq!(number, "+34612344178");
        asked.db.close().await;
        server.stop().await;
    }
}

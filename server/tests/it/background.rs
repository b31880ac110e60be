//! Jobs: carried out once, tried again, set aside.

use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::any;
use officina::kernel::App;
use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use officina::kernel::jobs::{self, MAX_ATTEMPTS, MAX_DEATHS, MAX_REFUSALS, NewJob};
use officina::kernel::time::{DAY, HOUR, MINUTE, Timestamp};
use officina::notify::mail::{self, Mail};
use officina::notify::sms::{self, Sms};
use officina_server::background::jobs::{enqueue_recurring, step};
use officina_server::config::Hidden;
use officina_server::launch;
use tokio::net::TcpListener;

use crate::support::{Mailbox, START, TestServer, database};

/// Tells a story on both databases, with nobody but the story working on jobs.
async fn each<F: Future<Output = ()>>(story: impl Fn(App) -> F) {
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        story(launch::open(&fresh.config(), Clock::fixed(START)).await.unwrap()).await;
    }
}

async fn enqueue(app: &App, kind: &'static str, key: Option<&str>) {
    let mut tx = app.db.begin().await.unwrap();
    let (run_at, unique_key) = (app.clock.now(), key.map(str::to_owned));
    jobs::enqueue(&mut tx, NewJob { kind, org: None, payload: "{}".to_owned(), run_at, unique_key }).await.unwrap();
    tx.commit().await.unwrap();
}

/// Attempts and end of all jobs.
async fn rows(app: &App) -> Vec<(i64, Option<Timestamp>)> {
    sql("SELECT attempts, failed_at FROM jobs").all(&app.db).await.unwrap()
}

#[tokio::test]
async fn a_job_that_keeps_failing_is_set_aside() {
    each(|app| async move {
        enqueue(&app, "unknown", Some("one")).await;
        enqueue(&app, "unknown", Some("one")).await;
        for attempt in 1..=MAX_ATTEMPTS {
            assert!(step(&app).await.unwrap());
            assert!(!step(&app).await.unwrap(), "tried again at once, or there were two");
            let row = rows(&app).await[0];
            assert_eq!((row.0, row.1.is_some()), (attempt, attempt == MAX_ATTEMPTS));
            app.clock.advance(HOUR);
        }
        assert!(!step(&app).await.unwrap());
        enqueue(&app, "unknown", Some("one")).await;
        assert!(step(&app).await.unwrap(), "what is set aside keeps nobody from asking for the same again");
    })
    .await;
}

#[tokio::test]
async fn a_way_out_that_is_closed_for_a_weekend_loses_no_message() {
    each(|app| async move {
        enqueue(&app, "unknown", None).await;
        let monday = app.clock.now().plus(4 * DAY);
        while app.clock.now() < monday {
            step(&app).await.unwrap();
            app.clock.advance(HOUR);
        }
        assert!(step(&app).await.unwrap(), "it is still tried");
        assert_eq!(rows(&app).await[0].1, None);
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_for_good_is_tried_for_half_a_day() {
    each(|app| async move {
        // A mail that nobody can read will never be read.
        enqueue(&app, mail::JOB, None).await;
        for attempt in 1..=MAX_REFUSALS {
            assert!(step(&app).await.unwrap());
            assert_eq!(rows(&app).await[0].1.is_some(), attempt == MAX_REFUSALS);
            app.clock.advance(HOUR);
        }
    })
    .await;
}

/// Whether the one job there is was set aside after as many attempts as what is refused for good is given.
async fn is_given_up(app: &App) -> bool {
    for _ in 0..MAX_REFUSALS {
        assert!(step(app).await.unwrap());
        app.clock.advance(HOUR);
    }
    rows(app).await[0].1.is_some()
}

#[tokio::test]
async fn a_gateway_that_refuses_a_number_is_asked_for_half_a_day_and_a_busy_one_for_longer() {
    for kind in database::kinds() {
        for (status, is_refused) in [(400, true), (429, false), (503, false)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let fresh = database::fresh(kind).await;
            let mut config = fresh.config();
            config.sms.url = Some(Hidden::from(format!("http://{}", listener.local_addr().unwrap())));
            let answer = move || async move { StatusCode::from_u16(status).unwrap() };
            tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(any(answer))).await });
            let app = launch::open(&config, Clock::fixed(START)).await.unwrap();
            let mut tx = app.db.begin().await.unwrap();
            let text = Sms { to: "3331234567".to_owned(), text: "A".to_owned(), until: None };
            sms::enqueue(&app, &mut tx, None, &text).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(is_given_up(&app).await, is_refused, "{status}");
        }
    }
}

#[tokio::test]
async fn a_mail_server_that_refuses_an_address_is_asked_for_half_a_day_and_a_busy_one_for_longer() {
    for kind in database::kinds() {
        for (answer, is_refused) in [("550 no such mailbox", true), ("451 later, please", false)] {
            let mailbox = Mailbox::answering(answer).await;
            let fresh = database::fresh(kind).await;
            let mut config = fresh.config();
            mailbox.serve(&mut config);
            let app = launch::open(&config, Clock::fixed(START)).await.unwrap();
            let mut tx = app.db.begin().await.unwrap();
            let to = "nobody@rossi.test".to_owned();
            let mail = Mail { to, subject: "A".to_owned(), text: "B".to_owned(), until: None };
            mail::enqueue(&app, &mut tx, None, &mail).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(is_given_up(&app).await, is_refused, "{answer}");
        }
    }
}

#[tokio::test]
async fn what_would_be_untrue_by_now_is_not_sent() {
    for kind in database::kinds() {
        // Nobody listens there: the port is reserved (RFC 863), and no story is given it.
        let fresh = database::fresh(kind).await;
        let mut config = fresh.config();
        config.sms.url = Some(Hidden::from("http://127.0.0.1:9".to_owned()));
        let app = launch::open(&config, Clock::fixed(START)).await.unwrap();
        let mut tx = app.db.begin().await.unwrap();
        let until = Some(app.clock.now().plus(HOUR));
        sms::enqueue(&app, &mut tx, None, &Sms { to: "3331234567".to_owned(), text: "A".to_owned(), until })
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(step(&app).await.unwrap());
        assert_eq!(rows(&app).await, [(1, None)], "it is tried again");
        app.clock.advance(2 * HOUR);
        assert!(step(&app).await.unwrap());
        assert!(rows(&app).await.is_empty(), "its time is over");
    }
}

#[tokio::test]
async fn a_job_that_kills_its_workers_is_set_aside_before_it_kills_them_all_night() {
    each(|app| async move {
        enqueue(&app, "unknown", None).await;
        for deaths in 0..MAX_DEATHS {
            let leased = jobs::lease(&app).await.unwrap().expect("a job is due");
            assert_eq!(leased.deaths, deaths);
            app.clock.advance(5 * MINUTE + 1);
        }
        assert!(step(&app).await.unwrap());
        app.clock.advance(5 * MINUTE + 1);
        assert!(!step(&app).await.unwrap() && rows(&app).await[0].1.is_some());
        app.clock.advance(91 * DAY);
        jobs::purge(&app).await.unwrap();
        assert!(rows(&app).await.is_empty(), "forgotten in the end");
    })
    .await;
}

#[tokio::test]
async fn a_job_whose_worker_died_is_taken_by_another() {
    each(|app| async move {
        enqueue(&app, "unknown", None).await;
        let leased = jobs::lease(&app).await.unwrap().expect("a job is due");
        assert!(jobs::lease(&app).await.unwrap().is_none(), "leased twice");
        app.clock.advance(5 * MINUTE + 1);
        let taken = jobs::lease(&app).await.unwrap().expect("the lease ran out");
        assert_eq!((taken.id, taken.attempts), (leased.id, 2));
        jobs::done(&app, &taken, None).await.unwrap();
        assert!(rows(&app).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn recurring_jobs_come_back_each_in_its_own_time() {
    each(|app| async move {
        enqueue_recurring(&app).await.unwrap();
        enqueue_recurring(&app).await.unwrap();
        let jobs = rows(&app).await.len();
        for _ in 0..3 {
            for _ in 0..jobs {
                assert!(step(&app).await.unwrap());
            }
            assert!(!step(&app).await.unwrap());
            assert_eq!(rows(&app).await, vec![(0, None); jobs]);
            app.clock.advance(HOUR);
        }
    })
    .await;
}

#[tokio::test]
async fn a_recurring_job_that_fails_is_never_set_aside() {
    each(|app| async move {
        enqueue_recurring(&app).await.unwrap();
        let mut tx = app.db.begin().await.unwrap();
        sql("DELETE FROM jobs WHERE kind <> 'cold_chain.watch'").run(&mut tx).await.unwrap();
        sql("DROP TABLE device_watch").run(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..2 * MAX_DEATHS {
            assert!(step(&app).await.unwrap());
            assert_eq!(rows(&app).await, [(0, None)]);
            app.clock.advance(MINUTE);
        }
    })
    .await;
}

#[tokio::test]
async fn a_mail_server_that_does_not_answer_holds_up_mails_and_nothing_else() {
    for kind in database::kinds() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let smtp = format!("smtp://{}", silent.local_addr().unwrap());
        let sms_url = format!("http://{}", gateway.local_addr().unwrap());
        let settings = |config: &mut officina_server::config::Config| {
            config.smtp = Some(Hidden::from(smtp.clone()));
            config.mail_from = Some("Officina <desk@officina.test>".to_owned());
            config.sms.url = Some(Hidden::from(sms_url.clone()));
        };
        let server = TestServer::on(kind, settings).await;
        let app = server.app();
        let mut tx = app.db.begin().await.unwrap();
        let letter =
            Mail { to: "a@example.org".to_owned(), subject: "A".to_owned(), text: "B".to_owned(), until: None };
        mail::enqueue(app, &mut tx, None, &letter).await.unwrap();
        tx.commit().await.unwrap();
        // It takes the connection and says nothing, from here to the end.
        let _open = silent.accept().await.unwrap();

        let mut tx = app.db.begin().await.unwrap();
        let text = Sms { to: "3331234567".to_owned(), text: "C".to_owned(), until: None };
        sms::enqueue(app, &mut tx, None, &text).await.unwrap();
        tx.commit().await.unwrap();
        let called = tokio::time::timeout(Duration::from_secs(30), gateway.accept()).await;
        called.expect("an SMS goes out meanwhile").unwrap();
        tokio::time::timeout(Duration::from_secs(10), server.stop()).await.expect("it stops in time");
    }
}

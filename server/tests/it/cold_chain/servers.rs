//! Alerts survive restarts, and several servers on one database are as one.

use officina::cold_chain::ingest::{self, Delivery, Intake};
use officina::cold_chain::model::Micro;
use officina::cold_chain::reading::Reading;
use officina::cold_chain::service::{self, device_key_hash};
use officina::cold_chain::{NewColdCell, NewDevice, NewLocation, Preset};
use officina::identity::service::public_organisation;
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use officina::kernel::time::MINUTE;
use officina_server::background::jobs::{enqueue_recurring, step};
use officina_server::launch;

use super::{journaled, look};
use crate::support::{ORG, START, database};

/// Devices of a freezer with a delay of ten minutes: number and state of their keys.
pub async fn devices(app: &App, number: usize) -> Vec<(i64, i64)> {
    let org = public_organisation(app, Some(ORG)).await.unwrap();
    let actor = Actor::system(org.id);
    let location = NewLocation { name: "Porto".to_owned(), ..NewLocation::default() };
    let location = service::create_location(app, &actor, location).await.unwrap();
    let cell = NewColdCell {
        name: "Cella".to_owned(),
        location_id: Some(location.id),
        preset: Some(Preset::Freezer),
        alert_delay_seconds: Some(600),
        ..NewColdCell::default()
    };
    let cell = service::create_cold_cell(app, &actor, cell).await.unwrap().cell.id;
    let mut made = Vec::new();
    for index in 0..number {
        let device =
            NewDevice { serial_number: format!("CC-{index}"), cold_cell_id: Some(cell), ..NewDevice::default() };
        let device = service::create_device(app, &actor, device).await.unwrap();
        let admission = service::admit(app, &device_key_hash(device.api_key.as_bytes())).await.unwrap().unwrap();
        made.push((admission.device_no, admission.access_epoch));
    }
    made
}

/// All devices measure the same now.
pub async fn measure(app: &App, intake: &Intake, devices: &[(i64, i64)], celsius: f64) {
    let now = app.clock.now();
    let reading = Reading {
        temperature: Micro::from_celsius(celsius),
        humidity: None,
        battery: None,
        power: None,
        door: None,
        recorded_at: Some(now),
        seq: None,
    };
    let delivery = |(device_no, access_epoch): &(i64, i64)| Delivery {
        device_no: *device_no,
        access_epoch: *access_epoch,
        received_at: now,
        readings: vec![reading],
    };
    let group: Vec<Delivery> = devices.iter().map(delivery).collect();
    ingest::store_group(&app.db, intake, now, &group).await.unwrap();
}

/// Works on jobs until none is due.
async fn work(app: &App) {
    while step(app).await.unwrap() {}
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_delay_makes_one_opening_and_one_resolution() {
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        let clock = Clock::fixed(START);
        let start = async || {
            let app = launch::open(&fresh.config(), clock.clone()).await.unwrap();
            look(&app).await;
            app
        };
        let mut app = start().await;
        let device = devices(&app, 1).await;
        measure(&app, &Intake::default(), &device, -10.0).await;
        let mut opened = Vec::new();
        for _ in 0..14 {
            // Every minute another server process takes up what the one before left.
            app.db.close().await;
            clock.advance(MINUTE);
            app = start().await;
            opened.push(journaled(&app, "alerts.opened").await.len());
        }
        assert_eq!((opened[8], opened[9], opened[13]), (0, 1, 1));
        app.db.close().await;
        app = start().await;
        measure(&app, &Intake::default(), &device, -18.0).await;
        app.db.close().await;
        app = start().await;
        let entry = &journaled(&app, "alerts.opened").await[0];
        assert_eq!(entry["openedAt"], START.plus(10 * MINUTE).to_string());
        assert_eq!(journaled(&app, "alerts.resolved").await.len(), 1);
        app.db.close().await;
    }
}

#[tokio::test]
async fn two_servers_open_and_escalate_each_alert_once() {
    const DEVICES: usize = 30;
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        let clock = Clock::fixed(START);
        let one = launch::open(&fresh.config(), clock.clone()).await.unwrap();
        let two = launch::open(&fresh.config(), clock.clone()).await.unwrap();
        // Each knows the devices of the groups before: what the other one has written must not be missed.
        let (intake_of_one, intake_of_two) = (Intake::default(), Intake::default());
        let device = devices(&one, DEVICES).await;
        enqueue_recurring(&one).await.unwrap();
        enqueue_recurring(&two).await.unwrap();
        measure(&one, &intake_of_one, &device, -10.0).await;
        for minute in 1..=130 {
            clock.advance(MINUTE);
            if minute % 10 == 0 {
                // As if leases were none: both look at the same time, while readings come in.
                let both = async {
                    tokio::join!(look(&one), look(&two), measure(&two, &intake_of_two, &device[..DEVICES / 2], -9.0));
                };
                both.await;
                measure(&one, &intake_of_one, &device[DEVICES / 2..], -9.0).await;
            }
            tokio::join!(work(&one), work(&two));
        }
        let opened = journaled(&one, "alerts.opened").await;
        assert_eq!(opened.len(), DEVICES);
        assert!(opened.iter().all(|entry| entry["openedAt"] == START.plus(10 * MINUTE).to_string()));
        let steps: Vec<(i64, i64)> =
            sql("SELECT escalation_steps, escalation_level FROM alerts").all(&one.db).await.unwrap();
        assert_eq!(steps, vec![(2, 2); DEVICES]);
        assert_eq!(journaled(&one, "cold_chain.alert_escalated").await.len(), 2 * DEVICES);
        clock.advance(MINUTE);
        measure(&two, &intake_of_two, &device, -18.0).await;
        assert_eq!(journaled(&one, "alerts.resolved").await.len(), DEVICES);
        let verdicts = officina::kernel::journal::verify(&one.db).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "{verdicts:?}");
        one.db.close().await;
        two.db.close().await;
    }
}

#[tokio::test]
async fn new_limits_set_by_another_server_count_from_the_next_reading() {
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        let clock = Clock::fixed(START);
        let one = launch::open(&fresh.config(), clock.clone()).await.unwrap();
        let two = launch::open(&fresh.config(), clock.clone()).await.unwrap();
        let device = devices(&one, 2).await;
        let intake = Intake::default();
        measure(&one, &intake, &device, -18.0).await;
        for (server, highest, alerts) in [(&two, -19.0, 2), (&one, -15.0, 2), (&two, -20.0, 4)] {
            clock.advance(MINUTE);
            let mut tx = server.db.begin().await.unwrap();
            let change = sql("UPDATE cold_cells SET max_temperature = $1, alert_delay_seconds = 0").bind(highest);
            change.run(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            measure(&one, &intake, &device, -18.0).await;
            assert_eq!(journaled(&one, "alerts.opened").await.len(), alerts, "{highest}");
        }
        one.db.close().await;
        two.db.close().await;
    }
}

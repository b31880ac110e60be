//! A whole fleet crosses its limits at once: readings do not wait for all the alerts, and none is lost or told twice.

use officina::cold_chain::ingest::Intake;
use officina::cold_chain::{AlertStatus, ChangeDevice, ResolveAlert, backlog, service};
use officina::identity::service::public_organisation;
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use officina::kernel::ids::{AlertId, DeviceId};
use officina::kernel::time::{MINUTE, SECOND, Timestamp};
use officina_server::launch;
use serde_json::json;

use super::servers::{devices, measure};
use super::{Cell, journaled};
use crate::support::{ORG, START, TestServer, database};

/// How many devices' alerts are written with the readings of a second.
const A_SECOND: usize = 32;

/// Lets alerts open at once.
async fn without_delay(app: &App) {
    let mut tx = app.db.begin().await.expect("a transaction");
    sql("UPDATE cold_cells SET alert_delay_seconds = 0").run(&mut tx).await.expect("changed");
    tx.commit().await.expect("a commit");
}

async fn catch_up(app: &App) {
    while backlog::catch_up(app).await.expect("caught up").is_some() {}
}

async fn count(app: &App, of: &'static str) -> usize {
    let (count,): (i64,) = sql(of).one(&app.db).await.expect("a count");
    usize::try_from(count).expect("a number")
}

async fn active(app: &App) -> usize {
    count(app, "SELECT COUNT(*) FROM alerts WHERE status = 'ACTIVE'").await
}

/// The alerts of a device, oldest first: id, status and who closed it.
async fn alerts_of(app: &App, device_no: i64) -> Vec<(AlertId, AlertStatus, Option<String>)> {
    sql("SELECT id, status, resolved_by FROM alerts WHERE device_no = $1 ORDER BY opened_at")
        .bind(device_no)
        .all(&app.db)
        .await
        .expect("alerts")
}

#[tokio::test]
async fn what_waits_survives_a_restart_and_is_written_once_and_in_its_order() {
    const DEVICES: usize = 100;
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        let clock = Clock::fixed(START);
        let app = launch::open(&fresh.config(), clock.clone()).await.unwrap();
        let device = devices(&app, DEVICES).await;
        without_delay(&app).await;
        let intake = Intake::default();
        let mut times = Vec::new();
        for celsius in [-10.0, -18.0, -9.0] {
            clock.advance(SECOND);
            times.push(clock.now().to_string());
            measure(&app, &intake, &device, celsius).await;
        }
        assert_eq!(count(&app, "SELECT COUNT(*) FROM readings").await, 3 * DEVICES);
        assert_eq!(active(&app).await, A_SECOND);
        assert_eq!(journaled(&app, "alerts.opened").await.len(), 2 * A_SECOND);
        app.db.close().await;

        let one = launch::open(&fresh.config(), clock.clone()).await.unwrap();
        let two = launch::open(&fresh.config(), clock.clone()).await.unwrap();
        tokio::join!(catch_up(&one), catch_up(&two));
        assert_eq!(active(&one).await, DEVICES);
        assert_eq!(count(&one, "SELECT COUNT(*) FROM alerts").await, 2 * DEVICES);
        let mut opened: Vec<String> =
            journaled(&one, "alerts.opened").await.iter().map(|entry| super::text(&entry["openedAt"])).collect();
        opened.sort();
        assert_eq!(opened, [vec![times[0].clone(); DEVICES], vec![times[2].clone(); DEVICES]].concat());
        let resolved: Vec<(Timestamp,)> =
            sql("SELECT resolved_at FROM alerts WHERE status = 'RESOLVED'").all(&one.db).await.unwrap();
        assert!(resolved.iter().all(|(at,)| at.to_string() == times[1]), "{resolved:?}");
        assert_eq!(journaled(&one, "alerts.resolved").await.len(), DEVICES);
        one.db.close().await;
        two.db.close().await;
    }
}

#[tokio::test]
async fn people_who_close_an_alert_or_move_a_device_find_what_was_said_before() {
    for kind in database::kinds() {
        let fresh = database::fresh(kind).await;
        let clock = Clock::fixed(START);
        let app = launch::open(&fresh.config(), clock.clone()).await.unwrap();
        let device = devices(&app, A_SECOND).await;
        without_delay(&app).await;
        let intake = Intake::default();
        // Within one second the alerts open with their readings, resolve, and open again: only the first can be seen.
        for celsius in [-10.0, -18.0, -9.0] {
            clock.advance(100);
            measure(&app, &intake, &device, celsius).await;
        }
        assert_eq!((active(&app).await, journaled(&app, "alerts.resolved").await.len()), (A_SECOND, 0));
        let admin = Actor::system(public_organisation(&app, Some(ORG)).await.unwrap().id);

        // What is seen is over: closing it closes nothing else.
        let seen = alerts_of(&app, device[0].0).await[0].0;
        let refused = service::resolve_alert(&app, &admin, seen, ResolveAlert { note: None }).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("over already")));

        // A device that is moved leaves behind both.
        let (id, cell): (DeviceId, officina::kernel::ids::ColdCellId) =
            sql("SELECT id, cold_cell_id FROM devices WHERE no = $1").bind(device[1].0).one(&app.db).await.unwrap();
        let other = service::create_cold_cell(
            &app,
            &admin,
            officina::cold_chain::NewColdCell {
                name: "Altra".to_owned(),
                location_id: Some(service::get_cold_cell(&app, &admin, cell).await.unwrap().cell.location_id),
                preset: Some(officina::cold_chain::Preset::Freezer),
                ..Default::default()
            },
        );
        let other = other.await.unwrap().cell.id;
        let moved = ChangeDevice { cold_cell_id: Some(other), ..ChangeDevice::default() };
        service::change_device(&app, &admin, id, moved).await.unwrap();
        let left = alerts_of(&app, device[1].0).await;
        assert!(left.iter().all(|(_, status, _)| *status == AlertStatus::Resolved), "{left:?}");
        let by: Vec<bool> = left.iter().map(|(_, _, by)| by.is_some()).collect();
        assert_eq!(by, [false, true], "the first was over by itself, the second by the move");

        // The clock finds nothing that was not said, and then all is written.
        clock.advance(MINUTE);
        super::look(&app).await;
        assert_eq!(active(&app).await, A_SECOND - 1);
        let first = alerts_of(&app, device[0].0).await;
        assert_eq!(
            first.iter().map(|(_, status, _)| *status).collect::<Vec<_>>(),
            [AlertStatus::Resolved, AlertStatus::Active]
        );
        service::resolve_alert(&app, &admin, first[1].0, ResolveAlert { note: None }).await.unwrap();
        assert_eq!(active(&app).await, A_SECOND - 2);
        app.db.close().await;
    }
}

#[tokio::test]
async fn after_a_power_cut_everywhere_all_alerts_are_there_soon() {
    TestServer::each(|server| async move {
        const CELLS: usize = A_SECOND + 8;
        let mut bell = server.app().db.journal_bell();
        let mut cells = Vec::new();
        for index in 0..CELLS {
            cells.push(Cell::with(&server, json!({"preset": "freezer"}), &format!("CC-{index}")).await);
        }
        for cell in &cells {
            cell.send(&server, json!({"temperature": -18, "powerStatus": false}), 201).await;
        }
        let all = async {
            while active(server.app()).await < CELLS {
                bell.changed().await.expect("the journal goes on");
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), all).await.expect("all alerts in time");
        let shown = cells[CELLS - 1].alerts().await;
        assert_eq!((shown.len(), &shown[0]["type"]), (1, &json!("POWER_LOSS")));
        server.stop().await;
    })
    .await;
}

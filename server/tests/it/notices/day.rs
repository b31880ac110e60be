//! The report of the day before, in the morning.

use officina::cold_chain::service as cold_chain;
use officina::cold_chain::{NewColdCell, NewDevice, Preset};
use officina::identity::service as identity;
use officina::identity::{LinkCustomers, UpdateSettings};
use officina::kernel::db::sql;
use officina::kernel::time::{DAY, HOUR, MINUTE};
use officina::notices::NoticePreferences;
use officina::notices::service::{clock_set_back, report_days, set_notice_preferences};
use officina_server::launch;

use super::{customer, with_mail};

#[tokio::test]
async fn in_the_morning_those_who_act_read_what_the_day_before_was_like_once() {
    with_mail(|story, mailbox| async move {
        // It is eleven where they are. Nothing stands there yet, so there is nothing to say today.
        report_days(&story.app).await.unwrap();
        assert!(mailbox.rest_of(&story.app).await.is_empty());

        let site = story.site("Porto", None, 2).await;
        let quiet = cold_chain::create_cold_cell(
            &story.app,
            &story.system(),
            NewColdCell {
                name: "Cella muta".to_owned(),
                location_id: Some(site.location),
                preset: Some(Preset::Freezer),
                ..NewColdCell::default()
            },
        )
        .await
        .unwrap();
        let device =
            NewDevice { serial_number: "muto".to_owned(), cold_cell_id: Some(quiet.cell.id), ..NewDevice::default() };
        cold_chain::create_device(&story.app, &story.system(), device).await.unwrap();
        let clock = story.app.clock.clone();
        let send = async |celsius| story.measure(&site, celsius, true, clock.now()).await;
        send(-18.5).await;
        clock.advance(HOUR);
        send(-11.25).await;
        clock.advance(30 * MINUTE);
        send(-19.0).await;
        mailbox.rest_of(&story.app).await;

        // Half past six, and then seven.
        clock.advance(18 * HOUR);
        report_days(&story.app).await.unwrap();
        assert!(mailbox.rest_of(&story.app).await.is_empty(), "it is not morning yet");
        clock.advance(30 * MINUTE);
        let again = launch::open(&story.config, clock.clone()).await.unwrap();
        let (one, two) = tokio::join!(report_days(&story.app), report_days(&again));
        one.and(two).unwrap();
        report_days(&again).await.unwrap();
        again.db.close().await;
        let mails = mailbox.rest_of(&story.app).await;
        let mut to: Vec<&str> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["admin@rossi.test", "manager@rossi.test", "technician@rossi.test"]);
        let text = &mails[0].text;
        assert!(mails[0].head.contains("20/11/2026"), "{}", mails[0].head);
        assert!(text.contains("Celle: 3, di cui in ordine 0. Letture: 6."), "{text}");
        assert!(text.contains("Porto, Cella 1: −19,0 – −11,2 °C\n  Troppo calda 12:00 – 12:30\n"), "{text}");
        assert!(text.contains("Porto, Cella muta: nessuna lettura"), "{text}");

        // The next morning nobody who does not want it gets it, and the day was silent.
        let admin = story.actor("admin").await;
        let wanted = NoticePreferences { daily_report: false, ..NoticePreferences::default() };
        set_notice_preferences(&story.app, &admin, wanted).await.unwrap();
        clock.advance(DAY);
        report_days(&story.app).await.unwrap();
        let mails = mailbox.rest_of(&story.app).await;
        assert_eq!(mails.len(), 2);
        assert!(mails.iter().all(|mail| mail.to[0] != "admin@rossi.test"));
        let days: Vec<(String,)> =
            sql("SELECT day FROM day_reports WHERE org_id = $1").bind(story.org).all(&story.app.db).await.unwrap();
        assert_eq!(days, [("2026-11-22".to_owned(),)]);
        // The same morning once more, on a server whose clock is behind by a day.
        clock.advance(-DAY);
        report_days(&story.app).await.unwrap();
        assert!(mailbox.rest_of(&story.app).await.is_empty());
        // It was the other one that was ahead: the next morning has its report after all.
        clock_set_back(&story.app).await.unwrap();
        report_days(&story.app).await.unwrap();
        assert!(mailbox.rest_of(&story.app).await.is_empty());
        clock.advance(DAY);
        report_days(&story.app).await.unwrap();
        assert_eq!(mailbox.rest_of(&story.app).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn who_is_linked_to_customers_reads_of_their_cells_alone() {
    with_mail(|story, mailbox| async move {
        let mine = customer(&story, "Gelateria", "+39 333 1000001").await;
        let other = customer(&story, "Pescheria", "+39 333 1000002").await;
        let gelateria = story.site("Gelateria", Some(mine), 1).await;
        let pescheria = story.site("Pescheria", Some(other), 1).await;
        let (admin, technician) = (story.actor("admin").await, story.actor("technician").await);
        let links = LinkCustomers { customer_ids: vec![mine] };
        let account = technician.member().unwrap().account;
        identity::link_customers(&story.app, &admin, account, links).await.unwrap();
        for site in [&gelateria, &pescheria] {
            story.measure(site, -10.0, true, story.app.clock.now()).await;
        }
        story.app.clock.advance(DAY);
        report_days(&story.app).await.unwrap();
        let mails = mailbox.rest_of(&story.app).await;
        assert_eq!(mails.len(), 3);
        for mail in mails {
            assert!(mail.text.contains("Gelateria, Cella 1"), "{}", mail.text);
            let is_linked = mail.to == ["technician@rossi.test"];
            assert_eq!(mail.text.contains("Pescheria, Cella 1"), !is_linked, "{:?}", mail.to);
        }
    })
    .await;
}

#[tokio::test]
async fn the_report_is_in_the_unit_that_the_organisation_shows() {
    with_mail(|story, mailbox| async move {
        let admin = story.actor("admin").await;
        let unit = UpdateSettings { temperature_unit: Some("Fahrenheit".to_owned()), ..UpdateSettings::default() };
        identity::update_settings(&story.app, &admin, &unit).await.unwrap();
        let site = story.site("Porto", None, 1).await;
        story.measure(&site, -11.25, true, story.app.clock.now()).await;
        story.app.clock.advance(HOUR);
        story.measure(&site, -18.4, true, story.app.clock.now()).await;
        mailbox.rest_of(&story.app).await;
        story.app.clock.advance(DAY);
        report_days(&story.app).await.unwrap();
        let mails = mailbox.rest_of(&story.app).await;
        assert_eq!(mails.len(), 3);
        assert!(mails[0].text.contains("Porto, Cella 1: −1,1 – 11,8 °F"), "{}", mails[0].text);
    })
    .await;
}

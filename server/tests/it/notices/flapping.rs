//! A cell that is out of bounds again and again, each time for too short to be told: somebody is told all the same.

use officina::cold_chain::{Alert, AlertPolicy, AlertStatus, QuietHours, service};
use officina::kernel::time::SECOND;

use super::{Site, Story, with_mail};

/// Half a minute too warm, and then well for the rest of five minutes.
async fn warm_for_a_moment(story: &Story, site: &Site) {
    story.measure(site, -10.0, true, story.app.clock.now()).await;
    story.app.clock.advance(30 * SECOND);
    story.measure(site, -18.0, true, story.app.clock.now()).await;
    story.app.clock.advance(30 * SECOND);
    story.pass(4).await;
}

async fn newest(story: &Story) -> Alert {
    let technician = story.actor("technician").await;
    let alerts = service::list_alerts(&story.app, &technician, &Default::default(), &Default::default()).await;
    alerts.expect("alerts").items.remove(0)
}

fn recipients(mails: &[crate::support::Mail]) -> Vec<&str> {
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
    to.sort_unstable();
    to
}

#[tokio::test]
async fn a_freezer_at_its_limit_is_told_once_and_escalates_from_the_first_opening_until_somebody_reacts() {
    with_mail(|story, mailbox| async move {
        let site = story.site("Porto", None, 1).await;
        for _ in 0..2 {
            warm_for_a_moment(&story, &site).await;
        }
        assert!(mailbox.rest_of(&story.app).await.is_empty(), "each was over within the minute");
        for _ in 0..9 {
            warm_for_a_moment(&story, &site).await;
        }
        let mails = mailbox.rest_of(&story.app).await;
        assert_eq!(recipients(&mails), ["admin@rossi.test", "manager@rossi.test", "technician@rossi.test"]);
        let said = "Cella 1 presso Porto con temperatura troppo alta, aperto 3 volte in 11 minuti";
        assert!(mails[0].text.contains(said), "{}", mails[0].text);

        for _ in 0..2 {
            warm_for_a_moment(&story, &site).await;
        }
        let mails = mailbox.rest_of(&story.app).await;
        assert_eq!(recipients(&mails), ["manager@rossi.test"]);
        assert!(mails[0].text.contains("Nessuno ha reagito: Cella 1 presso Porto"), "{}", mails[0].text);
        assert!(mails[0].text.contains(" volte in 61 minuti"), "{}", mails[0].text);

        let alert = newest(&story).await;
        assert_eq!((alert.status, alert.openings, alert.escalation_level), (AlertStatus::Resolved, 13, 1));
        // It is over for the moment, and the trouble is not.
        let technician = story.actor("technician").await;
        service::acknowledge_alert(&story.app, &technician, alert.id).await.expect("taken note of");
        story.pass(90).await;
        assert!(mailbox.rest_of(&story.app).await.is_empty());
        // What comes later is another trouble.
        warm_for_a_moment(&story, &site).await;
        assert_eq!(newest(&story).await.openings, 1);
    })
    .await;
}

#[tokio::test]
async fn what_began_in_a_quiet_hour_is_told_when_it_opens_after_it() {
    with_mail(|story, mailbox| async move {
        let admin = story.actor("admin").await;
        // It is eleven in the morning in Rome.
        let quiet_hours = Some(QuietHours::of_numbers(11 * 60, 11 * 60 + 30, 0));
        let policy = AlertPolicy { levels: Vec::new(), repeat_minutes: 0, quiet_hours };
        service::set_alert_policy(&story.app, &admin, policy).await.expect("a policy");
        let site = story.site("Porto", None, 1).await;
        for _ in 0..5 {
            warm_for_a_moment(&story, &site).await;
        }
        assert!(mailbox.rest_of(&story.app).await.is_empty(), "it is quiet");
        for _ in 0..5 {
            warm_for_a_moment(&story, &site).await;
        }
        let mails = mailbox.rest_of(&story.app).await;
        assert_eq!(mails.len(), 3, "told once to each of three");
        let said = "Cella 1 presso Porto con temperatura troppo alta, aperto ";
        assert!(mails[0].text.contains(said) && mails[0].text.contains(" volte in "), "{}", mails[0].text);
    })
    .await;
}

#[tokio::test]
async fn what_has_not_opened_for_half_an_hour_is_over_and_escalates_no_more() {
    with_mail(|story, mailbox| async move {
        let site = story.site("Porto", None, 1).await;
        for _ in 0..4 {
            warm_for_a_moment(&story, &site).await;
        }
        assert_eq!(mailbox.rest_of(&story.app).await.len(), 3);
        story.pass(90).await;
        assert!(mailbox.rest_of(&story.app).await.is_empty());
        let alert = newest(&story).await;
        let technician = story.actor("technician").await;
        let refused = service::acknowledge_alert(&story.app, &technician, alert.id).await;
        assert!(refused.is_err(), "it is over");
    })
    .await;
}

#[tokio::test]
async fn ten_openings_in_six_minutes_are_told() {
    with_mail(|story, mailbox| async move {
        let site = story.site("Porto", None, 1).await;
        for step in 0..=18 {
            let celsius = if step % 2 == 0 { -10.0 } else { -16.0 };
            story.measure(&site, celsius, true, story.app.clock.now()).await;
            if step % 3 == 0 {
                officina::notices::service::follow(&story.app).await.expect("followed");
            }
            story.app.clock.advance(20 * SECOND);
        }
        let mails = mailbox.rest_of(&story.app).await;
        assert_eq!(mails.len(), 3);
        assert!(mails[0].text.contains("aperto 10 volte in 6 minuti"), "{}", mails[0].text);
    })
    .await;
}

//! Who is told, once.

use officina::cold_chain::{AlertPolicy, EscalationLevel, NewSilence, QuietHours, service};
use officina::identity::LinkCustomers;
use officina::identity::service as identity;
use officina::kernel::actor::Actor;
use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use officina::kernel::journal;
use officina::kernel::time::{DAY, HOUR, MINUTE, SECOND};
use officina::notices::service::{clock_set_back, follow, own_notices, set_notice_preferences, unread_notices};
use officina::notices::{NoticeFilter, NoticePreferences, Wanted};
use officina_server::launch;

use super::{Story, customer, told};
use crate::support::START;

const ALL: [&str; 3] = ["admin", "manager", "technician"];

fn to(roles: &[&str], what: &str) -> Vec<String> {
    roles.iter().map(|role| format!("{role} {what}")).collect()
}

#[tokio::test]
async fn an_opening_is_told_once_to_everybody_who_can_act_and_so_is_its_end() {
    Story::each(|story| async move {
        let site = story.site("Porto", None, 1).await;
        story.power(&site, false).await;
        follow(&story.app).await.unwrap();
        assert!(story.told().await.is_empty(), "more of the kind may come within the minute");
        story.pass(1).await;
        let opening = to(&ALL, "opening POWER_LOSS Porto 1");
        assert_eq!(story.told().await, opening);
        story.power(&site, false).await;
        story.pass(5).await;
        assert_eq!(story.told().await, opening);

        story.power(&site, true).await;
        story.pass(2).await;
        assert_eq!(story.told().await, [opening, to(&ALL, "resolution POWER_LOSS Porto 1")].concat());
        let technician = story.actor("technician").await;
        let page = own_notices(&story.app, &technician, &NoticeFilter::default(), &Default::default()).await.unwrap();
        let titles: Vec<&str> = page.items.iter().map(|notice| notice.title.as_str()).collect();
        assert_eq!(titles, ["Over: Cella 1 at Porto without power", "Cella 1 at Porto without power"]);
        assert!(page.items.iter().all(|notice| notice.cold_cell_id.is_some() && notice.read_at.is_none()));

        // Who was told stands in the journal.
        let entries: Vec<(String,)> = sql("SELECT after FROM journal WHERE action = 'notices.told' ORDER BY seq")
            .all(&story.app.db)
            .await
            .unwrap();
        let members =
            |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["members"].as_array().unwrap().len();
        assert_eq!(entries.iter().map(|(after,)| members(after)).collect::<Vec<_>>(), [3, 3]);
        let verdicts = journal::verify(&story.app.db).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.fault.is_none()), "{verdicts:?}");
    })
    .await;
}

#[tokio::test]
async fn a_restart_anywhere_in_between_tells_nothing_twice_and_forgets_nothing() {
    Story::each(|story| async move {
        let clock = story.app.clock.clone();
        let again = async || launch::open(&story.config, clock.clone()).await.unwrap();
        let site = story.site("Porto", None, 2).await;
        story.power(&site, false).await;
        // Nobody has followed yet; then somebody has gathered; then somebody has told.
        for told_so_far in [0, 0, 3, 3] {
            let app = again().await;
            follow(&app).await.unwrap();
            assert_eq!(told(&app).await.len(), told_so_far);
            app.db.close().await;
            clock.advance(40 * SECOND);
        }
        assert_eq!(story.told().await, to(&ALL, "opening POWER_LOSS Porto 2"));
    })
    .await;
}

#[tokio::test]
async fn two_servers_at_once_tell_each_thing_once() {
    Story::each(|story| async move {
        let clock = story.app.clock.clone();
        let other = launch::open(&story.config, clock.clone()).await.unwrap();
        let sites = [story.site("Porto", None, 2).await, story.site("Fiera", None, 1).await];
        for round in 0..6 {
            for site in &sites {
                story.power(site, round % 2 == 1).await;
            }
            for _ in 0..6 {
                clock.advance(30 * SECOND);
                let (one, two, three) = tokio::join!(follow(&story.app), follow(&other), follow(&other));
                one.and(two).and(three).unwrap();
            }
        }
        let told = story.told().await;
        for (what, times) in [
            ("opening POWER_LOSS Porto 2", 3),
            ("resolution POWER_LOSS Porto 2", 3),
            ("opening POWER_LOSS Fiera 1", 3),
            ("resolution POWER_LOSS Fiera 1", 3),
        ] {
            for role in ALL {
                let wanted = format!("{role} {what}");
                assert_eq!(told.iter().filter(|line| **line == wanted).count(), times, "{wanted} in {told:?}");
            }
        }
        assert_eq!(told.len(), 4 * 3 * 3);
        other.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_goes_on_at_a_place_is_not_told_every_minute() {
    Story::each(|story| async move {
        let site = story.site("Porto", None, 6).await;
        let alone = |index: usize| super::Site { location: site.location, devices: vec![site.devices[index]] };
        // The power is gone, and each device tells of it when its turn comes.
        for device in 0..5 {
            story.power(&alone(device), false).await;
            story.pass(1).await;
        }
        let first = to(&ALL, "opening POWER_LOSS Porto 1");
        assert_eq!(story.told().await, first);
        story.pass(1).await;
        let others = to(&ALL, "opening POWER_LOSS Porto 4");
        assert_eq!(story.told().await, [first.clone(), others.clone()].concat());
        // Whatever comes long after is told within the minute again.
        story.pass(10).await;
        story.power(&alone(5), false).await;
        story.pass(1).await;
        assert_eq!(story.told().await, [first.clone(), others, first].concat());
    })
    .await;
}

#[tokio::test]
async fn what_happens_within_a_minute_at_a_place_is_one_notice_and_what_comes_later_another() {
    Story::each(|story| async move {
        let (here, near, there) =
            (story.site("Porto", None, 3).await, story.site("Molo", None, 1).await, story.site("Fiera", None, 2).await);
        let first = super::Site { location: here.location, devices: here.devices[..1].to_vec() };
        let second = super::Site { location: here.location, devices: here.devices[1..2].to_vec() };
        let third = super::Site { location: here.location, devices: here.devices[2..].to_vec() };
        story.power(&first, false).await;
        story.app.clock.advance(59 * SECOND);
        story.power(&second, false).await;
        story.power(&there, false).await;
        // Nobody follows until long after: what belongs together does not depend on it.
        story.app.clock.advance(2 * SECOND);
        story.power(&third, false).await;
        story.power(&near, false).await;
        story.pass(3).await;
        let told = story.told().await;
        let of_admin: Vec<&str> =
            told.iter().filter_map(|line| line.strip_prefix("admin opening POWER_LOSS ")).collect();
        let mut sorted = of_admin.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, ["Fiera 2", "Molo 1", "Porto 1", "Porto 2"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_has_told_holds_up_nothing() {
    Story::each(|story| async move {
        let (here, there) = (story.site("Porto", None, 1).await, story.site("Fiera", None, 1).await);
        story.app.clock.advance(HOUR);
        story.power(&here, false).await;
        story.pass(2).await;
        story.power(&here, true).await;
        // It is set right before the other place is told of.
        story.power(&there, false).await;
        follow(&story.app).await.unwrap();
        story.app.clock.advance(-HOUR - 2 * MINUTE);
        service::clock_set_back(&story.app).await.unwrap();
        clock_set_back(&story.app).await.unwrap();
        story.pass(1).await;
        let told = story.told().await;
        let of_admin = |told: &[String]| told.iter().filter(|line| line.starts_with("admin opening")).count();
        assert_eq!(of_admin(&told), 2, "{told:?}");
        story.power(&here, false).await;
        story.pass(7).await;
        let told = story.told().await;
        assert_eq!(of_admin(&told), 3, "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_muted_is_told_to_nobody() {
    Story::each(|story| async move {
        let admin = story.actor("admin").await;
        let level = EscalationLevel { after_minutes: 60, roles: vec!["manager".to_owned()], members: Vec::new() };
        // It is eleven in the morning in Rome.
        let quiet_hours = Some(QuietHours::of_numbers(11 * 60, 11 * 60 + 30, 0));
        let policy = AlertPolicy { levels: vec![level], repeat_minutes: 0, quiet_hours };
        service::set_alert_policy(&story.app, &admin, policy).await.unwrap();
        let (quiet, silenced) = (story.site("Porto", None, 1).await, story.site("Fiera", None, 1).await);
        let until = START.plus(DAY);
        let silence = NewSilence { location_id: Some(silenced.location), until: Some(until), ..NewSilence::default() };
        service::create_silence(&story.app, &admin, silence).await.unwrap();
        story.power(&quiet, false).await;
        story.pass(40).await;
        story.power(&silenced, false).await;
        story.pass(19).await;
        assert!(story.told().await.is_empty());

        // The first level is not quiet, and its hour comes; the silence holds for all levels.
        story.pass(62).await;
        let told = vec!["manager escalation POWER_LOSS Porto 1".to_owned()];
        assert_eq!(story.told().await, told);
        story.power(&quiet, true).await;
        story.power(&silenced, true).await;
        story.pass(2).await;
        assert_eq!(story.told().await, [told, vec!["manager resolution POWER_LOSS Porto 1".to_owned()]].concat());
    })
    .await;
}

#[tokio::test]
async fn an_escalation_is_told_to_its_level_and_the_end_to_those_who_do_not_know() {
    Story::each(|story| async move {
        let site = story.site("Porto", None, 2).await;
        story.power(&site, false).await;
        story.pass(62).await;
        let opening = to(&ALL, "opening POWER_LOSS Porto 2");
        let first = vec!["manager escalation POWER_LOSS Porto 2".to_owned()];
        assert_eq!(story.told().await, [opening.clone(), first.clone()].concat());

        let technician = story.actor("technician").await;
        let alerts = service::list_alerts(&story.app, &technician, &Default::default(), &Default::default()).await;
        for alert in alerts.unwrap().items {
            service::resolve_alert(&story.app, &technician, alert.id, Default::default()).await.unwrap();
        }
        story.pass(2).await;
        let end = to(&["admin", "manager"], "resolution POWER_LOSS Porto 2");
        assert_eq!(story.told().await, [opening, first, end].concat());
    })
    .await;
}

#[tokio::test]
async fn a_linked_member_is_told_of_the_customers_own_alone() {
    Story::each(|story| async move {
        let (admin, technician) = (story.actor("admin").await, story.actor("technician").await);
        let (ours, theirs) = (customer(&story, "Gelati", "333 1").await, customer(&story, "Pesce", "333 2").await);
        let account = technician.member().unwrap().account;
        let links = LinkCustomers { customer_ids: vec![ours] };
        identity::link_customers(&story.app, &admin, account, links).await.unwrap();
        let level = EscalationLevel { after_minutes: 10, roles: vec!["technician".to_owned()], members: Vec::new() };
        let policy = AlertPolicy { levels: vec![level], repeat_minutes: 0, quiet_hours: None };
        service::set_alert_policy(&story.app, &admin, policy).await.unwrap();
        let sites = [
            story.site("Gelateria", Some(ours), 1).await,
            story.site("Pescheria", Some(theirs), 1).await,
            story.site("Ours", None, 1).await,
        ];
        for site in &sites {
            story.power(site, false).await;
        }
        story.pass(12).await;
        let told = story.told().await;
        let mine: Vec<&String> = told.iter().filter(|line| line.starts_with("technician")).collect();
        assert_eq!(mine, ["technician opening POWER_LOSS Gelateria 1", "technician escalation POWER_LOSS Gelateria 1"]);
        assert_eq!(told.iter().filter(|line| line.starts_with("manager opening")).count(), 3);
        assert!(!told.iter().any(|line| line.starts_with("customer")));
    })
    .await;
}

#[tokio::test]
async fn who_is_linked_later_does_not_go_on_reading_of_others() {
    Story::each(|story| async move {
        let (ours, theirs) = (customer(&story, "Gelati", "333 1").await, customer(&story, "Pesce", "333 2").await);
        for site in [story.site("Gelateria", Some(ours), 1).await, story.site("Pescheria", Some(theirs), 1).await] {
            story.power(&site, false).await;
        }
        story.pass(2).await;
        let titles = async |actor: &Actor| {
            let page = own_notices(&story.app, actor, &NoticeFilter::default(), &Default::default()).await.unwrap();
            assert_eq!(page.total.exact(), Some(page.items.len() as i64));
            assert_eq!(unread_notices(&story.app, actor).await.unwrap(), page.items.len() as i64);
            page.items.into_iter().map(|notice| notice.title).collect::<Vec<String>>()
        };
        let technician = story.actor("technician").await;
        let (mine, others) = ("Cella 1 at Gelateria without power", "Cella 1 at Pescheria without power");
        assert_eq!(titles(&technician).await, [others, mine]);

        let admin = story.actor("admin").await;
        let links = LinkCustomers { customer_ids: vec![ours] };
        identity::link_customers(&story.app, &admin, technician.member().unwrap().account, links).await.unwrap();
        assert_eq!(titles(&story.actor("technician").await).await, [mine]);
        assert_eq!(titles(&story.actor("manager").await).await, [others, mine]);
    })
    .await;
}

#[tokio::test]
async fn a_member_is_told_what_the_member_wants() {
    Story::each(|story| async move {
        let (technician, manager) = (story.actor("technician").await, story.actor("manager").await);
        let nothing = Wanted::default();
        let none = NoticePreferences { in_app: nothing, email: nothing, sms: nothing, daily_report: false };
        set_notice_preferences(&story.app, &technician, none).await.unwrap();
        let in_app = Wanted { escalation: true, ..nothing };
        set_notice_preferences(&story.app, &manager, NoticePreferences { in_app, ..none }).await.unwrap();
        let site = story.site("Porto", None, 1).await;
        story.power(&site, false).await;
        story.pass(62).await;
        story.power(&site, true).await;
        story.pass(2).await;
        assert_eq!(
            story.told().await,
            [
                "admin opening POWER_LOSS Porto 1",
                "manager escalation POWER_LOSS Porto 1",
                "admin resolution POWER_LOSS Porto 1"
            ]
        );
        let entry: Option<(String,)> =
            sql("SELECT after FROM journal WHERE action = 'notices.preferences_changed' ORDER BY seq LIMIT 1")
                .optional(&story.app.db)
                .await
                .unwrap();
        assert!(entry.is_some_and(|(after,)| after.contains("\"inApp\":{\"opening\":false")));
    })
    .await;
}

#[tokio::test]
async fn what_is_history_when_it_is_told_stands_in_the_list_as_read() {
    Story::each(|story| async move {
        let site = story.site("Porto", None, 1).await;
        story.power(&site, false).await;
        story.app.clock.advance(DAY + HOUR);
        story.power(&site, true).await;
        story.app.clock.advance(2 * MINUTE);
        follow(&story.app).await.unwrap();
        let rows: Vec<(String, bool)> = sql("SELECT kind, read_at IS NOT NULL FROM notices ORDER BY created_at, id")
            .all(&story.app.db)
            .await
            .unwrap();
        assert_eq!(rows[0], ("opening".to_owned(), true));
        assert_eq!(rows[5], ("resolution".to_owned(), false));

        // What is older than half a year goes.
        let later = officina::kernel::App { clock: Clock::fixed(START.plus(182 * DAY)), ..story.app.clone() };
        officina::notices::service::purge(&later).await.unwrap();
        let (left,): (i64,) =
            sql("SELECT CAST(COUNT(*) AS BIGINT) FROM notice_groups").one(&story.app.db).await.unwrap();
        assert_eq!((left, story.told().await.len()), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn what_was_found_late_is_told_as_such_and_once_more_when_it_goes_on() {
    Story::each(|story| async move {
        let site = story.site("Porto", None, 1).await;
        story.measure(&site, -10.0, true, START.plus(-3 * HOUR)).await;
        story.pass(2).await;
        let late = to(&ALL, "opening HIGH_TEMP Porto 1");
        assert_eq!(story.told().await, late);
        let admin = story.actor("admin").await;
        let titles = async || {
            let page = own_notices(&story.app, &admin, &NoticeFilter::default(), &Default::default()).await.unwrap();
            page.items.into_iter().map(|notice| notice.title).collect::<Vec<_>>()
        };
        assert_eq!(titles().await, ["Cella 1 at Porto too warm (told late)"]);
        story.pass(90).await;
        assert_eq!(story.told().await, late, "it does not escalate");
        story.measure(&site, -10.0, true, story.app.clock.now()).await;
        story.pass(2).await;
        assert_eq!(titles().await, ["Cella 1 at Porto too warm", "Cella 1 at Porto too warm (told late)"]);
        story.pass(61).await;
        assert_eq!(titles().await.len(), 2, "the first level are the managers");
        assert_eq!(story.told().await.last().unwrap(), "manager escalation HIGH_TEMP Porto 1");
    })
    .await;
}

#[tokio::test]
async fn what_was_only_found_late_is_told_once() {
    Story::each(|story| async move {
        let site = story.site("Porto", None, 1).await;
        story.measure(&site, -10.0, true, START.plus(-3 * HOUR)).await;
        story.measure(&site, -20.0, true, START.plus(-2 * HOUR)).await;
        story.pass(2).await;
        assert_eq!(story.told().await, to(&ALL, "opening HIGH_TEMP Porto 1"), "and not that it is over");
        // What is of now is told to its end.
        let now = story.app.clock.now();
        story.measure(&site, -10.0, true, now).await;
        story.app.clock.advance(MINUTE);
        story.measure(&site, -20.0, true, now.plus(MINUTE)).await;
        story.pass(3).await;
        let both = [to(&ALL, "opening HIGH_TEMP Porto 1"), to(&ALL, "resolution HIGH_TEMP Porto 1")].concat();
        assert_eq!(story.told().await[ALL.len()..], both);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_asked_for_what_is_no_longer_needed() {
    super::with_mail(|story, mailbox| async move {
        let technician = story.actor("technician").await;
        let newest = async || {
            let alerts = service::list_alerts(&story.app, &technician, &Default::default(), &Default::default()).await;
            alerts.unwrap().items[0].id
        };
        // Somebody takes charge within the minute, and elsewhere it is over by then.
        let (porto, monte) = (story.site("Porto", None, 1).await, story.site("Monte", None, 1).await);
        story.power(&porto, false).await;
        service::acknowledge_alert(&story.app, &technician, newest().await).await.unwrap();
        story.app.clock.advance(SECOND);
        story.power(&monte, false).await;
        story.app.clock.advance(SECOND);
        story.power(&monte, true).await;
        story.pass(1).await;
        let openings = [to(&ALL, "opening POWER_LOSS Porto 1"), to(&ALL, "opening POWER_LOSS Monte 1")].concat();
        assert_eq!(story.told().await[..openings.len()], openings, "what happened can be read");
        let mails = mailbox.rest_of(&story.app).await;
        assert!(mails.iter().all(|mail| mail.text.contains("Finito")), "{mails:?}");

        // Nobody takes charge of the third for an hour; then somebody does, before it is told that nobody has.
        let lago = story.site("Lago", None, 1).await;
        story.power(&lago, false).await;
        story.pass(60).await;
        service::acknowledge_alert(&story.app, &technician, newest().await).await.unwrap();
        story.pass(2).await;
        let told = story.told().await;
        assert!(told.iter().any(|words| words.ends_with("opening POWER_LOSS Lago 1")), "{told:?}");
        assert!(!told.iter().any(|words| words.contains("escalation")), "{told:?}");
    })
    .await;
}

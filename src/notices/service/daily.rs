//! The report of the day before, by mail in the morning.

use crate::Result;
use crate::cold_chain::service::{CellDay, cells_between};
use crate::identity::Area;
use crate::identity::service::{Addressee, Audience, audience, organisations_using};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::Tx;
use crate::kernel::ids::{MembershipId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::time::{HOUR, MINUTE, Timestamp};
use crate::kernel::zone::{day, day_start, hour, zone};
use crate::notices::model::NoticePreferences;
use crate::notices::service::concern::acts;
use crate::notices::store;
use crate::notices::words::{DayWords, Words, day_text};
use crate::notify::mail::{self, Mail};
use crate::notify::texts;

/// The recurring job that looks where it is morning.
pub const DAILY_JOB: &str = "notices.daily_report";
/// How long after its end it comes again, in milliseconds.
pub const DAILY_EVERY: i64 = 5 * MINUTE;
/// The hour at which a morning begins, where the organisation is.
const MORNING: u32 = 7;

/// A day that is over, where an organisation is.
struct Yesterday {
    /// The day that has begun, `YYYY-MM-DD`.
    today: String,
    from: Timestamp,
    until: Timestamp,
}

/// Sends the report of yesterday wherever it is morning and nobody has sent it yet. Each organisation gets it once a day,
/// however many servers there are.
///
/// # Errors
/// What the database says. Whoever has got it does not get it again.
pub async fn report_days(app: &App) -> Result<()> {
    if !app.mailer.is_on() {
        return Ok(());
    }
    let now = app.clock.now();
    let reported = store::reported_days(&app.db).await?;
    for (org, time_zone) in organisations_using(app, Area::ColdChain).await? {
        let Some(yesterday) = yesterday(now, &time_zone)? else { continue };
        if reported.get(&org).is_none_or(|day| *day < yesterday.today) {
            report(app, org, &yesterday).await?;
        }
    }
    Ok(())
}

/// The day before, if the morning has begun.
fn yesterday(now: Timestamp, time_zone: &str) -> Result<Option<Yesterday>> {
    let zone = zone(time_zone);
    if hour(now, zone) < MORNING {
        return Ok(None);
    }
    let today = day(now, zone);
    let until = day_start("day", &today, 0, zone)?;
    let from = day_start("day", &day(until.plus(-HOUR), zone), 0, zone)?;
    Ok(Some(Yesterday { today, from, until }))
}

async fn report(app: &App, org: OrgId, yesterday: &Yesterday) -> Result<()> {
    let cells = cells_between(app, org, yesterday.from, yesterday.until).await?;
    let mut tx = app.db.begin().await?;
    if !store::take_report(&mut tx, org, &yesterday.today).await? {
        // Another server was faster.
        return tx.rollback().await;
    }
    let audience = audience(&mut tx, org).await?;
    let wanted = store::all_wanted(&mut tx, org).await?;
    let mut told: Vec<MembershipId> = Vec::new();
    for person in &audience.people {
        let wants = wanted
            .get(&person.account)
            .map_or_else(NoticePreferences::default, |words| NoticePreferences::of_words(words.split(' ')))
            .daily_report;
        let theirs: Vec<&CellDay> = cells.iter().filter(|cell| person.sees(cell.customer)).collect();
        if wants && acts(person.permissions) && !theirs.is_empty() {
            let sent = send(app, &mut tx, org, &audience, person, (yesterday, &theirs)).await?;
            told.extend(sent.then_some(person.membership));
        }
    }
    if !told.is_empty() {
        let entry = Entry::new("notices.day_reported", "organisation", org.0)
            .after(&serde_json::json!({ "from": yesterday.from, "until": yesterday.until, "members": told }));
        journal::write(&mut tx, &Actor::system(org), app.clock.now(), entry).await?;
    }
    tx.commit().await
}

/// Enqueues the mail to somebody, and tells whether there is an address for it.
async fn send(
    app: &App,
    tx: &mut Tx,
    org: OrgId,
    audience: &Audience,
    person: &Addressee,
    (yesterday, cells): (&Yesterday, &[&CellDay]),
) -> Result<bool> {
    let Some(to) = person.email.clone() else { return Ok(false) };
    let zone = zone(&audience.time_zone);
    let words = DayWords { words: Words::of(audience), from: yesterday.from, until: yesterday.until };
    let (summary, lines) = day_text(&words, cells);
    let values = [
        ("name", person.name.as_str()),
        ("organisation", &audience.organisation),
        ("day", &yesterday.from.to_utc().with_timezone(&zone).format("%d/%m/%Y").to_string()),
        ("summary", &summary),
        ("lines", &lines),
        ("link", &format!("{}/app/cold-chain", app.base_url)),
        ("preferences", &format!("{}/app/account/notices", app.base_url)),
    ];
    let (subject, text) = texts::DAY_REPORT.fill(&audience.locale, &values);
    mail::enqueue(app, tx, Some(org), &Mail { to, subject, text, until: None }).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_over_where_the_organisation_is() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        assert!(yesterday(at("2026-11-20T05:59:00Z"), "Europe/Rome").expect("a zone").is_none());
        let found = yesterday(at("2026-11-20T06:00:00Z"), "Europe/Rome").expect("a zone").expect("morning");
        assert_eq!(found.today, "2026-11-20");
        assert_eq!((found.from, found.until), (at("2026-11-18T23:00:00Z"), at("2026-11-19T23:00:00Z")));
        // The day on which the clocks go back has 25 hours.
        let long = yesterday(at("2026-10-26T08:00:00Z"), "Europe/Rome").expect("a zone").expect("morning");
        assert_eq!(long.until.since(long.from), 25 * HOUR);
        // Where it is still the day before.
        let far = yesterday(at("2026-11-20T20:00:00Z"), "Pacific/Kiritimati").expect("a zone").expect("morning");
        assert_eq!(far.today, "2026-11-21");
    }
}

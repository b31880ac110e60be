//! Who is told of a group, and how.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use crate::cold_chain::engine::FLAPPING_FROM;
use crate::cold_chain::service::{Standing, standings};
use crate::identity::service::{Addressee, Audience, audience};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::Tx;
use crate::kernel::ids::{AccountId, AlertId, MembershipId, NoticeId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::phone::{Country, e164};
use crate::kernel::time::{DAY, HOUR, Timestamp};
use crate::kernel::zone;
use crate::notices::model::{Channel, NoticeFacts, NoticeKind, NoticePreferences, page_of};
use crate::notices::service::concern::{is_told, sees};
use crate::notices::store::{self, AlertRow, GroupRow, NoticeRow};
use crate::notices::words::{Words, minutes_since, title};
use crate::notify::mail::{self, Mail};
use crate::notify::sms::{self, Sms};
use crate::notify::texts;
use crate::{Error, Result};

/// Cells that a notice or a mail names.
const NAMED: usize = 8;
/// Cells that an SMS names.
const NAMED_BRIEFLY: usize = 3;
/// What is told later than this, after a long outage or from a restored backup, is history: it stands in the list as read,
/// and no message goes out. What still goes on escalates anew.
const STALE: i64 = DAY;
/// For so long an SMS is tried. It does not say when it happened, and is read as of now.
const SMS_LASTS: i64 = 6 * HOUR;

/// Whom an escalation is told to.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ToldTo {
    roles: Vec<String>,
    members: Vec<MembershipId>,
}

/// How somebody is told.
#[derive(Clone, Copy)]
struct Ways {
    in_app: bool,
    email: bool,
    sms: bool,
}

/// Tells a group to everybody concerned and closes it. Messages are enqueued in the same transaction.
pub(super) async fn tell(app: &App, tx: &mut Tx, org: OrgId, group: GroupRow) -> Result<()> {
    let now = app.clock.now();
    let audience = audience(tx, org).await?;
    let wanted = store::all_wanted(&mut *tx, org).await?;
    let mut alerts = store::alerts_of(tx, org, group.id).await?;
    // Since then somebody may have taken charge, or it may be over: nobody is asked for what is no longer needed.
    let ids: Vec<AlertId> = alerts.iter().map(|alert| alert.alert_id).collect();
    let standings = standings(tx, org, &ids).await?;
    let is_unattended = |alert: &AlertRow| standings.get(&alert.alert_id).is_some_and(|known| known.is_unattended(now));
    let mut aloud = !group.what.quiet && now.since(group.due_at) <= STALE;
    match group.what.kind {
        NoticeKind::Escalation => alerts.retain(is_unattended),
        // What was found late is mostly over, and told for that.
        // What opens again and again is told once, whether or not it is open at the moment; after that it escalates.
        NoticeKind::Opening => {
            let troubles: Vec<AlertId> = flapping(&standings).collect();
            let known = store::troubles_told(tx, org, &troubles).await?;
            let is_told = standings.len() == troubles.len() && troubles.iter().all(|trouble| known.contains(trouble));
            aloud &= group.what.late || (alerts.iter().any(is_unattended) && !is_told);
        }
        // What was only found late is told once, whether it was over by then or not.
        NoticeKind::Resolution => {
            alerts.retain(|alert| standings.get(&alert.alert_id).is_some_and(|known| !known.late))
        }
    }
    let before = match group.what.kind {
        NoticeKind::Resolution => store::told_before(tx, org, group.id).await?,
        _ => HashMap::new(),
    };
    let told_to: ToldTo = serde_json::from_str(&group.what.told_to).unwrap_or_default();
    let mut told: Vec<MembershipId> = Vec::new();
    for person in &audience.people {
        let theirs = concerning(person, &group, &alerts, &told_to, &before);
        let wanted = wanted
            .get(&person.account)
            .map_or_else(NoticePreferences::default, |words| NoticePreferences::of_words(words.split(' ')));
        let Some(ways) = ways(app, person, group.what.kind, &wanted, aloud) else { continue };
        if theirs.is_empty() {
            continue;
        }
        let notice = notice(&group, &theirs, &standings, now)?;
        let seen =
            Seen { when: moment(&group, &theirs, &standings), lines: lines(&audience, &group, &theirs, &standings) };
        store::insert_notice(tx, org, person.account, group.id, &notice.0, ways.in_app).await?;
        if ways.email {
            send_mail(app, tx, org, &audience, person, &notice, &seen).await?;
        }
        if ways.sms {
            send_sms(app, tx, org, &audience, person, &notice).await?;
        }
        told.push(person.membership);
    }
    store::close_group(tx, org, group.id, now).await?;
    if told.is_empty() {
        return Ok(());
    }
    if aloud && group.what.kind == NoticeKind::Opening {
        let mut troubles: Vec<AlertId> = flapping(&standings).collect();
        troubles.sort_unstable();
        troubles.dedup();
        store::insert_troubles(tx, org, &troubles, now).await?;
    }
    let entry = Entry::new("notices.told", "notice", group.id.0).after(&json!({
        "kind": group.what.kind,
        "type": group.what.alert_type,
        "locationId": group.what.location_id,
        "alerts": alerts.len(),
        "level": group.what.level,
        "members": told,
    }));
    journal::write(tx, &Actor::system(org), now, entry).await?;
    Ok(())
}

/// The troubles of alerts that open again and again, one for each alert.
fn flapping(standings: &HashMap<AlertId, Standing>) -> impl Iterator<Item = AlertId> {
    standings.values().filter(|standing| standing.openings >= FLAPPING_FROM).map(|standing| standing.trouble_id)
}

/// What of a group concerns somebody.
fn concerning<'a>(
    person: &Addressee,
    group: &GroupRow,
    alerts: &'a [AlertRow],
    told_to: &ToldTo,
    // Of which alerts people were told before; looked up where one is over.
    before: &HashMap<AccountId, Vec<AlertId>>,
) -> Vec<&'a AlertRow> {
    let all = alerts.iter();
    let is_turn = told_to.roles.contains(&person.role) || told_to.members.contains(&person.membership);
    let known = before.get(&person.account);
    if !person.sees(group.what.customer_id) || !is_told(group.what.kind, person.permissions, is_turn, known.is_some()) {
        return Vec::new();
    }
    match known {
        // Who closed an alert knows.
        Some(known) => {
            all.filter(|alert| known.contains(&alert.alert_id) && alert.by_member != Some(person.membership)).collect()
        }
        None => all.collect(),
    }
}

/// How somebody is told of something; none when by no way that there is.
fn ways(app: &App, person: &Addressee, kind: NoticeKind, wanted: &NoticePreferences, aloud: bool) -> Option<Ways> {
    let wants = |channel| wanted.wants(channel, kind);
    let ways = Ways {
        in_app: wants(Channel::InApp) && sees(person.permissions),
        email: aloud && wants(Channel::Email) && person.email.is_some() && app.mailer.is_on(),
        sms: aloud && wants(Channel::Sms) && person.phone.is_some() && app.sms.is_on(),
    };
    (ways.in_app || ways.email || ways.sms).then_some(ways)
}

/// The notice of what concerns somebody.
fn notice(
    group: &GroupRow,
    alerts: &[&AlertRow],
    standings: &HashMap<AlertId, Standing>,
    now: Timestamp,
) -> Result<(NoticeRow, NoticeFacts)> {
    // Several devices of a cell, or several alerts of one, are one cell.
    let mut cells: Vec<&AlertRow> = Vec::with_capacity(alerts.len());
    let mut seen = std::collections::HashSet::new();
    cells.extend(alerts.iter().filter(|alert| seen.insert(alert.cold_cell_id)));
    let known = alerts.iter().filter_map(|alert| standings.get(&alert.alert_id));
    let trouble = known.filter(|standing| standing.openings > 1).max_by_key(|standing| standing.openings);
    let facts = NoticeFacts {
        alert_type: group.what.alert_type,
        location: group.what.location_name.clone(),
        cells: cells.iter().take(NAMED).map(|alert| alert.cold_cell_name.clone()).collect(),
        cell_count: i64::try_from(cells.len()).map_err(Error::internal)?,
        level: group.what.level,
        late: group.what.late,
        openings: trouble.map_or(1, |standing| standing.openings),
        opened_within_minutes: trouble.map_or(0, |standing| minutes_since(standing.trouble_since, group.due_at)),
        alert_id: alerts.first().filter(|_| alerts.len() == 1).map(|alert| alert.alert_id),
    };
    let row = NoticeRow {
        id: NoticeId::new(),
        kind: group.what.kind,
        location_id: group.what.location_id,
        cold_cell_id: cells.first().filter(|_| cells.len() == 1).map(|alert| alert.cold_cell_id),
        facts: serde_json::to_string(&facts).map_err(Error::internal)?,
        created_at: group.due_at,
        read_at: (now.since(group.due_at) > STALE).then_some(now),
    };
    Ok((row, facts))
}

/// What a mail says of the alerts as they stand.
struct Seen {
    when: Timestamp,
    lines: String,
}

/// The first alerts, a line each.
fn lines(
    audience: &Audience,
    group: &GroupRow,
    alerts: &[&AlertRow],
    standings: &HashMap<AlertId, Standing>,
) -> String {
    let words = Words::of(audience);
    let known = alerts.iter().filter_map(|alert| Some((alert, standings.get(&alert.alert_id)?)));
    let lines =
        known.take(NAMED).map(|(alert, standing)| words.line(group.what.alert_type, &alert.cold_cell_name, standing));
    lines.collect::<Vec<_>>().join("\n")
}

/// When what a notice tells began, or was over. What comes late is told long after.
fn moment(group: &GroupRow, alerts: &[&AlertRow], standings: &HashMap<AlertId, Standing>) -> Timestamp {
    let known = alerts.iter().filter_map(|alert| standings.get(&alert.alert_id));
    let moment = match group.what.kind {
        NoticeKind::Opening => known.map(|standing| standing.opened_at).min(),
        NoticeKind::Escalation => None,
        NoticeKind::Resolution => known.filter_map(|standing| standing.resolved_at).max(),
    };
    moment.unwrap_or(group.due_at)
}

/// Where a notice leads.
fn link(app: &App, notice: &NoticeRow, facts: &NoticeFacts) -> String {
    format!("{}{}", app.base_url, page_of(facts.alert_id, notice.cold_cell_id, notice.location_id))
}

async fn send_mail(
    app: &App,
    tx: &mut Tx,
    org: OrgId,
    audience: &Audience,
    person: &Addressee,
    (notice, facts): &(NoticeRow, NoticeFacts),
    seen: &Seen,
) -> Result<()> {
    let Some(to) = person.email.clone() else { return Ok(()) };
    let template = match notice.kind {
        NoticeKind::Opening => texts::ALERT_OPENED,
        NoticeKind::Escalation => texts::ALERT_ESCALATED,
        NoticeKind::Resolution => texts::ALERT_RESOLVED,
    };
    let values = [
        ("name", person.name.as_str()),
        ("organisation", &audience.organisation),
        ("title", &title(notice.kind, facts, &audience.locale, NAMED)),
        ("level", &facts.level.to_string()),
        ("when", &zone::moment(seen.when, zone::zone(&audience.time_zone))),
        ("lines", &seen.lines),
        ("link", &link(app, notice, facts)),
        ("preferences", &format!("{}/app/account/notices", app.base_url)),
    ];
    let (subject, text) = template.fill(&audience.locale, &values);
    let until = Some(app.clock.now().plus(STALE));
    mail::enqueue(app, tx, Some(org), &Mail { to, subject, text, until }).await
}

/// The beginning of a text: an SMS has little room, and the link must not be what is left out.
fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let begin: String = text.chars().take(most - 1).collect();
    format!("{}…", begin.trim_end())
}

async fn send_sms(
    app: &App,
    tx: &mut Tx,
    org: OrgId,
    audience: &Audience,
    person: &Addressee,
    (notice, facts): &(NoticeRow, NoticeFacts),
) -> Result<()> {
    let Some(phone) = &person.phone else { return Ok(()) };
    // Without a country of the organisation's own the gateway's is meant.
    let home = audience.country.as_deref().and_then(|letters| letters.parse::<Country>().ok());
    let to = home.and_then(|home| e164(phone, home)).unwrap_or_else(|| phone.clone());
    let title = title(notice.kind, facts, &audience.locale, NAMED_BRIEFLY);
    let text =
        format!("{}: {} {}", clipped(&audience.organisation, 30), clipped(&title, 110), link(app, notice, facts));
    sms::enqueue(
        app,
        tx,
        Some(org),
        &Sms { to, text: texts::one_line(&text), until: Some(app.clock.now().plus(SMS_LASTS)) },
    )
    .await
}

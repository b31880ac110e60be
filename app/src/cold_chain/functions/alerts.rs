//! Alerts: the list, an alert's page, and what is done about one.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::cold_chain::{AlertStatus, AlertType};
use officina::kernel::page::Extent;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::moment::Moment;
use crate::ui::TimelineItem;

/// Names that a line of the timeline has room for.
#[cfg(feature = "ssr")]
const NAMED: usize = 12;

/// Which alerts are shown: the query of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertQuery {
    /// Whether those that are over are shown instead.
    pub resolved: bool,
    /// One type.
    pub kind: Option<String>,
    /// Those of one cell.
    pub cell: Option<String>,
    /// Those at one place.
    pub place: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// An alert in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRow {
    /// The alert's id.
    pub id: String,
    /// What is wrong.
    pub kind: AlertType,
    /// Whether it goes on.
    pub status: AlertStatus,
    /// The cell's id.
    pub cell_id: String,
    /// What the cell is called.
    pub cell: String,
    /// Where the cell stands: the place, and the customer whose it is.
    pub location: String,
    /// The worst value so far, with its unit.
    pub worst: Option<String>,
    /// Whether it was found in readings that arrived late.
    pub late: bool,
    /// How far it has escalated.
    pub level: i64,
    /// Since when.
    pub since: Moment,
    /// When it was over.
    pub until: Option<Moment>,
    /// Who has taken note.
    pub acknowledged_by: Option<String>,
    /// Whether somebody closed it; else the values came back by themselves.
    pub by_hand: bool,
    /// Who closed it, if somebody did.
    pub resolved_by: Option<String>,
    /// What that person had to say.
    pub note: Option<String>,
    /// How often alerts have opened in this trouble, where that was more than once.
    pub openings: Option<String>,
}

impl AlertRow {
    /// Where its page is.
    #[must_use]
    pub fn href(&self) -> String {
        format!("/app/alerts/{}", self.id)
    }
}

#[cfg(feature = "ssr")]
impl AlertRow {
    pub(super) fn of(
        alert: officina::cold_chain::Alert,
        calendar: &crate::moment::Calendar,
        unit: officina::identity::TemperatureUnit,
    ) -> Self {
        Self {
            id: alert.id.to_string(),
            kind: alert.kind,
            status: alert.status,
            cell_id: alert.cold_cell_id.to_string(),
            cell: alert.cold_cell_name,
            location: super::joined(alert.location_name, alert.customer_name),
            worst: alert.worst_value.map(|worst| measured(alert.kind, worst, unit)),
            late: alert.late,
            level: alert.escalation_level,
            since: calendar.relative(alert.started_at),
            until: alert.resolved_at.map(|at| calendar.relative(at)),
            acknowledged_by: alert.acknowledged_by,
            by_hand: alert.by_hand,
            resolved_by: alert.resolved_by,
            note: alert.resolution_note,
            openings: (alert.openings > 1).then(|| {
                format!("opened {} times since {}", alert.openings, calendar.moment(alert.trouble_since).words)
            }),
        }
    }
}

/// An alert's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertView {
    /// Whether the member may read the audit.
    pub may_audit: bool,
    /// The alert.
    pub alert: AlertRow,
    /// How its cell stands at present, for those who see cells.
    pub cell: Option<PresentView>,
    /// Whether note can be taken of it: it is active, or opens again and again.
    pub goes_on: bool,
    /// What is known of it: what it is, and the words.
    pub facts: Vec<(String, String)>,
    /// What happened, newest first; nothing for those who do not see the inside.
    pub timeline: Vec<TimelineItem>,
    /// Whether the member may take note of it.
    pub may_acknowledge: bool,
    /// Whether the member may close it.
    pub may_resolve: bool,
}

/// How an alert's cell stands at present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PresentView {
    /// The newest temperature, with its unit.
    pub temperature: Option<String>,
    /// When that was.
    pub at: Option<Moment>,
    /// The limits, with their unit.
    pub allowed: String,
    /// Whether the temperature is outside of them.
    pub is_outside: bool,
    /// Whether there is power, where the alert is about that.
    pub power: Option<bool>,
    /// The last two hours.
    pub chart: crate::ui::ChartData,
    /// Whether notices about the cell are muted.
    pub is_muted: bool,
}

/// A page of alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertsView {
    /// The rows.
    pub rows: Vec<AlertRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Which rows of how many these are.
    pub extent: Extent,
    /// What the cell or the place is called, where its alerts were asked for.
    pub whose: Option<String>,
    /// Whether the member may take note of alerts.
    pub may_acknowledge: bool,
    /// Whether the member may close alerts.
    pub may_resolve: bool,
}

/// A page of alerts.
#[server(prefix = "/_fn", endpoint = "alerts/list", input = GetUrl)]
pub async fn list_alerts(query: AlertQuery) -> Result<AlertsView, PageError> {
    use officina::cold_chain::{AlertFilter, service};
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let (calendar, unit) = crate::context::calendar_and_unit(&app, &actor).await?;
    let status = if query.resolved { AlertStatus::Resolved } else { AlertStatus::Active };
    let kind = query.kind.as_deref().and_then(|word| word.parse().ok());
    let cell = query.cell.map(|id| id.parse()).transpose().map_err(|_| officina::Error::NotFound)?;
    let place = query.place.map(|id| id.parse()).transpose().map_err(|_| officina::Error::NotFound)?;
    let filter = AlertFilter { status: Some(status), kind, cold_cell_id: cell, location_id: place };
    let page = PageRequest::shown(super::PAGE, query.cursor);
    let page = service::list_alerts(&app, &actor, &filter, &page).await?;
    Ok(AlertsView {
        extent: page.extent(),
        next: page.next_cursor,
        whose: match (cell, place) {
            (Some(id), _) => service::cold_cell(&app, &actor, id).await.ok().map(|cell| cell.name),
            (None, Some(id)) => service::get_location(&app, &actor, id).await.ok().map(|place| place.name),
            (None, None) => None,
        },
        rows: page.items.into_iter().map(|alert| AlertRow::of(alert, &calendar, unit)).collect(),
        may_acknowledge: actor.permissions.has(Permission::AlertsAcknowledge),
        may_resolve: actor.permissions.has(Permission::AlertsResolve),
    })
}

/// Takes note of an alert, so that it stops escalating.
#[server(prefix = "/_fn", endpoint = "alerts/acknowledge")]
pub async fn acknowledge_alert(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    officina::cold_chain::service::acknowledge_alert(&app, &actor, id).await?;
    Ok(())
}

/// Takes note of all active alerts at a place.
#[server(prefix = "/_fn", endpoint = "alerts/acknowledge-place")]
pub async fn acknowledge_place(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    officina::cold_chain::service::acknowledge_place(&app, &actor, id).await?;
    Ok(())
}

/// Closes an alert by hand. Unlike a program, a person says what was done: reports name it.
#[server(prefix = "/_fn", endpoint = "alerts/resolve")]
pub async fn resolve_alert(id: String, note: Option<String>) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let note = note.filter(|note| !note.trim().is_empty());
    let note = Some(note.ok_or_else(|| officina::Error::field("note", "required", "is required"))?);
    officina::cold_chain::service::resolve_alert(&app, &actor, id, officina::cold_chain::ResolveAlert { note }).await?;
    Ok(())
}

/// An alert's page.
#[server(prefix = "/_fn", endpoint = "alerts/get", input = GetUrl)]
pub async fn get_alert(id: String) -> Result<AlertView, PageError> {
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let (calendar, unit) = crate::context::calendar_and_unit(&app, &actor).await?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let story = officina::notices::service::alert_story(&app, &actor, id).await?;
    Ok(AlertView {
        cell: present(&app, &actor, &story.detail.alert, &calendar, unit).await?,
        goes_on: story.detail.alert.goes_on(app.clock.now()),
        timeline: timeline(&story, &calendar),
        facts: facts(&story.detail.alert, app.clock.now(), &calendar, unit),
        alert: AlertRow::of(story.detail.alert, &calendar, unit),
        may_acknowledge: actor.permissions.has(Permission::AlertsAcknowledge),
        may_audit: actor.permissions.has(Permission::AuditRead),
        may_resolve: actor.permissions.has(Permission::AlertsResolve),
    })
}

/// How a cell stands at present; nothing for those who see alerts and no cells.
#[cfg(feature = "ssr")]
async fn present(
    app: &officina::kernel::App,
    actor: &officina::kernel::actor::Actor,
    alert: &officina::cold_chain::Alert,
    calendar: &crate::moment::Calendar,
    unit: officina::identity::TemperatureUnit,
) -> Result<Option<PresentView>, PageError> {
    use officina::Error;
    use officina::cold_chain::{ChartRange, service};
    use officina::kernel::time::HOUR;

    let id = alert.cold_cell_id;
    let cell = match service::cold_cell(app, actor, id).await {
        Ok(cell) => cell,
        Err(Error::Forbidden(_) | Error::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let now = app.clock.now();
    let day = service::chart(app, actor, id, ChartRange::Day).await?;
    let alerts = service::alerts_of_cell(app, actor, id, now.plus(-2 * HOUR)).await?;
    let power = match alert.kind {
        // A device that is not there any more says nothing.
        AlertType::PowerLoss => service::get_device(app, actor, alert.device_id).await.ok(),
        _ => None,
    };
    let limits = (cell.min_temperature, cell.max_temperature);
    Ok(Some(PresentView {
        temperature: cell.temperature.map(|celsius| unit.words(celsius)),
        at: cell.temperature_at.map(|at| calendar.relative(at)),
        allowed: unit.range(limits),
        is_outside: cell.temperature.is_some_and(|celsius| !(limits.0..=limits.1).contains(&celsius)),
        power: power.and_then(|device| device.latest?.power_status),
        chart: crate::cold_chain::drawing::last_hours(&cell, &day, &alerts, now, calendar, unit),
        is_muted: cell.silenced_until.is_some(),
    }))
}

/// What is known of an alert, beside what stands in every list.
#[cfg(feature = "ssr")]
fn facts(
    alert: &officina::cold_chain::Alert,
    now: officina::kernel::time::Timestamp,
    calendar: &crate::moment::Calendar,
    unit: officina::identity::TemperatureUnit,
) -> Vec<(String, String)> {
    use officina::kernel::time::{DAY, HOUR, MINUTE};

    let end = alert.resolved_at.unwrap_or(now);
    let lasted = match end.since(alert.started_at).max(0) {
        time @ ..HOUR => format!("{} min", time / MINUTE),
        time @ HOUR..DAY => format!("{} h {:02} min", time / HOUR, time / MINUTE % 60),
        time => format!("{} d {} h", time / DAY, time / HOUR % 24),
    };
    let noted = alert.acknowledged_at.map(|at| {
        let when = calendar.moment(at).words;
        alert.acknowledged_by.as_ref().map_or_else(|| when.clone(), |name| format!("{name}, {when}"))
    });
    let facts = [
        ("Limit that was crossed", alert.threshold.map(|value| measured(alert.kind, value, unit))),
        ("Worst value", alert.worst_value.map(|value| measured(alert.kind, value, unit))),
        (
            "Opened",
            (alert.openings > 1)
                .then(|| format!("{} times since {}", alert.openings, calendar.moment(alert.trouble_since).words)),
        ),
        ("Since", Some(calendar.moment(alert.started_at).words)),
        ("Opened at", Some(calendar.moment(alert.opened_at).words)),
        ("Last out of bounds", Some(calendar.moment(alert.last_triggered_at).words)),
        (if alert.resolved_at.is_some() { "Lasted" } else { "Lasts" }, Some(lasted)),
        ("Acknowledged", noted),
        ("Over", alert.resolved_at.map(|at| calendar.moment(at).words)),
        ("Device", Some(alert.device_serial_number.clone())),
    ];
    facts.into_iter().filter_map(|(label, words)| Some((label.to_owned(), words?))).collect()
}

/// A value of an alert with its unit.
#[cfg(feature = "ssr")]
fn measured(kind: AlertType, value: f64, unit: officina::identity::TemperatureUnit) -> String {
    match kind {
        AlertType::LowBattery => format!("{value:.0} %"),
        _ => unit.words(value),
    }
}

/// What happened to an alert and who was told of it, newest first.
#[cfg(feature = "ssr")]
fn timeline(story: &officina::notices::AlertStory, calendar: &crate::moment::Calendar) -> Vec<TimelineItem> {
    use officina::notices::{NoticeKind, Told};

    use crate::ui::{Icon, Tone};

    let told = |told: &Told| {
        let what = match told.kind {
            NoticeKind::Opening => "Told that it opened".to_owned(),
            NoticeKind::Escalation => format!("Told that nobody had reacted, level {}", told.level),
            NoticeKind::Resolution => "Told that it was over".to_owned(),
        };
        let mut names = told.names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        if told.names.len() > NAMED {
            names.push_str(&format!(" and {} more", told.names.len() - NAMED));
        }
        TimelineItem {
            title: what,
            when: calendar.relative(told.at),
            actor: Some(names),
            public_note: None,
            internal_note: None,
            tone: Tone::Neutral,
            symbol: Icon::Message,
        }
    };
    let by_hand = story.detail.alert.by_hand;
    let happened = story.detail.timeline.iter().map(|entry| (entry.at, happened(entry, by_hand, calendar)));
    let mut items: Vec<_> = happened.chain(story.told.iter().map(|known| (known.at, told(known)))).collect();
    // What happened at the same moment stays in its order: an alert opens before anybody is told.
    items.sort_by_key(|(at, _)| *at);
    items.into_iter().rev().map(|(_, item)| item).collect()
}

/// An entry of an alert's history in words.
#[cfg(feature = "ssr")]
fn happened(
    entry: &officina::kernel::timeline::TimelineEntry,
    by_hand: bool,
    calendar: &crate::moment::Calendar,
) -> TimelineItem {
    use crate::ui::{Icon, Tone};

    let mut note = entry.internal_note.clone();
    let mut actor = Some(entry.actor.clone());
    let (title, symbol, tone) = match entry.action.as_str() {
        "alerts.opened" => ("Opened".to_owned(), Icon::Bell, Tone::Danger),
        "alerts.continued" => ("Goes on now, and not only in what arrived late".to_owned(), Icon::Bell, Tone::Danger),
        "alerts.corrected" => ("Set right by readings that arrived late".to_owned(), Icon::Clock, Tone::Neutral),
        "alerts.acknowledged" => ("Acknowledged".to_owned(), Icon::Person, Tone::Neutral),
        "alerts.resolved" if by_hand => ("Closed by hand".to_owned(), Icon::Check, Tone::Success),
        "alerts.resolved" => ("Over by itself".to_owned(), Icon::Check, Tone::Success),
        "cold_chain.alert_escalated" => {
            // `Level 2: admin, Nadia Notte`; emptied when somebody in it was forgotten.
            let told = note.take().unwrap_or_default();
            let (level, whom) = told.split_once(": ").unwrap_or_default();
            actor = (!whom.is_empty()).then(|| format!("to {whom}"));
            let title = if level.is_empty() {
                "Escalated".to_owned()
            } else {
                format!("Escalated to {}", level.to_lowercase())
            };
            (title, Icon::Flag, Tone::Warning)
        }
        _ => ("Changed".to_owned(), Icon::List, Tone::Neutral),
    };
    let muted = entry.muted.as_deref().map(|why| match why {
        "silence" => "Nobody was told: notices about the cell were muted.".to_owned(),
        _ => "Nobody was told: it was a quiet hour.".to_owned(),
    });
    TimelineItem {
        title,
        when: calendar.relative(entry.at),
        actor,
        public_note: None,
        internal_note: muted.or(note),
        tone,
        symbol,
    }
}

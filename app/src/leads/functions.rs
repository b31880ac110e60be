//! What the lead pages ask the server, and the shapes of its answers.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::kernel::page::Extent;
use officina::leads::{LeadDetail, LeadStatus, LeadType};
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::moment::Moment;
use crate::ui::TimelineItem;

/// Rows on a page of the inbox.
#[cfg(feature = "ssr")]
const PAGE: i64 = 50;

/// Which leads the inbox shows: the query of its address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadQuery {
    /// One status.
    pub status: Option<String>,
    /// Words that must occur.
    pub search: Option<String>,
    /// Whether what looks like spam is shown instead.
    pub quarantined: bool,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A lead in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadRow {
    /// The lead's id.
    pub id: String,
    /// Where it stands.
    pub status: LeadStatus,
    /// What it is about.
    pub lead_type: LeadType,
    /// The visitor's name.
    pub name: String,
    /// The visitor's phone number.
    pub phone: String,
    /// City.
    pub city: Option<String>,
    /// Whether the same number has written within a month.
    pub is_repeated: bool,
    /// When it came in.
    pub created: Moment,
}

/// A page of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadsView {
    /// The rows.
    pub rows: Vec<LeadRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Which rows of how many these are.
    pub extent: Extent,
}

/// A lead's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadView {
    /// Whether the member may read the audit.
    pub may_audit: bool,
    /// The lead.
    pub lead: LeadDetail,
    /// When it came in.
    pub created: Moment,
    /// The history, newest first.
    pub timeline: Vec<TimelineItem>,
    /// Whether the member may work on it.
    pub may_write: bool,
}

/// A page of the inbox.
#[server(prefix = "/_fn", endpoint = "leads/list", input = GetUrl)]
pub async fn list_leads(query: LeadQuery) -> Result<LeadsView, PageError> {
    use officina::kernel::page::PageRequest;
    use officina::leads::{LeadFilter, service};

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let filter = LeadFilter { status: query.status, quarantined: Some(query.quarantined), search: query.search };
    let page = PageRequest::shown(PAGE, query.cursor);
    let page = service::list(&app, &actor, &filter, &page).await?;
    let row = |lead: officina::leads::LeadSummary| LeadRow {
        id: lead.id.to_string(),
        status: lead.status,
        lead_type: lead.lead_type,
        name: lead.name,
        phone: lead.phone,
        city: lead.city_name,
        is_repeated: lead.earlier_lead_id.is_some(),
        created: calendar.relative(lead.created_at),
    };
    Ok(LeadsView { extent: page.extent(), next: page.next_cursor, rows: page.items.into_iter().map(row).collect() })
}

/// A lead's page.
#[server(prefix = "/_fn", endpoint = "leads/get", input = GetUrl)]
pub async fn get_lead(id: String) -> Result<LeadView, PageError> {
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let lead = officina::leads::service::get(&app, &actor, parse_id(&id)?).await?;
    Ok(LeadView {
        created: calendar.relative(lead.summary.created_at),
        timeline: lead.history.iter().rev().map(|entry| timeline_item(entry, &calendar)).collect(),
        may_write: actor.permissions.has(Permission::LeadsWrite),
        may_audit: actor.permissions.has(Permission::AuditRead),
        lead,
    })
}

/// Changes a lead's status, adds a note, or both.
#[server(prefix = "/_fn", endpoint = "leads/update")]
pub async fn update_lead(
    id: String,
    version: i64,
    status: Option<String>,
    note: Option<String>,
) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let status = status.filter(|status| !status.is_empty());
    let update = officina::leads::UpdateLead { status, note, version: Some(version) };
    officina::leads::service::update(&app, &actor, parse_id(&id)?, &update).await?;
    Ok(())
}

/// Takes a lead out of quarantine.
#[server(prefix = "/_fn", endpoint = "leads/release")]
pub async fn release_lead(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    officina::leads::service::release(&app, &actor, parse_id(&id)?).await?;
    Ok(())
}

#[cfg(feature = "ssr")]
fn parse_id(id: &str) -> Result<officina::kernel::ids::LeadId, PageError> {
    id.parse().map_err(|_| officina::Error::NotFound.into())
}

#[cfg(feature = "ssr")]
fn timeline_item(
    entry: &officina::kernel::timeline::TimelineEntry,
    calendar: &crate::moment::Calendar,
) -> TimelineItem {
    use super::pages::{status_label, status_look};
    use crate::ui::{Icon, Tone};

    let status = entry.to.as_deref().and_then(|word| word.parse::<LeadStatus>().ok());
    let (title, (tone, symbol)) = match (status, entry.action.as_str()) {
        (_, "leads.created") => ("Came in", (Tone::Info, Icon::Message)),
        (_, "leads.note_added") => ("Note", (Tone::Neutral, Icon::List)),
        (_, "leads.released") => ("Taken out of quarantine", (Tone::Success, Icon::Check)),
        (Some(status), _) => (status_label(status), status_look(status)),
        (None, _) => ("Changed", (Tone::Neutral, Icon::List)),
    };
    TimelineItem {
        title: title.to_owned(),
        when: calendar.relative(entry.at),
        actor: Some(entry.actor.clone()),
        public_note: None,
        internal_note: entry.internal_note.clone(),
        tone,
        symbol,
    }
}

//! What the audit page asks the server.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::kernel::page::Extent;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::moment::Moment;

/// Rows on a page.
#[cfg(feature = "ssr")]
const PAGE: i64 = 50;

/// Which entries are shown: the query of the page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// An action or an area.
    pub action: Option<String>,
    /// A kind, or one subject.
    pub subject: Option<String>,
    /// A kind of actor, or one of them.
    pub actor: Option<String>,
    /// The first day.
    pub from: Option<String>,
    /// The last day.
    pub to: Option<String>,
    /// A plate, a name, a serial number, a code.
    pub search: Option<String>,
    /// Anything, when the entries that only say who was told are shown as well.
    pub told: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

impl AuditQuery {
    /// Whether entries that only say who was told are shown: when they are asked for, or when an action or a record is.
    #[must_use]
    pub const fn shows_told(&self) -> bool {
        self.told.is_some() || self.action.is_some() || self.subject.is_some()
    }
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its name in words.
    pub field: String,
    /// What it was.
    pub old: Option<String>,
    /// What it is since then.
    pub new: Option<String>,
}

/// An entry, ready to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// When.
    pub when: Moment,
    /// Who.
    pub who: String,
    /// What was done, in words.
    pub what: String,
    /// To what, in words.
    pub subject: String,
    /// What it is called: a plate, a name.
    pub name: Option<String>,
    /// The subject's page, where there is one.
    pub href: Option<String>,
    /// The fields that changed.
    pub changes: Vec<Change>,
    /// What else is known: why, from where, in which request.
    pub facts: Vec<(String, String)>,
    /// What the page is filtered by to see everything about the subject.
    pub about: String,
}

impl AuditRow {
    /// What something was done to: its kind and its name.
    #[must_use]
    pub fn about_words(&self) -> String {
        self.name.as_ref().map_or_else(|| self.subject.clone(), |name| format!("{} {name}", self.subject))
    }
}

/// A page of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// The rows.
    pub rows: Vec<AuditRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Which rows of how many these are.
    pub extent: Extent,
    /// What can be filtered by: values and words of actions.
    pub actions: Vec<(String, String)>,
    /// Values and words of actors.
    pub actors: Vec<(String, String)>,
    /// Whether the member may take them out as a file.
    pub may_export: bool,
}

/// A page of the audit. A query without any filter is sent as nothing at all.
#[server(prefix = "/_fn", endpoint = "audit/list", input = GetUrl)]
pub async fn list_audit(#[server(default)] query: AuditQuery) -> Result<AuditView, PageError> {
    use officina::audit::{AuditFilter, service};
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;

    use super::changes::action_words;

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let told = Some(query.shows_told());
    let AuditQuery { action, subject, actor: by, from, to, search, cursor, .. } = query;
    let filter = AuditFilter { action, subject, actor: by, from, to, search, told };
    let page = PageRequest::shown(PAGE, cursor);
    let page = service::list(&app, &actor, &filter, &page).await?;
    let known = service::known(&app, &actor).await?;
    let mut actions: Vec<(String, String)> = Vec::new();
    for action in known.actions {
        let area = action.split('.').next().unwrap_or_default().to_owned();
        if !actions.iter().any(|(value, _)| *value == area) {
            actions.push((area.clone(), action_words(&area)));
        }
        actions.push((action.clone(), action_words(&action)));
    }
    let kinds = ["public", "token", "device", "system"].map(|kind| (kind.to_owned(), actor_words(kind).to_owned()));
    let people: Vec<_> = known.people.into_iter().map(|person| (person.id.to_string(), person.name)).collect();
    let names = people.iter().cloned().collect();
    Ok(AuditView {
        extent: page.extent(),
        next: page.next_cursor,
        rows: page.items.into_iter().map(|entry| row(entry, &calendar, &names)).collect(),
        actions,
        actors: kinds.into_iter().chain(people).collect(),
        may_export: actor.permissions.has(Permission::DataExport),
    })
}

#[cfg(feature = "ssr")]
fn row(
    entry: officina::audit::AuditEntry,
    calendar: &crate::moment::Calendar,
    names: &std::collections::HashMap<String, String>,
) -> AuditRow {
    use super::changes::{Words, action_words, changes, words};

    let kind = actor_words(&entry.actor.kind);
    let who = match entry.actor.name {
        Some(name) if entry.actor.kind == "member" => name,
        Some(name) => format!("{kind} {name}"),
        None => kind.to_owned(),
    };
    let facts = [
        ("Reason", entry.reason),
        ("Address", entry.address),
        ("Request", entry.request_id),
        ("Emptied", entry.redacted_at.map(|at| calendar.moment(at).words)),
    ];
    let told = Words { calendar: *calendar, people: names };
    let (subject, id, name) = (entry.subject.kind, entry.subject.id.to_string(), entry.subject.name);
    AuditRow {
        when: calendar.relative(entry.at),
        who,
        what: action_words(&entry.action),
        href: subject_page(&subject, &id),
        changes: changes(&subject, entry.before.as_ref(), entry.after.as_ref(), &told),
        facts: facts.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?))).collect(),
        about: format!("{subject}:{id}"),
        subject: words(&subject),
        name,
    }
}

#[cfg(feature = "ssr")]
fn actor_words(kind: &str) -> &'static str {
    match kind {
        "member" => "Member",
        "device" => "Device",
        "token" => "Program",
        "public" => "Public form",
        _ => "Officina",
    }
}

/// The page of a subject.
#[cfg(feature = "ssr")]
fn subject_page(kind: &str, id: &str) -> Option<String> {
    let base = match kind {
        "repair" => "/app/repairs",
        "lead" => "/app/leads",
        "cold_cell" => "/app/cold-chain/cells",
        "alert" => "/app/alerts",
        "account" => "/app/people",
        _ => return None,
    };
    Some(format!("{base}/{id}"))
}

//! The rules of the audit: who reads it, how it is taken out, and how a person is taken out of it.

use bytes::Bytes;
use chrono_tz::Tz;
use serde_json::Value;

use super::model::{AuditActor, AuditEntry, AuditFilter, AuditSubject, Known, Redact, Redacted};
use super::store::{self, Action, By, EntryRow, ListFilter, PayloadRow};
use super::subjects;
use crate::identity::service as identity;
use crate::kernel::App;
use crate::kernel::actor::{ACTOR_KINDS, Actor};
use crate::kernel::csv;
use crate::kernel::ids::{AccountId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::notes;
use crate::kernel::page::{Cursor, Page, PageRequest, PageWindow, words_of_search};
use crate::kernel::permission::Permission;
use crate::kernel::text::given;
use crate::kernel::time::Timestamp;
use crate::kernel::validate::Validator;
use crate::kernel::zone::{day, day_start, zone};
use crate::{Error, Result, cold_chain, customers, leads, notices, repairs};

/// Rows that are in memory at once while the journal is taken out.
const EXPORT_ROWS: u32 = 500;

/// A page of the journal, newest first.
///
/// # Errors
/// [`Error::Forbidden`] without `audit:read`, [`Error::Validation`] for a filter that makes no sense.
pub async fn list(app: &App, actor: &Actor, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>> {
    actor.require(Permission::AuditRead)?;
    let window = page.window(app, "audit", actor.org, filter)?;
    let checked = check(app, actor.org, filter).await?;
    let rows = store::list(&app.db, actor.org, &checked, &window).await?;
    let total = window.total(&rows, store::count(&app.db, actor.org, &checked)).await?;
    Ok(window.page(rows, |row| cursor(row.seq, actor.org), total).map(AuditEntry::from))
}

/// What the journal can be filtered by: the actions it holds, and the people.
///
/// # Errors
/// [`Error::Forbidden`] without `audit:read`.
pub async fn known(app: &App, actor: &Actor) -> Result<Known> {
    actor.require(Permission::AuditRead)?;
    Ok(Known { actions: store::actions(&app.db, actor.org).await?, people: store::people(&app.db, actor.org).await? })
}

/// Where a list goes on. The organisation stands where other lists have the id that breaks ties.
const fn cursor(seq: i64, org: OrgId) -> Cursor {
    Cursor { key: seq, id: org.0 }
}

async fn check(app: &App, org: OrgId, filter: &AuditFilter) -> Result<ListFilter> {
    let small = |text: Option<&str>| given(text).map(str::to_lowercase);
    let mut check = Validator::default();
    let action = small(filter.action.as_deref()).map(|action| match action.contains('.') {
        true => Action::Exactly(action),
        false => Action::Area(action),
    });
    let subject = small(filter.subject.as_deref()).map(|subject| match subject.split_once(':') {
        None => (subject, None),
        Some((kind, id)) => {
            let id = uuid::Uuid::try_parse(id).ok();
            if id.is_none() {
                check.errors.add("subject", "invalid_subject", "must be a kind such as repair, or repair:<id>");
            }
            (kind.to_owned(), id)
        }
    });
    let by = match small(filter.actor.as_deref()) {
        None => None,
        Some(word) => match (uuid::Uuid::try_parse(&word), ACTOR_KINDS.iter().find(|kind| **kind == word)) {
            // An account acts through its membership.
            (Ok(id), _) => {
                let membership = store::membership(&app.db, org, AccountId(id)).await?;
                Some(By::Id(membership.map_or(id, |membership| membership.0)))
            }
            (Err(_), Some(kind)) => Some(By::Kind(kind)),
            (Err(_), None) => {
                let words = ACTOR_KINDS.join(", ");
                check.errors.add("actor", "unknown_word", format!("must be an id or one of {words}"));
                None
            }
        },
    };
    let tz = zone(&identity::organisation(app, org).await?.time_zone);
    let from = moment(&mut check, "from", filter.from.as_deref(), 0, tz);
    let until = moment(&mut check, "to", filter.to.as_deref(), 1, tz);
    check.finish(())?;
    let seqs = store::bound(&app.db, org, from, until).await?;
    let words = words_of_search(filter.search.as_deref());
    let called = if words.is_empty() { None } else { Some(subjects::called(&app.db, org, &words).await?) };
    let hides_told = filter.told == Some(false);
    Ok(ListFilter { action, subject, called, hides_told, by, from, until, seqs })
}

/// The moment that a text says, moved by one unit of it if asked: a day by a day, a moment by its smallest part.
fn moment(check: &mut Validator, field: &str, text: Option<&str>, plus: u8, tz: Tz) -> Option<Timestamp> {
    let text = given(text)?;
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.plus(i64::from(plus)));
    }
    let start = day_start(field, text, u64::from(plus), tz);
    if start.is_err() {
        check.errors.add(field, "invalid_date", "must be a date or a time such as 2026-11-20T10:00:00Z");
    }
    start.ok()
}

impl From<EntryRow> for AuditEntry {
    fn from(row: EntryRow) -> Self {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            seq: row.seq,
            at: row.at,
            actor: AuditActor { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
            action: row.action,
            subject: AuditSubject { kind: row.subject_kind, id: row.subject_id, name: row.subject_name },
            before: json(row.before),
            after: json(row.after),
            reason: row.reason,
            address: row.address,
            request_id: row.request_id,
            redacted_at: row.redacted_at,
        }
    }
}

/// The journal on its way out, as a file of separated values.
#[derive(Debug)]
pub struct Export {
    /// What the file should be called.
    pub file_name: String,
    style: csv::Style,
    org: OrgId,
    filter: ListFilter,
    /// Where the next rows begin; none when there are no more.
    after: Option<Cursor>,
    is_begun: bool,
}

/// The columns of the file.
const COLUMNS: [&str; 14] = [
    "number",
    "at",
    "actor",
    "actorKind",
    "actorId",
    "action",
    "subject",
    "subjectId",
    "before",
    "after",
    "reason",
    "address",
    "requestId",
    "redactedAt",
];

/// Begins to take out the entries of a filter. The journal says so, before the first row has left.
///
/// # Errors
/// [`Error::Forbidden`] without `audit:read` and `data:export`, [`Error::ProofNeeded`], [`Error::Validation`] for a filter
/// that makes no sense.
pub async fn export(app: &App, actor: &Actor, filter: &AuditFilter) -> Result<Export> {
    actor.require(Permission::AuditRead)?;
    actor.require(Permission::DataExport)?;
    identity::require_proof_of_people(app, actor)?;
    let checked = check(app, actor.org, filter).await?;
    let now = app.clock.now();
    let organisation = identity::organisation(app, actor.org).await?;
    let today = day(now, zone(&organisation.time_zone));
    let mut tx = app.db.begin().await?;
    let entry = Entry::new("audit.exported", "organisation", actor.org.0).after(filter);
    let seq = journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(Export {
        file_name: format!("audit-{today}.csv"),
        style: csv::Style::of(&organisation.locale),
        org: actor.org,
        filter: checked,
        after: Some(cursor(seq, actor.org)),
        is_begun: false,
    })
}

impl Export {
    /// The next lines of the file; none at its end.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next(&mut self, app: &App) -> Result<Option<Bytes>> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let Some(after) = self.after.take() else { return Ok(None) };
        let window = PageWindow::inner(EXPORT_ROWS, Some(after));
        let rows = store::list(&app.db, self.org, &self.filter, &window).await?;
        let (rows, next) = window.cut(rows, |row| cursor(row.seq, self.org));
        self.after = next;
        let head = is_first.then(|| COLUMNS.map(str::to_owned));
        let lines = csv::rows(self.style, head.into_iter().chain(rows.into_iter().map(line)))?;
        if is_first {
            return Ok(Some([csv::BYTE_ORDER_MARK.as_bytes(), lines.as_ref()].concat().into()));
        }
        Ok(Some(lines))
    }
}

fn line(row: EntryRow) -> [String; COLUMNS.len()] {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    [
        row.seq.to_string(),
        row.at.to_string(),
        row.actor_name.unwrap_or_default(),
        row.actor_kind,
        id(row.actor_id),
        row.action,
        row.subject_kind,
        id(Some(row.subject_id)),
        row.before.unwrap_or_default(),
        row.after.unwrap_or_default(),
        row.reason.unwrap_or_default(),
        row.address.unwrap_or_default(),
        row.request_id.unwrap_or_default(),
        row.redacted_at.map(|at| at.to_string()).unwrap_or_default(),
    ]
}

/// Takes a person out: blanks their record, and empties the journal's entries that tell of them. The entries stay in
/// their places, so that the chain is whole and shows that, when and by whom something was done.
///
/// Of a customer and of a lead, bare steps from one status to the next stay readable. Of somebody who was a member, what
/// they did to other records stays, under no name.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`; [`Error::Validation`] unless exactly one person is named;
/// [`Error::NotFound`]; [`Error::Conflict`] while something is still open, or the member may still come in.
pub async fn redact(app: &App, actor: &Actor, input: &Redact) -> Result<Redacted> {
    actor.require(Permission::SettingsManage)?;
    identity::require_person(app, actor, Permission::SettingsManage)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let mut telling = Vec::new();
    // The person as the subject of the entry about this, and everything that the journal tells of them under.
    let (person, others): ((&'static str, uuid::Uuid), Vec<(&'static str, uuid::Uuid)>) = match input {
        Redact { customer_id: Some(id), account_id: None, lead_id: None } => {
            customers::service::forget(&mut tx, actor.org, *id).await?;
            let repairs = repairs::service::forget_customer(&mut tx, actor.org, *id).await?;
            (("customer", id.0), repairs.into_iter().map(|id| ("repair", id.0)).collect())
        }
        Redact { customer_id: None, account_id: Some(id), lead_id: None } => {
            let membership = identity::forget(&mut tx, actor.org, *id).await?;
            notices::service::forget(&mut tx, actor.org, *id).await?;
            notes::forget_author(&mut tx, actor.org, membership).await?;
            cold_chain::service::forget_member(&mut tx, actor.org, membership).await?;
            // So did those who reacted to alerts, before their entries left that out.
            telling.extend(store::named_themselves(&mut tx, actor.org, membership).await?);
            // An escalation says by name who was told.
            telling.extend(store::naming(&mut tx, actor.org, "cold_chain.alert_escalated", membership).await?);
            (("account", id.0), vec![("membership", membership.0)])
        }
        Redact { customer_id: None, account_id: None, lead_id: Some(id) } => {
            leads::service::forget(&mut tx, actor.org, *id).await?;
            (("lead", id.0), Vec::new())
        }
        _ => return Err(Error::field("customerId", "one_of", "or accountId or leadId must be given, and only one")),
    };
    for (kind, id) in others.into_iter().chain([person]) {
        let entries = store::about(&mut tx, actor.org, kind, id).await?;
        telling.extend(entries.iter().filter(|entry| !is_bare_step(entry)).map(|entry| entry.seq));
    }
    let redacted = Redacted { entries: journal::redact(&mut tx, actor.org, &telling, now).await? };
    let entry = Entry::new(journal::REDACTED, person.0, person.1).after(&redacted);
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(redacted)
}

/// Whether an entry says no more than that colleagues moved something from one status to another.
fn is_bare_step(entry: &PayloadRow) -> bool {
    let after: Value = entry.after.as_deref().and_then(|after| serde_json::from_str(after).ok()).unwrap_or_default();
    entry.action.ends_with(".status_changed")
        && entry.actor_kind != "public"
        && entry.reason.is_none()
        && after.get("publicNote").is_none_or(Value::is_null)
}

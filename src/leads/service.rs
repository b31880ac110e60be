//! The rules of leads.

use super::model::{
    CleanLead, FormSigns, LeadDetail, LeadFilter, LeadNote, LeadReceipt, LeadStatus, LeadSummary, SubmitLead,
    UpdateLead,
};
use super::store::{self, ListFilter, NewLead};
use crate::identity::{self, PublicForm};
use crate::kernel::App;
use crate::kernel::actor::{Actor, ActorKind};
use crate::kernel::db::Tx;
use crate::kernel::error::Conflict;
use crate::kernel::ids::{LeadId, OrgId};
use crate::kernel::journal::{self, Entry, FORGOTTEN};
use crate::kernel::notes::{self, Note};
use crate::kernel::page::{Cursor, Page, PageRequest, words_of_search};
use crate::kernel::permission::Permission;
use crate::kernel::phone;
use crate::kernel::text::given;
use crate::kernel::time::{DAY, SECOND};
use crate::kernel::validate::Validator;
use crate::{Error, Result};

const SUBJECT: &str = "lead";
/// Two submissions with one phone number within this time belong together.
const SAME_PERSON: i64 = 30 * DAY;
/// Nobody fills the form in less.
const FASTEST_HUMAN: i64 = 2 * SECOND;
/// More links than this in a message are advertising.
const MOST_LINKS: usize = 2;

/// Takes what a visitor sends. Nothing is dropped: what looks like spam is set aside, and the visitor is told the same.
///
/// `submission` names the form that was sent: sent twice with the same words, it makes one lead and answers the same; with
/// other words it is another lead.
///
/// # Errors
/// [`Error::NotFound`] where visitors may not ask, [`Error::Validation`] with all broken fields.
pub async fn submit(
    app: &App,
    actor: &Actor,
    input: &SubmitLead,
    signs: FormSigns,
    submission: Option<&str>,
) -> Result<LeadReceipt> {
    let organisation = identity::service::organisation(app, actor.org).await?;
    if actor.kind == ActorKind::Public && !organisation.offers(PublicForm::Contact) {
        return Err(Error::NotFound);
    }
    let clean = input.clean()?;
    let now = app.clock.now();
    let id = LeadId::new();
    let quarantine = quarantine_reason(&clean, signs);
    let submission = submission.map(|token| submission_key(app, token, &clean)).transpose()?;
    let mut tx = app.db.begin().await?;
    let home = identity::service::country(app, &mut tx, actor.org).await?;
    let key = phone::e164(&clean.input.phone, home).unwrap_or_default();
    let earlier = store::newest_by_phone(&mut tx, actor.org, &key, now.plus(-SAME_PERSON)).await?;
    let new =
        NewLead { id, clean: &clean, phone_key: &key, earlier, quarantine, submission_key: submission.as_deref(), now };
    if !store::insert(&mut tx, actor.org, &new).await? {
        tx.rollback().await?;
        let made = store::by_submission(&app.db, actor.org, submission.as_deref().unwrap_or_default()).await?;
        return made.map(|id| LeadReceipt { id }).ok_or_else(|| Error::internal("a lead was not taken"));
    }
    let entry = Entry::new("leads.created", SUBJECT, id.0).after(&serde_json::json!({
        "status": LeadStatus::New, "leadType": clean.lead_type, "earlierLeadId": earlier, "quarantine": quarantine,
    }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(LeadReceipt { id })
}

/// What a sending is known again by: the form's token and all that it said.
fn submission_key(app: &App, token: &str, clean: &CleanLead) -> Result<String> {
    let said = serde_json::to_string(&(token, clean.lead_type, &clean.input)).map_err(Error::internal)?;
    Ok(app.secret.sign("contact-form-sent", &said))
}

fn quarantine_reason(clean: &CleanLead, signs: FormSigns) -> Option<&'static str> {
    let message = clean.input.message.as_deref().unwrap_or_default().to_lowercase();
    let links =
        message.matches("http://").count() + message.matches("https://").count() + message.matches("www.").count();
    if signs.hidden_filled {
        Some("hidden_field")
    } else if signs.answered_after.is_some_and(|after| after < FASTEST_HUMAN) {
        Some("too_fast")
    } else if links > MOST_LINKS {
        Some("links")
    } else {
        None
    }
}

/// A page of the inbox, newest first.
///
/// # Errors
/// [`Error::Forbidden`] without `leads:read`, [`Error::Validation`] for a filter that makes no sense.
pub async fn list(app: &App, actor: &Actor, filter: &LeadFilter, page: &PageRequest) -> Result<Page<LeadSummary>> {
    actor.require(Permission::LeadsRead)?;
    let window = page.window(app, "leads", actor.org, filter)?;
    let mut check = Validator::default();
    let status = given(filter.status.as_deref()).and_then(|word| check.word("status", word));
    check.finish(())?;
    let checked = ListFilter {
        status,
        quarantined: filter.quarantined.unwrap_or(false),
        words: words_of_search(filter.search.as_deref()),
    };
    let rows = store::list(&app.db, actor.org, &checked, window).await?;
    let total = window.total(&rows, store::count(&app.db, actor.org, &checked)).await?;
    Ok(window.page(rows, |row| Cursor { key: row.created_at.0, id: row.id.0 }, total))
}

/// How many leads nobody has called yet: a number of the home page.
///
/// # Errors
/// [`Error::Forbidden`] without `leads:read`.
pub async fn new_count(app: &App, actor: &Actor) -> Result<i64> {
    actor.require(Permission::LeadsRead)?;
    let filter = ListFilter { status: Some(LeadStatus::New), ..ListFilter::default() };
    store::count(&app.db, actor.org, &filter).await
}

/// A lead with its notes and history.
///
/// # Errors
/// [`Error::Forbidden`] without `leads:read`, [`Error::NotFound`] for an unknown or foreign id.
pub async fn get(app: &App, actor: &Actor, id: LeadId) -> Result<LeadDetail> {
    actor.require(Permission::LeadsRead)?;
    let summary = store::find(&app.db, actor.org, id).await?.ok_or(Error::NotFound)?;
    let notes = notes::of_subject(&app.db, actor.org, (SUBJECT, id.0)).await?;
    let notes = notes.into_iter().map(LeadNote::from).collect();
    let history = journal::timeline(&app.db, actor.org, SUBJECT, id.0).await?;
    Ok(LeadDetail { summary, notes, history })
}

/// Changes a lead's status, adds a note, or both.
///
/// # Errors
/// [`Error::Validation`] for losing without a reason and for converting, which is a step of its own;
/// [`Error::Conflict`] for a stale version and for a lead that was converted.
pub async fn update(app: &App, actor: &Actor, id: LeadId, update: &UpdateLead) -> Result<LeadDetail> {
    actor.require(Permission::LeadsWrite)?;
    let mut check = Validator::default();
    let status: Option<LeadStatus> = update.status.as_deref().and_then(|word| check.word("status", word));
    let note = check.text("note", update.note.as_deref(), 2_000);
    match status {
        Some(LeadStatus::Lost) if note.is_none() => {
            check.errors.add("note", "reason_required", "is required when a lead is lost");
        }
        Some(LeadStatus::Converted) => {
            check.errors.add("status", "use_convert", "is set by converting the lead");
        }
        _ => {}
    }
    check.finish(())?;

    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let lead = store::lock(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    let moved = status.filter(|status| *status != lead.status);
    let stale = update.version.is_some_and(|version| version != lead.version);
    if stale && status == Some(lead.status) {
        // The same step once more by the same actor, as by a double click, is done already.
        let step = moved_entry(id, lead.status).reason(note.clone());
        if journal::is_repeated(&mut tx, actor, &step).await? {
            tx.rollback().await?;
            return get(app, actor, id).await;
        }
    }
    if stale || lead.status == LeadStatus::Converted {
        let message = if stale { "Someone else changed this lead." } else { "A converted lead stays converted." };
        return Err(Error::Conflict(Conflict {
            message: message.to_owned(),
            version: Some(lead.version),
            ..Conflict::default()
        }));
    }
    if let Some(body) = &note {
        notes::add(&mut tx, actor, (SUBJECT, id.0), body, false, now).await?;
    }
    let entry = match moved {
        Some(status) => {
            store::set_status(&mut tx, actor.org, id, status, now).await?;
            moved_entry(id, status).before(&serde_json::json!({ "status": lead.status })).reason(note)
        }
        None if note.is_some() => Entry::new("leads.note_added", SUBJECT, id.0).reason(note),
        None => {
            tx.rollback().await?;
            return get(app, actor, id).await;
        }
    };
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    get(app, actor, id).await
}

fn moved_entry(id: LeadId, to: LeadStatus) -> Entry {
    Entry::new("leads.status_changed", SUBJECT, id.0).after(&serde_json::json!({ "status": to }))
}

/// Adds a note to a lead.
///
/// # Errors
/// [`Error::Validation`] for a note of nothing but spaces, and what [`update`] says.
pub async fn add_note(app: &App, actor: &Actor, id: LeadId, note: String) -> Result<LeadDetail> {
    actor.require(Permission::LeadsWrite)?;
    if note.trim().is_empty() {
        return Err(Error::field("note", "required", "is required"));
    }
    update(app, actor, id, &UpdateLead { note: Some(note), ..UpdateLead::default() }).await
}

/// Takes a lead out of quarantine.
///
/// # Errors
/// [`Error::Forbidden`] without `leads:write`, [`Error::NotFound`], [`Error::Conflict`] when it is in none.
pub async fn release(app: &App, actor: &Actor, id: LeadId) -> Result<LeadDetail> {
    actor.require(Permission::LeadsWrite)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let lead = store::lock(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    if lead.quarantine.is_none() {
        return Err(Error::conflict("This lead is in no quarantine."));
    }
    store::release(&mut tx, actor.org, id, now).await?;
    let entry = Entry::new("leads.released", SUBJECT, id.0)
        .before(&serde_json::json!({ "quarantine": lead.quarantine }))
        .after(&serde_json::json!({ "quarantine": null }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    get(app, actor, id).await
}

/// Blanks what a lead says of the visitor, and removes its notes. Whoever calls this checks the actor and writes the
/// journal.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] while somebody may still call.
pub async fn forget(tx: &mut Tx, org: OrgId, id: LeadId) -> Result<()> {
    let lead = store::lock(tx, org, id).await?.ok_or(Error::NotFound)?;
    let is_over = matches!(lead.status, LeadStatus::Lost | LeadStatus::Converted) || lead.quarantine.is_some();
    if !is_over {
        return Err(Error::conflict("This lead is still open."));
    }
    store::blank(tx, org, id, FORGOTTEN).await?;
    notes::forget(tx, org, (SUBJECT, id.0)).await
}

impl From<Note> for LeadNote {
    fn from(note: Note) -> Self {
        Self { id: note.id, body: note.body, author: note.author, created_at: note.created_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(message: &str) -> CleanLead {
        let input = SubmitLead {
            name: "Anna".to_owned(),
            phone: "333 1234567".to_owned(),
            lead_type: "SERVICE".to_owned(),
            message: Some(message.to_owned()),
            ..SubmitLead::default()
        };
        input.clean().unwrap()
    }

    #[test]
    fn what_no_person_sends_is_set_aside() {
        let calm = FormSigns { hidden_filled: false, answered_after: Some(30 * SECOND) };
        assert_eq!(quarantine_reason(&lead("See https://example.org please"), calm), None);
        assert_eq!(quarantine_reason(&lead("hi"), FormSigns { hidden_filled: true, ..calm }), Some("hidden_field"));
        assert_eq!(quarantine_reason(&lead("hi"), FormSigns { answered_after: Some(300), ..calm }), Some("too_fast"));
        assert_eq!(quarantine_reason(&lead("http://a http://b www.c"), calm), Some("links"));
    }
}

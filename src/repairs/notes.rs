//! Notes on repairs, for colleagues or for the customer.

use super::inputs::AddNote;
use super::model::RepairDetail;
use super::service::{self, SUBJECT, require_change};
use super::store;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::ids::RepairId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::notes;
use crate::kernel::permission::Permission;
use crate::kernel::validate::Validator;
use crate::{Error, Result};

/// Adds a note to a repair: for colleagues, or for the customer, who reads it on the tracking page. A step that somebody
/// else is about to take is not in its way.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:write`, and without `repairs:check_in` until the work begins;
/// [`Error::Validation`] for a note without a word, [`Error::NotFound`].
pub async fn add(app: &App, actor: &Actor, id: RepairId, note: &AddNote) -> Result<RepairDetail> {
    actor.require_either(Permission::RepairsWrite, Permission::RepairsCheckIn)?;
    let mut check = Validator::default();
    let body = check.text("note", Some(&note.note), 2_000);
    if body.is_none() {
        check.errors.add("note", "required", "is required");
    }
    check.finish(())?;
    let body = body.unwrap_or_default();

    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let state = store::lock_state(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    require_change(actor, state.status)?;
    notes::add(&mut tx, actor, (SUBJECT, id.0), &body, note.public, now).await?;
    store::touch(&mut tx, actor.org, id, now).await?;
    let entry = Entry::new("repairs.note_added", SUBJECT, id.0);
    let entry = match note.public {
        true => entry.after(&serde_json::json!({ "publicNote": body })),
        false => entry.reason(Some(body)),
    };
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    service::get(app, actor, id).await
}

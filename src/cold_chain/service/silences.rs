//! What mutes notices for a while.

use serde_json::json;

use crate::cold_chain::service::alerts::doer;
use crate::cold_chain::silence::{NewSilence, Silence, SilenceFilter};
use crate::cold_chain::store::silences::{self, Running};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{OnViolation, Violation};
use crate::kernel::ids::SilenceId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::page::{Cursor, Page, PageRequest};
use crate::kernel::permission::Permission;
use crate::{Error, Result};

/// Silences that go on, the first to end first.
///
/// # Errors
/// [`Error::Validation`] for a page that cannot be.
pub async fn list_silences(
    app: &App,
    actor: &Actor,
    filter: &SilenceFilter,
    page: &PageRequest,
) -> Result<Page<Silence>> {
    let scope = actor.reach(Permission::AlertsRead)?;
    let window = page.window(app, "silences", actor.org, filter)?;
    let (cold_cell_id, location_id) = (filter.cold_cell_id, filter.location_id);
    let wanted = Running { now: app.clock.now(), cold_cell_id, location_id, scope };
    let rows = silences::list(&app.db, actor.org, &wanted, &window).await?;
    let total = window.total(&rows, silences::count(&app.db, actor.org, &wanted)).await?;
    Ok(window.page(rows, |row| Cursor { key: row.until.0, id: row.id.0 }, total))
}

/// Mutes the notices about a cell or a location until a moment. Alerts open all the same.
///
/// # Errors
/// [`Error::Validation`] for broken fields, an unknown cell or location among them.
pub async fn create_silence(app: &App, actor: &Actor, new: NewSilence) -> Result<Silence> {
    let scope = actor.reach(Permission::AlertsResolve)?;
    let now = app.clock.now();
    let (new, until) = new.checked(now)?;
    let id = SilenceId::new();
    let mut tx = app.db.begin().await?;
    let unknown = || {
        let (field, what) =
            if new.location_id.is_some() { ("locationId", "location") } else { ("coldCellId", "cold cell") };
        Error::field(field, "unknown", format!("is not a {what} of this organisation"))
    };
    silences::insert(&mut tx, actor.org, id, &new, until, doer(actor), now)
        .await
        .on_violation(Violation::ForeignKey, unknown)?;
    // What is out of reach is not found, and what was written is taken back with the transaction.
    let silence = silences::get(&mut tx, actor.org, id, &scope).await?.ok_or_else(unknown)?;
    let entry = entry("cold_chain.silence_started", &silence)
        .after(&json!({"silenceId": id, "until": until}))
        .reason(silence.reason.clone());
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(silence)
}

/// Lets notices be sent again before the silence ends by itself.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign one.
pub async fn end_silence(app: &App, actor: &Actor, id: SilenceId) -> Result<()> {
    let scope = actor.reach(Permission::AlertsResolve)?;
    let mut tx = app.db.begin().await?;
    let silence = silences::get(&mut tx, actor.org, id, &scope).await?.ok_or(Error::NotFound)?;
    if !silences::delete(&mut tx, actor.org, id).await? {
        return Err(Error::NotFound);
    }
    let entry = entry("cold_chain.silence_ended", &silence).before(&json!({"silenceId": id, "until": silence.until}));
    journal::write(&mut tx, actor, app.clock.now(), entry).await?;
    tx.commit().await
}

/// It belongs to the history of what is silenced.
fn entry(action: &'static str, silence: &Silence) -> Entry {
    match (silence.cold_cell_id, silence.location_id) {
        (Some(cell), _) => Entry::new(action, "cold_cell", cell.0),
        (None, Some(location)) => Entry::new(action, "location", location.0),
        (None, None) => Entry::new(action, "silence", silence.id.0),
    }
}

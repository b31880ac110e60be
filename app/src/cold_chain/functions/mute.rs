//! Muting notices about a cell, and ending that.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::PageError;

/// What mutes notices about a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilenceRow {
    /// Its id.
    pub id: String,
    /// Until when, and what for: `Notices muted until 12:00`.
    pub words: String,
    /// Who wanted it, and why.
    pub by: String,
    /// What ending it is called.
    pub end: String,
}

/// What mutes notices about a cell, or all cells of its place; nothing for those who may not end it.
#[cfg(feature = "ssr")]
pub(super) async fn silences(
    app: &officina::kernel::App,
    actor: &officina::kernel::actor::Actor,
    cell: &officina::cold_chain::ColdCell,
    calendar: &crate::moment::Calendar,
) -> Result<Vec<SilenceRow>, PageError> {
    use officina::cold_chain::{SilenceFilter, service};
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;

    if cell.silenced_until.is_none() || !actor.permissions.has(Permission::AlertsResolve) {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for filter in [
        SilenceFilter { cold_cell_id: Some(cell.id), location_id: None },
        SilenceFilter { cold_cell_id: None, location_id: Some(cell.location_id) },
    ] {
        let page = service::list_silences(app, actor, &filter, &PageRequest::default()).await?;
        rows.extend(page.items.into_iter().map(|silence| {
            let until = calendar.ahead(silence.until);
            let (words, end) = match silence.location_name {
                Some(place) => (
                    format!("Notices about all of {place} muted until {until}"),
                    format!("Send them again for all of {place}"),
                ),
                None => (format!("Notices muted until {until}"), "Send them again".to_owned()),
            };
            let by = silence.reason.map_or_else(
                || format!("by {}", silence.created_by),
                |reason| format!("by {}: {reason}", silence.created_by),
            );
            SilenceRow { id: silence.id.to_string(), words, by, end }
        }));
    }
    Ok(rows)
}

/// Mutes notices about a cell for some hours. Its alerts open all the same.
#[server(prefix = "/_fn", endpoint = "cold-chain/mute")]
pub async fn mute_cell(id: String, hours: i64, reason: Option<String>) -> Result<(), PageError> {
    use officina::cold_chain::{NewSilence, service};
    use officina::kernel::permission::Permission;
    use officina::kernel::time::HOUR;

    let (app, actor) = crate::context::context()?;
    actor.reach(Permission::AlertsResolve)?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    // A cell that is not there is missing, and no mistake in a form.
    let cell = service::get_cold_cell(&app, &actor, id).await?.cell;
    let until = app.clock.now().plus(hours.saturating_mul(HOUR));
    let new = NewSilence { cold_cell_id: Some(cell.id), location_id: None, until: Some(until), reason };
    service::create_silence(&app, &actor, new).await?;
    Ok(())
}

/// Lets notices be sent again.
#[server(prefix = "/_fn", endpoint = "cold-chain/unmute")]
pub async fn unmute_cell(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    officina::cold_chain::service::end_silence(&app, &actor, id).await?;
    Ok(())
}

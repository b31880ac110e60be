//! Who was told of an alert.

use crate::Result;
use crate::cold_chain;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::ids::AlertId;
use crate::kernel::permission::Permission;
use crate::notices::model::{AlertStory, Told};
use crate::notices::store;

/// An alert with its history and with who was told of it. A customer sees neither.
///
/// # Errors
/// [`crate::Error::NotFound`] for an unknown or foreign alert, and for another customer's.
pub async fn alert_story(app: &App, actor: &Actor, id: AlertId) -> Result<AlertStory> {
    let scope = actor.scope(Permission::AlertsRead)?;
    let detail = cold_chain::service::get_alert(app, actor, id).await?;
    let mut told: Vec<Told> = Vec::new();
    if scope.sees_inside() {
        let mut last = None;
        for row in store::told_of(&app.db, actor.org, id).await? {
            if last.replace(row.group_id) != Some(row.group_id) {
                told.push(Told { at: row.at, kind: row.kind, level: row.level, names: Vec::new() });
            }
            if let Some(told) = told.last_mut() {
                told.names.push(row.name);
            }
        }
    }
    Ok(AlertStory { detail, told })
}

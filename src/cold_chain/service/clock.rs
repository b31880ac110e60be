//! A clock that was ahead and has been set right.

use crate::Result;
use crate::cold_chain::reading::AHEAD;
use crate::cold_chain::store::{clock, looks};
use crate::kernel::App;
use crate::kernel::time::Timestamp;

/// The moment at which somebody last noted to be listening, if that lies ahead: the clock has been set back since.
///
/// # Errors
/// What the database says.
pub async fn noted_ahead(app: &App) -> Result<Option<Timestamp>> {
    let limit = app.clock.now().plus(AHEAD);
    Ok(looks::watch(&app.db).await?.map(|(_, looked_at)| looked_at).filter(|looked_at| *looked_at > limit))
}

/// Takes back what the clock of before made devices and alerts believe: what was heard of or raised in the time that is
/// yet to come counts from now, and all devices are looked at. Readings and the history of alerts stay as they were told.
///
/// # Errors
/// What the database says; nothing is changed then.
pub async fn clock_set_back(app: &App) -> Result<()> {
    let now = app.clock.now();
    let limit = now.plus(AHEAD);
    let mut tx = app.db.begin().await?;
    clock::set_back_devices(&mut tx, now, limit).await?;
    clock::set_back_alerts(&mut tx, now, limit).await?;
    looks::note_watch(&mut tx, now, now).await?;
    tx.commit().await
}

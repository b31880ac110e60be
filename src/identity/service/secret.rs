//! Which secret a database belongs to, and its change.

use super::factor::reseal_factors;
use crate::identity::store;
use crate::kernel::App;
use crate::kernel::db::Tx;
use crate::kernel::journal;
use crate::kernel::time::{DAY, Timestamp};
use crate::{Error, Result};

/// How long after a change what was signed with the secret before is accepted: links to repairs that are under way.
const PREVIOUS_ACCEPTED: i64 = 30 * DAY;

/// What to do where the secret of the database is the one before the one in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewSecret {
    /// Change to it. No other server of the installation may be running.
    Enter,
    /// Refuse: a running server would go on sealing with the other one.
    Refuse,
}

/// Passes when the database belongs to the secret in force. A database that belongs to none yet, as before the first
/// start, belongs to it from now on. Tells whether what the secret before has signed still counts.
///
/// On a change to a new secret, the ends of the journals and the second factors are sealed anew. What was signed or
/// stored as a MAC (links, recovery codes) cannot be, and is accepted while the secret before is known.
///
/// # Errors
/// A sentence for people when the database belongs to another secret.
pub async fn recognise_secret(app: &App, new: NewSecret) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some((mark, since)) = store::secret_mark(&mut tx).await? else {
        // Of a database from before the mark, its journals tell.
        if journal::is_foreign(&mut tx).await? {
            return Err(another_secret());
        }
        store::set_secret_mark(&mut tx, &app.secret.mark(), now).await?;
        tx.commit().await?;
        return Ok(true);
    };
    if mark == app.secret.mark() {
        tx.rollback().await?;
        return Ok(now.since(since) < PREVIOUS_ACCEPTED);
    }
    if app.secret.previous().is_none_or(|previous| previous.mark() != mark) {
        return Err(another_secret());
    }
    if new == NewSecret::Refuse {
        return Err(Error::BadRequest(
            "There is a new secret that the server does not know yet: stop it, start it again, then try this again."
                .to_owned(),
        ));
    }
    change(app, &mut tx, now).await?;
    tx.commit().await?;
    tracing::info!("changed to the new secret; the one before is accepted for thirty days");
    Ok(true)
}

async fn change(app: &App, tx: &mut Tx, now: Timestamp) -> Result<()> {
    reseal_factors(app, tx).await?;
    journal::change_seals(tx, now).await?;
    store::set_secret_mark(tx, &app.secret.mark(), now).await
}

/// Lets the database belong to the secret in force, whatever it belonged to before: for an installation that has lost its
/// secret.
///
/// # Errors
/// What the database says.
pub async fn adopt_secret(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::set_secret_mark(&mut tx, &app.secret.mark(), app.clock.now()).await?;
    tx.commit().await
}

fn another_secret() -> Error {
    Error::BadRequest(
        "This database belongs to another secret: put that one back, or, if it is lost, go on under this one with \
         `officina audit reseal`."
            .to_owned(),
    )
}

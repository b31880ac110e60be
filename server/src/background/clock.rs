//! A clock that was ahead and has been set right. What was planned by it would wait for as long as it was ahead: jobs, looks
//! at silent devices, escalations. And whatever was heard of then would seem newer than all that is said now.

use std::time::Duration;

use officina::kernel::{App, jobs};
use officina::{Result, cold_chain, notices};

use crate::state::AppState;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Looks for ever.
pub async fn follow(state: AppState) {
    loop {
        if let Err(error) = look(&state.app).await {
            tracing::warn!(error = %error, "cannot tell whether the clock has been set back");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Plans anew what lies too far ahead, if the clock has been set back since it was last noted, and tells whether it has.
///
/// # Errors
/// What the database says; what is not done then is done the next time.
pub async fn look(app: &App) -> Result<bool> {
    let Some(noted) = cold_chain::service::noted_ahead(app).await? else { return Ok(false) };
    tracing::warn!(clock.noted = %noted, clock.now = %app.clock.now(), "the clock has been set back; planning anew");
    jobs::clock_set_back(app).await?;
    notices::service::clock_set_back(app).await?;
    // Last, because it forgets the moment by which all this is known.
    cold_chain::service::clock_set_back(app).await?;
    Ok(true)
}

//! The follower of the journal that tells people what happened.

use std::time::Duration;

use officina::notices::service;

use crate::state::AppState;

/// How often it is looked whether something has happened or is due. Nobody is told within a minute of what happens, so
/// the journal is not read entry by entry while thousands of devices write to it, but in stretches.
const LOOK: Duration = Duration::from_secs(2);

/// Follows for ever.
pub async fn follow(state: AppState) {
    loop {
        if let Err(error) = service::follow(&state.app).await {
            tracing::warn!(error = %error, "cannot tell what happened for now");
        }
        tokio::time::sleep(LOOK).await;
    }
}

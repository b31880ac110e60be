//! The follower of the journal that tells people what happened.

use std::time::Duration;

use officina::notices::service;

use crate::state::AppState;

/// How often it is looked whether something is due, and whether another process has written the journal.
const LOOK: Duration = Duration::from_secs(2);

/// Follows for ever.
pub async fn follow(state: AppState) {
    let mut bell = state.app.db.journal_bell();
    loop {
        if let Err(error) = service::follow(&state.app).await {
            tracing::warn!(error = %error, "cannot tell what happened for now");
        }
        // An error here means that the sender is gone, which it cannot be while the state lives.
        let _ = tokio::time::timeout(LOOK, bell.changed()).await;
    }
}

//! Writes the alerts that readings did not wait for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use officina::cold_chain::backlog;
use officina::cold_chain::ingest::Intake;
use officina::kernel::time::SECOND;

use crate::state::AppState;

/// How often it is looked whether another server has left some, and how long after an error.
const LOOK: Duration = Duration::from_secs(5);
/// When readings have come in without a pause for so long, alerts are written all the same.
const LONGEST_RUSH: Duration = Duration::from_secs(2);
/// So often, and at these intervals, it is looked whether the writer of readings has time.
const LOOKS: usize = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// While readings come in, they have the writer for so many times as long as a step takes,
const SHARE_OF_READINGS: u32 = 7;
/// unless alerts have been waiting for so long, in milliseconds.
const LONGEST_WAIT: i64 = 5 * SECOND;

/// Follows for ever.
pub async fn follow(state: AppState, intake: Arc<Intake>) {
    loop {
        let begin = Instant::now();
        match backlog::catch_up(&state.app).await {
            Ok(Some(since)) => {
                if intake.is_busy() && state.app.clock.now().since(since) < LONGEST_WAIT {
                    tokio::time::sleep(begin.elapsed() * SHARE_OF_READINGS).await;
                }
            }
            Ok(None) => {
                if tokio::time::timeout(LOOK, intake.put_off()).await.is_ok() {
                    let _ = tokio::time::timeout(LONGEST_RUSH, lull(&intake)).await;
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "cannot write alerts for now");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Waits until the writer of readings has nothing to do half of the time.
async fn lull(intake: &Intake) {
    loop {
        let mut busy = 0;
        for _ in 0..LOOKS {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            busy += usize::from(intake.is_busy());
        }
        if busy <= LOOKS / 2 {
            return;
        }
    }
}

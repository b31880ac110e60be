//! What runs beside the requests: the journal's followers, jobs, and housekeeping.

mod alerts;
pub mod clock;
pub mod jobs;
pub mod live;
mod memory;
pub mod notices;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use officina::Result;
use officina::cold_chain::ingest::Intake;
use tokio_util::task::TaskTracker;

use crate::ingest::Writer;
use crate::state::AppState;

/// How often memory of quiet clients is freed.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// Starts everything. It ends when the state's `stop` is cancelled; the tracker tells when it has.
///
/// # Errors
/// [`officina::Error::Unavailable`] when the database does not answer.
pub async fn start(state: &AppState) -> Result<TaskTracker> {
    let tasks = TaskTracker::new();
    // Where the journal ends now is read before the first request can make it longer.
    let tailer = live::Tailer::at_end(state).await?;
    tasks.spawn(state.stop.clone().run_until_cancelled_owned(tailer.run()));
    if !state.app.db.is_sqlite() {
        tasks.spawn(state.stop.clone().run_until_cancelled_owned(live::hear_other_servers(state.clone())));
    }
    tasks.spawn(state.stop.clone().run_until_cancelled_owned(notices::follow(state.clone())));
    jobs::enqueue_recurring(&state.app).await?;
    for work in jobs::WORKERS {
        tasks.spawn(jobs::work(state.clone(), work));
    }
    tasks.spawn(state.stop.clone().run_until_cancelled_owned(clock::follow(state.clone())));
    tasks.spawn(state.stop.clone().run_until_cancelled_owned(keep_house(state.clone())));
    tasks.spawn(state.stop.clone().run_until_cancelled_owned(memory::give_back()));
    let intake = Arc::new(Intake::default());
    tasks.spawn(state.stop.clone().run_until_cancelled_owned(alerts::follow(state.clone(), Arc::clone(&intake))));
    if let Some(inbox) = state.inbox.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // Not ended with the others: requests that are still being answered wait for it.
        tasks.spawn(Writer::new(state.app.clone(), intake, inbox).run(state.no_more_readings.clone()));
    }
    tasks.close();
    Ok(tasks)
}

async fn keep_house(state: AppState) {
    let mut beat = tokio::time::interval(HOUSEKEEPING);
    loop {
        beat.tick().await;
        state.rates.forget_quiet();
    }
}

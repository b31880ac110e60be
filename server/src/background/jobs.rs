//! The worker of the jobs table.

use std::time::Duration;

use officina::kernel::jobs::{self, Job, NewJob};
use officina::kernel::time::{HOUR, Timestamp};
use officina::kernel::{App, idempotency};
use officina::notify::mail;
use officina::{Error, Result, identity};

use crate::state::AppState;

/// How often the table is looked at when it was empty the last time.
const LOOK: Duration = Duration::from_secs(5);
/// The recurring job that removes what is no longer needed.
const PURGE: &str = "purge";

/// Carries out jobs until the server stops. A job that has begun is carried to its end.
pub async fn work(state: AppState) {
    while !state.stop.is_cancelled() {
        let found = step(&state.app).await.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "cannot work on jobs for now");
            false
        });
        if !found {
            // Stopping is noticed at the head of the loop.
            state.stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
        }
    }
}

/// Puts the recurring jobs into the table, once.
///
/// # Errors
/// What the database says.
pub async fn enqueue_recurring(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let purge = NewJob {
        kind: PURGE,
        org: None,
        payload: "{}".to_owned(),
        run_at: app.clock.now(),
        unique_key: Some(PURGE.to_owned()),
    };
    jobs::enqueue(&mut tx, purge).await?;
    tx.commit().await
}

/// Carries out one job, if one is due, and tells whether there was one.
///
/// # Errors
/// What the database says about the table. What goes wrong in a job is written into its row.
pub async fn step(app: &App) -> Result<bool> {
    let Some(job) = jobs::lease(app).await? else { return Ok(false) };
    match carry_out(app, &job).await {
        Ok(again_at) => jobs::done(app, &job, again_at).await?,
        Err(cause) => {
            tracing::warn!(job.kind = %job.kind, job.id = %job.id, job.attempts = job.attempts, error = %cause, "a job failed");
            jobs::failed(app, &job, &cause).await?;
        }
    }
    Ok(true)
}

/// Does the work and says when it is to be done again, if it recurs.
async fn carry_out(app: &App, job: &Job) -> Result<Option<Timestamp>> {
    match job.kind.as_str() {
        PURGE => {
            idempotency::purge(app).await?;
            identity::service::purge(app).await?;
            Ok(Some(app.clock.now().plus(HOUR)))
        }
        mail::JOB => mail::send(app, job).await.map(|()| None),
        identity::service::FORGOT_JOB => identity::service::send_reset(app, job).await.map(|()| None),
        identity::service::REGISTRATION_JOB => identity::service::send_confirmation(app, job).await.map(|()| None),
        other => Err(Error::internal(format!("no worker knows jobs of the kind {other}"))),
    }
}

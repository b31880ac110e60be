//! The worker of the jobs table.

use std::time::Duration;

use officina::kernel::jobs::{self, Job, Kinds, LEASE, MAX_DEATHS, NewJob};
use officina::kernel::time::{HOUR, SECOND};
use officina::kernel::{App, idempotency};
use officina::notify::{mail, sms};
use officina::{Error, Result, cold_chain, identity, notices, numbers};

use crate::state::AppState;

/// How often the table is looked at when it was empty the last time.
const LOOK: Duration = Duration::from_secs(5);
/// How long a job may go on when the server stops.
const GRACE: Duration = Duration::from_secs(5);
/// For how long it is tried to write that a job is done: less than the lease, with what the job itself may take.
const ENDED_WITHIN: Duration = Duration::from_secs(4 * 60);
/// The recurring job that removes what is no longer needed.
const PURGE: &str = "purge";

/// What each worker works on. What must be done in time, and each way out to somebody else's server, has a worker of its
/// own: a mail server that does not answer holds up mails and nothing else.
pub const WORKERS: [Work; 4] = [
    // If their worker dies, another must not wait long: alerts do not open until then.
    Work { kinds: Kinds::Only(PUNCTUAL), lease: 30 * SECOND },
    Work { kinds: Kinds::Only(&[mail::JOB]), lease: LEASE },
    Work { kinds: Kinds::Only(&[sms::JOB]), lease: LEASE },
    Work {
        kinds: Kinds::AllBut(&[
            cold_chain::service::WATCH_JOB,
            cold_chain::service::ESCALATION_JOB,
            mail::JOB,
            sms::JOB,
        ]),
        lease: LEASE,
    },
];
const PUNCTUAL: &[&str] = &[cold_chain::service::WATCH_JOB, cold_chain::service::ESCALATION_JOB];

/// What a worker works on.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// Jobs of these kinds.
    pub kinds: Kinds,
    /// How long one is the worker's alone, in milliseconds.
    pub lease: i64,
}

/// Carries out jobs of some kinds until the server stops. A job that has begun then is carried to its end, if that comes
/// soon; otherwise it is done anew when its lease has run out.
pub async fn work(state: AppState, what: Work) {
    let too_late = async {
        state.stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::pin!(too_late);
    while !state.stop.is_cancelled() {
        let found = tokio::select! {
            found = step_of(&state.app, what) => found,
            () = &mut too_late => return,
        };
        let found = found.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "cannot work on jobs for now");
            false
        });
        if !found {
            // Stopping is noticed at the head of the loop.
            state.stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
        }
    }
}

/// The recurring jobs, and how long after its end each comes again.
const RECURRING: [(&str, i64); 7] = [
    (PURGE, HOUR),
    (cold_chain::service::WATCH_JOB, cold_chain::service::WATCH_EVERY),
    (cold_chain::service::ESCALATION_JOB, cold_chain::service::ESCALATE_EVERY),
    (cold_chain::service::LOOK_BACK_JOB, cold_chain::service::LOOK_BACK_EVERY),
    (cold_chain::service::RETENTION_JOB, cold_chain::service::RETAIN_EVERY),
    (notices::service::DAILY_JOB, notices::service::DAILY_EVERY),
    (identity::service::FAILED_SIGN_INS_JOB, identity::service::FAILED_SIGN_INS_EVERY),
];

/// Puts the recurring jobs into the table, once.
///
/// # Errors
/// What the database says.
pub async fn enqueue_recurring(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    for (kind, _) in RECURRING {
        let job = NewJob {
            kind,
            org: None,
            payload: "{}".to_owned(),
            run_at: app.clock.now(),
            unique_key: Some(kind.to_owned()),
        };
        jobs::enqueue(&mut tx, job).await?;
    }
    tx.commit().await
}

/// Carries out one job, if one is due, and tells whether there was one.
///
/// # Errors
/// What the database says about the table. What goes wrong in a job is written into its row.
pub async fn step(app: &App) -> Result<bool> {
    step_of(app, Work { kinds: Kinds::All, lease: LEASE }).await
}

async fn step_of(app: &App, what: Work) -> Result<bool> {
    let Some(job) = jobs::lease_of(app, what.kinds, what.lease).await? else { return Ok(false) };
    let again_after = RECURRING.iter().find(|(kind, _)| *kind == job.kind).map(|(_, pause)| *pause);
    let outcome = match job.deaths >= MAX_DEATHS && again_after.is_none() {
        true => Err(Error::internal("its workers died with it")),
        false => carry_out(app, &job).await,
    };
    if let Err(cause) = &outcome {
        tracing::warn!(job.kind = %job.kind, job.id = %job.id, job.attempts = job.attempts, error = %cause, "a job failed");
    }
    match (outcome, again_after) {
        // A recurring job comes again whatever happened: set aside, nobody would ever miss it.
        (_, Some(pause)) => jobs::done(app, &job, Some(app.clock.now().plus(pause))).await?,
        (Ok(()), None) => end(app, &job).await?,
        (Err(cause), None) => {
            if jobs::failed(app, &job, &cause).await? {
                tracing::error!(job.kind = %job.kind, job.id = %job.id, "a job is set aside: it is not tried again");
                metrics::counter!("officina_jobs_set_aside_total", "kind" => job.kind).increment(1);
            }
        }
    }
    Ok(true)
}

/// Ends a job that was carried out. A database that does not answer just then is asked again for as long as the job is this
/// worker's: forgotten, a mail would go out a second time.
async fn end(app: &App, job: &Job) -> Result<()> {
    let until = tokio::time::Instant::now() + ENDED_WITHIN;
    loop {
        match jobs::done(app, job, None).await {
            Err(error) if tokio::time::Instant::now() < until => {
                tracing::warn!(job.kind = %job.kind, job.id = %job.id, error = %error, "a job that is done cannot be ended");
                tokio::time::sleep(LOOK).await;
            }
            ended => return ended,
        }
    }
}

async fn carry_out(app: &App, job: &Job) -> Result<()> {
    match job.kind.as_str() {
        PURGE => {
            idempotency::purge(app).await?;
            jobs::purge(app).await?;
            notices::service::purge(app).await?;
            identity::service::purge(app).await
        }
        cold_chain::service::WATCH_JOB => cold_chain::service::watch(app).await,
        cold_chain::service::ESCALATION_JOB => cold_chain::service::escalate(app).await,
        cold_chain::service::LOOK_BACK_JOB => cold_chain::service::look_back(app).await,
        cold_chain::service::RETENTION_JOB => cold_chain::service::retain(app).await.map(|_| ()),
        notices::service::DAILY_JOB => notices::service::report_days(app).await,
        identity::service::FAILED_SIGN_INS_JOB => identity::service::journal_failed_sign_ins(app).await,
        mail::JOB => mail::send(app, job).await,
        sms::JOB => sms::send(app, job).await,
        identity::service::FORGOT_JOB => identity::service::send_reset(app, job).await,
        identity::service::REGISTRATION_JOB => identity::service::send_confirmation(app, job).await,
        numbers::service::READ_JOB => numbers::service::read_on(app, job).await,
        other => Err(Error::internal(format!("no worker knows jobs of the kind {other}"))),
    }
}

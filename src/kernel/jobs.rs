//! Background work: enqueued in the transaction that causes it, carried out at least once.
//!
//! A worker leases a job; when the worker dies, the lease runs out and another takes the job. A job that fails is tried
//! again, later each time, and set aside after [`MAX_ATTEMPTS`]; one that is refused for good, after [`MAX_REFUSALS`]; one that
//! kills its workers, after [`MAX_DEATHS`].

use crate::kernel::App;
use crate::kernel::db::{Tx, sql};
use crate::kernel::ids::{JobId, OrgId};
use crate::kernel::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};
use crate::{Error, Result};

/// After so many attempts a job is set aside. The last comes after four days, for as long as RFC 5321, section 4.5.4.1, has
/// mails tried: a mail server may be away for a weekend, and nothing that was to be told is lost by it.
pub const MAX_ATTEMPTS: i64 = 110;
/// After so many attempts a job is set aside that is refused for good ([`Error::BadRequest`]): half a day. An
/// address that does not exist is not written to for longer, and a password that the other side refuses can be set right.
pub const MAX_REFUSALS: i64 = 20;
/// After so many workers that died with it a job is set aside: it may be why.
pub const MAX_DEATHS: i64 = 10;
/// How long it is known what was set aside.
const KEPT: i64 = 90 * DAY;
/// How long a worker may take, usually.
pub const LEASE: i64 = 5 * MINUTE;

/// Work to be done.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// What kind of work, as the worker knows it.
    pub kind: &'static str,
    /// The organisation, if it is one's.
    pub org: Option<OrgId>,
    /// JSON for the worker.
    pub payload: String,
    /// Not before this.
    pub run_at: Timestamp,
    /// Jobs with the same key are one job while it waits.
    pub unique_key: Option<String>,
}

/// A leased job.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Job {
    /// The job.
    pub id: JobId,
    /// The organisation, if it is one's.
    pub org_id: Option<OrgId>,
    /// What kind of work.
    pub kind: String,
    /// JSON for the worker.
    pub payload: String,
    /// Attempts so far, this one included.
    pub attempts: i64,
    /// How many of them a worker did not survive, or not within its lease.
    pub deaths: i64,
}

/// The kinds of jobs that somebody works on.
#[derive(Debug, Clone, Copy)]
pub enum Kinds {
    /// Any.
    All,
    /// These.
    Only(&'static [&'static str]),
    /// All but these.
    AllBut(&'static [&'static str]),
}

/// Enqueues work in the transaction that causes it.
///
/// # Errors
/// What the database says.
pub async fn enqueue(tx: &mut Tx, job: NewJob) -> Result<()> {
    sql("INSERT INTO jobs (id, org_id, kind, payload, run_at, unique_key) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (unique_key) DO NOTHING")
    .bind(JobId::new())
    .bind(job.org)
    .bind(job.kind)
    .bind(job.payload)
    .bind(job.run_at)
    .bind(job.unique_key)
    .run(tx)
    .await?;
    Ok(())
}

/// Leases the next job that is due, if there is one.
///
/// # Errors
/// What the database says.
pub async fn lease(app: &App) -> Result<Option<Job>> {
    lease_of(app, Kinds::All, LEASE).await
}

/// Leases the next job that is due, if there is one, of the kinds that somebody works on, for some milliseconds.
///
/// # Errors
/// What the database says.
pub async fn lease_of(app: &App, kinds: Kinds, lease: i64) -> Result<Option<Job>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let mut due = sql(
        "SELECT id FROM jobs WHERE failed_at IS NULL AND run_at <= $1 AND (lease_until IS NULL OR lease_until < $1)",
    )
    .bind(now);
    match kinds {
        Kinds::All => {}
        Kinds::Only(kinds) => {
            due.push(" AND kind IN (").push_list(kinds).push(")");
        }
        Kinds::AllBut(kinds) => {
            due.push(" AND kind NOT IN (").push_list(kinds).push(")");
        }
    }
    due.push(" ORDER BY run_at LIMIT 1");
    if !tx.is_sqlite() {
        // Several servers on one PostgreSQL take different jobs; SQLite has a single writer.
        due.push(" FOR UPDATE SKIP LOCKED");
    }
    let Some((id,)) = due.optional::<(JobId,)>(&mut tx).await? else {
        return tx.rollback().await.map(|()| None);
    };
    let job: Job = sql("UPDATE jobs SET attempts = attempts + 1, \
         deaths = deaths + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END, lease_until = $2 WHERE id = $1 \
         RETURNING id, org_id, kind, payload, attempts, deaths")
    .bind(id)
    .bind(now.plus(lease))
    .one(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(Some(job))
}

/// Ends a job that was carried out, or lets a recurring one wait for its next time.
///
/// # Errors
/// What the database says.
pub async fn done(app: &App, job: &Job, again_at: Option<Timestamp>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    match again_at {
        None => sql("DELETE FROM jobs WHERE id = $1").bind(job.id).run(&mut tx).await?,
        Some(at) => {
            sql("UPDATE jobs SET run_at = $2, attempts = 0, deaths = 0, lease_until = NULL, last_error = NULL WHERE id = $1")
                .bind(job.id)
                .bind(at)
                .run(&mut tx)
                .await?
        }
    };
    tx.commit().await
}

/// Lets a failed job wait for its next attempt, or sets it aside after the last one, and tells whether it did. What is set
/// aside leaves its key to others: somebody may ask for the same again.
///
/// # Errors
/// What the database says.
pub async fn failed(app: &App, job: &Job, cause: &Error) -> Result<bool> {
    let now = app.clock.now();
    let most = if matches!(cause, Error::BadRequest(_)) { MAX_REFUSALS } else { MAX_ATTEMPTS };
    let is_over = job.attempts >= most || job.deaths >= MAX_DEATHS;
    let text = match cause {
        Error::Internal(source) => source.to_string(),
        other => other.to_string(),
    };
    let mut tx = app.db.begin().await?;
    sql("UPDATE jobs SET run_at = $2, lease_until = NULL, failed_at = $3, last_error = $4, \
         unique_key = CASE WHEN $5 = 1 THEN NULL ELSE unique_key END WHERE id = $1")
    .bind(job.id)
    .bind(now.plus(wait_after(job.attempts)))
    .bind(is_over.then_some(now))
    .bind(text)
    .bind(i64::from(is_over))
    .run(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(is_over)
}

/// Forgets what was set aside long ago: nobody will look into it, and it may hold what was meant for one person.
///
/// # Errors
/// What the database says.
pub async fn purge(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    sql("DELETE FROM jobs WHERE failed_at < $1").bind(app.clock.now().plus(-KEPT)).run(&mut tx).await?;
    tx.commit().await
}

/// Makes all jobs due that wait, because the clock has been set back: by the one before, they would wait for as long as it
/// was ahead. A recurring job finds its pace again by itself.
///
/// # Errors
/// What the database says.
pub async fn clock_set_back(app: &App) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    sql("UPDATE jobs SET run_at = $1 WHERE failed_at IS NULL AND run_at > $1").bind(now).run(&mut tx).await?;
    sql("UPDATE jobs SET lease_until = $1 WHERE lease_until > $1").bind(now.plus(LEASE)).run(&mut tx).await?;
    tx.commit().await
}

/// Milliseconds until the next attempt: 10 s, doubling, at most an hour.
const fn wait_after(attempts: i64) -> i64 {
    let doublings = if attempts < 1 { 0 } else { attempts - 1 };
    if doublings > 8 { HOUR } else { (10 * SECOND) << doublings }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_later_each_time() {
        assert_eq!([wait_after(1), wait_after(2), wait_after(4)], [10 * SECOND, 20 * SECOND, 80 * SECOND]);
        assert_eq!(wait_after(60), HOUR);
        assert!((1..60).all(|attempt| wait_after(attempt) <= wait_after(attempt + 1)));
    }
}

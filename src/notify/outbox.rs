//! The way of a message from whoever causes it to the worker that sends it: sealed in a row of the jobs table, written in the
//! transaction that causes it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::kernel::App;
use crate::kernel::db::Tx;
use crate::kernel::ids::OrgId;
use crate::kernel::jobs::{self, Job, NewJob};
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// A message to one person.
pub(super) trait Message: Serialize + DeserializeOwned {
    /// The kind of the jobs that carry it, and what it is sealed for while it waits: it holds addresses, and links that let
    /// people in.
    const JOB: &'static str;

    /// The moment after which it is not sent: what it says would be untrue, or of no use.
    fn until(&self) -> Option<Timestamp>;
}

/// Enqueues a message.
///
/// # Errors
/// What the database says.
pub(super) async fn put<M: Message>(app: &App, tx: &mut Tx, org: Option<OrgId>, message: &M) -> Result<()> {
    let job = NewJob {
        kind: M::JOB,
        org,
        payload: app.secret.seal(M::JOB, &serde_json::to_vec(message).map_err(Error::internal)?)?,
        run_at: app.clock.now(),
        unique_key: None,
    };
    jobs::enqueue(tx, job).await
}

/// The message of a job; `None` when its time is over.
///
/// # Errors
/// [`Error::BadRequest`] when it cannot be read: it never will be.
pub(super) fn take<M: Message>(app: &App, job: &Job) -> Result<Option<M>> {
    let opened = app.secret.unseal(M::JOB, &job.payload).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let message: M = opened.ok_or_else(|| Error::BadRequest("a message cannot be read".to_owned()))?;
    if message.until().is_some_and(|until| until < app.clock.now()) {
        tracing::warn!(job.kind = %job.kind, job.id = %job.id, job.attempts = job.attempts, "a message is not sent any more: its time is over");
        return Ok(None);
    }
    Ok(Some(message))
}

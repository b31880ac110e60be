//! First answers to unsafe requests, kept for a day so that a client that heard nothing may ask again.
//!
//! A request claims its key in the transaction in which its work is committed, the first one that writes the journal. So
//! whatever happens to the server in between, either both are there or neither: what was done is never done twice, and
//! what was not done can be done at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::kernel::App;
use crate::kernel::db::{Tx, sql};
use crate::kernel::time::{DAY, Timestamp};
use crate::{Error, Result};

/// How long an answer is replayed.
const KEPT: i64 = DAY;

tokio::task_local! {
    /// The claim of the request that is being carried out.
    static CURRENT: Arc<Claim>;
}

/// What makes two requests the same.
#[derive(Debug, Clone)]
pub struct RequestKey {
    /// Who asks: organisation and actor, or the public's address.
    pub scope: String,
    /// What the client calls the request.
    pub key: String,
    /// The hash of method, address and body.
    pub hash: Vec<u8>,
}

/// What is known of a request.
#[derive(Debug)]
pub enum Begun {
    /// Nothing: carry it out, with its claim.
    First(Arc<Claim>),
    /// It was carried out.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// It was carried out, and what it answered was shown that once.
    ShownOnce,
    /// It was carried out, and its answer is not known: the server went away before it was written down.
    Lost {
        /// What the work was about.
        made: Option<Uuid>,
    },
    /// It is being carried out.
    Running,
    /// The key belongs to another request.
    Different,
}

/// Hashes of requests by scope and key.
type Requests = HashMap<(String, String), Vec<u8>>;

/// The requests that this server is carrying out just now.
#[derive(Debug, Clone, Default)]
pub struct Claims(Arc<Mutex<Requests>>);

impl Claims {
    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One run of a request, from its beginning until its answer is written down.
#[derive(Debug)]
pub struct Claim {
    request: RequestKey,
    id: Uuid,
    at: Timestamp,
    written: AtomicBool,
    claims: Claims,
}

#[derive(sqlx::FromRow)]
struct Row {
    request_hash: Vec<u8>,
    status: Option<i64>,
    body: Option<Vec<u8>>,
    made_id: Option<Uuid>,
}

/// Begins a request, or tells what became of it. Of two at the same time one gets [`Begun::First`]; of two on several
/// servers both may, and the one whose work comes second is undone.
///
/// # Errors
/// What the database says.
pub async fn begin(app: &App, request: &RequestKey, now: Timestamp) -> Result<Begun> {
    if let Some(row) = find(app, request, now).await? {
        return Ok(row.into_begun(app, request));
    }
    let claim = {
        let mut claims = app.claims.lock();
        if let Some(hash) = claims.get(&request.place()) {
            return Ok(if *hash == request.hash { Begun::Running } else { Begun::Different });
        }
        claims.insert(request.place(), request.hash.clone());
        Arc::new(Claim {
            request: request.clone(),
            id: Uuid::now_v7(),
            at: now,
            written: AtomicBool::new(false),
            claims: app.claims.clone(),
        })
    };
    // Another run may have ended between the two looks.
    Ok(match find(app, request, now).await? {
        None => Begun::First(claim),
        Some(row) => {
            drop(claim);
            row.into_begun(app, request)
        }
    })
}

async fn find(app: &App, request: &RequestKey, now: Timestamp) -> Result<Option<Row>> {
    sql("SELECT request_hash, status, body, made_id FROM idempotent_answers \
         WHERE scope = $1 AND key = $2 AND created_at >= $3")
    .bind(&request.scope)
    .bind(&request.key)
    .bind(now.plus(-KEPT))
    .optional(&app.db)
    .await
}

impl RequestKey {
    fn place(&self) -> (String, String) {
        (self.scope.clone(), self.key.clone())
    }
}

impl Row {
    fn into_begun(self, app: &App, request: &RequestKey) -> Begun {
        if self.request_hash != request.hash {
            return Begun::Different;
        }
        match (self.status.and_then(|status| u16::try_from(status).ok()), self.body) {
            (Some(status), Some(body)) => Begun::Answered { status, body },
            (Some(_), None) => Begun::ShownOnce,
            // The work is committed, and its answer is on the way.
            (None, _) if app.claims.lock().contains_key(&request.place()) => Begun::Running,
            (None, _) => Begun::Lost { made: self.made_id },
        }
    }
}

impl Claim {
    /// Carries out the work of the request: what it commits first in the journal carries the claim.
    pub async fn scope<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        CURRENT.scope(Arc::clone(self), work).await
    }

    /// Writes the claim into the transaction of the work, unless an earlier one has carried it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another server has carried out the same request meanwhile; nothing may be committed then.
    async fn write(&self, tx: &mut Tx, made: Option<Uuid>) -> Result<()> {
        let written = sql("INSERT INTO idempotent_answers (scope, key, request_hash, created_at, claim, made_id) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, \
             created_at = excluded.created_at, claim = excluded.claim, made_id = excluded.made_id, \
             status = NULL, body = NULL WHERE idempotent_answers.created_at < $7")
        .bind(&self.request.scope)
        .bind(&self.request.key)
        .bind(self.request.hash.clone())
        .bind(self.at)
        .bind(self.id)
        .bind(made)
        .bind(self.at.plus(-KEPT))
        .run(tx)
        .await?;
        if written == 1 {
            Ok(())
        } else {
            Err(Error::conflict("The first request with this Idempotency-Key is still running."))
        }
    }

    /// Whether work was committed under this claim.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.written.load(Ordering::Relaxed)
    }

    /// Keeps the answer; of one that holds a secret no body, so that the request is known and nothing is shown again.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finish(&self, app: &App, status: u16, body: Option<&[u8]>) -> Result<()> {
        let mut tx = app.db.begin().await?;
        // A row of another run is another server's, whose answer is the one that counts.
        sql("INSERT INTO idempotent_answers (scope, key, request_hash, created_at, claim, status, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, \
             created_at = excluded.created_at, claim = excluded.claim, status = excluded.status, body = excluded.body \
             WHERE idempotent_answers.claim = excluded.claim OR idempotent_answers.created_at < $8")
        .bind(&self.request.scope)
        .bind(&self.request.key)
        .bind(self.request.hash.clone())
        .bind(self.at)
        .bind(self.id)
        .bind(i64::from(status))
        .bind(body)
        .bind(self.at.plus(-KEPT))
        .run(&mut tx)
        .await?;
        tx.commit().await
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.lock().remove(&self.request.place());
    }
}

/// Called before a transaction that wrote the journal is committed: it carries the claim of the request that it works for,
/// if that has one and no earlier transaction has carried it. To be [marked](mark_written) after the commit.
pub(crate) async fn claim_in(tx: &mut Tx, made: Option<Uuid>) -> Result<Option<Arc<Claim>>> {
    let claim = CURRENT.try_with(Arc::clone).ok().filter(|claim| !claim.is_written());
    if let Some(claim) = &claim {
        claim.write(tx, made).await?;
    }
    Ok(claim)
}

/// The transaction that carried the claim is committed.
pub(crate) fn mark_written(claim: &Claim) {
    claim.written.store(true, Ordering::Relaxed);
}

/// Puts aside, for as long as answers are kept, what was made for somebody and goes nowhere else. It is to be sealed: whoever
/// reads the database must not learn it.
///
/// # Errors
/// What the database says.
pub async fn put_aside(app: &App, scope: &str, key: &str, sealed: &[u8]) -> Result<()> {
    let mut tx = app.db.begin().await?;
    sql("INSERT INTO idempotent_answers (scope, key, request_hash, created_at, status, body) \
         VALUES ($1, $2, $3, $4, $5, $6)")
    .bind(scope)
    .bind(key)
    .bind(Vec::<u8>::new())
    .bind(app.clock.now())
    .bind(200_i64)
    .bind(Some(sealed))
    .run(&mut tx)
    .await?;
    tx.commit().await
}

/// What was put aside, if it is there still.
///
/// # Errors
/// What the database says.
pub async fn from_aside(app: &App, scope: &str, key: &str) -> Result<Option<Vec<u8>>> {
    let row: Option<Row> = sql("SELECT request_hash, status, body, made_id FROM idempotent_answers \
         WHERE scope = $1 AND key = $2")
    .bind(scope)
    .bind(key)
    .optional(&app.db)
    .await?;
    Ok(row.and_then(|row| row.body))
}

/// Removes what is no longer replayed.
///
/// # Errors
/// What the database says.
pub async fn purge(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    sql("DELETE FROM idempotent_answers WHERE created_at < $1").bind(app.clock.now().plus(-KEPT)).run(&mut tx).await?;
    tx.commit().await
}

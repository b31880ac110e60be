//! First answers to unsafe requests, kept for a day so that a client that heard nothing may ask again.

use crate::Result;
use crate::kernel::App;
use crate::kernel::db::sql;
use crate::kernel::time::{DAY, MINUTE, Timestamp};

/// How long an answer is replayed.
const KEPT: i64 = DAY;
/// A first request that has not answered for so long died with its server.
const ABANDONED: i64 = 2 * MINUTE;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: carry it out.
    First,
    /// It was carried out.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// It was carried out, and what it answered was shown that once.
    ShownOnce,
    /// It is being carried out.
    Running,
    /// The key belongs to another request.
    Different,
}

#[derive(sqlx::FromRow)]
struct Row {
    request_hash: Vec<u8>,
    status: Option<i64>,
    body: Option<Vec<u8>>,
}

/// Claims a request, or tells what became of it. Of two at the same time one gets [`Begun::First`].
///
/// # Errors
/// What the database says.
pub async fn begin(app: &App, request: &RequestKey, now: Timestamp) -> Result<Begun> {
    let mut tx = app.db.begin().await?;
    sql("DELETE FROM idempotent_answers WHERE scope = $1 AND key = $2 \
         AND (created_at < $3 OR (status IS NULL AND created_at < $4))")
    .bind(&request.scope)
    .bind(&request.key)
    .bind(now.plus(-KEPT))
    .bind(now.plus(-ABANDONED))
    .run(&mut tx)
    .await?;
    let claimed = sql("INSERT INTO idempotent_answers (scope, key, request_hash, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (scope, key) DO NOTHING")
    .bind(&request.scope)
    .bind(&request.key)
    .bind(request.hash.clone())
    .bind(now)
    .run(&mut tx)
    .await?;
    let begun = if claimed == 1 {
        Begun::First
    } else {
        let row: Row = sql("SELECT request_hash, status, body FROM idempotent_answers WHERE scope = $1 AND key = $2")
            .bind(&request.scope)
            .bind(&request.key)
            .one(&mut tx)
            .await?;
        row.into_begun(&request.hash)
    };
    tx.commit().await?;
    Ok(begun)
}

impl Row {
    fn into_begun(self, hash: &[u8]) -> Begun {
        if self.request_hash != hash {
            return Begun::Different;
        }
        match (self.status.and_then(|status| u16::try_from(status).ok()), self.body) {
            (Some(status), Some(body)) => Begun::Answered { status, body },
            (Some(_), None) => Begun::ShownOnce,
            (None, _) => Begun::Running,
        }
    }
}

/// Keeps the answer; of one that holds a secret no body, so that the request is known and nothing is shown again.
///
/// # Errors
/// What the database says.
pub async fn finish(app: &App, request: &RequestKey, status: u16, body: Option<&[u8]>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    // A claim that was abandoned meanwhile may be another request's.
    sql("UPDATE idempotent_answers SET status = $4, body = $5 \
         WHERE scope = $1 AND key = $2 AND request_hash = $3 AND status IS NULL")
    .bind(&request.scope)
    .bind(&request.key)
    .bind(request.hash.clone())
    .bind(i64::from(status))
    .bind(body)
    .run(&mut tx)
    .await?;
    tx.commit().await
}

/// Forgets a claim whose answer is not to be kept.
///
/// # Errors
/// What the database says.
pub async fn forget(app: &App, request: &RequestKey) -> Result<()> {
    let mut tx = app.db.begin().await?;
    sql("DELETE FROM idempotent_answers WHERE scope = $1 AND key = $2 AND request_hash = $3 AND status IS NULL")
        .bind(&request.scope)
        .bind(&request.key)
        .bind(request.hash.clone())
        .run(&mut tx)
        .await?;
    tx.commit().await
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

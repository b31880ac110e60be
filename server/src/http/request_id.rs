//! The id of a request: made here, never taken from outside, and reachable from wherever an error is answered.

use std::future::Future;
use std::sync::Arc;

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// A fresh id.
#[must_use]
pub fn fresh() -> Arc<str> {
    uuid::Uuid::now_v7().simple().to_string().into()
}

/// The id of the request that is being answered. Outside of one, a fresh id: an error's text and its log line then
/// still carry the same one.
#[must_use]
pub fn current() -> Arc<str> {
    CURRENT.try_with(Arc::clone).unwrap_or_else(|_| fresh())
}

/// Runs a future as part of the request with this id.
pub async fn scope<F: Future>(id: Arc<str>, future: F) -> F::Output {
    CURRENT.scope(id, future).await
}

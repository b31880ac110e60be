//! The live feed: one task follows the journal and tells all who listen.
//!
//! Events come from the journal alone, so a change made by another server or by the command line is seen like one made
//! here. Listeners that fall behind read the journal themselves, see [`crate::api::live`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use officina::kernel::ids::OrgId;
use officina::kernel::journal::{self, JournalEntry};
use officina::{Error, Result};
use serde_json::json;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::state::AppState;

/// How many events a listener may be behind before it has to read the journal.
const BACKLOG: usize = 1_024;
/// Entries read from the journal at once.
pub const BATCH: i64 = 500;
/// The safety net: how often the journal is looked at without being told to. Another process may write a SQLite file.
const LOOK: Duration = Duration::from_secs(2);
/// When to try again who has as many streams as may be, in seconds.
const FULL_SECONDS: u64 = 10;
/// How long to wait before listening to a lost PostgreSQL again.
const RECONNECT: Duration = Duration::from_secs(1);

/// One journal entry as listeners see it: what changed, and the little that a list needs to refresh. No personal data.
#[derive(Debug)]
pub struct LiveEvent {
    /// The organisation.
    pub org: OrgId,
    /// The entry's number, without gaps.
    pub seq: i64,
    /// `<area>.<verb>`.
    pub action: String,
    /// What kind of thing it is about.
    pub subject_kind: String,
    /// Which of them.
    pub subject_id: Uuid,
    /// JSON: subject, time, status.
    pub data: String,
}

impl From<JournalEntry> for LiveEvent {
    fn from(entry: JournalEntry) -> Self {
        let data = json!({
            "seq": entry.seq,
            "at": entry.at,
            "subject": { "kind": entry.subject_kind, "id": entry.subject_id },
            "status": entry.after_text("status"),
        });
        Self {
            org: entry.org_id,
            seq: entry.seq,
            action: entry.action,
            subject_kind: entry.subject_kind,
            subject_id: entry.subject_id,
            data: data.to_string(),
        }
    }
}

/// Where events are told.
#[derive(Debug, Clone)]
pub struct LiveHub {
    events: broadcast::Sender<Arc<LiveEvent>>,
    /// Open streams by who listens.
    streams: Arc<Mutex<HashMap<Uuid, usize>>>,
}

impl Default for LiveHub {
    fn default() -> Self {
        Self { events: broadcast::Sender::new(BACKLOG), streams: Arc::default() }
    }
}

impl LiveHub {
    /// Listens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<LiveEvent>> {
        self.events.subscribe()
    }

    /// A stream more of somebody who may have so many at once.
    ///
    /// # Errors
    /// [`Error::RateLimited`] when they have as many.
    pub fn open(&self, listener: Uuid, most: usize) -> Result<OpenStream> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let count = streams.entry(listener).or_default();
        if *count >= most {
            return Err(Error::RateLimited { retry_after: FULL_SECONDS });
        }
        *count += 1;
        Ok(OpenStream { listener, streams: Arc::clone(&self.streams) })
    }
}

/// One open stream, until this is dropped.
#[derive(Debug)]
pub struct OpenStream {
    listener: Uuid,
    streams: Arc<Mutex<HashMap<Uuid, usize>>>,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = streams.get_mut(&self.listener) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.listener);
            }
        }
    }
}

/// The task that follows the journal of all organisations.
#[derive(Debug)]
pub struct Tailer {
    state: AppState,
    bell: watch::Receiver<u64>,
    positions: HashMap<OrgId, i64>,
}

impl Tailer {
    /// A tailer that tells what is written from now on.
    ///
    /// # Errors
    /// [`officina::Error::Unavailable`] when the database does not answer.
    pub async fn at_end(state: &AppState) -> Result<Self> {
        let bell = state.app.db.journal_bell();
        let positions = journal::heads(&state.app.db).await?.into_iter().collect();
        Ok(Self { state: state.clone(), bell, positions })
    }

    /// Follows for ever.
    pub async fn run(mut self) {
        loop {
            // An error here means that the sender is gone, which it cannot be while the state lives.
            let _ = tokio::time::timeout(LOOK, self.bell.changed()).await;
            if let Err(error) = self.tell_news().await {
                tracing::warn!(error = %error, "cannot read the journal for now");
                tokio::time::sleep(RECONNECT).await;
            }
        }
    }

    async fn tell_news(&mut self) -> Result<()> {
        for (org, head) in journal::heads(&self.state.app.db).await? {
            let position = self.positions.entry(org).or_insert(0);
            if self.state.live.events.receiver_count() == 0 {
                // Who listens from later on reads first what the journal holds by then.
                *position = head;
            }
            while *position < head {
                let entries = journal::after(&self.state.app.db, org, *position, BATCH).await?;
                if entries.is_empty() {
                    break;
                }
                for entry in entries {
                    *position = entry.seq;
                    // Nobody listening is no error.
                    let _ = self.state.live.events.send(Arc::new(entry.into()));
                }
            }
        }
        Ok(())
    }
}

/// Wakes the followers when another server on the same PostgreSQL has written the journal.
pub async fn hear_other_servers(state: AppState) {
    loop {
        if let Err(error) = state.app.db.hear_other_servers().await {
            tracing::warn!(error = %error, "cannot hear other servers for now");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

//! The journal: the append-only record of every change.
//!
//! Services write it in the transaction of the change, through [`write`] and, for many entries, [`write_all`] alone. Each
//! entry is chained to the one before it: `hash = SHA-256(prev_hash ‖ envelope ‖ payload_digest)`, where the payload
//! (before, after, reason, address) counts only by its salted digest. So [`verify`] finds an edited or missing entry, and a
//! payload can be emptied on request while the chain still holds. The end of the chain is sealed with a key that is not in
//! the database (see `seal`).

mod past;
mod seal;
mod verify;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::Result;
use crate::kernel::actor::Actor;
use crate::kernel::db::{Conn, MultiRow, Tx, sql};
use crate::kernel::ids::OrgId;
use crate::kernel::time::Timestamp;

use seal::Head;

pub use past::{PastEntry, past, timeline};
pub(crate) use seal::{KEY, change_seals, is_foreign, seal_heads};
pub use seal::{RESEALED, reseal};
pub use verify::{NOT_SEALED, Verdict, find, verify};

/// What is journaled of a redaction: it says how many entries it has emptied.
pub const REDACTED: &str = "audit.redacted";
/// What stands in the place of the name of a person who was taken out.
pub const FORGOTTEN: &str = "Removed";

/// What is written about a change.
#[derive(Debug)]
pub struct Entry {
    action: &'static str,
    subject_kind: &'static str,
    subject_id: uuid::Uuid,
    before: Option<String>,
    after: Option<String>,
    reason: Option<String>,
}

impl Entry {
    /// An entry for an action, `<area>.<verb in the past>`, on a subject.
    #[must_use]
    pub const fn new(action: &'static str, subject_kind: &'static str, subject_id: uuid::Uuid) -> Self {
        Self { action, subject_kind, subject_id, before: None, after: None, reason: None }
    }

    /// The fields that change, as they were.
    #[must_use]
    pub fn before(mut self, state: &impl Serialize) -> Self {
        self.before = serde_json::to_string(state).ok();
        self
    }

    /// The fields that change, as they are now.
    #[must_use]
    pub fn after(mut self, state: &impl Serialize) -> Self {
        self.after = serde_json::to_string(state).ok();
        self
    }

    /// Why: an internal note. Customers never see it.
    #[must_use]
    pub fn reason(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }
}

/// A row of the journal.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct JournalEntry {
    /// The organisation.
    pub org_id: OrgId,
    /// The number in the organisation, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// `member`, `device`, `token`, `public` or `system`.
    pub actor_kind: String,
    /// The membership, device or token.
    pub actor_id: Option<uuid::Uuid>,
    /// `<area>.<verb>`.
    pub action: String,
    /// `repair`, `lead`, …
    pub subject_kind: String,
    /// The subject's id.
    pub subject_id: uuid::Uuid,
    /// The id of the HTTP request.
    pub request_id: Option<String>,
    /// JSON of the fields before.
    pub before: Option<String>,
    /// JSON of the fields after.
    pub after: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    salt: Option<Vec<u8>>,
    /// When the payload was emptied.
    pub redacted_at: Option<Timestamp>,
    payload_digest: Vec<u8>,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl JournalEntry {
    /// A text field of the state after the change.
    #[must_use]
    pub fn after_text(&self, field: &str) -> Option<String> {
        text_field(self.after.as_deref(), field)
    }

    /// A text field of the state before the change.
    #[must_use]
    pub fn before_text(&self, field: &str) -> Option<String> {
        text_field(self.before.as_deref(), field)
    }

    /// The entry after the end of a chain.
    fn behind(head: &Head, actor: &Actor, at: Timestamp, entry: Entry) -> Self {
        let (actor_kind, actor_id) = actor.journal_words();
        let mut row = Self {
            org_id: actor.org,
            seq: head.seq + 1,
            at,
            actor_kind: actor_kind.to_owned(),
            actor_id,
            action: entry.action.to_owned(),
            subject_kind: entry.subject_kind.to_owned(),
            subject_id: entry.subject_id,
            request_id: actor.request_id.clone(),
            before: entry.before,
            after: entry.after,
            reason: entry.reason,
            address: actor.address.map(|address| address.to_string()),
            salt: Some(rand::random::<[u8; 16]>().to_vec()),
            redacted_at: None,
            payload_digest: Vec::new(),
            prev_hash: head.hash.clone(),
            hash: Vec::new(),
        };
        row.payload_digest = row.digest_of_payload();
        row.hash = row.chain_hash();
        row
    }

    fn digest_of_payload(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        for part in [
            self.salt.as_deref(),
            self.before.as_deref().map(str::as_bytes),
            self.after.as_deref().map(str::as_bytes),
            self.reason.as_deref().map(str::as_bytes),
            self.address.as_deref().map(str::as_bytes),
        ] {
            chain_part(&mut hasher, part);
        }
        hasher.finalize().to_vec()
    }

    fn is_empty(&self) -> bool {
        self.before.is_none()
            && self.after.is_none()
            && self.reason.is_none()
            && self.address.is_none()
            && self.salt.is_none()
    }

    fn chain_hash(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        hasher.update(&self.prev_hash);
        hasher.update(self.org_id.0.as_bytes());
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.at.0.to_be_bytes());
        let actor_id = self.actor_id.map(|id| *id.as_bytes());
        for part in [
            Some(self.actor_kind.as_bytes()),
            actor_id.as_ref().map(<[u8; 16]>::as_slice),
            Some(self.action.as_bytes()),
            Some(self.subject_kind.as_bytes()),
            Some(self.subject_id.as_bytes().as_slice()),
            self.request_id.as_deref().map(str::as_bytes),
            Some(self.payload_digest.as_slice()),
        ] {
            chain_part(&mut hasher, part);
        }
        hasher.finalize().to_vec()
    }
}

/// Feeds one field with its presence and length, so that no two different rows feed the same bytes.
fn chain_part(hasher: &mut Sha256, part: Option<&[u8]>) {
    match part {
        None => hasher.update([0]),
        Some(bytes) => {
            hasher.update([1]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        }
    }
}

fn text_field(json: Option<&str>, field: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json?).ok()?;
    Some(value.get(field)?.as_str()?.to_owned())
}

/// Writes an entry in the transaction of the change and returns its number.
///
/// Writers of one organisation queue on the head of its chain until they commit, so the numbers are in commit order and
/// without gaps: a follower that has seen number n has seen everything up to n.
///
/// # Errors
/// What the database says; the change is then rolled back with it.
pub async fn write(tx: &mut Tx, actor: &Actor, at: Timestamp, entry: Entry) -> Result<i64> {
    let head = Head::take(tx, actor.org).await?;
    let row = JournalEntry::behind(&head, actor, at, entry);
    let seq = row.seq;
    head.follow(tx.journal_key(), seq, &row.hash).store(tx).await?;
    insert(tx, vec![row]).await?;
    Ok(seq)
}

/// Writes entries that belong to one change, as [`write`] does, with a fixed number of statements for each organisation
/// and each few hundred entries: what opens thousands of alerts at once waits for the disk and not for statements.
///
/// # Errors
/// What the database says; the change is then rolled back with it.
pub async fn write_all(tx: &mut Tx, at: Timestamp, mut entries: Vec<(Actor, Entry)>) -> Result<()> {
    // Two servers that write to several journals queue on them in the same order.
    entries.sort_by_key(|(actor, _)| actor.org);
    let mut rows = Vec::with_capacity(entries.len());
    let mut last: Option<Head> = None;
    for (actor, entry) in entries {
        let head = match last.take() {
            Some(head) if head.org_id == actor.org => head,
            finished => {
                if let Some(head) = finished {
                    head.store(tx).await?;
                }
                Head::take(tx, actor.org).await?
            }
        };
        let row = JournalEntry::behind(&head, &actor, at, entry);
        last = Some(head.follow(tx.journal_key(), row.seq, &row.hash));
        rows.push(row);
    }
    if let Some(head) = last {
        head.store(tx).await?;
        insert(tx, rows).await?;
    }
    Ok(())
}

static INSERT: MultiRow = MultiRow::new(
    "INSERT INTO journal (org_id, seq, at, actor_kind, actor_id, action, subject_kind, subject_id, request_id, before, after, \
     reason, address, salt, payload_digest, prev_hash, hash) VALUES ",
    "($,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$,$)",
    "",
);

async fn insert(tx: &mut Tx, rows: Vec<JournalEntry>) -> Result<()> {
    let Some(last) = rows.last().map(|row| row.subject_id) else { return Ok(()) };
    let queries = INSERT.queries(&rows, tx.is_sqlite(), |query, row| {
        query
            .bind(row.org_id)
            .bind(row.seq)
            .bind(row.at)
            .bind(&row.actor_kind)
            .bind(row.actor_id)
            .bind(&row.action)
            .bind(&row.subject_kind)
            .bind(row.subject_id)
            .bind(row.request_id.as_deref())
            .bind(row.before.as_deref())
            .bind(row.after.as_deref())
            .bind(row.reason.as_deref())
            .bind(row.address.as_deref())
            .bind(row.salt.as_deref())
            .bind(row.payload_digest.as_slice())
            .bind(row.prev_hash.as_slice())
            .bind(row.hash.as_slice())
    });
    for query in queries {
        query.run(&mut *tx).await?;
    }
    tx.mark_journaled(last);
    Ok(())
}

/// Empties entries of what they say about a person: fields, reason and address. They stay in the chain, which holds only
/// the digest of that. Tells how many there were that had not been emptied before.
///
/// # Errors
/// What the database says.
pub async fn redact(tx: &mut Tx, org: OrgId, entries: &[i64], at: Timestamp) -> Result<u64> {
    let mut emptied = 0;
    for seq in entries {
        emptied +=
            sql("UPDATE journal SET redacted_at = $3, before = NULL, after = NULL, reason = NULL, address = NULL, \
             salt = NULL WHERE org_id = $1 AND seq = $2 AND redacted_at IS NULL")
            .bind(org)
            .bind(*seq)
            .bind(at)
            .run(&mut *tx)
            .await?;
    }
    Ok(emptied)
}

/// Begins the journal of a new organisation.
///
/// # Errors
/// What the database says.
pub async fn begin(tx: &mut Tx, org: OrgId) -> Result<()> {
    let head = Head::first(tx.journal_key(), org);
    sql("INSERT INTO journal_heads (org_id, seq, hash, seal) VALUES ($1, $2, $3, $4)")
        .bind(head.org_id)
        .bind(head.seq)
        .bind(head.hash)
        .bind(head.seal)
        .run(tx)
        .await?;
    Ok(())
}

/// The entries of an organisation after a number, oldest first.
///
/// # Errors
/// What the database says.
pub async fn after(on: impl Into<Conn<'_>>, org: OrgId, seq: i64, limit: i64) -> Result<Vec<JournalEntry>> {
    sql("SELECT * FROM journal WHERE org_id = $1 AND seq > $2 ORDER BY seq LIMIT $3")
        .bind(org)
        .bind(seq)
        .bind(limit)
        .all(on)
        .await
}

/// The last number of every organisation's journal.
///
/// # Errors
/// What the database says.
pub async fn heads(on: impl Into<Conn<'_>>) -> Result<Vec<(OrgId, i64)>> {
    sql("SELECT org_id, seq FROM journal_heads").all(on).await
}

/// The last number of one organisation's journal.
///
/// # Errors
/// What the database says.
pub async fn head(on: impl Into<Conn<'_>>, org: OrgId) -> Result<i64> {
    let (seq,): (i64,) = sql("SELECT seq FROM journal_heads WHERE org_id = $1").bind(org).one(on).await?;
    Ok(seq)
}

/// The last number of one organisation's journal, and the hash of its entry in hex.
///
/// # Errors
/// What the database says.
pub async fn mark(on: impl Into<Conn<'_>>, org: OrgId) -> Result<(i64, String)> {
    let (seq, hash): (i64, Vec<u8>) =
        sql("SELECT seq, hash FROM journal_heads WHERE org_id = $1").bind(org).one(on).await?;
    Ok((seq, hex(&hash)))
}

/// Whether the newest entry about a subject says what this one would, by the same actor: the change is a repetition, such
/// as the second click of a double click, and is done already.
///
/// # Errors
/// What the database says.
pub async fn is_repeated(tx: &mut Tx, actor: &Actor, entry: &Entry) -> Result<bool> {
    let newest: Option<JournalEntry> = sql("SELECT * FROM journal WHERE org_id = $1 AND subject_kind = $2 \
         AND subject_id = $3 ORDER BY seq DESC LIMIT 1")
    .bind(actor.org)
    .bind(entry.subject_kind)
    .bind(entry.subject_id)
    .optional(tx)
    .await?;
    let (kind, id) = actor.journal_words();
    Ok(newest.is_some_and(|newest| {
        id.is_some()
            && (newest.actor_kind.as_str(), newest.actor_id) == (kind, id)
            && newest.action == entry.action
            && newest.after == entry.after
            && newest.reason == entry.reason
    }))
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! The seal of a journal's end: a MAC with a key that follows from the installation's secret.
//!
//! Whoever may rewrite the database can compute a whole new chain, or cut it off, and put the head right; but cannot
//! seal the head. What was once sealed can be put back: a seal does not know that there was a later one.

use serde_json::json;

use super::{Entry, NOT_SEALED, hex, verify, write};
use crate::kernel::actor::Actor;
use crate::kernel::db::{Conn, Db, Tx, sql};
use crate::kernel::ids::OrgId;
use crate::kernel::secret::Key;
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// What the key is derived for.
pub(crate) const KEY: &str = "journal head";
/// What is journaled when ends were sealed anew.
pub const RESEALED: &str = "audit.resealed";
/// Stands in front of what is sealed, so that no other MAC with the same key could be taken for one of these.
const LABEL: &[u8] = b"officina journal head 1";

/// The end of an organisation's chain.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Head {
    pub(super) org_id: OrgId,
    pub(super) seq: i64,
    pub(super) hash: Vec<u8>,
    pub(super) seal: Option<Vec<u8>>,
}

impl Head {
    /// The end of a chain without entries.
    pub(super) fn first(key: &Key, org: OrgId) -> Self {
        Self { org_id: org, seq: 0, hash: vec![0; 32], seal: None }.sealed(key)
    }

    pub(super) async fn find(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Option<Self>> {
        sql("SELECT org_id, seq, hash, seal FROM journal_heads WHERE org_id = $1").bind(org).optional(on).await
    }

    /// The same, and other writers wait until this transaction ends.
    pub(super) async fn lock(tx: &mut Tx, org: OrgId) -> Result<Option<Self>> {
        sql("SELECT org_id, seq, hash, seal FROM journal_heads WHERE org_id = $1").bind(org).lock(tx).await
    }

    /// The same of an organisation that has a journal, as every one does.
    pub(super) async fn take(tx: &mut Tx, org: OrgId) -> Result<Self> {
        Self::lock(tx, org).await?.ok_or_else(|| Error::internal("the organisation has no journal"))
    }

    pub(super) fn is_sealed(&self, key: &Key) -> bool {
        self.seal.as_deref().is_some_and(|seal| key.is_mac(&self.sealed_bytes(), seal))
    }

    /// The head after one more entry. A seal that does not hold is kept as it is: made anew, it would hide with the next
    /// entry what was done to the chain.
    pub(super) fn follow(self, key: &Key, seq: i64, hash: &[u8]) -> Self {
        let holds = self.is_sealed(key);
        let next = Self { seq, hash: hash.to_vec(), ..self };
        if holds { next.sealed(key) } else { next }
    }

    pub(super) async fn store(self, tx: &mut Tx) -> Result<()> {
        sql("UPDATE journal_heads SET seq = $2, hash = $3, seal = $4 WHERE org_id = $1")
            .bind(self.org_id)
            .bind(self.seq)
            .bind(self.hash)
            .bind(self.seal)
            .run(tx)
            .await?;
        Ok(())
    }

    fn sealed(self, key: &Key) -> Self {
        Self { seal: Some(key.mac(&self.sealed_bytes()).to_vec()), ..self }
    }

    /// Every part but the last has a fixed length, so that no two heads give the same bytes.
    fn sealed_bytes(&self) -> Vec<u8> {
        [LABEL, self.org_id.0.as_bytes(), &self.seq.to_be_bytes(), &self.hash].concat()
    }
}

/// Seals the heads of a database that had no seals, in the transaction that makes room for them and never again: otherwise it
/// would be enough to empty the column.
pub(crate) async fn seal_heads(tx: &mut Tx) -> Result<()> {
    let heads: Vec<Head> = sql("SELECT org_id, seq, hash, seal FROM journal_heads").all(&mut *tx).await?;
    if !heads.is_empty() {
        // In the log, because who may undo the migration in the database cannot take it out of there.
        tracing::info!(journals = heads.len(), "sealed the ends of the journals for the first time");
    }
    for head in heads {
        head.sealed(tx.journal_key()).store(tx).await?;
    }
    Ok(())
}

/// Whether there are journals, and the end of none is sealed with a key of this database.
pub(crate) async fn is_foreign(tx: &mut Tx) -> Result<bool> {
    let heads: Vec<Head> = sql("SELECT org_id, seq, hash, seal FROM journal_heads").all(&mut *tx).await?;
    Ok(!heads.is_empty() && !heads.iter().any(|head| head.is_sealed(tx.journal_key())))
}

/// Seals with the key of a new secret all ends whose seal holds under the secret before it. Each journal says so.
pub(crate) async fn change_seals(tx: &mut Tx, at: Timestamp) -> Result<()> {
    let heads: Vec<Head> =
        sql("SELECT org_id, seq, hash, seal FROM journal_heads ORDER BY org_id").all(&mut *tx).await?;
    for head in heads {
        let entry = Entry::new(RESEALED, "organisation", head.org_id.0)
            .before(&json!({ "seq": head.seq, "hash": hex(&head.hash) }));
        write(tx, &Actor::system(head.org_id), at, entry).await?;
    }
    Ok(())
}

/// Seals anew what is whole but not sealed with the secret in force, for an installation that goes on under another
/// secret. Each journal says that it was done. Tells the organisations.
///
/// # Errors
/// [`Error::Conflict`] when a chain is broken; nothing is sealed then.
pub async fn reseal(db: &Db, at: Timestamp) -> Result<Vec<OrgId>> {
    let mut verdicts = verify(db).await?;
    verdicts.retain(|verdict| verdict.fault.is_some());
    if verdicts.iter().any(|verdict| verdict.fault.as_deref() != Some(NOT_SEALED)) {
        return Err(Error::conflict("A journal is broken. Sealing it would not make it whole."));
    }
    let mut tx = db.begin().await?;
    for verdict in &verdicts {
        let Some(head) = Head::lock(&mut tx, verdict.org).await? else { continue };
        let found = json!({ "seq": head.seq, "hash": hex(&head.hash) });
        head.sealed(tx.journal_key()).store(&mut tx).await?;
        let entry = Entry::new(RESEALED, "organisation", verdict.org.0).before(&found);
        write(&mut tx, &Actor::system(verdict.org), at, entry).await?;
    }
    tx.commit().await?;
    Ok(verdicts.into_iter().map(|verdict| verdict.org).collect())
}

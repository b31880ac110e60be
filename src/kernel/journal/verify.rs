//! Reads the whole journal and says what is wrong with it.

use std::collections::BTreeMap;

use super::seal::Head;
use super::{JournalEntry, REDACTED, after, hex};
use crate::Result;
use crate::kernel::db::{Conn, Db, sql};
use crate::kernel::ids::OrgId;
use crate::kernel::time::Timestamp;

/// What is wrong with a chain that is whole, but whose end is not sealed with the secret in force.
pub const NOT_SEALED: &str = "the chain is whole, but its end is not sealed with this installation's secret: either the \
     installation was restored under another secret, or the journal was rewritten together with its end";

/// What [`verify`] found in one organisation's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The organisation.
    pub org: OrgId,
    /// Entries read.
    pub entries: i64,
    /// The hash at the end of the chain, in hex: note it elsewhere to notice a chain that was put back to an older state.
    pub head: String,
    /// The first thing wrong, if any.
    pub fault: Option<String>,
}

/// Recomputes the chain of every organisation, and checks the seal of its end with the key of this database.
///
/// # Errors
/// What the database says. A broken chain is a [`Verdict::fault`], not an error.
pub async fn verify(db: &Db) -> Result<Vec<Verdict>> {
    let organisations: Vec<(OrgId,)> = sql("SELECT id FROM organisations ORDER BY created_at, id").all(db).await?;
    let mut verdicts = Vec::new();
    for (org,) in organisations {
        // Read before the entries: what is written meanwhile comes after it.
        verdicts.push(match Head::find(db, org).await? {
            Some(head) => verify_one(db, &head).await?,
            None => {
                let fault = Some("the journal is missing".to_owned());
                Verdict { org, entries: 0, head: hex(&[0; 32]), fault }
            }
        });
    }
    Ok(verdicts)
}

async fn verify_one(db: &Db, head: &Head) -> Result<Verdict> {
    let org = head.org_id;
    let mut hash = vec![0u8; 32];
    let mut seq = 0;
    let mut reaches_head = head.seq == 0 && head.hash == hash;
    let mut fault = None;
    // How many entries were emptied at a moment, the first of them, and how many a redaction of that moment has owned to.
    let mut emptied: BTreeMap<Timestamp, Emptied> = BTreeMap::new();
    'chain: loop {
        let entries = after(db, org, seq, 1_000).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            fault = fault_of(&entry, seq + 1, &hash);
            if fault.is_some() {
                break 'chain;
            }
            if let Some(at) = entry.redacted_at {
                let emptied = emptied.entry(at).or_insert(Emptied { first: entry.seq, count: 0, owned: 0 });
                emptied.count += 1;
            }
            if entry.action == REDACTED
                && let Some(emptied) = emptied.get_mut(&entry.at)
            {
                // One that was emptied itself, by a later redaction of the same person, owns to whatever it was.
                emptied.owned = entry.after.as_deref().map_or(i64::MAX, entries_in).saturating_add(emptied.owned);
            }
            seq = entry.seq;
            hash = entry.hash;
            reaches_head |= seq == head.seq && hash == head.hash;
        }
    }
    if fault.is_none() {
        let silent = emptied.values().find(|emptied| emptied.count > emptied.owned);
        fault = silent.map(|emptied| format!("entry {} was emptied, and no redaction says so", emptied.first));
    }
    if fault.is_none() {
        let newest = Head::find(db, org).await?.map_or(0, |newest| newest.seq);
        fault = if seq < head.seq {
            Some(format!("entries {} to {} are missing", seq + 1, head.seq))
        } else if !reaches_head {
            Some("the head of the chain does not match its entry".to_owned())
        } else if seq > newest {
            Some(format!("entry {} stands behind the head of the chain", newest + 1))
        } else {
            (!head.is_sealed(db.journal_key())).then(|| NOT_SEALED.to_owned())
        };
    }
    Ok(Verdict { org, entries: seq, head: hex(&hash), fault })
}

/// The entry that has a hash, given in hex as a report names it: its organisation and number. What the number is worth,
/// [`verify`] says.
///
/// # Errors
/// What the database says.
pub async fn find(on: impl Into<Conn<'_>>, hash: &str) -> Result<Option<(OrgId, i64)>> {
    let digits = hash.as_bytes().chunks_exact(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    let Some(hash) = digits.collect::<Option<Vec<u8>>>() else { return Ok(None) };
    sql("SELECT org_id, seq FROM journal WHERE hash = $1").bind(hash).optional(on).await
}

/// Entries that were emptied at one moment.
struct Emptied {
    first: i64,
    count: i64,
    owned: i64,
}

/// How many entries a redaction says that it has emptied.
fn entries_in(after: &str) -> i64 {
    let after: serde_json::Value = serde_json::from_str(after).unwrap_or_default();
    after["entries"].as_i64().unwrap_or_default()
}

fn fault_of(entry: &JournalEntry, expected: i64, prev_hash: &[u8]) -> Option<String> {
    if entry.seq != expected {
        return Some(format!("entry {expected} is missing"));
    }
    let is_sound = match entry.redacted_at {
        None => entry.digest_of_payload() == entry.payload_digest,
        // An emptied entry says nothing at all.
        Some(_) => entry.is_empty(),
    };
    if !is_sound {
        return Some(format!("the content of entry {expected} was changed"));
    }
    if entry.prev_hash != prev_hash || entry.chain_hash() != entry.hash {
        return Some(format!("entry {expected} does not follow from the one before it"));
    }
    None
}

//! What the journal tells of one subject: its history, as it was written and as pages show it.

use super::text_field;
use crate::Result;
use crate::kernel::db::{Conn, sql};
use crate::kernel::ids::OrgId;
use crate::kernel::time::Timestamp;
use crate::kernel::timeline::{FieldChange, TimelineEntry};

/// What happened to a subject, and who did it.
#[derive(Debug, sqlx::FromRow)]
pub struct PastEntry {
    /// The number in the organisation.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// `<area>.<verb>`.
    pub action: String,
    actor_kind: String,
    actor_name: Option<String>,
    /// JSON of the fields before; none where it was redacted.
    pub before: Option<String>,
    /// JSON of the fields after; none where it was redacted.
    pub after: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// The history of one subject, oldest first, with the names of those who made it, as pages show it.
///
/// # Errors
/// What the database says.
pub async fn timeline(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    subject_kind: &'static str,
    subject_id: uuid::Uuid,
) -> Result<Vec<TimelineEntry>> {
    Ok(past(on, org, subject_kind, subject_id).await?.into_iter().map(PastEntry::into_entry).collect())
}

/// The history of one subject, oldest first, with what it was and became.
///
/// # Errors
/// What the database says.
pub async fn past(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    subject_kind: &'static str,
    subject_id: uuid::Uuid,
) -> Result<Vec<PastEntry>> {
    sql("SELECT j.seq, j.at, j.action, j.actor_kind, a.name AS actor_name, j.before, j.after, j.reason \
         FROM journal j \
         LEFT JOIN memberships m ON m.org_id = j.org_id AND m.id = j.actor_id \
         LEFT JOIN accounts a ON a.id = m.account_id \
         WHERE j.org_id = $1 AND j.subject_kind = $2 AND j.subject_id = $3 ORDER BY j.seq")
    .bind(org)
    .bind(subject_kind)
    .bind(subject_id)
    .all(on)
    .await
}

impl PastEntry {
    /// Who did it, as colleagues know them.
    #[must_use]
    pub fn actor(&self) -> &str {
        match (self.actor_kind.as_str(), &self.actor_name) {
            (_, Some(name)) => name,
            ("public", None) => "Public form",
            ("device", None) => "Device",
            _ => "Officina",
        }
    }

    fn into_entry(self) -> TimelineEntry {
        TimelineEntry {
            seq: self.seq,
            at: self.at,
            actor: self.actor().to_owned(),
            action: self.action,
            from: text_field(self.before.as_deref(), "status"),
            to: text_field(self.after.as_deref(), "status"),
            public_note: text_field(self.after.as_deref(), "publicNote"),
            muted: text_field(self.after.as_deref(), "muted"),
            changes: changes(self.before.as_deref(), self.after.as_deref()),
            internal_note: self.reason,
        }
    }
}

/// The fields that differ between two states; none where either is missing, as for what was made or redacted, and none
/// for a step, which says what it did by itself.
fn changes(before: Option<&str>, after: Option<&str>) -> Vec<FieldChange> {
    let fields = |state: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(state).ok();
    let (Some(before), Some(after)) = (before.and_then(fields), after.and_then(fields)) else { return Vec::new() };
    if after.contains_key("status") {
        return Vec::new();
    }
    let text = |value: Option<&serde_json::Value>| match value? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => Some(other.to_string()),
    };
    before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)))
        .filter(|name| text(before.get(*name)) != text(after.get(*name)))
        .map(|name| FieldChange { field: name.clone(), from: text(before.get(name)), to: text(after.get(name)) })
        .collect()
}

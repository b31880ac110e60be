//! The history of a record as people read it. Every timeline on every page is a query on the journal.

use serde::{Deserialize, Serialize};

use crate::kernel::time::Timestamp;

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// The journal's sequence number in the organisation.
    pub seq: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened: `repair.status_changed`, `lead.created`, …
    pub action: String,
    /// Who did it, as colleagues know them: a name, `Public form`, `Officina`.
    pub actor: String,
    /// The status before, for a status change.
    pub from: Option<String>,
    /// The status after, for a status change or a creation.
    pub to: Option<String>,
    /// A note that the customer sees.
    pub public_note: Option<String>,
    /// A note for colleagues; never shown to customers.
    pub internal_note: Option<String>,
    /// Why nobody was told, where somebody would have been: `silence` or `quiet_hours`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<String>,
    /// What changed, for a change of facts; never shown to customers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Its name: `promisedDate`, …
    pub field: String,
    /// What it was, as text; none when it was empty.
    pub from: Option<String>,
    /// What it became.
    pub to: Option<String>,
}

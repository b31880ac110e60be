//! The journal as the outside sees it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::ids::{AccountId, CustomerId, LeadId};
use crate::kernel::time::Timestamp;

/// Which entries are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct AuditFilter {
    /// An action such as `repairs.created`, or all of an area such as `repairs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// A kind of subject such as `repair`, or one subject: `repair:<id>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "utoipa", param(pattern = "^[^:]*(:[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})?$"))]
    pub subject: Option<String>,
    /// `member`, `device`, `token`, `public`, `system`, or the id of an account, membership, device or token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "utoipa",
        param(pattern = "^(member|device|token|public|system|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})?$")
    )]
    pub actor: Option<String>,
    /// The first moment or day, in the organisation's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "utoipa",
        param(
            pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?)?$"
        )
    )]
    pub from: Option<String>,
    /// The last moment or day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "utoipa",
        param(
            pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?)?$"
        )
    )]
    pub to: Option<String>,
    /// A plate, tracking code, serial number, phone number or name of what something was done to: every word must occur.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// False leaves out the entries that only say who was told of something (`notices.told`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<bool>,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditActor {
    /// `member`, `device`, `token`, `public` or `system`.
    pub kind: String,
    /// The membership, device or token.
    pub id: Option<uuid::Uuid>,
    /// The person's name, the token's, or the device's serial number.
    pub name: Option<String>,
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct AuditSubject {
    /// `repair`, `lead`, …
    pub kind: String,
    /// Its id.
    pub id: uuid::Uuid,
    /// What it is called today: a plate, a serial number, a person's name.
    pub name: Option<String>,
}

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its number in the organisation.
    pub seq: i64,
    /// When it was written.
    pub at: Timestamp,
    /// Who did it.
    pub actor: AuditActor,
    /// What was done: `<area>.<verb>`.
    pub action: String,
    /// To what.
    pub subject: AuditSubject,
    /// The fields that changed, as they were.
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<Object>))]
    pub before: Option<Value>,
    /// The fields that changed, as they were afterwards.
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<Object>))]
    pub after: Option<Value>,
    /// Why.
    pub reason: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// The id of the HTTP request, which leads to the log.
    pub request_id: Option<String>,
    /// When the entry was emptied of personal data; it has no fields, reason and address since then.
    pub redacted_at: Option<Timestamp>,
}

/// Whose data is taken out of the journal and out of their own record. Exactly one is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redact {
    /// A customer without open repairs.
    pub customer_id: Option<CustomerId>,
    /// The account of somebody who is no member any more.
    pub account_id: Option<AccountId>,
    /// A lead that is lost, converted or in quarantine.
    pub lead_id: Option<LeadId>,
}

/// What was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Redacted {
    /// Entries of the journal that were emptied.
    pub entries: u64,
}

/// What a page can offer to filter by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Every action that the journal holds, in order.
    pub actions: Vec<String>,
    /// The members, present and past, by name.
    pub people: Vec<crate::identity::Colleague>,
}

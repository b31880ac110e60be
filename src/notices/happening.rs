//! What an entry of the journal means for those who are to be told.

use serde_json::Value;

use super::model::NoticeKind;
use crate::kernel::ids::{AlertId, MembershipId};
use crate::kernel::journal::JournalEntry;
use crate::kernel::time::Timestamp;

/// Something that people are told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Happening {
    pub kind: NoticeKind,
    pub alert: AlertId,
    pub at: Timestamp,
    /// Whether it was found in readings that arrived late.
    pub late: bool,
    /// The level of an escalation, from 1; otherwise 0.
    pub level: i64,
    /// JSON: the roles and members of an escalation; otherwise empty.
    pub told_to: String,
    /// The member who did it.
    pub by: Option<MembershipId>,
}

impl Happening {
    /// What an entry means; nothing for most, and nothing for what is muted.
    pub fn of(entry: &JournalEntry) -> Option<Self> {
        let kind = match entry.action.as_str() {
            "alerts.opened" | "alerts.continued" => NoticeKind::Opening,
            "cold_chain.alert_escalated" => NoticeKind::Escalation,
            "alerts.resolved" => NoticeKind::Resolution,
            _ => return None,
        };
        let facts: Value = serde_json::from_str(entry.after.as_deref()?).ok()?;
        if !facts["muted"].is_null() {
            return None;
        }
        let is_escalation = kind == NoticeKind::Escalation;
        Some(Self {
            kind,
            alert: AlertId(entry.subject_id),
            at: entry.at,
            late: facts["late"].as_bool().unwrap_or(false),
            level: if is_escalation { facts["level"].as_i64()? } else { 0 },
            told_to: if is_escalation { facts["to"].to_string() } else { String::new() },
            by: entry.actor_id.filter(|_| entry.actor_kind == "member").map(MembershipId),
        })
    }
}

//! How statuses and kinds of repairs are called and look.

use leptos::prelude::*;
use officina::repairs::{RepairStatus, RepairType};

use crate::ui::{Badge, Icon, Tone};

/// What staff call a status.
#[must_use]
pub const fn status_label(status: RepairStatus) -> &'static str {
    match status {
        RepairStatus::PreCheckin => "Checked in online",
        RepairStatus::Confirmed => "Confirmed",
        RepairStatus::Accepted => "Accepted",
        RepairStatus::Disassembly => "Disassembly",
        RepairStatus::Bodywork => "Bodywork",
        RepairStatus::Painting => "Painting",
        RepairStatus::Reassembly => "Reassembly",
        RepairStatus::QualityCheck => "Quality check",
        RepairStatus::Ready => "Ready",
        RepairStatus::Delivered => "Delivered",
        RepairStatus::WaitingParts => "Waiting for parts",
        RepairStatus::Cancelled => "Cancelled",
    }
}

/// How a status looks.
#[must_use]
pub const fn status_look(status: RepairStatus) -> (Tone, Icon) {
    match status {
        RepairStatus::PreCheckin => (Tone::Info, Icon::Message),
        RepairStatus::Confirmed => (Tone::Info, Icon::Calendar),
        RepairStatus::Accepted => (Tone::Neutral, Icon::Car),
        RepairStatus::WaitingParts => (Tone::Warning, Icon::Parts),
        RepairStatus::Ready => (Tone::Success, Icon::Flag),
        RepairStatus::Delivered => (Tone::Success, Icon::Check),
        RepairStatus::Cancelled => (Tone::Danger, Icon::Cross),
        _ => (Tone::Work, Icon::Wrench),
    }
}

/// What staff call a kind of repair.
#[must_use]
pub const fn type_label(kind: RepairType) -> &'static str {
    match kind {
        RepairType::Collision => "Collision",
        RepairType::Cosmetic => "Cosmetic",
        RepairType::Mechanical => "Mechanical",
    }
}

/// A status as a badge.
#[component]
pub fn StatusBadge(
    /// The status.
    status: RepairStatus,
) -> impl IntoView {
    let (tone, symbol) = status_look(status);
    view! { <Badge tone=tone symbol=symbol label=status_label(status)/> }
}

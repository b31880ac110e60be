//! How alerts are called and look.

use leptos::prelude::*;
use officina::cold_chain::AlertType;

use crate::ui::{Badge, Icon, Tone};

/// What is said of a cell that has never been measured.
pub(super) const NO_READINGS: &str = "No readings yet";

/// What staff call an alert.
#[must_use]
pub const fn alert_label(kind: AlertType) -> &'static str {
    match kind {
        AlertType::HighTemp => "Too warm",
        AlertType::LowTemp => "Too cold",
        AlertType::PowerLoss => "No power",
        AlertType::DoorOpen => "Door open",
        AlertType::LowBattery => "Battery low",
        AlertType::SensorError => "Silent",
    }
}

/// The icon of an alert.
#[must_use]
pub const fn alert_icon(kind: AlertType) -> Icon {
    match kind {
        AlertType::HighTemp => Icon::Thermometer,
        AlertType::LowTemp => Icon::Snow,
        AlertType::PowerLoss => Icon::Plug,
        AlertType::LowBattery => Icon::Battery,
        AlertType::DoorOpen => Icon::Door,
        AlertType::SensorError => Icon::Warning,
    }
}

/// An alert as a badge.
pub fn alert_badge(kind: AlertType, is_active: bool) -> AnyView {
    let tone = if is_active { Tone::Danger } else { Tone::Neutral };
    view! { <Badge tone=tone symbol=alert_icon(kind) label=alert_label(kind)/> }.into_any()
}

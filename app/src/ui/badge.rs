//! Short words about a state.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::icon::{Icon, icon};

/// What a state means for the one who looks: the colour of a badge, an alert, a line in a timeline. It never stands
/// alone: an icon and a word say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Tone {
    /// Nothing to do.
    #[default]
    Neutral,
    /// New, to be looked at.
    Info,
    /// In the works.
    Work,
    /// Waiting, or to be watched.
    Warning,
    /// Done well.
    Success,
    /// Wrong, or over.
    Danger,
}

impl Tone {
    /// The class that sets the colour.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "tone-neutral",
            Self::Info => "tone-info",
            Self::Work => "tone-work",
            Self::Warning => "tone-warning",
            Self::Success => "tone-success",
            Self::Danger => "tone-danger",
        }
    }
}

/// A word about a state, with its colour and its icon.
#[component]
pub fn Badge(
    /// The colour.
    #[prop(optional)]
    tone: Tone,
    /// The icon before the word.
    #[prop(optional, into)]
    symbol: Option<Icon>,
    /// The word.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <span class=format!("badge {}", tone.class())>
            {symbol.map(icon)}
            <span class="clip">{label}</span>
        </span>
    }
}

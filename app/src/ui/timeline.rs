//! What happened, newest first.

use leptos::prelude::*;

use serde::{Deserialize, Serialize};

use super::badge::Tone;
use super::icon::{Icon, icon};
use crate::moment::Moment;

/// One line of a timeline, ready to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineItem {
    /// What happened.
    pub title: String,
    /// When.
    pub when: Moment,
    /// Who did it; customers are not told.
    pub actor: Option<String>,
    /// A note that the customer sees.
    pub public_note: Option<String>,
    /// A note for colleagues.
    pub internal_note: Option<String>,
    /// The colour.
    pub tone: Tone,
    /// The icon.
    pub symbol: Icon,
}

/// A list of what happened.
#[component]
pub fn Timeline(
    /// The lines, newest first.
    items: Vec<TimelineItem>,
) -> impl IntoView {
    let items: Vec<_> = items
        .into_iter()
        .map(|item| {
            view! {
                <li class=item.tone.class()>
                    {icon(item.symbol)}
                    <div class="spread wrap">
                        <strong>{item.title}</strong>
                        {item.when.view()}
                    </div>
                    {item.actor.map(|actor| view! { <div class="small muted">{actor}</div> })}
                    {item.public_note.map(|note| view! { <blockquote>{note}</blockquote> })}
                    {item.internal_note.map(|note| view! { <blockquote class="internal">{note}</blockquote> })}
                </li>
            }
        })
        .collect();
    view! { <ol class="timeline">{items}</ol> }
}

//! What happened, newest first.

use leptos::prelude::*;

use super::badge::Tone;
use super::icon::{Icon, icon};

/// One line of a timeline, ready to show.
#[derive(Debug, Clone)]
pub struct TimelineItem {
    /// What happened.
    pub title: String,
    /// When, in words, in the organisation's time zone.
    pub time: String,
    /// When, for machines and tooltips: RFC 3339.
    pub exact: String,
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
                        <time datetime=item.exact.clone() title=item.exact>{item.time}</time>
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

//! What asks first.

use leptos::prelude::*;

/// A button that does nothing yet: it opens, says what will stop, and offers the button that does it. It needs no script.
#[component]
pub fn AskFirst(
    /// What it says.
    #[prop(into)]
    words: String,
    /// What it says to those who do not see what it stands beside.
    #[prop(optional, into)]
    label: Option<String>,
    /// What will be then, naming what stops.
    #[prop(into)]
    consequence: String,
    /// The button that does it, or the form around it.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="steps inline">
            <summary class="btn btn-sm" aria-label=label>{words}</summary>
            <div class="stack tight"><p class="small">{consequence}</p> <div>{children()}</div></div>
        </details>
    }
}

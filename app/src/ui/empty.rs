//! What stands where there is nothing, or nothing yet.

use leptos::prelude::*;

use super::icon::{Icon, icon};

/// What an empty list says: what would be here, and the first thing to do.
#[component]
pub fn EmptyState(
    /// A picture of what would be here.
    symbol: Icon,
    /// What would be here.
    #[prop(into)]
    title: String,
    /// A sentence more.
    #[prop(optional, into)]
    text: String,
    /// The first action, if there is one.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            {icon(symbol)} <h2>{title}</h2> <p>{text}</p> {children.map(|children| children())}
        </div>
    }
}

/// What a page says that lies behind the end of its list, which has become shorter meanwhile.
#[component]
pub fn PastTheEnd(
    /// Where the list begins.
    #[prop(into)]
    first: String,
) -> impl IntoView {
    view! {
        <EmptyState symbol=Icon::Search title="Nothing more" text="The list has ended before this page.">
            <a class="btn" href=first>"First page"</a>
        </EmptyState>
    }
}

/// Grey lines of the size that rows will have, so that nothing moves when they come.
#[component]
pub fn SkeletonRows(
    /// How many rows are expected.
    #[prop(default = 8)]
    rows: usize,
) -> impl IntoView {
    view! {
        <div class="panel table-frame" aria-busy="true" aria-label="Loading">
            <table class="grid-table">
                <tbody>
                    {(0..rows)
                        .map(|_| view! { <tr><td><div class="skeleton line"></div></td></tr> })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

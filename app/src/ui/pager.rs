//! From page to page of a list.

use leptos::prelude::*;

/// Links to the first and the next page of a list, and how many rows there are.
#[component]
pub fn Pager(
    /// How many rows the filter matches, when that is known.
    total: Option<i64>,
    /// How many rows this page shows.
    shown: usize,
    /// What the rows are, in the plural.
    #[prop(into)]
    what: String,
    /// The address of the first page, unless this is it.
    first: Option<String>,
    /// The address of the next page, unless this is the last.
    next: Option<String>,
) -> impl IntoView {
    let count = match total {
        Some(total) => format!("{shown} of {total} {what}"),
        None => format!("{shown} of more than 10,000 {what}"),
    };
    view! {
        <nav class="spread wrap" aria-label="Pages">
            <span class="small muted num">{count}</span>
            <span class="row">
                {first.map(|href| view! { <a class="btn" href=href>"First page"</a> })}
                {next.map(|href| view! { <a class="btn" href=href rel="next">"Next page"</a> })}
            </span>
        </nav>
    }
}

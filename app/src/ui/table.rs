//! Lists with columns. On a phone each row becomes a card: every cell knows its column's name.

use leptos::prelude::*;

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub label: &'static str,
    /// Where a click on its name sorts by it, if it sorts.
    pub sort: Option<String>,
    /// How it is sorted now, in the words of `aria-sort`.
    pub sorted: Option<&'static str>,
}

impl Column {
    /// A column that does not sort.
    #[must_use]
    pub const fn plain(label: &'static str) -> Self {
        Self { label, sort: None, sorted: None }
    }
}

/// A table in a frame. Its rows are `<tr>` whose cells carry `data-label`; the first cell of each has the class `head`.
#[component]
pub fn Table(
    /// What the table holds, for screen readers.
    #[prop(into)]
    caption: String,
    /// The columns.
    columns: Vec<Column>,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let columns: Vec<_> = columns
        .into_iter()
        .map(|column| {
            let name = match column.sort {
                Some(href) => {
                    let arrow = match column.sorted {
                        Some("ascending") => " ↑",
                        Some(_) => " ↓",
                        None => "",
                    };
                    view! { <a class="row" href=href>{column.label} {arrow}</a> }.into_any()
                }
                None => column.label.into_any(),
            };
            view! { <th scope="col" aria-sort=column.sorted>{name}</th> }
        })
        .collect();
    view! {
        <div class="panel table-frame">
            <table class="grid-table" aria-label=caption>
                <thead>
                    <tr>{columns}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

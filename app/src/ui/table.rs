//! Lists with columns. Where there is no room for columns each row becomes a card: every cell knows its column's name.

use leptos::ev::MouseEvent;
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
    /// The class of its cells, where the column gives way when the table has little room: `give-1` before `give-2`.
    pub class: Option<&'static str>,
}

impl Column {
    /// A column that does not sort.
    #[must_use]
    pub const fn plain(label: &'static str) -> Self {
        Self { label, sort: None, sorted: None, class: None }
    }

    /// A column that gives way. Its cells carry the same class.
    #[must_use]
    pub const fn giving(label: &'static str, class: &'static str) -> Self {
        Self { label, sort: None, sorted: None, class: Some(class) }
    }
}

/// A table in a frame. Its rows are `<tr>` whose cells carry `data-label`; the first cell of each has the class `head`. A
/// click anywhere on a row follows the link `main` in it.
///
/// Cells of the class `text` hold what people wrote: they end in dots rather than push other columns out. In a table of
/// two-line cards, `head` and `state` make the first line, those of the class `below` the second with `last` at its end, and
/// one of the class `whole` a third. Cells without any of them wait for the row's own page.
#[component]
pub fn Table(
    /// What the table holds, for screen readers.
    #[prop(into)]
    caption: String,
    /// The columns.
    columns: Vec<Column>,
    /// Whether a card has two lines, and not one for each column.
    #[prop(optional)]
    two_lines: bool,
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
            view! { <th scope="col" class=column.class aria-sort=column.sorted>{name}</th> }
        })
        .collect();
    let class = if two_lines { "grid-table two-lines" } else { "grid-table" };
    view! {
        <div class="panel table-frame">
            <table class=class aria-label=caption>
                <thead>
                    <tr>{columns}</tr>
                </thead>
                <tbody on:click=|event| open_row(&event) on:auxclick=|event| open_row(&event)>{children()}</tbody>
            </table>
        </div>
    }
}

#[cfg(not(feature = "hydrate"))]
const fn open_row(_: &MouseEvent) {}

/// Follows the link of the row that was clicked, unless the click was for something else: a control in the row, or words
/// that were marked. With the middle button or a key held it opens beside, as a link does.
#[cfg(feature = "hydrate")]
fn open_row(event: &MouseEvent) {
    use wasm_bindgen::JsCast;

    /// The button of `MouseEvent.button` that is the wheel.
    const MIDDLE: i16 = 1;

    let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else { return };
    let is_control = target.closest("a, button, input, select, label, summary, form").ok().flatten().is_some();
    let has_marked = window().get_selection().ok().flatten().is_some_and(|marked| !marked.is_collapsed());
    if is_control || has_marked || event.default_prevented() || event.button() > MIDDLE {
        return;
    }
    let row = target.closest("tr").ok().flatten();
    let link = row.and_then(|row| row.query_selector("a.main").ok().flatten());
    let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlAnchorElement>().ok()) else { return };
    if event.button() == MIDDLE || event.ctrl_key() || event.meta_key() {
        // A browser that opens nothing says so itself.
        let _ = window().open_with_url_and_target(&link.href(), "_blank");
    } else {
        // Afterwards: the link's own click comes through here again, and no handler is entered twice.
        set_timeout(move || link.click(), std::time::Duration::ZERO);
    }
}

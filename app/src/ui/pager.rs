//! From page to page of a list.

use leptos::prelude::*;
use officina::kernel::page::{Extent, Total};

/// Links to the first and the next page of a list, and which rows of how many these are.
#[component]
pub fn Pager(
    /// Which rows of how many this page shows.
    extent: Extent,
    /// What the rows are, in the plural.
    #[prop(into)]
    what: String,
    /// The address of the first page, unless this is it.
    first: Option<String>,
    /// The address of the next page, unless this is the last.
    next: Option<String>,
) -> impl IntoView {
    view! {
        <nav class="spread wrap" aria-label="Pages">
            <span class="small muted num">{sentence(extent, &what)}</span>
            <span class="row">
                {first.map(|href| view! { <a class="btn" href=href>"First page"</a> })}
                {next.map(|href| view! { <a class="btn" href=href rel="next">"Next page"</a> })}
            </span>
        </nav>
    }
}

/// Which rows of how many.
fn sentence(extent: Extent, what: &str) -> String {
    let Extent { before, shown, total } = extent;
    let last = before.saturating_add(i64::try_from(shown).unwrap_or(i64::MAX));
    let first = before.saturating_add(1).min(last);
    let (noun, rows) = if first == last { ("row", last.to_string()) } else { ("rows", format!("{first}–{last}")) };
    match total {
        // The whole list.
        Total::Exactly(total) if before == 0 && total == last => format!("{last} of {total} {what}"),
        Total::Exactly(total) => format!("{rows} of {total} {what}"),
        Total::MoreThan(total) => format!("{rows} of more than {} {what}", grouped(total)),
        Total::NotCounted => format!("{noun} {rows}"),
    }
}

/// A number with commas between its thousands.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(before: i64, shown: usize, total: Total) -> String {
        sentence(Extent { before, shown, total }, "repairs")
    }

    #[test]
    fn a_pager_tells_which_rows_of_how_many() {
        assert_eq!(said(0, 5, Total::Exactly(5)), "5 of 5 repairs");
        assert_eq!(said(0, 50, Total::Exactly(60)), "1–50 of 60 repairs");
        assert_eq!(said(50, 10, Total::NotCounted), "rows 51–60");
        assert_eq!(said(50, 1, Total::NotCounted), "row 51");
        assert_eq!(said(50, 10, Total::Exactly(60)), "51–60 of 60 repairs");
        assert_eq!(said(0, 50, Total::MoreThan(10_000)), "1–50 of more than 10,000 repairs");
        assert_eq!(said(0, 1, Total::Exactly(1)), "1 of 1 repairs");
    }
}

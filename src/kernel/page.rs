//! Lists: keyset pages that stay as fast on the hundredth page as on the first.

#[cfg(feature = "ssr")]
mod window;

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub use window::{Cursor, ListKey, PageWindow};

/// Words of a search beyond these are not looked at.
const MOST_WORDS: usize = 6;

/// The words of a search, in small letters.
#[must_use]
pub fn words_of_search(search: Option<&str>) -> Vec<String> {
    search.unwrap_or_default().to_lowercase().split_whitespace().take(MOST_WORDS).map(str::to_owned).collect()
}

/// The largest page that can be asked for.
pub const MAX_LIMIT: u32 = 100;
/// The page size when none is asked for.
pub const DEFAULT_LIMIT: u32 = 20;
/// Totals are counted up to here; beyond it they are unknown, because counting would cost more than the page.
pub const COUNT_UP_TO: i64 = 10_000;

/// What part of a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct PageRequest {
    /// Rows wanted, 1 to 100; 20 when not given.
    #[cfg_attr(feature = "utoipa", param(minimum = 1, maximum = 100))]
    pub limit: Option<i64>,
    /// Where the last page ended, as the server gave it: for the same list, with the same filter and order.
    pub cursor: Option<String>,
    /// A page number from 1, for clients that count pages. A cursor wins over it.
    #[cfg_attr(feature = "utoipa", param(minimum = 1))]
    pub page: Option<i64>,
    /// Whether a cursor of another list is past the end of this one instead of a fault.
    #[serde(skip)]
    pub is_shown: bool,
}

impl PageRequest {
    /// A page for people, who come back by addresses that they kept: a cursor from before an upgrade, or of another filter,
    /// finds nothing, and the page leads to where the list begins.
    #[must_use]
    pub const fn shown(limit: i64, cursor: Option<String>) -> Self {
        Self { limit: Some(limit), cursor, page: None, is_shown: true }
    }
}

/// How many rows a filter has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Total {
    /// So many.
    Exactly(i64),
    /// More than are counted.
    MoreThan(i64),
    /// It was not counted: the page before has told.
    NotCounted,
}

impl Total {
    /// The number, or the one up to which was counted.
    #[must_use]
    pub const fn at_least(self) -> i64 {
        match self {
            Self::Exactly(total) | Self::MoreThan(total) => total,
            Self::NotCounted => 0,
        }
    }

    /// The number, where it is known.
    #[must_use]
    pub const fn exact(self) -> Option<i64> {
        match self {
            Self::Exactly(total) => Some(total),
            Self::MoreThan(_) | Self::NotCounted => None,
        }
    }
}

/// A part of a list, and where it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Rows asked for.
    pub limit: u32,
    /// The cursor of the next page; none on the last.
    pub next_cursor: Option<String>,
    /// Rows on the pages before this one.
    pub before: i64,
    /// All rows of the filter.
    pub total: Total,
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            limit: self.limit,
            next_cursor: self.next_cursor,
            before: self.before,
            total: self.total,
        }
    }

    /// Which rows of how many these are.
    pub fn extent(&self) -> Extent {
        Extent { before: self.before, shown: self.items.len(), total: self.total }
    }
}

/// Which rows of how many a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Rows on the pages before.
    pub before: i64,
    /// Rows on the page.
    pub shown: usize,
    /// Rows of the filter.
    pub total: Total,
}

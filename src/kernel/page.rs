//! Lists: keyset pages that stay as fast on the hundredth page as on the first.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

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
    pub limit: Option<u32>,
    /// Where the last page ended, as the server gave it.
    pub cursor: Option<String>,
    /// A page number from 1, for clients that count pages. A cursor wins over it.
    pub page: Option<u32>,
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
    /// All rows of the filter, unless there are more than [`COUNT_UP_TO`].
    pub total: Option<i64>,
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            limit: self.limit,
            next_cursor: self.next_cursor,
            total: self.total,
        }
    }
}

/// The key of the last row of a page: the value sorted by, and the id that breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The sort key: milliseconds, a sequence number, a rank.
    pub key: i64,
    /// The row's id.
    pub id: uuid::Uuid,
}

impl Cursor {
    /// The text that clients hand back.
    #[must_use]
    pub fn encode(self) -> String {
        format!("{:x}.{}", self.key, self.id.simple())
    }

    /// Reads what a client handed back.
    ///
    /// # Errors
    /// [`Error::Validation`] on `cursor` when it is not one of ours.
    pub fn decode(text: &str) -> Result<Self> {
        let parse = || {
            let (key, id) = text.split_once('.')?;
            // Printed as the two's complement, so negative keys come back as such.
            let key = u64::from_str_radix(key, 16).ok()?.cast_signed();
            Some(Self { key, id: uuid::Uuid::try_parse(id).ok()? })
        };
        parse().ok_or_else(|| Error::field("cursor", "invalid_cursor", "is not a cursor of this list"))
    }
}

/// A page request after checking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageWindow {
    /// Rows wanted.
    pub limit: u32,
    /// Where to go on.
    pub after: Option<Cursor>,
    /// Rows to skip, for clients that count pages.
    pub offset: u32,
}

impl PageRequest {
    /// Checks the request.
    ///
    /// # Errors
    /// [`Error::Validation`] for a limit outside 1–100, a page 0, or a foreign cursor.
    pub fn window(&self) -> Result<PageWindow> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::field("limit", "out_of_range", format!("must be from 1 to {MAX_LIMIT}")));
        }
        let page = self.page.unwrap_or(1);
        if page == 0 {
            return Err(Error::field("page", "out_of_range", "starts at 1"));
        }
        let after = self.cursor.as_deref().map(Cursor::decode).transpose()?;
        let offset = if after.is_some() { 0 } else { (page - 1).saturating_mul(limit) };
        Ok(PageWindow { limit, after, offset })
    }
}

impl PageWindow {
    /// Makes a page of rows fetched with one more than the limit, so that the extra row tells whether there is a next page.
    pub fn page<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> Cursor, total: Option<i64>) -> Page<T> {
        let limit = self.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(|row| key(row).encode()) } else { None };
        Page { items: rows, limit: self.limit, next_cursor, total: total.filter(|total| *total <= COUNT_UP_TO) }
    }

    /// How many rows to fetch: one more than the limit.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_round_trip_and_garbage_is_refused() {
        for key in [0, 1_763_632_800_000, -5, i64::MIN] {
            let cursor = Cursor { key, id: uuid::Uuid::from_u128(7) };
            assert_eq!(Cursor::decode(&cursor.encode()).unwrap(), cursor);
        }
        for bad in ["", ".", "zz.1", "1.2", "' OR 1=1 --"] {
            assert!(Cursor::decode(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_extra_row_tells_that_there_is_more() {
        let window = PageRequest { limit: Some(2), ..PageRequest::default() }.window().unwrap();
        let key = |row: &i64| Cursor { key: *row, id: uuid::Uuid::nil() };
        assert_eq!(window.page(vec![1, 2], key, None).next_cursor, None);
        let page = window.page(vec![1, 2, 3], key, None);
        assert_eq!((page.items.len(), page.next_cursor.is_some()), (2, true));
    }
}

//! The part of a list that is read, and the cursors that lead on from it.

use serde::Serialize;

use super::{COUNT_UP_TO, DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest, Total};
use crate::kernel::App;
use crate::kernel::ids::OrgId;
use crate::kernel::secret::{Key, Secret, constant_time_eq};
use crate::{Error, Result};

/// Bytes of the tag of a cursor. Who guesses one goes on in a list that is theirs, from a row that they made up.
const TAG: usize = 8;

/// What a cursor is good for: one list of one organisation, with one filter in one order.
///
/// A cursor of another list would point at a row that is not in this one, and leave out rows without a word.
#[derive(Debug, Clone, Copy)]
pub struct ListKey(Key);

impl ListKey {
    /// The key of a list, by its name and everything that decides what is in it.
    ///
    /// # Errors
    /// Only internal ones.
    pub fn new(app: &App, list: &str, org: OrgId, filter: &impl Serialize) -> Result<Self> {
        Self::under(&app.secret, list, org, filter)
    }

    /// The same for who knows the installation's secret alone.
    ///
    /// # Errors
    /// Only internal ones.
    pub fn under(secret: &Secret, list: &str, org: OrgId, filter: &impl Serialize) -> Result<Self> {
        let identity = serde_json::to_vec(&(list, org, filter)).map_err(Error::internal)?;
        Ok(Self(secret.key("cursor").derive(&identity)))
    }

    fn tag(&self, place: &str) -> String {
        self.0.mac(place.as_bytes())[..TAG].iter().map(|byte| format!("{byte:02x}")).collect()
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
    /// The text that clients hand back, with how many rows came before.
    fn encode(self, before: i64, list: &ListKey) -> String {
        let place = format!("{:x}.{}.{before:x}", self.key, self.id.simple());
        let tag = list.tag(&place);
        format!("{place}.{tag}")
    }

    /// Reads what a client handed back.
    fn decode(text: &str, list: &ListKey) -> Result<(Self, i64)> {
        let parse = || {
            let (place, tag) = text.rsplit_once('.')?;
            if !constant_time_eq(list.tag(place).as_bytes(), tag.as_bytes()) {
                return None;
            }
            let mut parts = place.split('.');
            // Printed as the two's complement, so negative keys come back as such.
            let key = u64::from_str_radix(parts.next()?, 16).ok()?.cast_signed();
            let id = uuid::Uuid::try_parse(parts.next()?).ok()?;
            Some((Self { key, id }, i64::from_str_radix(parts.next()?, 16).ok()?))
        };
        parse().ok_or_else(|| {
            Error::field("cursor", "invalid_cursor", "is not a cursor of this list with this filter and order")
        })
    }
}

/// A page request after checking.
#[derive(Debug, Clone, Copy)]
pub struct PageWindow {
    /// Rows wanted.
    pub limit: u32,
    /// Where to go on.
    pub after: Option<Cursor>,
    /// Rows to skip, for clients that count pages.
    pub offset: i64,
    /// Rows on the pages before this one.
    before: i64,
    list: Option<ListKey>,
}

impl PageRequest {
    /// Checks the request for a list, which is told from all others by its name, the organisation and the filter.
    ///
    /// # Errors
    /// [`Error::Validation`] for a limit outside 1–100, a page below 1, or a cursor of another list.
    pub fn window(&self, app: &App, list: &str, org: OrgId, filter: &impl Serialize) -> Result<PageWindow> {
        self.window_of(ListKey::new(app, list, org, filter)?)
    }

    /// Checks the request for the list that a key is of.
    ///
    /// # Errors
    /// As [`Self::window`].
    pub fn window_of(&self, list: ListKey) -> Result<PageWindow> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT.into());
        let Some(limit) = u32::try_from(limit).ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)) else {
            return Err(Error::field("limit", "out_of_range", format!("must be from 1 to {MAX_LIMIT}")));
        };
        let page = self.page.unwrap_or(1);
        if page < 1 {
            return Err(Error::field("page", "out_of_range", "starts at 1"));
        }
        let (after, before) = match self.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
            Some(cursor) => match Cursor::decode(cursor, &list) {
                Ok((after, before)) => (Some(after), before),
                Err(_) if self.is_shown => (None, i64::MAX),
                Err(error) => return Err(error),
            },
            None => (None, (page - 1).saturating_mul(limit.into())),
        };
        let offset = if after.is_some() { 0 } else { before };
        Ok(PageWindow { limit, after, offset, before, list: Some(list) })
    }
}

impl PageWindow {
    /// A part of a list that nobody asks to go on from.
    #[must_use]
    pub const fn inner(limit: u32, after: Option<Cursor>) -> Self {
        Self { limit, after, offset: 0, before: 0, list: None }
    }

    /// Takes the extra row off again, see [`Self::fetch`]. If there was one, the last row that is left is where the list goes on.
    pub fn cut<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> Cursor) -> (Vec<T>, Option<Cursor>) {
        let limit = self.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(key);
        (rows, next)
    }

    /// Makes a page of rows fetched with one more than the limit, so that the extra row tells whether there is a next page.
    pub fn page<T>(&self, rows: Vec<T>, key: impl Fn(&T) -> Cursor, total: Total) -> Page<T> {
        let (items, next) = self.cut(rows, key);
        let next_cursor = next.zip(self.list).map(|(next, list)| {
            let before = self.before.saturating_add(self.limit.into());
            next.encode(before, &list)
        });
        Page { items, limit: self.limit, next_cursor, before: self.before, total }
    }

    /// How many rows there are in all, by the one rule of all lists: the rows themselves where they all fit; counted, up to
    /// [`COUNT_UP_TO`], on the first page and on one that was asked for by its number; not counted again after a cursor.
    ///
    /// # Errors
    /// What counting says.
    pub async fn total<T>(&self, rows: &[T], count: impl Future<Output = Result<i64>>) -> Result<Total> {
        if self.after.is_some() {
            return Ok(Total::NotCounted);
        }
        if self.offset == 0 && rows.len() <= self.limit as usize {
            return Ok(Total::Exactly(i64::try_from(rows.len()).unwrap_or(i64::MAX)));
        }
        let count = count.await?;
        Ok(if count > COUNT_UP_TO { Total::MoreThan(COUNT_UP_TO) } else { Total::Exactly(count) })
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

    fn list(name: &str) -> ListKey {
        ListKey(Secret::new(&[7; 32]).key("cursor").derive(name.as_bytes()))
    }

    fn cursor(key: i64) -> Cursor {
        Cursor { key, id: uuid::Uuid::from_u128(7) }
    }

    #[test]
    fn a_cursor_survives_the_round_trip_and_garbage_is_refused() {
        for key in [0, 1_763_632_800_000, -5, i64::MIN] {
            let text = cursor(key).encode(50, &list("repairs"));
            assert_eq!(Cursor::decode(&text, &list("repairs")).unwrap(), (cursor(key), 50));
            assert!(Cursor::decode(&text, &list("leads")).is_err(), "a cursor of another list");
            let other = text.replacen('7', "8", 1);
            assert!(Cursor::decode(&other, &list("repairs")).is_err(), "a cursor that was changed");
        }
        for bad in [".", "...", "zz.1", "1.2", "1.2.3.4", "' OR 1=1 --"] {
            assert!(Cursor::decode(bad, &list("repairs")).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_extra_row_tells_that_there_is_more() {
        let asked = PageRequest { limit: Some(2), ..PageRequest::default() };
        let window = asked.window_of(list("repairs")).unwrap();
        let key = |row: &i64| cursor(*row);
        assert_eq!(window.page(vec![1, 2], key, Total::NotCounted).next_cursor, None);
        let page = window.page(vec![1, 2, 3], key, Total::NotCounted);
        assert_eq!((page.items.len(), page.next_cursor.is_some()), (2, true));
        let second = PageRequest { cursor: page.next_cursor, ..asked }.window_of(list("repairs")).unwrap();
        assert_eq!(second.after, Some(cursor(2)));
        let second = second.page(vec![3], key, Total::NotCounted);
        assert_eq!((second.before, second.next_cursor), (2, None));

        let of_another = cursor(1).encode(50, &list("leads"));
        let asked = PageRequest { cursor: Some(of_another.clone()), ..PageRequest::default() };
        assert!(asked.window_of(list("repairs")).is_err());
        let shown = PageRequest::shown(50, Some(of_another)).window_of(list("repairs")).unwrap();
        assert_eq!((shown.after, shown.offset), (None, i64::MAX), "behind the end");
    }

    #[test]
    fn what_no_page_can_be_is_refused() {
        let asked = |limit, page| PageRequest { limit, page, ..PageRequest::default() }.window_of(list("repairs"));
        for (limit, page) in [(Some(0), None), (Some(101), None), (Some(-1), None), (None, Some(0)), (None, Some(-1))] {
            assert!(asked(limit, page).is_err(), "{limit:?} {page:?}");
        }
        assert_eq!(asked(Some(100), Some(3)).unwrap().offset, 200);
        assert_eq!(asked(None, Some(i64::MAX)).unwrap().offset, i64::MAX, "an empty page, and no error");
    }
}

//! What all list queries share: going on after a cursor, the order, the size, and counting up to a limit.

use super::query::{Conn, Sql};
use crate::Result;
use crate::kernel::page::{COUNT_UP_TO, PageWindow};

/// What a list is sorted by: a column, and the id that breaks ties. Both belong to one index.
#[derive(Debug, Clone, Copy)]
pub struct Sort {
    /// The column, a whole number that is never NULL.
    pub column: &'static str,
    /// The column of the id.
    pub id: &'static str,
    /// Whether the largest come first.
    pub descending: bool,
}

impl Sort {
    /// The smallest first.
    #[must_use]
    pub const fn ascending(column: &'static str, id: &'static str) -> Self {
        Self { column, id, descending: false }
    }

    /// The largest first.
    #[must_use]
    pub const fn descending(column: &'static str, id: &'static str) -> Self {
        Self { column, id, descending: true }
    }
}

impl Sql {
    /// Ends a list query whose `WHERE` is open: what comes after the window's cursor, in order, one row more than asked for.
    pub fn push_window(&mut self, sort: Sort, window: &PageWindow) -> &mut Self {
        if let Some(after) = window.after {
            self.push(" AND (").push(sort.column).push(", ").push(sort.id);
            self.push(if sort.descending { ") < (" } else { ") > (" });
            self.push_bind(after.key).push(", ").push_bind(after.id).push(")");
        }
        let direction = if sort.descending { " DESC" } else { "" };
        self.push(" ORDER BY ").push(sort.column).push(direction).push(", ").push(sort.id).push(direction);
        self.push(" LIMIT ").push_bind(window.fetch()).push(" OFFSET ").push_bind(window.offset)
    }

    /// Ends and runs a query that begins with `SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM …`: how many rows there
    /// are, counted a little beyond the limit of exact totals.
    ///
    /// # Errors
    /// What the database says.
    pub async fn counted(mut self, on: impl Into<Conn<'_>>) -> Result<i64> {
        self.push(" LIMIT ").push_bind(COUNT_UP_TO + 1).push(") counted");
        let (count,): (i64,) = self.one(on).await?;
        Ok(count)
    }
}

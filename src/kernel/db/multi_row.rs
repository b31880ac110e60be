//! Statements with many rows in fixed sizes, so that their texts are prepared once per connection and found again.

use std::sync::OnceLock;

/// The most rows of one statement: far below SQLite's limit of 32,766 and PostgreSQL's of 65,535 values.
const MOST: usize = 256;
/// Up to here, every number of rows has a statement of its own on SQLite: the way to the connection's thread and back
/// costs more than keeping the statements. Beyond it, and on PostgreSQL, which keeps fewer, the sizes are powers of two.
const EXACT: usize = 64;
/// Places for the texts: 1, 2, 3, … 64, 128, 256 rows.
const SIZES: usize = EXACT + 2;

/// The place of a size.
const fn place(rows: usize) -> usize {
    if rows <= EXACT { rows - 1 } else { EXACT - 1 + (rows / EXACT).trailing_zeros() as usize }
}

/// A statement that is repeated for some rows of values: `head (…),(…),… tail`.
pub(crate) struct MultiRow {
    head: &'static str,
    /// The placeholders of a row, each `$`, with anything between them.
    row: &'static str,
    tail: &'static str,
    numbered: [OnceLock<String>; SIZES],
    plain: [OnceLock<String>; SIZES],
}

impl MultiRow {
    /// A statement from its parts. Each `$` in `row` becomes the next placeholder.
    pub(crate) const fn new(head: &'static str, row: &'static str, tail: &'static str) -> Self {
        Self {
            head,
            row,
            tail,
            numbered: [const { OnceLock::new() }; SIZES],
            plain: [const { OnceLock::new() }; SIZES],
        }
    }

    /// The statement for a number of rows that [`chunks`] made.
    ///
    /// SQLite gets `?`: it keeps numbered placeholders in a list that it searches from the start for each, so that a few
    /// thousand of them cost more than the insert.
    pub(crate) fn text(&'static self, rows: usize, sqlite: bool) -> &'static str {
        let texts = if sqlite { &self.plain } else { &self.numbered };
        texts[place(rows)].get_or_init(|| self.build(rows, sqlite))
    }

    fn build(&self, rows: usize, sqlite: bool) -> String {
        let mut text = String::from(self.head);
        let mut number = 0;
        for row in 0..rows {
            if row > 0 {
                text.push(',');
            }
            let mut parts = self.row.split('$').peekable();
            while let Some(part) = parts.next() {
                text.push_str(part);
                if parts.peek().is_some() {
                    number += 1;
                    let placeholder = if sqlite { "?".to_owned() } else { format!("${number}") };
                    text.push_str(&placeholder);
                }
            }
        }
        text.push_str(self.tail);
        text
    }
}

/// Rows in chunks of the fixed sizes, largest first.
pub(crate) fn chunks<T>(mut rows: &[T], sqlite: bool) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        if rows.is_empty() {
            return None;
        }
        let exact = sqlite && rows.len() <= EXACT;
        let size = if exact { rows.len() } else { (1 << rows.len().ilog2()).min(MOST) };
        let (chunk, rest) = rows.split_at(size);
        rows = rest;
        Some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static PAIRS: MultiRow = MultiRow::new("VALUES ", "($, abs($))", " LIMIT 1");

    #[test]
    fn every_number_of_rows_is_made_of_the_fixed_sizes() {
        assert_eq!(PAIRS.text(1, false), "VALUES ($1, abs($2)) LIMIT 1");
        assert_eq!(PAIRS.text(2, false), "VALUES ($1, abs($2)),($3, abs($4)) LIMIT 1");
        assert_eq!(PAIRS.text(2, true), "VALUES (?, abs(?)),(?, abs(?)) LIMIT 1");
        for number in [0, 1, 3, 63, 64, 65, 191, 255, 256, 1_000] {
            let rows = vec![(); number];
            let sizes = |sqlite| chunks(&rows, sqlite).map(<[()]>::len).collect::<Vec<usize>>();
            for sizes in [sizes(true), sizes(false)] {
                assert_eq!(sizes.iter().sum::<usize>(), number);
                assert!(sizes.iter().all(|size| *size <= MOST && place(*size) < SIZES), "{sizes:?}");
            }
            assert!(sizes(false).iter().all(|size| size.is_power_of_two()));
        }
        let places: std::collections::HashSet<usize> = (1..=EXACT).chain([128, 256]).map(place).collect();
        assert_eq!(places.len(), SIZES);
    }
}

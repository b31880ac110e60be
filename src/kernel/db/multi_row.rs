//! Statements for any number of rows of values.
//!
//! Their texts are fixed, so that they are prepared once per connection and found again. SQLite gets the values row by row in
//! a few sizes of statements. PostgreSQL gets an array for each column: one text for all sizes, one trip instead of one for
//! each size, and no hundreds of placeholders to plan for.

use std::sync::OnceLock;

use super::query::{Sql, Value, sql};

/// The most rows of one statement: far below SQLite's limit of 32,766 values.
const MOST: usize = 256;
/// Up to here, every number of rows has a statement of its own: the way to the connection's thread and back costs more than
/// keeping the statements. Beyond it, the sizes are powers of two.
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
    by_row: [OnceLock<String>; SIZES],
    by_column: OnceLock<String>,
}

impl MultiRow {
    /// A statement from its parts. Each `$` in `row` becomes a value. The head of a list of rows ends in `VALUES `, that of a
    /// list of values in `IN (`. Where rows have no other names, theirs are `column1`, `column2` and so on.
    pub(crate) const fn new(head: &'static str, row: &'static str, tail: &'static str) -> Self {
        Self { head, row, tail, by_row: [const { OnceLock::new() }; SIZES], by_column: OnceLock::new() }
    }

    /// The queries that run the statement for some rows, whose values `bind` binds in the order of the placeholders.
    pub(crate) fn queries<'r, T, B>(
        &'static self,
        rows: &'r [T],
        sqlite: bool,
        bind: B,
    ) -> impl Iterator<Item = Sql> + use<'r, T, B>
    where
        B: Fn(Sql, &'r T) -> Sql,
    {
        chunks(rows, sqlite).map(move |chunk| {
            if sqlite {
                chunk.iter().fold(sql(self.text_by_row(chunk.len())), &bind)
            } else {
                let bound = chunk.iter().fold(sql(""), &bind);
                bound.by_column(chunk.len(), |first| self.text_by_column(first))
            }
        })
    }

    /// With `?`: SQLite keeps numbered placeholders in a list that it searches from the start for each, so that a few thousand
    /// of them cost more than the insert.
    fn text_by_row(&'static self, rows: usize) -> &'static str {
        self.by_row[place(rows)].get_or_init(|| {
            let row = self.row.replace('$', "?");
            format!("{}{}{}", self.head, vec![row; rows].join(","), self.tail)
        })
    }

    /// With the columns of a row.
    fn text_by_column(&'static self, row: &[Value]) -> &'static str {
        self.by_column.get_or_init(|| {
            let arrays: Vec<String> =
                (1..).zip(row).map(|(number, value)| format!("${number}::{}[]", value.postgres_type())).collect();
            let names: Vec<String> = (1..=row.len()).map(|number| format!("column{number}")).collect();
            let row = self.row.strip_prefix('(').and_then(|row| row.strip_suffix(')')).unwrap_or(self.row);
            let mut wanted = String::new();
            for (part, name) in row.split('$').zip(names.iter().map(String::as_str).chain([""])) {
                wanted.push_str(part);
                wanted.push_str(name);
            }
            format!(
                "{}SELECT {wanted} FROM unnest({}) AS given ({}){}",
                self.head.strip_suffix("VALUES ").unwrap_or(self.head),
                arrays.join(", "),
                names.join(", "),
                self.tail
            )
        })
    }
}

/// Rows in chunks of SQLite's sizes, largest first; in one, where their number does not matter.
fn chunks<T>(mut rows: &[T], sqlite: bool) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        if rows.is_empty() {
            return None;
        }
        let size = match rows.len() {
            all if !sqlite || all <= EXACT => all,
            many => (1 << many.ilog2()).min(MOST),
        };
        let (chunk, rest) = rows.split_at(size);
        rows = rest;
        Some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static PAIRS: MultiRow = MultiRow::new("INSERT INTO t (a, b) VALUES ", "($, abs($))", " ON CONFLICT DO NOTHING");
    static LIST: MultiRow = MultiRow::new("SELECT a FROM t WHERE b IN (", "$", ") ORDER BY a");

    #[test]
    fn sqlite_gets_rows_and_postgresql_columns() {
        assert_eq!(PAIRS.text_by_row(1), "INSERT INTO t (a, b) VALUES (?, abs(?)) ON CONFLICT DO NOTHING");
        assert_eq!(PAIRS.text_by_row(2), "INSERT INTO t (a, b) VALUES (?, abs(?)),(?, abs(?)) ON CONFLICT DO NOTHING");
        assert_eq!(
            PAIRS.text_by_column(&[Value::Text(None), Value::Int(Some(1))]),
            "INSERT INTO t (a, b) SELECT column1, abs(column2) FROM unnest($1::TEXT[], $2::BIGINT[]) AS given (column1, column2) \
             ON CONFLICT DO NOTHING"
        );
        assert_eq!(LIST.text_by_row(3), "SELECT a FROM t WHERE b IN (?,?,?) ORDER BY a");
        assert_eq!(
            LIST.text_by_column(&[Value::Uuid(None)]),
            "SELECT a FROM t WHERE b IN (SELECT column1 FROM unnest($1::UUID[]) AS given (column1)) ORDER BY a"
        );
    }

    #[test]
    fn every_number_of_rows_is_made_of_the_fixed_sizes() {
        for number in [0, 1, 3, 63, 64, 65, 191, 255, 256, 1_000] {
            let rows = vec![(); number];
            let sizes = |sqlite| chunks(&rows, sqlite).map(<[()]>::len).collect::<Vec<usize>>();
            assert_eq!(sizes(true).iter().sum::<usize>(), number);
            assert!(sizes(true).iter().all(|size| *size <= MOST && place(*size) < SIZES), "{number}");
            assert_eq!(sizes(false), [number][..usize::from(number > 0)]);
        }
        let places: std::collections::HashSet<usize> = (1..=EXACT).chain([128, 256]).map(place).collect();
        assert_eq!(places.len(), SIZES);
    }
}

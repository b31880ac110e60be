//! Files for spreadsheets: comma-separated values (RFC 4180) that stay text when a spreadsheet opens them.

use std::borrow::Cow;

use bytes::Bytes;

use crate::{Error, Result};

/// What a file begins with, so that spreadsheets read its letters as UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Rows as lines of a file. Every cell is made [`harmless`].
///
/// # Errors
/// Only internal ones: the file is in memory.
pub fn rows<R, C>(rows: impl IntoIterator<Item = R>) -> Result<Bytes>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        for cell in row {
            writer.write_field(harmless(cell.as_ref()).as_ref()).map_err(Error::internal)?;
        }
        writer.write_record(None::<&[u8]>).map_err(Error::internal)?;
    }
    Ok(writer.into_inner().map_err(|error| Error::internal(error.to_string()))?.into())
}

/// A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe in front, which marks text.
///
/// Beside the four signs, a tab or a line break in front would be skipped by some programs, and the wide forms of the
/// signs are taken for them by others.
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => format!("'{cell}").into(),
        _ => cell.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text_and_the_rest_stays_as_it_is() {
        for cell in ["=1+1", "+39 333", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["", "Anna", "a=b", "1 - 2", " =1"] {
            assert_eq!(harmless(cell), cell);
        }
    }

    #[test]
    fn a_cell_cannot_leave_its_place() {
        let file = rows([["Anna, \"the\" first", "two\r\nlines"], ["=cmd|' /C calc'!A0", "ok"]]).unwrap();
        assert_eq!(file, "\"Anna, \"\"the\"\" first\",\"two\r\nlines\"\r\n'=cmd|' /C calc'!A0,ok\r\n");
    }
}

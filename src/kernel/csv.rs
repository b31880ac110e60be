//! Files for spreadsheets: separated values (RFC 4180) that stay text when a spreadsheet opens them.

use std::borrow::Cow;

use bytes::Bytes;

use crate::{Error, Result};

/// What stands before the sign between the cells where the first line says it.
const SAYS: &str = "sep=";
/// What a file begins with, so that spreadsheets read its letters as UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// How files are written for those who read a language. A spreadsheet takes the sign between cells and the sign in numbers
/// from one setting of its reader, and shows a file that mixes two of them in one column, or its numbers as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    separator: u8,
    /// The sign between the whole part of a number and the rest.
    pub decimal: char,
}

impl Style {
    /// The style of a locale, such as `it` or `en`: where numbers have a comma, cells are parted by semicolons.
    #[must_use]
    pub fn of(locale: &str) -> Self {
        match locale.split(['-', '_']).next() {
            Some("en") => Self { separator: b',', decimal: '.' },
            _ => Self { separator: b';', decimal: ',' },
        }
    }
}

/// What a cell of a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Anything, which is made [`harmless`].
    Text(String),
    /// A number of our own making: a minus in front of it begins no formula.
    Number(String),
}

/// What can be written into a cell.
pub trait Field {
    /// As it stands in the file.
    fn written(&self) -> Cow<'_, str>;
}

impl<T: AsRef<str>> Field for T {
    fn written(&self) -> Cow<'_, str> {
        harmless(self.as_ref())
    }
}

impl Field for Cell {
    fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => harmless(text),
            Self::Number(number) => number.into(),
        }
    }
}

/// Rows as lines of a file.
///
/// # Errors
/// Only internal ones: the file is in memory.
pub fn rows<R, C>(style: Style, rows: impl IntoIterator<Item = R>) -> Result<Bytes>
where
    R: IntoIterator<Item = C>,
    C: Field,
{
    let mut writer =
        csv::WriterBuilder::new().delimiter(style.separator).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        for cell in row {
            writer.write_field(cell.written().as_ref()).map_err(Error::internal)?;
        }
        writer.write_record(None::<&[u8]>).map_err(Error::internal)?;
    }
    Ok(writer.into_inner().map_err(|error| Error::internal(error.to_string()))?.into())
}

/// A line of a file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its fields, without blanks and marks of byte order around them.
    pub fields: Vec<String>,
}

/// The lines of a file that a spreadsheet wrote or that was copied from one: separated by what a line `sep=` in front of
/// them says, or else by commas, semicolons or tabs, whichever the first line has most of. Lines without anything in them are
/// left out.
///
/// # Errors
/// Only internal ones: any text is a file.
pub fn read(text: &str) -> Result<Vec<Line>> {
    // The reader counts lines by their line feeds, finds those of Windows a line too late, and ends lines at a lone return.
    let text = text.trim_start_matches(BYTE_ORDER_MARK).replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = text.lines().skip_while(|line| line.chars().all(is_blank));
    let head = lines.next().unwrap_or_default();
    let marked = head.trim_matches('"');
    let is_said = marked.get(..SAYS.len()).is_some_and(|mark| mark.eq_ignore_ascii_case(SAYS));
    let said = is_said.then(|| marked[SAYS.len()..].bytes().next());
    // Of several that are equally frequent the last one is taken: the comma.
    // What stands in quotes separates nothing.
    let bare: String = head.split('"').step_by(2).collect();
    let separator = [b'\t', b';', b','].into_iter().max_by_key(|sign| bare.bytes().filter(|byte| byte == sign).count());
    let separator = said.flatten().filter(u8::is_ascii).or(separator);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    // The line that says it is the first one with anything in it; the reader passes over empty ones.
    for record in reader.records().skip_while(|record| record.as_ref().is_ok_and(is_empty)).skip(usize::from(is_said)) {
        let record = record.map_err(Error::internal)?;
        let fields: Vec<String> = record.iter().map(|field| field.trim_matches(is_blank).to_owned()).collect();
        if fields.iter().any(|field| !field.is_empty()) {
            // The reader says where the empty lines in front of it begin.
            let number = record.position().map_or(0, |start| {
                let before = text.bytes().skip(usize::try_from(start.byte()).unwrap_or(usize::MAX));
                start.line() + before.take_while(|byte| *byte == b'\n').count() as u64
            });
            lines.push(Line { number, fields });
        }
    }
    Ok(lines)
}

fn is_empty(record: &csv::StringRecord) -> bool {
    record.iter().all(|field| field.chars().all(is_blank))
}

/// Whether a sign at the edge of a cell says nothing. A mark of byte order stands there where files were put behind each
/// other.
fn is_blank(sign: char) -> bool {
    sign.is_whitespace() || BYTE_ORDER_MARK.starts_with(sign)
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
    fn a_file_is_read_however_it_is_separated() {
        for text in
            ["a,b\n1,\"x\ny\"\n\n,\n3", "\u{feff}a;b\r\n1;\"x\ny\"\r\n\r\n;\r\n3", "a\tb\n 1 \t\"x\ny\"\n\n\t\n3"]
        {
            let lines = read(text).unwrap();
            let found: Vec<(u64, Vec<&str>)> =
                lines.iter().map(|line| (line.number, line.fields.iter().map(String::as_str).collect())).collect();
            assert_eq!(found, [(1, vec!["a", "b"]), (2, vec!["1", "x\ny"]), (6, vec!["3"])], "{text:?}");
        }
        assert_eq!(read("").unwrap(), []);
        let numbers: Vec<u64> = read("a,b\r1,2\r3,4").unwrap().iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        for text in ["sep=;\na,x;b\n1;2", "sep=;\r\na,x;b\r\n1;2", "\u{feff}\"sep=;\"\na,x;b\n1;2"] {
            let lines = read(text).unwrap();
            let found: Vec<(u64, Vec<&str>)> =
                lines.iter().map(|line| (line.number, line.fields.iter().map(String::as_str).collect())).collect();
            assert_eq!(found, [(2, vec!["a,x", "b"]), (3, vec!["1", "2"])], "{text:?}");
        }
        assert_eq!(read("\n \nSep=;\na,x;b").unwrap()[0].fields, ["a,x", "b"]);
        assert_eq!(read("\n\na;b\n1;2").unwrap()[0], Line { number: 3, fields: vec!["a".to_owned(), "b".to_owned()] });
        assert_eq!(read("sep=|\na|b").unwrap()[0].fields, ["a", "b"]);
        // Two files behind each other.
        assert_eq!(read("\u{feff}a,b\n\u{feff}c,d\n").unwrap()[1].fields, ["c", "d"]);
    }

    #[test]
    fn a_cell_cannot_leave_its_place() {
        let cells = [["Anna, \"the\" first", "two\r\nlines"], ["=cmd|' /C calc'!A0", "a;b"]];
        let file = rows(Style::of("en"), cells).unwrap();
        assert_eq!(file, "\"Anna, \"\"the\"\" first\",\"two\r\nlines\"\r\n'=cmd|' /C calc'!A0,a;b\r\n");
        let file = rows(Style::of("it"), cells).unwrap();
        assert_eq!(file, "\"Anna, \"\"the\"\" first\";\"two\r\nlines\"\r\n'=cmd|' /C calc'!A0;\"a;b\"\r\n");
        for style in ["it", "en", "en-GB"].map(Style::of) {
            let text = String::from_utf8(rows(style, cells).unwrap().to_vec()).unwrap();
            assert_eq!(read(&text).unwrap()[0].fields, ["Anna, \"the\" first", "two\nlines"], "it is read again");
        }
    }
}

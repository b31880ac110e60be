//! Tables that people bring: any text is lines, and what we write is read as it was, its formulas made harmless.

#![no_main]

use libfuzzer_sys::fuzz_target;
use officina::kernel::csv::{self, Style, harmless};

fuzz_target!(|text: &str| {
    let lines = csv::read(text).expect("any text is a table");
    let mut last = 0;
    for line in &lines {
        assert!(line.number > last, "lines are counted upwards: {line:?}");
        last = line.number;
        assert!(line.fields.iter().any(|field| !field.is_empty()), "a line without anything in it");
        assert!(line.fields.iter().all(|field| field.trim() == field), "{line:?}");
    }
    // Our own tables have as many cells in each line, and headings in the first one, which say by what cells are parted.
    let width = lines.iter().map(|line| line.fields.len()).max().unwrap_or_default();
    let headings = vec!["heading"; width];
    let filled = lines.iter().map(|line| {
        let missing = std::iter::repeat_n("", width - line.fields.len());
        line.fields.iter().map(String::as_str).chain(missing).collect()
    });
    let table: Vec<Vec<&str>> = std::iter::once(headings).chain(filled).collect();
    let written = csv::rows(Style::of("en"), table).expect("a table in memory");
    let written = std::str::from_utf8(&written).expect("texts are written as texts");
    let again = csv::read(written).expect("our own table");
    assert!(lines.is_empty() || again.len() == lines.len() + 1, "a line more or less: {lines:?}");
    for (line, original) in again.iter().skip(1).zip(&lines) {
        assert_eq!(line.fields.len(), width, "{line:?}");
        for (cell, original) in line.fields.iter().zip(&original.fields) {
            assert_eq!(harmless(cell), *cell, "a formula: {cell:?}");
            assert!(harmless(original).trim() == cell || original.contains(['\r', '\n']), "{original:?} → {cell:?}");
        }
    }
});

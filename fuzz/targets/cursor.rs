//! Where a list goes on: any text is a place or a refusal, and a place is written in one way.

#![no_main]

use libfuzzer_sys::fuzz_target;
use officina::Error;
use officina::kernel::page::{Cursor, MAX_LIMIT, PageRequest};

fuzz_target!(|input: (Option<u32>, Option<u32>, &str)| {
    let (limit, page, cursor) = input;
    if let Ok(place) = Cursor::decode(cursor) {
        assert_eq!(Cursor::decode(&place.encode()).expect("our own text"), place);
    }
    let asked = PageRequest { limit, page, cursor: (!cursor.is_empty()).then(|| cursor.to_owned()) };
    match asked.window() {
        Ok(window) => assert!((1..=MAX_LIMIT).contains(&window.limit)),
        Err(Error::Validation(_)) => {}
        Err(other) => panic!("a place is not the server's fault: {other:?}"),
    }
});

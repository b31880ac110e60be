//! Where a list goes on: any text is a place or a refusal, and a place that we gave is found again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use officina::Error;
use officina::kernel::ids::OrgId;
use officina::kernel::page::{Cursor, ListKey, MAX_LIMIT, PageRequest, Total};
use officina::kernel::secret::Secret;
use uuid::Uuid;

fuzz_target!(|input: (Option<i64>, Option<i64>, i64, u128, &str)| {
    let (limit, page, key, id, typed) = input;
    let secret = Secret::new(&[7; 32]);
    let list = ListKey::under(&secret, "cars", OrgId(Uuid::nil()), &typed).expect("a key");
    let other = ListKey::under(&secret, "cars", OrgId(Uuid::max()), &typed).expect("a key");
    let request = |cursor: Option<String>| PageRequest { limit, page, cursor, ..PageRequest::default() };
    let Some(first) = checked(request(None).window_of(list)) else { return };
    assert!((1..=MAX_LIMIT).contains(&first.limit) && first.offset >= 0);
    // Nobody guesses a place.
    assert!(typed.is_empty() || checked(request(Some(typed.to_owned())).window_of(list)).is_none(), "{typed:?}");
    let last = Cursor { key, id: Uuid::from_u128(id) };
    let rows = vec![(); first.limit as usize + 1];
    let next = first.page(rows, |()| last, Total::NotCounted).next_cursor.expect("one row more than the page has");
    let second = checked(request(Some(next.clone())).window_of(list)).expect("our own text");
    assert_eq!(second.after, Some(last));
    assert!(checked(request(Some(next)).window_of(other)).is_none(), "a place of another list");
});

fn checked<T>(outcome: officina::Result<T>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(Error::Validation(_)) => None,
        Err(other) => panic!("a place is not the server's fault: {other:?}"),
    }
}

//! E-mail addresses: what is taken is taken again as it is kept, and stands in one line of a mail.

#![no_main]

use libfuzzer_sys::fuzz_target;
use officina::kernel::validate::Validator;

fuzz_target!(|typed: &str| {
    let mut check = Validator::default();
    let Some(kept) = check.email("email", Some(typed)).filter(|_| check.errors.is_empty()) else { return };
    assert!(!kept.contains(|letter: char| letter.is_control() || letter.is_whitespace()), "{kept:?}");
    let again = check.email("email", Some(&kept));
    assert!(check.errors.is_empty(), "{typed:?} was kept as {kept:?}, which is refused");
    assert_eq!(again, Some(kept));
});

//! Phone numbers: what is taken is taken again as it is kept, and belongs to the same person.

#![no_main]

use libfuzzer_sys::fuzz_target;
use officina::kernel::validate::{Validator, phone_key};

fuzz_target!(|typed: &str| {
    let mut check = Validator::default();
    let kept = check.phone("phone", typed);
    if !check.errors.is_empty() {
        return;
    }
    let again = check.phone("phone", &kept);
    assert!(check.errors.is_empty(), "{typed:?} was kept as {kept:?}, which is refused");
    assert_eq!(again, kept);
    assert_eq!(phone_key(typed), phone_key(&kept), "{typed:?}");
    assert!(!phone_key(&kept).is_empty(), "{typed:?} belongs to nobody");
});

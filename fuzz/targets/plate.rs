//! Plates: a key is its own key, whatever is typed around it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use officina::kernel::validate::plate_key;
use officina::repairs::model::normalise_code;

fuzz_target!(|typed: &str| {
    let key = plate_key(typed);
    assert_eq!(plate_key(&key), key, "{typed:?}");
    assert_eq!(plate_key(&format!(" {typed} - ")), key, "{typed:?}");
    if let Some(code) = normalise_code(typed) {
        assert_eq!(normalise_code(&code), Some(code));
    }
});

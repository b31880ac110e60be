//! Phone numbers: what is taken is taken again as it is kept, and belongs to one person in every country.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use officina::kernel::phone::{Country, e164};
use officina::kernel::validate::Validator;

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(Country::all);

fuzz_target!(|input: (u8, &str)| {
    let (country, typed) = input;
    let home = COUNTRIES[usize::from(country) % COUNTRIES.len()];
    if let Some(number) = e164(typed, home) {
        let digits = number.strip_prefix('+').unwrap_or_default();
        assert!(digits.bytes().all(|digit| digit.is_ascii_digit()), "{typed:?} is {number:?}");
        assert_eq!(e164(&number, home).as_deref(), Some(number.as_str()), "{typed:?} in {}", home.letters());
    }
    let mut check = Validator::default();
    let kept = check.phone("phone", typed);
    if !check.errors.is_empty() {
        return;
    }
    let again = check.phone("phone", &kept);
    assert!(check.errors.is_empty(), "{typed:?} was kept as {kept:?}, which is refused");
    assert_eq!(again, kept);
    let number = e164(&kept, home);
    assert!(number.is_some(), "{typed:?} belongs to nobody");
    assert_eq!(e164(typed, home), number, "{typed:?} in {}", home.letters());
});

//! Phone numbers by their form of ITU-T E.164: `+`, the calling code of the country, the national number. Two numbers are one
//! when these are the same, however they were typed.

use std::str::FromStr;
use std::sync::LazyLock;

use super::text;

/// How numbers of a calling code are dialled.
#[derive(Debug, PartialEq, Eq)]
struct CallingCode {
    /// The digits after `+`.
    code: &'static str,
    /// What is dialled before a national number and is no part of it, the longest first.
    trunk: Vec<&'static str>,
    /// The most digits of a subscriber's national number.
    longest: usize,
    /// What is dialled before a number abroad; `00` is understood everywhere.
    abroad: &'static str,
    /// ISO 3166-1 letters of the countries that have it, the largest first.
    countries: Vec<&'static str>,
}

/// The fewest digits of a number with its calling code left out.
const SHORTEST: usize = 6;

static CALLING_CODES: LazyLock<Vec<CallingCode>> = LazyLock::new(|| {
    let rows = include_str!("calling_codes.txt").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        Some(CallingCode {
            code: words.next()?,
            trunk: words.next()?.split(',').filter(|prefix| *prefix != "-").collect(),
            longest: words.next()?.parse().ok()?,
            abroad: words.next()?,
            countries: words.collect(),
        })
    })
    .collect()
});

/// A country, as far as phone numbers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    letters: &'static str,
    calling: &'static CallingCode,
}

impl Country {
    /// Where an installation stands that says nothing else.
    ///
    /// # Panics
    /// Never: the table has it.
    #[must_use]
    pub fn italy() -> Self {
        let calling = CALLING_CODES.iter().find(|row| row.code == "39");
        match calling {
            Some(calling) => Self { letters: "IT", calling },
            None => unreachable!("the table of calling codes has Italy"),
        }
    }

    /// The country, or the largest of those, whose numbers begin with a prefix such as `+39`, `0039` or `39`.
    #[must_use]
    pub fn of_prefix(prefix: &str) -> Option<Self> {
        let digits: String = prefix.chars().filter(char::is_ascii_digit).collect();
        let code = digits.strip_prefix("00").unwrap_or(&digits);
        let calling = CALLING_CODES.iter().find(|row| row.code == code)?;
        calling.countries.first().map(|letters| Self { letters, calling })
    }

    /// The two letters of ISO 3166-1.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        self.letters
    }

    /// All countries, by their letters.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let of = |calling: &'static CallingCode| calling.countries.iter().map(move |letters| Self { letters, calling });
        let mut all: Vec<Self> = CALLING_CODES.iter().flat_map(of).collect();
        all.sort_unstable_by_key(|country| country.letters);
        all
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    fn from_str(letters: &str) -> Result<Self, UnknownCountry> {
        let letters = text::plain(letters).to_ascii_uppercase();
        Self::all().into_iter().find(|country| country.letters == letters).ok_or(UnknownCountry)
    }
}

/// Letters that are no country's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the two letters of a country, such as IT")]
pub struct UnknownCountry;

/// A number in the form of E.164, read as somebody in `home` dials it. None for a text without digits. A number with a
/// calling code that nobody has keeps its digits.
#[must_use]
pub fn e164(typed: &str, home: Country) -> Option<String> {
    let digits = digits(typed);
    if digits.is_empty() {
        return None;
    }
    let home = home.calling;
    let abroad = marked(typed, &digits)
        .or_else(|| digits.strip_prefix(home.abroad))
        .or_else(|| digits.strip_prefix("00"))
        .or_else(|| unmarked(&digits, home));
    Some(match abroad.map(without_zeros).filter(|number| !number.is_empty()) {
        Some(number) => international(number),
        None => format!("+{}{}", home.code, without_trunk(&digits, home)),
    })
}

/// A number in the form of E.164 that names its country by `+` or `00`; none for any other.
#[must_use]
pub fn e164_abroad(typed: &str) -> Option<String> {
    let digits = digits(typed);
    let abroad = marked(typed, &digits).or_else(|| digits.strip_prefix("00"));
    abroad.map(without_zeros).filter(|number| !number.is_empty()).map(international)
}

fn digits(typed: &str) -> String {
    text::plain(typed).chars().filter(char::is_ascii_digit).collect()
}

/// The digits after the `+` of a number.
fn marked<'a>(typed: &str, digits: &'a str) -> Option<&'a str> {
    let plain = text::plain(typed);
    let before = plain.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
    before.contains('+').then_some(digits)
}

/// What follows the mark, when it was given twice: `+0039…`.
fn without_zeros(number: &str) -> &str {
    number.trim_start_matches("00")
}

/// The form of E.164 of a number that begins with a calling code.
fn international(number: &str) -> String {
    match CALLING_CODES.iter().find(|row| number.starts_with(row.code)) {
        Some(calling) => format!("+{}{}", calling.code, without_trunk(&number[calling.code.len()..], calling)),
        None => format!("+{number}"),
    }
}

/// The words that a number is found by: its form of E.164, and its digits as they were typed.
#[must_use]
pub fn search_words(typed: &str, number: &str) -> String {
    format!("{number} {}", digits(typed))
}

/// A number of one's own country that begins with the calling code without any mark, as telephone exchanges and
/// spreadsheets write it: known by being longer than a national number.
fn unmarked<'a>(digits: &'a str, home: &CallingCode) -> Option<&'a str> {
    let national = digits.strip_prefix(home.code)?;
    let longest = home.longest + home.trunk.first().map_or(0, |trunk| trunk.len());
    (digits.len() > longest && (SHORTEST..=longest).contains(&national.len())).then_some(digits)
}

/// A national number without what is dialled before it. A zero is never the first digit where it is dialled before
/// numbers; another digit may be, so it goes only where the number is too long with it.
fn without_trunk<'a>(number: &'a str, calling: &CallingCode) -> &'a str {
    let goes = |prefix: &str, number: &str| prefix.starts_with('0') || number.len() > calling.longest;
    let mut rest = number;
    while let Some(shorter) =
        calling.trunk.iter().find_map(|prefix| rest.strip_prefix(prefix).filter(|_| goes(prefix, rest)))
    {
        rest = shorter;
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn country(letters: &str) -> Country {
        letters.parse().unwrap()
    }

    #[test]
    fn numbers_are_read_as_their_country_dials_them() {
        for (typed, home, expected) in [
            ("612 344178", "IT", "+39612344178"),
            ("+34 612 344178", "IT", "+34612344178"),
            ("612 344178", "ES", "+34612344178"),
            ("+39 333 9441781", "IT", "+393339441781"),
            ("+1 333 944 1781", "IT", "+13339441781"),
            ("1 (333) 944-1781", "US", "+13339441781"),
            ("011 39 333 9441781", "US", "+393339441781"),
            // Italy keeps its zero, abroad and at home.
            ("06 1234567", "IT", "+39061234567"),
            ("+39 (0)6 1234567", "DE", "+39061234567"),
            ("0039 06 1234567", "FR", "+39061234567"),
            ("+378 0549 886377", "IT", "+3780549886377"),
            ("07911 123456", "GB", "+447911123456"),
            ("+44 (0)7911 123456", "IT", "+447911123456"),
            ("(+44) 07911 123456", "IT", "+447911123456"),
            ("0044 7911-123.456", "IT", "+447911123456"),
            ("0011 44 7911 123456", "AU", "+447911123456"),
            ("030 123456", "DE", "+4930123456"),
            ("06 20 123 4567", "HU", "+36201234567"),
            ("8 912 345 67 89", "RU", "+79123456789"),
            ("+7 800 555 35 35", "IT", "+78005553535"),
            ("8 612 34567", "LT", "+37061234567"),
            ("800 12345", "LT", "+37080012345"),
            // The calling code without any mark.
            ("39 333 9441781", "IT", "+393339441781"),
            ("44 07911 123456", "GB", "+447911123456"),
            ("393 9441781", "IT", "+393939441781"),
            ("+999 1234567", "IT", "+9991234567"),
            ("\u{ff0b}39\u{a0}333\u{200b}9441781", "IT", "+393339441781"),
        ] {
            assert_eq!(e164(typed, country(home)).as_deref(), Some(expected), "{typed} in {home}");
        }
        assert_eq!(e164("anna", Country::italy()), None);
    }

    proptest! {
        /// A number in its form of E.164 is itself, wherever it is read.
        #[test]
        fn a_number_that_was_read_is_itself(typed in "[+(]{0,2}[0-9 ()./-]{1,24}") {
            for home in ["IT", "GB", "US", "HU", "RU", "BY", "LT", "AU", "TH"].map(country) {
                if let Some(number) = e164(&typed, home) {
                    prop_assert_eq!(e164(&number, Country::italy()), Some(number));
                }
            }
        }
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!((CALLING_CODES.len(), Country::all().len()), (215, 245));
        // No code begins with another: the first that fits is the one.
        for row in CALLING_CODES.iter() {
            let others = CALLING_CODES.iter().filter(|other| other.code.starts_with(row.code)).count();
            assert_eq!(others, 1, "{}", row.code);
        }
        for (prefix, letters) in [("+39", "IT"), ("0044", "GB"), ("1", "US"), ("+7", "RU")] {
            assert_eq!(Country::of_prefix(prefix).map(Country::letters), Some(letters));
        }
        assert_eq!(Country::of_prefix(""), None);
        assert!(country(" it ") == Country::italy() && "ZZ".parse::<Country>().is_err());
    }
}

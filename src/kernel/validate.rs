//! Validation of what people and programs send: every broken field is reported at once.
//!
//! An error carries a code and a sentence. The code lets a page say it in the reader's language; the sentence is what
//! the API says.

use std::collections::BTreeMap;

use chrono::Datelike as _;
use serde::{Deserialize, Serialize};

use super::text;

/// Why a field was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// A stable word for message files: `required`, `too_long`, `invalid_email`, …
    pub code: String,
    /// The sentence for people who read the API's answer.
    pub message: String,
}

/// Broken fields by their name in the request, in camelCase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldErrors(pub BTreeMap<String, Vec<FieldError>>);

impl FieldErrors {
    /// Whether nothing was refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an error to a field.
    pub fn add(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.0.entry(field.to_owned()).or_default().push(FieldError { code: code.to_owned(), message: message.into() });
    }

    /// An error set with a single entry.
    #[must_use]
    pub fn single(field: &str, code: &str, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, code, message);
        errors
    }

    /// The sentences by field, as the API sends them.
    #[must_use]
    pub fn sentences(&self) -> BTreeMap<&str, Vec<&str>> {
        self.0
            .iter()
            .map(|(field, errors)| (field.as_str(), errors.iter().map(|error| error.message.as_str()).collect()))
            .collect()
    }

    /// The first error of a field.
    #[must_use]
    pub fn first(&self, field: &str) -> Option<&FieldError> {
        self.0.get(field).and_then(|errors| errors.first())
    }
}

/// Collects the errors of one input while its fields are cleaned.
#[derive(Debug, Default)]
pub struct Validator {
    /// What has been refused so far.
    pub errors: FieldErrors,
}

impl Validator {
    /// A line that must not be empty and has at most `max` characters, trimmed. Breaks in it become spaces.
    pub fn required(&mut self, field: &str, value: &str, max: usize) -> String {
        let value = text::line(value);
        if value.is_empty() {
            self.errors.add(field, "required", "is required");
        }
        self.limit(field, &value, max);
        value
    }

    /// A line of at most `max` characters, trimmed; an empty one is none. Breaks in it become spaces.
    pub fn optional(&mut self, field: &str, value: Option<&str>, max: usize) -> Option<String> {
        let value = text::line(value.unwrap_or_default());
        self.limit(field, &value, max);
        (!value.is_empty()).then_some(value)
    }

    /// What is compared letter by letter, of at most `max` characters and in plain ones ([`text::plain`]); an empty one is none.
    pub fn code(&mut self, field: &str, value: Option<&str>, max: usize) -> Option<String> {
        let value = text::plain(value.unwrap_or_default());
        self.limit(field, &value, max);
        (!value.is_empty()).then_some(value)
    }

    /// The same where it must be given.
    pub fn required_code(&mut self, field: &str, value: &str, max: usize) -> String {
        let value = self.code(field, Some(value), max).unwrap_or_default();
        if value.is_empty() {
            self.errors.add(field, "required", "is required");
        }
        value
    }

    /// A vehicle identification number of at most 17 characters, if given: upper case, without the blanks and hyphens that
    /// people group it by.
    pub fn vin(&mut self, field: &str, value: Option<&str>) -> Option<String> {
        let value = text::plain_capitals(value.unwrap_or_default()).replace([' ', '-', '.'], "");
        self.limit(field, &value, 17);
        (!value.is_empty()).then_some(value)
    }

    /// A text of at most `max` characters that may have several lines, trimmed; an empty one is none.
    pub fn text(&mut self, field: &str, value: Option<&str>, max: usize) -> Option<String> {
        let value = text::lines(&value.unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n"));
        self.limit(field, &value, max);
        (!value.is_empty()).then_some(value)
    }

    /// An e-mail address, if given.
    pub fn email(&mut self, field: &str, value: Option<&str>) -> Option<String> {
        let value = text::email(value.unwrap_or_default());
        if value.is_empty() {
            return None;
        }
        self.limit(field, &value, 254);
        if !is_email(&value) {
            self.errors.add(field, "invalid_email", "must be an e-mail address");
        }
        Some(value)
    }

    /// A phone number with 6 to 15 digits (ITU-T E.164 sets the upper bound), returned as it was typed, in plain
    /// characters.
    pub fn phone(&mut self, field: &str, value: &str) -> String {
        let value = self.required_code(field, value, 40);
        let digits = value.chars().filter(char::is_ascii_digit).count();
        let odd = value.chars().any(|c| !c.is_ascii_digit() && !" +-()./".contains(c));
        if !value.is_empty() && (odd || !(6..=15).contains(&digits)) {
            self.errors.add(field, "invalid_phone", "must be a phone number of 6 to 15 digits");
        }
        value
    }

    /// A calendar date `YYYY-MM-DD` of a life, if given: no business has one of another century than the last, this and the
    /// next.
    pub fn date(&mut self, field: &str, value: Option<&str>) -> Option<String> {
        let value = self.code(field, value, 10)?;
        let date = chrono::NaiveDate::parse_from_str(&value, "%Y-%m-%d");
        if !date.is_ok_and(|date| (1900..2200).contains(&date.year())) {
            self.errors.add(field, "invalid_date", "must be a date such as 2026-11-20");
        }
        Some(value)
    }

    /// A number within bounds, if given.
    pub fn range<T: PartialOrd + std::fmt::Display + Copy>(&mut self, field: &str, value: Option<T>, low: T, high: T) {
        if let Some(value) = value
            && !(value >= low && value <= high)
        {
            self.errors.add(field, "out_of_range", format!("must be from {low} to {high}"));
        }
    }

    /// A word of a vocabulary that must be given.
    pub fn word<T>(&mut self, field: &str, value: &str) -> Option<T>
    where
        T: std::str::FromStr<Err = crate::kernel::text_enum::UnknownWord>,
    {
        let value = text::plain(value);
        if value.is_empty() {
            self.errors.add(field, "required", "is required");
            return None;
        }
        value.parse().map_err(|unknown: T::Err| self.errors.add(field, "unknown_word", unknown.to_string())).ok()
    }

    /// The cleaned input, or all errors.
    ///
    /// # Errors
    /// [`crate::Error::Validation`] when anything was refused.
    pub fn finish<T>(self, value: T) -> crate::Result<T> {
        if self.errors.is_empty() { Ok(value) } else { Err(crate::Error::Validation(self.errors)) }
    }

    fn limit(&mut self, field: &str, value: &str, max: usize) {
        if value.chars().count() > max {
            self.errors.add(field, "too_long", format!("must have at most {max} characters"));
        }
    }
}

/// Whether a text has the shape `local@domain` of RFC 5321 closely enough to send mail there.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && local.len() <= 64
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && domain.contains('.')
        && !domain.contains("..")
        && !text.chars().any(|c| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"'))
        && !local.contains(['@', ':', '(', ')', '[', ']', '\\'])
}

/// Letters and digits of a plate or VIN, upper-cased, for comparison. A few letters have no capital of their own and become
/// one with a mark beside it, so what is no letter goes afterwards: a key is its own key.
#[must_use]
pub fn plate_key(plate: &str) -> String {
    let key = |typed: &str| -> String { text::plain_capitals(typed).chars().filter(|c| c.is_alphanumeric()).collect() };
    // Parts of a letter that a blank stood between come together when it is gone.
    key(&key(plate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_plate_is_its_own_key() {
        for plate in ["ab 123-cd", "ȉﱟﱟ0ñ", "ᄀ ᅡ", "ǰ 1", "ΐß2", "m-äö 123"] {
            let key = plate_key(plate);
            assert_eq!(plate_key(&key), key, "{plate}");
        }
    }

    #[test]
    fn all_broken_fields_are_reported_at_once() {
        let mut check = Validator::default();
        check.required("name", "  ", 10);
        check.phone("phone", "call me");
        check.email("email", Some("anna@"));
        let Err(crate::Error::Validation(errors)) = check.finish(()) else { panic!("accepted") };
        assert_eq!(errors.0.keys().collect::<Vec<_>>(), ["email", "name", "phone"]);
    }

    #[test]
    fn a_name_is_a_line_and_a_note_keeps_its_lines() {
        let mut check = Validator::default();
        let typed = " Cella 1\r\nBcc: all@example.org\t\u{7}";
        assert_eq!(check.required("name", typed, 60), "Cella 1 Bcc: all@example.org");
        assert_eq!(check.optional("name", Some("\n"), 60), None);
        assert_eq!(check.text("note", Some("one\r\ntwo\rthree\n"), 60).as_deref(), Some("one\ntwo\nthree"));
        assert!(check.errors.is_empty());
    }

    #[test]
    fn addresses_that_no_mail_reaches_are_refused() {
        for good in ["a@b.it", "anna.rossi+car@mail.example.org"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["a", "@b.it", "a@b", "a@.it", "a b@c.it", "a@b@c.it", "<a@b.it>", "a@b..it"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}

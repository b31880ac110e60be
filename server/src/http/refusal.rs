//! Why something that was sent cannot be read, in sentences for people.

use std::fmt;

use officina::Error;
use serde::de::{Expected, Unexpected};

/// Why a value cannot be read as a type.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Refusal {
    /// The field that the sentence is about, inside the one that was read just then.
    inside: Option<String>,
    code: &'static str,
    sentence: String,
}

impl Refusal {
    /// A sentence that follows the field's name, and a stable word for it.
    pub(super) fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { inside: None, code, sentence: sentence.into() }
    }

    /// The same about a field inside the one that is read.
    pub(super) fn inside(self, field: &str) -> Self {
        Self { inside: Some(field.to_owned()), ..self }
    }

    /// The same as an error of the domain, about the field at a path.
    pub(super) fn at(self, path: &str) -> Error {
        let field = match &self.inside {
            // The path of an unknown field ends with the field itself.
            Some(field) if path == field || path.ends_with(&format!(".{field}")) => path.to_owned(),
            Some(field) if path.is_empty() => field.clone(),
            Some(field) => format!("{path}.{field}"),
            None if path.is_empty() => return Error::BadRequest(format!("The request {}.", self.sentence)),
            None => path.to_owned(),
        };
        Error::field(&field, self.code, self.sentence)
    }
}

impl serde::de::Error for Refusal {
    /// What our own types say, such as *must be a time such as …*; what others say is not for people.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        let sentence = match message {
            own if own.starts_with("must be ") => own,
            id if id.starts_with("UUID ") => "must be an id, as this API gives it".to_owned(),
            _ => "is not understood here".to_owned(),
        };
        Self::new("invalid", sentence)
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new("invalid", "is of the wrong kind")
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new("invalid", "is not understood here")
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::new("invalid", "has the wrong number of items")
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new("unknown_word", format!("must be one of {}", expected.join(", ")))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new("unknown_field", not_known(expected)).inside(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("required", "is required").inside(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new("given_twice", "is given twice").inside(field)
    }
}

/// The sentence about a name that is not known, with those that are.
#[must_use]
pub fn not_known<T: AsRef<str>>(known: &[T]) -> String {
    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    match known.as_slice() {
        [] => "is not known here, where nothing can be given".to_owned(),
        known => format!("is not known here; what can be given is {}", known.join(", ")),
    }
}

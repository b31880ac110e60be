//! What a form was sent with and why it was refused, so that the page comes back with everything typed.

use std::collections::BTreeMap;

use leptos::prelude::*;
use officina::kernel::validate::FieldErrors;

use super::document::Visit;
use super::language::Argument;
use crate::ui::{Alert, Tone};

/// The values and errors of a form. An untouched form has neither.
#[derive(Debug, Clone, Default)]
pub struct FormState {
    /// What was typed, by the field's name.
    pub values: BTreeMap<String, String>,
    /// Why fields were refused, by their names.
    pub errors: FieldErrors,
}

impl FormState {
    /// What was typed into a field.
    #[must_use]
    pub fn value(&self, name: &str) -> String {
        self.values.get(name).cloned().unwrap_or_default()
    }

    /// What was typed, if it was more than spaces.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Whether any of the fields was refused.
    #[must_use]
    pub fn has_error(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.errors.first(name).is_some())
    }

    /// The refusal of a field in the visitor's language.
    pub(super) fn error(&self, visit: &Visit, name: &str) -> Option<String> {
        let error = self.errors.first(name)?;
        let key = format!("error-{}", error.code);
        Some(visit.text(if visit.language.has(&key) { &key } else { "error-other" }))
    }

    /// The summary on top of a refused form: how many fields, and a link to each.
    pub(super) fn summary(&self, visit: &Visit, labels: &[(&str, &str)], note: Option<&str>) -> Option<AnyView> {
        if self.errors.is_empty() {
            return None;
        }
        let count = i64::try_from(self.errors.0.len()).unwrap_or(i64::MAX);
        let title = visit.text_with("errors-title", &[("count", Argument::Number(count))]);
        let links: Vec<_> = labels
            .iter()
            .filter_map(|(name, label)| {
                let message = self.error(visit, name)?;
                let label = visit.text(label);
                Some(view! { <li><a href=format!("#f-{name}")>{label}": "{message}</a></li> })
            })
            .collect();
        // What the form does not have has no label either.
        let others: Vec<_> = (self.errors.0.iter())
            .filter(|(name, errors)| {
                errors.iter().any(|error| error.code == "unknown_field")
                    && !labels.iter().any(|(known, _)| known == name)
            })
            .filter_map(|(name, _)| {
                let message = self.error(visit, name)?;
                Some(view! { <li>{name.clone()}": "{message}</li> })
            })
            .collect();
        let note = note.map(|key| view! { <p>{visit.text(key)}</p> });
        Some(view! { <Alert tone=Tone::Danger title=title><ul>{links}{others}</ul> {note}</Alert> }.into_any())
    }
}

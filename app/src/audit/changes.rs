//! The journal's words and fields, as people read them.

use std::collections::HashMap;

use officina::cold_chain::{AlertStatus, AlertType};
use officina::kernel::time::Timestamp;
use officina::kernel::timeline::FieldChange;
use officina::leads::{LeadStatus, LeadType};
use officina::repairs::{RepairStatus, RepairType};
use serde_json::Value;

use super::functions::Change;
use crate::cold_chain::alert_label;
use crate::leads::{lead_status_label, lead_type_label};
use crate::moment::Calendar;
use crate::repairs::{status_label, type_label};

/// The longest value that is shown; the file has the rest.
const LONGEST: usize = 300;

/// Fields whose values are words of the code, never of people.
const VOCABULARY: [&str; 14] = [
    "areas",
    "category",
    "day",
    "kind",
    "leadType",
    "level",
    "muted",
    "publicForms",
    "quarantine",
    "repairType",
    "role",
    "secondFactorRoles",
    "status",
    "type",
];

/// What entries are told with.
pub struct Words<'a> {
    /// Writes days and moments.
    pub calendar: Calendar,
    /// The names of members, by their ids.
    pub people: &'a HashMap<String, String>,
}

/// The fields that differ between two states of a subject of some kind, in the order of their names. Without a state before,
/// all that are known. Ids of members are shown as their names.
#[must_use]
pub fn changes(kind: &str, before: Option<&Value>, after: Option<&Value>, words: &Words<'_>) -> Vec<Change> {
    let empty = serde_json::Map::new();
    let fields = |state: Option<&Value>| state.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
    let (old, new) = (fields(before), fields(after));
    let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let value = |state: &serde_json::Map<String, Value>| {
                state.get(name).and_then(|value| words.shown(kind, name, value)).map(cut)
            };
            Change { field: label(name), old: value(&old), new: value(&new) }
        })
        .filter(|change| change.old != change.new)
        .collect()
}

impl Words<'_> {
    /// A value in words; nothing for one that is empty.
    fn shown(&self, kind: &str, field: &str, value: &Value) -> Option<String> {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => self.text(kind, field, text),
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            Value::Array(items) => {
                let separator = if items.iter().any(Value::is_object) { "; " } else { ", " };
                let items: Vec<_> = items.iter().filter_map(|item| self.shown(kind, field, item)).collect();
                items.join(separator)
            }
            Value::Object(fields) => {
                let line = |(name, value): (&String, &Value)| {
                    Some(format!("{}: {}", label(name), self.shown(kind, name, value)?))
                };
                fields.iter().filter_map(line).collect::<Vec<_>>().join(", ")
            }
            Value::Number(number) => number.to_string(),
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// A text as people say it: a member's id is their name, a day and a moment are told as everywhere, and so are the words
    /// of the code. What people wrote themselves stays as it is.
    fn text(&self, kind: &str, field: &str, text: &str) -> String {
        if let Some(name) = self.people.get(text) {
            return name.clone();
        }
        if is_day(text) {
            return self.calendar.day(text).words;
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return self.calendar.moment(at).words;
        }
        value_words(kind, field, text)
    }
}

/// Whether a text has the form of a day, `2026-11-20`.
fn is_day(text: &str) -> bool {
    let is_fit = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(is_fit)
}

/// No more of a text than is shown.
fn cut(text: String) -> String {
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain("…".chars()).collect()
}

/// A word of a vocabulary as people say it: `pre_checkin` is "Checked in online", `HIGH_TEMP` is "Too warm".
fn value_words(kind: &str, field: &str, text: &str) -> String {
    let told = match (kind, field) {
        ("lead", "status") => text.parse::<LeadStatus>().ok().map(lead_status_label),
        ("alert", "status") => text.parse::<AlertStatus>().ok().map(|status| match status {
            AlertStatus::Active => "Active",
            AlertStatus::Resolved => "Over",
        }),
        (_, "status") => text.parse::<RepairStatus>().ok().map(status_label),
        (_, "type" | "alertType") => text.parse::<AlertType>().ok().map(alert_label),
        (_, "leadType") => text.parse::<LeadType>().ok().map(lead_type_label),
        (_, "repairType") => text.parse::<RepairType>().ok().map(type_label),
        (_, "locale" | "language") => match text {
            "it" => Some("Italian"),
            "en" => Some("English"),
            _ => None,
        },
        (_, "temperatureUnit") => match text {
            "celsius" => Some("°C"),
            "fahrenheit" => Some("°F"),
            _ => None,
        },
        _ => None,
    };
    if let Some(told) = told {
        return told.to_owned();
    }
    let is_one_case = |is: fn(&char) -> bool| text.chars().all(|letter| letter == '_' || is(&letter));
    let is_one_case = is_one_case(char::is_ascii_lowercase) || is_one_case(char::is_ascii_uppercase);
    let is_word = is_one_case && (text.contains('_') || VOCABULARY.contains(&field));
    if is_word { words(&text.to_ascii_lowercase()) } else { text.to_owned() }
}

/// What a field is called: `assigneeId` is "Assignee".
fn label(name: &str) -> String {
    let words = words(name);
    words.strip_suffix(" id").map_or_else(|| words.clone(), str::to_owned)
}

/// A change of a record's facts as one line of its history. An id that is nobody's says nothing to people, so only that it
/// changed is told.
#[must_use]
pub fn change_line(kind: &str, change: &FieldChange, words: &Words<'_>) -> String {
    let label = label(&change.field);
    let is_id = change.field.ends_with("Id");
    let is_somebody = |id: &String| words.people.contains_key(id);
    if is_id && ![&change.from, &change.to].into_iter().flatten().all(is_somebody) {
        return format!("{label} changed");
    }
    let none = if is_id { "nobody" } else { "nothing" };
    let value = |text: &Option<String>| match text.as_deref() {
        None => none.to_owned(),
        Some("true") => "yes".to_owned(),
        Some("false") => "no".to_owned(),
        Some(text) => words.text(kind, &change.field, text),
    };
    format!("{label}: {} → {}", value(&change.from), value(&change.to))
}

/// A name of the code as words: `coldCellId` and `cold_cell_id` are "Cold cell id".
#[must_use]
pub fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        match letter {
            '_' | '-' => words.push(' '),
            _ if words.is_empty() => words.extend(letter.to_uppercase()),
            _ if letter.is_uppercase() => {
                words.push(' ');
                words.extend(letter.to_lowercase());
            }
            _ => words.push(letter),
        }
    }
    words
}

/// What was done, in words: `repairs.status_changed` is "Repairs: status changed".
#[must_use]
pub fn action_words(action: &str) -> String {
    let (area, verb) = action.split_once('.').unwrap_or((action, "everything"));
    let area = match area {
        "identity" => "People and access".to_owned(),
        area => words(area),
    };
    format!("{area}: {}", verb.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn calendar() -> Calendar {
        Calendar::staff(&officina::identity::Organisation::product(), Timestamp(1_795_168_800_000))
    }

    /// The fields that changed, with what they were and are.
    fn told(kind: &str, before: Option<&Value>, after: &Value) -> Vec<(String, String, String)> {
        let people = HashMap::from([("7".to_owned(), "Anna".to_owned())]);
        changes(kind, before, Some(after), &Words { calendar: calendar(), people: &people })
            .into_iter()
            .map(|change| (change.field, change.old.unwrap_or_default(), change.new.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn only_what_changed_is_shown() {
        let before = json!({ "status": "ready", "note": null, "promisedDate": "2026-11-20", "notify": true });
        let after = json!({ "status": "delivered", "note": "", "promisedDate": "2026-11-20", "notify": false });
        let expected = [("Notify", "yes", "no"), ("Status", "Ready", "Delivered")];
        assert_eq!(
            told("repair", Some(&before), &after),
            expected.map(|(field, old, new)| (field.to_owned(), old.to_owned(), new.to_owned()))
        );
        assert!(told("repair", None, &json!({})).is_empty());
    }

    #[test]
    fn a_long_value_is_cut_between_letters() {
        let cut = told("repair", None, &json!({ "text": "è".repeat(1_000) }))[0].2.clone();
        assert_eq!(cut.chars().count(), LONGEST + 1);
    }

    #[test]
    fn words_of_the_code_are_told_as_people_say_them() {
        for (kind, field, value, said) in [
            ("repair", "status", json!("pre_checkin"), "Checked in online"),
            ("repair", "status", json!("ready"), "Ready"),
            ("repair", "status", json!("quality_check"), "Quality check"),
            ("repair", "repairType", json!("cosmetic"), "Cosmetic"),
            ("repair", "assigneeId", json!("7"), "Anna"),
            ("repair", "promisedDate", json!("2026-12-17"), "17 December 2026"),
            ("repair", "appointmentAt", json!("2026-11-20T10:00:00Z"), "20 November 2026, 10:00"),
            ("alert", "status", json!("ACTIVE"), "Active"),
            ("alert", "status", json!("RESOLVED"), "Over"),
            ("alert", "type", json!("HIGH_TEMP"), "Too warm"),
            ("lead", "status", json!("converted"), "Customer"),
            ("lead", "leadType", json!("training"), "Course"),
            ("membership", "status", json!("suspended"), "Suspended"),
            ("membership", "role", json!("technician"), "Technician"),
            ("organisation", "areas", json!(["repairs", "cold_chain"]), "Repairs, Cold chain"),
            ("organisation", "locale", json!("it"), "Italian"),
            ("organisation", "openingHours", json!([{ "day": "monday", "open": true }]), "Day: Monday, Open: yes"),
            ("lead", "origin", json!("public_form"), "Public form"),
            ("vehicle", "plate", json!("AB123CD"), "AB123CD"),
            ("repair", "note", json!("a note_ of mine"), "a note_ of mine"),
        ] {
            assert_eq!(told(kind, None, &json!({ field: value }))[0].2, said, "{kind} {field}");
        }
    }

    #[test]
    fn a_line_of_a_history_names_people_and_days() {
        let people = HashMap::from([("7".to_owned(), "Anna".to_owned())]);
        let change = |field: &str, from: Option<&str>, to: Option<&str>| {
            let change =
                FieldChange { field: field.to_owned(), from: from.map(str::to_owned), to: to.map(str::to_owned) };
            change_line("repair", &change, &Words { calendar: calendar(), people: &people })
        };
        assert_eq!(change("promisedDate", None, Some("2026-11-21")), "Promised date: nothing → 21 November 2026");
        assert_eq!(change("assigneeId", Some("7"), None), "Assignee: Anna → nobody");
        assert_eq!(change("assigneeId", Some("8"), Some("7")), "Assignee changed");
    }

    #[test]
    fn actions_are_told_in_words() {
        assert_eq!(action_words("repairs.status_changed"), "Repairs: status changed");
        assert_eq!(action_words("cold_chain"), "Cold chain: everything");
    }
}

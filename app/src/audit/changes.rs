//! The journal's words and fields, as people read them.

use std::collections::HashMap;

use officina::kernel::timeline::FieldChange;
use officina::repairs::RepairStatus;
use serde_json::Value;

use super::functions::Change;
use crate::repairs::status_label;

/// The longest value that is shown; the file has the rest.
const LONGEST: usize = 300;

/// The fields that differ between two states, in the order of their names. Without a state before, all that are known.
/// Ids of members are shown as their names.
#[must_use]
pub fn changes(before: Option<&Value>, after: Option<&Value>, people: &HashMap<String, String>) -> Vec<Change> {
    let empty = serde_json::Map::new();
    let fields = |state: Option<&Value>| state.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
    let (old, new) = (fields(before), fields(after));
    let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    names.sort();
    names
        .into_iter()
        .filter(|name| shown(old.get(*name)) != shown(new.get(*name)))
        .map(|name| {
            let value =
                |state: &serde_json::Map<String, Value>| shown(state.get(name)).map(|text| named(&text, people));
            Change { field: label(name), old: value(&old), new: value(&new) }
        })
        .collect()
}

/// A value in words; nothing for one that is not there or empty.
fn shown(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::Null => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => value_words(text),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return Some(text);
    }
    Some(text.chars().take(LONGEST).chain("…".chars()).collect())
}

/// The name of a member whose id it is, or the text as it is.
fn named(text: &str, people: &HashMap<String, String>) -> String {
    people.get(text).cloned().unwrap_or_else(|| text.to_owned())
}

/// A word of a vocabulary as people say it: `pre_checkin` is "Checked in online", `HIGH_TEMP` is "High temp". What people
/// wrote themselves stays as it is.
fn value_words(text: &str) -> String {
    if let Ok(status) = text.parse::<RepairStatus>() {
        return status_label(status).to_owned();
    }
    let is_one_case = |is: fn(&char) -> bool| text.chars().all(|letter| letter == '_' || is(&letter));
    let is_word =
        text.contains('_') && (is_one_case(char::is_ascii_lowercase) || is_one_case(char::is_ascii_uppercase));
    if is_word { words(&text.to_ascii_lowercase()) } else { text.to_owned() }
}

/// What a field is called: `assigneeId` is "Assignee".
fn label(name: &str) -> String {
    let words = words(name);
    words.strip_suffix(" id").map_or_else(|| words.clone(), str::to_owned)
}

/// A change of a record's facts as one line of its history. Ids say nothing to people, so only that they changed is told.
#[must_use]
pub fn change_line(change: &FieldChange) -> String {
    let label = label(&change.field);
    if change.field.ends_with("Id") {
        return format!("{label} changed");
    }
    let value = |text: &Option<String>| text.as_deref().map_or_else(|| "nothing".to_owned(), value_words);
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

    #[test]
    fn only_what_changed_is_shown() {
        let before = json!({ "status": "ready", "note": null, "promisedDate": "2026-11-20", "notify": true });
        let after = json!({ "status": "delivered", "note": "", "promisedDate": "2026-11-20", "notify": false });
        let told: Vec<_> = changes(Some(&before), Some(&after), &HashMap::new())
            .into_iter()
            .map(|change| (change.field, change.old.unwrap_or_default(), change.new.unwrap_or_default()))
            .collect();
        let expected = [("Notify", "yes", "no"), ("Status", "Ready", "Delivered")];
        assert_eq!(told, expected.map(|(field, old, new)| (field.to_owned(), old.to_owned(), new.to_owned())));
        let people = HashMap::from([("7".to_owned(), "Anna".to_owned())]);
        let assigned = &changes(None, Some(&json!({ "assigneeId": "7" })), &people)[0];
        assert_eq!((assigned.field.as_str(), assigned.new.as_deref()), ("Assignee", Some("Anna")));
        assert!(changes(None, None, &people).is_empty());
    }

    #[test]
    fn a_long_value_is_cut_between_letters() {
        let long = json!({ "text": "è".repeat(1_000) });
        let cut = changes(None, Some(&long), &HashMap::new())[0].new.clone().unwrap();
        assert_eq!(cut.chars().count(), LONGEST + 1);
    }

    #[test]
    fn words_of_the_code_are_told_as_people_say_them() {
        for (word, said) in [
            ("pre_checkin", "Checked in online"),
            ("ready", "Ready"),
            ("quality_check", "Quality check"),
            ("HIGH_TEMP", "High temp"),
            ("public_form", "Public form"),
            ("AB123CD", "AB123CD"),
            ("a note_ of mine", "a note_ of mine"),
        ] {
            assert_eq!(value_words(word), said);
        }
        let change = |field: &str, from: Option<&str>, to: Option<&str>| {
            change_line(&FieldChange {
                field: field.to_owned(),
                from: from.map(str::to_owned),
                to: to.map(str::to_owned),
            })
        };
        assert_eq!(change("promisedDate", None, Some("2026-11-21")), "Promised date: nothing → 2026-11-21");
        assert_eq!(change("assigneeId", Some("7"), None), "Assignee changed");
    }

    #[test]
    fn actions_are_told_in_words() {
        assert_eq!(action_words("repairs.status_changed"), "Repairs: status changed");
        assert_eq!(action_words("cold_chain"), "Cold chain: everything");
    }
}

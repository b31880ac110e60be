//! The journal's words and fields, as people read them.

use serde_json::Value;

use super::functions::Change;

/// The longest value that is shown; the file has the rest.
const LONGEST: usize = 300;

/// The fields that differ between two states, in the order of their names. Without a state before, all that are known.
#[must_use]
pub fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let empty = serde_json::Map::new();
    let fields = |state: Option<&Value>| state.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
    let (old, new) = (fields(before), fields(after));
    let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    names.sort();
    names
        .into_iter()
        .filter(|name| shown(old.get(*name)) != shown(new.get(*name)))
        .map(|name| Change { field: words(name), old: shown(old.get(name)), new: shown(new.get(name)) })
        .collect()
}

/// A value in words; nothing for one that is not there or empty.
fn shown(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::Null => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return Some(text);
    }
    Some(text.chars().take(LONGEST).chain("…".chars()).collect())
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
        let told: Vec<_> = changes(Some(&before), Some(&after))
            .into_iter()
            .map(|change| (change.field, change.old.unwrap_or_default(), change.new.unwrap_or_default()))
            .collect();
        let expected = [("Notify", "yes", "no"), ("Status", "ready", "delivered")];
        assert_eq!(told, expected.map(|(field, old, new)| (field.to_owned(), old.to_owned(), new.to_owned())));
        assert_eq!(changes(None, Some(&json!({ "customerId": "7" })))[0].field, "Customer id");
        assert!(changes(None, None).is_empty());
    }

    #[test]
    fn a_long_value_is_cut_between_letters() {
        let long = json!({ "text": "è".repeat(1_000) });
        let cut = changes(None, Some(&long))[0].new.clone().unwrap();
        assert_eq!(cut.chars().count(), LONGEST + 1);
    }

    #[test]
    fn actions_are_told_in_words() {
        assert_eq!(action_words("repairs.status_changed"), "Repairs: status changed");
        assert_eq!(action_words("cold_chain"), "Cold chain: everything");
    }
}

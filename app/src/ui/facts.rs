//! Facts that have a form of their own: an e-mail address may be long and breaks only where one would break it by hand, a
//! phone number does not break.

use leptos::prelude::*;

/// An e-mail address among facts, if there is one.
#[must_use]
pub fn email_fact(email: Option<String>) -> Option<AnyView> {
    let parts: Vec<_> = breakable(&email?).into_iter().map(|part| view! { {part} <wbr/> }).collect();
    Some(view! { <div class="wide"><dt>"E-mail"</dt><dd>{parts}</dd></div> }.into_any())
}

/// A phone number among facts, if there is one.
#[must_use]
pub fn phone_fact(phone: Option<String>) -> Option<AnyView> {
    phone.map(|phone| view! { <div><dt>"Phone"</dt><dd class="phone">{phone}</dd></div> }.into_any())
}

/// The parts of an e-mail address: it may break after its @ and before its dots.
fn breakable(email: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut after = '.';
    for letter in email.chars() {
        if after == '@' || (letter == '.' && after != '.') {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
        after = letter;
    }
    parts
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_address_breaks_after_its_at_and_before_its_dots() {
        let parts = super::breakable("anna.mariani@example.org");
        assert_eq!(parts, ["anna", ".mariani@", "example", ".org"]);
        assert_eq!(super::breakable("anna"), ["anna"]);
    }
}

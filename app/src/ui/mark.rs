//! What stands before an organisation's name.

use leptos::prelude::*;

/// The organisation's logo, or without one the first letter of its name. It is decoration: the name stands beside it.
#[must_use]
pub fn mark(name: &str, logo: Option<String>) -> AnyView {
    match logo {
        Some(address) => view! { <img src=address alt="" height="32"/> }.into_any(),
        None => {
            let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
            view! { <b aria-hidden="true">{initial}</b> }.into_any()
        }
    }
}

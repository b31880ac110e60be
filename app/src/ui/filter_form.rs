//! A filter: what its fields say becomes the query of the address, so that a list can be shared as it is.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::icon::{Icon, icon};

/// A form above a list. Fields that are empty stay out of the address; without script the browser sends them, and they
/// mean nothing.
#[component]
pub fn FilterForm(
    /// The list's address.
    action: &'static str,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let submit = move |event: SubmitEvent| {
        if let Some(address) = filled(&event, action) {
            event.prevent_default();
            navigate(&address, leptos_router::NavigateOptions::default());
        }
    };
    view! {
        <form method="GET" action=action on:submit=submit>
            <div class="filters" role="search">{children()}</div>
        </form>
    }
}

/// The fields of a filter that wait behind a button where there is little room. A `<details>` without content opens them,
/// so that they need no script there and are never closed where there is room.
#[component]
pub fn MoreFilters(
    /// How many of them narrow the list now.
    count: usize,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let set = (count > 0).then(|| view! { <span class="badge num">{count}</span> });
    view! {
        <details class="filter-toggle">
            <summary class="btn">{icon(Icon::Filter)} "Filters" {set}</summary>
        </details>
        <div class="more-filters">{children()}</div>
    }
}

/// The address that the form's fields make. None where there is no browser.
#[cfg(feature = "hydrate")]
fn filled(event: &SubmitEvent, action: &str) -> Option<String> {
    use wasm_bindgen::JsCast;

    let form: web_sys::HtmlFormElement = event.target()?.dyn_into().ok()?;
    let data = web_sys::FormData::new_with_form(&form).ok()?;
    let fields: Vec<(String, String)> = js_sys::try_iter(&data)
        .ok()??
        .filter_map(|entry| {
            let pair = js_sys::Array::from(&entry.ok()?);
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        })
        .filter(|(_, value)| !value.trim().is_empty())
        .collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))).collect();
    Some(super::address(action, &fields))
}

#[cfg(not(feature = "hydrate"))]
const fn filled(_: &SubmitEvent, _: &str) -> Option<String> {
    None
}

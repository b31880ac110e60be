//! A filter: what its fields say becomes the query of the address, so that a list can be shared as it is.
//!
//! What is chosen applies at once, and what is typed as soon as the fingers rest. Without script a button does it.

use leptos::ev::{Event, SubmitEvent};
use leptos::html::Form;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::icon::{Icon, icon};

/// A form above a list. Fields that are empty stay out of the address; without script the browser sends them, and they
/// mean nothing.
#[component]
pub fn FilterForm(
    /// The list's address.
    action: &'static str,
    /// Whether what is chosen or typed applies by itself. Where a button of the form's own does it, it does not.
    #[prop(default = true)]
    at_once: bool,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let form = NodeRef::<Form>::new();
    let query = use_query_map();
    let navigate = use_navigate();
    let submit = {
        let navigate = navigate.clone();
        move |event: SubmitEvent| {
            if let Some(address) = script::sent(&event, action) {
                event.prevent_default();
                if !script::is_here(&address) {
                    navigate(&address, NavigateOptions::default());
                }
            }
        }
    };
    let choose = {
        let navigate = navigate.clone();
        move |event: Event| {
            if let Some(address) = script::chosen(&event, action).filter(|_| at_once) {
                navigate(&address, NavigateOptions { scroll: false, ..NavigateOptions::default() });
            }
        }
    };
    // What is typed takes the place of its beginning: nobody wants to go back letter by letter.
    let settle = move |address: String| {
        navigate(&address, NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() });
    };
    let write = {
        let settle = settle.clone();
        move |event: Event| {
            if at_once {
                script::typed(&event, action, settle.clone());
            }
        }
    };
    Effect::new(move |_| {
        let query = query.get();
        if let Some(form) = form.get().filter(|_| at_once)
            && let Some(address) = script::follow(&form, &query, action)
        {
            settle(address);
        }
    });
    view! {
        <form method="GET" action=action node_ref=form on:submit=submit on:change=choose on:input=write>
            <div class="filters" role="search">{children()}</div>
        </form>
    }
}

/// The button of a filter for browsers without script.
#[component]
pub fn ApplyFilters() -> impl IntoView {
    view! { <button class="btn apply" type="submit">{icon(Icon::Search)} "Apply"</button> }
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

/// What a filter does where there is a browser.
#[cfg(feature = "hydrate")]
mod script {
    use std::cell::Cell;
    use std::time::Duration;

    use leptos::prelude::*;
    use leptos_router::params::ParamsMap;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, HtmlSelectElement};

    /// For so long the fingers rest before what was typed applies.
    const REST: Duration = Duration::from_millis(300);

    /// The mark of a form that applies by itself already.
    const READY: &str = "data-ready";

    thread_local! {
        /// What applies when the fingers rest. One for all filters: one person types in one field. It outlives the parts of
        /// the page that are made anew meanwhile.
        static TYPED: Cell<Option<TimeoutHandle>> = const { Cell::new(None) };
    }

    /// The address that a form makes which was sent.
    pub(super) fn sent(event: &Event, action: &str) -> Option<String> {
        rest();
        filled(&form_of(event)?, action)
    }

    /// The address that a form makes in which something was chosen.
    pub(super) fn chosen(event: &Event, action: &str) -> Option<String> {
        let field: Element = event.target()?.dyn_into().ok()?;
        if is_text(&field) || is_half_typed(&field) {
            return None;
        }
        rest();
        filled(&form_of(event)?, action)
    }

    /// Gives the address that a form makes in which something is typed to `settle` when the fingers rest.
    pub(super) fn typed(event: &Event, action: &'static str, settle: impl Fn(String) + 'static) {
        let field: Option<Element> = event.target().and_then(|target| target.dyn_into().ok());
        let Some(form) = form_of(event).filter(|_| field.as_ref().is_some_and(is_text)) else { return };
        rest();
        let apply = move || {
            TYPED.set(None);
            // Whoever has left the list meanwhile is not taken back to it.
            if !form.is_connected() || !is_path(action) {
                return;
            }
            if let Some(address) = filled(&form, action).filter(|address| !is_here(address)) {
                settle(address);
            }
        };
        // Where there are no timers there is still the key that sends the form.
        TYPED.set(set_timeout_with_handle(apply, REST).ok());
    }

    /// Makes the fields say what the address says: one goes back, and takes links that filter, too. What is being typed
    /// stays. Gives an address instead when something was chosen or typed before this page had its script.
    pub(super) fn follow(form: &HtmlFormElement, query: &ParamsMap, action: &str) -> Option<String> {
        if typing() {
            return None;
        }
        if !form.has_attribute(READY) {
            // A form that cannot be marked is one that is looked at twice.
            let _ = form.set_attribute(READY, "");
            if fields(form).iter().any(is_changed) {
                return filled(form, action).filter(|address| !is_here(address));
            }
            return None;
        }
        for field in fields(form) {
            if let Some(select) = field.dyn_ref::<HtmlSelectElement>() {
                let asked = query.get(&select.name()).unwrap_or_default();
                let chosen = select.value();
                if chosen != asked {
                    select.set_value(&asked);
                    if select.value() != asked {
                        // The list does not know it; what stood there says more than nothing.
                        select.set_value(&chosen);
                    }
                }
            } else if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
                let asked = query.get(&input.name()).unwrap_or_default();
                match input.type_().as_str() {
                    "hidden" => {}
                    "checkbox" => input.set_checked(!asked.is_empty()),
                    _ if input.value().trim() == asked.trim() => {}
                    _ => input.set_value(&asked),
                }
            }
        }
        None
    }

    /// Whether a page is the one that is shown.
    pub(super) fn is_here(address: &str) -> bool {
        let location = window().location();
        let here = location.pathname().and_then(|path| Ok(path + &location.search()?));
        here.is_ok_and(|here| here == address)
    }

    fn is_path(path: &str) -> bool {
        window().location().pathname().is_ok_and(|here| here == path)
    }

    fn typing() -> bool {
        TYPED.get().is_some()
    }

    /// Forgets what was to apply later.
    fn rest() {
        if let Some(timer) = TYPED.take() {
            timer.clear();
        }
    }

    fn form_of(event: &Event) -> Option<HtmlFormElement> {
        let element: Element = event.target()?.dyn_into().ok()?;
        element.closest("form").ok()??.dyn_into().ok()
    }

    fn fields(form: &HtmlFormElement) -> Vec<Element> {
        let all = form.elements();
        (0..all.length()).filter_map(|index| all.item(index)).collect()
    }

    /// Whether letters are typed into a field one by one.
    fn is_text(field: &Element) -> bool {
        field.dyn_ref::<HtmlInputElement>().is_some_and(|input| matches!(input.type_().as_str(), "search" | "text"))
    }

    /// Whether a field has a day whose year is still being typed: `0002` on the way to `2026`.
    fn is_half_typed(field: &Element) -> bool {
        field
            .dyn_ref::<HtmlInputElement>()
            .is_some_and(|input| input.type_() == "date" && input.value().starts_with('0'))
    }

    /// Whether a field says something else than the page that the server sent.
    fn is_changed(field: &Element) -> bool {
        if let Some(select) = field.dyn_ref::<HtmlSelectElement>() {
            let first = select.query_selector("option[selected]").ok().flatten();
            let first = first.and_then(|option| option.get_attribute("value")).unwrap_or_default();
            return select.value() != first;
        }
        field.dyn_ref::<HtmlInputElement>().is_some_and(|input| match input.type_().as_str() {
            "hidden" => false,
            "checkbox" => input.checked() != input.default_checked(),
            // A field for a day empties what is no day.
            "date" => input.value() != input.default_value() && !input.value().is_empty(),
            _ => input.value().trim() != input.default_value().trim(),
        })
    }

    /// The address that a form's fields make.
    fn filled(form: &HtmlFormElement, action: &str) -> Option<String> {
        let data = web_sys::FormData::new_with_form(form).ok()?;
        let fields: Vec<(String, String)> = js_sys::try_iter(&data)
            .ok()??
            .filter_map(|entry| {
                let pair = js_sys::Array::from(&entry.ok()?);
                Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
            })
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))).collect();
        Some(crate::ui::address(action, &fields))
    }
}

/// Nothing, where there is no browser.
#[cfg(not(feature = "hydrate"))]
mod script {
    use leptos::ev::Event;
    use leptos_router::params::ParamsMap;

    pub(super) const fn sent(_: &Event, _: &str) -> Option<String> {
        None
    }

    pub(super) const fn chosen(_: &Event, _: &str) -> Option<String> {
        None
    }

    pub(super) fn typed(_: &Event, _: &str, _: impl Fn(String)) {}

    pub(super) const fn follow<F>(_: &F, _: &ParamsMap, _: &str) -> Option<String> {
        None
    }

    pub(super) const fn is_here(_: &str) -> bool {
        false
    }
}

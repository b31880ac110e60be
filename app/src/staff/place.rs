//! Back to a page leads to the place on it where one was: how far it was scrolled, and the link that was followed. The
//! browser would look for that place before the page has its content.

use std::cell::Cell;
use std::rc::Rc;

use leptos::ev;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, FocusOptions, HtmlElement, ScrollRestoration};

/// What the keys of places begin with; the address follows.
const PREFIX: &str = "officina.place:";
/// For so long a page may take until it reaches down to the place, in milliseconds.
const PATIENCE: f64 = 5_000.0;

/// Where somebody was on a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Place {
    /// How far it was scrolled, in pixels.
    scrolled: f64,
    /// The link that was followed.
    link: Option<String>,
    /// What scrolls by itself on it, by the name in `data-scrolls`, and how far it was scrolled across and down.
    #[serde(default)]
    within: Vec<(String, i32, i32)>,
}

/// Remembers places from now on, and leads back to them. For as long as the application runs.
pub fn begin() {
    let Ok(history) = window().history() else { return };
    // A browser that cannot leave it to us goes on by itself.
    let _ = history.set_scroll_restoration(ScrollRestoration::Manual);
    let turn = Rc::new(Cell::new(0));
    // Whoever moves by themselves is not moved any more.
    let (by_wheel, by_finger, by_key) = (Rc::clone(&turn), Rc::clone(&turn), Rc::clone(&turn));
    let _ = window_event_listener(ev::wheel, move |_| by_wheel.set(by_wheel.get() + 1));
    let _ = window_event_listener(ev::touchstart, move |_| by_finger.set(by_finger.get() + 1));
    let _ = window_event_listener(ev::keydown, move |_| by_key.set(by_key.get() + 1));
    let _ = window_event_listener(ev::pagehide, |_| remember(None));
    super::drafts::listen("click", Box::new(|event| remember(followed(&event))));
    if is_return() {
        find(Rc::clone(&turn));
    }
    let _ = window_event_listener(ev::popstate, move |_| find(Rc::clone(&turn)));
}

/// The address of the link that a click follows: the one clicked, or that of the row.
fn followed(event: &Event) -> Option<String> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let link = target.closest("main a[href]").ok().flatten().or_else(|| {
        let row = target.closest("main tr").ok().flatten()?;
        row.query_selector("a[href]").ok().flatten()
    });
    link?.get_attribute("href")
}

fn remember(link: Option<String>) {
    let scrolled = window().scroll_y().unwrap_or_default();
    let Some(storage) = super::drafts::storage() else { return };
    let key = key();
    let link = link.or_else(|| place(&key).and_then(|place| place.link));
    let within = scrolling().into_iter().map(|(name, part)| (name, part.scroll_left(), part.scroll_top())).collect();
    if let Ok(text) = serde_json::to_string(&Place { scrolled, link, within }) {
        // Without room nothing is remembered.
        let _ = storage.set_item(&key, &text);
    }
}

/// What scrolls by itself on this page, by name.
fn scrolling() -> Vec<(String, Element)> {
    let Ok(found) = document().query_selector_all("main [data-scrolls]") else { return Vec::new() };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into::<Element>().ok())
        .filter_map(|part| Some((part.get_attribute("data-scrolls")?, part)))
        .collect()
}

fn key() -> String {
    let location = window().location();
    format!("{PREFIX}{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default())
}

fn place(key: &str) -> Option<Place> {
    serde_json::from_str(&super::drafts::storage()?.get_item(key).ok()??).ok()
}

/// Whether the document itself was come back to, or loaded anew.
fn is_return() -> bool {
    let performance = js_sys::Reflect::get(&window(), &JsValue::from_str("performance"));
    let kind = performance.ok().and_then(|performance| {
        let navigation = js_sys::Reflect::get(&performance, &JsValue::from_str("navigation")).ok()?;
        js_sys::Reflect::get(&navigation, &JsValue::from_str("type")).ok()?.as_f64()
    });
    // Of PerformanceNavigation: 1 is a reload, 2 is Back or Forward.
    kind.is_some_and(|kind| kind >= 1.0)
}

/// Goes to the remembered place of this address as soon as the page reaches down to it.
fn find(turn: Rc<Cell<u32>>) {
    let Some(place) = place(&key()) else { return };
    turn.set(turn.get() + 1);
    let own = turn.get();
    let until = js_sys::Date::now() + PATIENCE;
    look(place, Rc::new(move || turn.get() == own && js_sys::Date::now() < until));
}

fn look(place: Place, goes_on: Rc<dyn Fn() -> bool>) {
    if !goes_on() {
        return;
    }
    let link = place.link.as_ref().and_then(|link| {
        let links = document().query_selector_all("main a[href]").ok()?;
        (0..links.length())
            .filter_map(|index| links.item(index)?.dyn_into::<HtmlElement>().ok())
            .find(|element| element.get_attribute("href").as_ref() == Some(link))
    });
    let room = document().document_element().map_or(0.0, |root| f64::from(root.scroll_height()));
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
    let parts = scrolling();
    let is_there = (place.link.is_none() || link.is_some())
        && place.within.iter().all(|(name, ..)| parts.iter().any(|(part, _)| part == name));
    if !is_there || room < place.scrolled + height - 1.0 {
        request_animation_frame(move || look(place, goes_on));
        return;
    }
    window().scroll_to_with_x_and_y(0.0, place.scrolled);
    for (name, part) in &parts {
        if let Some((_, across, down)) = place.within.iter().find(|(known, ..)| known == name) {
            part.set_scroll_left(*across);
            part.set_scroll_top(*down);
        }
    }
    if let Some(link) = link {
        let quietly = FocusOptions::new();
        quietly.set_prevent_scroll(true);
        // What cannot be focused is not there any more.
        let _ = link.focus_with_options(&quietly);
    }
}

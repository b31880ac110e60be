//! How menus close: by Escape, which gives the focus back, and by a press outside of them. Without script a menu closes
//! where it was opened.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, HtmlElement, Node};

/// The menus that are open.
const OPEN: &str = "details[name=menu][open]";
/// Those among them that open in the page's flow rather than over it.
const IN_FLOW: &str = ".steps";

/// Closes menus for as long as the caller is shown.
pub fn close_menus() {
    let by_key = window_event_listener(ev::keydown, |event| {
        if event.key() == "Escape" {
            for menu in open() {
                close(&menu);
                if let Ok(Some(summary)) = menu.query_selector("summary")
                    && let Ok(summary) = summary.dyn_into::<HtmlElement>()
                {
                    // What cannot take the focus leaves it where it is.
                    let _ = summary.focus();
                }
            }
        }
    });
    let by_press = window_event_listener(ev::pointerdown, |event| close_others(event.target(), false));
    // Only when the press has ended: what stands below moves when they close, away from under the finger.
    let by_click = window_event_listener(ev::click, |event| close_others(event.target(), true));
    on_cleanup(move || {
        by_key.remove();
        by_press.remove();
        by_click.remove();
    });
}

/// Closes the menus that something was pressed outside of, those in the page's flow or those over it.
fn close_others(pressed: Option<EventTarget>, in_flow: bool) {
    let pressed: Option<Node> = pressed.and_then(|target| target.dyn_into().ok());
    for menu in open() {
        if menu.matches(IN_FLOW) == Ok(in_flow) && !menu.contains(pressed.as_ref()) {
            close(&menu);
        }
    }
}

fn open() -> Vec<Element> {
    let Ok(found) = document().query_selector_all(OPEN) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

fn close(menu: &Element) {
    // An attribute that is not there is as good as removed.
    let _ = menu.remove_attribute("open");
}

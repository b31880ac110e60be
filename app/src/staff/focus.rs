//! Where the focus goes when a form was taken and its button is gone, or is another step by now: to the words that say so.

use std::cell::Cell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement, HtmlFormElement};

/// For so long after a form was taken the focus may be lost by what follows: the page is fetched anew, and buttons go. In
/// milliseconds.
const FOLLOWS: f64 = 3_000.0;

thread_local! {
    /// Until when the focus goes to the words when it is lost.
    static UNTIL: Cell<f64> = const { Cell::new(0.0) };
}

/// Gives the focus to the words that a form was taken, where it would be lost, or stay on a button that has a value: that is a
/// step, and pressed once more it would be the next one. From a menu the focus has gone back to what opened it.
pub(super) fn hand_over(form: &HtmlFormElement) {
    if form.closest("details.steps:not(.inline)").is_ok_and(|menu| menu.is_some()) {
        return;
    }
    UNTIL.set(js_sys::Date::now() + FOLLOWS);
    let focused = document().active_element().filter(|element| form.contains(Some(element)));
    if focused.is_some_and(|element| element.matches("button[value]").unwrap_or(false)) {
        to_words();
    } else {
        find();
    }
}

/// Gives the focus to those words if nothing has it, and it was lost just now.
pub(super) fn find() {
    let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
    if is_lost && js_sys::Date::now() < UNTIL.get() {
        to_words();
    }
}

fn to_words() {
    let words = document().query_selector(".toasts [role=status]").ok().flatten();
    let Some(words) = words.and_then(|words| words.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    let quietly = FocusOptions::new();
    quietly.set_prevent_scroll(true);
    // What cannot be focused is not there any more.
    let _ = words.focus_with_options(&quietly);
}

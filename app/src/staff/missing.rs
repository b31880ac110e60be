//! Pages whose bundle cannot be fetched: the network is gone, or the server is another one by now and has other bundles. What
//! is shown stays, with what was typed into it, until the page that was asked for can take its place.
//!
//! A link is followed when the bundle of its page is there, and not before: the router changes too much at once to go back.
//! Where the server answers although the bundle does not come, the browser loads the page whole. Where it does not answer
//! either, that is said, and the next click tries again.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, HtmlAnchorElement, MouseEvent, Response};

use super::frame::query_of;
use super::lazily::Bundle;
use crate::ui::{ToastKind, toast, withdraw};

/// What is said while a page cannot be fetched.
const MISSING: &str =
    "That page cannot be opened now: the server cannot be reached. What you see stays. Try again in a moment.";
/// What answers when the server can work.
const PROBE: &str = "/ready";
/// After so long without a bundle it is said, too: a connection that hangs may do so for minutes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Waiting doubles from the first to the longest, in milliseconds, where nobody clicks who could try again.
const FIRST: i32 = 1_000;
const LONGEST: i32 = 30_000;

thread_local! {
    /// The application, for what is said.
    static APP: RefCell<Option<Owner>> = const { RefCell::new(None) };
    /// Whether it has taken over the page that the server has made.
    static IS_AWAKE: Cell<bool> = const { Cell::new(false) };
    /// The bundles that are there.
    static FETCHED: RefCell<Vec<Bundle>> = const { RefCell::new(Vec::new()) };
    /// How many links were clicked. Of those that wait for a bundle only the last one is followed.
    static CLICKS: Cell<u32> = const { Cell::new(0) };
}

/// Looks at every click from now on, for as long as the application runs.
pub(super) fn begin() {
    APP.set(Owner::current());
    super::drafts::listen("click", Box::new(|event| follow(&event)));
}

/// Takes note that the application has taken over.
pub(super) fn wake() {
    IS_AWAKE.set(true);
}

/// Waits for a bundle, for a page that was not come to by a link, or is the first one.
pub(super) async fn wait_for(bundle: Bundle) {
    let location = use_location();
    let mut wait = FIRST;
    while !fetch(bundle).await {
        // The first page is there without it, and works as without script; loaded again it would not be another one.
        if IS_AWAKE.get() {
            let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
            if settle(&format!("{path}{}", query_of(&query))).await {
                // Asked for once more, it would begin anew.
                wait = LONGEST;
            }
        }
        pause(wait).await;
        wait = (wait * 2).min(LONGEST);
    }
}

/// Follows a link, or has the router do it.
fn follow(event: &Event) {
    let Some(link) = link_of(event) else { return };
    if !IS_AWAKE.get() {
        // The router would take the click and do nothing yet. The browser follows it.
        event.stop_propagation();
        return;
    }
    let own = CLICKS.get() + 1;
    CLICKS.set(own);
    let Some(bundle) = Bundle::of(&link.pathname()).filter(|bundle| !is_fetched(*bundle)) else { return };
    event.prevent_default();
    event.stop_propagation();
    let is_last = move || CLICKS.get() == own;
    let say_late = move || {
        if is_last() && !is_fetched(bundle) {
            say();
        }
    };
    set_timeout(say_late, PATIENCE);
    spawn_local(async move {
        let is_there = fetch(bundle).await;
        if !is_last() {
            return;
        }
        if is_there {
            link.click();
        } else {
            settle(&link.href()).await;
        }
    });
}

/// The link of this application that a plain click follows.
fn link_of(event: &Event) -> Option<HtmlAnchorElement> {
    let click = event.dyn_ref::<MouseEvent>()?;
    if click.button() != 0 || click.meta_key() || click.alt_key() || click.ctrl_key() || click.shift_key() {
        return None;
    }
    let target: Element = event.target()?.dyn_into().ok()?;
    let link: HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
    let is_external = link.rel().split_whitespace().any(|word| word == "external");
    let is_left_alone = is_external || link.has_attribute("download") || !link.target().is_empty();
    let is_ours = window().location().origin().is_ok_and(|origin| origin == link.origin());
    (is_ours && !is_left_alone).then_some(link)
}

/// What is done where a bundle did not come: the page is loaded whole, or it is said that it cannot be. Tells which.
async fn settle(address: &str) -> bool {
    let is_there = is_server_there().await;
    if is_there {
        // A page that cannot be left has other troubles.
        let _ = window().location().set_href(address);
    } else {
        say();
    }
    is_there
}

async fn is_server_there() -> bool {
    let answer = JsFuture::from(window().fetch_with_str(PROBE)).await.ok();
    answer.and_then(|answer| answer.dyn_into::<Response>().ok()).is_some_and(|answer| answer.ok())
}

fn is_fetched(bundle: Bundle) -> bool {
    FETCHED.with_borrow(|fetched| fetched.contains(&bundle))
}

async fn fetch(bundle: Bundle) -> bool {
    if is_fetched(bundle) {
        return true;
    }
    let is_there = bundle.fetch().await;
    if is_there {
        FETCHED.with_borrow_mut(|fetched| fetched.push(bundle));
        in_app(|| withdraw(ToastKind::Failed, MISSING));
    }
    is_there
}

fn say() {
    in_app(|| toast(ToastKind::Failed, MISSING));
}

fn in_app(act: impl FnOnce()) {
    if let Some(app) = APP.with_borrow(Clone::clone) {
        app.with(act);
    }
}

async fn pause(milliseconds: i32) {
    let over = js_sys::Promise::new(&mut |ring, _| {
        // Refused only for what is no function.
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&ring, milliseconds);
    });
    // It never fails.
    let _ = JsFuture::from(over).await;
}

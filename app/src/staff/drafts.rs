//! What is typed into the forms of staff pages outlives the page: an ended session, a reload, a crash. It lies in the
//! browser's storage of the tab until the form was taken, under the membership that typed it. At signing out it goes, and
//! so it does when somebody else signs in: nobody finds the words of the person before on a shared machine. A text whose
//! field is gone, or says something else by now, is shown above the page ([`lost`](super::lost)).
//!
//! The forms concerned are those of [`ActionForm`](super::form::ActionForm) and those that are sent to their page
//! (`sent.rs`). Passwords and codes are never kept.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    Element, Event, HtmlDetailsElement, HtmlElement, HtmlFormElement, MutationObserver, MutationObserverInit, Storage,
};

use super::fields::{Field, fields};
use super::lost::LostText;
use super::{focus, person};
use crate::error::PageError;
use crate::sent::FUNCTION;
use crate::ui::{ToastKind, toast};

/// What the keys of drafts begin with.
const PREFIX: &str = "officina.draft:";
/// What the addresses of functions begin with that a form calls without leaving the page.
const CALLED: &str = "/_fn/";
/// Marks a form that was sent and whose answer is not there yet.
const SENT: &str = "data-sent";
/// Says on the document that buttons of forms wait.
const LOCKED: &str = "data-locked";
/// For how long after a form was sent, and after its answer came, no other one is: the button under the finger may be another
/// one by then, and a double click takes up to half a second.
const LOCK: Duration = Duration::from_millis(700);

/// For so long a text may be without its field before that is said: a page that is built anew lacks it for a moment.
const GRACE: Duration = Duration::from_millis(800);

thread_local! {
    /// How many locks are on.
    static LOCKS: Cell<u32> = const { Cell::new(0) };
    /// Where texts without a field are told.
    static LOST: Cell<Option<RwSignal<Vec<LostText>>>> = const { Cell::new(None) };
}

/// What was typed into a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Draft {
    form: String,
    field: String,
    /// What stands in it, and what stood in it before: where something else stands there by now, it has been overtaken.
    value: String,
    base: String,
    /// The session that it was sent in. Restored only in another one: then the answer was that the session had ended.
    sent: Option<String>,
    /// What a field for longer texts is called on the page. What is typed into others is typed again sooner than copied.
    #[serde(default)]
    label: Option<String>,
}

/// Keeps what is typed from now on, and puts back what was typed before. For as long as the application runs.
pub fn begin() {
    let (Some(member), Some(session)) = (person::membership(), person::session()) else { return };
    let drafts = Rc::new(Drafts {
        member,
        session,
        owner: Owner::current(),
        has_told: Cell::new(false),
        is_looking: Cell::new(false),
    });
    drafts.forget_others();
    drafts.change(|kept| kept.retain(|draft| draft.sent.as_ref() != Some(&drafts.session)));
    let own = Rc::clone(&drafts);
    listen("input", Box::new(move |event| own.typed(&event)));
    let own = Rc::clone(&drafts);
    listen("change", Box::new(move |event| own.typed(&event)));
    let own = Rc::clone(&drafts);
    listen("submit", Box::new(move |event| own.sending(&event)));
    drafts.restore();
    let own = Rc::clone(&drafts);
    let seen = Closure::<dyn FnMut()>::new(move || {
        own.restore();
        focus::find();
    });
    if let (Ok(observer), Some(body)) = (MutationObserver::new(seen.as_ref().unchecked_ref()), document().body()) {
        let options = MutationObserverInit::new();
        options.set_child_list(true);
        options.set_subtree(true);
        // Refused only for options that ask for nothing.
        let _ = observer.observe_with_options(&body, &options);
    }
    seen.forget();
    DRAFTS.with(|known| known.replace(Some(drafts)));
}

thread_local! {
    static DRAFTS: RefCell<Option<Rc<Drafts>>> = const { RefCell::new(None) };
}

/// Does for the forms of an action what follows from its answer: what was typed is let go, or kept for another try. The
/// answer is none while it is waited for, and then whether there is an error.
pub fn conclude(action: &'static str, outcome: Signal<Option<Option<PageError>>>, keeps: bool) {
    Effect::new(move || {
        let Some(error) = outcome.get() else { return };
        let Some(form) = query(&format!("form[action='{action}'][{SENT}]")) else { return };
        // An attribute that is not there is gone as well.
        let _ = form.remove_attribute(SENT);
        lock();
        if error.as_ref().is_some_and(PageError::needs_reload) {
            super::loaded::reload();
        }
        let Ok(form) = form.dyn_into::<HtmlFormElement>() else { return };
        DRAFTS.with_borrow(|drafts| {
            let Some(drafts) = drafts else { return };
            let key = key_of(&form);
            if error.is_some() {
                drafts.change(|kept| {
                    kept.iter_mut().filter(|draft| draft.form == key).for_each(|draft| draft.sent = None)
                });
                return;
            }
            drafts.change(|kept| kept.retain(|draft| draft.form != key));
            if keeps {
                fields(&form).iter().for_each(Field::settle);
            }
            form.reset();
        });
        if error.is_none() {
            focus::hand_over(&form);
        }
    });
}

/// Says from now on which texts have no field.
pub(super) fn tell_of_lost(lost: RwSignal<Vec<LostText>>) {
    LOST.set(Some(lost));
}

/// Lets a text go that has no field.
pub(super) fn discard(lost: &LostText) {
    DRAFTS.with_borrow(|drafts| {
        let Some(drafts) = drafts else { return };
        drafts.change(|kept| kept.retain(|draft| draft.form != lost.form || draft.field != lost.field));
        drafts.look_for_lost();
    });
}

struct Drafts {
    member: String,
    session: String,
    owner: Option<Owner>,
    has_told: Cell<bool>,
    /// Whether it is looked in a moment which texts have no field.
    is_looking: Cell<bool>,
}

impl Drafts {
    fn key(&self) -> String {
        let path = window().location().pathname().unwrap_or_default();
        format!("{PREFIX}{}:{path}", self.member)
    }

    fn kept(&self) -> Vec<Draft> {
        let text = storage().and_then(|storage| storage.get_item(&self.key()).ok().flatten());
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Changes what is kept for this page. A browser that keeps nothing, or has no room left, keeps nothing.
    fn change(&self, change: impl FnOnce(&mut Vec<Draft>)) {
        let before = self.kept();
        let mut kept = before.clone();
        change(&mut kept);
        let Some(storage) = storage().filter(|_| kept != before) else { return };
        let _ = match serde_json::to_string(&kept) {
            Ok(text) if !kept.is_empty() => storage.set_item(&self.key(), &text),
            _ => storage.remove_item(&self.key()),
        };
    }

    fn forget_others(&self) {
        let own = format!("{PREFIX}{}:", self.member);
        forget(|key| !key.starts_with(&own));
    }

    fn typed(&self, event: &Event) {
        let Some(field) = event.target().and_then(|target| Field::of(target.unchecked_into())) else { return };
        let Some(form) = field.form().filter(is_kept) else { return };
        let (form, name, value, base, label) = (key_of(&form), field.key(), field.value(), field.base(), field.label());
        self.change(|kept| {
            let known = kept.iter().find(|draft| draft.form == form && draft.field == name && draft.sent.is_none());
            let base = known.map_or(base, |draft| draft.base.clone());
            kept.retain(|draft| draft.form != form || draft.field != name);
            if value != base {
                kept.push(Draft { form, field: name, value, base, sent: None, label });
            }
        });
    }

    fn sending(&self, event: &Event) {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        if form.get_attribute("action").as_deref() == Some("/sign-out") {
            forget(|_| true);
            return;
        }
        if !is_kept(&form) {
            return;
        }
        if LOCKS.get() > 0 {
            event.prevent_default();
            event.stop_propagation();
            return;
        }
        lock();
        // Refused only for names that are none.
        let _ = form.set_attribute(SENT, "");
        let key = key_of(&form);
        self.change(|kept| {
            kept.iter_mut().filter(|draft| draft.form == key).for_each(|draft| draft.sent = Some(self.session.clone()));
        });
        close_menu(&form);
    }

    /// Puts back what was typed, into the fields that are there and still say what they said then.
    fn restore(&self) {
        if self.kept().is_empty() {
            tell_lost(Vec::new());
            return;
        }
        let kept = self.waiting();
        if !self.is_looking.replace(true) {
            let look = || DRAFTS.with_borrow(|drafts| drafts.iter().for_each(|drafts| drafts.look_for_lost()));
            set_timeout(look, GRACE);
        }
        let forms = all_forms();
        for form in forms.iter().filter(|form| is_kept(form) && !form.has_attribute(SENT)) {
            let key = key_of(form);
            for field in fields(form) {
                let name = field.key();
                let Some(draft) = kept.iter().find(|draft| draft.form == key && draft.field == name) else { continue };
                // What was typed meanwhile is newer.
                if field.value() == field.base() && field.base() == draft.base {
                    field.put(&draft.value);
                    self.tell();
                }
            }
        }
    }

    /// What was typed and not sent in this session.
    fn waiting(&self) -> Vec<Draft> {
        self.kept().into_iter().filter(|draft| draft.sent.as_ref() != Some(&self.session)).collect()
    }

    /// Tells which texts stand in no field of the page.
    fn look_for_lost(&self) {
        self.is_looking.set(false);
        // What is on its way is not lost. When it has come, it is looked again.
        if query("main .skeleton").is_some() {
            return;
        }
        let forms = all_forms();
        // A form that is gone before its answer came hears no answer any more: it was not taken, or it would have said so.
        let can_hear =
            |draft: &Draft| !draft.form.starts_with(CALLED) || forms.iter().any(|form| key_of(form) == draft.form);
        self.change(|kept| {
            kept.iter_mut().filter(|draft| !can_hear(draft)).for_each(|draft| draft.sent = None);
        });
        let is_there = |draft: &Draft| {
            forms.iter().filter(|form| is_kept(form) && key_of(form) == draft.form).flat_map(fields).any(|field| {
                // Something else may stand there by now, so that what was typed could not be put back.
                let is_overtaken =
                    field.value() == field.base() && field.base() != draft.base && field.value() != draft.value;
                field.key() == draft.field && !is_overtaken
            })
        };
        let lost = self.waiting().into_iter().filter(|draft| !draft.value.trim().is_empty() && !is_there(draft));
        let lost = lost.filter_map(|draft| {
            let label = draft.label?;
            Some(LostText { form: draft.form, field: draft.field, label, text: draft.value })
        });
        tell_lost(lost.collect());
    }

    /// Says once that it was done.
    fn tell(&self) {
        if !self.has_told.replace(true)
            && let Some(owner) = &self.owner
        {
            owner.with(|| toast(ToastKind::Done, "What you had typed is here again"));
        }
    }
}

/// Tells which texts have no field, where those are others than before.
fn tell_lost(lost: Vec<LostText>) {
    let Some(told) = LOST.get() else { return };
    if told.try_get_untracked().is_some_and(|before| before != lost) {
        told.set(lost);
    }
}

fn all_forms() -> Vec<HtmlFormElement> {
    let forms = document().forms();
    (0..forms.length()).filter_map(|index| forms.item(index)?.dyn_into().ok()).collect()
}

/// Whether a form is one of those whose text is kept.
fn is_kept(form: &HtmlFormElement) -> bool {
    form.has_attribute("data-form") || hidden(form, FUNCTION).is_some()
}

/// What a form is known by on its page: where it is sent, and which function and which record it is for.
fn key_of(form: &HtmlFormElement) -> String {
    let action = form.get_attribute("action").unwrap_or_default();
    format!("{action} {} {}", hidden(form, FUNCTION).unwrap_or_default(), hidden(form, "id").unwrap_or_default())
}

fn hidden(form: &HtmlFormElement, name: &str) -> Option<String> {
    form.query_selector(&format!("input[type=hidden][name={name}]")).ok().flatten()?.get_attribute("value")
}

/// Closes the menu that a form stands in and gives the focus back to what opened it.
fn close_menu(form: &HtmlFormElement) {
    let Some(menu) = form.closest("details.steps").ok().flatten() else { return };
    let opener = menu.query_selector("summary").ok().flatten();
    menu.unchecked_into::<HtmlDetailsElement>().set_open(false);
    if let Some(opener) = opener {
        // What cannot be focused is not there any more.
        let _ = opener.unchecked_into::<HtmlElement>().focus();
    }
}

/// Holds the buttons of all forms back for a moment.
fn lock() {
    let Some(root) = document().document_element() else { return };
    LOCKS.set(LOCKS.get() + 1);
    // Refused only for names that are none.
    let _ = root.set_attribute(LOCKED, "");
    set_timeout(
        move || {
            LOCKS.set(LOCKS.get().saturating_sub(1));
            if LOCKS.get() == 0 {
                let _ = root.remove_attribute(LOCKED);
            }
        },
        LOCK,
    );
}

/// Takes keys of drafts out of the storage.
fn forget(which: impl Fn(&str) -> bool) {
    let Some(storage) = storage() else { return };
    let keys: Vec<String> =
        (0..storage.length().unwrap_or_default()).filter_map(|index| storage.key(index).ok().flatten()).collect();
    for key in keys.iter().filter(|key| key.starts_with(PREFIX) && which(key)) {
        // What is not there is gone as well.
        let _ = storage.remove_item(key);
    }
}

/// The storage of the tab. A browser may refuse it.
pub(super) fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn query(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// Listens before anybody else does.
pub(super) fn listen(name: &str, act: Box<dyn FnMut(Event)>) {
    let closure = Closure::wrap(act);
    // Refused only for names that are no strings.
    let _ = document().add_event_listener_with_callback_and_bool(name, closure.as_ref().unchecked_ref(), true);
    closure.forget();
}

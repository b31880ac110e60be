//! What somebody has typed and what has no place on the page any more: a colleague was faster, and the form is gone, or its
//! field says something else by now. It stays to be copied until it is let go.

use leptos::prelude::*;

use crate::sent::copy_text_button;
use crate::ui::{Alert, Tone};

/// A text without its field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LostText {
    /// What its form was known by,
    pub(super) form: String,
    /// and its field.
    pub(super) field: String,
    /// What the field was called on the page.
    pub(super) label: String,
    /// What was typed.
    pub(super) text: String,
}

/// Where such texts stand, above the page.
#[component]
pub(super) fn LostTexts() -> impl IntoView {
    let lost = RwSignal::new(Vec::<LostText>::new());
    #[cfg(feature = "hydrate")]
    super::drafts::tell_of_lost(lost);
    view! { <For each=move || lost.get() key=Clone::clone children=shown/> }
}

fn shown(lost: LostText) -> AnyView {
    let title = format!("What you typed into “{}” has no place here any more", lost.label);
    let text = lost.text.clone();
    let copy = copy_text_button("Copy", lost.text.clone());
    let discard = move |_| let_go(&lost);
    view! {
        <div class="out-of-date">
            <Alert tone=Tone::Warning title=title>
                <div class="stack tight">
                    <p class="prose">{text}</p>
                    <div class="row wrap">
                        {copy} <button class="btn" type="button" on:click=discard>"Discard"</button>
                    </div>
                </div>
            </Alert>
        </div>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
fn let_go(lost: &LostText) {
    super::drafts::discard(lost);
}

#[cfg(not(feature = "hydrate"))]
const fn let_go(_: &LostText) {}

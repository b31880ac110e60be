//! Short messages about what has just been done. They come as a live region, so that they are heard too.

use std::time::Duration;

use leptos::prelude::*;

use super::badge::Tone;
use super::icon::{Icon, icon};

/// How long what was done is told.
const STAYS: Duration = Duration::from_secs(6);

/// What a toast tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// It is done: told for some seconds.
    Done,
    /// It was refused or failed: told until somebody has taken note of it.
    Failed,
}

/// The toasts on the screen: the newest of each kind, with a number that tells it from the one before.
#[derive(Clone, Copy)]
struct Shelf {
    done: RwSignal<(u32, Option<String>)>,
    failed: RwSignal<(u32, Option<String>)>,
}

impl Shelf {
    fn of(self, kind: ToastKind) -> RwSignal<(u32, Option<String>)> {
        match kind {
            ToastKind::Done => self.done,
            ToastKind::Failed => self.failed,
        }
    }
}

/// Makes toasts possible below the current component.
pub fn provide_toasts() {
    provide_context(Shelf { done: RwSignal::new((0, None)), failed: RwSignal::new((0, None)) });
}

/// Shows a toast in the place of the last one of its kind.
pub fn toast(kind: ToastKind, words: impl Into<String>) {
    let Some(shelf) = use_context::<Shelf>() else { return };
    let words = words.into();
    let place = shelf.of(kind);
    let mut shown = 0;
    place.update(|(number, toast)| {
        *number += 1;
        shown = *number;
        *toast = Some(words);
    });
    if kind == ToastKind::Done {
        let clear = move || {
            place.update(|(number, toast)| {
                if *number == shown {
                    *toast = None;
                }
            });
        };
        set_timeout(clear, STAYS);
    }
}

/// Takes a toast away that is not so any more, unless it says something else by now.
pub fn withdraw(kind: ToastKind, words: &str) {
    let Some(shelf) = use_context::<Shelf>() else { return };
    let place = shelf.of(kind);
    if place.with_untracked(|(_, toast)| toast.as_deref() == Some(words)) {
        place.update(|(_, toast)| *toast = None);
    }
}

/// Where toasts appear.
#[component]
pub fn Toasts() -> impl IntoView {
    let shelf = use_context::<Shelf>();
    let words = move |kind| shelf.and_then(|shelf| shelf.of(kind).get().1);
    let done = move || {
        words(ToastKind::Done).map(|words| {
            let class = format!("alert {}", Tone::Success.class());
            view! { <div class=class>{icon(Icon::Check)} <span>{words}</span></div> }
        })
    };
    let failed = move || {
        words(ToastKind::Failed).map(|words| {
            let class = format!("alert {}", Tone::Danger.class());
            let dismiss = move |_| {
                if let Some(shelf) = shelf {
                    shelf.failed.update(|(_, toast)| *toast = None);
                }
            };
            view! {
                <div class=class>
                    {icon(Icon::Warning)} <span>{words}</span>
                    <button class="btn btn-ghost btn-sm btn-square" type="button" aria-label="Dismiss" on:click=dismiss>
                        {icon(Icon::Cross)}
                    </button>
                </div>
            }
        })
    };
    view! {
        <div class="toasts">
            <div role="alert">{failed}</div>
            // It has the focus where that is lost by what was done, such as a step whose button is gone.
            <div role="status" aria-live="polite" tabindex="-1">{done}</div>
        </div>
    }
}

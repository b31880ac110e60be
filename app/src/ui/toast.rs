//! Short messages about what has just been done. They come as a live region, so that they are heard too.

use leptos::prelude::*;

use super::badge::Tone;
use super::icon::{Icon, icon};

/// How long a toast stays, in milliseconds.
const STAYS: u64 = 6_000;

/// What a toast tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// It is done.
    Done,
    /// It was refused or failed.
    Failed,
}

/// The toasts on the screen: number, kind and words.
#[derive(Clone, Copy)]
struct Shelf(RwSignal<Vec<(u32, ToastKind, String)>>);

/// Makes toasts possible below the current component.
pub fn provide_toasts() {
    provide_context(Shelf(RwSignal::new(Vec::new())));
}

/// Shows a toast for some seconds.
pub fn toast(kind: ToastKind, words: impl Into<String>) {
    let Some(Shelf(shelf)) = use_context::<Shelf>() else { return };
    let words = words.into();
    let mut number = 0;
    shelf.update(|toasts| {
        number = toasts.last().map_or(0, |(number, ..)| number + 1);
        toasts.push((number, kind, words));
    });
    set_timeout(
        move || shelf.update(|toasts| toasts.retain(|(shown, ..)| *shown != number)),
        std::time::Duration::from_millis(STAYS),
    );
}

/// Where toasts appear.
#[component]
pub fn Toasts() -> impl IntoView {
    let shelf = use_context::<Shelf>();
    let shown = move || {
        shelf
            .map(|Shelf(shelf)| shelf.get())
            .unwrap_or_default()
            .into_iter()
            .map(|(_, kind, words)| {
                let (tone, symbol) = match kind {
                    ToastKind::Done => (Tone::Success, Icon::Check),
                    ToastKind::Failed => (Tone::Danger, Icon::Warning),
                };
                view! { <div class=format!("alert {}", tone.class())>{icon(symbol)} <span>{words}</span></div> }
            })
            .collect_view()
    };
    view! { <div class="toasts" role="status" aria-live="polite">{shown}</div> }
}

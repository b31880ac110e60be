//! What became of an action, for the page that offers it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::loaded::refused;
use crate::error::PageError;
use crate::ui::{Alert, ToastKind, Tone, toast};

/// How often an action was done: what a page loads its data anew by. A refusal does not count, so that the form stays
/// as it was typed.
pub(crate) fn done<S>(action: ServerAction<S>) -> Memo<usize>
where
    S: ServerFn<Error = PageError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let (value, version) = (action.value(), action.version());
    Memo::new(move |before: Option<&usize>| {
        let is_done = value.with(|value| matches!(value, Some(Ok(_))));
        if is_done { version.get() } else { before.copied().unwrap_or_default() }
    })
}

/// Why an action was refused, as long as it was not tried again.
pub(crate) fn problem<S>(action: ServerAction<S>) -> Signal<Option<PageError>>
where
    S: ServerFn<Error = PageError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let value = action.value();
    Signal::derive(move || value.with(|value| value.as_ref().and_then(|answer| answer.as_ref().err().cloned())))
}

/// The sentence of a field that was refused.
pub(crate) fn of_field(problem: Signal<Option<PageError>>, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || problem.with(|problem| problem.as_ref().and_then(|error| error.field(field))))
}

/// Says that it is done, each time.
pub(crate) fn announce(done: Memo<usize>, words: &'static str) {
    Effect::new(move |before: Option<usize>| {
        let times = done.get();
        if before.is_some_and(|before| before != times) {
            toast(ToastKind::Done, words);
        }
        times
    });
}

/// The refusal in the place where the action stands.
pub(crate) fn refusal(problem: Signal<Option<PageError>>) -> AnyView {
    let shown = move || {
        problem.get().map(|error| {
            if error.needs_proof {
                return refused(&error);
            }
            let tone = if error.is_conflict() { Tone::Warning } else { Tone::Danger };
            let why = (error.status == 403).then(|| {
                view! { <p>"Nobody can give, or take from somebody, what they may not do themselves."</p> }
            });
            view! { <Alert tone=tone title=error.message>{why}</Alert> }.into_any()
        })
    };
    shown.into_any()
}

//! From an answer of the server to a view: a skeleton while it comes, and words when it does not.

use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos_router::hooks::{use_location, use_params_map};
use leptos_router::params::ParamsMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::PageError;
use crate::live::{Live, use_live};
use crate::ui::{Alert, EmptyState, Icon, Tone, address};

/// Shows what a resource answers. While it is fetched anew, the last answer stays; and it stays, with a word above it,
/// when it cannot be fetched, which is tried again until it can. So what somebody types into what is shown is lost by
/// nothing but an answer that takes its place: that the record is gone, or is not theirs to see.
///
/// What is shown for another record, by the parameters of the route, is built anew, so that nothing typed for one ends up
/// with the other.
pub fn loaded<T, V>(
    answer: Resource<Result<T, PageError>>,
    skeleton: fn() -> AnyView,
    show: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static,
    V: IntoView + 'static,
{
    followed(answer, skeleton, move |shown| {
        let show = show.clone();
        (move || shown.get().map(|(data, _)| show(data).into_any())).into_any()
    })
}

/// The same for what is built once and then follows the answers by itself: where parts of it must stay the same elements
/// although others come and go. Beside the answer stands the query of the address that it came under.
pub fn followed<T>(
    answer: Resource<Result<T, PageError>>,
    skeleton: fn() -> AnyView,
    build: impl Fn(Signal<Option<(T, String)>>) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    let kept = Kept::new();
    #[cfg(feature = "hydrate")]
    {
        Effect::new(move || {
            if let Some(answer) = answer.get() {
                kept.settle(answer);
            }
        });
        try_again(answer);
    }
    let content = move || {
        let build = build.clone();
        // Only the first answer is waited for here. Those that follow change what was built.
        let first = ScopedFuture::new_untracked(answer.into_future());
        Suspend::new(async move {
            kept.settle(first.await);
            let built = move |face: Face| match face.failure {
                Some(error) => failure(&error),
                None => build(kept.shown.into()),
            };
            view! { <For each=move || kept.face.get() key=Clone::clone children=built/> }
        })
    };
    view! {
        {move || kept.trouble.get().map(|error| old(&error))}
        <Transition fallback=skeleton>{content}</Transition>
    }
    .into_any()
}

/// What a page has of its resource.
struct Kept<T: Send + Sync + 'static> {
    /// The last good answer, and the query of the address that it came under: what is shown may depend on both.
    shown: RwSignal<Option<(T, String)>>,
    /// Why it could not be fetched anew.
    trouble: RwSignal<Option<PageError>>,
    /// What stands there: nothing before the first answer.
    face: RwSignal<Option<Face>>,
    params: Memo<ParamsMap>,
    query: Memo<String>,
    live: Live,
}

impl<T: Send + Sync + 'static> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Kept<T> {}

/// What is built anew when it changes.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Face {
    record: ParamsMap,
    failure: Option<PageError>,
}

impl<T: PartialEq + Send + Sync + 'static> Kept<T> {
    fn new() -> Self {
        Self {
            shown: RwSignal::new(None),
            trouble: RwSignal::new(None),
            face: RwSignal::new(None),
            params: use_params_map(),
            query: use_location().search,
            live: use_live(),
        }
    }

    /// Takes an answer in. The same answer twice changes nothing.
    fn settle(self, answer: Result<T, PageError>) {
        let record = self.params.get_untracked();
        let is_shown = self
            .face
            .with_untracked(|face| face.as_ref().is_some_and(|face| face.failure.is_none() && face.record == record));
        match answer {
            Ok(data) => {
                if self.trouble.try_get_untracked().flatten().is_some() {
                    self.live.came_back();
                }
                change(self.trouble, None);
                change(self.shown, Some((data, self.query.get_untracked())));
                change(self.face, Some(Face { record, failure: None }));
            }
            Err(error) if is_shown && error.is_passing() => change(self.trouble, Some(error)),
            Err(error) => {
                change(self.trouble, None);
                change(self.face, Some(Face { record, failure: Some(error) }));
            }
        }
    }
}

/// Sets a signal where it has another value.
fn change<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    // A signal of a page that was left meanwhile is none any more.
    let _ = signal.try_maybe_update(|old| {
        let is_other = *old != value;
        if is_other {
            *old = value;
        }
        (is_other, ())
    });
}

/// The word above what could not be fetched anew.
fn old(error: &PageError) -> AnyView {
    let why = error.message.clone();
    view! {
        <div class="out-of-date">
            <Alert tone=Tone::Warning title="What you see may be out of date">
                <p>{why} " This page keeps trying by itself."</p>
            </Alert>
        </div>
    }
    .into_any()
}

/// Asks once more for what could not be fetched: soon at first, then less often, and at once when the browser finds its
/// network again.
#[cfg(feature = "hydrate")]
pub(super) fn try_again<T>(answer: Resource<Result<T, PageError>>)
where
    T: Send + Sync + Serialize + DeserializeOwned + 'static,
{
    use std::time::Duration;

    /// Waiting doubles from the first to the longest, in milliseconds.
    const FIRST: u64 = 1_000;
    const LONGEST: u64 = 30_000;

    let has_failed = move || answer.with_untracked(|answer| matches!(answer, Some(Err(error)) if error.is_passing()));
    let wait = StoredValue::new(FIRST);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    Effect::new(move || {
        answer.track();
        stop();
        if !has_failed() {
            wait.set_value(FIRST);
            return;
        }
        let now = wait.get_value();
        wait.set_value((now * 2).min(LONGEST));
        // Where there are no timers nothing is tried again.
        timer.set_value(set_timeout_with_handle(move || answer.refetch(), Duration::from_millis(now)).ok());
    });
    let online = window_event_listener(leptos::ev::online, move |_| {
        if has_failed() {
            answer.refetch();
        }
    });
    on_cleanup(move || {
        stop();
        online.remove();
    });
}

/// What stands in the place of a page that was refused or failed.
#[must_use]
pub fn failure(error: &PageError) -> AnyView {
    #[cfg(feature = "hydrate")]
    if error.needs_reload() {
        // Where the session has ended, the server asks to sign in and leads back here.
        reload();
    }
    let (symbol, title) = match error.status {
        401 => (Icon::Person, "Your session has ended"),
        409 => (Icon::Person, "Somebody else has signed in"),
        403 => (Icon::Warning, "This is not yours to see"),
        404 => (Icon::Search, "There is nothing here"),
        _ => (Icon::Warning, "This did not work"),
    };
    let text = error.message.clone();
    view! { <div class="panel"><EmptyState symbol=symbol title=title text=text/></div> }.into_any()
}

/// The message of a refused form, above it.
#[must_use]
pub fn refused(error: &PageError) -> AnyView {
    let tone = if error.is_conflict() || error.needs_proof { Tone::Warning } else { Tone::Danger };
    let proof = error.needs_proof.then(|| {
        let here = use_location().pathname.get_untracked();
        let href = address("/app/account/prove", &[("next", Some(&here))]);
        view! { <p><a class="link" href=href>"Enter it"</a>", and come back here to try once more."</p> }
    });
    view! { <Alert tone=tone title=error.message.clone()>{proof}</Alert> }.into_any()
}

/// The way to the proof that something here asks for, while nothing is typed yet; nothing when it was given lately.
#[must_use]
pub fn proof_first(way: Option<String>, why: &'static str) -> Option<AnyView> {
    way.map(|way| {
        view! { <p class="muted small">{why} " " <a class="link" href=way>"Enter your password first"</a> "."</p> }
            .into_any()
    })
}

#[cfg(feature = "hydrate")]
pub(super) fn reload() {
    // A page that cannot be left has other troubles.
    let _ = window().location().reload();
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn error(status: u16) -> PageError {
        PageError {
            code: String::new(),
            message: String::new(),
            fields: std::collections::BTreeMap::new(),
            status,
            needs_proof: false,
        }
    }

    #[test]
    fn what_is_shown_stays_until_an_answer_takes_its_place() {
        let owner = Owner::new();
        owner.with(|| {
            let id = RwSignal::new("1".to_owned());
            let params = Memo::new(move |_| ParamsMap::from_iter([("id".to_owned(), id.get())]));
            let kept = Kept {
                shown: RwSignal::new(None),
                trouble: RwSignal::new(None),
                face: RwSignal::new(None),
                params,
                query: Memo::new(|_| String::new()),
                live: use_live(),
            };
            let state = move || {
                let failure = kept.face.get_untracked().and_then(|face| face.failure).map(|error| error.status);
                let old = kept.trouble.get_untracked().is_some();
                (kept.shown.get_untracked().map(|(data, _)| data), failure, old)
            };
            kept.settle(Err(error(503)));
            assert_eq!(state(), (None, Some(503), false), "nothing was there that could stay");
            kept.settle(Ok("car"));
            assert_eq!(state(), (Some("car"), None, false));
            for passing in [408, 429, 500, 502, 503] {
                kept.settle(Err(error(passing)));
                assert_eq!(state(), (Some("car"), None, true), "{passing}");
            }
            kept.settle(Ok("car, painted"));
            assert_eq!(state(), (Some("car, painted"), None, false));

            // Another record is not shown as this one.
            let face = kept.face.get_untracked();
            id.set("2".to_owned());
            kept.settle(Err(error(503)));
            assert_eq!(state().1, Some(503));
            kept.settle(Ok("second car"));
            assert_eq!(state(), (Some("second car"), None, false));
            assert!(kept.face.get_untracked() != face, "it is built anew");

            for answer in [401, 403, 404, 409] {
                kept.settle(Ok("second car"));
                kept.settle(Err(error(answer)));
                assert_eq!(state().1, Some(answer));
            }
        });
    }
}

//! From an answer of the server to a view: a skeleton while it comes, and words when it does not.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::PageError;
use crate::ui::{Alert, EmptyState, Icon, Tone, address};

/// Shows what a resource answers. While it is fetched anew, the last answer stays.
pub fn loaded<T, V>(
    answer: Resource<Result<T, PageError>>,
    skeleton: fn() -> AnyView,
    show: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    V: IntoView + 'static,
{
    let content = move || {
        let show = show.clone();
        Suspend::new(async move {
            match answer.await {
                Ok(data) => show(data).into_any(),
                Err(error) => failure(&error),
            }
        })
    };
    view! { <Transition fallback=skeleton>{content}</Transition> }.into_any()
}

/// What stands in the place of a page that was refused or failed.
#[must_use]
pub fn failure(error: &PageError) -> AnyView {
    let (symbol, title) = match error.status {
        // The session has ended: the server asks to sign in and leads back here.
        401 => {
            #[cfg(feature = "hydrate")]
            reload();
            (Icon::Person, "Your session has ended")
        }
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
fn reload() {
    // A page that cannot be left has other troubles.
    let _ = window().location().reload();
}

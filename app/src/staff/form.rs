//! The form of a staff page that calls a server function without leaving the page.

use leptos::form::ActionForm as BareForm;
use leptos::prelude::*;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::PostUrl;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::{Http, ServerFn};
use serde::de::DeserializeOwned;

use super::person;
use crate::error::PageError;

/// In place of Leptos' own component of this name, which it uses: a form whose text is not lost by anything but its own
/// success, which is sent once even when it is clicked twice, and which is refused when somebody else has signed in
/// meanwhile. What the browser does for it stands in [`drafts`](super::drafts).
#[component]
pub fn ActionForm<S, Out>(
    /// The action that the form is for.
    action: ServerAction<S>,
    /// Whether its fields keep what they say after a success, as those of a record do. Notes and reasons, which are for one
    /// step, go.
    #[prop(optional)]
    keeps: bool,
    /// The fields and buttons.
    children: Children,
) -> impl IntoView
where
    S: ServerFn<Error = PageError, Protocol = Http<PostUrl, Out>> + DeserializeOwned + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
    S::Client: Client<PageError>,
    <<S::Client as Client<PageError>>::Request as ClientReq<PageError>>::FormData: From<leptos::web_sys::FormData>,
{
    #[cfg(feature = "hydrate")]
    {
        let (value, pending) = (action.value(), action.pending());
        let outcome = Signal::derive(move || {
            let is_pending = pending.get();
            let answer = value.with(|value| value.as_ref().map(|answer| answer.as_ref().err().cloned()));
            answer.filter(|_| !is_pending)
        });
        super::drafts::conclude(S::PATH, outcome, keeps);
        // That the server could not be reached is not said any more when it can.
        crate::live::use_live().when_back(move || {
            if value.with_untracked(|value| matches!(value, Some(Err(error)) if error.is_passing())) {
                value.set(None);
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = keeps;
    view! {
        <BareForm action=action attr:data-form="">
            {person::field()}
            {children()}
        </BareForm>
    }
    .into_any()
}

//! Proving once more who sits there, before something that must not be done from a browser left open.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::functions::{ProofView, get_proof};
use crate::passkey::{SIGN_IN_QUESTION, answer_fields};
use crate::sent::calls;
use crate::staff::{loaded, refused};
use crate::ui::{Field, PageTitle, SkeletonRows, address};

/// The page. It leads on to where one came from.
#[component]
pub fn ProvePage() -> impl IntoView {
    let query = use_query_map();
    let data = Resource::new(move || query.read().get("next"), get_proof);
    view! {
        <PageTitle text="Is it you?"/>
        <div class="page-head"><h1>"Is it you?"</h1></div>
        {loaded(data, || view! { <SkeletonRows rows=3/> }.into_any(), |view| {
            let here = address("/app/account/prove", &[("next", Some(&view.next))]);
            form(view, here)
        })}
    }
}

/// The form, on the page whose address is given.
pub(super) fn form(view: ProofView, here: String) -> AnyView {
    let ProofView { next, needs_code, passkey, answered } = view;
    let wrong = answered.error("password");
    // What is wrong with the password stands at its field.
    let above = answered.refused.as_ref().filter(|error| wrong.is_none() && !error.needs_proof).map(refused);
    let code = needs_code.then(|| {
        view! {
            <Field label="Code" name="code" required=true autocomplete="one-time-code" autocapitalize="characters"
                maxlength=20u32 hint="The six digits that your app shows now, or a recovery code."/>
        }
    });
    let passkey = passkey.then(|| with_passkey(next.clone(), here.clone()));
    view! {
        <section class="panel">
            <h2>"Enter your password again"</h2>
            <form method="post" action=here>
                <div class="stack">
                    {above}
                    {calls("account/prove")}
                    <input type="hidden" name="next" value=next/>
                    <p class="muted small">"Somebody may have left this browser open. For ten minutes you are not asked again."</p>
                    <Field label="Password" name="password" kind="password" required=true autocomplete="current-password"
                        maxlength=128u32 error=wrong/>
                    {code}
                    <div><button class="btn btn-primary" type="submit">"Go on"</button></div>
                </div>
            </form>
            {passkey}
        </section>
    }
    .into_any()
}

/// The same with a passkey; the script shows it where the browser can ask for one.
fn with_passkey(next: String, here: String) -> AnyView {
    view! {
        <form class="stack" method="post" action=here data-passkey="get" data-question=SIGN_IN_QUESTION>
            {calls("account/prove-passkey")}
            <input type="hidden" name="next" value=next/>
            <div><button class="btn" type="submit">"Use a passkey"</button></div>
            {answer_fields("That did not work. Try again, or use your password.".to_owned())}
        </form>
    }
    .into_any()
}

//! The second factor: codes of an app, asked for beside the password.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::functions::{FactorView, SCAN, SECOND_FACTOR, Scan, get_factor};
use super::page::factor_badge;
use super::prove;
use crate::sent::{Answered, calls};
use crate::staff::loaded;
use crate::ui::{Field, Icon, PageTitle, SkeletonRows, icon};

/// The page.
#[component]
pub fn SecondFactorPage() -> impl IntoView {
    let query = use_query_map();
    let data = Resource::new(move || query.read().get("step"), get_factor);
    view! {
        <PageTitle text="Signing in with a code"/>
        {loaded(data, || view! { <SkeletonRows rows=6/> }.into_any(), show)}
    }
}

fn show(view: FactorView) -> AnyView {
    let FactorView { on, words, proof, scan, answered } = view;
    let content = match (proof, scan) {
        (Some(proof), _) => {
            let here = proof.next.clone();
            prove::form(proof, here)
        }
        (None, Some(scan)) => scan_form(scan, &answered),
        (None, None) => {
            let above = answered.above();
            let rest = if on { changes() } else { switch_on() };
            view! { {above} {rest} }.into_any()
        }
    };
    view! {
        <div class="page-head">
            <div class="row wrap"><h1>"Signing in with a code"</h1> {factor_badge(on)}</div>
            <a class="btn" href="/app/account">"Your account"</a>
        </div>
        <div class="stack"><p class="muted">{words}</p> {content}</div>
    }
    .into_any()
}

/// A form of this page that only has a button.
fn press(function: &'static str, class: &'static str, words: &'static str) -> AnyView {
    view! {
        <form method="post" action=SECOND_FACTOR>
            {calls(function)} <button class=class type="submit">{words}</button>
        </form>
    }
    .into_any()
}

fn switch_on() -> AnyView {
    view! {
        <section class="panel">
            <h2>"A code beside the password"</h2>
            <div class="stack">
                <p>
                    "An app on your phone shows a new code every half minute. Whoever learns your password still cannot come in."
                </p>
                {press("account/begin-factor", "btn btn-primary", "Switch on")}
            </div>
        </section>
    }
    .into_any()
}

/// The secret, and its first code.
fn scan_form(scan: Scan, answered: &Answered) -> AnyView {
    let wrong = answered.error("code");
    let above = (wrong.is_none() && answered.refused.is_some()).then(|| answered.above());
    view! {
        {above}
        <section class="panel">
            <h2>"1. Show it to your app"</h2>
            <div class="stack">
                <p>"Open an authenticator app on your phone and let it read this picture."</p>
                <img class="qr" src=scan.qr alt="QR code of the secret that is written below" width="232" height="232"/>
                <p>"Without a camera, type this: " <code class="mono" translate="no">{scan.secret}</code></p>
                <p><a class="link" href=scan.address>"The app is on this device"</a></p>
            </div>
        </section>
        <section class="panel">
            <h2>"2. Type what it shows"</h2>
            <form method="post" action=SCAN>
                <div class="stack">
                    {calls("account/confirm-factor")}
                    <Field label="Code" name="code" required=true autocomplete="one-time-code" inputmode="numeric"
                        maxlength=10u32 hint="Six digits. From then on signing in asks for one." error=wrong/>
                    <div class="row wrap">
                        <button class="btn btn-primary" type="submit">"Confirm"</button>
                        <a class="btn" href=SECOND_FACTOR>"Not now"</a>
                    </div>
                </div>
            </form>
        </section>
    }
    .into_any()
}

/// What can be done while it is on. Each asks once, and says what is lost.
fn changes() -> AnyView {
    view! {
        <section class="panel">
            <details class="fold">
                <summary><h2>"Another phone, or new recovery codes"</h2> {icon(Icon::Chevron)}</summary>
                <div class="stack tight">
                    <p>
                        "Once you confirm a new secret, the app that you use now and all recovery codes that you have are worth nothing."
                    </p>
                    {press("account/begin-factor", "btn", "Make a new one")}
                </div>
            </details>
        </section>
        <section class="panel">
            <details class="fold">
                <summary><h2>"Switch it off"</h2> {icon(Icon::Chevron)}</summary>
                <div class="stack tight">
                    <p>"Whoever learns your password can come in again. The recovery codes are worth nothing then."</p>
                    {press("account/drop-factor", "btn btn-error", "Switch off")}
                </div>
            </details>
        </section>
    }
    .into_any()
}

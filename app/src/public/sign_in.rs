//! The way in for staff.

use leptos::prelude::*;

use super::document::{Head, Visit, document};
use super::language::Argument;
use crate::passkey::{SIGN_IN_QUESTION, answer_fields};
use crate::ui::{Alert, Field, Tone};

/// Why the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInReason {
    /// Someone came to sign in.
    Fresh,
    /// Someone has just signed out.
    SignedOut,
    /// Someone has just chosen a new password.
    Reset,
    /// The try failed; the page never says which part was wrong.
    Refused,
    /// The passkey was not accepted.
    RefusedPasskey,
    /// Too many tries; come back after so many seconds.
    Limited(u64),
}

/// The ways in beside signing in that are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ways {
    /// Asking for a link by mail.
    pub forgot: bool,
    /// Making an account as a customer.
    pub register: bool,
    /// A passkey, which is bound to this name.
    pub passkey: Option<String>,
}

/// The sign-in form. `login` is what was typed before; `next` is the address to go on to, already checked.
#[must_use]
pub fn form(visit: &Visit, reason: SignInReason, login: &str, next: &str, ways: Ways) -> String {
    let t = |key: &str| visit.text(key);
    let head = Head { title: t("sign-in-title"), passkeys: ways.passkey.clone(), ..Head::default() };
    document(visit, head, || {
        let lead = visit.text_with("sign-in-lead", &[("organisation", Argument::Text(&visit.organisation.name))]);
        let message = match reason {
            SignInReason::Fresh => None,
            SignInReason::SignedOut => Some((Tone::Info, t("sign-in-ended"))),
            SignInReason::Reset => Some((Tone::Success, t("sign-in-reset"))),
            SignInReason::Refused => Some((Tone::Danger, t("sign-in-wrong"))),
            SignInReason::RefusedPasskey => Some((Tone::Danger, t("sign-in-passkey-wrong"))),
            SignInReason::Limited(seconds) => {
                let seconds = Argument::Number(i64::try_from(seconds).unwrap_or(i64::MAX));
                Some((Tone::Danger, visit.text_with("too-many-text", &[("seconds", seconds)])))
            }
        };
        view! {
            <div><h1>{t("sign-in-title")}</h1><p class="lead">{lead}</p></div>
            {message.map(|(tone, words)| view! { <Alert tone=tone title=words/> })}
            <form class="panel stack" method="post" action="/sign-in">
                <input type="hidden" name="next" value=next.to_owned()/>
                <Field label=t("sign-in-login") name="login" value=login required=true autocomplete="username"
                    autocapitalize="none" maxlength=254u32/>
                <Field label=t("sign-in-password") name="password" kind="password" required=true
                    autocomplete="current-password" maxlength=200u32/>
                <button class="btn btn-primary btn-lg" type="submit">{t("sign-in-send")}</button>
                {ways.forgot.then(|| view! { <a class="link" href="/forgot">{t("sign-in-forgot")}</a> })}
                {ways.register.then(|| view! { <a class="link" href=visit.link("/register")>{t("sign-in-register")}</a> })}
            </form>
            {ways.passkey.map(|_| passkey(visit, next))}
        }
    })
}

/// The way in with a passkey. The script of the page shows it where the browser can ask for one.
fn passkey(visit: &Visit, next: &str) -> AnyView {
    view! {
        <form class="panel stack" method="post" action="/sign-in/passkey" data-passkey="get" data-question=SIGN_IN_QUESTION>
            <input type="hidden" name="next" value=next.to_owned()/>
            <button class="btn btn-lg" type="submit">{visit.text("sign-in-passkey")}</button>
            {answer_fields(visit.text("sign-in-passkey-failed"))}
        </form>
    }
    .into_any()
}

//! The ways in beside signing in: an invitation, a registration, a forgotten password, a code, the first start.

use leptos::prelude::*;
use officina::kernel::zone;

use super::document::{Head, Visit, document};
use super::form::FormState;
use super::language::Argument;
use crate::ui::{Alert, EmptyState, Field, Icon, Tone};

/// How somebody invited comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invited {
    /// With a new account.
    New,
    /// With the account that the person has and has to sign in with.
    Known,
    /// With the account that the person is signed in with.
    Here,
    /// Somebody else is signed in in this browser.
    Else,
}

/// The page of an invitation: the form for a new account, or the way in with the one that exists.
#[must_use]
pub fn join(visit: &Visit, how: Invited, login: &str, here: &str, state: &FormState) -> String {
    let t = |key: &str| visit.text(key);
    let title = visit.text_with("join-title", &[("organisation", Argument::Text(&visit.organisation.name))]);
    document(visit, Head { title: title.clone(), ..Head::default() }, || {
        let content = match how {
            Invited::New => view! {
                {state.summary(visit, &[("name", "entry-name"), ("password", "entry-password")], None)}
                <form class="panel stack" method="post" action=here.to_owned()>
                    <p>{visit.text_with("join-login", &[("login", Argument::Text(login))])}</p>
                    // For the browser's own keeper of passwords.
                    <input type="hidden" name="login" value=login.to_owned() autocomplete="username"/>
                    <Field label=t("entry-name") name="name" value=state.value("name") required=true
                        error=state.error(visit, "name") autocomplete="name" maxlength=120u32/>
                    {new_password(visit, state)}
                    <button class="btn btn-primary btn-lg" type="submit">{t("join-send")}</button>
                </form>
            }
            .into_any(),
            Invited::Known => view! {
                <div class="panel stack">
                    <p>{visit.text_with("join-known", &[("login", Argument::Text(login))])}</p>
                    <a class="btn btn-primary btn-lg" href=format!("/sign-in?next={here}")>{t("sign-in-send")}</a>
                </div>
            }
            .into_any(),
            Invited::Here => view! {
                <form class="panel stack" method="post" action=here.to_owned()>
                    <p>{visit.text_with("join-here", &[("login", Argument::Text(login))])}</p>
                    <button class="btn btn-primary btn-lg" type="submit">{t("join-send")}</button>
                </form>
            }
            .into_any(),
            Invited::Else => view! {
                <form class="panel stack" method="post" action="/sign-out">
                    <p>{visit.text_with("join-else", &[("login", Argument::Text(login))])}</p>
                    <input type="hidden" name="next" value=here.to_owned()/>
                    <button class="btn btn-lg" type="submit">{t("join-sign-out")}</button>
                </form>
            }
            .into_any(),
        };
        view! { <div><h1>{title}</h1><p class="lead">{t("join-lead")}</p></div> {content} }
    })
}

/// Asks whose password was forgotten.
#[must_use]
pub fn forgot(visit: &Visit, state: &FormState) -> String {
    let t = |key: &str| visit.text(key);
    document(visit, Head { title: t("forgot-title"), ..Head::default() }, || {
        view! {
            <div><h1>{t("forgot-title")}</h1><p class="lead">{t("forgot-lead")}</p></div>
            <form class="panel stack" method="post" action="/forgot">
                <Field label=t("sign-in-login") name="email" value=state.value("email") required=true
                    error=state.error(visit, "email") autocomplete="username" autocapitalize="none" maxlength=254u32/>
                <button class="btn btn-primary btn-lg" type="submit">{t("forgot-send")}</button>
            </form>
        }
    })
}

/// Chooses a new password.
#[must_use]
pub fn reset(visit: &Visit, here: &str, state: &FormState) -> String {
    let t = |key: &str| visit.text(key);
    document(visit, Head { title: t("reset-title"), ..Head::default() }, || {
        view! {
            <div><h1>{t("reset-title")}</h1><p class="lead">{t("reset-lead")}</p></div>
            <form class="panel stack" method="post" action=here.to_owned()>
                {new_password(visit, state)}
                <button class="btn btn-primary btn-lg" type="submit">{t("reset-send")}</button>
            </form>
        }
    })
}

/// The form for customers who make an account themselves.
#[must_use]
pub fn register(visit: &Visit, state: &FormState) -> String {
    let t = |key: &str| visit.text(key);
    let labels = [
        ("firstName", "register-first"),
        ("lastName", "register-last"),
        ("email", "register-email"),
        ("password", "entry-password"),
    ];
    document(visit, Head { title: t("register-title"), ..Head::default() }, || {
        let lead = visit.text_with("register-lead", &[("organisation", Argument::Text(&visit.organisation.name))]);
        view! {
            <div><h1>{t("register-title")}</h1><p class="lead">{lead}</p></div>
            {state.summary(visit, &labels, None)}
            <form class="panel stack" method="post" action=visit.link("/register")>
                <div class="fields two">
                    <Field label=t("register-first") name="firstName" value=state.value("firstName") required=true
                        error=state.error(visit, "firstName") autocomplete="given-name" maxlength=60u32/>
                    <Field label=t("register-last") name="lastName" value=state.value("lastName") required=true
                        error=state.error(visit, "lastName") autocomplete="family-name" maxlength=60u32/>
                </div>
                <Field label=t("register-email") name="email" kind="email" value=state.value("email") required=true
                    error=state.error(visit, "email") autocomplete="username" maxlength=254u32/>
                {new_password(visit, state)}
                <button class="btn btn-primary btn-lg" type="submit">{t("register-send")}</button>
            </form>
        }
    })
}

/// Confirms a registration. Following a link does nothing by itself: mail programs follow links too.
#[must_use]
pub fn confirm(visit: &Visit, here: &str, state: &FormState) -> String {
    let t = |key: &str| visit.text(key);
    document(visit, Head { title: t("confirm-title"), ..Head::default() }, || {
        view! {
            <div><h1>{t("confirm-title")}</h1><p class="lead">{t("confirm-lead")}</p></div>
            <form class="panel stack" method="post" action=here.to_owned()>
                <Field label=t("confirm-password") name="password" kind="password" required=true hint=t("confirm-hint")
                    error=state.error(visit, "password") autocomplete="current-password" maxlength=200u32/>
                <button class="btn btn-primary btn-lg" type="submit">{t("confirm-send")}</button>
            </form>
        }
    })
}

/// Asks for the code of the second factor. The ticket says that the password was right.
#[must_use]
pub fn code(visit: &Visit, ticket: &str, next: &str, wrong: bool) -> String {
    let t = |key: &str| visit.text(key);
    document(visit, Head { title: t("code-title"), ..Head::default() }, || {
        view! {
            <div><h1>{t("code-title")}</h1><p class="lead">{t("code-lead")}</p></div>
            {wrong.then(|| view! { <Alert tone=Tone::Danger title=t("code-wrong")/> })}
            <form class="panel stack" method="post" action="/sign-in/code">
                <input type="hidden" name="ticket" value=ticket.to_owned()/>
                <input type="hidden" name="next" value=next.to_owned()/>
                <Field label=t("code-label") name="code" required=true autocomplete="one-time-code"
                    autocapitalize="characters" maxlength=20u32 hint=t("code-hint")/>
                <button class="btn btn-primary btn-lg" type="submit">{t("sign-in-send")}</button>
            </form>
        }
    })
}

/// The first start: the organisation and its administrator.
#[must_use]
pub fn setup(visit: &Visit, here: &str, state: &FormState) -> String {
    let t = |key: &str| visit.text(key);
    let labels = [
        ("name", "setup-organisation"),
        ("slug", "setup-slug"),
        ("timeZone", "setup-zone"),
        ("person", "entry-name"),
        ("email", "register-email"),
        ("password", "entry-password"),
    ];
    document(visit, Head { title: t("setup-title"), ..Head::default() }, || {
        let chosen = state.filled("timeZone").unwrap_or_else(|| "Europe/Rome".to_owned());
        let zones: Vec<_> = zone::names().into_iter().map(|name| view! { <option value=name></option> }).collect();
        view! {
            <div><h1>{t("setup-title")}</h1><p class="lead">{t("setup-lead")}</p></div>
            {state.summary(visit, &labels, None)}
            <form class="panel stack" method="post" action=here.to_owned()>
                <h2>{t("setup-business")}</h2>
                <Field label=t("setup-organisation") name="name" value=state.value("name") required=true
                    error=state.error(visit, "name") autocomplete="organization" maxlength=120u32/>
                <div class="fields two">
                    <Field label=t("setup-slug") name="slug" value=state.value("slug") optional_word=t("optional")
                        error=state.error(visit, "slug") autocapitalize="none" maxlength=60u32 hint=t("setup-slug-hint")/>
                    <Field label=t("setup-zone") name="timeZone" value=chosen required=true
                        error=state.error(visit, "timeZone") autocapitalize="none" maxlength=60u32 list="zones"
                        hint=t("setup-zone-hint")/>
                    <datalist id="zones">{zones}</datalist>
                </div>
                <h2>{t("setup-you")}</h2>
                <Field label=t("entry-name") name="person" value=state.value("person") required=true
                    error=state.error(visit, "person") autocomplete="name" maxlength=120u32/>
                <Field label=t("register-email") name="email" kind="email" value=state.value("email") required=true
                    error=state.error(visit, "email") autocomplete="username" maxlength=254u32/>
                {new_password(visit, state)}
                <button class="btn btn-primary btn-lg" type="submit">{t("setup-send")}</button>
            </form>
        }
    })
}

/// A page that says how it goes on: `{key}-title` and `{key}-text`, and a way to the sign-in page.
#[must_use]
pub fn said(visit: &Visit, key: &str) -> String {
    let title = visit.text(&format!("{key}-title"));
    let text = visit.text(&format!("{key}-text"));
    document(visit, Head { title: title.clone(), ..Head::default() }, || {
        let to_sign_in = visit.text("to-sign-in");
        view! {
            <h1 class="skip">{title.clone()}</h1>
            <div class="panel">
                <EmptyState symbol=Icon::Check title=title text=text>
                    <a class="btn" href="/sign-in">{to_sign_in}</a>
                </EmptyState>
            </div>
        }
    })
}

fn new_password(visit: &Visit, state: &FormState) -> AnyView {
    view! {
        <Field label=visit.text("entry-password") name="password" kind="password" required=true
            error=state.error(visit, "password") autocomplete="new-password" maxlength=128u32
            hint=visit.text("entry-password-hint")/>
    }
    .into_any()
}

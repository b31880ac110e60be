//! Pages that say one thing: not here, too many tries, not now.

use leptos::prelude::*;
use officina::identity::PublicForm;

use super::document::{Head, Visit, document};
use super::language::Argument;
use super::reach::call_button;
use crate::ui::{EmptyState, Icon};

/// Nothing is at this address.
#[must_use]
pub fn not_found(visit: &Visit) -> String {
    notice(visit, Icon::Search, visit.text("not-found-title"), visit.text("not-found-text"))
}

/// The organisation does not take this form for now.
#[must_use]
pub fn closed(visit: &Visit, form: PublicForm) -> String {
    let (title, text) = match form {
        PublicForm::Contact => ("contact-closed-title", "contact-closed-text"),
        PublicForm::CheckIn | PublicForm::Photos => ("check-in-closed-title", "check-in-closed-text"),
    };
    notice(visit, Icon::Door, visit.text(title), visit.text(text))
}

/// Too many tries; come back after some seconds.
#[must_use]
pub fn too_many(visit: &Visit, retry_after: u64) -> String {
    let seconds = Argument::Number(i64::try_from(retry_after).unwrap_or(i64::MAX));
    notice(visit, Icon::Clock, visit.text("too-many-title"), visit.text_with("too-many-text", &[("seconds", seconds)]))
}

/// The database is busy or away, or something failed on our side.
#[must_use]
pub fn busy(visit: &Visit) -> String {
    notice(visit, Icon::Warning, visit.text("error-busy-title"), visit.text("error-busy-text"))
}

/// Nobody has set the installation up yet.
#[must_use]
pub fn not_set_up(visit: &Visit) -> String {
    let t = |key: &str| visit.text(key);
    document(visit, Head { title: t("not-set-up-title"), ..Head::default() }, || {
        view! {
            <div><h1>{t("not-set-up-title")}</h1><p class="lead">{t("not-set-up-lead")}</p></div>
            <section class="panel stack">
                <ol class="steps-list">
                    <li>{t("not-set-up-link")}</li>
                    <li>{t("not-set-up-lost")}</li>
                    <li>{t("not-set-up-terminal")} <br/> <code class="mono">"officina org add …, officina user add …"</code></li>
                </ol>
            </section>
        }
    })
}

fn notice(visit: &Visit, symbol: Icon, title: String, text: String) -> String {
    document(visit, Head { title: title.clone(), ..Head::default() }, || {
        let (start, start_words, call) = (visit.start(), visit.text("to-start"), call_button(visit));
        view! {
            <h1 class="skip">{title.clone()}</h1>
            <div class="panel">
                <EmptyState symbol=symbol title=title text=text>
                    <div class="row wrap">{call} <a class="btn" href=start>{start_words}</a></div>
                </EmptyState>
            </div>
        }
    })
}

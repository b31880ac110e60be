//! The first page of an organisation's public side: where to go from here.

use leptos::prelude::*;
use officina::identity::{Area, PublicForm};

use super::document::{Head, Visit, document};
use super::language::Argument;
use crate::ui::{Icon, icon};

/// The welcome: what can be done without an account, and the way in for staff.
#[must_use]
pub fn page(visit: &Visit) -> String {
    let t = |key: &str| visit.text(key);
    let places = [
        (visit.organisation.offers(PublicForm::CheckIn), Icon::Car, "/check-in", "check-in-title"),
        (visit.organisation.has(Area::Repairs), Icon::Search, "/track", "track-title"),
        (visit.organisation.offers(PublicForm::Contact), Icon::Message, "/contact", "contact-title"),
    ];
    let organisation = Argument::Text(&visit.organisation.name);
    let description = Some(visit.text_with("welcome-description", &[("organisation", organisation)]));
    document(visit, Head { title: t("welcome-title"), indexed: true, description, ..Head::default() }, || {
        let links: Vec<_> = places
            .into_iter()
            .filter(|(is_offered, ..)| *is_offered)
            .map(|(_, symbol, path, key)| {
                view! { <li><a class="btn btn-lg" href=visit.link(path)>{icon(symbol)} {t(key)}</a></li> }
            })
            .collect();
        view! {
            <div><h1>{visit.organisation.name.clone()}</h1><p class="lead">{t("welcome-lead")}</p></div>
            <ul class="panel stack ways">{links}</ul>
            <p class="muted small"><a class="link" href="/sign-in">{t("welcome-staff")}</a></p>
        }
    })
}

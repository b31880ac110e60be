//! The contact form of the website.

use leptos::prelude::*;
use officina::leads::LeadType;

use super::document::{Head, Visit, document};
use super::form::FormState;
use crate::ui::{EmptyState, Field, Icon, Select, TextArea};

/// The fields of the form and the keys of their labels, in the order of the page.
const LABELS: &[(&str, &str)] = &[
    ("name", "contact-name"),
    ("phone", "contact-phone"),
    ("email", "contact-email"),
    ("leadType", "contact-about"),
    ("cityName", "contact-city"),
    ("message", "contact-message"),
];

/// What the contact form shows.
#[derive(Debug, Clone)]
pub struct ContactForm {
    /// What was typed, and what is wrong with it.
    pub state: FormState,
    /// The token that makes a form sent twice count once.
    pub token: String,
    /// The signed moment of showing it: programs answer faster than people.
    pub rendered: String,
}

/// The contact form.
#[must_use]
pub fn form(visit: &Visit, form: &ContactForm) -> String {
    let state = &form.state;
    let t = |key: &str| visit.text(key);
    let optional = t("optional");
    let value = |name: &str| state.value(name);
    let error = |name: &str| state.error(visit, name);
    let description = Some(t("contact-lead"));
    document(visit, Head { title: t("contact-title"), indexed: true, description, ..Head::default() }, || {
        let kinds =
            LeadType::ALL.iter().map(|kind| (kind.to_string(), t(&format!("lead-type-{kind}")))).collect::<Vec<_>>();
        view! {
            <div><h1>{t("contact-title")}</h1><p class="lead">{t("contact-lead")}</p></div>
            {state.summary(visit, LABELS, None)}
            <form class="panel stack" method="post" action=visit.link("/contact")>
                <input type="hidden" name="token" value=form.token.clone()/>
                <input type="hidden" name="rendered" value=form.rendered.clone()/>
                // People do not see this field; programs that fill in everything give themselves away.
                <div class="trap" aria-hidden="true">
                    <label for="f-website">{t("contact-trap")}</label>
                    <input id="f-website" name="website" type="text" tabindex="-1" autocomplete="off"/>
                </div>
                <div class="fields two">
                    <Field label=t("contact-name") name="name" value=value("name") required=true error=error("name")
                        autocomplete="name" maxlength=120u32/>
                    <Field label=t("contact-phone") name="phone" kind="tel" value=value("phone") required=true
                        error=error("phone") autocomplete="tel" maxlength=40u32/>
                    <Field label=t("contact-email") name="email" inputmode="email" autocapitalize="none" value=value("email")
                        optional_word=optional.clone() error=error("email") autocomplete="email" maxlength=254u32/>
                    <Field label=t("contact-city") name="cityName" value=value("cityName") optional_word=optional.clone()
                        error=error("cityName") autocomplete="address-level2" maxlength=120u32/>
                    <div class="whole">
                        <Select label=t("contact-about") name="leadType" value=value("leadType") options=kinds
                            error=error("leadType")/>
                    </div>
                    <div class="whole">
                        <TextArea label=t("contact-message") name="message" value=value("message")
                            optional_word=optional.clone() error=error("message") maxlength=5000u32/>
                    </div>
                </div>
                <button class="btn btn-primary btn-lg" type="submit">{t("contact-send")}</button>
            </form>
        }
    })
}

/// The page after sending; the same whatever became of the message.
#[must_use]
pub fn done(visit: &Visit) -> String {
    let t = |key: &str| visit.text(key);
    document(visit, Head { title: t("contact-done-title"), ..Head::default() }, || {
        let (back, back_words) = (visit.link("/contact"), t("contact-done-back"));
        view! {
            <h1>{t("contact-done-title")}</h1>
            <div class="panel">
                <EmptyState symbol=Icon::Check title=t("contact-done-text")>
                    <a class="btn" href=back>{back_words}</a>
                </EmptyState>
            </div>
        }
    })
}

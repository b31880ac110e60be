//! Check-in: what a customer says before arriving, and the code that comes back.

use leptos::prelude::*;
use officina::identity::PublicForm;
use officina::repairs::{PhotoCategory, RepairType};

use super::document::{Head, Visit, document};
use super::form::FormState;
use super::language::Argument;
use crate::ui::{Alert, Field, Icon, Select, TextArea, Tone, icon};

/// The fields of the form and the keys of their labels, in the order of the page.
const LABELS: &[(&str, &str)] = &[
    ("customerName", "check-in-name"),
    ("customerPhone", "check-in-phone"),
    ("customerEmail", "check-in-email"),
    ("vehiclePlate", "check-in-plate"),
    ("vehicleBrand", "check-in-brand"),
    ("vehicleModel", "check-in-model"),
    ("vehicleYear", "check-in-year"),
    ("vin", "check-in-vin"),
    ("repairType", "check-in-work"),
    ("notes", "check-in-notes"),
    ("accidentDate", "check-in-accident-date"),
    ("accidentPlace", "check-in-accident-place"),
    ("insuranceCompany", "check-in-insurer"),
    ("policyNumber", "check-in-policy"),
    ("front", "photo-front"),
    ("rear", "photo-rear"),
    ("left", "photo-left"),
    ("right", "photo-right"),
    ("detail", "photo-detail"),
    ("documents", "photo-documents"),
    ("preferredDate", "check-in-date"),
    ("preferredTime", "check-in-time"),
];

/// The fields that stand in the fold about accident and insurance.
const ACCIDENT: &[&str] = &["accidentDate", "accidentPlace", "insuranceCompany", "policyNumber"];

/// What the form needs beside its state.
#[derive(Debug, Clone)]
pub struct CheckInForm {
    /// What was typed, and what was refused.
    pub state: FormState,
    /// Whether photos came with the refused form, so that the visitor is told to choose them again.
    pub photos_lost: bool,
    /// The token that makes a form sent twice count once.
    pub token: String,
    /// Today in the organisation's time zone, `YYYY-MM-DD`.
    pub today: String,
}

/// The check-in form. The browser names an empty field before it sends what may be many photos; what it would refuse in words
/// of its own is left to the server, and so is what stands in a fold, where it could not show why.
#[must_use]
pub fn form(visit: &Visit, form: &CheckInForm) -> String {
    let state = &form.state;
    let t = |key: &str| visit.text(key);
    let optional = t("optional");
    let value = |name: &str| state.value(name);
    let error = |name: &str| state.error(visit, name);
    let description = Some(t("check-in-lead"));
    document(visit, Head { title: t("check-in-title"), indexed: true, description, ..Head::default() }, || {
        let note = form.photos_lost.then_some("errors-photos-again");
        let summary = state.summary(visit, LABELS, note);
        let fold_open = state.has_error(ACCIDENT) || ACCIDENT.iter().any(|name| state.filled(name).is_some());
        let photos = visit.organisation.offers(PublicForm::Photos).then(|| photo_fields(visit, state));
        view! {
            <div><h1>{t("check-in-title")}</h1><p class="lead">{t("check-in-lead")}</p></div>
            {summary}
            <form class="stack" method="post" enctype="multipart/form-data" action=visit.link("/check-in")>
                <input type="hidden" name="token" value=form.token.clone()/>
                <section class="panel">
                    <h2>{t("check-in-you")}</h2>
                    <div class="fields two">
                        <div class="whole">
                            <Field label=t("check-in-name") name="customerName" value=value("customerName") required=true
                                error=error("customerName") autocomplete="name" maxlength=120u32/>
                        </div>
                        <Field label=t("check-in-phone") name="customerPhone" kind="tel" value=value("customerPhone") required=true
                            hint=t("check-in-phone-hint") error=error("customerPhone") autocomplete="tel" maxlength=40u32/>
                        <Field label=t("check-in-email") name="customerEmail" inputmode="email" autocapitalize="none" value=value("customerEmail")
                            optional_word=optional.clone() error=error("customerEmail") autocomplete="email" maxlength=254u32/>
                    </div>
                </section>
                <section class="panel">
                    <h2>{t("check-in-vehicle")}</h2>
                    <div class="fields two">
                        <Field label=t("check-in-plate") name="vehiclePlate" value=value("vehiclePlate") required=true
                            error=error("vehiclePlate") autocomplete="off" autocapitalize="characters" maxlength=15u32/>
                        <Field label=t("check-in-year") name="vehicleYear" value=value("vehicleYear") optional_word=optional.clone()
                            error=error("vehicleYear") inputmode="numeric" autocomplete="off" maxlength=4u32/>
                        <Field label=t("check-in-brand") name="vehicleBrand" value=value("vehicleBrand") optional_word=optional.clone()
                            error=error("vehicleBrand") autocomplete="off" maxlength=60u32/>
                        <Field label=t("check-in-model") name="vehicleModel" value=value("vehicleModel") optional_word=optional.clone()
                            error=error("vehicleModel") autocomplete="off" maxlength=60u32/>
                        <div class="whole">
                            <Field label=t("check-in-vin") name="vin" value=value("vin") optional_word=optional.clone()
                                hint=t("check-in-vin-hint") error=error("vin") autocomplete="off" autocapitalize="characters"
                                maxlength=40u32/>
                        </div>
                    </div>
                </section>
                <section class="panel stack">
                    {repair_types(visit, state)}
                    <TextArea label=t("check-in-notes") name="notes" value=value("notes") optional_word=optional.clone()
                        error=error("notes") maxlength=5000u32/>
                </section>
                <section class="panel">
                    <details class="fold" open=fold_open>
                        <summary>
                            <h2>{t("check-in-accident")} <span class="muted small">" · " {optional.clone()}</span></h2>
                            {icon(Icon::Chevron)}
                        </summary>
                        <div class="fields two">
                            <Field label=t("check-in-accident-date") name="accidentDate" kind="date" value=value("accidentDate")
                                error=error("accidentDate")/>
                            <Field label=t("check-in-accident-place") name="accidentPlace" value=value("accidentPlace")
                                error=error("accidentPlace") maxlength=200u32/>
                            <Field label=t("check-in-insurer") name="insuranceCompany" value=value("insuranceCompany")
                                error=error("insuranceCompany") maxlength=120u32/>
                            <Field label=t("check-in-policy") name="policyNumber" value=value("policyNumber")
                                error=error("policyNumber") maxlength=60u32/>
                        </div>
                    </details>
                </section>
                {photos}
                <section class="panel">
                    <h2>{t("check-in-when")}</h2>
                    <div class="fields two">
                        <Field label=t("check-in-date") name="preferredDate" kind="date" value=value("preferredDate")
                            optional_word=optional.clone() error=error("preferredDate") min=form.today.clone()/>
                        <Select label=t("check-in-time") name="preferredTime" value=value("preferredTime")
                            optional_word=optional.clone() error=error("preferredTime")
                            options=vec![
                                (String::new(), t("time-any")),
                                ("morning".to_owned(), t("time-morning")),
                                ("afternoon".to_owned(), t("time-afternoon")),
                            ]/>
                    </div>
                </section>
                <button class="btn btn-primary btn-lg" type="submit">{t("check-in-send")}</button>
            </form>
        }
    })
}

/// The choice of what the repair is about.
fn repair_types(visit: &Visit, state: &FormState) -> impl IntoView + use<> {
    let chosen = state.value("repairType").parse::<RepairType>().ok();
    let error = state.error(visit, "repairType");
    let described = error.is_some().then_some("f-repairType-error");
    let choices: Vec<_> = RepairType::ALL
        .iter()
        .enumerate()
        .map(|(index, kind)| {
            // The summary's link leads to the first choice.
            let id = (index == 0).then_some("f-repairType");
            view! {
                <label>
                    <input class="radio radio-sm" type="radio" id=id name="repairType" value=kind.as_str()
                        checked=chosen == Some(*kind) required=true/>
                    {visit.text(&format!("repair-type-{kind}"))}
                </label>
            }
        })
        .collect();
    view! {
        <fieldset class="field" aria-describedby=described>
            <legend><h2>{visit.text("check-in-work")}</h2></legend>
            <div class="choices">{choices}</div>
            {error.map(|message| {
                view! {
                    <span class="error" id="f-repairType-error">{icon(Icon::Warning)} <span>{message}</span></span>
                }
            })}
        </fieldset>
    }
}

/// The fields for photos.
fn photo_fields(visit: &Visit, state: &FormState) -> AnyView {
    let fields: Vec<_> = PhotoCategory::ALL.iter().map(|category| photo_field(visit, state, *category)).collect();
    let (title, hint, optional) =
        (visit.text("check-in-photos"), visit.text("check-in-photos-hint"), visit.text("optional"));
    view! {
        <section class="panel">
            <h2>{title} <span class="muted small">" · " {optional}</span></h2>
            <div class="stack">
                <p class="muted small">{hint}</p>
                <div class="photos">{fields}</div>
            </div>
        </section>
    }
    .into_any()
}

/// The field for the photos of one kind.
fn photo_field(visit: &Visit, state: &FormState, category: PhotoCategory) -> impl IntoView + use<> {
    let name = category.as_str();
    let several = matches!(category, PhotoCategory::Detail | PhotoCategory::Documents);
    let error = state.error(visit, name);
    let error_id = format!("f-{name}-error");
    view! {
        <div class="field">
            <label for=format!("f-{name}")>{visit.text(&format!("photo-{name}"))}</label>
            <input class="file-input" type="file" id=format!("f-{name}") name=name accept="image/*" multiple=several
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=error.is_some().then(|| error_id.clone())/>
            {error.map(|message| {
                view! { <span class="error" id=error_id>{icon(Icon::Warning)} <span>{message}</span></span> }
            })}
        </div>
    }
}

/// What the page after a check-in shows.
#[derive(Debug, Clone)]
pub struct CheckInDone {
    /// The code for the tracking page.
    pub code: String,
    /// The customer's first name.
    pub first_name: String,
    /// How many photos arrived.
    pub photos: i64,
    /// What others show that were not taken, and the words for why.
    pub refused: Vec<(PhotoCategory, &'static str)>,
}

/// The page after a check-in.
#[must_use]
pub fn done(visit: &Visit, done: &CheckInDone) -> String {
    let t = |key: &str| visit.text(key);
    document(visit, Head { title: t("check-in-done-title"), ..Head::default() }, || {
        let lead = visit.text_with("check-in-done-lead", &[("name", Argument::Text(&done.first_name))]);
        let photos = visit.text_with("check-in-done-photos", &[("count", Argument::Number(done.photos))]);
        let refused = (!done.refused.is_empty()).then(|| refused_photos(visit, &done.refused));
        view! {
            <div><h1>{t("check-in-done-title")}</h1><p class="lead">{lead}</p></div>
            <section class="panel stack" aria-labelledby="code-title">
                <h2 id="code-title">{t("check-in-done-code")}</h2>
                <output class="code mono" data-code>{done.code.clone()}</output>
                <p>{t("check-in-done-keep")}</p>
                <p class="muted small">{photos}</p>
                {refused}
                <a class="btn btn-primary btn-lg" href=visit.link(&format!("/track/{}", done.code))>{t("check-in-done-track")}</a>
            </section>
        }
    })
}

/// Which photos were not taken, and why each.
fn refused_photos(visit: &Visit, refused: &[(PhotoCategory, &'static str)]) -> impl IntoView + use<> {
    let items: Vec<_> = refused
        .iter()
        .map(|(category, code)| {
            let (shows, reason) =
                (visit.text(&format!("photo-{}", category.as_str())), visit.text(&format!("error-{code}")));
            view! { <li>{shows}": "{reason}</li> }
        })
        .collect();
    view! {
        <Alert tone=Tone::Warning title=visit.text("check-in-done-refused")>
            <ul>{items}</ul>
        </Alert>
    }
}

//! The settings page.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use officina::identity::{Area, PublicForm, Weekday};

use super::functions::{RemoveLogo, STOP, SettingsForm, SettingsView, UpdateSettings, get_settings};
use crate::error::PageError;
use crate::sent::FUNCTION;
use crate::staff::person::{FIELD, membership};
use crate::staff::{ActionForm, loaded, proof_first, refused};
use crate::ui::{
    Alert, AskFirst, Button, ButtonKind, ErrorSummary, Field, Icon, PageTitle, RefusedField, Select, SkeletonRows,
    TextArea, Tone, address, icon,
};

/// What is when the logo is gone.
const LOGO_GONE: &str =
    "The picture is deleted. The name alone stands on these pages, on the public ones and on reports then.";

/// The form of the settings.
#[derive(Clone, Copy)]
struct Update {
    action: ServerAction<UpdateSettings>,
    /// Why it was refused when it was sent without script.
    sent: StoredValue<Option<PageError>>,
}

impl Update {
    /// Why it was refused last.
    fn refused(self) -> Option<PageError> {
        self.action.value().get().map_or_else(|| self.sent.get_value(), Result::err)
    }
}

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let update = ServerAction::<UpdateSettings>::new();
    let remove = ServerAction::<RemoveLogo>::new();
    let data = Resource::new(|| (), |()| get_settings());
    let map = use_query_map();
    // Name, colours, logo and areas stand in the frame around this page, so all of it is made anew.
    Effect::new(move |_| {
        if let Some(Ok(())) = update.value().get() {
            anew("/app/settings?saved=1");
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(())) = remove.value().get() {
            anew("/app/settings");
        }
    });
    let refusal = move || {
        let error: Option<PageError> =
            update.value().get().and_then(Result::err).or(remove.value().get().and_then(Result::err));
        error.map(|error| view! { <div class="stack">{all_of(&error)}</div> })
    };
    let saved = move || {
        let (saved, logo) = (map.read().get("saved"), map.read().get("logo"));
        let (tone, words) = match (saved, logo.as_deref()) {
            (Some(_), _) | (_, Some("saved")) => (Tone::Success, "Saved."),
            (_, Some("missing")) => (Tone::Danger, "Choose a picture first."),
            (_, Some("large")) => {
                (Tone::Danger, "A logo may have at most 10 MB and 200 megapixels, saved in a plain way.")
            }
            (_, Some("unsupported")) => (Tone::Danger, "Only JPEG, PNG, WebP or GIF images are taken."),
            _ => return None,
        };
        // The page is a new one: without this the focus would be nowhere.
        Some(view! { <div class="stack"><Alert tone=tone title=words attr:autofocus=true/></div> })
    };
    view! {
        <PageTitle text="Settings"/>
        <div class="page-head"><h1>"Settings"</h1></div>
        {saved}
        {refusal}
        {loaded(data, || view! { <SkeletonRows rows=12/> }.into_any(), move |view| show(view, update, remove))}
    }
}

/// The fields of the form: their names in the domain, labels, and names in the form, in the order of the page.
const FIELDS: &[(&str, &str, &str)] = &[
    ("name", "Name", "input[name]"),
    ("accent", "Accent colour", "input[accent]"),
    ("timeZone", "Time zone", "input[time_zone]"),
    ("country", "Country", "input[country]"),
    ("currency", "Currency", "input[currency]"),
    ("locale", "Language of your customers", "input[locale]"),
    ("temperatureUnit", "Temperatures are shown in", "input[temperature_unit]"),
    ("areas", "Areas that are switched on", "input[areas][]"),
    ("phone", "Phone", "input[phone]"),
    ("address", "Address", "input[address]"),
    ("privacyNotice", "Privacy notice", "input[privacy_notice]"),
    ("openingHours.monday", "Monday", "input[hours][0]"),
    ("openingHours.tuesday", "Tuesday", "input[hours][1]"),
    ("openingHours.wednesday", "Wednesday", "input[hours][2]"),
    ("openingHours.thursday", "Thursday", "input[hours][3]"),
    ("openingHours.friday", "Friday", "input[hours][4]"),
    ("openingHours.saturday", "Saturday", "input[hours][5]"),
    ("openingHours.sunday", "Sunday", "input[hours][6]"),
    ("publicForms", "Visitors may", "input[public_forms][]"),
    ("sessionIdleHours", "Hours until an unused session ends", "input[session_idle_hours]"),
    ("sessionAbsoluteHours", "Hours until any session ends", "input[session_absolute_hours]"),
    ("secondFactorRoles", "Roles that need a second factor", "input[second_factor_roles][]"),
];

/// All that was refused, above the form.
fn all_of(error: &PageError) -> AnyView {
    let fields = refused_fields(error);
    if fields.is_empty() { refused(error) } else { view! { <ErrorSummary fields=fields/> }.into_any() }
}

/// The refused fields in the order of the page; one that the form does not know comes last, under its own name.
fn refused_fields(error: &PageError) -> Vec<RefusedField> {
    let place = |field: &str| FIELDS.iter().position(|(name, ..)| *name == field).unwrap_or(FIELDS.len());
    let mut fields: Vec<_> = error.fields.iter().collect();
    fields.sort_by_key(|(field, _)| place(field));
    fields
        .into_iter()
        .map(|(field, message)| {
            let (label, name) =
                FIELDS.get(place(field)).map_or((field.as_str(), ""), |(_, label, name)| (*label, *name));
            RefusedField { label: label.to_owned(), message: message.clone(), id: format!("f-{}", id_of(name)) }
        })
        .collect()
}

/// What the id of a field is made of: its name without the brackets.
fn id_of(name: &str) -> String {
    name.replace(['[', ']'], "-")
}

/// Goes to a page as if its address had been typed.
fn anew(address: &str) {
    #[cfg(feature = "hydrate")]
    {
        // A page that cannot be left has other troubles.
        let _ = window().location().set_href(address);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = address;
}

fn show(view: SettingsView, action: ServerAction<UpdateSettings>, remove: ServerAction<RemoveLogo>) -> AnyView {
    let SettingsView { form, logo, roles, proof, under_way, answered } = view;
    let update = Update { action, sent: StoredValue::new(answered.refused) };
    // What came of it by script stands above the page.
    let refusal = move || {
        let is_last = action.value().with(Option::is_none);
        update.sent.get_value().filter(|_| is_last).map(|error| all_of(&error))
    };
    let version = form.version.to_string();
    let sections = [
        organisation(&form, under_way, update),
        reach(&form, update),
        hours(&form, update),
        visitors(&form),
        access(&form, roles, proof, update),
    ];
    view! {
        <div class="stack">
            {refusal}
            <ActionForm action=action keeps=true>
                <div class="stack">
                    <input type="hidden" name=FUNCTION value="settings/update"/>
                    <input type="hidden" name="input[version]" value=version/>
                    {sections.into_iter().collect_view()}
                    <div class="row save-bar"><Button busy=action.pending() formaction="/app/settings">"Save"</Button></div>
                </div>
            </ActionForm>
            {logo_forms(logo, remove)}
        </div>
    }
    .into_any()
}

/// Why a field was refused.
fn error(update: Update, field: String) -> Signal<Option<String>> {
    Signal::derive(move || update.refused().and_then(|error| error.field(&field)))
}

/// A field of one line.
fn line(
    update: Update,
    label: &'static str,
    name: &str,
    field: &str,
    value: &str,
    hint: Option<&'static str>,
) -> AnyView {
    let error = error(update, field.to_owned());
    let (id, name) = (id_of(name), name.to_owned());
    let kind = if field == "accent" { "color" } else { "text" };
    match hint {
        Some(hint) => {
            view! { <Field label=label name=name id=id kind=kind value=value.to_owned() hint=hint error=error/> }
                .into_any()
        }
        None => view! { <Field label=label name=name id=id kind=kind value=value.to_owned() error=error/> }.into_any(),
    }
}

/// Several things of which any number can be chosen.
fn choices(legend: &'static str, name: &'static str, options: Vec<(String, String)>, chosen: &[String]) -> AnyView {
    let boxes: Vec<_> = options
        .into_iter()
        .map(|(value, words)| {
            let checked = chosen.contains(&value);
            view! {
                <label>
                    <input class="checkbox checkbox-sm" type="checkbox" name=name value=value checked=checked/>
                    {words}
                </label>
            }
        })
        .collect();
    let id = format!("f-{}", id_of(name));
    view! {
        <fieldset class="field" id=id tabindex="-1"><legend>{legend}</legend><div class="choices">{boxes}</div></fieldset>
    }
    .into_any()
}

fn organisation(form: &SettingsForm, under_way: Vec<(String, String)>, update: Update) -> AnyView {
    let areas = Area::ALL.iter().map(|area| {
        let words = match area {
            Area::Repairs => "Repairs: check-in, workshop, tracking",
            Area::Leads => "Leads: who asks to be called",
            Area::ColdChain => "Cold chain: cells, devices, alerts",
        };
        (area.to_string(), words.to_owned())
    });
    let languages = [("it", "Italian"), ("en", "English")].map(|(value, words)| (value.to_owned(), words.to_owned()));
    let locale = form.locale.clone();
    let units = [("celsius", "°C"), ("fahrenheit", "°F")].map(|(value, words)| (value.to_owned(), words.to_owned()));
    let unit = form.temperature_unit.clone();
    let unit_error = error(update, "temperatureUnit".to_owned());
    let locale_error = error(update, "locale".to_owned());
    let zone_hint = Some("As in Europe/Rome, or the city alone. Times everywhere are told in it.");
    let country_hint =
        Some("Two letters, such as IT: phone numbers without a country are read there. Empty: as installed.");
    let country = form.country.clone().unwrap_or_default();
    let accent_hint = Some("Text in it is made darker or lighter as far as it has to be to be read.");
    let fields = [
        line(update, "Name", "input[name]", "name", &form.name, None),
        line(update, "Accent colour", "input[accent]", "accent", &form.accent, accent_hint),
        line(update, "Time zone", "input[time_zone]", "timeZone", &form.time_zone, zone_hint),
        line(update, "Country", "input[country]", "country", &country, country_hint),
        line(update, "Currency", "input[currency]", "currency", &form.currency, Some("Three letters, such as EUR.")),
    ];
    let areas = choices("Areas that are switched on", "input[areas][]", areas.collect(), &form.areas);
    let areas_error = error(update, "areas".to_owned());
    let refused = move || {
        areas_error.get().map(|message| view! { <div class="field"><p class="error">{icon(Icon::Warning)} <span>{message}</span></p></div> })
    };
    let stops = form.stop.is_some();
    let stop = (!under_way.is_empty()).then(|| {
        let sentences: Vec<_> =
            under_way.into_iter().map(|(area, sentence)| view! { <li data-area=area>{sentence}</li> }).collect();
        view! {
            <div class="stack tight stops">
                <p class="muted small">"Nothing is lost in an area that is switched off, but this stops:"</p>
                <ul class="small">{sentences}</ul>
                <label>
                    <input class="checkbox checkbox-sm" type="checkbox" name="input[stop]" value="on" checked=stops/>
                    " "{STOP}
                </label>
            </div>
        }
    });
    view! {
        <section class="panel">
            <h2>"Organisation"</h2>
            <div class="stack">
                <div class="fields two">
                    {fields.into_iter().collect_view()}
                    <Select label="Language of your customers" name="input[locale]" id=id_of("input[locale]") options=languages.to_vec() value=locale
                        error=locale_error/>
                    <Select label="Temperatures are shown in" name="input[temperature_unit]"
                        id=id_of("input[temperature_unit]") options=units.to_vec() value=unit
                        hint="The API and tables stay in °C." error=unit_error/>
                </div>
                {areas} {refused} {stop}
            </div>
        </section>
    }
    .into_any()
}

/// How the organisation is reached, for the foot of its public pages.
fn reach(form: &SettingsForm, update: Update) -> AnyView {
    let phone_hint = Some("With the country, such as +39 0543 123456: people abroad call it, too.");
    let phone = line(update, "Phone", "input[phone]", "phone", &form.phone, phone_hint);
    let (address_error, privacy_error) =
        (error(update, "address".to_owned()), error(update, "privacyNotice".to_owned()));
    view! {
        <section class="panel">
            <h2>"On your public pages"</h2>
            <div class="stack">
                <p class="muted small">"Stands below check-in, tracking and contact. What is empty is not shown."</p>
                {phone}
                <TextArea label="Address" name="input[address]" id=id_of("input[address]") value=form.address.clone() rows=3
                    maxlength=300u32 error=address_error/>
                <TextArea label="Privacy notice" name="input[privacy_notice]" id=id_of("input[privacy_notice]")
                    value=form.privacy_notice.clone() rows=4 maxlength=20000u32 error=privacy_error
                    hint="How you handle personal data: the text, or the address of one on your website (https://…)."/>
            </div>
        </section>
    }
    .into_any()
}

const fn day_words(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

fn hours(form: &SettingsForm, update: Update) -> AnyView {
    let days: Vec<_> = Weekday::ALL
        .iter()
        .zip(&form.hours)
        .enumerate()
        .map(|(index, (day, value))| {
            let (name, field) = (format!("input[hours][{index}]"), format!("openingHours.{day}"));
            line(update, day_words(*day), &name, &field, value, None)
        })
        .collect();
    view! {
        <section class="panel">
            <h2>"Opening hours"</h2>
            <div class="stack">
                <p class="muted small">"As you write them: 8-12, 14-18:30. A day left empty is closed."</p>
                <div class="fields two">{days}</div>
            </div>
        </section>
    }
    .into_any()
}

fn visitors(form: &SettingsForm) -> AnyView {
    let forms = PublicForm::ALL.iter().map(|form| {
        let words = match form {
            PublicForm::CheckIn => "Check in a car",
            PublicForm::Contact => "Ask to be called",
            PublicForm::Photos => "Send photos with a check-in",
        };
        (form.to_string(), words.to_owned())
    });
    let register = vec![("on".to_owned(), "Make an account for themselves".to_owned())];
    let registers: Vec<String> = form.self_registration.iter().map(|_| "on".to_owned()).collect();
    let forms = choices("Visitors may", "input[public_forms][]", forms.collect(), &form.public_forms);
    let register = choices("Customers may", "input[self_registration]", register, &registers);
    view! { <section class="panel"><h2>"Public pages"</h2><div class="stack">{forms}{register}</div></section> }
        .into_any()
}

fn access(form: &SettingsForm, roles: Vec<(String, String)>, proof: Option<String>, update: Update) -> AnyView {
    let (idle, whole) = (&form.session_idle_hours, &form.session_absolute_hours);
    let fields = [
        line(update, "Hours until an unused session ends", "input[session_idle_hours]", "sessionIdleHours", idle, None),
        line(
            update,
            "Hours until any session ends",
            "input[session_absolute_hours]",
            "sessionAbsoluteHours",
            whole,
            None,
        ),
    ];
    let roles =
        choices("Roles that need a second factor", "input[second_factor_roles][]", roles, &form.second_factor_roles);
    view! {
        <section class="panel">
            <h2>"Access"</h2>
            <div class="stack">
                <div class="fields two">{fields.into_iter().collect_view()}</div>
                {roles}
                {proof_first(proof, "Letting a role go without it asks once more who you are.")}
            </div>
        </section>
    }
    .into_any()
}

fn logo_forms(logo: Option<String>, remove: ServerAction<RemoveLogo>) -> AnyView {
    let shown = logo.map(|address| {
        view! {
            <ActionForm action=remove>
                <div class="row wrap">
                    <span class="mark"><img src=address alt="The logo as it is now" height="32"/></span>
                    <AskFirst words="Remove the logo" consequence=LOGO_GONE>
                        <Button kind=ButtonKind::Danger busy=remove.pending()>"Remove it"</Button>
                    </AskFirst>
                </div>
            </ActionForm>
        }
    });
    // It says for whom the page was made, as every call does.
    let to = address("/app/settings/logo", &[(FIELD, membership().as_deref())]);
    view! {
        <section class="panel">
            <h2>"Logo"</h2>
            <div class="stack">
                {shown}
                <form method="post" action=to enctype="multipart/form-data">
                    <div class="stack">
                        <div class="field">
                            <label for="f-logo">"A picture"</label>
                            <input class="file-input" type="file" id="f-logo" name="logo" accept="image/*" required=true/>
                            <span class="hint">"It stands before the name, on a white ground, also on public pages."</span>
                        </div>
                        <div class="row"><button class="btn" type="submit">"Use this picture"</button></div>
                    </div>
                </form>
            </div>
        </section>
    }
    .into_any()
}

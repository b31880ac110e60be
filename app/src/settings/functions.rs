//! What the settings page asks the server.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::sent::Answered;

/// The words beside the box that lets what is under way stop.
pub const STOP: &str = "Stop it where I switch an area off";

/// The settings as the form has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SettingsForm {
    /// The version that the form was made of.
    pub version: i64,
    /// The organisation's name.
    pub name: String,
    /// Words of the areas that are on.
    pub areas: Vec<String>,
    /// Anything, when what is under way in an area that is switched off may stop.
    pub stop: Option<String>,
    /// The accent colour.
    pub accent: String,
    /// The language of the customers.
    pub locale: String,
    /// The time zone.
    pub time_zone: String,
    /// The letters of the country; a form that has no such field leaves it as it is.
    pub country: Option<String>,
    /// The currency.
    pub currency: String,
    /// The unit of temperatures; a form that has no such field leaves it as it is.
    pub temperature_unit: String,
    /// Opening hours of each day from Monday on, as people write them: `8-12, 14-18:30`.
    pub hours: Vec<String>,
    /// The phone number for public pages.
    pub phone: String,
    /// The postal address for public pages.
    pub address: String,
    /// How personal data are handled: a text or an address.
    pub privacy_notice: String,
    /// Words of what visitors may send.
    pub public_forms: Vec<String>,
    /// Anything, when customers may make accounts for themselves.
    pub self_registration: Option<String>,
    /// Words of the roles that need a second factor.
    pub second_factor_roles: Vec<String>,
    /// Hours after which an unused session is over.
    pub session_idle_hours: String,
    /// Hours after which a session is over.
    pub session_absolute_hours: String,
}

/// The settings page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsView {
    /// What the form begins with.
    pub form: SettingsForm,
    /// The address of the logo.
    pub logo: Option<String>,
    /// Words and names of the roles.
    pub roles: Vec<(String, String)>,
    /// The word of each area that is on and has something under way, and what stops with it.
    pub under_way: Vec<(String, String)>,
    /// Where one proves who sits there before a role is to need no second factor; nothing when that was done lately.
    pub proof: Option<String>,
    /// What came of the form where it was sent without script. Refused, it holds what was typed.
    pub answered: Answered,
}

/// The settings page.
#[server(prefix = "/_fn", endpoint = "settings/get", input = GetUrl)]
pub async fn get_settings() -> Result<SettingsView, PageError> {
    use officina::identity::{Weekday, service};

    let (app, actor) = crate::context::context()?;
    let settings = service::settings(&app, &actor).await?;
    let roles = service::roles(&app, &actor).await?;
    let under_way = service::under_way(&app, &actor).await?;
    let under_way = under_way.into_iter().map(|(area, sentence)| (area.to_string(), sentence)).collect();
    let hours = |day: &Weekday| {
        let spans = settings.opening_hours.iter().filter(|span| span.day == *day);
        spans.map(|span| format!("{}-{}", span.from, span.to)).collect::<Vec<_>>().join(", ")
    };
    let answered = Answered::in_full(&["settings/update"]);
    let typed = |field: &str, known: String| answered.value(&format!("input[{field}]")).unwrap_or(known);
    // A box without a tick is not sent.
    let is_sent = !answered.typed.is_empty();
    let ticked = |field: &str, known: Vec<String>| {
        let name = format!("input[{field}][]");
        let sent = answered.typed.iter().filter(|(field, _)| *field == name);
        if is_sent { sent.map(|(_, value)| value.clone()).collect() } else { known }
    };
    let registers = settings.self_registration.then(|| "on".to_owned());
    // Who was told that somebody else has changed them meanwhile has seen what they are now.
    let is_told = answered.refused.as_ref().is_some_and(PageError::is_conflict);
    let seen = answered.value("input[version]").filter(|_| !is_told).and_then(|version| version.parse().ok());
    Ok(SettingsView {
        form: SettingsForm {
            version: seen.unwrap_or(settings.version),
            hours: (0..).zip(Weekday::ALL).map(|(at, day)| typed(&format!("hours][{at}"), hours(day))).collect(),
            areas: ticked("areas", settings.areas.iter().map(ToString::to_string).collect()),
            stop: answered.value("input[stop]"),
            public_forms: ticked("public_forms", settings.public_forms.iter().map(ToString::to_string).collect()),
            self_registration: if is_sent { answered.value("input[self_registration]") } else { registers },
            session_idle_hours: typed("session_idle_hours", settings.session_idle_hours.to_string()),
            session_absolute_hours: typed("session_absolute_hours", settings.session_absolute_hours.to_string()),
            phone: typed("phone", settings.phone.unwrap_or_default()),
            address: typed("address", settings.address.unwrap_or_default()),
            privacy_notice: typed("privacy_notice", settings.privacy_notice.unwrap_or_default()),
            name: typed("name", settings.name),
            accent: typed("accent", settings.accent),
            locale: typed("locale", settings.locale),
            time_zone: typed("time_zone", settings.time_zone),
            country: Some(typed("country", settings.country.unwrap_or_default())),
            currency: typed("currency", settings.currency),
            temperature_unit: typed("temperature_unit", settings.temperature_unit.to_string()),
            second_factor_roles: ticked("second_factor_roles", settings.second_factor_roles),
        },
        logo: settings.logo,
        roles: roles.into_iter().map(|role| (role.name, role.label)).collect(),
        under_way,
        proof: crate::context::to_proof(&app, &actor, "/app/settings"),
        answered,
    })
}

/// Changes the settings.
#[server(prefix = "/_fn", endpoint = "settings/update")]
pub async fn update_settings(input: SettingsForm) -> Result<(), PageError> {
    use officina::identity::opening_hours::read_day;
    use officina::identity::{UpdateSettings, Weekday, service};

    let (app, actor) = crate::context::context()?;
    let update = UpdateSettings {
        name: Some(input.name),
        areas: Some(input.areas),
        stop_under_way: Some(input.stop.is_some()),
        accent: Some(input.accent),
        locale: Some(input.locale),
        time_zone: Some(input.time_zone),
        country: input.country,
        currency: Some(input.currency),
        temperature_unit: Some(input.temperature_unit).filter(|unit| !unit.is_empty()),
        opening_hours: Some(
            Weekday::ALL.iter().zip(&input.hours).flat_map(|(day, text)| read_day(*day, text)).collect(),
        ),
        phone: Some(input.phone),
        address: Some(input.address),
        privacy_notice: Some(input.privacy_notice),
        public_forms: Some(input.public_forms),
        self_registration: Some(input.self_registration.is_some()),
        second_factor_roles: Some(input.second_factor_roles),
        // What is no number is as wrong as one that is out of range, and told in the same words.
        session_idle_hours: Some(input.session_idle_hours.trim().parse().unwrap_or_default()),
        session_absolute_hours: Some(input.session_absolute_hours.trim().parse().unwrap_or_default()),
        version: Some(input.version),
    };
    service::update_settings(&app, &actor, &update).await.map(drop).map_err(asking)
}

/// A refusal for the page. What only has to be asked first is asked beside the areas, where the box for it is.
#[cfg(feature = "ssr")]
fn asking(error: officina::Error) -> PageError {
    let asks = matches!(&error, officina::Error::Conflict(conflict) if conflict.confirm.is_some());
    let mut refusal = PageError::from(error);
    if asks {
        refusal.fields.insert("areas".to_owned(), format!("{} Tick “{STOP}” to do it.", refusal.message));
    }
    refusal
}

/// Takes the logo away.
#[server(prefix = "/_fn", endpoint = "settings/remove-logo")]
pub async fn remove_logo() -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    officina::identity::service::remove_logo(&app, &actor).await?;
    Ok(())
}

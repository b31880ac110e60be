//! What an organisation settles for itself.

use serde::{Deserialize, Serialize};

use super::model::{Area, PublicForm};

crate::text_enum! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }
}

crate::text_enum! {
    /// The unit that temperatures are shown in.
    pub enum TemperatureUnit {
        /// Degrees Celsius.
        Celsius = "celsius",
        /// Degrees Fahrenheit.
        Fahrenheit = "fahrenheit",
    }
}

/// A time that the organisation is open, on every such day. A day without one is closed; none at all says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenSpan {
    /// The day.
    pub day: Weekday,
    /// The clock time of opening, `HH:MM`.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: String,
    /// The clock time of closing, `HH:MM`, on the same day.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub to: String,
}

/// The settings of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Its name for people.
    pub name: String,
    /// The areas that are switched on.
    pub areas: Vec<Area>,
    /// Its accent colour, `#rrggbb`. Pages make it darker or lighter as far as text on it and in it needs.
    pub accent: String,
    /// The language of its customers: `it` or `en`.
    pub locale: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// The two letters of its country (ISO 3166-1), in which phone numbers without a country are read; none: that of the
    /// installation.
    pub country: Option<String>,
    /// ISO 4217 code of its currency.
    pub currency: String,
    /// The unit that people are shown temperatures in. The API and tables have °C, whatever this says.
    pub temperature_unit: TemperatureUnit,
    /// When it is open, in the order of the week.
    pub opening_hours: Vec<OpenSpan>,
    /// The phone number that its public pages show.
    pub phone: Option<String>,
    /// Its postal address for public pages, on one or several lines.
    pub address: Option<String>,
    /// How it handles personal data, as its public pages tell: a text, or the address of one (`https://…`).
    pub privacy_notice: Option<String>,
    /// What visitors may send.
    pub public_forms: Vec<PublicForm>,
    /// Whether customers may make accounts for themselves.
    pub self_registration: bool,
    /// Words of the roles that need a second factor.
    pub second_factor_roles: Vec<String>,
    /// Hours after which a session that nobody uses is over.
    pub session_idle_hours: i64,
    /// Hours after which a session is over, however busy.
    pub session_absolute_hours: i64,
    /// The address of its logo, if it has one.
    pub logo: Option<String>,
    /// Counts the changes.
    pub version: i64,
}

/// Changes to the settings. A field that is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateSettings {
    /// Another name.
    #[cfg_attr(feature = "utoipa", schema(min_length = 1, max_length = 120))]
    pub name: Option<String>,
    /// Words of the areas to be on: `repairs`, `leads`, `cold_chain`.
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<Vec<Area>>))]
    pub areas: Option<Vec<String>>,
    /// Whether what is under way in an area that is switched off may stop. `false` when it is left out: such a change is
    /// refused with 409 then.
    pub stop_under_way: Option<bool>,
    /// Another accent colour, `#rrggbb`.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^#[0-9A-Fa-f]{6}$"))]
    pub accent: Option<String>,
    /// `it` or `en`.
    pub locale: Option<String>,
    /// IANA name of a time zone.
    pub time_zone: Option<String>,
    /// The two letters of a country (ISO 3166-1); an empty text is that of the installation. All stored phone numbers are
    /// read anew then.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^([A-Za-z]{2})?$"))]
    pub country: Option<String>,
    /// ISO 4217 code of a currency.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^[A-Za-z]{3}$"))]
    pub currency: Option<String>,
    /// The unit that people are shown temperatures in: `celsius` or `fahrenheit`. The API and tables have °C all the same.
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<TemperatureUnit>))]
    pub temperature_unit: Option<String>,
    /// When the organisation is open: at most two times a day.
    pub opening_hours: Option<Vec<OpenSpan>>,
    /// The phone number for public pages; an empty text takes it away.
    #[cfg_attr(feature = "utoipa", schema(pattern = r"^([ +().\-/]*([0-9][ +().\-/]*){6,15})?$", max_length = 40))]
    pub phone: Option<String>,
    /// The postal address for public pages; an empty text takes it away.
    #[cfg_attr(feature = "utoipa", schema(max_length = 300))]
    pub address: Option<String>,
    /// How personal data are handled: a text, or the address of one; an empty text takes it away.
    #[cfg_attr(feature = "utoipa", schema(max_length = 20000))]
    pub privacy_notice: Option<String>,
    /// Words of what visitors may send: `check_in`, `contact`, `photos`.
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<Vec<PublicForm>>))]
    pub public_forms: Option<Vec<String>>,
    /// Whether customers may make accounts for themselves.
    pub self_registration: Option<bool>,
    /// Words of the roles that need a second factor.
    pub second_factor_roles: Option<Vec<String>>,
    /// From 1 to 8,760 hours.
    #[cfg_attr(feature = "utoipa", schema(minimum = 1, maximum = 8760))]
    pub session_idle_hours: Option<i64>,
    /// From 1 to 8,760 hours, and no fewer than idle ones.
    #[cfg_attr(feature = "utoipa", schema(minimum = 1, maximum = 8760))]
    pub session_absolute_hours: Option<i64>,
    /// The version that the client has seen.
    pub version: Option<i64>,
}

//! What an organisation settles for itself: read and changed by its administrators.

use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::NaiveTime;
use serde_json::{Map, Value};

use super::factor::require_person;
use super::roles::resolve;
use super::under_way::{nothing_stops, under_way};
use crate::identity::model::{Organisation, logo_address};
use crate::identity::settings::{OpenSpan, Settings, UpdateSettings, Weekday};
use crate::identity::store::{self, SettingsRow};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::Tx;
use crate::kernel::error::Conflict;
use crate::kernel::files::{self, Photo, Rendition};
use crate::kernel::ids::{FileId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::kernel::phone::Country;
use crate::kernel::text_enum::UnknownWord;
use crate::kernel::validate::Validator;
use crate::kernel::zone::written;
use crate::numbers::service as numbers;
use crate::{Error, Result};

/// The word of organisations in the journal and among files.
const SUBJECT: &str = "organisation";
/// Times that a day may be open: before and after the break.
const SPANS_A_DAY: usize = 2;
/// Characters of a postal address.
const LONGEST_ADDRESS: usize = 300;
/// Characters of a privacy notice: several pages.
const LONGEST_NOTICE: usize = 20_000;
/// The longest that a session may be let live, in hours: a year.
const MOST_HOURS: i64 = 8_760;

/// The settings.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`.
pub async fn settings(app: &App, actor: &Actor) -> Result<Settings> {
    actor.require(Permission::SettingsManage)?;
    Ok(store::settings(&app.db, actor.org).await?.into())
}

/// Changes settings. They count from the next request on.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`, [`Error::Validation`] with all broken fields, [`Error::Conflict`] for
/// a stale version, and for an area that is switched off with something under way that was not said to may stop,
/// [`Error::ProofNeeded`] when a role is to need no second factor any more.
pub async fn update_settings(app: &App, actor: &Actor, update: &UpdateSettings) -> Result<Settings> {
    actor.require(Permission::SettingsManage)?;
    let now = app.clock.now();
    // Counted before the settings are held, for which others would have to wait.
    let may_stop = update.areas.is_none() || update.stop_under_way == Some(true);
    let under_way = if may_stop { Vec::new() } else { under_way(app, actor).await? };
    let mut tx = app.db.begin().await?;
    let before: Settings = locked(&mut tx, actor.org).await?.into();
    let mut after = changed(&before, update)?;
    if let Some(roles) = &update.second_factor_roles {
        after.second_factor_roles = known_roles(&mut tx, actor.org, roles).await?;
    }
    if before.second_factor_roles.iter().any(|role| !after.second_factor_roles.contains(role)) {
        require_person(app, actor, Permission::SettingsManage)?;
    }
    if after == before {
        return tx.rollback().await.map(|()| before);
    }
    // Who asks for what is there already, as by a double click, is in nobody's way.
    if update.version.is_some_and(|version| version != before.version) {
        return Err(Error::Conflict(Conflict {
            message: "Someone else changed the settings.".to_owned(),
            version: Some(before.version),
            ..Conflict::default()
        }));
    }
    nothing_stops(&before.areas, &after.areas, &under_way)?;
    after.version += 1;
    store::write_settings(&mut tx, actor.org, &after).await?;
    if after.country != before.country {
        store::set_country(&mut tx, actor.org, after.country.as_deref()).await?;
        numbers::read_anew(&mut tx, actor.org, now).await?;
    }
    let (old, new) = differing(&before, &after);
    let entry = Entry::new("identity.settings_changed", SUBJECT, actor.org.0).before(&old).after(&new);
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(after)
}

async fn locked(tx: &mut Tx, org: OrgId) -> Result<SettingsRow> {
    store::lock_organisation(tx, org).await?;
    store::settings(tx, org).await
}

/// The settings after a change, checked.
fn changed(before: &Settings, update: &UpdateSettings) -> Result<Settings> {
    let mut check = Validator::default();
    let mut after = before.clone();
    if let Some(name) = &update.name {
        after.name = check.required("name", name, 120);
    }
    if let Some(areas) = &update.areas {
        after.areas = words(&mut check, "areas", areas);
    }
    if let Some(accent) = &update.accent {
        after.accent = accent.trim().to_ascii_lowercase();
        let digits = after.accent.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            check.errors.add("accent", "invalid_colour", "must be a colour such as #0f766e");
        }
    }
    if let Some(locale) = &update.locale {
        after.locale = locale.trim().to_lowercase();
        check_locale(&mut check, &after.locale);
    }
    if let Some(zone) = &update.time_zone {
        after.time_zone = check_time_zone(&mut check, zone);
    }
    if let Some(country) = update.country.as_deref().map(str::trim) {
        let read = (!country.is_empty()).then(|| country.parse::<Country>()).transpose();
        match read {
            Ok(country) => after.country = country.map(|country| country.letters().to_owned()),
            Err(error) => check.errors.add("country", "unknown_country", error.to_string()),
        }
    }
    if let Some(currency) = &update.currency {
        after.currency = currency.trim().to_ascii_uppercase();
        if after.currency.len() != 3 || !after.currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
            check.errors.add("currency", "invalid_currency", "must be the three letters of a currency, such as EUR");
        }
    }
    if let Some(unit) = &update.temperature_unit {
        after.temperature_unit = check.word("temperatureUnit", unit).unwrap_or(before.temperature_unit);
    }
    if let Some(hours) = &update.opening_hours {
        after.opening_hours = opening_hours(&mut check, hours);
    }
    if let Some(phone) = &update.phone {
        after.phone = Some(phone).filter(|phone| !phone.trim().is_empty()).map(|phone| check.phone("phone", phone));
    }
    if let Some(address) = &update.address {
        after.address = check.text("address", Some(address), LONGEST_ADDRESS);
    }
    if let Some(notice) = &update.privacy_notice {
        after.privacy_notice = check.text("privacyNotice", Some(notice), LONGEST_NOTICE);
    }
    if let Some(forms) = &update.public_forms {
        after.public_forms = words(&mut check, "publicForms", forms);
    }
    after.self_registration = update.self_registration.unwrap_or(before.self_registration);
    check.range("sessionIdleHours", update.session_idle_hours, 1, MOST_HOURS);
    check.range("sessionAbsoluteHours", update.session_absolute_hours, 1, MOST_HOURS);
    after.session_idle_hours = update.session_idle_hours.unwrap_or(before.session_idle_hours);
    after.session_absolute_hours = update.session_absolute_hours.unwrap_or(before.session_absolute_hours);
    if after.session_idle_hours > after.session_absolute_hours {
        check.errors.add("sessionIdleHours", "out_of_range", "must not be longer than a whole session");
    }
    check.finish(after)
}

pub(super) fn check_locale(check: &mut Validator, locale: &str) {
    if !["it", "en"].contains(&locale) {
        check.errors.add("locale", "unknown_word", "must be one of it, en");
    }
}

/// The name of the time zone that was written; what was written, where it is none.
pub(super) fn check_time_zone(check: &mut Validator, zone: &str) -> String {
    if let Some(zone) = written(zone) {
        return zone.name().to_owned();
    }
    check.errors.add("timeZone", "unknown_time_zone", "must be an IANA time zone such as Europe/Rome");
    zone.trim().to_owned()
}

/// The words of a vocabulary in its order, each once.
fn words<T: std::str::FromStr<Err = UnknownWord> + Ord>(check: &mut Validator, field: &str, list: &[String]) -> Vec<T> {
    let known: BTreeSet<T> = list.iter().filter_map(|word| check.word(field, word)).collect();
    known.into_iter().collect()
}

/// Opening hours in the order of the week. What is wrong is told by day: `openingHours.monday`.
fn opening_hours(check: &mut Validator, spans: &[OpenSpan]) -> Vec<OpenSpan> {
    let mut hours = Vec::with_capacity(spans.len());
    for day in Weekday::ALL {
        let field = format!("openingHours.{day}");
        let clock = |time: &str| NaiveTime::parse_from_str(time.trim(), "%H:%M").ok();
        let mut times: Vec<(NaiveTime, NaiveTime)> = Vec::new();
        for span in spans.iter().filter(|span| span.day == *day) {
            match (clock(&span.from), clock(&span.to)) {
                (Some(from), Some(to)) if from < to => times.push((from, to)),
                (Some(_), Some(_)) => check.errors.add(&field, "out_of_order", "must close after it opens"),
                _ => check.errors.add(&field, "invalid_time", "must be times such as 8-12, 14-18:30"),
            }
        }
        times.sort_unstable();
        if times.len() > SPANS_A_DAY {
            check.errors.add(&field, "too_many", "may have two times a day");
        }
        if times.windows(2).any(|pair| pair[1].0 <= pair[0].1) {
            check.errors.add(&field, "overlap", "must not overlap");
        }
        let words = |time: NaiveTime| time.format("%H:%M").to_string();
        hours.extend(times.into_iter().map(|(from, to)| OpenSpan { day: *day, from: words(from), to: words(to) }));
    }
    hours
}

/// Roles of the organisation by their words, each once.
async fn known_roles(tx: &mut Tx, org: OrgId, roles: &[String]) -> Result<Vec<String>> {
    let mut known = BTreeSet::new();
    for role in roles {
        let (word, _) = resolve(&mut *tx, org, role).await.map_err(|error| match error {
            Error::Validation(_) => {
                Error::field("secondFactorRoles", "unknown_word", "must be roles of this organisation")
            }
            other => other,
        })?;
        known.insert(word);
    }
    Ok(known.into_iter().collect())
}

/// The fields in which two settings differ, for the journal.
fn differing(before: &Settings, after: &Settings) -> (Map<String, Value>, Map<String, Value>) {
    let fields = |settings: &Settings| match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let (mut old, mut new) = (fields(before), fields(after));
    new.retain(|name, value| name != "version" && old.get(name) != Some(value));
    old.retain(|name, _| new.contains_key(name));
    (old, new)
}

/// Gives the organisation a logo; the one until now goes.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`, [`Error::Unavailable`] when the disk refuses.
pub async fn set_logo(app: &App, actor: &Actor, logo: &Photo) -> Result<Settings> {
    actor.require(Permission::SettingsManage)?;
    let id = app.files.put_photo(actor.org, logo).await?;
    replace_logo(app, actor, Some((id, logo))).await
}

/// Takes the logo away.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`, [`Error::NotFound`] when there is none.
pub async fn remove_logo(app: &App, actor: &Actor) -> Result<Settings> {
    actor.require(Permission::SettingsManage)?;
    replace_logo(app, actor, None).await
}

async fn replace_logo(app: &App, actor: &Actor, logo: Option<(FileId, &Photo)>) -> Result<Settings> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let before = locked(&mut tx, actor.org).await?.logo_id;
    let action = match logo {
        Some((id, photo)) => {
            files::insert_photo(&mut tx, actor.org, id, photo, (SUBJECT, actor.org.0), "logo", now).await?;
            "identity.logo_changed"
        }
        None if before.is_none() => return Err(Error::NotFound),
        None => "identity.logo_removed",
    };
    if let Some(before) = before {
        files::remove(&mut tx, actor.org, before).await?;
    }
    let after = logo.map(|(id, _)| id);
    store::set_logo(&mut tx, actor.org, after).await?;
    let state = |id: Option<FileId>| serde_json::json!({ "logo": id });
    let entry = Entry::new(action, SUBJECT, actor.org.0).before(&state(before)).after(&state(after));
    journal::write(&mut tx, actor, now, entry).await?;
    let settings = store::settings(&mut tx, actor.org).await?.into();
    tx.commit().await?;
    if let Some(before) = before {
        app.files.delete(actor.org, before).await?;
    }
    Ok(settings)
}

/// The bytes of an organisation's logo, for everybody.
///
/// # Errors
/// [`Error::NotFound`] when it has none.
pub async fn logo(app: &App, organisation: &Organisation) -> Result<Bytes> {
    app.files.get(organisation.id, organisation.logo.ok_or(Error::NotFound)?, Rendition::Thumbnail).await
}

impl From<SettingsRow> for Settings {
    fn from(row: SettingsRow) -> Self {
        Self {
            logo: logo_address(&row.slug, row.logo_id),
            name: row.name,
            // A word that is gone is off.
            areas: row.areas.split(' ').filter_map(|word| word.parse().ok()).collect(),
            accent: row.accent,
            locale: row.locale,
            time_zone: row.time_zone,
            country: row.country,
            currency: row.currency,
            temperature_unit: row.temperature_unit,
            opening_hours: serde_json::from_str(&row.opening_hours).unwrap_or_default(),
            phone: row.public_phone,
            address: row.public_address,
            privacy_notice: row.privacy_notice,
            public_forms: row.public_forms.split(' ').filter_map(|word| word.parse().ok()).collect(),
            self_registration: row.self_registration,
            second_factor_roles: row.second_factor_roles.split_whitespace().map(str::to_owned).collect(),
            session_idle_hours: row.session_idle_hours,
            session_absolute_hours: row.session_absolute_hours,
            version: row.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(day: Weekday, from: &str, to: &str) -> OpenSpan {
        OpenSpan { day, from: from.to_owned(), to: to.to_owned() }
    }

    #[test]
    fn opening_hours_are_put_in_order_and_told_by_day() {
        let mut check = Validator::default();
        let given = [
            span(Weekday::Friday, "8:00", "12:00"),
            span(Weekday::Monday, "14:00", "18:30"),
            span(Weekday::Monday, "08:00", "12:30"),
        ];
        let hours = opening_hours(&mut check, &given);
        assert!(check.errors.is_empty());
        let expected = [
            span(Weekday::Monday, "08:00", "12:30"),
            span(Weekday::Monday, "14:00", "18:30"),
            span(Weekday::Friday, "08:00", "12:00"),
        ];
        assert_eq!(hours, expected);
        let wrong = [
            span(Weekday::Monday, "08:00", "12:00"),
            span(Weekday::Monday, "11:00", "13:00"),
            span(Weekday::Tuesday, "18:00", "08:00"),
            span(Weekday::Sunday, "noon", ""),
        ];
        opening_hours(&mut check, &wrong);
        let days: Vec<_> = check.errors.0.keys().collect();
        assert_eq!(days, ["openingHours.monday", "openingHours.sunday", "openingHours.tuesday"]);
    }
}

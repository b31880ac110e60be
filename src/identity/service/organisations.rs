//! Organisations: found for a public page or a member, and made.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::settings::{check_locale, check_time_zone};
use crate::identity::model::{Area, Organisation, PublicContact, PublicForm};
use crate::identity::settings::TemperatureUnit;
use crate::identity::store::{self, OrganisationRow};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{OnViolation, Tx, Violation};
use crate::kernel::ids::OrgId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::phone::Country;
use crate::kernel::time::Timestamp;
use crate::kernel::validate::Validator;
use crate::{Error, Result};

/// Names that no organisation has in addresses: the first part of every address of this product, and some that one would
/// expect there. Sorted.
pub const RESERVED_SLUGS: &[&str] = &[
    "account",
    "admin",
    "api",
    "app",
    "as",
    "assets",
    "check-in",
    "contact",
    "docs",
    "forgot",
    "health",
    "help",
    "join",
    "login",
    "logo",
    "logout",
    "metrics",
    "o",
    "openapi",
    "password",
    "pkg",
    "preferences",
    "privacy",
    "public",
    "ready",
    "register",
    "reset",
    "setup",
    "sign-in",
    "sign-out",
    "site",
    "static",
    "status",
    "support",
    "track",
    "www",
];

/// An organisation to be made.
#[derive(Debug, Clone)]
pub struct NewOrganisation {
    /// Its name in addresses: lower-case letters, digits and dashes. Empty, it is made of the name.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The areas that it uses.
    pub areas: Vec<Area>,
    /// `it` or `en`.
    pub locale: String,
    /// IANA name of its time zone.
    pub time_zone: String,
}

/// The organisation that a public page acts for: the named one, else the configured default, else the first.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn public_organisation(app: &App, slug: Option<&str>) -> Result<Organisation> {
    let row = match slug.or(app.default_organisation.as_deref()) {
        Some(slug) => store::organisation_by_slug(&app.db, slug).await?,
        None => store::first_organisation(&app.db).await?,
    };
    row.map(Organisation::from).ok_or(Error::NotFound)
}

/// An organisation by its id, for those who act in it.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn organisation(app: &App, id: OrgId) -> Result<Organisation> {
    store::organisation(&app.db, id).await?.map(Organisation::from).ok_or(Error::NotFound)
}

/// Makes an organisation, with the beginning of its journal.
///
/// # Errors
/// [`Error::Validation`] for a bad slug, name, locale or time zone; [`Error::Conflict`] for a slug that is taken.
pub async fn create_organisation(app: &App, new: NewOrganisation) -> Result<Organisation> {
    let mut check = Validator::default();
    let row = new.check(&mut check);
    let row = check.finish(row)?;
    let mut tx = app.db.begin().await?;
    insert_organisation(&mut tx, &row, app.country, app.clock.now()).await?;
    tx.commit().await?;
    Ok(row.into())
}

/// A name as it stands in an address: its letters and digits without accents, the rest as single dashes.
fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(60);
    slug.trim_end_matches('-').to_owned()
}

impl NewOrganisation {
    /// The row of the organisation, with what is wrong added to the check.
    pub(super) fn check(self, check: &mut Validator) -> OrganisationRow {
        let slug = if self.slug.trim().is_empty() { slug_of(&self.name) } else { self.slug };
        let slug = check.required("slug", &slug, 60);
        if !slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') || slug.starts_with('-') {
            check.errors.add("slug", "invalid_slug", "may hold lower-case letters, digits and dashes");
        }
        if RESERVED_SLUGS.contains(&slug.as_str()) {
            check.errors.add("slug", "reserved_slug", "is the name of a page; take another");
        }
        let name = check.required("name", &self.name, 120);
        check_locale(check, &self.locale);
        let time_zone = check_time_zone(check, &self.time_zone);
        OrganisationRow {
            id: OrgId::new(),
            slug,
            name,
            areas: self.areas.iter().map(|area| area.as_str()).collect::<Vec<_>>().join(" "),
            locale: self.locale,
            time_zone,
            accent: "#0f766e".to_owned(),
            self_registration: false,
            public_forms: PublicForm::ALL.iter().map(|form| form.as_str()).collect::<Vec<_>>().join(" "),
            logo_id: None,
            temperature_unit: TemperatureUnit::Celsius,
            opening_hours: "[]".to_owned(),
            public_phone: None,
            public_address: None,
            privacy_notice: None,
        }
    }
}

/// Writes an organisation and the beginning of its journal.
pub(super) async fn insert_organisation(
    tx: &mut Tx,
    row: &OrganisationRow,
    country: Country,
    now: Timestamp,
) -> Result<()> {
    store::insert_organisation(tx, row, country, now)
        .await
        .on_violation(Violation::Unique, || Error::conflict("This slug is taken."))?;
    journal::begin(tx, row.id).await?;
    let entry = Entry::new("identity.organisation_created", "organisation", row.id.0)
        .after(&serde_json::json!({ "slug": row.slug, "name": row.name, "areas": row.areas }));
    journal::write(tx, &Actor::system(row.id), now, entry).await?;
    Ok(())
}

impl From<OrganisationRow> for Organisation {
    fn from(row: OrganisationRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            areas: row.areas.split(' ').filter_map(|word| word.parse().ok()).collect(),
            locale: row.locale,
            time_zone: row.time_zone,
            accent: row.accent,
            self_registration: row.self_registration,
            public_forms: row.public_forms.split(' ').filter_map(|word| word.parse().ok()).collect(),
            logo: row.logo_id,
            temperature_unit: row.temperature_unit,
            contact: PublicContact {
                phone: row.public_phone,
                address: row.public_address,
                // What no version has written says nothing.
                opening_hours: serde_json::from_str(&row.opening_hours).unwrap_or_default(),
                privacy_notice: row.privacy_notice,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::slug_of;

    #[test]
    fn a_name_makes_the_name_in_addresses() {
        for (name, slug) in [
            ("Carrozzeria Verdi", "carrozzeria-verdi"),
            ("  L’Officina di Città & Figli! ", "l-officina-di-citta-figli"),
            ("車", ""),
        ] {
            assert_eq!(slug_of(name), slug);
        }
        assert_eq!(slug_of(&"a ".repeat(60)).len(), 59);
    }
}

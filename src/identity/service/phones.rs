//! Phone numbers of people, read where they live.

use crate::identity::store::{self, Phone};
use crate::kernel::App;
use crate::kernel::db::Conn;
use crate::kernel::ids::OrgId;
use crate::kernel::phone::{Country, e164};
use crate::kernel::text;
use crate::{Error, Result};

/// The country in which numbers that name none are read for an organisation.
///
/// # Errors
/// [`Error::NotFound`] for an unknown organisation.
pub async fn country(app: &App, on: impl Into<Conn<'_>>, org: OrgId) -> Result<Country> {
    let letters = store::country(on, org).await?.ok_or(Error::NotFound)?;
    Ok(app.country_of(letters.as_deref()))
}

/// A number as somebody of an organisation wrote it, with what it is known by.
pub(super) async fn read(
    app: &App,
    on: impl Into<Conn<'_>>,
    org: OrgId,
    typed: Option<String>,
) -> Result<Option<Phone>> {
    let Some(typed) = typed else { return Ok(None) };
    let number = e164(&typed, country(app, on, org).await?);
    Ok(number.map(|number| Phone { typed, number }))
}

/// The e-mail address in its stored form and the phone number that an identifier may stand for. Who signs in has not said
/// where, so a number without a country is read in the country of every organisation, and is the one of these that an
/// account has. One that is several accounts', or nobody's, is a text that matches none.
pub(super) async fn login_keys(app: &App, identifier: &str) -> Result<(String, String)> {
    let email = text::email(identifier).to_lowercase();
    let mut numbers = Vec::new();
    if !email.contains('@') {
        for country in store::countries(&app.db).await? {
            let number = e164(&email, app.country_of(country.as_deref()));
            numbers.extend(number.filter(|number| !numbers.contains(number)));
        }
    }
    let mut known = store::known_numbers(&app.db, &numbers).await?;
    let phone = match known.pop() {
        Some(number) if known.is_empty() => number,
        _ if numbers.is_empty() => "-".to_owned(),
        _ => numbers.join(" "),
    };
    Ok((email, phone))
}

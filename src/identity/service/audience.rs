//! The members of an organisation as those who tell them something need to know them.

use super::hidden_by;
use super::roles::permissions_of;
use crate::Result;
use crate::identity::model::Area;
use crate::identity::settings::TemperatureUnit;
use crate::identity::store;
use crate::kernel::App;
use crate::kernel::db::Tx;
use crate::kernel::ids::{AccountId, CustomerId, MembershipId, OrgId};
use crate::kernel::permission::{Permission, PermissionSet};

/// An organisation's active members, and how to speak to them.
#[derive(Debug, Default)]
pub struct Audience {
    /// The organisation's name.
    pub organisation: String,
    /// The language, `it` or `en`.
    pub locale: String,
    /// The time zone.
    pub time_zone: String,
    /// The letters of the country, where the organisation names one.
    pub country: Option<String>,
    /// The unit that temperatures are shown in; of an organisation without members, none.
    pub temperature_unit: Option<TemperatureUnit>,
    /// The active members.
    pub people: Vec<Addressee>,
}

/// Somebody who may be told something.
#[derive(Debug)]
pub struct Addressee {
    /// The person.
    pub account: AccountId,
    /// The person in this organisation.
    pub membership: MembershipId,
    /// The person's name.
    pub name: String,
    /// E-mail address, if known.
    pub email: Option<String>,
    /// Phone number as the person wrote it, if known.
    pub phone: Option<String>,
    /// The role's word.
    pub role: String,
    /// What the person may do here, in the areas that are switched on.
    pub permissions: PermissionSet,
    /// The customer that a portal account belongs to.
    pub customer: Option<CustomerId>,
    /// The customers that the person is linked to.
    pub links: Vec<CustomerId>,
}

impl Addressee {
    /// Whether the cold chain of a customer, or of none, is this person's to see.
    #[must_use]
    pub fn sees(&self, customer: Option<CustomerId>) -> bool {
        if !self.permissions.has(Permission::AlertsRead) && self.permissions.has(Permission::PortalRead) {
            return customer.is_some() && customer == self.customer;
        }
        self.links.is_empty() || customer.is_some_and(|customer| self.links.contains(&customer))
    }
}

/// The active members of an organisation; of a suspended one, nobody.
///
/// # Errors
/// What the database says.
pub async fn audience(tx: &mut Tx, org: OrgId) -> Result<Audience> {
    let mut audience = Audience::default();
    let mut links = store::all_links(&mut *tx, org).await?;
    for row in store::active_members(&mut *tx, org).await? {
        // A role that cannot be read lets nobody do anything, and must not keep the others from being told.
        let permissions = permissions_of(&row.role, row.role_permissions.as_deref()).unwrap_or_default();
        audience.people.push(Addressee {
            account: row.account_id,
            membership: row.membership_id,
            name: row.name,
            email: row.email,
            phone: row.phone,
            permissions: permissions.without(hidden_by(&row.areas)),
            role: row.role,
            customer: row.customer_id,
            links: links.remove(&row.membership_id).unwrap_or_default(),
        });
        (audience.organisation, audience.locale, audience.time_zone) = (row.organisation, row.locale, row.time_zone);
        (audience.country, audience.temperature_unit) = (row.country, Some(row.temperature_unit));
    }
    Ok(audience)
}

/// The organisations that use an area and are not suspended, with their time zones.
///
/// # Errors
/// What the database says.
pub async fn organisations_using(app: &App, area: Area) -> Result<Vec<(OrgId, String)>> {
    let rows = store::time_zones(&app.db).await?;
    let uses = |areas: &str| areas.split(' ').any(|word| word == area.as_str());
    Ok(rows.into_iter().filter(|row| uses(&row.areas)).map(|row| (row.id, row.time_zone)).collect())
}

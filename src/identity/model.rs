//! Organisations, accounts and memberships as the outside sees them.

use serde::{Deserialize, Serialize};

use super::settings::{OpenSpan, TemperatureUnit};
use crate::kernel::ids::{AccountId, FileId, OrgId};
use crate::kernel::permission::{Permission, PermissionSet};
#[cfg(feature = "ssr")]
use crate::kernel::phone::e164_abroad;

crate::text_enum! {
    /// Whether a member may come in.
    pub enum MembershipStatus {
        /// May sign in.
        Active = "active",
        /// May not for now.
        Suspended = "suspended",
        /// Has left; kept for the history.
        Terminated = "terminated",
    }
}

crate::text_enum! {
    /// A part of the product that an organisation can switch on.
    pub enum Area {
        /// Body shops: check-in, repairs, tracking.
        Repairs = "repairs",
        /// Leads from the public website.
        Leads = "leads",
        /// Cold cells, devices, alerts.
        ColdChain = "cold_chain",
    }
}

impl Area {
    /// What there is to do in the area and nowhere else. Nobody may do it while the area is off.
    #[must_use]
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Repairs => &[
                P::RepairsRead,
                P::RepairsWrite,
                P::RepairsCheckIn,
                P::RepairsReopen,
                P::RepairsDelete,
                P::RepairsAssign,
            ],
            Self::Leads => &[P::LeadsRead, P::LeadsWrite, P::LeadsConvert],
            Self::ColdChain => &[
                P::ColdChainRead,
                P::ColdChainWrite,
                P::DevicesManage,
                P::DevicesInstall,
                P::AlertsRead,
                P::AlertsAcknowledge,
                P::AlertsResolve,
            ],
        }
    }
}

crate::text_enum! {
    /// What visitors may send.
    pub enum PublicForm {
        /// Announce a car.
        CheckIn = "check_in",
        /// Ask to be called.
        Contact = "contact",
        /// Photos with a check-in and after it.
        Photos = "photos",
    }
}

impl PublicForm {
    /// The area that it belongs to.
    #[must_use]
    pub const fn area(self) -> Area {
        match self {
            Self::CheckIn | Self::Photos => Area::Repairs,
            Self::Contact => Area::Leads,
        }
    }
}

crate::text_enum! {
    /// What a session belongs to.
    pub enum SessionKind {
        /// A browser with a cookie.
        Browser = "browser",
        /// An API client with access and refresh tokens.
        Api = "api",
    }
}

crate::text_enum! {
    /// What a link lets someone do.
    pub enum LinkKind {
        /// Become a member.
        Invitation = "invitation",
        /// Become a customer with an account, after the e-mail address is confirmed.
        Registration = "registration",
        /// Choose a new password.
        Reset = "reset",
        /// Make the first organisation and account.
        Setup = "setup",
    }
}

/// An organisation, as its members and its public pages see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organisation {
    /// The organisation.
    pub id: OrgId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The areas that are switched on.
    pub areas: Vec<Area>,
    /// The language of its customers: `it` or `en`.
    pub locale: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Its accent colour, `#rrggbb`.
    pub accent: String,
    /// Whether customers may make an account themselves.
    pub self_registration: bool,
    /// What visitors may send, as far as its area is on.
    pub public_forms: Vec<PublicForm>,
    /// Its logo.
    pub logo: Option<FileId>,
    /// The unit that it shows temperatures in.
    pub temperature_unit: TemperatureUnit,
    /// How it is reached.
    pub contact: PublicContact,
}

/// How an organisation is reached, as its public pages say. Nothing is shown of what is not given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicContact {
    /// The phone number as people read it.
    pub phone: Option<String>,
    /// The postal address, on one or several lines.
    pub address: Option<String>,
    /// When it is open, in the order of the week.
    pub opening_hours: Vec<OpenSpan>,
    /// How it handles personal data: a text, or the address of one.
    pub privacy_notice: Option<String>,
}

impl PublicContact {
    /// The address that calls the number (RFC 3966): with the country where the number names it.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn call(&self) -> Option<String> {
        let phone = self.phone.as_deref()?;
        let as_typed = || phone.chars().filter(char::is_ascii_digit).collect();
        Some(format!("tel:{}", e164_abroad(phone).unwrap_or_else(as_typed)))
    }

    /// The address of the privacy notice, where it stands elsewhere.
    #[must_use]
    pub fn privacy_address(&self) -> Option<&str> {
        let notice = self.privacy_notice.as_deref()?;
        let is_address = ["https://", "http://"].iter().any(|scheme| notice.starts_with(scheme));
        Some(notice).filter(|notice| is_address && !notice.contains(char::is_whitespace))
    }
}

/// Where the logo of an organisation is found. The file's id makes the address of each logo its own, so that browsers may
/// keep it.
#[must_use]
pub fn logo_address(slug: &str, logo: Option<FileId>) -> Option<String> {
    logo.map(|id| format!("/o/{slug}/logo?v={id}"))
}

impl Organisation {
    /// What pages bear the name of while there is no organisation yet: the product itself.
    #[must_use]
    pub fn product() -> Self {
        Self {
            id: OrgId(uuid::Uuid::nil()),
            slug: String::new(),
            name: "Officina".to_owned(),
            areas: Vec::new(),
            locale: "en".to_owned(),
            time_zone: "UTC".to_owned(),
            accent: "#0f766e".to_owned(),
            self_registration: false,
            public_forms: Vec::new(),
            logo: None,
            temperature_unit: TemperatureUnit::Celsius,
            contact: PublicContact::default(),
        }
    }

    /// Whether visitors may send something.
    #[must_use]
    pub fn offers(&self, form: PublicForm) -> bool {
        self.has(form.area()) && self.public_forms.contains(&form)
    }

    /// Where its logo is found, if it has one.
    #[must_use]
    pub fn logo_address(&self) -> Option<String> {
        logo_address(&self.slug, self.logo)
    }

    /// Whether an area is switched on.
    #[must_use]
    pub fn has(&self, area: Area) -> bool {
        self.areas.contains(&area)
    }
}

/// The organisation of a user, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct OrganisationRef {
    /// The organisation.
    pub id: OrgId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
}

/// A signed-in person in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The account.
    pub id: AccountId,
    /// The person's name.
    pub name: String,
    /// E-mail address, if known.
    pub email: Option<String>,
    /// Phone number, if known.
    pub phone: Option<String>,
    /// The role in this organisation.
    pub role: String,
    /// The organisation.
    pub organisation: OrganisationRef,
}

/// Everything about the signed-in person that a page or client needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The person.
    #[serde(flatten)]
    pub user: User,
    /// What the person may do.
    pub permissions: PermissionSet,
}

/// A colleague, for assigning and for showing names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct Colleague {
    /// The membership.
    pub id: crate::kernel::ids::MembershipId,
    /// The person's name.
    pub name: String,
}

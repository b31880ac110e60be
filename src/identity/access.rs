//! Who may come in and what they may do, as administrators see and change it: members, roles, sessions, API tokens.

use serde::{Deserialize, Serialize};

use super::model::{MembershipStatus, SessionKind};
use crate::kernel::ids::{AccountId, ApiTokenId, CustomerId, EntryLinkId, MembershipId, OrgId, PasskeyId, SessionId};
use crate::kernel::permission::PermissionSet;
use crate::kernel::time::Timestamp;

/// A member of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct MemberDetail {
    /// The account, as in `user.id` of a sign-in.
    pub id: AccountId,
    /// The account in this organisation: what work is assigned to.
    pub membership_id: MembershipId,
    /// The person's name.
    pub name: String,
    /// E-mail address, if known.
    pub email: Option<String>,
    /// Phone number, if known.
    pub phone: Option<String>,
    /// The role's word.
    pub role: String,
    /// Whether the member may come in.
    pub status: MembershipStatus,
    /// Whether the account has a password; without one it was only invited.
    pub has_password: bool,
    /// Whether signing in asks for a code.
    pub has_second_factor: bool,
    /// When the member last used the product.
    pub last_seen_at: Option<Timestamp>,
    /// When the member was added.
    pub created_at: Timestamp,
}

/// A customer that a member is linked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct LinkedCustomer {
    /// The customer's id.
    pub id: CustomerId,
    /// The customer's name.
    pub name: String,
}

/// The customers that a member is to be linked to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkCustomers {
    /// All of them, at most 500; those that are left out are linked no longer. Without any, the member sees all.
    #[cfg_attr(feature = "utoipa", schema(max_items = 500))]
    pub customer_ids: Vec<CustomerId>,
}

/// Which members a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct MemberFilter {
    /// One status.
    #[cfg_attr(feature = "utoipa", param(value_type = Option<MembershipStatus>))]
    pub status: Option<String>,
    /// One role.
    pub role: Option<String>,
    /// Words that must occur in name, e-mail address or phone number.
    pub search: Option<String>,
}

/// What is changed about a member. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateMember {
    /// Another name.
    #[cfg_attr(feature = "utoipa", schema(min_length = 1, max_length = 120))]
    pub name: Option<String>,
    /// Another phone number, with the country where it is not the usual one; an empty text takes it away.
    #[cfg_attr(feature = "utoipa", schema(pattern = r"^([ +().\-/]*([0-9][ +().\-/]*){6,15})?$", max_length = 40))]
    pub phone: Option<String>,
    /// Another role.
    pub role: Option<String>,
    /// `active`, `suspended` or `terminated`.
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<MembershipStatus>))]
    pub status: Option<String>,
}

/// What somebody changes about themself. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateOwn {
    /// Another name.
    #[cfg_attr(feature = "utoipa", schema(min_length = 1, max_length = 120))]
    pub name: Option<String>,
    /// Another phone number, with the country where it is not the usual one; an empty text takes it away.
    #[cfg_attr(feature = "utoipa", schema(pattern = r"^([ +().\-/]*([0-9][ +().\-/]*){6,15})?$", max_length = 40))]
    pub phone: Option<String>,
}

/// A role: a named set of permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// The word that stands in memberships.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// What it may do.
    pub permissions: PermissionSet,
    /// Whether every organisation has it; it cannot be changed then.
    pub built_in: bool,
    /// Members who have it and are not gone.
    pub members: i64,
}

/// A role of the organisation's own, as it is made or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleInput {
    /// Its name for people.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, min_length = 1, max_length = 60))]
    pub label: String,
    /// Words such as `repairs:read`.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(value_type = Vec<crate::kernel::permission::Permission>))]
    pub permissions: Vec<String>,
}

/// A session of the signed-in person: where, when, with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct SessionInfo {
    /// The session.
    pub id: SessionId,
    /// A browser or a program.
    pub kind: SessionKind,
    /// The organisation that it acts in.
    pub organisation: String,
    /// What the browser or program calls itself.
    pub user_agent: Option<String>,
    /// The address that it was begun from.
    pub address: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, give or take five minutes.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    #[cfg_attr(feature = "ssr", sqlx(default))]
    pub current: bool,
}

/// A key of a program, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    /// The token's id.
    pub id: ApiTokenId,
    /// What it is for.
    pub name: String,
    /// What it may do, as long as its maker may.
    pub permissions: PermissionSet,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, give or take five minutes.
    pub last_used_at: Option<Timestamp>,
}

/// A key to be made for a program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewApiToken {
    /// What it is for.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, min_length = 1, max_length = 80))]
    pub name: String,
    /// Words such as `repairs:read`; none that its maker does not have.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = Vec<crate::kernel::permission::Permission>, min_items = 1))]
    pub permissions: Vec<String>,
    /// Days until it ends by itself; without, it does not.
    #[cfg_attr(feature = "utoipa", schema(minimum = 1, maximum = 3650))]
    pub expires_in_days: Option<i64>,
}

/// The second factor of the person who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FactorStatus {
    /// Whether signing in asks for a code.
    pub on: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: i64,
    /// Whether the person has proved who they are not long ago, so that it can be changed.
    pub proved: bool,
}

/// A secret for an authenticator app.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Enrolment {
    /// The secret in base32, to be typed where no camera is.
    pub secret: String,
    /// The same as an `otpauth:` address.
    pub address: String,
    /// The address as a QR code, an SVG document.
    pub qr: String,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrolment(…)")
    }
}

/// A passkey of the person who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PasskeyInfo {
    /// Its id.
    pub id: PasskeyId,
    /// What the person calls it: the phone or computer that it is on.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used to come in or to prove who sits there.
    pub used_at: Option<Timestamp>,
}

/// A question for a passkey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PasskeyQuestion {
    /// What the server has to know when the answer comes, sealed. It goes back with the answer within five minutes.
    pub question: String,
    /// For `navigator.credentials`: `{"publicKey": …}` as in WebAuthn Level 3, section 5.1.
    #[cfg_attr(feature = "utoipa", schema(value_type = Object))]
    pub options: serde_json::Value,
}

/// The answer of a passkey.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyAnswer {
    /// The question, as it was handed out.
    pub question: String,
    /// What `navigator.credentials` answered, as JSON.
    pub credential: String,
}

/// Somebody to be invited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInvitation {
    /// E-mail address; this or a phone number is needed.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// The person's name.
    pub name: String,
    /// The role's word, aliases included.
    pub role: String,
}

/// An invitation that nobody has followed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The invitation.
    pub id: EntryLinkId,
    /// Who is invited.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// The role's word.
    pub role: Option<String>,
    /// Who invites.
    pub created_by: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when the link works.
    pub expires_at: Timestamp,
}

/// A link that was made, and how it reaches its person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SentLink {
    /// Until when the link works.
    pub expires_at: Timestamp,
    /// Whether it goes out by mail.
    pub by_mail: bool,
    /// The link itself, shown this once, where no mail can carry it: hand it over yourself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl std::fmt::Debug for SentLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentLink").field("by_mail", &self.by_mail).finish_non_exhaustive()
    }
}

/// An organisation, as the operator of the installation sees it: none of its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// The organisation.
    pub id: OrgId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Active members.
    pub members: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when nobody may come in.
    pub suspended_at: Option<Timestamp>,
}

/// An organisation to be made by the operator, with its first administrator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTenant {
    /// Its name in addresses: lower-case letters, digits and dashes.
    #[serde(default)]
    #[cfg_attr(
        feature = "utoipa",
        schema(required = true, min_length = 1, max_length = 60, pattern = "^[a-z0-9][a-z0-9-]*$")
    )]
    pub slug: String,
    /// Its name for people.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, min_length = 1, max_length = 120))]
    pub name: String,
    /// Words of the areas to switch on; all when left out.
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<Vec<crate::identity::Area>>))]
    pub areas: Option<Vec<String>>,
    /// `it` or `en`; `it` when left out.
    pub locale: Option<String>,
    /// IANA name of its time zone; `Europe/Rome` when left out.
    pub time_zone: Option<String>,
    /// E-mail address of its first administrator, who is invited.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, format = Email, max_length = 254))]
    pub admin_email: String,
    /// Name of its first administrator.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, min_length = 1, max_length = 120))]
    pub admin_name: String,
}

/// What the operator changes about an organisation. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateTenant {
    /// Another name.
    #[cfg_attr(feature = "utoipa", schema(min_length = 1, max_length = 120))]
    pub name: Option<String>,
    /// Whether nobody may come in.
    pub suspended: Option<bool>,
}

//! Members: the list, a member's page, and what is changed there.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::identity::MembershipStatus;
use officina::kernel::page::Extent;
use serde::{Deserialize, Serialize};

use super::customers::CustomerChoice;
use crate::error::PageError;
use crate::moment::Moment;
use crate::sent::{Answered, Fresh};

/// Rows on a page of the members.
#[cfg(feature = "ssr")]
const PAGE: i64 = 50;

/// Which members are shown: the query of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberQuery {
    /// One status.
    pub status: Option<String>,
    /// One role.
    pub role: Option<String>,
    /// Words that must occur.
    pub search: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A member, in the list and on the member's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// The account's id.
    pub id: String,
    /// The person's name.
    pub name: String,
    /// What the person signs in with.
    pub login: String,
    /// The role's name for people.
    pub role: String,
    /// Whether the member may come in.
    pub status: MembershipStatus,
    /// When the member was last here.
    pub seen: Option<Moment>,
}

/// A page of the members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersView {
    /// The rows.
    pub rows: Vec<MemberRow>,
    /// Words and names of the roles, to filter by.
    pub roles: Vec<(String, String)>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Which rows of how many these are.
    pub extent: Extent,
}

/// A member's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// The member.
    pub member: MemberRow,
    /// The role's word.
    pub role: String,
    /// Words and names of the roles that may be given: those that may do no more than who asks.
    pub roles: Vec<(String, String)>,
    /// Whether there are others, which may do more.
    pub has_higher_roles: bool,
    /// Whether who asks may change this member at all.
    pub may_change: bool,
    /// Whether it is who asks.
    pub is_self: bool,
    /// E-mail address, if known.
    pub email: Option<String>,
    /// Phone number, if known.
    pub phone: Option<String>,
    /// Whether there is a password to sign in with.
    pub has_password: bool,
    /// Whether signing in asks for a code.
    pub has_second_factor: bool,
    /// When the member was added.
    pub added: Moment,
    /// The customers whose cold chain the member can be linked to; none for who has no business there.
    pub customers: Vec<CustomerChoice>,
    /// Where what this person did is listed, for those who may read it.
    pub deeds: Option<String>,
    /// What came of a form of the page.
    pub answered: Answered,
}

#[cfg(feature = "ssr")]
fn member_row(
    member: &officina::identity::MemberDetail,
    roles: &[officina::identity::Role],
    calendar: &crate::moment::Calendar,
) -> MemberRow {
    let label = roles.iter().find(|role| role.name == member.role).map_or(&member.role, |role| &role.label);
    MemberRow {
        id: member.id.to_string(),
        name: member.name.clone(),
        login: member.email.clone().or_else(|| member.phone.clone()).unwrap_or_default(),
        role: label.clone(),
        status: member.status,
        seen: member.last_seen_at.map(|at| calendar.relative(at)),
    }
}

#[cfg(feature = "ssr")]
fn parse_id(id: &str) -> Result<officina::kernel::ids::AccountId, PageError> {
    id.parse().map_err(|_| officina::Error::NotFound.into())
}

/// A page of the members. A query without any filter is sent as nothing at all.
#[server(prefix = "/_fn", endpoint = "people/list", input = GetUrl)]
pub async fn list_members(#[server(default)] query: MemberQuery) -> Result<MembersView, PageError> {
    use officina::identity::{MemberFilter, service};
    use officina::kernel::page::PageRequest;

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let filter = MemberFilter { status: query.status, role: query.role, search: query.search };
    let page = PageRequest::shown(PAGE, query.cursor);
    let page = service::members(&app, &actor, &filter, &page).await?;
    let roles = service::roles(&app, &actor).await?;
    Ok(MembersView {
        extent: page.extent(),
        next: page.next_cursor,
        rows: page.items.iter().map(|member| member_row(member, &roles, &calendar)).collect(),
        roles: roles.into_iter().map(|role| (role.name, role.label)).collect(),
    })
}

/// A member's page.
#[server(prefix = "/_fn", endpoint = "people/get", input = GetUrl)]
pub async fn get_member(id: String) -> Result<MemberView, PageError> {
    use officina::identity::service;
    use officina::kernel::permission::Permission;

    let answered = Answered::here(&["people/reset-link", "people/drop-factor", "people/customers"], &[]);
    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let member = service::member(&app, &actor, parse_id(&id)?).await?;
    let roles = service::roles(&app, &actor).await?;
    let row = member_row(&member, &roles, &calendar);
    let all = roles.len();
    let is_there = |role: &&officina::identity::Role| role.permissions.has(Permission::ColdChainRead);
    let customers = match roles.iter().filter(is_there).any(|role| role.name == member.role) {
        true => super::customers::choices(&app, &actor, member.id).await?,
        false => Vec::new(),
    };
    let given: Vec<(String, String)> = super::given(&actor, roles).collect();
    // The journal knows a person by the membership.
    let deeds = format!("/app/audit?actor={}", member.membership_id);
    Ok(MemberView {
        member: row,
        may_change: given.iter().any(|(name, _)| *name == member.role),
        has_higher_roles: given.len() < all,
        roles: given,
        is_self: actor.member().is_some_and(|me| me.account == member.id),
        added: calendar.relative(member.created_at),
        role: member.role,
        email: member.email,
        phone: member.phone,
        has_password: member.has_password,
        has_second_factor: member.has_second_factor,
        answered,
        customers,
        deeds: actor.permissions.has(Permission::AuditRead).then_some(deeds),
    })
}

/// Changes a member's name, phone number and role.
#[server(prefix = "/_fn", endpoint = "people/update")]
pub async fn update_member(
    id: String,
    name: Option<String>,
    phone: Option<String>,
    role: Option<String>,
) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let update = officina::identity::UpdateMember { name, phone, role, status: None };
    officina::identity::service::update_member(&app, &actor, parse_id(&id)?, &update).await?;
    Ok(())
}

/// Lets a member in or keeps the member out.
#[server(prefix = "/_fn", endpoint = "people/status")]
pub async fn set_status(id: String, status: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let update = officina::identity::UpdateMember { status: Some(status), ..Default::default() };
    officina::identity::service::update_member(&app, &actor, parse_id(&id)?, &update).await?;
    Ok(())
}

/// Ends the sessions of a member.
#[server(prefix = "/_fn", endpoint = "people/end-sessions")]
pub async fn end_sessions(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    officina::identity::service::end_sessions(&app, &actor, parse_id(&id)?).await?;
    Ok(())
}

/// Makes a link by which a member chooses a new password.
#[server(prefix = "/_fn", endpoint = "people/reset-link")]
pub async fn reset_link(id: String) -> Result<Fresh, PageError> {
    use officina::identity::service;

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let id = parse_id(&id)?;
    let sent = service::reset_link(&app, &actor, id).await?;
    let name = service::member(&app, &actor, id).await?.name;
    Ok(Fresh::link("The link is on its way", &name, sent, calendar))
}

/// Switches the second factor of a member off.
#[server(prefix = "/_fn", endpoint = "people/drop-factor")]
pub async fn drop_factor_of(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    officina::identity::service::drop_factor_of(&app, &actor, parse_id(&id)?).await?;
    Ok(())
}

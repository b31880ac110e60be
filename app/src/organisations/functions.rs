//! What the page of the organisations asks the server.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::kernel::page::Extent;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::moment::Moment;
use crate::sent::{Answered, Fresh};

/// Rows on a page of the organisations.
#[cfg(feature = "ssr")]
const PAGE: i64 = 50;

/// An organisation in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationRow {
    /// The organisation's id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Active members.
    pub members: i64,
    /// When it was made.
    pub since: Moment,
    /// Since when nobody may come in.
    pub suspended: Option<Moment>,
    /// Whether the operator acts in it now.
    pub here: bool,
}

/// The page of the organisations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationsView {
    /// The rows, the newest first.
    pub rows: Vec<OrganisationRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Which rows of how many these are.
    pub extent: Extent,
    /// What came of a form of the page.
    pub answered: Answered,
}

/// A page of the organisations.
#[server(prefix = "/_fn", endpoint = "organisations/list", input = GetUrl)]
pub async fn list_organisations(cursor: Option<String>) -> Result<OrganisationsView, PageError> {
    use officina::kernel::page::PageRequest;

    let kept = ["name", "slug", "admin_name", "admin_email", "locale", "time_zone"];
    let answered = Answered::here(&["organisations/create", "organisations/suspend"], &kept);
    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let page = PageRequest::shown(PAGE, cursor);
    let page = officina::identity::service::tenants(&app, &actor, &page).await?;
    let extent = page.extent();
    let rows = page.items.into_iter().map(|tenant| OrganisationRow {
        id: tenant.id.to_string(),
        here: tenant.id == actor.org,
        name: tenant.name,
        slug: tenant.slug,
        members: tenant.members,
        since: calendar.relative(tenant.created_at),
        suspended: tenant.suspended_at.map(|at| calendar.relative(at)),
    });
    Ok(OrganisationsView { rows: rows.collect(), extent, next: page.next_cursor, answered })
}

/// Makes an organisation and invites its first administrator.
#[server(prefix = "/_fn", endpoint = "organisations/create")]
pub async fn create_organisation(
    name: String,
    slug: String,
    admin_name: String,
    admin_email: String,
    locale: Option<String>,
    time_zone: Option<String>,
) -> Result<Fresh, PageError> {
    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let new = officina::identity::NewTenant { slug, name, areas: None, locale, time_zone, admin_email, admin_name };
    let (tenant, sent) = officina::identity::service::create_tenant(&app, &actor, &new).await?;
    let title = format!("{} is made, and the invitation is on its way", tenant.name);
    Ok(Fresh::link(&title, new.admin_name.trim(), sent, calendar))
}

/// Lets nobody into an organisation any more, or everybody again.
#[server(prefix = "/_fn", endpoint = "organisations/suspend")]
pub async fn suspend_organisation(id: String, suspended: bool) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let update = officina::identity::UpdateTenant { name: None, suspended: Some(suspended) };
    officina::identity::service::update_tenant(&app, &actor, id, &update).await?;
    Ok(())
}

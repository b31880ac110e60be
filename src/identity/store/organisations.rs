//! Organisations.

use crate::Result;
use crate::identity::access::Tenant;
use crate::identity::model::OrganisationRef;
use crate::kernel::db::{Conn, Sort, Tx, sql};
use crate::kernel::ids::{AccountId, OrgId};
use crate::kernel::page::PageWindow;
use crate::kernel::time::Timestamp;

/// An organisation's row.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct OrganisationRow {
    pub id: OrgId,
    pub slug: String,
    pub name: String,
    pub areas: String,
    pub locale: String,
    pub time_zone: String,
    pub accent: String,
}

pub(crate) async fn insert_organisation(tx: &mut Tx, row: &OrganisationRow, now: Timestamp) -> Result<()> {
    sql("INSERT INTO organisations (id, slug, name, areas, locale, time_zone, accent, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(row.id)
    .bind(&row.slug)
    .bind(&row.name)
    .bind(&row.areas)
    .bind(&row.locale)
    .bind(&row.time_zone)
    .bind(&row.accent)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

pub(crate) async fn organisation(on: impl Into<Conn<'_>>, id: OrgId) -> Result<Option<OrganisationRow>> {
    sql("SELECT id, slug, name, areas, locale, time_zone, accent FROM organisations WHERE id = $1")
        .bind(id)
        .optional(on)
        .await
}

pub(crate) async fn organisation_by_slug(on: impl Into<Conn<'_>>, slug: &str) -> Result<Option<OrganisationRow>> {
    sql("SELECT id, slug, name, areas, locale, time_zone, accent FROM organisations WHERE slug = $1")
        .bind(slug)
        .optional(on)
        .await
}

pub(crate) async fn first_organisation(on: impl Into<Conn<'_>>) -> Result<Option<OrganisationRow>> {
    sql("SELECT id, slug, name, areas, locale, time_zone, accent FROM organisations ORDER BY created_at, id LIMIT 1")
        .optional(on)
        .await
}

/// Lets changes of an organisation's people queue: whoever counts its administrators counts them alone.
pub(crate) async fn lock_organisation(tx: &mut Tx, id: OrgId) -> Result<()> {
    sql("SELECT id FROM organisations WHERE id = $1").bind(id).lock::<(OrgId,)>(tx).await?;
    Ok(())
}

/// The organisations that an account may come into, by name.
pub(crate) async fn organisations_of(on: impl Into<Conn<'_>>, account: AccountId) -> Result<Vec<OrganisationRef>> {
    sql("SELECT o.id, o.slug, o.name FROM memberships m JOIN organisations o ON o.id = m.org_id \
         WHERE m.account_id = $1 AND m.status = 'active' AND o.suspended_at IS NULL ORDER BY o.name, o.id")
    .bind(account)
    .all(on)
    .await
}

/// All organisations of the installation, the newest first.
pub(crate) async fn tenants(on: impl Into<Conn<'_>>, window: PageWindow) -> Result<Vec<Tenant>> {
    let mut query = sql(TENANT);
    query.push_window(Sort::descending("o.created_at", "o.id"), &window);
    query.all(on).await
}

pub(crate) async fn count_tenants(on: impl Into<Conn<'_>>) -> Result<i64> {
    sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM organisations o").counted(on).await
}

pub(crate) async fn tenant(on: impl Into<Conn<'_>>, id: OrgId) -> Result<Option<Tenant>> {
    let mut query = sql(TENANT);
    query.push(" AND o.id = ").push_bind(id);
    query.optional(on).await
}

const TENANT: &str = "SELECT o.id, o.slug, o.name, o.created_at, o.suspended_at, \
     (SELECT CAST(COUNT(*) AS BIGINT) FROM memberships m WHERE m.org_id = o.id AND m.status = 'active') AS members \
     FROM organisations o WHERE 1 = 1";

/// Writes an organisation's name and since when it is suspended.
pub(crate) async fn write_tenant(tx: &mut Tx, id: OrgId, name: &str, suspended_at: Option<Timestamp>) -> Result<()> {
    sql("UPDATE organisations SET name = $2, suspended_at = $3 WHERE id = $1")
        .bind(id)
        .bind(name)
        .bind(suspended_at)
        .run(tx)
        .await?;
    Ok(())
}

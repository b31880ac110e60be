//! Organisations.

use crate::Result;
use crate::identity::model::OrganisationRef;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{AccountId, OrgId};
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
         WHERE m.account_id = $1 AND m.status = 'active' ORDER BY o.name, o.id")
    .bind(account)
    .all(on)
    .await
}

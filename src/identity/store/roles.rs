//! Roles of an organisation's own.

use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::OrgId;
use crate::kernel::time::Timestamp;

/// A role of an organisation's own.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RoleRow {
    pub name: String,
    pub label: String,
    pub permissions: String,
}

pub(crate) async fn roles(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Vec<RoleRow>> {
    sql("SELECT name, label, permissions FROM roles WHERE org_id = $1 ORDER BY label, name").bind(org).all(on).await
}

pub(crate) async fn role(on: impl Into<Conn<'_>>, org: OrgId, name: &str) -> Result<Option<RoleRow>> {
    sql("SELECT name, label, permissions FROM roles WHERE org_id = $1 AND name = $2")
        .bind(org)
        .bind(name)
        .optional(on)
        .await
}

pub(crate) async fn insert_role(tx: &mut Tx, org: OrgId, role: &RoleRow, now: Timestamp) -> Result<()> {
    sql("INSERT INTO roles (org_id, name, label, permissions, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(org)
        .bind(&role.name)
        .bind(&role.label)
        .bind(&role.permissions)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

pub(crate) async fn update_role(tx: &mut Tx, org: OrgId, role: &RoleRow) -> Result<()> {
    sql("UPDATE roles SET label = $3, permissions = $4 WHERE org_id = $1 AND name = $2")
        .bind(org)
        .bind(&role.name)
        .bind(&role.label)
        .bind(&role.permissions)
        .run(tx)
        .await?;
    Ok(())
}

pub(crate) async fn delete_role(tx: &mut Tx, org: OrgId, name: &str) -> Result<()> {
    sql("DELETE FROM roles WHERE org_id = $1 AND name = $2").bind(org).bind(name).run(tx).await?;
    Ok(())
}

/// Members by role who are not gone.
pub(crate) async fn members_by_role(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Vec<(String, i64)>> {
    sql("SELECT role, CAST(COUNT(*) AS BIGINT) FROM memberships WHERE org_id = $1 AND status <> 'terminated' GROUP BY role")
        .bind(org)
        .all(on)
        .await
}

/// Every role of an organisation's own with the organisation's slug, for the check at the start.
pub(crate) async fn all_roles(on: impl Into<Conn<'_>>) -> Result<Vec<(String, String, String)>> {
    sql("SELECT o.slug, r.name, r.permissions FROM roles r JOIN organisations o ON o.id = r.org_id ORDER BY o.slug, r.name")
        .all(on)
        .await
}

/// Words in memberships, for the check at the start.
pub(crate) async fn roles_in_use(on: impl Into<Conn<'_>>) -> Result<Vec<(String, String)>> {
    sql("SELECT DISTINCT o.slug, m.role FROM memberships m JOIN organisations o ON o.id = m.org_id \
         LEFT JOIN roles r ON r.org_id = m.org_id AND r.name = m.role WHERE r.name IS NULL AND m.status <> 'terminated' \
         ORDER BY o.slug, m.role")
    .all(on)
    .await
}

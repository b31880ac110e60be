//! The active members of an organisation.

use std::collections::HashMap;

use crate::Result;
use crate::identity::settings::TemperatureUnit;
use crate::kernel::db::{Conn, sql};
use crate::kernel::ids::{AccountId, CustomerId, MembershipId, OrgId};

/// An active member with the organisation's words.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ActiveMemberRow {
    pub account_id: AccountId,
    pub membership_id: MembershipId,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub role: String,
    /// The words of a role of the organisation's own.
    pub role_permissions: Option<String>,
    pub customer_id: Option<CustomerId>,
    pub areas: String,
    pub organisation: String,
    pub locale: String,
    pub time_zone: String,
    pub country: Option<String>,
    pub temperature_unit: TemperatureUnit,
}

/// The active members of an organisation that is not suspended.
pub(crate) async fn active_members(on: impl Into<Conn<'_>>, org: OrgId) -> Result<Vec<ActiveMemberRow>> {
    sql("SELECT a.id AS account_id, m.id AS membership_id, a.name, a.email, a.phone, m.role, \
         r.permissions AS role_permissions, m.customer_id, o.areas, o.name AS organisation, o.locale, o.time_zone, \
         o.temperature_unit, o.country \
         FROM memberships m JOIN accounts a ON a.id = m.account_id \
         JOIN organisations o ON o.id = m.org_id AND o.suspended_at IS NULL \
         LEFT JOIN roles r ON r.org_id = m.org_id AND r.name = m.role \
         WHERE m.org_id = $1 AND m.status = 'active' ORDER BY m.id")
    .bind(org)
    .all(on)
    .await
}

/// The customers that the members of an organisation are linked to.
pub(crate) async fn all_links(on: impl Into<Conn<'_>>, org: OrgId) -> Result<HashMap<MembershipId, Vec<CustomerId>>> {
    let rows: Vec<(MembershipId, CustomerId)> =
        sql("SELECT membership_id, customer_id FROM member_customers WHERE org_id = $1").bind(org).all(on).await?;
    let mut links: HashMap<MembershipId, Vec<CustomerId>> = HashMap::new();
    for (member, customer) in rows {
        links.entry(member).or_default().push(customer);
    }
    Ok(links)
}

/// An organisation's areas and time zone.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TimeZoneRow {
    pub id: OrgId,
    pub areas: String,
    pub time_zone: String,
}

/// The organisations that are not suspended.
pub(crate) async fn time_zones(on: impl Into<Conn<'_>>) -> Result<Vec<TimeZoneRow>> {
    sql("SELECT id, areas, time_zone FROM organisations WHERE suspended_at IS NULL ORDER BY id").all(on).await
}

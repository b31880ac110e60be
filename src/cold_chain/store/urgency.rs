//! What needs somebody most: cells by how they are, and their owners by their alerts.

use crate::Result;
use crate::kernel::actor::Scope;
use crate::kernel::db::{Conn, Sql, sql};
use crate::kernel::ids::{ColdCellId, CustomerId, OrgId};
use crate::kernel::time::Timestamp;

/// A cell among the worst, and how many there are.
#[derive(sqlx::FromRow)]
pub(crate) struct Worst {
    pub id: ColdCellId,
    /// All cells.
    pub cold_cells: i64,
    /// Those of them that are not in order.
    pub uneasy: i64,
}

// The order of the conditions is the one that people read on the list of cells: an alert, beyond its limits, silent. What a
// silent cell measured last says nothing of now.
const WORST: &str = "SELECT id, COUNT(*) OVER () AS cold_cells, \
     SUM(CASE WHEN ease < 3 THEN 1 ELSE 0 END) OVER () AS uneasy FROM (SELECT c.id, c.created_at, CASE \
     WHEN EXISTS (SELECT 1 FROM alerts a WHERE a.org_id = c.org_id AND a.cold_cell_id = c.id AND a.status = 'ACTIVE') THEN 0 \
     WHEN NOT EXISTS (SELECT 1 FROM devices d JOIN device_states s ON s.device_no = d.no WHERE d.cell_no = c.no \
      AND d.retired_at IS NULL AND s.last_seen_at >= $2 - c.offline_after_seconds * 1000) THEN 2 \
     WHEN (SELECT s.temperature FROM devices d JOIN device_states s ON s.device_no = d.no WHERE d.cell_no = c.no \
      AND d.retired_at IS NULL AND s.latest_at IS NOT NULL ORDER BY s.latest_at DESC LIMIT 1) / 1e6 \
      NOT BETWEEN c.min_temperature AND c.max_temperature THEN 1 ELSE 3 END AS ease \
     FROM cold_cells c JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id WHERE c.org_id = $1";

/// The cells that are worst off at a moment, the worst first; at most so many.
pub(crate) async fn worst_cells(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    scope: &Scope,
    now: Timestamp,
    most: i64,
) -> Result<Vec<Worst>> {
    let mut query = sql(WORST).bind(org).bind(now);
    push_scope(&mut query, scope);
    query.push(") ranked ORDER BY ease, created_at, id LIMIT ").push_bind(most);
    query.all(on).await
}

/// Whose cold cells there are: a customer, or nobody in particular.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Owner {
    /// The customer; none for places that belong to no customer.
    pub customer_id: Option<CustomerId>,
    /// The customer's name.
    pub name: Option<String>,
    /// The cold cells.
    pub cold_cells: i64,
    /// Their active alerts.
    pub active_alerts: i64,
    /// Those of them that nobody has taken note of.
    pub unattended_alerts: i64,
}

/// The owners of locations, the most urgent first: those with goods that get spoiled while nobody reacts, and among them
/// those of whom others have been told already; then those whose alerts can wait, or are in hands; then the others.
pub(crate) async fn owners(on: impl Into<Conn<'_>>, org: OrgId, scope: &Scope) -> Result<Vec<Owner>> {
    let mut query = sql("SELECT l.customer_id, k.name, COUNT(DISTINCT c.id) AS cold_cells, \
         COUNT(DISTINCT a.id) AS active_alerts, \
         COUNT(DISTINCT CASE WHEN a.acknowledged_at IS NULL THEN a.id END) AS unattended_alerts \
         FROM locations l LEFT JOIN customers k ON k.org_id = l.org_id AND k.id = l.customer_id \
         LEFT JOIN cold_cells c ON c.org_id = l.org_id AND c.location_id = l.id \
         LEFT JOIN alerts a ON a.org_id = c.org_id AND a.cold_cell_id = c.id AND a.status = 'ACTIVE' \
         WHERE l.org_id = $1")
    .bind(org);
    push_scope(&mut query, scope);
    query.push(
        " GROUP BY l.customer_id, k.name ORDER BY MIN(CASE WHEN a.id IS NULL THEN 4 \
         WHEN a.acknowledged_at IS NOT NULL THEN 3 WHEN a.type NOT IN ('HIGH_TEMP', 'LOW_TEMP', 'POWER_LOSS') THEN 2 \
         WHEN a.escalation_level = 0 THEN 1 ELSE 0 END), \
         COUNT(DISTINCT CASE WHEN a.acknowledged_at IS NULL THEN a.id END) DESC, COUNT(DISTINCT a.id) DESC, \
         CASE WHEN l.customer_id IS NULL THEN 1 ELSE 0 END, k.name, l.customer_id",
    );
    query.all(on).await
}

/// How many customers have locations.
pub(crate) async fn count_customers(on: impl Into<Conn<'_>>, org: OrgId, scope: &Scope) -> Result<i64> {
    let mut query = sql("SELECT COUNT(DISTINCT l.customer_id) FROM locations l WHERE l.org_id = $1").bind(org);
    push_scope(&mut query, scope);
    let (count,): (i64,) = query.one(on).await?;
    Ok(count)
}

/// Narrows a query of locations `l`.
fn push_scope(query: &mut Sql, scope: &Scope) {
    if let Some(customers) = scope.customers() {
        query.push(" AND l.customer_id IN (").push_list(customers).push(")");
    }
}

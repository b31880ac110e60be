//! What is left of a query for who sees the records of some customers alone.

use crate::kernel::db::Sql;
use crate::kernel::ids::{CustomerId, OrgId};

/// Appends the ids of the locations of customers, as a query in parentheses.
pub(super) fn push_locations(query: &mut Sql, org: OrgId, customers: &[CustomerId]) {
    query.push("(SELECT id FROM locations WHERE org_id = ").push_bind(org);
    query.push(" AND customer_id IN (").push_list(customers).push("))");
}

/// Appends the ids of the cold cells of customers, as a query in parentheses.
pub(super) fn push_cells(query: &mut Sql, org: OrgId, customers: &[CustomerId]) {
    query.push("(SELECT id FROM cold_cells WHERE org_id = ").push_bind(org).push(" AND location_id IN ");
    push_locations(query, org, customers);
    query.push(")");
}

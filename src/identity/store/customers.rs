//! The customers that members are linked to.

use crate::Result;
use crate::identity::access::LinkedCustomer;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{CustomerId, MembershipId, OrgId};

/// The customers of a membership.
pub(crate) async fn linked_customers(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    membership: MembershipId,
) -> Result<Vec<CustomerId>> {
    let rows: Vec<(CustomerId,)> =
        sql("SELECT customer_id FROM member_customers WHERE org_id = $1 AND membership_id = $2 ORDER BY customer_id")
            .bind(org)
            .bind(membership)
            .all(on)
            .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The same with their names, in the order of these.
pub(crate) async fn linked_customers_named(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    membership: MembershipId,
) -> Result<Vec<LinkedCustomer>> {
    sql("SELECT k.id, k.name FROM member_customers m JOIN customers k ON k.org_id = m.org_id AND k.id = m.customer_id \
         WHERE m.org_id = $1 AND m.membership_id = $2 ORDER BY k.name, k.id")
    .bind(org)
    .bind(membership)
    .all(on)
    .await
}

/// Replaces the customers of a membership. One that is none of the organisation's violates a foreign key.
pub(crate) async fn link_customers(
    tx: &mut Tx,
    org: OrgId,
    membership: MembershipId,
    customers: &[CustomerId],
) -> Result<()> {
    sql("DELETE FROM member_customers WHERE org_id = $1 AND membership_id = $2")
        .bind(org)
        .bind(membership)
        .run(&mut *tx)
        .await?;
    if customers.is_empty() {
        return Ok(());
    }
    let mut query = sql("INSERT INTO member_customers (org_id, membership_id, customer_id) VALUES ");
    for (index, customer) in customers.iter().enumerate() {
        query.push(if index == 0 { "(" } else { ", (" });
        query.push_bind(org).push(", ").push_bind(membership).push(", ").push_bind(*customer).push(")");
    }
    query.run(tx).await?;
    Ok(())
}

//! Silences, stored.

use std::collections::HashSet;

use crate::Result;
use crate::cold_chain::silence::{NewSilence, Silence};
use crate::cold_chain::store::alerts::Doer;
use crate::cold_chain::store::scope::{push_cells, push_locations};
use crate::kernel::actor::Scope;
use crate::kernel::db::{Conn, Sort, Sql, Tx, sql};
use crate::kernel::ids::{ColdCellId, LocationId, OrgId, SilenceId};
use crate::kernel::page::PageWindow;
use crate::kernel::time::Timestamp;

/// Which silences are asked for: those that go on at a moment, of a cell or a location or all.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub now: Timestamp,
    pub cold_cell_id: Option<ColdCellId>,
    pub location_id: Option<LocationId>,
    /// Whose they may be.
    pub scope: Scope,
}

const SELECT: &str = "SELECT s.id, s.cold_cell_id, c.name AS cold_cell_name, s.location_id, l.name AS location_name, s.until, \
     s.reason, COALESCE(ba.name, s.created_by) AS created_by, s.created_at FROM silences s \
     LEFT JOIN cold_cells c ON c.org_id = s.org_id AND c.id = s.cold_cell_id \
     LEFT JOIN locations l ON l.org_id = s.org_id AND l.id = s.location_id \
     LEFT JOIN memberships bm ON bm.org_id = s.org_id AND bm.id = s.created_by_id \
     LEFT JOIN accounts ba ON ba.id = bm.account_id";

fn push_scope(query: &mut Sql, org: OrgId, scope: &Scope) {
    if let Some(customers) = scope.customers() {
        query.push(" AND (s.location_id IN ");
        push_locations(query, org, customers);
        query.push(" OR s.cold_cell_id IN ");
        push_cells(query, org, customers);
        query.push(")");
    }
}

fn filtered(mut query: Sql, org: OrgId, wanted: &Running) -> Sql {
    query.push(" WHERE s.org_id = ").push_bind(org).push(" AND s.until > ").push_bind(wanted.now);
    push_scope(&mut query, org, &wanted.scope);
    if let Some(cell) = wanted.cold_cell_id {
        query.push(" AND s.cold_cell_id = ").push_bind(cell);
    }
    if let Some(location) = wanted.location_id {
        query.push(" AND s.location_id = ").push_bind(location);
    }
    query
}

/// Silences, the first to end first; one more than asked for.
pub(crate) async fn list(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    wanted: &Running,
    window: &PageWindow,
) -> Result<Vec<Silence>> {
    let mut query = filtered(sql(SELECT), org, wanted);
    query.push_window(Sort::ascending("s.until", "s.id"), window);
    query.all(on).await
}

/// How many silences there are, counted up to a little more than is shown.
pub(crate) async fn count(on: impl Into<Conn<'_>>, org: OrgId, wanted: &Running) -> Result<i64> {
    filtered(sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM silences s"), org, wanted).counted(on).await
}

/// One silence.
pub(crate) async fn get(on: impl Into<Conn<'_>>, org: OrgId, id: SilenceId, scope: &Scope) -> Result<Option<Silence>> {
    let mut query = sql(SELECT);
    query.push(" WHERE s.org_id = ").push_bind(org).push(" AND s.id = ").push_bind(id);
    push_scope(&mut query, org, scope);
    query.optional(on).await
}

/// Stores a new silence.
pub(crate) async fn insert(
    tx: &mut Tx,
    org: OrgId,
    id: SilenceId,
    new: &NewSilence,
    until: Timestamp,
    by: Doer<'_>,
    at: Timestamp,
) -> Result<()> {
    sql("INSERT INTO silences (org_id, id, cold_cell_id, location_id, until, reason, created_by, created_at, created_by_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(org)
    .bind(id)
    .bind(new.cold_cell_id)
    .bind(new.location_id)
    .bind(until)
    .bind(new.reason.as_ref())
    .bind(by.name)
    .bind(at)
    .bind(by.member)
    .run(tx)
    .await?;
    Ok(())
}

/// Removes a silence, and tells whether there was one.
pub(crate) async fn delete(tx: &mut Tx, org: OrgId, id: SilenceId) -> Result<bool> {
    let rows = sql("DELETE FROM silences WHERE org_id = $1 AND id = $2").bind(org).bind(id).run(tx).await?;
    Ok(rows == 1)
}

/// Which of some cells are silenced at a moment, by themselves or with their location.
pub(crate) async fn silenced(
    on: impl Into<Conn<'_>>,
    orgs: &[OrgId],
    cells: &[ColdCellId],
    now: Timestamp,
) -> Result<HashSet<ColdCellId>> {
    let mut query = sql("SELECT DISTINCT c.id FROM silences s JOIN cold_cells c ON c.org_id = s.org_id \
         AND (c.id = s.cold_cell_id OR c.location_id = s.location_id) WHERE s.until > ");
    query.push_bind(now).push(" AND c.org_id IN (").push_list(orgs);
    query.push(") AND c.id IN (").push_list(cells).push(")");
    let rows: Vec<(ColdCellId,)> = query.all(on).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

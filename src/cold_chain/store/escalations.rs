//! Alerts on their way up, stored.

use crate::Result;
use crate::cold_chain::alert::AlertType;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{AlertId, ColdCellId, OrgId};
use crate::kernel::time::Timestamp;

/// An alert that is to be looked at.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Escalating {
    pub org_id: OrgId,
    pub id: AlertId,
    #[sqlx(rename = "type")]
    pub kind: AlertType,
    pub cold_cell_id: ColdCellId,
    /// When it was over, where its trouble goes on all the same.
    pub resolved_at: Option<Timestamp>,
    #[sqlx(rename = "trouble_openings")]
    pub openings: i64,
    pub raised_at: Option<Timestamp>,
    pub escalated_at: Option<Timestamp>,
    #[sqlx(rename = "escalation_steps")]
    pub steps: i64,
    #[sqlx(rename = "escalation_level")]
    pub level: i64,
}

/// Whether an alert is due at a moment.
pub(crate) async fn is_any_due(on: impl Into<Conn<'_>>, now: Timestamp) -> Result<bool> {
    let row: Option<(AlertId,)> =
        sql("SELECT id FROM alerts WHERE escalate_at <= $1 LIMIT 1").bind(now).optional(on).await?;
    Ok(row.is_some())
}

/// Alerts that are due at a moment, at most so many. They belong to this transaction until it ends; what another one
/// holds is left to it.
pub(crate) async fn take_due(tx: &mut Tx, now: Timestamp, most: i64) -> Result<Vec<Escalating>> {
    let mut query =
        sql("SELECT org_id, id, type, cold_cell_id, resolved_at, trouble_openings, raised_at, escalated_at, escalation_steps, \
         escalation_level FROM alerts WHERE escalate_at <= $1 AND resolved_by IS NULL AND acknowledged_at IS NULL \
         ORDER BY escalate_at LIMIT $2")
        .bind(now)
        .bind(most);
    if !tx.is_sqlite() {
        // Not FOR UPDATE: a notice that is being written of an alert holds its key, and the step would be skipped.
        query.push(" FOR NO KEY UPDATE SKIP LOCKED");
    }
    query.all(tx).await
}

/// Writes how far an alert has come, if it still is where it was, and tells whether it was.
pub(crate) async fn write(
    tx: &mut Tx,
    before: &Escalating,
    after: &Escalating,
    escalate_at: Option<Timestamp>,
) -> Result<bool> {
    let rows =
        sql("UPDATE alerts SET escalate_at = $4, escalated_at = $5, escalation_steps = $6, escalation_level = $7 \
         WHERE org_id = $1 AND id = $2 AND escalation_steps = $3 AND escalate_at IS NOT NULL AND acknowledged_at IS NULL")
        .bind(before.org_id)
        .bind(before.id)
        .bind(before.steps)
        .bind(escalate_at)
        .bind(after.escalated_at)
        .bind(after.steps)
        .bind(after.level)
        .run(tx)
        .await?;
    Ok(rows == 1)
}

/// Has the alerts of an organisation that nobody has reacted to looked at again, because its policy has changed.
pub(crate) async fn look_again(tx: &mut Tx, org: OrgId, at: Timestamp) -> Result<()> {
    sql("UPDATE alerts SET escalate_at = $2 WHERE org_id = $1 AND status = 'ACTIVE' AND acknowledged_at IS NULL \
         AND raised_at IS NOT NULL")
    .bind(org)
    .bind(at)
    .run(tx)
    .await?;
    Ok(())
}

//! What the alert engine has said and the alerts do not show yet.

use crate::Result;
use crate::kernel::db::{Conn, MultiRow, Tx, sql};
use crate::kernel::ids::{ColdCellId, DeviceId, OrgId};
use crate::kernel::time::Timestamp;

/// What was said of a device at a time, with the place where it stands: it is not moved before this is written.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct PendingRow {
    pub no: i64,
    pub device_no: i64,
    pub org_id: OrgId,
    pub device_id: DeviceId,
    pub cold_cell_id: ColdCellId,
    pub said_at: Timestamp,
    pub effects: String,
}

static ADD: MultiRow = MultiRow::new("INSERT INTO alert_backlog (device_no, said_at, effects) VALUES ", "($,$,$)", "");

/// Adds what was said of devices, whose states must belong to the transaction.
pub(crate) async fn add(tx: &mut Tx, now: Timestamp, said: &[(i64, String)]) -> Result<()> {
    let queries =
        ADD.queries(said, tx.is_sqlite(), |query, (device_no, effects)| query.bind(*device_no).bind(now).bind(effects));
    for query in queries {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

/// The devices among some of which something is pending.
pub(crate) async fn pending(on: impl Into<Conn<'_>>, devices: &[i64]) -> Result<Vec<(i64,)>> {
    let mut query = sql("SELECT DISTINCT device_no FROM alert_backlog WHERE device_no IN (");
    query.push_list(devices).push(")");
    query.all(on).await
}

const ROWS: &str = "SELECT b.no, b.device_no, d.org_id, d.id AS device_id, d.cold_cell_id, b.said_at, b.effects \
     FROM alert_backlog b JOIN devices d ON d.no = b.device_no ";

/// What was said first, at most so much, for this transaction alone.
pub(crate) async fn first(tx: &mut Tx, most: i64) -> Result<Vec<PendingRow>> {
    let mut query = sql(ROWS);
    query.push("ORDER BY b.no LIMIT ").push_bind(most);
    if !tx.is_sqlite() {
        query.push(" FOR UPDATE OF b");
    }
    query.all(tx).await
}

/// What is pending of some devices, whose states must belong to the transaction, for this transaction alone.
pub(crate) async fn of_devices(tx: &mut Tx, devices: &[i64]) -> Result<Vec<PendingRow>> {
    let mut query = sql(ROWS);
    query.push("WHERE b.device_no IN (").push_list(devices).push(") ORDER BY b.no");
    if !tx.is_sqlite() {
        query.push(" FOR UPDATE OF b");
    }
    query.all(tx).await
}

/// Removes what has been written.
pub(crate) async fn remove(tx: &mut Tx, numbers: &[i64]) -> Result<()> {
    let mut query = sql("DELETE FROM alert_backlog WHERE no IN (");
    query.push_list(numbers).push(")");
    query.run(tx).await?;
    Ok(())
}

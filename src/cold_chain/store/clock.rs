//! What a clock that was ahead has left, stored.

use crate::Result;
use crate::kernel::db::{Tx, sql};
use crate::kernel::time::Timestamp;

/// Lets what devices said after a limit count as said now, and has all of them looked at.
pub(crate) async fn set_back_devices(tx: &mut Tx, now: Timestamp, limit: Timestamp) -> Result<()> {
    if !tx.is_sqlite() {
        // In the order of their numbers, as the writer of readings locks them.
        let all = sql("SELECT device_no FROM device_states ORDER BY device_no FOR UPDATE");
        all.all::<(i64,)>(&mut *tx).await?;
    }
    // What is older than the readings of the time to come is not out of order: they are what is wrong. Gone through with
    // them, alerts of now would end by what was told then.
    sql("DELETE FROM reading_disorder").run(&mut *tx).await?;
    // Of several moves after the limit the first counts: it left the cell in which the device stood until now.
    sql("DELETE FROM device_moves WHERE moved_at > $1 AND EXISTS (SELECT 1 FROM device_moves e \
         WHERE e.device_no = device_moves.device_no AND e.moved_at > $1 AND e.moved_at < device_moves.moved_at)")
    .bind(limit)
    .run(&mut *tx)
    .await?;
    for statement in [
        "UPDATE device_states SET last_seen_at = $1 WHERE last_seen_at > $2",
        "UPDATE device_states SET latest_at = $1 WHERE latest_at > $2",
        "UPDATE device_states SET battery_at = $1 WHERE battery_at > $2",
        "UPDATE device_states SET clock_suspect_at = $1 WHERE clock_suspect_at > $2",
        "UPDATE devices SET moved_at = $1 WHERE moved_at > $2",
        "UPDATE device_moves SET moved_at = $1 WHERE moved_at > $2",
    ] {
        sql(statement).bind(now).bind(limit).run(&mut *tx).await?;
    }
    for statement in [
        "INSERT INTO device_looks (at, device_no) SELECT CAST($1 AS BIGINT), device_no FROM device_states WHERE next_look > $1 \
         ON CONFLICT DO NOTHING",
        "UPDATE device_states SET next_look = $1 WHERE next_look > $1",
    ] {
        sql(statement).bind(now).run(&mut *tx).await?;
    }
    Ok(())
}

/// Lets active alerts that were raised, or went up, after a limit do so now.
pub(crate) async fn set_back_alerts(tx: &mut Tx, now: Timestamp, limit: Timestamp) -> Result<()> {
    for statement in [
        "UPDATE alerts SET raised_at = $1 WHERE raised_at > $2 AND status = 'ACTIVE'",
        "UPDATE alerts SET escalated_at = $1 WHERE escalated_at > $2 AND status = 'ACTIVE'",
        "UPDATE alerts SET escalate_at = $1 WHERE escalate_at > $2",
    ] {
        sql(statement).bind(now).bind(limit).run(&mut *tx).await?;
    }
    Ok(())
}

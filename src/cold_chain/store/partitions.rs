//! PostgreSQL's partitions of the readings, one for each week (see the migration that makes them).

use crate::Result;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::time::Timestamp;

/// The weeks that have a partition, in order.
pub(crate) async fn weeks(on: impl Into<Conn<'_>>) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = sql("SELECT week FROM readings_weeks() week ORDER BY week").all(on).await?;
    Ok(rows.into_iter().map(|(week,)| week).collect())
}

/// Makes a week's partition, unless another server has.
pub(crate) async fn add(tx: &mut Tx, week: i64) -> Result<()> {
    sql("SELECT CAST(readings_add_week($1) AS TEXT)").bind(week).run(tx).await?;
    Ok(())
}

/// Removes a week's partition with all its readings, unless another server has.
pub(crate) async fn remove(tx: &mut Tx, week: i64) -> Result<()> {
    sql("SELECT CAST(readings_drop_week($1) AS TEXT)").bind(week).run(tx).await?;
    Ok(())
}

/// Deletes readings from before a moment that lie in no week's partition, at most so many, and tells how many.
pub(crate) async fn delete_rest(tx: &mut Tx, before: Timestamp, most: i64) -> Result<u64> {
    sql("DELETE FROM readings_rest WHERE ctid = ANY (ARRAY(SELECT ctid FROM readings_rest WHERE at < $1 LIMIT $2))")
        .bind(before)
        .bind(most)
        .run(tx)
        .await
}

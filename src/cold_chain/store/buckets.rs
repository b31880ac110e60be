//! The buckets of charts, stored: those in their table, and those that devices still fill.

use crate::Result;
use crate::cold_chain::buckets::{BucketKey, Filling};
use crate::cold_chain::chart::{ChartRange, Summary};
use crate::cold_chain::model::Micro;
use crate::kernel::db::{Conn, MultiRow, Tx, sql};
use crate::kernel::ids::{ColdCellId, CustomerId, OrgId};
use crate::kernel::time::{SECOND, Timestamp};

static BUCKETS: MultiRow = MultiRow::new(
    "INSERT INTO reading_buckets AS b (cell_no, start_at, span, min, max, sum, count) VALUES ",
    "($,$,$,$,$,$,$)",
    " ON CONFLICT (cell_no, start_at, span) DO UPDATE SET \
     min = CASE WHEN excluded.min < b.min THEN excluded.min ELSE b.min END, \
     max = CASE WHEN excluded.max > b.max THEN excluded.max ELSE b.max END, \
     sum = b.sum + excluded.sum, count = b.count + excluded.count",
);

/// Adds to buckets. The keys must be distinct, and sorted so that two servers never deadlock.
pub(crate) async fn add(tx: &mut Tx, buckets: &[(BucketKey, Summary)]) -> Result<()> {
    let queries = BUCKETS.queries(buckets, tx.is_sqlite(), |query, ((cell_no, start, span), summary)| {
        query
            .bind(*cell_no)
            .bind(*start)
            .bind(*span)
            .bind(summary.min)
            .bind(summary.max)
            .bind(summary.sum)
            .bind(summary.count)
    });
    for query in queries {
        query.run(&mut *tx).await?;
    }
    Ok(())
}

/// The buckets of a cell's chart whose starts lie between two moments, oldest first. `from` is where a bucket starts.
///
/// The starts are known beforehand, so each bucket is looked up by its whole key and none of another span is passed over.
pub(crate) async fn chart(
    on: impl Into<Conn<'_>>,
    cell_no: i64,
    range: ChartRange,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(Timestamp, Summary)>> {
    // One statement, so that nothing is in both or in neither that goes from a device's state to the table meanwhile.
    let rows: Vec<(Timestamp, Micro, Micro, i64, i64)> =
        sql("WITH RECURSIVE starts (start_at) AS (SELECT CAST($3 AS BIGINT) \
         UNION ALL SELECT start_at + $4 FROM starts WHERE start_at + $4 <= $5) \
         SELECT b.start_at, b.min, b.max, b.sum, b.count FROM starts CROSS JOIN reading_buckets b \
         WHERE b.cell_no = $1 AND b.start_at = starts.start_at AND b.span = $2 \
         UNION ALL SELECT s.bucket_at - s.bucket_at % $4, s.bucket_min, s.bucket_max, s.bucket_sum, s.bucket_count \
         FROM devices d JOIN device_states s ON s.device_no = d.no \
         WHERE d.cell_no = $1 AND s.bucket_at >= $3 AND s.bucket_at - s.bucket_at % $4 <= $5 ORDER BY 1")
        .bind(cell_no)
        .bind(range.bucket_seconds())
        .bind(from)
        .bind(range.bucket_seconds() * SECOND)
        .bind(until)
        .all(on)
        .await?;
    let mut buckets: Vec<(Timestamp, Summary)> = Vec::with_capacity(rows.len());
    for (start, min, max, sum, count) in rows {
        let summary = Summary { min, max, sum, count };
        match buckets.last_mut().filter(|(last, _)| *last == start) {
            Some((_, known)) => *known = known.and(summary),
            None => buckets.push((start, summary)),
        }
    }
    Ok(buckets)
}

/// What a device fills in its cell; nothing before its first reading there.
pub(crate) async fn filling(tx: &mut Tx, device_no: i64) -> Result<Filling> {
    sql("SELECT bucket_at, bucket_min, bucket_max, bucket_sum, bucket_count FROM device_states WHERE device_no = $1")
        .bind(device_no)
        .one(tx)
        .await
}

/// Forgets what a device fills: it is in the table by now.
pub(crate) async fn clear_filling(tx: &mut Tx, device_no: i64) -> Result<()> {
    sql("UPDATE device_states SET bucket_at = NULL, bucket_min = NULL, bucket_max = NULL, bucket_sum = NULL, \
         bucket_count = NULL WHERE device_no = $1")
    .bind(device_no)
    .run(tx)
    .await?;
    Ok(())
}

/// What a cell with devices measured in a time.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct MeasuredCell {
    pub id: ColdCellId,
    pub name: String,
    pub location: String,
    pub customer_id: Option<CustomerId>,
    pub min: Option<Micro>,
    pub max: Option<Micro>,
    pub readings: i64,
}

/// What all cells with devices measured between two moments, by place and name, from buckets that begin and end with
/// them. Cells that were not there yet are left out.
pub(crate) async fn cells_between(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    buckets: ChartRange,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<MeasuredCell>> {
    sql("SELECT c.id, c.name, l.name AS location, l.customer_id, b.min, b.max, COALESCE(b.readings, 0) AS readings \
         FROM cold_cells c JOIN locations l ON l.org_id = c.org_id AND l.id = c.location_id \
         LEFT JOIN (SELECT cell_no, MIN(min) AS min, MAX(max) AS max, CAST(SUM(count) AS BIGINT) AS readings FROM \
         (SELECT cell_no, min, max, count FROM reading_buckets \
         WHERE cell_no IN (SELECT no FROM cold_cells WHERE org_id = $1) AND span = $2 AND start_at >= $3 AND start_at < $4 \
         UNION ALL SELECT d.cell_no, s.bucket_min, s.bucket_max, s.bucket_count FROM devices d \
         JOIN device_states s ON s.device_no = d.no WHERE d.org_id = $1 AND s.bucket_at >= $3 AND s.bucket_at < $4) parts \
         GROUP BY cell_no) b ON b.cell_no = c.no \
         WHERE c.org_id = $1 AND EXISTS (SELECT 1 FROM devices d WHERE d.cell_no = c.no AND d.retired_at IS NULL) \
         AND (c.created_at < $4 OR b.readings IS NOT NULL) ORDER BY l.name, c.name, c.no")
    .bind(org)
    .bind(buckets.bucket_seconds())
    .bind(from)
    .bind(until)
    .all(on)
    .await
}

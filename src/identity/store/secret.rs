//! The secret that the database belongs to.

use crate::Result;
use crate::kernel::db::{Tx, sql};
use crate::kernel::time::Timestamp;

/// The mark of the secret and since when it is in force; others who ask wait until this transaction ends.
pub(crate) async fn secret_mark(tx: &mut Tx) -> Result<Option<(String, Timestamp)>> {
    sql("SELECT mark, since FROM secret_mark WHERE id = 1").lock(tx).await
}

pub(crate) async fn set_secret_mark(tx: &mut Tx, mark: &str, now: Timestamp) -> Result<()> {
    sql("INSERT INTO secret_mark (id, mark, since) VALUES (1, $1, $2) \
         ON CONFLICT (id) DO UPDATE SET mark = excluded.mark, since = excluded.since")
    .bind(mark)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

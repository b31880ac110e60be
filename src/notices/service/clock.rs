//! A clock that was ahead and has been set right.

use chrono_tz::Tz;

use super::follow::LONGEST_GATHERING;
use crate::Result;
use crate::kernel::App;
use crate::kernel::time::HOUR;
use crate::kernel::zone::day;
use crate::notices::store;

/// How far ahead of UTC the day may have come anywhere.
const EASTERNMOST: i64 = 14 * HOUR;

/// Takes back what the clock of before planned: notices that would wait until it was there again, and the daily reports of
/// days that are yet to come, which would not be sent when they are over.
///
/// # Errors
/// What the database says; nothing is changed then.
pub async fn clock_set_back(app: &App) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::bring_forward(&mut tx, now, now.plus(LONGEST_GATHERING)).await?;
    store::take_back_reports(&mut tx, &day(now, Tz::UTC), &day(now.plus(EASTERNMOST), Tz::UTC)).await?;
    tx.commit().await
}

//! Who may bring readings, and what is made of them for people.

use sha2::{Digest, Sha256};

use crate::Error;
use crate::Result;
use crate::cold_chain::buckets::bucket_start;
use crate::cold_chain::chart::{Chart, ChartRange};
use crate::cold_chain::reading::AHEAD;
use crate::cold_chain::store::{buckets, devices, fleet};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::ids::ColdCellId;
use crate::kernel::permission::Permission;
use crate::kernel::time::{SECOND, Timestamp};

/// A device that a key lets in, as it was when it was looked up. It may be kept: the writer refuses what was let in under
/// keys that have changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The device's short number.
    pub device_no: i64,
    /// The state of the device's keys.
    pub access_epoch: i64,
    /// The number on the device's case.
    pub serial_number: String,
    /// When the key ends.
    pub expires_at: Option<Timestamp>,
}

/// What a device key is known by: its SHA-256, the same as is stored of it.
#[must_use]
pub fn device_key_hash(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// The device that a key belongs to; none for an unknown or revoked key. The key's end is left to the caller.
///
/// # Errors
/// What the database says.
pub async fn admit(app: &App, key_hash: &[u8; 32]) -> Result<Option<Admission>> {
    Ok(devices::key(&app.db, key_hash).await?.map(|row| Admission {
        device_no: row.device_no,
        access_epoch: row.access_epoch,
        serial_number: row.serial_number,
        expires_at: row.expires_at,
    }))
}

/// A cell's chart up to now.
///
/// # Errors
/// [`Error::NotFound`] for an unknown or foreign cell, and for another customer's.
pub async fn chart(app: &App, actor: &Actor, cell: ColdCellId, range: ChartRange) -> Result<Chart> {
    let scope = actor.scope(Permission::ColdChainRead)?;
    let now = app.clock.now();
    let cell = fleet::cell(&app.db, actor.org, cell, now).await?.ok_or(Error::NotFound)?;
    scope.pass(cell.customer_id)?;
    // The bucket that the range begins in lies partly before it and is left out; the one that is filling now is in.
    let from =
        bucket_start(now.plus(-range.milliseconds()), range.bucket_seconds()).plus(range.bucket_seconds() * SECOND);
    let buckets = buckets::chart(&app.db, cell.no, range, from, now.plus(AHEAD)).await?;
    Ok(Chart::new(range, &buckets))
}

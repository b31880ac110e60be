//! Devices that the writer of readings knows from the groups before.

use std::collections::HashMap;

use crate::Result;
use crate::cold_chain::store::readings::{self, DeviceRow};
use crate::kernel::db::{Position, Tx};

/// The most devices that are known at a time: about 10 MB.
const MOST: usize = 20_000;

/// The devices that were written last, so that a group need not read what the group before has just written. It holds
/// nothing on PostgreSQL, where a device may be another server's by now; see [`crate::kernel::db`] for who tells.
#[derive(Debug, Default)]
pub(super) struct KnownDevices {
    rows: HashMap<i64, DeviceRow>,
    upto: Position,
}

impl KnownDevices {
    /// The devices of a group, by number. Their states belong to the transaction until it ends, and are known afterwards
    /// only if they are [kept](Self::keep).
    pub async fn take(&mut self, tx: &mut Tx, numbers: &[i64]) -> Result<Vec<DeviceRow>> {
        match tx.written_since(&mut self.upto).await? {
            Some(written) => {
                for (table, key) in written {
                    if table == "cold_cells" {
                        self.rows.retain(|_, row| row.cell_no != key);
                    } else {
                        self.rows.remove(&key);
                    }
                }
            }
            None => self.rows.clear(),
        }
        let (mut rows, mut unknown) = (Vec::with_capacity(numbers.len()), Vec::new());
        for number in numbers {
            match self.rows.remove(number) {
                Some(row) => rows.push(row),
                None => unknown.push(*number),
            }
        }
        rows.extend(readings::devices(tx, &unknown).await?);
        Ok(rows)
    }

    /// Passes over what the transaction has written itself, just before its end.
    pub fn pass_over(&mut self, tx: &Tx) {
        tx.pass_over_written(&mut self.upto);
    }

    /// Keeps devices as a group has just written them, once its transaction has ended.
    pub fn keep(&mut self, rows: impl Iterator<Item = DeviceRow>) {
        self.rows.extend(rows.map(|row| (row.no, row)));
        if self.rows.len() > MOST {
            self.rows.clear();
        }
    }
}

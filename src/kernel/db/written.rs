//! Which rows have been written, so that what was read of them can be kept in memory.
//!
//! SQLite has one connection that writes, and it calls back for each row that is made, changed or deleted. So whoever
//! keeps rows learns within a transaction which of them are no longer what they were, whatever code has changed them.
//! What another program writes into the file is noticed by SQLite's `data_version`, and then nothing kept counts any
//! more. On PostgreSQL other servers write, and nothing tells in time: nothing can be kept there.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The tables that somebody keeps rows of. Their keys are single integers: SQLite calls back for no others.
const TABLES: [&str; 3] = ["cold_cells", "device_states", "devices"];
/// The most rows that are remembered as written: who has not asked for longer than that forgets what it keeps.
const MOST: usize = 65_536;

/// A row that was written: its table and its key.
pub(crate) type WrittenRow = (&'static str, i64);

/// Up to where somebody knows what was written. The first one knows nothing.
#[derive(Debug, Default)]
pub(crate) struct Position {
    end: u64,
    pub(super) data_version: i64,
}

/// What the writing connection has written.
#[derive(Debug, Default)]
pub(super) struct Written(Mutex<Log>);

#[derive(Debug, Default)]
struct Log {
    rows: VecDeque<WrittenRow>,
    /// How many rows have been written since the start.
    end: u64,
}

impl Written {
    /// Takes note of a row.
    pub fn note(&self, table: &str, key: i64) {
        let Some(table) = TABLES.into_iter().find(|watched| *watched == table) else { return };
        let mut log = self.log();
        if log.rows.len() == MOST {
            log.rows.pop_front();
        }
        log.rows.push_back((table, key));
        log.end += 1;
    }

    /// Begins anew, with another connection: what the one before has written last is not known.
    pub fn restart(&self) {
        let mut log = self.log();
        log.rows.clear();
        log.end += 1;
    }

    /// What was written after a position, which moves to the end; `None` if that is not known any more.
    pub fn since(&self, position: &mut Position) -> Option<Vec<WrittenRow>> {
        let log = self.log();
        let unknown = usize::try_from(log.end - position.end).unwrap_or(usize::MAX);
        position.end = log.end;
        let first = log.rows.len().checked_sub(unknown)?;
        Some(log.rows.range(first..).copied().collect())
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_is_told_what_was_written_since_or_that_it_is_not_known() {
        let written = Written::default();
        let (mut often, mut rarely) = (Position::default(), Position::default());
        assert_eq!(written.since(&mut often), Some(vec![]));
        written.note("devices", 1);
        written.note("readings", 2);
        written.note("cold_cells", 3);
        assert_eq!(written.since(&mut often), Some(vec![("devices", 1), ("cold_cells", 3)]));
        written.restart();
        assert_eq!(written.since(&mut often), None);
        assert_eq!(written.since(&mut often), Some(vec![]));
        for key in 0..=MOST as i64 {
            written.note("devices", key);
        }
        assert_eq!(written.since(&mut rarely), None);
        assert_eq!(written.since(&mut often), None);
        written.note("devices", 7);
        assert_eq!(written.since(&mut often), Some(vec![("devices", 7)]));
    }
}

//! Copies of a SQLite database: before an upgrade, and for a backup.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sqlx::Connection;
use sqlx_sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool};

use crate::{Error, Result};

/// SQLite's code for a disk without room (`SQLITE_FULL`), as the low byte of the extended ones.
const FULL: u32 = 13;

/// Writes a copy in one consistent state, whatever is still in the write-ahead log, in the place of what has its name. It is
/// written beside, checked, and fsynced before it gets that name: whatever bears the name is whole.
///
/// # Errors
/// A sentence for people when the disk is full or refuses, or when the copy is damaged.
pub(super) async fn write(from: &SqlitePool, to: &Path) -> Result<()> {
    let aside = aside(to);
    // What a program that was killed has left; SQLite writes over nothing.
    remove(&aside).map_err(|error| refused(&aside, &error))?;
    let mut connection = from.acquire().await?;
    let text = aside.to_string_lossy().into_owned();
    let written = sqlx::query("VACUUM INTO $1").bind(text).execute(&mut *connection).await.map_err(explain);
    let outcome = match written {
        Ok(_) => keep(from, &aside, to).await,
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        // The first error is the one to tell.
        let _ = remove(&aside);
    }
    outcome
}

/// Checks what was written and gives it its name.
async fn keep(from: &SqlitePool, aside: &Path, to: &Path) -> Result<()> {
    check(aside).await?;
    let settle = || {
        let original = std::fs::metadata(from.connect_options().get_filename())?;
        std::fs::set_permissions(aside, original.permissions())?;
        File::open(aside)?.sync_all()?;
        std::fs::rename(aside, to)?;
        // Without it the new name may be lost with the power.
        to.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    settle().map_err(|error| refused(to, &error))
}

/// Opens a copy as nothing but a file and reads all of it.
async fn check(copy: &Path) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(copy).read_only(true).immutable(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let found: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check(1)").fetch_all(&mut connection).await?;
    connection.close().await?;
    match found.first() {
        Some((verdict,)) if verdict == "ok" => Ok(()),
        verdict => {
            let reason = verdict.map_or("nothing could be read", |(reason,)| reason.as_str());
            Err(Error::BadRequest(format!("The copy of the database is damaged ({reason}); nothing was changed.")))
        }
    }
}

fn aside(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn remove(file: &Path) -> io::Result<()> {
    std::fs::remove_file(file)
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn explain(error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    if code.is_some_and(|code| code & 0xff == FULL) { full() } else { error.into() }
}

fn refused(file: &Path, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => full(),
        _ => Error::BadRequest(format!("The copy of the database, {}, cannot be written: {error}.", file.display())),
    }
}

fn full() -> Error {
    Error::BadRequest(
        "The disk is full: a copy of the database needs as much room again. Nothing was changed.".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_called_one() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            assert!(refused(Path::new("copy"), &kind.into()).to_string().starts_with("The disk is full"));
        }
        let other = refused(Path::new("copy"), &io::ErrorKind::PermissionDenied.into()).to_string();
        assert!(other.contains("copy") && !other.contains("full"), "{other}");
    }
}

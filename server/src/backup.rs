//! Backups of an installation on SQLite: one tar archive with the database and the files.
//!
//! The secret is left out: with it, a lost backup would open signed links and sessions. PostgreSQL has tools of its own.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path};

use officina::kernel::clock::Clock;
use officina::kernel::db::sql;
use tar::{Archive, Builder};

use crate::config::Config;
use crate::launch::{self, StartError};

const DATABASE: &str = "officina.db";
const FILES: &str = "files";

/// Writes the archive. The database is copied in one consistent state, whatever is written meanwhile; files come after
/// it, so that every file that the copy knows is in the archive.
///
/// # Errors
/// One sentence: PostgreSQL, an archive that exists, a disk that refuses.
pub async fn backup(config: &Config, archive: &Path) -> Result<(), StartError> {
    refuse_postgres(config, "pg_dump")?;
    let app = launch::open(config, Clock::System).await?;
    let work = tempfile::tempdir_in(&config.data).map_err(|error| unusable(&config.data, &error))?;
    let copy = work.path().join(DATABASE);
    let mut statement = sql("VACUUM INTO ");
    statement.push_bind(copy.to_string_lossy().into_owned());
    statement.run(&app.db).await?;
    app.db.close().await;
    write(archive, &copy, &config.data.join(FILES)).map_err(|error| unusable(archive, &error))
}

fn write(archive: &Path, database: &Path, files: &Path) -> io::Result<()> {
    let mut builder = Builder::new(private().create_new(true).open(archive)?);
    builder.append_path_with_name(database, DATABASE)?;
    builder.append_dir_all(FILES, files)?;
    builder.into_inner()?.sync_all()
}

/// Fills an empty data folder from an archive.
///
/// # Errors
/// One sentence: PostgreSQL, a folder that holds data, an archive that is none of ours.
pub fn restore(config: &Config, archive: &Path) -> Result<(), StartError> {
    refuse_postgres(config, "pg_restore")?;
    let database = config.data.join(DATABASE);
    let is_empty = |folder: &Path| std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if database.exists() || !is_empty(&config.data.join(FILES)) {
        return Err(StartError::new(format!("The data folder {} holds data already.", config.data.display())));
    }
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true).mode(0o700).create(&config.data).map_err(|error| unusable(&config.data, &error))?;
    let source = File::open(archive).map_err(|error| unusable(archive, &error))?;
    // Unpacked beside and moved when whole: a restore that is cut off leaves the folder empty.
    let work = tempfile::tempdir_in(&config.data).map_err(|error| unusable(&config.data, &error))?;
    unpack(source, work.path()).map_err(|error| unusable(archive, &error))?;
    let moved = std::fs::create_dir_all(work.path().join(FILES)).and_then(|()| {
        if config.data.join(FILES).exists() {
            std::fs::remove_dir(config.data.join(FILES))?;
        }
        std::fs::set_permissions(work.path().join(DATABASE), Permissions::from_mode(0o600))?;
        std::fs::rename(work.path().join(FILES), config.data.join(FILES))?;
        std::fs::rename(work.path().join(DATABASE), &database)
    });
    moved.map_err(|error| unusable(archive, &error))
}

/// A file that nobody else on the machine reads: it holds personal data.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

fn unpack(source: File, folder: &Path) -> io::Result<()> {
    for entry in Archive::new(source).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let ours = path == Path::new(DATABASE) || path.starts_with(FILES);
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        let kind = entry.header().entry_type();
        if !(ours && plain && (kind.is_file() || kind.is_dir())) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no backup of Officina"));
        }
        entry.unpack_in(folder)?;
    }
    if folder.join(DATABASE).is_file() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "there is no database in it"))
    }
}

fn refuse_postgres(config: &Config, tool: &str) -> Result<(), StartError> {
    if config.database.is_none() {
        return Ok(());
    }
    Err(StartError::new(format!(
        "The database is PostgreSQL: use {tool} for it, and copy the folder {}.",
        config.data.join(FILES).display()
    )))
}

fn unusable(path: &Path, error: &io::Error) -> StartError {
    StartError::new(format!("{} cannot be used: {error}.", path.display()))
}

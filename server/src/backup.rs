//! Backups of an installation on SQLite: one tar archive with the database and the files.
//!
//! The secret is left out: with it, a lost backup would open signed links and sessions. PostgreSQL has tools of its own.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use officina::kernel::clock::Clock;
use tar::{Archive, Builder, Header};

use crate::config::Config;
use crate::launch::{self, StartError};

const DATABASE: &str = "officina.db";
const FILES: &str = "files";

/// What came of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Files that were removed while it ran, and are not in the archive.
    pub removed_meanwhile: usize,
}

/// Writes the archive, which gets its name when it is whole and on disk. The database is copied in one consistent state,
/// whatever is written meanwhile; files come after it, so that every file that the copy knows is in the archive, but
/// those that were removed since.
///
/// # Errors
/// One sentence: PostgreSQL, an archive that exists, a disk that refuses or is full.
pub async fn backup(config: &Config, archive: &Path) -> Result<Written, StartError> {
    refuse_postgres(config, "pg_dump")?;
    if archive.exists() {
        return Err(unusable(archive, &io::ErrorKind::AlreadyExists.into()));
    }
    let app = launch::open(config, Clock::System).await?;
    let work = tempfile::tempdir_in(&config.data).map_err(|error| unusable(&config.data, &error))?;
    let copy = work.path().join(DATABASE);
    app.db.copy_to(&copy).await?;
    app.db.close().await;
    write(archive, &copy, &config.data.join(FILES)).map_err(|error| unusable(archive, &error))
}

/// Writes beside the archive's place and moves it there: what is cut off leaves nothing under its name.
fn write(archive: &Path, database: &Path, files: &Path) -> io::Result<Written> {
    let folder = archive.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = archive.file_name().unwrap_or_default().to_owned();
    name.push(".");
    // Nobody else on the machine reads it: it holds personal data.
    let aside = tempfile::Builder::new().prefix(&name).suffix(".partial").tempfile_in(folder)?;
    let mut builder = Builder::new(aside);
    builder.append_path_with_name(database, DATABASE)?;
    let mut removed_meanwhile = 0;
    for file in list(files)? {
        let name = Path::new(FILES).join(file.strip_prefix(files).map_err(io::Error::other)?);
        if !append(&mut builder, &file, &name)? {
            removed_meanwhile += 1;
        }
    }
    let aside = builder.into_inner()?;
    aside.as_file().sync_all()?;
    aside.persist_noclobber(archive)?;
    File::open(folder)?.sync_all()?;
    Ok(Written { removed_meanwhile })
}

/// The files of a folder and of those in it, by their names.
fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if !is_being_written(&entry.file_name()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the file store has not finished a file: it writes to `name#1` and moves that to its name.
fn is_being_written(name: &OsStr) -> bool {
    name.as_encoded_bytes().contains(&b'#')
}

/// Puts a file into an archive, with the length that it has now. False when it has been removed.
fn append(builder: &mut Builder<impl Write>, file: &Path, name: &Path) -> io::Result<bool> {
    let source = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        source => source?,
    };
    let metadata = source.metadata()?;
    let mut header = Header::new_gnu();
    header.set_metadata(&metadata);
    builder.append_data(&mut header, name, source.take(metadata.len()))?;
    Ok(true)
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
    StartError::new(match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("The disk is full: {} could not be written.", path.display())
        }
        io::ErrorKind::AlreadyExists => format!("{} exists already.", path.display()),
        _ => format!("{} cannot be used: {error}.", path.display()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_goes_between_the_list_and_its_turn_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let photos = folder.path().join("photos");
        std::fs::create_dir(&photos).unwrap();
        for name in ["a.jpg", "b.jpg", "c.jpg#1"] {
            std::fs::write(photos.join(name), name).unwrap();
        }
        let listed = list(folder.path()).unwrap();
        assert_eq!(listed, [photos.join("a.jpg"), photos.join("b.jpg")]);
        std::fs::remove_file(&listed[0]).unwrap();
        let mut builder = Builder::new(Vec::new());
        let appended: Vec<bool> =
            listed.iter().map(|file| append(&mut builder, file, Path::new("files/x")).unwrap()).collect();
        assert_eq!(appended, [false, true]);
        let archive = builder.into_inner().unwrap();
        assert_eq!(Archive::new(archive.as_slice()).entries().unwrap().count(), 1);
    }

    #[test]
    fn a_backup_that_fails_leaves_nothing_and_a_full_disk_is_called_one() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("all.tar");
        let missing = folder.path().join("no database");
        assert!(write(&archive, &missing, folder.path()).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let sentence = unusable(&archive, &io::ErrorKind::StorageFull.into()).to_string();
        assert!(sentence.starts_with("The disk is full"), "{sentence}");
    }
}

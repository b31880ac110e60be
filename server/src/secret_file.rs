//! The installation's secret: the one that is set, or the one in the data folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use officina::kernel::secret::{Secret, random_token};

use crate::config::{Config, MIN_SECRET};

/// The secret in force.
const CURRENT: &str = "secret";
/// The one before it, for a time.
const PREVIOUS: &str = "secret.previous";

/// The secret of a configuration, with the one before it. In the data folder one is made at the first start, with mode
/// 600.
///
/// # Errors
/// When the files cannot be read or written, or hold too little.
pub fn load(config: &Config) -> io::Result<Secret> {
    if let Some(secret) = &config.secret {
        let secret = Secret::new(secret.expose().as_bytes());
        return Ok(match &config.previous_secret {
            Some(previous) => secret.after(previous.expose().as_bytes()),
            None => secret,
        });
    }
    let file = config.data.join(CURRENT);
    match write_new(&file, &random_token()) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let secret = Secret::new(read(&file)?.as_bytes());
    let previous = config.data.join(PREVIOUS);
    if previous.exists() { Ok(secret.after(read(&previous)?.as_bytes())) } else { Ok(secret) }
}

/// Puts a new secret into the data folder, and keeps the one that was there as the one before it.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when there is one before it already.
pub fn rotate(folder: &Path) -> io::Result<()> {
    let old = read(&folder.join(CURRENT))?;
    let (kept, next) = (folder.join("secret.kept"), folder.join("secret.next"));
    for left in [&kept, &next] {
        if left.exists() {
            // Of a rotation that was cut off.
            fs::remove_file(left)?;
        }
    }
    // Each file is whole before it has its name.
    write_new(&kept, &old)?;
    fs::hard_link(&kept, folder.join(PREVIOUS))?;
    fs::remove_file(&kept)?;
    write_new(&next, &random_token())?;
    fs::rename(&next, folder.join(CURRENT))?;
    fs::File::open(folder)?.sync_all()
}

/// Takes the secret before the one in force out of the data folder; false when there is none.
///
/// # Errors
/// When it cannot be removed.
pub fn retire(folder: &Path) -> io::Result<bool> {
    match fs::remove_file(folder.join(PREVIOUS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        done => done.map(|()| true),
    }
}

fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    new.write_all(text.as_bytes())?;
    new.sync_all()
}

fn read(file: &Path) -> io::Result<String> {
    let text = fs::read_to_string(file)?.trim().to_owned();
    if text.chars().count() < MIN_SECRET {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has fewer than {MIN_SECRET} characters")));
    }
    Ok(text)
}

//! A file that is coming in. Small ones are kept in memory, larger ones on the disk: however many come in at once and wait
//! to be read, memory does not grow.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use bytes::Bytes;
use tempfile::SpooledTempFile;

use super::MAX_PHOTO_BYTES;
use super::refusal::{PhotoError, Refusal};
use crate::Error;

/// What is kept in memory of each, in bytes.
const IN_MEMORY: usize = 64 * 1024;

/// A file that is coming in, or has come.
#[derive(Debug)]
pub struct Upload {
    file: SpooledTempFile,
    length: usize,
}

impl Upload {
    /// An empty one that may grow to the size of a photo. What is on the disk lies in a folder under no name, and is gone
    /// when this is dropped.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { file: tempfile::spooled_tempfile_in(IN_MEMORY, folder), length: 0 }
    }

    /// Its length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing has come.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Takes the next part.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] for more than a photo may have; [`Error::Unavailable`] when the disk is full.
    pub fn push(&mut self, part: &[u8]) -> Result<(), PhotoError> {
        self.length += part.len();
        if self.length > MAX_PHOTO_BYTES {
            return Err(Refusal::TooLarge.into());
        }
        self.file.write_all(part).map_err(|error| {
            tracing::warn!(error = %error, "a file that comes in cannot be kept");
            Error::Unavailable
        })?;
        Ok(())
    }

    /// Goes back to the beginning, to be read.
    pub(super) fn rewind(&mut self) -> Result<(), PhotoError> {
        self.file.rewind().map_err(|error| Error::internal(error).into())
    }
}

impl Read for Upload {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for Upload {
    fn seek(&mut self, place: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(place)
    }
}

/// A file that is in memory already.
impl From<Bytes> for Upload {
    fn from(bytes: Bytes) -> Self {
        let mut file = tempfile::spooled_tempfile(usize::MAX);
        // Memory takes everything.
        let length = file.write(&bytes).unwrap_or_default();
        Self { file, length }
    }
}

impl From<Vec<u8>> for Upload {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

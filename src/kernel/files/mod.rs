//! Files that people upload. Images are decoded, turned upright, stripped of their metadata and encoded anew, so that
//! nothing of what was sent is ever served as it was sent. They are read small, within a budget of memory.

mod budget;
mod decode;
mod header;
mod refusal;
mod upload;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path as ObjectPath};
use serde::{Deserialize, Serialize};

pub use refusal::{PhotoError, Refusal};
pub use upload::Upload;

use budget::Budget;
use header::Header;

use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{FileId, OrgId};
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// The largest photo that is taken, in bytes.
pub const MAX_PHOTO_BYTES: usize = 10 * 1024 * 1024;
/// The longest side of a photo as it is kept, in pixels.
const PHOTO_SIDE: u32 = 2048;
/// The longest side of a thumbnail, in pixels.
const THUMBNAIL_SIDE: u32 = 480;
/// What a photo takes besides its picture as it is read: the small pictures, and how they are encoded.
const PHOTO_BYTES: u64 = 16 * 1024 * 1024;
/// How many pictures are read at once, at most: reading takes all of a processor.
const AT_ONCE: usize = 2;

/// Which rendition of an image is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendition {
    /// The photo, at most 2048 pixels a side.
    Full,
    /// A small one for lists, at most 480 pixels a side.
    Thumbnail,
}

/// A photo that has been decoded and encoded anew: both renditions are JPEG.
#[derive(Debug, Clone)]
pub struct Photo {
    full: Bytes,
    thumbnail: Bytes,
    width: u32,
    height: u32,
}

impl Photo {
    /// Whether a stored file looks like this photo, by its size and pixels: those of two pictures differ.
    #[must_use]
    pub fn is(&self, file: &StoredFile) -> bool {
        let size = (i64::from(self.width), i64::from(self.height));
        file.size == i64::try_from(self.full.len()).unwrap_or_default()
            && (file.width.unwrap_or_default(), file.height.unwrap_or_default()) == size
    }
}

/// A row of the files table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct StoredFile {
    /// The file.
    pub id: FileId,
    /// `repair`, …
    pub subject_kind: String,
    /// Whose it is.
    pub subject_id: uuid::Uuid,
    /// `front`, `documents`, …
    pub category: String,
    /// A harmless name for downloads.
    pub name: String,
    /// The media type of the bytes as stored.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
    /// Pixels, for images.
    pub width: Option<i64>,
    /// Pixels, for images.
    pub height: Option<i64>,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// Where the bytes of files lie.
#[derive(Debug, Clone)]
pub struct FileStore {
    store: Arc<dyn ObjectStore>,
    folder: Arc<Path>,
    decoding: Budget,
}

impl FileStore {
    /// A store in a folder, which must exist; and how many bytes of memory all pictures together may take while they are
    /// read.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn in_folder(folder: &Path, decoding_bytes: u64) -> Result<Self> {
        let store = LocalFileSystem::new_with_prefix(folder).map_err(Error::internal)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: folder.into(), decoding: Budget::new(decoding_bytes, AT_ONCE) })
    }

    /// A file that will come in.
    #[must_use]
    pub fn upload(&self) -> Upload {
        Upload::in_folder(&self.folder)
    }

    /// Reads an uploaded image and makes both renditions, off the async threads. What it will cost is known from its first
    /// bytes; it waits until the memory for that is free, and organisations take turns.
    ///
    /// # Errors
    /// [`PhotoError::Refused`] says what is wrong with the picture, whatever its name or declared type say.
    pub async fn prepare_photo(&self, org: OrgId, mut upload: Upload) -> Result<Photo, PhotoError> {
        if upload.len() > MAX_PHOTO_BYTES {
            return Err(Refusal::TooLarge.into());
        }
        let (upload, header) = unhurried(move || {
            upload.rewind()?;
            let header = Header::read(&mut upload)?;
            if header.fits_in(upload.len()) { Ok((upload, header)) } else { Err(Refusal::Damaged.into()) }
        })
        .await?;
        // The file's own bytes count, too: colour profiles and other texts are no longer than it.
        let cost = header.cost(decode::SMALLEST_SIDE) + upload.len() as u64 + PHOTO_BYTES;
        let share = self.decoding.take(org, cost).await?;
        unhurried(move || {
            let photo = decode::photo(upload, &header);
            drop(share);
            photo
        })
        .await
    }

    /// Stores a photo's renditions under a fresh id. The caller writes the row with [`insert_photo`]; without a row the
    /// bytes are unreachable.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the disk refuses.
    pub async fn put_photo(&self, org: OrgId, photo: &Photo) -> Result<FileId> {
        let id = FileId::new();
        for (rendition, bytes) in [(Rendition::Full, &photo.full), (Rendition::Thumbnail, &photo.thumbnail)] {
            self.store.put(&path(org, id, rendition), bytes.clone().into()).await.map_err(unavailable)?;
        }
        Ok(id)
    }

    /// The bytes of a rendition.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there are none.
    pub async fn get(&self, org: OrgId, id: FileId, rendition: Rendition) -> Result<Bytes> {
        match self.store.get(&path(org, id, rendition)).await {
            Ok(found) => found.bytes().await.map_err(unavailable),
            Err(object_store::Error::NotFound { .. }) => Err(Error::NotFound),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Removes both renditions; missing ones are fine.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the disk refuses.
    pub async fn delete(&self, org: OrgId, id: FileId) -> Result<()> {
        for rendition in [Rendition::Full, Rendition::Thumbnail] {
            match self.store.delete(&path(org, id, rendition)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(unavailable(error)),
            }
        }
        Ok(())
    }
}

fn path(org: OrgId, id: FileId, rendition: Rendition) -> ObjectPath {
    let suffix = match rendition {
        Rendition::Full => "full.jpg",
        Rendition::Thumbnail => "thumb.jpg",
    };
    ObjectPath::from(format!("{}/{}.{suffix}", org.0.simple(), id.0.simple()))
}

fn unavailable(error: object_store::Error) -> Error {
    tracing::warn!(error = %error, "file store unavailable");
    Error::Unavailable
}

/// Does on a thread of its own what takes its time. A decoder that gives up in a panic has found the picture damaged.
async fn unhurried<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PhotoError> + Send + 'static,
) -> Result<T, PhotoError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => Err(Refusal::Damaged.into()),
        Err(error) => Err(Error::internal(error).into()),
    }
}

/// Writes the row of a stored photo.
///
/// # Errors
/// What the database says.
pub async fn insert_photo(
    tx: &mut Tx,
    org: OrgId,
    id: FileId,
    photo: &Photo,
    subject: (&'static str, uuid::Uuid),
    category: &str,
    at: Timestamp,
) -> Result<StoredFile> {
    sql("INSERT INTO files (org_id, id, subject_kind, subject_id, category, name, content_type, size, width, height, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 'image/jpeg', $7, $8, $9, $10) \
         RETURNING id, subject_kind, subject_id, category, name, content_type, size, width, height, created_at")
    .bind(org)
    .bind(id)
    .bind(subject.0)
    .bind(subject.1)
    .bind(category)
    .bind(format!("{category}.jpg"))
    .bind(i64::try_from(photo.full.len()).map_err(Error::internal)?)
    .bind(photo.width)
    .bind(photo.height)
    .bind(at)
    .one(tx)
    .await
}

/// The files of a subject, oldest first.
///
/// # Errors
/// What the database says.
pub async fn of_subject(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    subject: (&'static str, uuid::Uuid),
) -> Result<Vec<StoredFile>> {
    sql("SELECT id, subject_kind, subject_id, category, name, content_type, size, width, height, created_at \
         FROM files WHERE org_id = $1 AND subject_kind = $2 AND subject_id = $3 ORDER BY id")
    .bind(org)
    .bind(subject.0)
    .bind(subject.1)
    .all(on)
    .await
}

/// One file's row.
///
/// # Errors
/// [`Error::NotFound`] when the organisation has no such file.
pub async fn find(on: impl Into<Conn<'_>>, org: OrgId, id: FileId) -> Result<StoredFile> {
    sql("SELECT id, subject_kind, subject_id, category, name, content_type, size, width, height, created_at \
         FROM files WHERE org_id = $1 AND id = $2")
    .bind(org)
    .bind(id)
    .optional(on)
    .await?
    .ok_or(Error::NotFound)
}

/// Removes a file's row.
///
/// # Errors
/// [`Error::NotFound`] when it is gone already.
pub async fn remove(tx: &mut Tx, org: OrgId, id: FileId) -> Result<()> {
    match sql("DELETE FROM files WHERE org_id = $1 AND id = $2").bind(org).bind(id).run(tx).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{GrayImage, ImageEncoder, ImageFormat, Rgb, RgbImage};
    use moxcms::ColorProfile;

    use super::*;

    /// Takes a picture with the least memory that can be configured.
    async fn taken(picture: Vec<u8>) -> Result<Photo, PhotoError> {
        let folder = tempfile::tempdir().unwrap();
        FileStore::in_folder(folder.path(), 64 * 1024 * 1024).unwrap().prepare_photo(OrgId::new(), picture.into()).await
    }

    fn refusal(outcome: Result<Photo, PhotoError>) -> Refusal {
        match outcome {
            Err(PhotoError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// A PNG of 16 bits, made row by row.
    fn deep_png(side: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, side, side);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Sixteen);
        let mut writer = encoder.write_header().unwrap();
        let mut stream = writer.stream_writer().unwrap();
        let row: Vec<u8> = (0..side).flat_map(|x| [200, 0, if x % 2 == 0 { 0 } else { 100 }, 0, 50, 0]).collect();
        for _ in 0..side {
            std::io::Write::write_all(&mut stream, &row).unwrap();
        }
        stream.finish().unwrap();
        drop(writer);
        bytes
    }

    #[tokio::test]
    async fn the_picture_of_a_phone_is_read_small() {
        let mut picture = Vec::new();
        let image = GrayImage::from_fn(8160, 6144, |x, _| image::Luma([if x < 4080 { 20 } else { 220 }]));
        JpegEncoder::new(&mut picture).encode_image(&image).unwrap();
        let photo = taken(picture).await.unwrap();
        assert_eq!((photo.width, photo.height), (2040, 1536));
        let full = image::load_from_memory(&photo.full).unwrap().to_rgb8();
        assert!(full.get_pixel(1000, 700).0[0] < 30 && full.get_pixel(1040, 700).0[0] > 210);
        let small = image::load_from_memory(&photo.thumbnail).unwrap();
        assert_eq!((small.width(), small.height()), (480, 361));
    }

    #[tokio::test]
    async fn a_deep_picture_is_read_row_by_row_and_one_that_cannot_be_is_refused() {
        let photo = taken(deep_png(4300)).await.unwrap();
        assert_eq!((photo.width, photo.height), (2048, 2048));
        let full = image::load_from_memory(&photo.full).unwrap().to_rgb8();
        let Rgb([red, green, blue]) = *full.get_pixel(1000, 1000);
        // Every other pixel of a row is green.
        assert!(red.abs_diff(200) < 6 && green.abs_diff(50) < 24 && blue.abs_diff(50) < 6, "{red} {green} {blue}");
        // What the header says counts, whatever follows: 7070 pixels a side, interlaced.
        let mut interlaced = deep_png(16);
        interlaced[16..24].copy_from_slice(&[0, 0, 0x1b, 0x9e, 0, 0, 0x1b, 0x9e]);
        interlaced[28] = 1;
        assert_eq!(refusal(taken(interlaced).await), Refusal::TooCostly);
        let cut = deep_png(300);
        assert_eq!(refusal(taken(cut[..cut.len() / 2].to_vec()).await), Refusal::Damaged);
        assert_eq!(refusal(taken(vec![0; MAX_PHOTO_BYTES + 1]).await), Refusal::TooLarge);
    }

    /// Its few bytes would be read as two hundred million pixels of grey, which takes seconds.
    #[tokio::test]
    async fn a_short_file_that_announces_a_large_picture_is_not_read() {
        let mut picture = Vec::new();
        JpegEncoder::new(&mut picture).encode_image(&GrayImage::new(8, 8)).unwrap();
        let frame = picture.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
        // Height and width of the frame header: 14,000 each.
        picture[frame + 5..frame + 9].copy_from_slice(&[0x36, 0xb0, 0x36, 0xb0]);
        assert_eq!(refusal(taken(picture).await), Refusal::Damaged);
    }

    /// A scan that changes nothing is put behind a photo ten thousand times: a tenth of a megabyte, and minutes of work.
    #[tokio::test]
    async fn a_picture_that_is_scanned_over_and_over_is_refused() {
        let mut picture = Vec::new();
        JpegEncoder::new(&mut picture).encode_image(&GrayImage::new(4000, 3000)).unwrap();
        picture.truncate(picture.len() - 2);
        for _ in 0..10_000 {
            picture.extend([0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0]);
        }
        picture.extend([0xff, 0xd9]);
        assert_eq!(refusal(taken(picture).await), Refusal::TooCostly);
    }

    #[tokio::test]
    async fn colours_come_to_srgb_and_the_profile_goes() {
        let image = RgbImage::from_pixel(64, 64, Rgb([200, 80, 80]));
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 100);
        encoder.set_icc_profile(profile.clone()).unwrap();
        encoder.encode_image(&image).unwrap();
        let mut png = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
        encoder.set_icc_profile(profile).unwrap();
        encoder.write_image(image.as_raw(), 64, 64, image::ExtendedColorType::Rgb8).unwrap();
        let mut plain = std::io::Cursor::new(Vec::new());
        image.write_to(&mut plain, ImageFormat::Png).unwrap();
        for (picture, expected) in [(jpeg, [215, 71, 75]), (png, [215, 71, 75]), (plain.into_inner(), [200, 80, 80])] {
            let photo = taken(picture).await.unwrap();
            let Rgb(shown) = *image::load_from_memory(&photo.full).unwrap().to_rgb8().get_pixel(30, 30);
            assert!(shown.iter().zip(expected).all(|(is, should)| is.abs_diff(should) < 6), "{shown:?}, {expected:?}");
            assert!(!photo.full.windows(11).any(|part| part == b"ICC_PROFILE"));
        }
    }
}

//! Files that people upload. Images are decoded, turned upright, stripped of their metadata and encoded anew, so that
//! nothing of what was sent is ever served as it was sent.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage, Rgba, codecs::jpeg::JpegEncoder,
    metadata::Orientation,
};
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path as ObjectPath};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

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
/// The most pixels that are decoded: 50 megapixels, what good phones make.
const MAX_PIXELS: u64 = 50_000_000;

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
    /// Decoding takes much memory: a few at once are enough.
    decoding: Arc<Semaphore>,
}

impl FileStore {
    /// A store in a folder, which must exist.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        let store = LocalFileSystem::new_with_prefix(folder).map_err(Error::internal)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), decoding: Arc::new(Semaphore::new(2)) })
    }

    /// Decodes an uploaded image and makes both renditions, off the async threads.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for too many bytes or pixels, [`Error::UnsupportedMedia`] for anything that is not a JPEG,
    /// PNG, WebP or GIF image, whatever its name or declared type say.
    pub async fn prepare_photo(&self, bytes: Bytes) -> Result<Photo> {
        if bytes.len() > MAX_PHOTO_BYTES {
            return Err(Error::TooLarge("A photo may have at most 10 MB.".to_owned()));
        }
        let _turn = self.decoding.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(move || make_renditions(&bytes)).await.map_err(Error::internal)?
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

fn make_renditions(bytes: &[u8]) -> Result<Photo> {
    let refused = || Error::UnsupportedMedia("Only JPEG, PNG, WebP or GIF images are taken.".to_owned());
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| refused())?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif)) {
        return Err(refused());
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_PIXELS * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| refused())?;
    // The header is read, the pixels are not: a picture of 50,000 × 50,000 costs nothing to refuse.
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::TooLarge("A photo may have at most 50 megapixels.".to_owned()));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| refused())?;
    image.apply_orientation(orientation);
    let full = fit(&image, PHOTO_SIDE);
    let thumbnail = fit(&full, THUMBNAIL_SIDE);
    Ok(Photo { width: full.width(), height: full.height(), full: jpeg(&full, 85)?, thumbnail: jpeg(&thumbnail, 75)? })
}

fn fit(image: &DynamicImage, side: u32) -> DynamicImage {
    if image.width() <= side && image.height() <= side { image.clone() } else { image.thumbnail(side, side) }
}

fn jpeg(image: &DynamicImage, quality: u8) -> Result<Bytes> {
    let mut bytes = Vec::new();
    on_white(image).write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).map_err(Error::internal)?;
    Ok(bytes.into())
}

/// The picture on a white ground: JPEG has no transparency, and the colour under it is whatever the painter left there.
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let image = image.to_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let Rgba([r, g, b, alpha]) = *image.get_pixel(x, y);
        let mix = |v: u8| (u16::from(v) * u16::from(alpha) + 255 * (255 - u16::from(alpha))).div_ceil(255) as u8;
        Rgb([mix(r), mix(g), mix(b)])
    })
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

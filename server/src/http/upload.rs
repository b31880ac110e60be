//! Photos that come in by multipart, from the API and from forms.

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use officina::kernel::App;
use officina::kernel::files::{MAX_PHOTO_BYTES, Photo};
use officina::repairs::PhotoCategory;
use officina::repairs::photos::MAX_PHOTOS;
use officina::{Error, Result};

use super::error::ApiError;

/// A multipart body of the API, refused in the words of the contract when it is none.
#[derive(Debug)]
pub struct PhotoForm(pub Multipart);

impl<S: Send + Sync> FromRequest<S> for PhotoForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let refused =
            |_| Error::UnsupportedMedia("The body must be multipart/form-data with photos.".to_owned()).into();
        Multipart::from_request(request, state).await.map(Self).map_err(refused)
    }
}

/// The most that a request with photos may weigh: all photos at their largest, and a little for the other fields.
pub const MAX_UPLOAD_BYTES: usize = MAX_PHOTOS * MAX_PHOTO_BYTES + 1024 * 1024;

/// The most that a request with a single photo may weigh.
pub const MAX_ONE_PHOTO_BYTES: usize = MAX_PHOTO_BYTES + 1024 * 1024;

/// Reads one part up to the size of a photo. Empty when a form's file field was left empty.
///
/// # Errors
/// [`Error::TooLarge`] as soon as it is longer; [`Error::BadRequest`] when it is cut off.
pub async fn read_photo(field: &mut Field<'_>) -> Result<Bytes> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + chunk.len() > MAX_PHOTO_BYTES {
            return Err(Error::TooLarge("A photo may have at most 10 MB.".to_owned()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// What is wrong with a multipart body.
#[must_use]
pub fn unreadable(error: &MultipartError) -> Error {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge("The photos are too large together.".to_owned())
    } else {
        Error::BadRequest("The form did not arrive in full.".to_owned())
    }
}

/// Reads a body for its first file.
///
/// # Errors
/// As [`read_photos`].
pub async fn read_one_photo(app: &App, mut body: Multipart) -> Result<Photo> {
    while let Some(mut field) = body.next_field().await.map_err(|error| unreadable(&error))? {
        let bytes = read_photo(&mut field).await?;
        if !bytes.is_empty() {
            return app.files.prepare_photo(bytes).await;
        }
    }
    Err(Error::field("logo", "required", "is required"))
}

/// Reads a body of photos alone: each part is one, its name says what it shows (`front`, `rear`, …; else `detail`).
///
/// Every photo is decoded before anything is written, so that one bad photo leaves the repair untouched.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::UnsupportedMedia`], or [`Error::BadRequest`] when there is no photo at all.
pub async fn read_photos(app: &App, mut body: Multipart) -> Result<Vec<(PhotoCategory, Photo)>> {
    let mut photos = Vec::new();
    while let Some(mut field) = body.next_field().await.map_err(|error| unreadable(&error))? {
        let category = field.name().and_then(|name| name.parse().ok()).unwrap_or(PhotoCategory::Detail);
        let bytes = read_photo(&mut field).await?;
        if bytes.is_empty() {
            continue;
        }
        if photos.len() == MAX_PHOTOS {
            return Err(Error::TooLarge(format!("A repair may have at most {MAX_PHOTOS} photos.")));
        }
        photos.push((category, app.files.prepare_photo(bytes).await?));
    }
    if photos.is_empty() {
        return Err(Error::field("photos", "required", "are required"));
    }
    Ok(photos)
}

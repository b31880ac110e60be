//! Photos that come in by multipart, from the API and from forms.

use axum::Json;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use officina::kernel::actor::Actor;
use officina::kernel::files::{MAX_PHOTO_BYTES, Photo, PhotoError, Refusal, Upload};
use officina::repairs::photos::MAX_PHOTOS;
use officina::repairs::{PhotoCategory, RepairPhoto};
use officina::{Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use crate::state::AppState;

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

/// Where the photos of a request go to.
#[derive(Debug, Clone, Copy)]
pub struct Intake<'a> {
    state: &'a AppState,
    actor: &'a Actor,
}

impl<'a> Intake<'a> {
    /// What somebody sends to their organisation.
    #[must_use]
    pub const fn new(state: &'a AppState, actor: &'a Actor) -> Self {
        Self { state, actor }
    }

    /// Takes one part to its end and makes a photo of it. None when a form's file field was left empty.
    ///
    /// # Errors
    /// When the body is cut off; inside, what is wrong with this one photo.
    pub async fn photo(self, mut field: Field<'_>) -> Result<Result<Option<Photo>, PhotoError>, MultipartError> {
        let mut upload = self.state.app.files.upload();
        let mut kept = Ok(());
        while let Some(part) = field.chunk().await? {
            // What is too much is read all the same, so that the client is there for the answer.
            if kept.is_ok() {
                kept = upload.push(&part);
            }
        }
        Ok(match kept {
            Ok(()) if upload.is_empty() => Ok(None),
            Ok(()) => self.prepare(upload).await.map(Some),
            Err(error) => Err(error),
        })
    }

    async fn prepare(self, upload: Upload) -> Result<Photo, PhotoError> {
        self.state.rates.count_file(self.actor, upload.len())?;
        self.state.app.files.prepare_photo(self.actor.org, upload).await
    }
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
pub async fn read_one_photo(intake: Intake<'_>, mut body: Multipart) -> Result<Photo> {
    while let Some(field) = body.next_field().await.map_err(|error| unreadable(&error))? {
        if let Some(photo) = intake.photo(field).await.map_err(|error| unreadable(&error))?? {
            return Ok(photo);
        }
    }
    Err(Error::field("logo", "required", "is required"))
}

/// A photo that was not taken, beside others that were.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedPhoto {
    /// Which one of those that were sent, counted from 0.
    pub index: usize,
    /// What it shows.
    pub category: PhotoCategory,
    /// The stable word for programs.
    #[schema(examples("photo_too_large"))]
    pub code: &'static str,
    /// The sentence for people.
    pub error: String,
}

/// What came of a body of photos.
#[derive(Debug, Default)]
pub struct SentPhotos {
    /// Those that can be added.
    pub photos: Vec<(PhotoCategory, Photo)>,
    /// Those that cannot.
    pub refused: Vec<RefusedPhoto>,
}

/// The answer to a body of photos: those that were added, and beside them why others were not.
#[derive(Debug, Serialize, ToSchema)]
pub struct AddedPhotos {
    /// Those that were added.
    pub data: Vec<RepairPhoto>,
    /// Those that were not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedPhoto>,
}

impl IntoResponse for AddedPhotos {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// Reads a body of photos alone: each part is one, its name says what it shows (`front`, `rear`, …; else what a part
/// `category` before it says, else `detail`). One that cannot be taken costs itself and not the others.
///
/// # Errors
/// The reason of the first photo where none can be taken: [`Error::TooLarge`], [`Error::UnsupportedMedia`],
/// [`Error::RateLimited`]; a broken field when there is no photo at all.
pub async fn read_photos(intake: Intake<'_>, mut body: Multipart) -> Result<SentPhotos> {
    let mut sent = SentPhotos::default();
    let mut first_refusal = None;
    let mut shown = PhotoCategory::Detail;
    while let Some(field) = body.next_field().await.map_err(|error| unreadable(&error))? {
        if field.name() == Some("category") && field.file_name().is_none() {
            let word = field.text().await.map_err(|error| unreadable(&error))?;
            shown = word.parse().unwrap_or(PhotoCategory::Detail);
            continue;
        }
        let category = field.name().and_then(|name| name.parse().ok()).unwrap_or(shown);
        if sent.photos.len() + sent.refused.len() == MAX_PHOTOS {
            return Err(Refusal::TooMany { most: MAX_PHOTOS }.into());
        }
        let photo = match intake.photo(field).await.map_err(|error| unreadable(&error))? {
            Ok(Some(photo)) => Ok(photo),
            Ok(None) => continue,
            Err(PhotoError::Refused(refusal)) => Err(refusal),
            Err(PhotoError::Failed(error)) => return Err(error),
        };
        match photo {
            Ok(photo) => sent.photos.push((category, photo)),
            Err(refusal) => {
                first_refusal.get_or_insert(refusal);
                let index = sent.photos.len() + sent.refused.len();
                let (code, error) = (refusal.code(), refusal.to_string());
                sent.refused.push(RefusedPhoto { index, category, code, error });
            }
        }
    }
    match first_refusal {
        Some(refusal) if sent.photos.is_empty() => Err(refusal.into()),
        None if sent.photos.is_empty() => Err(Error::field("photos", "required", "are required")),
        _ => Ok(sent),
    }
}

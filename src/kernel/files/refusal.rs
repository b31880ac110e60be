//! Why a picture is not taken, each reason in its own words.

use crate::Error;

/// Why a picture is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file is too long.
    #[error("This picture has more than 10 MB. A photo may have at most 10 MB.")]
    TooLarge,
    /// More pixels than any phone makes.
    #[error("This picture has {megapixels} megapixels. A photo may have at most 200.")]
    TooManyPixels {
        /// Millions of pixels.
        megapixels: u64,
    },
    /// Reading it takes more memory than there is for pictures: it is interlaced, progressive or a large WebP or GIF.
    #[error(
        "This picture is saved in a way that takes too much memory to read. Save it as a plain JPEG, or make it smaller."
    )]
    TooCostly,
    /// HEIC, HEIF or AVIF.
    #[error("This picture is HEIC, which is not read here. Send it as JPEG.")]
    Heic,
    /// No picture at all, or of a kind that is not taken.
    #[error("This is no picture that is read here. Only JPEG, PNG, WebP or GIF images are taken.")]
    NoPicture,
    /// It begins like a picture and cannot be read to its end.
    #[error("This picture is damaged. It could not be read to its end.")]
    Damaged,
    /// There are more of them than a record may have.
    #[error("This picture is one too many. A repair may have at most {most} photos.")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// The client, or the organisation, has sent as much as may be sent in an hour.
    #[error("This picture is more than may be sent in an hour. Try again in {} minutes.", .retry_after.div_ceil(60))]
    Quota {
        /// Seconds until another try has a chance.
        retry_after: u64,
    },
    /// Too many pictures wait to be read.
    #[error("This picture came while too many others were waiting to be read. Send it again in a moment.")]
    Busy,
}

/// Why a picture could not be made a photo: because of what it is, or because something of ours failed.
#[derive(Debug)]
pub enum PhotoError {
    /// The picture is not taken. Others may be.
    Refused(Refusal),
    /// Nothing is wrong with the picture.
    Failed(Error),
}

impl From<Refusal> for PhotoError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for PhotoError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<PhotoError> for Error {
    fn from(error: PhotoError) -> Self {
        match error {
            PhotoError::Refused(refusal) => refusal.into(),
            PhotoError::Failed(error) => error,
        }
    }
}

impl Refusal {
    /// The words of [`Refusal::code`].
    pub const CODES: [&'static str; 9] = [
        "photo_too_large",
        "photo_too_many_pixels",
        "photo_too_costly",
        "photo_heic",
        "photo_unsupported",
        "photo_damaged",
        "too_many_photos",
        "photo_quota",
        "photo_busy",
    ];

    /// The stable word for programs, and for the texts of public pages.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "photo_too_large",
            Self::TooManyPixels { .. } => "photo_too_many_pixels",
            Self::TooCostly => "photo_too_costly",
            Self::Heic => "photo_heic",
            Self::NoPicture => "photo_unsupported",
            Self::Damaged => "photo_damaged",
            Self::TooMany { .. } => "too_many_photos",
            Self::Quota { .. } => "photo_quota",
            Self::Busy => "photo_busy",
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLarge | Refusal::TooManyPixels { .. } | Refusal::TooCostly | Refusal::TooMany { .. } => {
                Self::TooLarge(refusal.to_string())
            }
            Refusal::Heic | Refusal::NoPicture | Refusal::Damaged => Self::UnsupportedMedia(refusal.to_string()),
            Refusal::Quota { retry_after } => Self::RateLimited { retry_after },
            Refusal::Busy => Self::Unavailable,
        }
    }
}

//! The one error of the domain. It is mapped once to HTTP (server) and once to server functions (app).

use crate::kernel::permission::Permission;
use crate::kernel::validate::FieldErrors;

/// The result of anything in the domain.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields broke their rules; all of them are named.
    #[error("Some fields need another look.")]
    Validation(FieldErrors),
    /// The request makes no sense as a whole, and again would make none: a job that fails by it is not tried for as long.
    #[error("{0}")]
    BadRequest(String),
    /// No credentials or wrong ones. It never says which part was wrong.
    #[error("Sign in to continue.")]
    Unauthorized,
    /// A known actor without the permission.
    #[error("You are not allowed to do this.")]
    Forbidden(Permission),
    /// The operator of the installation alone may do this.
    #[error("You are not allowed to do this.")]
    OperatorOnly,
    /// The role needs a second factor, and the person has none yet.
    #[error("Your role needs a second factor. Switch it on first.")]
    FactorNeeded,
    /// The person must prove once more who they are: the browser may have been left open.
    #[error("Enter your password again to do this.")]
    ProofNeeded,
    /// Unknown, or of another organisation: the two look the same on purpose.
    #[error("Not found.")]
    NotFound,
    /// The state does not allow it: a duplicate, a forbidden transition, a stale version.
    #[error("{}", .0.message)]
    Conflict(Conflict),
    /// More bytes, items or pixels than the limit.
    #[error("{0}")]
    TooLarge(String),
    /// Content of a kind that is not taken here.
    #[error("{0}")]
    UnsupportedMedia(String),
    /// Too many requests; try again after so many seconds.
    #[error("Too many requests. Try again in {retry_after} second{}.", if *.retry_after == 1 { "" } else { "s" })]
    RateLimited {
        /// Seconds until another try has a chance.
        retry_after: u64,
    },
    /// The database is busy or away, or the server is shutting down. Nothing was written.
    #[error("The service is busy. Try again in a moment.")]
    Unavailable,
    /// Our fault. The text goes to the log, never to the client.
    #[error("Something went wrong on our side.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What stands in the way, for clients that want to go on from there.
#[derive(Debug, Clone, Default)]
pub struct Conflict {
    /// The sentence for people.
    pub message: String,
    /// The record that already exists.
    pub existing_id: Option<uuid::Uuid>,
    /// The steps that would be allowed now.
    pub allowed: Option<Vec<&'static str>>,
    /// The version that the record has now.
    pub version: Option<i64>,
    /// The field of the request that does it all the same, where it only has to be asked first.
    pub confirm: Option<&'static str>,
}

impl Error {
    /// An internal error from a sentence for the log.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// A single broken field.
    #[must_use]
    pub fn field(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self::Validation(FieldErrors::single(field, code, message))
    }

    /// A conflict that only needs a sentence.
    #[must_use]
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict(Conflict { message: message.into(), ..Conflict::default() })
    }

    /// The stable word of the HTTP contract.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Validation(_) => "VALIDATION_ERROR",
            Self::BadRequest(_) => "BAD_REQUEST",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Forbidden(_) | Self::OperatorOnly | Self::FactorNeeded | Self::ProofNeeded => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict(_) => "CONFLICT",
            Self::TooLarge(_) => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMedia(_) => "UNSUPPORTED_MEDIA_TYPE",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal(_) => "INTERNAL_ERROR",
        }
    }

    /// The HTTP status of the contract. Here, because both mappings need the same number.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Validation(_) | Self::BadRequest(_) => 400,
            Self::Unauthorized => 401,
            Self::Forbidden(_) | Self::OperatorOnly | Self::FactorNeeded | Self::ProofNeeded => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::TooLarge(_) => 413,
            Self::UnsupportedMedia(_) => 415,
            Self::RateLimited { .. } => 429,
            Self::Unavailable => 503,
            Self::Internal(_) => 500,
        }
    }
}

#[cfg(feature = "ssr")]
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        // SQLSTATE 22021: PostgreSQL takes no NUL in a text, and no text of ours holds one.
        if error.as_database_error().is_some_and(|database| database.code().as_deref() == Some("22021")) {
            return Self::BadRequest("The request holds a character that no text can have.".to_owned());
        }
        let away = match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
                true
            }
            sqlx::Error::Database(database) => is_passing(database.code().as_deref()),
            _ => false,
        };
        if away {
            tracing::warn!(error = %error, "database unavailable");
            Self::Unavailable
        } else {
            Self::Internal(Box::new(error))
        }
    }
}

/// Database codes of a state that passes: SQLite busy (5), locked (6), i/o error (10) and full (13) with their extended
/// forms; PostgreSQL connection failures (08…), serialisation and deadlock (40…), resources (53…), a lock that others hold
/// (55P03), shutdown (57P…).
#[cfg(feature = "ssr")]
fn is_passing(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    // An SQLSTATE has five characters; SQLite's extended codes have at most four digits.
    if code.len() == 5 {
        return ["08", "40", "53", "55P03", "57P"].iter().any(|class| code.starts_with(class));
    }
    code.parse::<u32>().is_ok_and(|number| matches!(number & 0xff, 5 | 6 | 10 | 13))
}

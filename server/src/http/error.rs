//! Errors as HTTP answers: the domain's error, mapped once.

use std::collections::BTreeMap;

use app::staff::person::OTHER_MEMBER;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use officina::Error;
use serde::Serialize;
use utoipa::ToSchema;

use super::request_id;

/// The result of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

/// An error on its way out of a handler. `?` makes it from the domain's error.
#[derive(Debug)]
pub enum ApiError {
    /// What the domain says.
    Domain(Error),
    /// The path exists, but not for this method.
    MethodNotAllowed,
    /// No form that the client accepts.
    NotAcceptable,
    /// A request from another site's page that would ride on the visitor's cookie.
    CrossSite,
    /// No device key, or one that is not known or has ended.
    UnknownDevice,
    /// A page that was made for another member than the one who is signed in by now.
    OtherMember,
    /// A device key that is good, but for another device than the one in the path.
    ForeignDevice,
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// The sentence for people.
    pub error: String,
    /// The stable word for programs.
    #[schema(examples("VALIDATION_ERROR"))]
    pub code: &'static str,
    /// The broken fields and what is wrong with each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<BTreeMap<String, Vec<String>>>,
    /// The record that exists already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing_id: Option<uuid::Uuid>,
    /// The steps that would be allowed now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
    /// The version that the record has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The field of the request that, as `true`, does it all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
    /// Leads to the log.
    pub request_id: String,
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Domain(error) => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::UnknownDevice => StatusCode::UNAUTHORIZED,
            Self::CrossSite | Self::ForeignDevice => StatusCode::FORBIDDEN,
            Self::OtherMember => StatusCode::CONFLICT,
        }
    }

    /// The body of the answer.
    #[must_use]
    pub fn into_body(self, request_id: &str) -> ErrorBody {
        let (error, code) = match &self {
            Self::Domain(error) => (error.to_string(), error.code()),
            Self::MethodNotAllowed => ("This address does not take this method.".to_owned(), "METHOD_NOT_ALLOWED"),
            Self::NotAcceptable => ("There is no such form of this resource.".to_owned(), "NOT_ACCEPTABLE"),
            Self::CrossSite => ("Requests from other sites are not taken.".to_owned(), "FORBIDDEN"),
            Self::UnknownDevice => {
                ("The header x-device-key must hold a key that is in force.".to_owned(), "UNAUTHORIZED")
            }
            Self::OtherMember => ("Somebody else has signed in here. Load the page anew.".to_owned(), OTHER_MEMBER),
            Self::ForeignDevice => ("This key belongs to another device.".to_owned(), "FORBIDDEN"),
        };
        let mut body = ErrorBody {
            error,
            code,
            fields: None,
            existing_id: None,
            allowed: None,
            version: None,
            confirm: None,
            request_id: request_id.to_owned(),
        };
        match self {
            Self::Domain(Error::Validation(errors)) => {
                let sentences = |errors: Vec<officina::kernel::validate::FieldError>| {
                    errors.into_iter().map(|error| error.message).collect()
                };
                body.fields = Some(errors.0.into_iter().map(|(field, errors)| (field, sentences(errors))).collect());
            }
            Self::Domain(Error::Conflict(conflict)) => {
                body.existing_id = conflict.existing_id;
                body.allowed = conflict.allowed.map(|steps| steps.into_iter().map(str::to_owned).collect());
                body.version = conflict.version;
                body.confirm = conflict.confirm.map(str::to_owned);
            }
            _ => {}
        }
        body
    }

    const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Domain(error) => retry_after(error),
            _ => None,
        }
    }
}

/// Seconds after which another try has a chance.
#[must_use]
pub const fn retry_after(error: &Error) -> Option<u64> {
    match error {
        Error::RateLimited { retry_after } => Some(*retry_after),
        Error::Unavailable => Some(2),
        _ => None,
    }
}

/// Logs an internal error, once, with the id that the answer carries.
pub fn log_internal(error: &Error, request_id: &str) {
    if let Error::Internal(cause) = error {
        tracing::error!(request.id = request_id, cause = %cause, "a request failed");
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let id = request_id::current();
        if let Self::Domain(error) = &self {
            log_internal(error, &id);
        }
        let (status, retry_after) = (self.status(), self.retry_after());
        let mut response = (status, Json(self.into_body(&id))).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110, section 11.6.1: a 401 names a scheme.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

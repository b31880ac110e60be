//! Extractors that refuse in the words of the contract.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use officina::kernel::page::PageRequest;
use officina::kernel::validate::FieldErrors;
use officina::{Error, Result};
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::refusal::not_known;
use super::value::Value;
use crate::api;

/// A JSON body.
///
/// Refuses with 415 what does not say that it is JSON (a cross-site form cannot say so), with 413 what is too long, and
/// with 400 what is no JSON, has an unknown field or a wrong type, naming the field. `T` should deny unknown fields.
#[derive(Debug)]
pub struct ApiJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        if !is_json(request.headers()) {
            return Err(
                Error::UnsupportedMedia("The body must be JSON (Content-Type: application/json).".to_owned()).into()
            );
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        Ok(Self(parse_json(&body)?))
    }
}

/// A JSON body that may be left out: nothing at all is `{}`, and so is `null`.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let is_json = is_json(request.headers());
        let body = Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        if body.is_empty() || is_json && body.trim_ascii() == b"null" {
            Ok(Self(T::default()))
        } else if is_json {
            Ok(Self(parse_json(&body)?))
        } else {
            Err(Error::UnsupportedMedia("The body must be JSON (Content-Type: application/json).".to_owned()).into())
        }
    }
}

/// Whether the headers announce JSON.
#[must_use]
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// A body that could not be read: too long, too slow, or cut off.
#[must_use]
pub fn unreadable(rejection: &BytesRejection) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge("The body is too large.".to_owned())
    } else {
        Error::BadRequest("The body did not arrive in full.".to_owned())
    }
}

/// Reads JSON, naming the field that is wrong.
///
/// # Errors
/// [`Error::BadRequest`] for what is no JSON, [`Error::Validation`] for a field.
pub fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    // Some programs begin every text with a byte order mark; a reader may pass it over (RFC 8259, section 8.1).
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        Error::BadRequest(if error.is_eof() {
            "The body is not JSON: it ends too early.".to_owned()
        } else {
            format!("The body is not JSON: see line {}, column {}.", error.line(), error.column())
        })
    })?;
    if !matches!(value, Value::Object(_)) {
        return Err(Error::BadRequest("The body must be a JSON object.".to_owned()));
    }
    value.read()
}

/// The query string.
#[derive(Debug)]
pub struct ApiQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parse_query(parts).map(Self).map_err(ApiError::from)
    }
}

fn parse_query<T: DeserializeOwned>(parts: &Parts) -> Result<T> {
    Value::from_query(parts.uri.query().unwrap_or_default())?.read()
}

/// Refuses query parameters that an address does not know, so that a misspelt filter does not return everything. What it
/// knows is what its description names; an address without a description is left alone.
///
/// What an extractor reads is no more than a part of the query string, and a handler may have none: so this is a layer.
pub async fn refuse_unknown_parameters(request: Request, next: Next) -> Response {
    match unknown_parameters(&request) {
        Ok(()) => next.run(request).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}

fn unknown_parameters(request: &Request) -> Result<()> {
    let Some(query) = request.uri().query().filter(|query| !query.is_empty()) else { return Ok(()) };
    let Some(path) = request.extensions().get::<MatchedPath>() else { return Ok(()) };
    let Some(known) = api::known_parameters(request.method(), path.as_str()) else { return Ok(()) };
    let mut errors = FieldErrors::default();
    if let Value::Object(given) = Value::from_query(query)? {
        let mut given: Vec<String> = given.into_iter().map(|(name, _)| name).collect();
        given.dedup();
        for name in given.iter().filter(|name| !known.contains(name)) {
            errors.add(name, "unknown_parameter", not_known(known));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Validation(errors)) }
}

/// The part of the query string that every list has: `limit`, `cursor`, `page`. Other keys are left to [`ApiQuery`].
#[derive(Debug)]
pub struct Paging(pub PageRequest);

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parse_query(parts).map(Self).map_err(ApiError::from)
    }
}

/// Ids in the path. One that is no id is as unknown as one that nobody has: 404.
#[derive(Debug)]
pub struct ApiPath<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for ApiPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(_) => Err(Error::NotFound.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[expect(dead_code, reason = "only the refusals are looked at")]
    struct Body {
        first_name: String,
        age: Option<u8>,
    }

    fn fields(json: &str) -> Vec<String> {
        match parse_json::<Body>(json.as_bytes()) {
            Err(Error::Validation(errors)) => errors.0.into_keys().collect(),
            other => panic!("{json}: {other:?}"),
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        assert_eq!(fields(r#"{"age": 3}"#), ["firstName"]);
        assert_eq!(fields(r#"{"firstName": "A", "role": "admin"}"#), ["role"]);
        assert_eq!(fields(r#"{"firstName": "A", "age": "old"}"#), ["age"]);
        assert_eq!(fields(r#"{"firstName": 1}"#), ["firstName"]);
    }

    #[test]
    fn what_is_no_json_is_a_bad_request() {
        let deep = "[".repeat(100_000);
        for bad in ["", "{", "{\"firstName\": \"A\"", "{} {}", "[1]", deep.as_str()] {
            assert!(
                matches!(parse_json::<Body>(bad.as_bytes()), Err(Error::BadRequest(_) | Error::Validation(_))),
                "{bad:.20}"
            );
        }
        assert!(matches!(parse_json::<Body>(b"{\"firstName\": \"A\"} x"), Err(Error::BadRequest(_))));
    }
}

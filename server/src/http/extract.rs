//! Extractors that refuse in the words of the contract.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use officina::kernel::page::PageRequest;
use officina::{Error, Result};
use serde::de::DeserializeOwned;

use super::error::ApiError;

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

/// A JSON body that may be left out: nothing at all is `{}`.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let is_json = is_json(request.headers());
        let body = Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        if body.is_empty() {
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
    // serde would also take an array as a struct, by the order of its fields.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::BadRequest("The body must be a JSON object.".to_owned()));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() {
            field_error(&path, &without_position(&error.to_string()))
        } else {
            Error::BadRequest(format!("The body is not JSON: {error}."))
        }
    })?;
    json.end().map_err(|error| Error::BadRequest(format!("The body is not JSON: {error}.")))?;
    Ok(value)
}

/// The message of serde_json without its ` at line 1 column 7`: the field is named, which is more.
fn without_position(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned()
}

/// What serde says about a value, put beside the field it is about.
fn field_error(path: &str, message: &str) -> Error {
    let path = path.trim_matches('.');
    let named = |prefix: &str| Some(message.strip_prefix(prefix)?.split('`').next()?.to_owned());
    let inside = |field: String| if path.is_empty() { field } else { format!("{path}.{field}") };
    if let Some(field) = named("missing field `") {
        return Error::field(&inside(field), "required", "is required");
    }
    if let Some(field) = named("unknown field `") {
        // The path of an unknown field ends with the field itself.
        let field = if path.ends_with(&field) { path.to_owned() } else { inside(field) };
        return Error::field(&field, "unknown_field", "is not known here");
    }
    if path.is_empty() {
        Error::BadRequest(format!("The request is wrong: {message}."))
    } else {
        Error::field(path, "invalid", message)
    }
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
    // PostgreSQL takes no NUL in a text. A list would say so in time, an answer that is streamed would only break off.
    if parts.uri.query().is_some_and(|query| query.contains("%00")) {
        return Err(Error::BadRequest("The query holds a character that no text can have.".to_owned()));
    }
    let Query(value) = Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
        let text = rejection.body_text();
        let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
        match text.split_once(": ") {
            Some((field, message)) if !field.contains(' ') => field_error(field, message),
            _ => field_error("", text),
        }
    })?;
    Ok(value)
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

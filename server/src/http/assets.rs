//! The site's files, from inside the binary: style, script, WASM, favicon, images.

use app::shell::Assets;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// A file whose name holds the hash of its content never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Everything else is asked for again, which costs an empty answer while it is the same.
const ASK_AGAIN: &str = "public, no-cache";

#[derive(RustEmbed)]
#[folder = "../target/site"]
struct Site;

/// The addresses of the built files, for the document shells.
#[must_use]
pub fn names() -> Assets {
    Assets { css: built("css"), js: built("js"), wasm: built("wasm") }
}

/// The newest built file of a kind. Builds leave files of earlier ones behind.
fn built(extension: &str) -> String {
    let newest = Site::iter()
        .filter(|path| {
            let name = path.strip_prefix("pkg/officina.").and_then(|name| name.strip_suffix(extension));
            name.is_some_and(|hash| hash.is_empty() || hash.ends_with('.'))
        })
        .max_by_key(|path| (Site::get(path).and_then(|file| file.metadata.last_modified()), is_hashed(path)));
    format!("/{}", newest.unwrap_or_else(|| format!("pkg/officina.{extension}").into()))
}

/// Whether a path is `pkg/<name>.<hash>.<extension>`.
fn is_hashed(path: &str) -> bool {
    let parts: Vec<&str> = path.strip_prefix("pkg/").unwrap_or_default().split('.').collect();
    matches!(parts[..], [_, hash, _] if hash.len() >= 16 && hash.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)))
}

/// The file at a path, if there is one.
#[must_use]
pub fn serve(method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.strip_prefix('/')?;
    // The compressed forms are no files of their own.
    if path.ends_with(".br") || path.ends_with(".gz") {
        return None;
    }
    let plain = Site::get(path)?;
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Some((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response());
    }
    let (file, encoding) = compressed(path, headers).unwrap_or((plain, None));
    let tag: String = file.metadata.sha256_hash()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let unchanged = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag));
    let mut response =
        if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(file.data).into_response() };
    let content_type = mime_guess::from_path(path).first_raw().unwrap_or("application/octet-stream");
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(if is_hashed(path) { FOR_EVER } else { ASK_AGAIN }));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        answer.insert(header::ETAG, tag);
    }
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// The smallest form that the client takes.
fn compressed(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |name: &str| {
        accepted.split(',').map(|part| part.replace(' ', "")).any(|part| {
            let (encoding, weight) = part.split_once(";q=").unwrap_or((part.as_str(), "1"));
            encoding.eq_ignore_ascii_case(name) && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
        })
    };
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(name, _)| takes(name))
        .find_map(|(name, extension)| Some((Site::get(&format!("{path}.{extension}"))?, Some(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_hashed("pkg/officina.Ab3dEf6hIj8kLm0nOp.wasm"));
        for path in ["pkg/officina.wasm", "favicon.svg", "pkg/officina.min.js", "fonts/a.0123456789abcdef0.woff2"] {
            assert!(!is_hashed(path), "{path}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_served() {
        for path in ["/", "", "/../Cargo.toml", "/nothing.css", "//etc/passwd"] {
            assert!(serve(&Method::GET, path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}

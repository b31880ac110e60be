//! Addresses with a slash too many at their end, as people and programs write them.

use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Redirect, Response};

/// Leads to the same address without the slashes at its end, if it has any and nothing is found there.
///
/// What changes something is led on only within the API, where programs follow with the same method and body (RFC 9110,
/// section 15.4.9); no form of ours asks for such an address.
#[must_use]
pub fn without(method: &Method, uri: &Uri) -> Option<Response> {
    if !method.is_safe() && !uri.path().starts_with("/api/") {
        return None;
    }
    let to = target(uri.path())?;
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(Redirect::permanent(&format!("{to}{query}")).into_response())
}

/// The path to lead to. It begins with exactly one slash: after two, or after a slash and a backslash, browsers read the
/// name of another site.
fn target(path: &str) -> Option<String> {
    let (bare, is_ours) = (path.strip_suffix('/')?.trim_matches('/'), !path.contains('\\'));
    (is_ours && !bare.is_empty()).then(|| format!("/{bare}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_too_many_is_left_out_and_never_leads_to_another_site() {
        for (path, to) in [
            ("/check-in/", Some("/check-in")),
            ("/o/rossi/check-in//", Some("/o/rossi/check-in")),
            ("//evil.example/", Some("/evil.example")),
            ("///evil.example//", Some("/evil.example")),
            ("/\\evil.example/", None),
            ("/check-in", None),
            ("/", None),
            ("//", None),
        ] {
            assert_eq!(target(path).as_deref(), to, "{path}");
        }
    }
}

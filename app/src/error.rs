//! The error that server functions answer with. It carries what a page may show and nothing of the cause.

use std::collections::BTreeMap;

use leptos::server_fn::Bytes;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use officina::kernel::validate::FieldErrors;
use serde::{Deserialize, Serialize};

use crate::staff::person::OTHER_MEMBER;

/// Why a server function refused or failed, in words for the page.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct PageError {
    /// The stable word of the HTTP contract.
    pub code: String,
    /// The sentence for people.
    pub message: String,
    /// Broken fields and their first sentence.
    pub fields: BTreeMap<String, String>,
    /// The HTTP status.
    pub status: u16,
    /// Whether the person must first prove once more who they are.
    pub needs_proof: bool,
}

impl PageError {
    /// Whether someone else was faster, so that the page should load anew.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.status == 409
    }

    /// Whether it is likely to pass by itself, so that what was asked may be asked once more: the network, a server that
    /// starts anew or is too busy, a fault of ours. Everything else is an answer.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..)
    }

    /// Whether the page is nobody's any more: its session has ended, or somebody else has signed in. Loaded anew, it is theirs,
    /// or asks who is there.
    #[must_use]
    pub fn needs_reload(&self) -> bool {
        self.status == 401 || self.code == OTHER_MEMBER
    }

    /// The sentence of a field, if it was refused.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields.get(name).cloned()
    }

    fn new(code: &str, status: u16, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), fields: BTreeMap::new(), status, needs_proof: false }
    }

    /// The first refusal of each broken field, as a sentence: the domain says `is required`.
    fn with_fields(mut self, errors: &FieldErrors) -> Self {
        self.fields = errors
            .0
            .iter()
            .filter_map(|(name, list)| Some((name.clone(), format!("This {}.", list.first()?.message))))
            .collect();
        self
    }
}

impl From<officina::Error> for PageError {
    /// Maps the domain's error: the client learns code, sentence and fields; the cause of our own faults is logged.
    fn from(error: officina::Error) -> Self {
        #[cfg(feature = "ssr")]
        {
            if let officina::Error::Internal(cause) = &error {
                tracing::error!(error = %cause, "a server function failed");
            }
            set_status(error.status());
        }
        let page_error = Self::new(error.code(), error.status(), error.to_string());
        match &error {
            officina::Error::Validation(fields) => page_error.with_fields(fields),
            officina::Error::ProofNeeded => Self { needs_proof: true, ..page_error },
            _ => page_error,
        }
    }
}

impl FromServerFnError for PageError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            // The browser never got an answer.
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => unreachable(),
            // In the browser it is the answer that cannot be read: cut short, or of another version.
            #[cfg(not(feature = "ssr"))]
            ServerFnErrorErr::Deserialization(_) => Self::new(
                "UNAVAILABLE",
                502,
                "The server's answer could not be read. Try again, or load the page anew.",
            ),
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(_) => not_understood(),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => not_understood(),
            _ => Self::new("INTERNAL_ERROR", 500, "Something went wrong on our side."),
        }
    }

    /// Reads the answer to a call that was refused or failed: a function's own error, the body that the server refuses
    /// other requests with, or what a proxy says in its place, which is for nobody to read.
    fn de(answer: Bytes) -> Self {
        if let Ok(error) = serde_json::from_slice::<Self>(&answer) {
            return error;
        }
        serde_json::from_slice::<Refusal>(&answer).map_or_else(|_| unreachable(), Self::from)
    }
}

/// The body of the HTTP contract's errors, as far as a page shows it.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    code: String,
}

impl From<Refusal> for PageError {
    fn from(Refusal { error, code }: Refusal) -> Self {
        let status = match code.as_str() {
            "BAD_REQUEST" => 400,
            "UNAUTHORIZED" => 401,
            "FORBIDDEN" => 403,
            "NOT_FOUND" => 404,
            "METHOD_NOT_ALLOWED" => 405,
            "CONFLICT" | OTHER_MEMBER => 409,
            "PAYLOAD_TOO_LARGE" => 413,
            "RATE_LIMITED" => 429,
            "INTERNAL_ERROR" => 500,
            _ => 503,
        };
        Self::new(&code, status, error)
    }
}

fn not_understood() -> PageError {
    #[cfg(feature = "ssr")]
    set_status(400);
    PageError::new("BAD_REQUEST", 400, "The request was not understood.")
}

fn unreachable() -> PageError {
    PageError::new("UNAVAILABLE", 503, "The server cannot be reached. Try again in a moment.")
}

/// Gives the answer of a server function, or of the page that called it, the status of its error.
#[cfg(feature = "ssr")]
fn set_status(status: u16) {
    use leptos::prelude::use_context;

    // A form that was sent without script is led back to its page: that answer keeps its own status.
    let is_plain_form = use_context::<http::request::Parts>().is_some_and(|parts| {
        let accepts = parts.headers.get(http::header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
        parts.uri.path().starts_with("/_fn") && accepts.is_some_and(|accepts| accepts.contains("text/html"))
    });
    if is_plain_form {
        return;
    }
    if let (Some(response), Ok(status)) =
        (use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(status))
    {
        response.set_status(status);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_learns_whether_it_was_refused_or_only_not_reached() {
        let own = PageError::new("CONFLICT", 409, "Someone else changed this repair.");
        assert_eq!(PageError::de(own.ser()), own);
        assert!(!own.is_passing());

        let of_the_server = PageError::de(Bytes::from_static(
            br#"{"error":"There is nothing here.","code":"NOT_FOUND","requestId":"1"}"#,
        ));
        assert_eq!((of_the_server.status, of_the_server.is_passing()), (404, false));

        for of_a_proxy in ["<html><h1>502 Bad Gateway</h1></html>", "", "upstream connect error"] {
            let error = PageError::de(Bytes::from_static(of_a_proxy.as_bytes()));
            assert_eq!(error.code, "UNAVAILABLE", "{of_a_proxy}");
            assert!(error.is_passing());
            assert!(error.message.contains("cannot be reached"), "{}", error.message);
        }
    }
}

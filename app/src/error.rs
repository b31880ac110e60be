//! The error that server functions answer with. It carries what a page may show and nothing of the cause.

use std::collections::BTreeMap;

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use officina::kernel::validate::FieldErrors;
use serde::{Deserialize, Serialize};

/// Why a server function refused or failed, in words for the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
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
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => {
                Self::new("UNAVAILABLE", 503, "The server cannot be reached. Try again in a moment.")
            }
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                #[cfg(feature = "ssr")]
                set_status(400);
                Self::new("BAD_REQUEST", 400, "The request was not understood.")
            }
            _ => Self::new("INTERNAL_ERROR", 500, "Something went wrong on our side."),
        }
    }
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

//! The nonce of an answer: styles and scripts in the page that carry it are the page's own.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The nonce that this answer's Content-Security-Policy allows. Put into each request by [`crate::http::frame`].
#[derive(Debug, Clone)]
pub struct Nonce(pub Arc<str>);

impl Nonce {
    /// A fresh one: 128 random bits.
    #[must_use]
    pub fn fresh() -> Self {
        Self(STANDARD_NO_PAD.encode(rand::random::<[u8; 16]>()).into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Nonce {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // Outside the frame no policy names it, and the browser refuses the style: the safe outcome.
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::fresh))
    }
}

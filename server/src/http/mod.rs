//! HTTP: what surrounds the handlers.

pub mod accept;
pub mod assets;
pub mod auth;
pub mod body;
pub mod client;
pub mod connections;
pub mod envelope;
pub mod error;
pub mod extract;
pub mod frame;
pub mod idempotency;
pub mod limits;
pub mod metrics;
pub mod nonce;
pub mod refusal;
pub mod request_id;
pub mod slash;
pub mod upload;
pub mod value;
pub mod watched;

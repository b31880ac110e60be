//! HTTP: what surrounds the handlers.

pub mod accept;
pub mod auth;
pub mod body;
pub mod client;
pub mod envelope;
pub mod error;
pub mod extract;
pub mod frame;
pub mod limits;
pub mod request_id;
pub mod upload;

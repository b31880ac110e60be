//! Telling people what happened: messages, and the ways that they go.

#[cfg(feature = "ssr")]
mod http;
#[cfg(feature = "ssr")]
pub mod mail;
#[cfg(feature = "ssr")]
mod outbox;
#[cfg(feature = "ssr")]
pub mod sms;
#[cfg(feature = "ssr")]
pub mod texts;

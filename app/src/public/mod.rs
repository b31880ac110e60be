//! The public pages: whole HTML from the server, in Italian and English, without script and without WASM. Each function
//! takes what its page shows and returns the document.

pub mod check_in;
pub mod contact;
mod document;
pub mod entry;
mod form;
mod language;
pub mod notice;
pub mod reach;
pub mod sign_in;
pub mod track;
pub mod welcome;

pub use document::Visit;
pub use form::FormState;
pub use language::{Argument, Language};

//! What a browser remembers about its user's taste.

use app::context::safe_next;
use app::theme::{COOKIE, Theme};
use axum::Form;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// How long a browser keeps the choice, in seconds: a year.
const REMEMBERED: u32 = 365 * 24 * 60 * 60;

/// The theme that was chosen, and the page to come back to.
#[derive(Debug, Deserialize)]
pub struct Choice {
    #[serde(default)]
    theme: String,
    #[serde(default)]
    next: String,
}

/// Keeps the theme in a cookie.
pub async fn set_theme(Form(Choice { theme, next }): Form<Choice>) -> Response {
    let word = Theme::from_word(&theme).word();
    let cookie = format!("{COOKIE}={word}; Path=/; Max-Age={REMEMBERED}; HttpOnly; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], Redirect::to(safe_next(&next))).into_response()
}

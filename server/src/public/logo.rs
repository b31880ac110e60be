//! The logo of an organisation, for everybody who sees its pages.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use officina::identity::service;

use super::{PublicVisit, refusal};
use crate::state::AppState;

/// The picture. Each logo has an address of its own, so that browsers may keep it.
pub async fn show(State(state): State<AppState>, PublicVisit { visit, .. }: PublicVisit) -> Response {
    match service::logo(&state.app, &visit.organisation).await {
        Ok(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
                (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
                (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => refusal(&visit, &error),
    }
}

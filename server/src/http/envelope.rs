//! The shapes of success: one thing, or a page of things.

use axum::Json;
use axum::response::{IntoResponse, Response};
use officina::kernel::page::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// `{"data": …, "message"?: "…"}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Data<T> {
    /// What was asked for.
    pub data: T,
    /// A sentence for people, where there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl<T> Data<T> {
    /// One thing.
    pub const fn new(data: T) -> Self {
        Self { data, message: None }
    }

    /// One thing, and a sentence about it.
    pub fn with_message(data: T, message: impl Into<String>) -> Self {
        Self { data, message: Some(message.into()) }
    }
}

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// `{"data": […], "page": {…}}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the list goes on.
    pub page: PageInfo,
}

/// Where a list goes on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    /// Rows asked for.
    pub limit: u32,
    /// What `cursor` continues with; null on the last page.
    pub next_cursor: Option<String>,
    /// All rows of the filter; null when there are more than are counted, and on later pages, which are not counted again.
    pub total: Option<i64>,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self {
            data: page.items,
            page: PageInfo { limit: page.limit, next_cursor: page.next_cursor, total: page.total.exact() },
        }
    }
}

impl<T: Serialize> IntoResponse for List<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

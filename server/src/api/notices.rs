//! The notices of the person who asks, and what they want to be told.

use axum::extract::State;
use officina::kernel::page::PageRequest;
use officina::notices::service;
use officina::notices::{Notice, NoticeFilter, NoticePreferences, ReadNotices, UnreadNotices};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::{Data, List};
use crate::http::error::ApiResult;
use crate::http::extract::{ApiJson, ApiQuery, Paging};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read)).routes(routes!(preferences, set_preferences))
}

/// Your notices in this organisation, newest first.
#[utoipa::path(get, path = "/auth/notices", tag = "auth", params(NoticeFilter, PageRequest),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = List<Notice>)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<NoticeFilter>,
    Paging(page): Paging,
) -> ApiResult<List<Notice>> {
    Ok(service::own_notices(&state.app, &actor, &filter, &page).await?.into())
}

/// Mark your notices as read: some, or all.
#[utoipa::path(post, path = "/auth/notices/read", tag = "auth", request_body = ReadNotices,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<UnreadNotices>)))]
async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(which): ApiJson<ReadNotices>,
) -> ApiResult<Data<UnreadNotices>> {
    Ok(Data::new(UnreadNotices { unread: service::read_notices(&state.app, &actor, &which).await? }))
}

/// What you want to be told in this organisation, and how.
#[utoipa::path(get, path = "/auth/notices/preferences", tag = "auth", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<NoticePreferences>)))]
async fn preferences(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<NoticePreferences>> {
    Ok(Data::new(service::notice_preferences(&state.app, &actor).await?))
}

/// Say what you want to be told in this organisation, and how.
#[utoipa::path(put, path = "/auth/notices/preferences", tag = "auth", request_body = NoticePreferences,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<NoticePreferences>)))]
async fn set_preferences(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(wanted): ApiJson<NoticePreferences>,
) -> ApiResult<Data<NoticePreferences>> {
    Ok(Data::new(service::set_notice_preferences(&state.app, &actor, wanted).await?))
}

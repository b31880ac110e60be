//! Repairs: check-in and tracking for the public, lists and changes for staff.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use officina::Error;
use officina::kernel::files::Rendition;
use officina::kernel::ids::{FileId, RepairId};
use officina::kernel::page::PageRequest;
use officina::repairs::photos;
use officina::repairs::service;
use officina::repairs::tracking::{self, Proof};
use officina::repairs::{
    AddNote, ChangeStatus, CheckIn, CheckedIn, ConfirmRepair, RepairDetail, RepairFilter, RepairSummary, Tracking,
    UpdateRepair,
};
use officina::repairs::{appointments, counter, notes};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::{SignedIn, Visitor};
use crate::http::client::FromClient;
use crate::http::envelope::{Data, List};
use crate::http::error::ApiResult;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery, Paging};
use crate::http::upload::{self, AddedPhotos, Intake, MAX_UPLOAD_BYTES, PhotoForm, SentPhotos};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(add_check_in_photos))
        .routes(routes!(add_photos))
        .layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES));
    OpenApiRouter::new()
        .routes(routes!(check_in))
        .routes(routes!(track))
        .routes(routes!(list, create))
        .routes(routes!(get, update))
        .routes(routes!(change_status))
        .routes(routes!(confirm))
        .routes(routes!(add_note))
        .routes(routes!(photo, delete_photo))
        .merge(uploads)
}

/// The organisation that a public request acts for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the extractor `Visitor`; here it is only described")]
struct OrgParams {
    /// Slug of the organisation; without it the configured default.
    org: Option<String>,
}

/// Announce a car before arriving.
#[utoipa::path(post, path = "/checkin", tag = "repairs", params(OrgParams), request_body = CheckIn, responses(
    (status = 201, body = Data<CheckedIn>)))]
async fn check_in(
    State(state): State<AppState>,
    visitor: Visitor,
    ApiJson(input): ApiJson<CheckIn>,
) -> ApiResult<(StatusCode, Data<CheckedIn>)> {
    let checked_in = service::check_in(&state.app, &visitor.actor, &input, &[], None).await?;
    Ok((StatusCode::CREATED, Data::new(checked_in)))
}

/// Photos by what they show, each part a JPEG, PNG or WebP file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read part by part")]
struct PhotoParts {
    #[schema(value_type = Option<String>, format = Binary)]
    front: Option<Vec<u8>>,
    #[schema(value_type = Option<String>, format = Binary)]
    rear: Option<Vec<u8>>,
    #[schema(value_type = Option<String>, format = Binary)]
    left: Option<Vec<u8>>,
    #[schema(value_type = Option<String>, format = Binary)]
    right: Option<Vec<u8>>,
    #[schema(value_type = Option<String>, format = Binary)]
    detail: Option<Vec<u8>>,
    #[schema(value_type = Option<String>, format = Binary)]
    documents: Option<Vec<u8>>,
}

/// Add photos to a check-in: while it stands at `pre_checkin`, for one day. Parts are named `front`, `rear`, `left`,
/// `right`, `detail` or `documents`. A photo that cannot be read is named beside those that were added.
#[utoipa::path(post, path = "/checkin/{repairId}/photos", tag = "repairs",
    params(("repairId" = RepairId, Path), OrgParams),
    request_body(content_type = "multipart/form-data", content = PhotoParts),
    responses((status = 201, body = AddedPhotos)))]
async fn add_check_in_photos(
    State(state): State<AppState>,
    visitor: Visitor,
    ApiPath(id): ApiPath<RepairId>,
    PhotoForm(body): PhotoForm,
) -> ApiResult<(StatusCode, AddedPhotos)> {
    let SentPhotos { photos, refused } = upload::read_photos(Intake::new(&state, &visitor.actor), body).await?;
    let data = photos::add_public(&state.app, &visitor.actor, id, &photos).await?;
    Ok((StatusCode::CREATED, AddedPhotos { data, refused }))
}

/// What opens the fuller view of a tracking page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TrackParams {
    /// The last four digits of the customer's phone number.
    phone: Option<String>,
    /// The signature of a link that was sent.
    token: Option<String>,
}

/// Where is my car?
#[utoipa::path(get, path = "/track/{code}", tag = "repairs", params(("code" = String, Path), TrackParams), responses(
    (status = 200, body = Data<Tracking>)))]
async fn track(
    State(state): State<AppState>,
    FromClient(client): FromClient,
    ApiPath(code): ApiPath<String>,
    ApiQuery(params): ApiQuery<TrackParams>,
) -> ApiResult<Data<Tracking>> {
    let proof = params.token.map(Proof::Token).or(params.phone.map(Proof::PhoneLast4));
    Ok(Data::new(tracking::track(&state.app, client.address, &code, proof.as_ref()).await?.tracking))
}

/// The repairs of the organisation.
#[utoipa::path(get, path = "/repairs", tag = "repairs", params(RepairFilter, PageRequest), security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = List<RepairSummary>)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<RepairFilter>,
    Paging(page): Paging,
) -> ApiResult<List<RepairSummary>> {
    Ok(service::list(&state.app, &actor, &filter, &page).await?.into())
}

/// Make a repair at the counter.
#[utoipa::path(post, path = "/repairs", tag = "repairs", request_body = CheckIn,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<CheckedIn>)))]
async fn create(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(input): ApiJson<CheckIn>,
) -> ApiResult<(StatusCode, Data<CheckedIn>)> {
    let created = counter::create(&state.app, &actor, &input, None).await?;
    Ok((StatusCode::CREATED, Data::new(created)))
}

/// One repair, with customer, vehicle, photos and history.
#[utoipa::path(get, path = "/repairs/{id}", tag = "repairs", params(("id" = RepairId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<RepairDetail>)))]
async fn get(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<RepairId>,
) -> ApiResult<Data<RepairDetail>> {
    Ok(Data::new(service::get(&state.app, &actor, id).await?))
}

/// Change the facts of a repair.
#[utoipa::path(patch, path = "/repairs/{id}", tag = "repairs", params(("id" = RepairId, Path)), request_body = UpdateRepair,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<RepairDetail>)))]
async fn update(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<RepairId>,
    ApiJson(input): ApiJson<UpdateRepair>,
) -> ApiResult<Data<RepairDetail>> {
    Ok(Data::new(service::update(&state.app, &actor, id, &input).await?))
}

/// Move a repair to another status. A forbidden step answers 409 with the allowed ones.
#[utoipa::path(post, path = "/repairs/{id}/status", tag = "repairs", params(("id" = RepairId, Path)),
    request_body = ChangeStatus, security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<RepairDetail>)))]
async fn change_status(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<RepairId>,
    ApiJson(change): ApiJson<ChangeStatus>,
) -> ApiResult<Data<RepairDetail>> {
    Ok(Data::new(service::change_status(&state.app, &actor, id, &change).await?))
}

/// Confirm a check-in for a day and time, or move the appointment of one that is confirmed. A moment outside of the
/// opening hours is refused unless `outsideHours` says that it is meant.
#[utoipa::path(post, path = "/repairs/{id}/confirm", tag = "repairs", params(("id" = RepairId, Path)),
    request_body = ConfirmRepair, security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<RepairDetail>)))]
async fn confirm(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<RepairId>,
    ApiJson(input): ApiJson<ConfirmRepair>,
) -> ApiResult<Data<RepairDetail>> {
    Ok(Data::new(appointments::confirm(&state.app, &actor, id, &input).await?))
}

/// Add a note to a repair: for colleagues, or for the customer, who reads it on the tracking page.
#[utoipa::path(post, path = "/repairs/{id}/notes", tag = "repairs", params(("id" = RepairId, Path)),
    request_body = AddNote, security(("accessToken" = []), ("session" = [])),
    responses((status = 201, body = Data<RepairDetail>)))]
async fn add_note(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<RepairId>,
    ApiJson(note): ApiJson<AddNote>,
) -> ApiResult<(StatusCode, Data<RepairDetail>)> {
    Ok((StatusCode::CREATED, Data::new(notes::add(&state.app, &actor, id, &note).await?)))
}

/// Add photos to a repair. A photo that cannot be read is named beside those that were added.
#[utoipa::path(post, path = "/repairs/{id}/photos", tag = "repairs", params(("id" = RepairId, Path)),
    request_body(content_type = "multipart/form-data", content = PhotoParts),
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = AddedPhotos)))]
async fn add_photos(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<RepairId>,
    PhotoForm(body): PhotoForm,
) -> ApiResult<(StatusCode, AddedPhotos)> {
    let SentPhotos { photos, refused } = upload::read_photos(Intake::new(&state, &actor), body).await?;
    let data = photos::add(&state.app, &actor, id, &photos).await?;
    Ok((StatusCode::CREATED, AddedPhotos { data, refused }))
}

/// Which rendition of a photo is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PhotoParams {
    /// `thumb` for a small one.
    #[param(pattern = "^(thumb|full)$")]
    size: Option<String>,
}

/// The bytes of a photo.
#[utoipa::path(get, path = "/repairs/{id}/photos/{photoId}", tag = "repairs",
    params(("id" = RepairId, Path), ("photoId" = FileId, Path), PhotoParams),
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, content_type = "image/jpeg", body = String)))]
async fn photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath((id, photo)): ApiPath<(RepairId, FileId)>,
    ApiQuery(params): ApiQuery<PhotoParams>,
) -> ApiResult<Response> {
    let rendition = rendition(params.size.as_deref())?;
    let bytes = photos::get(&state.app, &actor, id, photo, rendition).await?;
    Ok(jpeg(bytes))
}

/// Remove a photo.
#[utoipa::path(delete, path = "/repairs/{id}/photos/{photoId}", tag = "repairs",
    params(("id" = RepairId, Path), ("photoId" = FileId, Path)), security(("accessToken" = []), ("session" = [])),
    responses((status = 204)))]
async fn delete_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath((id, photo)): ApiPath<(RepairId, FileId)>,
) -> ApiResult<StatusCode> {
    photos::delete(&state.app, &actor, id, photo).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The rendition of `?size=`.
///
/// # Errors
/// [`Error::Validation`] for anything but `thumb` and `full`.
pub fn rendition(size: Option<&str>) -> officina::Result<Rendition> {
    match size {
        None | Some("full") => Ok(Rendition::Full),
        Some("thumb") => Ok(Rendition::Thumbnail),
        Some(_) => Err(Error::field("size", "unknown_word", "must be thumb or full")),
    }
}

/// A photo as an answer. What people uploaded is never more than a picture: the type is fixed, not guessed, and nothing
/// in it could run.
#[must_use]
pub fn jpeg(bytes: bytes::Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=photo.jpg")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
    ];
    (headers, bytes).into_response()
}

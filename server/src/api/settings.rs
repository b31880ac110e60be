//! What an organisation settles for itself.

use axum::extract::{DefaultBodyLimit, State};
use officina::identity::service;
use officina::identity::{Settings, UpdateSettings};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::Data;
use crate::http::error::{ApiResult, ErrorBody};
use crate::http::extract::ApiJson;
use crate::http::upload::{self, Intake, MAX_ONE_PHOTO_BYTES, PhotoForm};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    let logo =
        OpenApiRouter::new().routes(routes!(set_logo, remove_logo)).layer(DefaultBodyLimit::max(MAX_ONE_PHOTO_BYTES));
    OpenApiRouter::new().routes(routes!(get, update)).merge(logo)
}

/// The settings of the organisation.
#[utoipa::path(get, path = "/admin/settings", tag = "administration", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Settings>)))]
async fn get(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Settings>> {
    Ok(Data::new(service::settings(&state.app, &actor).await?))
}

/// Change settings. What is left out stays; an area that is switched off answers 404 from the next request on.
///
/// While something is under way in it (an active alert, an open repair, a lead that nobody has called), switching it off is
/// refused with 409: `error` says what would stop, and `confirm` names the field that lets it stop, `stopUnderWay`.
#[utoipa::path(patch, path = "/admin/settings", tag = "administration", request_body = UpdateSettings,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Settings>)))]
async fn update(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(update): ApiJson<UpdateSettings>,
) -> ApiResult<Data<Settings>> {
    Ok(Data::new(service::update_settings(&state.app, &actor, &update).await?))
}

/// A picture.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read part by part")]
struct LogoPart {
    /// The JPEG, PNG or WebP file.
    #[schema(value_type = String, format = Binary)]
    logo: Vec<u8>,
}

/// Give the organisation a logo: the first file of the form.
#[utoipa::path(post, path = "/admin/settings/logo", tag = "administration",
    request_body(content_type = "multipart/form-data", content = LogoPart),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Settings>)))]
async fn set_logo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    PhotoForm(body): PhotoForm,
) -> ApiResult<Data<Settings>> {
    let logo = upload::read_one_photo(Intake::new(&state, &actor), body).await?;
    Ok(Data::new(service::set_logo(&state.app, &actor, &logo).await?))
}

/// Take the logo away.
#[utoipa::path(delete, path = "/admin/settings/logo", tag = "administration",
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Settings>), (status = 404, body = ErrorBody)))]
async fn remove_logo(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Settings>> {
    Ok(Data::new(service::remove_logo(&state.app, &actor).await?))
}

//! Cold chain: locations, cells, devices, charts and alerts. Readings come in by [`crate::ingest::endpoint`].

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use officina::cold_chain::service;
use officina::cold_chain::{
    Acknowledged, Alert, AlertDetail, AlertFilter, CellFilter, ChangeColdCell, ChangeDevice, ChangeLocation, Chart,
    ChartRange, ColdCell, ColdCellDetail, Device, DeviceFilter, DeviceWithKey, ImportDevices, ImportedDevices,
    Location, LocationFilter, NewColdCell, NewDevice, NewLocation, ResolveAlert, RotateKey, StartMaintenance,
    TechnicianDashboard,
};
use officina::kernel::ids::{AlertId, ColdCellId, DeviceId, LocationId};
use officina::kernel::page::PageRequest;
use officina::notices::AlertStory;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::{Data, List};
use crate::http::error::ApiResult;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery, OptionalJson, Paging};
use crate::http::idempotency::HoldsSecret;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_locations, create_location))
        .routes(routes!(get_location, change_location))
        .routes(routes!(list_cold_cells, create_cold_cell))
        .routes(routes!(get_cold_cell, change_cold_cell))
        .routes(routes!(start_maintenance, end_maintenance))
        .routes(routes!(list_devices, create_device))
        .routes(routes!(import_devices))
        .routes(routes!(get_device, change_device))
        .routes(routes!(rotate_key))
        .routes(routes!(chart))
        .routes(routes!(list_alerts))
        .routes(routes!(get_alert))
        .routes(routes!(acknowledge_alert))
        .routes(routes!(acknowledge_place))
        .routes(routes!(resolve_alert))
        .routes(routes!(dashboard))
}

/// Locations, in the order of their making.
#[utoipa::path(get, path = "/locations", tag = "cold chain", params(LocationFilter, PageRequest),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = List<Location>)))]
async fn list_locations(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<LocationFilter>,
    Paging(page): Paging,
) -> ApiResult<List<Location>> {
    Ok(service::list_locations(&state.app, &actor, &filter, &page).await?.into())
}

/// Make a location.
#[utoipa::path(post, path = "/locations", tag = "cold chain", request_body = NewLocation,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<Location>)))]
async fn create_location(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(new): ApiJson<NewLocation>,
) -> ApiResult<(StatusCode, Data<Location>)> {
    Ok((StatusCode::CREATED, Data::new(service::create_location(&state.app, &actor, new).await?)))
}

/// One location.
#[utoipa::path(get, path = "/locations/{id}", tag = "cold chain", params(("id" = LocationId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Location>)))]
async fn get_location(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<LocationId>,
) -> ApiResult<Data<Location>> {
    Ok(Data::new(service::get_location(&state.app, &actor, id).await?))
}

/// Change a location; what is left out stays.
#[utoipa::path(patch, path = "/locations/{id}", tag = "cold chain", params(("id" = LocationId, Path)), request_body = ChangeLocation,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Location>)))]
async fn change_location(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<LocationId>,
    ApiJson(change): ApiJson<ChangeLocation>,
) -> ApiResult<Data<Location>> {
    Ok(Data::new(service::change_location(&state.app, &actor, id, change).await?))
}

/// Cold cells with their state, in the order of their making.
#[utoipa::path(get, path = "/coldcells", tag = "cold chain", params(CellFilter, PageRequest),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = List<ColdCell>)))]
async fn list_cold_cells(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<CellFilter>,
    Paging(page): Paging,
) -> ApiResult<List<ColdCell>> {
    Ok(service::list_cold_cells(&state.app, &actor, &filter, &page).await?.into())
}

/// Make a cold cell, with thresholds or a preset.
#[utoipa::path(post, path = "/coldcells", tag = "cold chain", request_body = NewColdCell,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<ColdCellDetail>)))]
async fn create_cold_cell(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(new): ApiJson<NewColdCell>,
) -> ApiResult<(StatusCode, Data<ColdCellDetail>)> {
    Ok((StatusCode::CREATED, Data::new(service::create_cold_cell(&state.app, &actor, new).await?)))
}

/// One cold cell: state, devices, active alerts, history.
#[utoipa::path(get, path = "/coldcells/{id}", tag = "cold chain", params(("id" = ColdCellId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<ColdCellDetail>)))]
async fn get_cold_cell(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<ColdCellId>,
) -> ApiResult<Data<ColdCellDetail>> {
    Ok(Data::new(service::get_cold_cell(&state.app, &actor, id).await?))
}

/// Change a cold cell; what is left out stays. New limits count from the next reading on, new delays at once.
#[utoipa::path(patch, path = "/coldcells/{id}", tag = "cold chain", params(("id" = ColdCellId, Path)), request_body = ChangeColdCell,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<ColdCellDetail>)))]
async fn change_cold_cell(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<ColdCellId>,
    ApiJson(change): ApiJson<ChangeColdCell>,
) -> ApiResult<Data<ColdCellDetail>> {
    Ok(Data::new(service::change_cold_cell(&state.app, &actor, id, change).await?))
}

/// Put a cold cell into maintenance: no alert opens in that time, those that are open stay. What is still wrong when it
/// ends opens then. What was planned before is replaced.
#[utoipa::path(post, path = "/coldcells/{id}/maintenance", tag = "cold chain", params(("id" = ColdCellId, Path)),
    request_body = StartMaintenance, security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<ColdCellDetail>)))]
async fn start_maintenance(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<ColdCellId>,
    ApiJson(start): ApiJson<StartMaintenance>,
) -> ApiResult<Data<ColdCellDetail>> {
    Ok(Data::new(service::start_maintenance(&state.app, &actor, id, start).await?))
}

/// End a cold cell's maintenance now, or take back what was planned.
#[utoipa::path(delete, path = "/coldcells/{id}/maintenance", tag = "cold chain", params(("id" = ColdCellId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<ColdCellDetail>)))]
async fn end_maintenance(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<ColdCellId>,
) -> ApiResult<Data<ColdCellDetail>> {
    Ok(Data::new(service::end_maintenance(&state.app, &actor, id).await?))
}

/// Devices, in the order of their making.
#[utoipa::path(get, path = "/devices", tag = "cold chain", params(DeviceFilter, PageRequest),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = List<Device>)))]
async fn list_devices(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<DeviceFilter>,
    Paging(page): Paging,
) -> ApiResult<List<Device>> {
    Ok(service::list_devices(&state.app, &actor, &filter, &page).await?.into())
}

/// Make a device. Its key is shown this once.
#[utoipa::path(post, path = "/devices", tag = "cold chain", request_body = NewDevice,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<DeviceWithKey>)))]
async fn create_device(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(new): ApiJson<NewDevice>,
) -> ApiResult<(StatusCode, Extension<HoldsSecret>, Data<DeviceWithKey>)> {
    let device = service::create_device(&state.app, &actor, new).await?;
    Ok((StatusCode::CREATED, Extension(HoldsSecret), Data::new(device)))
}

/// Make devices in bulk, from a table: all of them, or none. Their keys are shown this once. Each line that cannot be
/// taken is named in `fields`.
#[utoipa::path(post, path = "/devices/import", tag = "cold chain", request_body = ImportDevices,
    security(("accessToken" = []), ("session" = [])), responses((status = 201, body = Data<ImportedDevices>)))]
async fn import_devices(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(table): ApiJson<ImportDevices>,
) -> ApiResult<(StatusCode, Extension<HoldsSecret>, Data<ImportedDevices>)> {
    let made = service::import_devices(&state.app, &actor, &table).await?;
    Ok((StatusCode::CREATED, Extension(HoldsSecret), Data::new(made)))
}

/// One device.
#[utoipa::path(get, path = "/devices/{id}", tag = "cold chain", params(("id" = DeviceId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Device>)))]
async fn get_device(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<DeviceId>,
) -> ApiResult<Data<Device>> {
    Ok(Data::new(service::get_device(&state.app, &actor, id).await?))
}

/// Change a device; what is left out stays.
#[utoipa::path(patch, path = "/devices/{id}", tag = "cold chain", params(("id" = DeviceId, Path)), request_body = ChangeDevice,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Device>)))]
async fn change_device(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<DeviceId>,
    ApiJson(change): ApiJson<ChangeDevice>,
) -> ApiResult<Data<Device>> {
    Ok(Data::new(service::change_device(&state.app, &actor, id, change).await?))
}

/// Give a device a new key, shown this once. The old one goes on working for the grace time.
#[utoipa::path(post, path = "/devices/{id}/rotate-key", tag = "cold chain", params(("id" = DeviceId, Path)), request_body = RotateKey,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<DeviceWithKey>)))]
async fn rotate_key(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<DeviceId>,
    OptionalJson(how): OptionalJson<RotateKey>,
) -> ApiResult<(Extension<HoldsSecret>, Data<DeviceWithKey>)> {
    Ok((Extension(HoldsSecret), Data::new(service::rotate_device_key(&state.app, &actor, id, how).await?)))
}

/// Which chart.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ChartParams {
    /// `24h` (the default), `7d` or `30d`.
    range: Option<ChartRange>,
}

/// A cold cell's chart: buckets with minimum, maximum, average and count, and the statistics of the whole range.
#[utoipa::path(get, path = "/readings/coldcells/{id}/readings", tag = "cold chain", params(("id" = ColdCellId, Path), ChartParams),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Chart>)))]
async fn chart(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<ColdCellId>,
    ApiQuery(params): ApiQuery<ChartParams>,
) -> ApiResult<Data<Chart>> {
    let range = params.range.unwrap_or(ChartRange::Day);
    Ok(Data::new(service::chart(&state.app, &actor, id, range).await?))
}

/// Alerts, newest first.
#[utoipa::path(get, path = "/alerts", tag = "cold chain", params(AlertFilter, PageRequest),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = List<Alert>)))]
async fn list_alerts(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<AlertFilter>,
    Paging(page): Paging,
) -> ApiResult<List<Alert>> {
    Ok(service::list_alerts(&state.app, &actor, &filter, &page).await?.into())
}

/// One alert with its history, and who was told of it.
#[utoipa::path(get, path = "/alerts/{id}", tag = "cold chain", params(("id" = AlertId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<AlertStory>)))]
async fn get_alert(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AlertId>,
) -> ApiResult<Data<AlertStory>> {
    Ok(Data::new(officina::notices::service::alert_story(&state.app, &actor, id).await?))
}

/// Take note of an active alert.
#[utoipa::path(post, path = "/alerts/{id}/acknowledge", tag = "cold chain", params(("id" = AlertId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<AlertDetail>)))]
async fn acknowledge_alert(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AlertId>,
) -> ApiResult<Data<AlertDetail>> {
    Ok(Data::new(service::acknowledge_alert(&state.app, &actor, id).await?))
}

/// Take note of all active alerts at a place.
#[utoipa::path(post, path = "/locations/{id}/acknowledge", tag = "cold chain", params(("id" = LocationId, Path)),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<Acknowledged>)))]
async fn acknowledge_place(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<LocationId>,
) -> ApiResult<Data<Acknowledged>> {
    Ok(Data::new(service::acknowledge_place(&state.app, &actor, id).await?))
}

/// Close an active alert by hand. If the values are still out of bounds, the next reading opens a new one.
#[utoipa::path(patch, path = "/alerts/{id}/resolve", tag = "cold chain", params(("id" = AlertId, Path)), request_body = ResolveAlert,
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<AlertDetail>)))]
async fn resolve_alert(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<AlertId>,
    OptionalJson(how): OptionalJson<ResolveAlert>,
) -> ApiResult<Data<AlertDetail>> {
    Ok(Data::new(service::resolve_alert(&state.app, &actor, id, how).await?))
}

/// The numbers of the technician's view over all customers.
#[utoipa::path(get, path = "/dashboard/technician", tag = "cold chain",
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<TechnicianDashboard>)))]
async fn dashboard(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<TechnicianDashboard>> {
    Ok(Data::new(service::technician_dashboard(&state.app, &actor).await?))
}

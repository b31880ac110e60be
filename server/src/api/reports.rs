//! Reports of cold cells: as data, as a table, on paper.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use officina::cold_chain::report::CellReport;
use officina::cold_chain::service;
use officina::identity::service::organisation;
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::ids::ColdCellId;
use officina::{Error, Result};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::Data;
use crate::http::error::ApiResult;
use crate::http::extract::{ApiPath, ApiQuery};
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(report)).routes(routes!(report_csv)).routes(routes!(report_pdf))
}

/// Which report.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReportParams {
    /// A month, `YYYY-MM`; without one, the month that goes on.
    #[param(pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    month: Option<String>,
}

/// The HACCP report of a cell and a month. Temperatures are in °C.
#[utoipa::path(get, path = "/coldcells/{id}/report", tag = "cold chain", params(("id" = ColdCellId, Path), ReportParams),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = Data<CellReport>)))]
async fn report(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<ColdCellId>,
    ApiQuery(params): ApiQuery<ReportParams>,
) -> ApiResult<Data<CellReport>> {
    Ok(Data::new(service::cell_report(&state.app, &actor, id, params.month.as_deref()).await?))
}

/// The same as a file for spreadsheets, in the organisation's language: separated by `;` and with decimal commas in
/// Italian. Temperatures are in °C, whatever the organisation
/// shows.
#[utoipa::path(get, path = "/coldcells/{id}/report.csv", tag = "cold chain", params(("id" = ColdCellId, Path), ReportParams),
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn report_csv(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<ColdCellId>,
    ApiQuery(params): ApiQuery<ReportParams>,
) -> ApiResult<Response> {
    Ok(csv_file(&state.app, &actor, id, params.month.as_deref()).await?)
}

/// The report of a cell and a month as a table.
///
/// # Errors
/// As [`service::cell_report`].
pub async fn csv_file(app: &App, actor: &Actor, id: ColdCellId, month: Option<&str>) -> Result<Response> {
    let report = service::cell_report(app, actor, id, month).await?;
    let locale = organisation(app, actor.org).await?.locale;
    file(report.csv(&locale)?, "text/csv; charset=utf-8; header=absent", &report, "csv")
}

/// The same on paper, as a PDF document in the organisation's language and unit of temperature.
#[utoipa::path(get, path = "/coldcells/{id}/report.pdf", tag = "cold chain", params(("id" = ColdCellId, Path), ReportParams),
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
async fn report_pdf(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(id): ApiPath<ColdCellId>,
    ApiQuery(params): ApiQuery<ReportParams>,
) -> ApiResult<Response> {
    Ok(pdf_file(&state.app, &actor, id, params.month.as_deref()).await?)
}

/// The report of a cell and a month on paper.
///
/// # Errors
/// As [`service::cell_report`].
pub async fn pdf_file(app: &App, actor: &Actor, id: ColdCellId, month: Option<&str>) -> Result<Response> {
    let report = service::cell_report(app, actor, id, month).await?;
    let organisation = organisation(app, actor.org).await?;
    file(report.pdf(&organisation.locale, organisation.temperature_unit), "application/pdf", &report, "pdf")
}

fn file(content: Vec<u8>, kind: &'static str, report: &CellReport, ending: &str) -> Result<Response> {
    let disposition = format!("attachment; filename=\"{}.{ending}\"", report.file_name());
    let disposition = HeaderValue::try_from(disposition).map_err(Error::internal)?;
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, content).into_response())
}

//! The audit: the journal, searched, taken out as a file, and emptied of a person on request.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use futures::stream::try_unfold;
use officina::Error;
use officina::audit::service::{self, Export};
use officina::audit::{AuditEntry, AuditFilter, Redact, Redacted};
use officina::kernel::App;
use officina::kernel::page::PageRequest;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::{Data, List};
use crate::http::error::{ApiResult, ErrorBody};
use crate::http::extract::{ApiJson, ApiQuery, Paging};
use crate::public::wants_page;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(export)).routes(routes!(redact))
}

/// Everything that was done in the organisation, newest first.
#[utoipa::path(get, path = "/admin/audit", tag = "administration", params(AuditFilter, PageRequest),
    security(("accessToken" = []), ("session" = [])), responses((status = 200, body = List<AuditEntry>)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiQuery(filter): ApiQuery<AuditFilter>,
    Paging(page): Paging,
) -> ApiResult<List<AuditEntry>> {
    Ok(service::list(&state.app, &actor, &filter, &page).await?.into())
}

/// The same as a file for spreadsheets, whole, separated as they expect it in the organisation's language (`;` in Italian). It needs `data:export` too, and the journal says that it was taken.
#[utoipa::path(get, path = "/admin/audit/export", tag = "administration", params(AuditFilter),
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    headers: HeaderMap,
    ApiQuery(filter): ApiQuery<AuditFilter>,
) -> ApiResult<Response> {
    let export = match service::export(&state.app, &actor, &filter).await {
        // A link on the page of the audit comes here: a person who has to prove first is led on, and back to the page.
        Err(Error::ProofNeeded) if wants_page(&headers) => return to_proof(&filter),
        export => export?,
    };
    let name = HeaderValue::try_from(format!("attachment; filename=\"{}\"", export.file_name));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, name.map_err(Error::internal)?),
    ];
    // A few rows at a time. Should the database fail midway, the answer breaks off instead of looking whole.
    let lines = try_unfold((state.app.clone(), export), |(app, mut export): (App, Export)| async move {
        let lines = export.next(&app).await?;
        Ok::<_, Error>(lines.map(|lines| (lines, (app, export))))
    });
    Ok((headers, Body::from_stream(lines)).into_response())
}

fn to_proof(filter: &AuditFilter) -> ApiResult<Response> {
    let filter = serde_urlencoded::to_string(filter).map_err(Error::internal)?;
    let next = [("next", format!("/app/audit?{filter}"))];
    let next = serde_urlencoded::to_string(next).map_err(Error::internal)?;
    Ok(Redirect::to(&format!("/app/account/prove?{next}")).into_response())
}

/// Take a person's data out of the journal and out of their own record. The chain of the journal stays whole.
#[utoipa::path(post, path = "/admin/audit/redact", tag = "administration", request_body = Redact,
    security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Redacted>), (status = 404, body = ErrorBody)))]
async fn redact(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiJson(input): ApiJson<Redact>,
) -> ApiResult<Data<Redacted>> {
    Ok(Data::new(service::redact(&state.app, &actor, &input).await?))
}

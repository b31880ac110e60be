//! Phone numbers that somebody has to look at.

use axum::extract::State;
use axum::http::StatusCode;
use officina::kernel::ids::CustomerId;
use officina::numbers::{NumberDoubt, service};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::auth::SignedIn;
use crate::http::envelope::Data;
use crate::http::error::ApiResult;
use crate::http::extract::ApiPath;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(settle))
}

/// Customers whose number somebody should look at: in one record there may be two people, or several records have one number.
/// At most 200; the next ones come when these are looked at.
#[utoipa::path(get, path = "/admin/number-doubts", tag = "administration", security(("accessToken" = []), ("session" = [])),
    responses((status = 200, body = Data<Vec<NumberDoubt>>)))]
async fn list(State(state): State<AppState>, SignedIn(actor): SignedIn) -> ApiResult<Data<Vec<NumberDoubt>>> {
    Ok(Data::new(service::doubts(&state.app, &actor).await?))
}

/// Say that somebody has looked at a customer's number: everything stays as it is, and the customer is listed no more.
#[utoipa::path(delete, path = "/admin/number-doubts/{customerId}", tag = "administration",
    params(("customerId" = CustomerId, Path)), security(("accessToken" = []), ("session" = [])),
    responses((status = 204)))]
async fn settle(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    ApiPath(customer): ApiPath<CustomerId>,
) -> ApiResult<StatusCode> {
    service::settle(&state.app, &actor, customer).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Files that staff pages hand out. What is wrong with the wish for one is told by the page that the wish came from, and
//! not by the body that programs get.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use officina::Error;
use officina::kernel::ids::ColdCellId;
use serde::Deserialize;

use crate::api::reports::{csv_file, pdf_file};
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::state::AppState;

/// Routes of this file.
pub fn router() -> Router<AppState> {
    Router::new().route("/app/cold-chain/cells/{id}/report/{kind}", get(report))
}

/// The field of the form.
#[derive(Deserialize)]
struct Wish {
    month: Option<String>,
}

/// The report of a cell and a month, as the form on the cell's page asks for it.
async fn report(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path((id, kind)): Path<(String, String)>,
    Query(wish): Query<Wish>,
) -> Response {
    let page = format!("/app/cold-chain/cells/{}", app::ui::encoded(&id));
    let (Some(actor), Ok(cell)) = (caller.0, id.parse::<ColdCellId>()) else {
        // The page asks to sign in, and says what is not there.
        return Redirect::to(&page).into_response();
    };
    let month = wish.month.as_deref();
    let made = match kind.as_str() {
        "csv" => csv_file(&state.app, &actor, cell, month).await,
        "pdf" => pdf_file(&state.app, &actor, cell, month).await,
        _ => Err(Error::NotFound),
    };
    match made {
        Ok(file) => file,
        Err(Error::Validation(_)) => {
            let month = app::ui::encoded(month.unwrap_or_default());
            Redirect::to(&format!("{page}?report={month}#report")).into_response()
        }
        Err(error @ (Error::Internal(_) | Error::Unavailable)) => ApiError::from(error).into_response(),
        Err(_) => Redirect::to(&page).into_response(),
    }
}

//! The staff application: its server functions.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use leptos::prelude::provide_context;

use crate::http::auth::Caller;
use crate::state::AppState;

/// Routes of the staff application.
pub fn router() -> Router<AppState> {
    // POST alone: what changes something is never a GET, and what reads may be as large as it needs.
    Router::new().route("/_fn/{*name}", post(server_function))
}

/// A call of a server function, which finds [`officina::kernel::App`] and, for who is signed in, the
/// [`officina::kernel::actor::Actor`] in its context.
async fn server_function(State(state): State<AppState>, request: Request<Body>) -> Response {
    leptos_axum::handle_server_fns_with_context(context(&state, &request), request).await.into_response()
}

/// What pages and server functions find in their context.
fn context(state: &AppState, request: &Request<Body>) -> impl Fn() + Clone + Send + Sync + 'static {
    let app = state.app.clone();
    let actor = request.extensions().get::<Caller>().and_then(|caller| caller.0.clone());
    move || {
        provide_context(app.clone());
        if let Some(actor) = actor.clone() {
            provide_context(actor);
        }
    }
}

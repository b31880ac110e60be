//! The ways in beside signing in. The tokens in these addresses are never written to a log: it has the matched path.

use std::collections::BTreeMap;

use app::context::HOME;
use app::public::entry::{self as pages, Invited};
use app::public::{FormState, Visit};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use officina::Error;
use officina::identity::service::{self, FirstStart, InvitationView, NewRegistration};

use super::sign_in::come_in;
use super::visit::FirstVisit;
use super::{PublicVisit, refusal};
use crate::http::auth::{self, Caller};
use crate::http::client::FromClient;
use crate::state::AppState;

/// Routes of this file that do not name an organisation.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/join/{token}", get(show_invitation).post(accept_invitation))
        .route("/forgot", get(show_forgot).post(forgot))
        .route("/reset/{token}", get(show_reset).post(reset))
        .route("/register/{token}", get(show_registration).post(confirm_registration))
        .route("/setup/{token}", get(show_setup).post(set_up))
}

type Sent = Result<Form<BTreeMap<String, String>>, FormRejection>;

/// What a form was sent with. What is no form says nothing.
fn typed(sent: Sent) -> FormState {
    FormState { values: sent.map(|Form(values)| values).unwrap_or_default(), ..FormState::default() }
}

/// The form again, with what was wrong.
fn again(page: String) -> Response {
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

/// What a link that is over leads to, or any other error.
fn over(visit: &Visit, error: &Error) -> Response {
    match error {
        Error::NotFound => (StatusCode::NOT_FOUND, Html(pages::said(visit, "link-over"))).into_response(),
        other => refusal(visit, other),
    }
}

/// An invitation whose maker may no longer invite like this: it was good once.
fn void(visit: &Visit) -> Response {
    (StatusCode::GONE, Html(pages::said(visit, "link-over"))).into_response()
}

/// `GET /join/{token}`: the invitation. Looking does not use it up.
async fn show_invitation(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    FromClient(client): FromClient,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let view = match service::invitation(&state.app, &token).await {
        Ok(view) => view,
        Err(error) => return over(&visit, &error),
    };
    if view.void {
        return void(&visit);
    }
    match auth::identify(&state, &headers, &client).await {
        Ok(actor) => Html(invitation_page(visit, view, &token, &Caller(actor), &FormState::default())).into_response(),
        Err(error) => refusal(&visit, &error),
    }
}

fn invitation_page(visit: Visit, view: InvitationView, token: &str, caller: &Caller, state: &FormState) -> String {
    let here = caller.0.as_ref().and_then(|actor| actor.member()).map(|member| member.account);
    let how = match (view.account, here) {
        (None, _) => Invited::New,
        (Some(_), None) => Invited::Known,
        (Some(invited), Some(here)) if invited == here => Invited::Here,
        (Some(_), Some(_)) => Invited::Else,
    };
    let mut state = state.clone();
    state.values.entry("name".to_owned()).or_insert(view.name);
    let visit = Visit { organisation: view.organisation, ..visit };
    pages::join(&visit, how, &view.login, &format!("/join/{token}"), &state)
}

/// `POST /join/{token}`: in, with a new account or with the one that is signed in.
async fn accept_invitation(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    FromClient(client): FromClient,
    Path(token): Path<String>,
    Extension(caller): Extension<Caller>,
    sent: Sent,
) -> Response {
    let mut form = typed(sent);
    let view = match service::invitation(&state.app, &token).await {
        Ok(view) => view,
        Err(error) => return over(&visit, &error),
    };
    if view.void {
        return void(&visit);
    }
    if view.account.is_some() {
        let Some(actor) = &caller.0 else {
            return Html(invitation_page(visit, view, &token, &caller, &form)).into_response();
        };
        return match service::accept_invitation_as(&state.app, &client, actor, &token).await {
            Ok(()) => Redirect::to(HOME).into_response(),
            Err(error) => over(&visit, &error),
        };
    }
    let (name, password) = (form.value("name"), form.value("password"));
    match service::accept_invitation(&state.app, &client, &token, &name, &password).await {
        Ok(signed_in) => come_in(&state, &signed_in, HOME),
        Err(Error::Validation(errors)) => {
            form.errors = errors;
            again(invitation_page(visit, view, &token, &caller, &form))
        }
        Err(error) => over(&visit, &error),
    }
}

/// `GET /forgot`: whose password?
async fn show_forgot(State(state): State<AppState>, PublicVisit { visit, .. }: PublicVisit) -> Html<String> {
    if state.app.mailer.is_on() {
        Html(pages::forgot(&visit, &FormState::default()))
    } else {
        Html(pages::said(&visit, "forgot-off"))
    }
}

/// `POST /forgot`: the same page whoever was named.
async fn forgot(State(state): State<AppState>, PublicVisit { visit, .. }: PublicVisit, sent: Sent) -> Response {
    let mut form = typed(sent);
    if !state.app.mailer.is_on() {
        return Html(pages::said(&visit, "forgot-off")).into_response();
    }
    match service::forgot(&state.app, &form.value("email")).await {
        Ok(()) => Html(pages::said(&visit, "forgot-done")).into_response(),
        Err(Error::Validation(errors)) => {
            form.errors = errors;
            again(pages::forgot(&visit, &form))
        }
        Err(error) => refusal(&visit, &error),
    }
}

/// `GET /reset/{token}`: the form. Looking does not use the link up.
async fn show_reset(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    Path(token): Path<String>,
) -> Response {
    match service::check_reset(&state.app, &token).await {
        Ok(()) => Html(pages::reset(&visit, &format!("/reset/{token}"), &FormState::default())).into_response(),
        Err(error) => over(&visit, &error),
    }
}

/// `POST /reset/{token}`: the new password, and on to signing in with it.
async fn reset(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    FromClient(client): FromClient,
    Path(token): Path<String>,
    sent: Sent,
) -> Response {
    let mut form = typed(sent);
    match service::reset(&state.app, &client, &token, &form.value("password")).await {
        Ok(()) => Redirect::to("/sign-in?reset=1").into_response(),
        Err(Error::Validation(errors)) => {
            form.errors = errors;
            again(pages::reset(&visit, &format!("/reset/{token}"), &form))
        }
        Err(error) => over(&visit, &error),
    }
}

/// `GET /register`: the form, where the organisation allows it.
pub async fn show_register(State(state): State<AppState>, PublicVisit { visit, .. }: PublicVisit) -> Response {
    if service::may_register(&state.app, &visit.organisation) {
        Html(pages::register(&visit, &FormState::default())).into_response()
    } else {
        refusal(&visit, &Error::NotFound)
    }
}

/// `POST /register`: what becomes of it comes by mail.
pub async fn register(State(state): State<AppState>, PublicVisit { visit, .. }: PublicVisit, sent: Sent) -> Response {
    let mut form = typed(sent);
    let new = NewRegistration {
        email: form.value("email"),
        password: form.value("password"),
        first_name: form.value("firstName"),
        last_name: form.value("lastName"),
    };
    match service::register(&state.app, &visit.organisation, &new).await {
        Ok(()) => Html(pages::said(&visit, "register-done")).into_response(),
        Err(Error::Validation(errors)) => {
            form.errors = errors;
            again(pages::register(&visit, &form))
        }
        Err(error) => refusal(&visit, &error),
    }
}

/// `GET /register/{token}`: one more step.
async fn show_registration(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    Path(token): Path<String>,
) -> Response {
    match service::registration(&state.app, &token).await {
        Ok(organisation) => {
            let visit = Visit { organisation, ..visit };
            Html(pages::confirm(&visit, &format!("/register/{token}"), &FormState::default())).into_response()
        }
        Err(error) => over(&visit, &error),
    }
}

/// `POST /register/{token}`: the account, and in.
async fn confirm_registration(
    State(state): State<AppState>,
    PublicVisit { visit, .. }: PublicVisit,
    FromClient(client): FromClient,
    Path(token): Path<String>,
    sent: Sent,
) -> Response {
    let mut form = typed(sent);
    match service::confirm_registration(&state.app, &client, &token, &form.value("password")).await {
        Ok(signed_in) => come_in(&state, &signed_in, HOME),
        Err(Error::Validation(errors)) => {
            form.errors = errors;
            again(pages::confirm(&visit, &format!("/register/{token}"), &form))
        }
        Err(error) => over(&visit, &error),
    }
}

/// `GET /setup/{token}`: the form of the first start.
async fn show_setup(
    State(state): State<AppState>,
    FirstVisit(visit): FirstVisit,
    Path(token): Path<String>,
) -> Response {
    match service::check_setup(&state.app, &token).await {
        Ok(()) => Html(pages::setup(&visit, &format!("/setup/{token}"), &FormState::default())).into_response(),
        Err(error) => over(&visit, &error),
    }
}

/// `POST /setup/{token}`: the first organisation and its administrator, and in.
async fn set_up(
    State(state): State<AppState>,
    FirstVisit(visit): FirstVisit,
    FromClient(client): FromClient,
    Path(token): Path<String>,
    sent: Sent,
) -> Response {
    let mut form = typed(sent);
    let start = FirstStart {
        organisation: form.value("name"),
        slug: form.value("slug"),
        locale: visit.language.code().to_owned(),
        time_zone: form.value("timeZone"),
        name: form.value("person"),
        email: form.value("email"),
        password: form.value("password"),
    };
    match service::first_start(&state.app, &client, &token, &start).await {
        Ok(signed_in) => come_in(&state, &signed_in, HOME),
        Err(Error::Validation(errors)) => {
            form.errors = errors;
            again(pages::setup(&visit, &format!("/setup/{token}"), &form))
        }
        Err(error) => over(&visit, &error),
    }
}

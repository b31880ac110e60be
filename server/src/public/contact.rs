//! The contact form of the website.

use std::collections::BTreeMap;

use app::public::FormState;
use app::public::contact::{self as pages, ContactForm};
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use officina::Error;
use officina::identity::PublicForm;
use officina::kernel::secret::random_token;
use officina::kernel::time::Timestamp;
use officina::leads::{FormSigns, SubmitLead, service};

use super::{PublicVisit, not_offered, refusal};
use crate::state::AppState;

/// What the signature of the form's moment is for.
const PURPOSE: &str = "contact-form";

/// The empty form.
pub async fn form(State(state): State<AppState>, PublicVisit { visit, .. }: PublicVisit) -> Response {
    if !visit.organisation.offers(PublicForm::Contact) {
        return not_offered(&visit, PublicForm::Contact);
    }
    Html(pages::form(&visit, &sheet(&state, FormState::default()))).into_response()
}

/// The form with what was typed; a fresh one has a token and a stamp of its own.
fn sheet(state: &AppState, form: FormState) -> ContactForm {
    let token = form.filled("token").unwrap_or_else(random_token);
    let rendered = form.filled("rendered").unwrap_or_else(|| stamp(state));
    ContactForm { state: form, token, rendered }
}

/// Takes the form. Whatever becomes of it, the visitor sees the same.
pub async fn submit(
    State(state): State<AppState>,
    PublicVisit { visit, actor }: PublicVisit,
    sent: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Response {
    // What is no such form says nothing: it comes back with what is missing.
    let values = sent.map(|Form(values)| values).unwrap_or_default();
    let mut form = FormState { values, ..FormState::default() };
    let input = SubmitLead {
        name: form.value("name"),
        phone: form.value("phone"),
        email: form.filled("email"),
        lead_type: form.value("leadType"),
        city_name: form.filled("cityName"),
        message: form.filled("message"),
    };
    let rendered = form.value("rendered");
    let signs = FormSigns {
        hidden_filled: form.filled("website").is_some(),
        // Without a good stamp nobody has seen the form: as if answered at once.
        answered_after: Some(rendered_at(&state, &rendered).map_or(0, |at| state.app.clock.now().since(at))),
    };
    let token = form.filled("token").filter(|token| token.len() <= 64);
    match service::submit(&state.app, &actor, &input, signs, token.as_deref()).await {
        Ok(_) => Redirect::to(&visit.link("/contact/done")).into_response(),
        Err(Error::Validation(errors)) => {
            form.errors = errors;
            (StatusCode::BAD_REQUEST, Html(pages::form(&visit, &sheet(&state, form)))).into_response()
        }
        Err(error) => refusal(&visit, &error),
    }
}

/// The page after sending.
pub async fn done(PublicVisit { visit, .. }: PublicVisit) -> Response {
    Html(pages::done(&visit)).into_response()
}

/// The signed moment of showing the form.
fn stamp(state: &AppState) -> String {
    let at = state.app.clock.now().0.to_string();
    format!("{at}.{}", state.app.secret.sign(PURPOSE, &at))
}

fn rendered_at(state: &AppState, stamp: &str) -> Option<Timestamp> {
    let (at, signature) = stamp.split_once('.')?;
    if !state.app.secret.verify(PURPOSE, at, signature) {
        return None;
    }
    at.parse().ok().map(Timestamp)
}

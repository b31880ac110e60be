//! The tracking pages.

use app::moment::Calendar;
use app::public::Visit;
use app::public::track::{self as pages, Step, TrackPage, TrackedPhoto};
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use officina::Error;
use officina::identity::{self, Area};
use officina::kernel::files::Rendition;
use officina::kernel::ids::{FileId, OrgId};
use officina::repairs::tracking::{self, Proof, Tracked};
use officina::repairs::{RepairPhoto, Tracking, TrackingStep, normalise_code};
use serde::Deserialize;

use super::{PublicVisit, refusal};
use crate::api::repairs::jpeg;
use crate::state::AppState;

/// The code that was typed.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    code: String,
}

/// Asks for a code, or leads to the page of the one that was typed.
pub async fn ask(PublicVisit { visit, .. }: PublicVisit, Query(Asked { code }): Query<Asked>) -> Response {
    if !visit.organisation.has(Area::Repairs) {
        return refusal(&visit, &Error::NotFound);
    }
    if code.is_empty() {
        return Html(pages::ask(&visit, None)).into_response();
    }
    match normalise_code(&code) {
        Some(code) => Redirect::to(&visit.link(&format!("/track/{code}"))).into_response(),
        None => missed(&visit, &code),
    }
}

/// The name of a code in the path; the organisation's slug may stand before it.
#[derive(Debug, Deserialize)]
pub struct CodePath {
    code: String,
}

/// The signature in a link, and the size wanted of a photo.
#[derive(Debug, Deserialize)]
pub struct Signed {
    token: Option<String>,
    size: Option<String>,
}

/// The tracking page.
pub async fn show(
    State(state): State<AppState>,
    Path(CodePath { code }): Path<CodePath>,
    PublicVisit { visit, actor }: PublicVisit,
    Query(Signed { token, .. }): Query<Signed>,
) -> Response {
    let proof = token.map(Proof::Token);
    let found = match tracking::track(&state.app, actor.address, &code, proof.as_ref()).await {
        Ok(Tracked { organisation, tracking }) => {
            host(&state, visit.clone(), organisation).await.map(|visit| (visit, tracking))
        }
        Err(error) => Err(error),
    };
    match found {
        Ok((visit, tracking)) => {
            let refresh = [(header::REFRESH, pages::REFRESH_SECONDS.to_string())];
            (refresh, Html(pages::show(&visit, &shown(&state, &visit, tracking)))).into_response()
        }
        Err(Error::NotFound) => missed(&visit, &code),
        Err(error) => refusal(&visit, &error),
    }
}

/// The visit to the organisation whose repair it is: a code says so by itself, whatever the address says.
async fn host(state: &AppState, visit: Visit, organisation: OrgId) -> officina::Result<Visit> {
    if visit.organisation.id == organisation {
        return Ok(visit);
    }
    Ok(Visit { organisation: identity::service::organisation(&state.app, organisation).await?, ..visit })
}

/// What the customer proves to be the customer with.
#[derive(Debug, Deserialize)]
pub struct Unlock {
    #[serde(default)]
    phone: String,
}

/// Opens the fuller view: the right digits lead to the address that a message would have held.
pub async fn unlock(
    State(state): State<AppState>,
    Path(CodePath { code }): Path<CodePath>,
    PublicVisit { visit, actor }: PublicVisit,
    Form(Unlock { phone }): Form<Unlock>,
) -> Response {
    let proof = Proof::PhoneLast4(phone);
    match tracking::track(&state.app, actor.address, &code, Some(&proof)).await {
        Ok(Tracked { tracking, .. }) => {
            let token = tracking.token.unwrap_or_default();
            let target = format!("/track/{}?token={token}", tracking.tracking_code);
            Redirect::to(&visit.link(&target)).into_response()
        }
        Err(Error::NotFound) => missed(&visit, &code),
        Err(error) => refusal(&visit, &error),
    }
}

/// A code that leads nowhere, and a wrong proof: the two look the same.
fn missed(visit: &Visit, typed: &str) -> Response {
    (StatusCode::NOT_FOUND, Html(pages::ask(visit, Some(typed)))).into_response()
}

fn shown(state: &AppState, visit: &Visit, tracking: Tracking) -> TrackPage {
    let calendar = Calendar::new(&visit.organisation, visit.language, state.app.clock.now());
    let vehicle = [tracking.brand, tracking.model].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let photos = tracking.token.as_ref().map(|token| {
        let photo_of = |photo: &RepairPhoto| {
            let path = visit.link(&format!("/track/{}/photos/{}", tracking.tracking_code, photo.id));
            TrackedPhoto {
                category: photo.category.clone(),
                full: format!("{path}?token={token}"),
                thumbnail: format!("{path}?token={token}&size=thumb"),
            }
        };
        tracking.photos.iter().map(photo_of).collect()
    });
    let before = std::iter::once(None).chain(tracking.timeline.iter().map(|step| Some(step.status)));
    let steps = before.zip(&tracking.timeline).map(|(before, step): (_, &TrackingStep)| Step {
        status: step.status,
        when: calendar.moment(step.at),
        note: step.note.clone(),
        is_note: before == Some(step.status),
    });
    let mut steps: Vec<Step> = steps.collect();
    steps.reverse();
    TrackPage {
        status: tracking.status,
        waiting_from: tracking.waiting_from,
        first_name: tracking.first_name,
        plate_hint: tracking.plate_hint,
        vehicle,
        appointment: tracking.appointment_at.map(|at| calendar.moment(at)),
        promised: tracking.promised_date.as_deref().map(|date| calendar.day(date)),
        updated: calendar.moment(tracking.updated_at),
        steps,
        photos,
        code: tracking.tracking_code,
    }
}

/// The name of a photo in the path.
#[derive(Debug, Deserialize)]
pub struct PhotoPath {
    code: String,
    photo: String,
}

/// A photo, for whoever holds the token.
pub async fn photo(
    State(state): State<AppState>,
    Path(path): Path<PhotoPath>,
    PublicVisit { visit, actor }: PublicVisit,
    Query(Signed { token, size }): Query<Signed>,
) -> Response {
    let rendition = match size.as_deref() {
        Some("thumb") => Rendition::Thumbnail,
        _ => Rendition::Full,
    };
    let (Some(token), Ok(photo)) = (token, path.photo.parse::<FileId>()) else {
        return refusal(&visit, &Error::NotFound);
    };
    match tracking::photo(&state.app, actor.address, &path.code, &token, photo, rendition).await {
        Ok(bytes) => jpeg(bytes),
        Err(error) => refusal(&visit, &error),
    }
}

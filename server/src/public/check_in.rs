//! Check-in: a form with photos, read as a stream so that no more than one photo is in memory as it was sent.

use app::moment::Calendar;
use app::public::check_in::{self as pages, CheckInDone, CheckInForm};
use app::public::{FormState, Visit};
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use bytes::{Bytes, BytesMut};
use officina::Error;
use officina::identity::PublicForm;
use officina::kernel::files::{Photo, PhotoError, Refusal};
use officina::kernel::secret::random_token;
use officina::kernel::text;
use officina::kernel::validate::FieldErrors;
use officina::repairs::photos::MAX_PHOTOS;
use officina::repairs::tracking::{self, Tracked};
use officina::repairs::{CheckIn, PhotoCategory, service};
use serde::Deserialize;

use super::{PublicVisit, not_offered, refusal};
use crate::http::upload::{Intake, MAX_UPLOAD_BYTES};
use crate::state::AppState;

/// The longest text of one field as it is read; the rules of the fields are far below.
const MAX_TEXT: usize = 32 * 1024;
/// The fields of the form, without the photos.
const FIELDS: [&str; 17] = [
    "token",
    "customerName",
    "customerPhone",
    "customerEmail",
    "vehiclePlate",
    "vehicleBrand",
    "vehicleModel",
    "vehicleYear",
    "vin",
    "repairType",
    "accidentDate",
    "accidentPlace",
    "insuranceCompany",
    "policyNumber",
    "preferredDate",
    "preferredTime",
    "notes",
];
/// Letters of an unknown field's name that are said back.
const MAX_NAME: usize = 40;
/// Fields in one form. The page has half as many.
const MAX_FIELDS: usize = 60;

/// The limit of the whole form: all photos, and the texts.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_UPLOAD_BYTES)
}

/// The empty form.
pub async fn form(State(state): State<AppState>, PublicVisit { visit, .. }: PublicVisit) -> Response {
    if !visit.organisation.offers(PublicForm::CheckIn) {
        return not_offered(&visit, PublicForm::CheckIn);
    }
    Html(pages::form(&visit, &sheet(&state, &visit, FormState::default(), false))).into_response()
}

fn sheet(state: &AppState, visit: &Visit, form: FormState, photos_lost: bool) -> CheckInForm {
    let token = form.filled("token").unwrap_or_else(random_token);
    CheckInForm { state: form, photos_lost, token, today: today(state, visit) }
}

fn today(state: &AppState, visit: &Visit) -> String {
    Calendar::new(&visit.organisation, visit.language, state.app.clock.now()).today()
}

/// Takes the form. Refused, it comes back with everything that was typed; nothing has been made then.
pub async fn submit(
    State(state): State<AppState>,
    PublicVisit { visit, actor }: PublicVisit,
    multipart: Result<Multipart, MultipartRejection>,
) -> Response {
    if !visit.organisation.offers(PublicForm::CheckIn) {
        return refusal(&visit, &Error::NotFound);
    }
    let takes_photos = visit.organisation.offers(PublicForm::Photos);
    let mut sent = Sent { takes_photos, ..Sent::default() };
    // What is no such form says nothing: it comes back with what is missing.
    if let Ok(multipart) = multipart
        && let Err(error) = sent.read(Intake::new(&state, &actor), multipart).await
    {
        return refusal(&visit, &error);
    }
    let Sent { form, photos, mut status, photos_seen, refused, .. } = sent;
    let (input, errors) = check_in_of(&form, &today(&state, &visit));
    let mut form = form;
    for (field, list) in errors.0 {
        form.errors.0.entry(field).or_default().extend(list);
    }
    if form.errors.is_empty() {
        let token = form.filled("token").filter(|token| token.len() <= 64);
        match service::check_in(&state.app, &actor, &input, &photos, token.as_deref()).await {
            Ok(done) => {
                let mut target = format!("/check-in/done?code={}&photos={}", done.tracking_code, photos.len());
                if !refused.is_empty() {
                    let words: Vec<_> =
                        refused.iter().map(|(category, refusal)| format!("{category}.{}", refusal.code())).collect();
                    target = format!("{target}&refused={}", words.join(","));
                }
                return Redirect::to(&visit.link(&target)).into_response();
            }
            Err(Error::Validation(errors)) => form.errors = errors,
            Err(error) => return refusal(&visit, &error),
        }
    }
    if status == StatusCode::OK {
        status = StatusCode::BAD_REQUEST;
    }
    // The form comes back for another reason: then these are told, too.
    for (category, refusal) in refused {
        form.errors.add(category.as_str(), refusal.code(), refusal.to_string());
    }
    let form = sheet(&state, &visit, form, photos_seen > 0);
    (status, Html(pages::form(&visit, &form))).into_response()
}

/// The form as the service wants it, with the errors that all its fields together have.
fn check_in_of(form: &FormState, today: &str) -> (CheckIn, FieldErrors) {
    let year = form.filled("vehicleYear");
    let vehicle_year = year.as_deref().and_then(|year| text::plain(year).parse::<i32>().ok());
    let input = CheckIn {
        customer_name: form.value("customerName"),
        customer_phone: form.value("customerPhone"),
        customer_email: form.filled("customerEmail"),
        vehicle_plate: form.value("vehiclePlate"),
        vehicle_brand: form.filled("vehicleBrand"),
        vehicle_model: form.filled("vehicleModel"),
        vehicle_year,
        vin: form.filled("vin"),
        repair_type: form.value("repairType"),
        accident_date: form.filled("accidentDate"),
        accident_place: form.filled("accidentPlace"),
        insurance_company: form.filled("insuranceCompany"),
        policy_number: form.filled("policyNumber"),
        preferred_date: form.filled("preferredDate"),
        preferred_time: form.filled("preferredTime"),
        notes: form.filled("notes"),
    };
    let mut errors = match input.clean(today) {
        Err(Error::Validation(errors)) => errors,
        _ => FieldErrors::default(),
    };
    if year.is_some() && vehicle_year.is_none() {
        errors.add("vehicleYear", "invalid_number", "must be a year such as 2019");
    }
    (input, errors)
}

/// What has arrived of a form.
#[derive(Debug)]
struct Sent {
    form: FormState,
    photos: Vec<(PhotoCategory, Photo)>,
    /// Photos that are not taken. They cost themselves and not the form.
    refused: Vec<(PhotoCategory, Refusal)>,
    photos_seen: usize,
    /// Whether the form asks for photos; others are not looked at.
    takes_photos: bool,
    /// 200, or what a form asks for that is too large altogether.
    status: StatusCode,
}

impl Default for Sent {
    fn default() -> Self {
        Self {
            form: FormState::default(),
            photos: Vec::new(),
            refused: Vec::new(),
            photos_seen: 0,
            takes_photos: true,
            status: StatusCode::OK,
        }
    }
}

impl Sent {
    /// Reads the form to its end, so that the browser is there for the answer.
    async fn read(&mut self, intake: Intake<'_>, mut multipart: Multipart) -> Result<(), Error> {
        for _ in 0..MAX_FIELDS {
            match multipart.next_field().await {
                Ok(Some(field)) => self.field(intake, field).await?,
                Ok(None) => return Ok(()),
                Err(error) => return self.cut_off(&error),
            }
        }
        Err(Error::BadRequest("The form has too many fields.".to_owned()))
    }

    async fn field(&mut self, intake: Intake<'_>, field: Field<'_>) -> Result<(), Error> {
        let name = field.name().unwrap_or_default().to_owned();
        if let Ok(category) = name.parse::<PhotoCategory>() {
            return self.photo(intake, category, field).await;
        }
        let content = match content(field, MAX_TEXT).await {
            Ok(content) => content,
            Err(error) => return self.cut_off(&error),
        };
        match content {
            _ if !FIELDS.contains(&name.as_str()) => {
                let name: String = name.chars().take(MAX_NAME).collect();
                self.form.errors.add(&name, "unknown_field", "is not known here");
            }
            Some(bytes) => {
                self.form.values.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
            None => self.form.errors.add(&name, "too_long", "is too long"),
        }
        Ok(())
    }

    async fn photo(&mut self, intake: Intake<'_>, category: PhotoCategory, field: Field<'_>) -> Result<(), Error> {
        if !self.takes_photos || self.photos_seen == MAX_PHOTOS {
            // Read to its end and forgotten.
            return match content(field, 1).await {
                Ok(Some(bytes)) if bytes.is_empty() => Ok(()),
                Ok(_) if self.takes_photos => {
                    self.refused.push((category, Refusal::TooMany { most: MAX_PHOTOS }));
                    Ok(())
                }
                Ok(_) => Ok(()),
                Err(error) => self.cut_off(&error),
            };
        }
        match intake.photo(field).await {
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(photo))) => self.photos.push((category, photo)),
            Ok(Err(PhotoError::Refused(refusal))) => self.refused.push((category, refusal)),
            Ok(Err(PhotoError::Failed(error))) => return Err(error),
            Err(error) => return self.cut_off(&error),
        }
        self.photos_seen += 1;
        Ok(())
    }

    /// The body ended early: too large altogether, or the connection failed.
    fn cut_off(&mut self, error: &MultipartError) -> Result<(), Error> {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            self.photos_seen += 1;
            self.form.errors.add(PhotoCategory::Front.as_str(), "upload_too_large", "is too large with the others");
            self.status = StatusCode::PAYLOAD_TOO_LARGE;
            Ok(())
        } else {
            Err(Error::BadRequest("The form did not arrive in full.".to_owned()))
        }
    }
}

/// The content of a field, or none when it is longer than the limit; then it is read to its end and forgotten.
async fn content(mut field: Field<'_>, limit: usize) -> Result<Option<Bytes>, MultipartError> {
    let mut content = BytesMut::new();
    let mut fits = true;
    while let Some(chunk) = field.chunk().await? {
        fits = fits && content.len() + chunk.len() <= limit;
        if fits {
            content.extend_from_slice(&chunk);
        } else {
            content = BytesMut::new();
        }
    }
    Ok(fits.then(|| content.freeze()))
}

/// Where a check-in leads to.
#[derive(Debug, Deserialize)]
pub struct Done {
    #[serde(default)]
    code: String,
    photos: Option<i64>,
    /// What was not taken, such as `left.photo_heic,rear.photo_damaged`.
    #[serde(default)]
    refused: String,
}

impl Done {
    /// What was not taken, as far as the words are ours: the address may have been written by anybody.
    fn refused(&self) -> Vec<(PhotoCategory, &'static str)> {
        let known = |pair: &str| {
            let (category, code) = pair.split_once('.')?;
            let code = Refusal::CODES.into_iter().find(|known| *known == code)?;
            Some((category.parse().ok()?, code))
        };
        self.refused.split(',').filter_map(known).take(MAX_FIELDS).collect()
    }
}

/// The page after a check-in.
pub async fn done(
    State(state): State<AppState>,
    PublicVisit { visit, actor }: PublicVisit,
    Query(done): Query<Done>,
) -> Response {
    match tracking::track(&state.app, actor.address, &done.code, None).await {
        Ok(Tracked { tracking, .. }) => {
            let done = CheckInDone {
                code: tracking.tracking_code,
                first_name: tracking.first_name,
                photos: done.photos.unwrap_or_default(),
                refused: done.refused(),
            };
            Html(pages::done(&visit, &done)).into_response()
        }
        Err(error) => refusal(&visit, &error),
    }
}

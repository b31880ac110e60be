//! `POST /readings/devices/{serialNumber}/readings`: the hot path. It stands outside the router's layers and checks for
//! itself what they would.

use std::io::{self, Read};

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::bufread::GzDecoder;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use officina::cold_chain::ingest::{Delivery, Novelty};
use officina::cold_chain::reading::Reading;
use officina::cold_chain::service::{Admission, device_key_hash};
use officina::cold_chain::wire::{self, Batch};
use officina::kernel::time::Timestamp;
use officina::kernel::validate::FieldErrors;
use officina::{Error, Result};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Place};
use crate::http::auth::Caller;
use crate::http::client::{self, Peer};
use crate::http::connections::{self, Credential};
use crate::http::envelope::Data;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::ApiPath;
use crate::http::idempotency;
use crate::http::request_id;
use crate::state::AppState;

/// The most that a request may weigh on the wire, in bytes.
const MOST_BYTES: usize = 256 * 1024;
/// The most that it may weigh unzipped, in bytes.
const MOST_UNZIPPED: usize = 2 * 1024 * 1024;
/// How often a delivery is let in anew because the device's keys changed while it waited.
const TRIES: usize = 3;

/// The route of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(post_readings))
}

/// A reading as it is sent. Unknown fields are ignored; every field but `temperature` may be null. What firmware writes for no
/// number (`nan`, `-nan(ind)`, `inf`, `1.#QNAN`, `NaN`, `Infinity`) counts as null. A field that occurs twice refuses its reading.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read by hand to keep one bad reading from spoiling a batch")]
struct ReadingBody {
    /// °C, −100 to 100.
    temperature: f64,
    /// Percent, 0 to 100.
    humidity: Option<f64>,
    /// Percent, 0 to 100.
    battery_level: Option<f64>,
    /// Whether the cell has mains power.
    power_status: Option<bool>,
    /// Whether the door is open.
    door_status: Option<bool>,
    /// RFC 3339 text or epoch milliseconds. More than 5 minutes ahead or 30 days behind it is not believed.
    #[schema(value_type = Option<String>)]
    recorded_at: Option<Timestamp>,
    /// The device's own number for the reading. A reading with a known number is a duplicate if it has the same `recordedAt` as
    /// the one before, or, where a time is missing or not believed, the same values. Otherwise the device's counter
    /// has begun anew, as after a restart: the reading is stored, and the device says so (`counterRestartedAt`).
    seq: Option<i64>,
}

/// What became of a request's readings.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Receipt {
    /// Stored now.
    accepted: usize,
    /// Stored before.
    duplicates: usize,
    /// Refused.
    rejected: usize,
    /// One by one, for a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<ItemResult>>,
}

/// What became of one reading of a list.
#[derive(Debug, Serialize, ToSchema)]
struct ItemResult {
    index: usize,
    status: ItemStatus,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ItemStatus {
    Accepted,
    Duplicate,
    Rejected,
}

/// An error that says what became of each reading.
#[derive(Serialize)]
struct AllRejected {
    #[serde(flatten)]
    error: ErrorBody,
    data: Receipt,
}

/// Bring readings.
///
/// The body is one object, a list, or an object with `readings`, up to 1,000; gzip allowed. The answer comes after
/// they are durable. 200 when all were known already, and for an empty list, by which an address and a key are tried.
#[utoipa::path(post, path = "/readings/devices/{serialNumber}/readings", tag = "cold chain",
    params(("serialNumber" = String, Path, description = "The number on the device's case."),
        ("x-device-key" = String, Header, description = "The key that was shown when the device was made."),
        ("idempotency-key" = Option<String>, Header, description = "The first answer is given again for a day.")),
    request_body = ReadingBody,
    responses((status = 201, body = Data<Receipt>), (status = 200, body = Data<Receipt>),
    (status = 401, body = ErrorBody)))]
async fn post_readings(State(state): State<AppState>, ApiPath(serial): ApiPath<String>, request: Request) -> Response {
    match take(&state, &serial, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn take(state: &AppState, serial: &str, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let key_hash = parts.headers.get("x-device-key").map(|key| device_key_hash(key.as_bytes()));
    let received_at = state.app.clock.now();
    let admitted = match &key_hash {
        Some(hash) => admit(state, hash, received_at).await?,
        None => None,
    };
    let (Some(key_hash), Some(admission)) = (key_hash, admitted) else {
        // Guessing keys is slowed like every other anonymous request; devices are not.
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        let address = client::address(&state.config.trusted_proxies, peer, &parts.headers);
        state.rates.count(&Caller::default(), address)?;
        return Err(ApiError::UnknownDevice);
    };
    connections::prove(&parts.extensions, Credential::Device(admission.device_no));
    if admission.serial_number != serial {
        return Err(ApiError::ForeignDevice);
    }
    let body = read(body).await?;
    let once = idempotency::request_key(state, &parts, format!("device/{}", admission.device_no), &body)?;
    // Of the body only the readings are kept while they wait: it may weigh a hundred times as much.
    let batch = wire::parse(&unzipped(&parts.headers, body)?)?;
    // Before anything waits for the database, be it only to learn what a request was answered the first time.
    let place = state.ingest.place(batch.readings())?;
    let request = Received { key_hash, received_at };
    let Some(once) = once else { return request.answer(state, &admission, batch, place).await };
    let work = {
        let state = state.clone();
        async move { request.answer(&state, &admission, batch, place).await.unwrap_or_else(ApiError::into_response) }
    };
    // A device takes a conflict for its own fault and throws the readings away: it is to come again.
    Ok(idempotency::once(&state.app, once, Error::Unavailable, work).await?)
}

/// The device of a key that has not ended.
async fn admit(state: &AppState, key_hash: &[u8; 32], now: Timestamp) -> Result<Option<std::sync::Arc<Admission>>> {
    let found = state.ingest.admissions.find(&state.app, key_hash).await?;
    Ok(found.filter(|admission| admission.expires_at.is_none_or(|end| now < end)))
}

async fn read(body: Body) -> Result<Bytes> {
    let too_large = || Error::TooLarge(format!("A request takes at most {} KiB.", MOST_BYTES / 1024));
    if body.size_hint_lower() > MOST_BYTES as u64 {
        return Err(too_large());
    }
    match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Error::BadRequest("The body did not arrive in full.".to_owned())),
    }
}

/// The length that a body announces.
trait Announced {
    fn size_hint_lower(&self) -> u64;
}

impl Announced for Body {
    fn size_hint_lower(&self) -> u64 {
        http_body::Body::size_hint(self).lower()
    }
}

fn unzipped(headers: &HeaderMap, body: Bytes) -> Result<Bytes> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    match encoding {
        None => Ok(body),
        Some(encoding) if encoding.eq_ignore_ascii_case(b"identity") => Ok(body),
        Some(encoding) if encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip") => {
            let plain = gunzip(&body, MOST_UNZIPPED as u64 + 1)
                .map_err(|_| Error::BadRequest("The body is not gzip.".to_owned()))?;
            if plain.len() > MOST_UNZIPPED {
                return Err(Error::TooLarge(format!("A request takes at most {} MiB unzipped.", MOST_UNZIPPED >> 20)));
            }
            Ok(plain.into())
        }
        Some(_) => Err(Error::UnsupportedMedia("The body may be plain or gzip.".to_owned())),
    }
}

/// What some bytes in gzip hold, up to so many bytes. There may be several members (RFC 1952, section 2.2), and what stands
/// in the later ones counts, too; zeros after the last one are what devices fill their blocks with.
fn gunzip(mut body: &[u8], most: u64) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    loop {
        GzDecoder::new(&mut body).take(most - plain.len() as u64).read_to_end(&mut plain)?;
        if plain.len() as u64 == most || body.iter().all(|byte| *byte == 0) {
            return Ok(plain);
        }
    }
}

/// A request that was let in.
struct Received {
    key_hash: [u8; 32],
    received_at: Timestamp,
}

impl Received {
    async fn answer(
        &self,
        state: &AppState,
        admission: &Admission,
        batch: Batch,
        place: Place,
    ) -> Result<Response, ApiError> {
        match batch {
            Batch::One(reading) => {
                let reading = reading.map_err(Error::Validation)?;
                let novelty = self.store(state, admission, vec![reading], place).await?;
                Ok(one(novelty.first() == Some(&Novelty::Accepted)))
            }
            Batch::Many(items) => self.many(state, admission, items, place).await,
        }
    }

    async fn store(
        &self,
        state: &AppState,
        admission: &Admission,
        mut readings: Vec<Reading>,
        mut place: Place,
    ) -> Result<Vec<Novelty>, ApiError> {
        let (mut device_no, mut access_epoch) = (admission.device_no, admission.access_epoch);
        for _ in 0..TRIES {
            let delivery = Delivery { device_no, access_epoch, received_at: self.received_at, readings };
            match state.ingest.store(delivery, place).await? {
                Answer::Stored(novelty) => return Ok(novelty),
                Answer::Stale(back) => readings = back,
            }
            place = state.ingest.place(readings.len())?;
            // The device's keys have changed. This one may still be good, for instance for its grace time.
            state.ingest.admissions.forget(&self.key_hash);
            let again = admit(state, &self.key_hash, self.received_at).await?.ok_or(ApiError::UnknownDevice)?;
            (device_no, access_epoch) = (again.device_no, again.access_epoch);
        }
        Err(Error::Unavailable.into())
    }

    async fn many(
        &self,
        state: &AppState,
        admission: &Admission,
        items: Vec<Result<Reading, FieldErrors>>,
        place: Place,
    ) -> Result<Response, ApiError> {
        let good: Vec<Reading> = items.iter().filter_map(|item| item.as_ref().ok().copied()).collect();
        let stored = if good.is_empty() { Vec::new() } else { self.store(state, admission, good, place).await? };
        let receipt = Receipt::of(&items, stored);
        if receipt.rejected == items.len() && !items.is_empty() {
            let errors = FieldErrors::single("readings", "all_rejected", "were all refused; see data.results");
            let error = ApiError::from(Error::Validation(errors)).into_body(&request_id::current());
            return Ok((StatusCode::BAD_REQUEST, Json(AllRejected { error, data: receipt })).into_response());
        }
        let status = if receipt.accepted > 0 { StatusCode::CREATED } else { StatusCode::OK };
        Ok((status, Data::new(receipt)).into_response())
    }
}

impl Receipt {
    fn of(items: &[Result<Reading, FieldErrors>], stored: Vec<Novelty>) -> Self {
        let mut receipt = Self::default();
        let mut stored = stored.into_iter();
        let mut results = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let (status, error) = match item {
                Err(errors) => (ItemStatus::Rejected, Some(sentence(errors))),
                Ok(_) if stored.next() == Some(Novelty::Accepted) => (ItemStatus::Accepted, None),
                Ok(_) => (ItemStatus::Duplicate, None),
            };
            match status {
                ItemStatus::Accepted => receipt.accepted += 1,
                ItemStatus::Duplicate => receipt.duplicates += 1,
                ItemStatus::Rejected => receipt.rejected += 1,
            }
            results.push(ItemResult { index, status, error });
        }
        receipt.results = Some(results);
        receipt
    }
}

/// What is wrong with a reading, in one line.
fn sentence(errors: &FieldErrors) -> String {
    let parts: Vec<String> = errors
        .sentences()
        .into_iter()
        .map(|(field, sentences)| format!("{field} {}", sentences.join(" and ")))
        .collect();
    parts.join("; ")
}

/// The answer to a single reading, which is always one of two.
fn one(accepted: bool) -> Response {
    let (status, body) = if accepted {
        (StatusCode::CREATED, r#"{"data":{"accepted":1,"duplicates":0,"rejected":0}}"#)
    } else {
        (StatusCode::OK, r#"{"data":{"accepted":0,"duplicates":1,"rejected":0}}"#)
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

//! The devices that a simulation needs, on the server.

use std::collections::HashMap;
use std::path::Path;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use http::StatusCode;
use officina::cold_chain::Preset;
use officina::cold_chain::inputs::MOST_IMPORTED;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Plan;
use super::client::{Answer, Client};
use super::device::Device;
use crate::launch::StartError;

/// The location that everything simulated stands at.
const LOCATION: &str = "Simulator";
/// Requests at the same time.
const AT_ONCE: usize = 8;
/// Devices in a cell.
const PER_CELL: u32 = 4;

/// What of demo.json is needed.
#[derive(Deserialize)]
struct Demo {
    users: Vec<DemoUser>,
}

#[derive(Deserialize)]
struct DemoUser {
    role: String,
    email: String,
    password: String,
}

/// The devices of a plan: those that a simulation before has left get new keys, the others are made. Those that somebody
/// has taken out of service stay there, and send nothing.
pub(super) async fn prepare(client: &Client, plan: &Plan) -> Result<Vec<Device>, StartError> {
    let bearer = format!("Bearer {}", token(client, plan).await?);
    let api = Api { client, bearer: &bearer };
    let locations = api.all("/api/v1/locations?limit=100", "name").await?;
    let location = match locations.get(LOCATION) {
        Some(known) => known.clone(),
        None => api.make("/api/v1/locations", &json!({ "name": LOCATION })).await?,
    };
    let known = api.all(&format!("/api/v1/coldcells?limit=100&locationId={location}"), "name").await?;
    let cells: Vec<String> = stream::iter(0..plan.devices.div_ceil(PER_CELL))
        .map(|number| api.cell(&location, &known, number))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let known = api.all("/api/v1/devices?limit=100&search=SIM-", "serialNumber").await?;
    let retired = api.all("/api/v1/devices?limit=100&status=RETIRED&search=SIM-", "serialNumber").await?;
    let left_out = (0..plan.devices).filter(|number| retired.contains_key(&serial(*number))).count();
    if left_out > 0 {
        tracing::warn!(devices = left_out, "devices of the simulation are out of service and send nothing");
    }
    let missing: Vec<(String, &str)> = (0..plan.devices)
        .map(|number| (serial(number), cells[cell_of(number)].as_str()))
        .filter(|(serial, _)| !known.contains_key(serial) && !retired.contains_key(serial))
        .collect();
    let mut keys: HashMap<String, String> = HashMap::new();
    for part in missing.chunks(MOST_IMPORTED) {
        keys.extend(api.import(part).await?);
    }
    let old = (0..plan.devices).map(serial).filter_map(|serial| Some((known.get(&serial)?, serial)));
    let renewed: Vec<(String, String)> =
        stream::iter(old).map(|(id, serial)| api.rotate(id, serial)).buffered(AT_ONCE).try_collect().await?;
    keys.extend(renewed);
    let devices: Vec<Device> = (0..plan.devices)
        .filter_map(|number| {
            let serial = serial(number);
            let key = keys.remove(&serial)?;
            Some(Device::new(serial, key, number, preset_of(cell_of(number)).thresholds()))
        })
        .collect();
    if devices.is_empty() {
        return Err(StartError::new("All devices of the simulation are out of service.".to_owned()));
    }
    Ok(devices)
}

fn serial(number: u32) -> String {
    format!("SIM-{:05}", number + 1)
}

/// The cell that a device stands in, among those of the simulation.
const fn cell_of(number: u32) -> usize {
    number as usize / PER_CELL as usize
}

/// Freezers and fridges in turn.
const fn preset_of(cell: usize) -> Preset {
    if cell.is_multiple_of(2) { Preset::Freezer } else { Preset::Fridge }
}

async fn token(client: &Client, plan: &Plan) -> Result<String, StartError> {
    match (&plan.token, &plan.demo_file) {
        (Some(token), _) => Ok(token.clone()),
        (None, Some(file)) => demo_token(client, file).await,
        (None, None) => {
            Err(StartError::new("Name a demo.json with --demo-file, or set OFFICINA_SIMULATE_TOKEN.".to_owned()))
        }
    }
}

async fn demo_token(client: &Client, file: &Path) -> Result<String, StartError> {
    let unreadable = |error: String| StartError::new(format!("{} cannot be read: {error}.", file.display()));
    let text = tokio::fs::read(file).await.map_err(|error| unreadable(error.to_string()))?;
    let demo: Demo = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    let admin = demo.users.into_iter().find(|user| user.role == "admin");
    let admin = admin.ok_or_else(|| unreadable("it names no administrator".to_owned()))?;
    let login = json!({ "email": admin.email, "password": admin.password });
    let api = Api { client, bearer: "" };
    let answer = api.post("/api/v1/auth/login", &login).await?;
    Ok(expect(&answer, StatusCode::OK)?["accessToken"].as_str().unwrap_or_default().to_owned())
}

/// The server's API, as somebody who may manage devices.
struct Api<'a> {
    client: &'a Client,
    bearer: &'a str,
}

impl Api<'_> {
    async fn post(&self, path: &str, body: &Value) -> Result<Answer, StartError> {
        let body = Bytes::from(body.to_string());
        patiently(async || self.client.post(path, ("authorization", self.bearer), body.clone()).await).await
    }

    async fn get(&self, path: &str) -> Result<Answer, StartError> {
        patiently(async || self.client.get(path, ("authorization", self.bearer)).await).await
    }

    /// The ids of all rows of a list, by one of their fields.
    async fn all(&self, path: &str, field: &str) -> Result<HashMap<String, String>, StartError> {
        let mut ids = HashMap::new();
        let mut next = path.to_owned();
        loop {
            let page = self.get(&next).await?;
            let rows = expect(&page, StatusCode::OK)?.as_array().map(Vec::as_slice).unwrap_or_default();
            ids.extend(rows.iter().map(|row| (row[field].as_str().unwrap_or_default().to_owned(), id(row))));
            match page.body["page"]["nextCursor"].as_str() {
                Some(cursor) => next = format!("{path}&cursor={cursor}"),
                None => return Ok(ids),
            }
        }
    }

    async fn make(&self, path: &str, new: &Value) -> Result<String, StartError> {
        let made = self.post(path, new).await?;
        Ok(id(expect(&made, StatusCode::CREATED)?))
    }

    /// A cell for a few devices: the one that is known, or a new one.
    async fn cell(&self, location: &str, known: &HashMap<String, String>, number: u32) -> Result<String, StartError> {
        let name = format!("{LOCATION} {:05}", number + 1);
        if let Some(id) = known.get(&name) {
            return Ok(id.clone());
        }
        let preset = preset_of(number as usize);
        self.make("/api/v1/coldcells", &json!({ "name": name, "locationId": location, "preset": preset })).await
    }

    /// Makes devices, by serial number and cell, and returns the keys by serial number.
    async fn import(&self, devices: &[(String, &str)]) -> Result<Vec<(String, String)>, StartError> {
        let firmware = env!("CARGO_PKG_VERSION");
        let lines: String = devices.iter().map(|(serial, cell)| format!("{serial},{cell},{firmware}\n")).collect();
        let table = json!({ "csv": format!("serialNumber,coldCell,firmwareVersion\n{lines}") });
        let answer = self.post("/api/v1/devices/import", &table).await?;
        let made = expect(&answer, StatusCode::CREATED)?["devices"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(made.iter().map(|device| (text(&device["serialNumber"]), text(&device["apiKey"]))).collect())
    }

    /// Gives a device a new key.
    async fn rotate(&self, id: &str, serial: String) -> Result<(String, String), StartError> {
        let answer = self.post(&format!("/api/v1/devices/{id}/rotate-key"), &json!({})).await?;
        Ok((serial, text(&expect(&answer, StatusCode::OK)?["apiKey"])))
    }
}

/// Asks, and asks again as long as the server says when to: a member has so many requests a minute, and a large fleet takes
/// more.
async fn patiently(ask: impl AsyncFn() -> Result<Answer, String>) -> Result<Answer, StartError> {
    loop {
        let answer = ask().await.map_err(unreachable)?;
        let is_later = matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let Some(pause) = answer.retry_after.filter(|_| is_later) else { return Ok(answer) };
        tracing::info!(pause.seconds = pause.as_secs(), "the server asks to wait");
        tokio::time::sleep(pause).await;
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn id(row: &Value) -> String {
    text(&row["id"])
}

fn expect(answer: &Answer, status: StatusCode) -> Result<&Value, StartError> {
    if answer.status == status {
        return Ok(&answer.body["data"]);
    }
    Err(StartError::new(format!("The server made no devices: {}", answer.in_words())))
}

fn unreachable(problem: String) -> StartError {
    StartError::new(format!("The server does not answer: {problem}."))
}

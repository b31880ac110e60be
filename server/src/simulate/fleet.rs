//! The devices that a simulation needs, on the server.

use std::collections::HashMap;
use std::path::Path;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use http::StatusCode;
use officina::cold_chain::Preset;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Plan;
use super::client::{Answer, Client};
use super::device::Device;
use crate::launch::StartError;

/// The location that everything simulated stands at.
const LOCATION: &str = "Simulator";
/// Devices that are made at the same time.
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

/// The devices of a plan: those that a simulation before has left get new keys, the others are made.
pub(super) async fn prepare(client: &Client, plan: &Plan) -> Result<Vec<Device>, StartError> {
    let bearer = format!("Bearer {}", token(client, plan).await?);
    let api = Api { client, bearer: &bearer };
    let locations = api.all("/api/v1/locations?limit=100").await?;
    let location = match locations.get(LOCATION) {
        Some(known) => known.clone(),
        None => api.make("/api/v1/locations", &json!({ "name": LOCATION })).await?,
    };
    let known = api.all(&format!("/api/v1/coldcells?limit=100&locationId={location}")).await?;
    let cells: Vec<(String, Preset)> = stream::iter(0..plan.devices.div_ceil(PER_CELL))
        .map(|number| api.cell(&location, &known, number))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    stream::iter(0..plan.devices)
        .map(|number| {
            let (cell, preset) = &cells[number as usize / PER_CELL as usize];
            api.device(number, cell, *preset)
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
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
        self.client.post(path, ("authorization", self.bearer), body).await.map_err(unreachable)
    }

    /// The ids of all rows of a list, by their names.
    async fn all(&self, path: &str) -> Result<HashMap<String, String>, StartError> {
        let mut ids = HashMap::new();
        let mut next = path.to_owned();
        loop {
            let page = self.client.get(&next, ("authorization", self.bearer)).await.map_err(unreachable)?;
            let rows = expect(&page, StatusCode::OK)?.as_array().map(Vec::as_slice).unwrap_or_default();
            ids.extend(rows.iter().map(|row| (row["name"].as_str().unwrap_or_default().to_owned(), id(row))));
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

    /// A cell for a few devices: freezers and fridges in turn.
    async fn cell(
        &self,
        location: &str,
        known: &HashMap<String, String>,
        number: u32,
    ) -> Result<(String, Preset), StartError> {
        let preset = if number.is_multiple_of(2) { Preset::Freezer } else { Preset::Fridge };
        let name = format!("{LOCATION} {:05}", number + 1);
        let id = match known.get(&name) {
            Some(id) => id.clone(),
            None => {
                self.make("/api/v1/coldcells", &json!({ "name": name, "locationId": location, "preset": preset }))
                    .await?
            }
        };
        Ok((id, preset))
    }

    async fn device(&self, number: u32, cell: &str, preset: Preset) -> Result<Device, StartError> {
        let serial = format!("SIM-{:05}", number + 1);
        let new = json!({ "serialNumber": serial, "coldCellId": cell, "firmwareVersion": env!("CARGO_PKG_VERSION") });
        let mut answer = self.post("/api/v1/devices", &new).await?;
        if answer.status == StatusCode::CONFLICT
            && let Some(existing) = answer.body["existingId"].as_str()
        {
            answer = self.post(&format!("/api/v1/devices/{existing}/rotate-key"), &json!({})).await?;
        }
        let made = match answer.status {
            StatusCode::OK => expect(&answer, StatusCode::OK)?,
            _ => expect(&answer, StatusCode::CREATED)?,
        };
        let key = made["apiKey"].as_str().unwrap_or_default().to_owned();
        Ok(Device::new(serial, key, number, preset.thresholds()))
    }
}

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap_or_default().to_owned()
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

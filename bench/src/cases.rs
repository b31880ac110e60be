//! The cases: what is asked, what must come back, and which goal the figure has.

use std::sync::Arc;

use officina::kernel::time::Timestamp;

use crate::Result;
use crate::client::{Connection, get};
use crate::fill::Filled;
use crate::load::{Expected, InTurn, Source};
use crate::readings::{COLD, Fleet, Sending};
use crate::server::Server;

/// Readings of a batch.
pub const BATCH: usize = 100;
/// Rows of a page of the staff list.
const LIMIT: usize = 50;
/// The page that must be as fast as the first.
const FAR_PAGE: usize = 100;

/// What a figure is held against.
#[derive(Clone, Copy)]
pub enum Goal {
    /// Nothing: it is reported as it is.
    None,
    /// A share of the yardstick's rate.
    OfYardstick(f64),
    /// A share of the engine's own rate of rows.
    OfEngine(f64),
    /// A share of another case's rate.
    OfCase(Id, f64),
    /// At most so many milliseconds at the median.
    Milliseconds(f64),
}

/// The cases by name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Id {
    /// A reading with each request.
    OneReading,
    /// A hundred readings with each request.
    Batch,
    /// The tracking page.
    Tracking,
    /// The tracking page as browsers ask for it.
    TrackingCompressed,
    /// The first page of the staff list by the API.
    List,
    /// The hundredth page of it.
    ListFar,
    /// The first page of the staff list as a page.
    Page,
    /// The hundredth page of it.
    PageFar,
    /// The 30-day chart.
    Chart,
}

/// A case.
pub struct Case {
    /// Which.
    pub id: Id,
    /// What it is called in the table.
    pub name: &'static str,
    /// The goal.
    pub goal: Goal,
    /// Connections; all of the run's, or fewer.
    pub connections: Option<usize>,
    /// What must come back.
    pub expected: Expected,
    /// Readings that a right answer acknowledges.
    pub readings: usize,
    requests: Arc<Vec<Vec<u8>>>,
}

/// All cases, in the order in which they run.
pub async fn all(server: &Server, filled: &Filled) -> Result<Vec<Case>> {
    let cookie = format!("officina_session={}", filled.cookie);
    let signed_in = [("cookie", cookie.as_str()), ("accept", "*/*")];
    let tracking = |headers: &[(&str, &str)]| -> Vec<Vec<u8>> {
        // A stride that visits repairs of all ages and statuses, four thousand of them.
        let stride = (filled.codes.len() / 4_096).max(1);
        filled.codes.iter().step_by(stride).map(|code| get(&format!("/track/{code}"), headers)).collect()
    };
    let first = format!("/api/v1/repairs?limit={LIMIT}");
    let cursor = cursor_of_page(server, &first, &signed_in, FAR_PAGE).await;
    let far = cursor.as_ref().map_or_else(|_| first.clone(), |cursor| format!("{first}&cursor={cursor}"));
    let page = "/app/repairs".to_owned();
    let page_far = cursor.as_ref().map_or_else(|_| page.clone(), |cursor| format!("{page}?cursor={cursor}"));
    if let Err(error) = &cursor {
        eprintln!("  page {FAR_PAGE} of the staff list is measured as page 1: {error}");
    }
    let chart = format!("/api/v1/readings/coldcells/{}/readings?range=30d", filled.cell);
    let case = |id, name, goal, requests| Case {
        id,
        name,
        goal,
        connections: None,
        expected: Expected { status: 200, text: None },
        readings: 0,
        requests: Arc::new(requests),
    };
    let one = |path: &str| vec![get(path, &signed_in)];
    Ok(vec![
        Case {
            expected: Expected { status: 201, text: Some("\"accepted\":1,") },
            readings: 1,
            ..case(Id::OneReading, "one reading per request", Goal::OfYardstick(0.15), Vec::new())
        },
        Case {
            expected: Expected { status: 201, text: Some("\"accepted\":100,") },
            readings: BATCH,
            ..case(Id::Batch, "100 readings per request", Goal::OfEngine(0.5), Vec::new())
        },
        case(Id::Tracking, "tracking page", Goal::OfYardstick(0.08), tracking(&[])),
        case(
            Id::TrackingCompressed,
            "tracking page, compressed",
            Goal::None,
            tracking(&[("accept-encoding", "gzip, deflate, br")]),
        ),
        case(Id::List, "staff list (API), page 1", Goal::OfYardstick(0.02), one(&first)),
        case(Id::ListFar, "staff list (API), page 100", Goal::OfCase(Id::List, 0.9), one(&far)),
        case(Id::Page, "staff page, page 1", Goal::OfYardstick(0.02), one(&page)),
        case(Id::PageFar, "staff page, page 100", Goal::OfCase(Id::Page, 0.9), one(&page_far)),
        Case {
            connections: Some(1),
            ..case(Id::Chart, "30-day chart, one at a time", Goal::Milliseconds(5.0), one(&chart))
        },
    ])
}

impl Case {
    /// The sources of a run, one for each connection.
    pub fn sources(&self, filled: &Filled, connections: usize, round: u32, now: Timestamp) -> Vec<Box<dyn Source>> {
        let connections = self.connections.unwrap_or(connections);
        match self.readings {
            0 => {
                let from = |index| InTurn::from(&self.requests, index * self.requests.len() / connections);
                (0..connections).map(from).collect()
            }
            readings => {
                // The kinds of requests count apart, so that no number comes twice.
                let round = round * 2 + u32::from(readings > 1);
                fleets(filled, connections, Sending { readings, round, now: now.0, degrees: COLD })
            }
        }
    }
}

/// The devices, spread over connections.
pub fn fleets(filled: &Filled, connections: usize, sending: Sending) -> Vec<Box<dyn Source>> {
    let share = (filled.devices.len() / connections).max(1);
    filled.devices.chunks_exact(share).take(connections).map(|devices| Fleet::of(devices, sending)).collect()
}

/// The requests of the yardstick.
pub fn yardstick(connections: usize) -> Vec<Box<dyn Source>> {
    let request = Arc::new(vec![get("/health", &[])]);
    (0..connections).map(|_| InTurn::from(&request, 0)).collect()
}

/// Walks the list to a page and returns the cursor that leads to it.
async fn cursor_of_page(server: &Server, path: &str, headers: &[(&str, &str)], page: usize) -> Result<String> {
    let mut connection = Connection::open(server.address).await?;
    let mut cursor = String::new();
    for _ in 1..page {
        let answer = if cursor.is_empty() {
            connection.exchange(&get(path, headers)).await?
        } else {
            connection.exchange(&get(&format!("{path}&cursor={cursor}"), headers)).await?
        };
        if answer.status != 200 {
            return Err(answer.brief().into());
        }
        let body: serde_json::Value = serde_json::from_slice(answer.body)?;
        cursor = body["page"]["nextCursor"].as_str().ok_or("the list ends before that page")?.to_owned();
    }
    Ok(cursor)
}

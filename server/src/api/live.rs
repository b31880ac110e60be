//! Live events for browsers and programs: server-sent events from the journal.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use officina::cold_chain::service::{cell_heard_at, may_hear_of};
use officina::identity::service;
use officina::kernel::actor::Actor;
use officina::kernel::ids::{ColdCellId, OrgId};
use officina::kernel::journal;
use officina::kernel::permission::Permission;
use officina::kernel::time::Timestamp;
use officina::{Error, Result, notices};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::background::live::{BATCH, LiveEvent, OpenStream};
use crate::http::auth::{Caller, SignedIn};
use crate::http::client::FromClient;
use crate::http::error::{ApiResult, ErrorBody};
use crate::http::extract::ApiQuery;
use crate::state::AppState;

/// How often it is checked that the session still lives: the stream ends within 5 s of the session's end.
const CHECK_SESSION: Duration = Duration::from_secs(4);
/// In so long a quiet stream says that it is there: proxies leave it open, and a browser notices when nothing comes any
/// more, which no connection tells by itself. An event, because browsers keep comments to themselves.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How soon a browser comes back after the stream ended.
const RETRY: Duration = Duration::from_secs(2);

/// How often it is looked whether the cell that a listener has open was heard of. Readings come by the thousand and stand in no
/// journal, so a listener names the one cell that is before somebody's eyes.
const LOOK_AT_CELL: Duration = Duration::from_secs(1);

/// The topic that is told to each by name.
const NOTICES: &str = "notices";

/// What can be listened to, and what it takes.
const TOPICS: &[(&str, Permission)] = &[
    ("repairs", Permission::RepairsRead),
    ("customers", Permission::CustomersRead),
    ("leads", Permission::LeadsRead),
    ("cold_chain", Permission::ColdChainRead),
    ("alerts", Permission::AlertsRead),
    // Of these one hears what one was told.
    (NOTICES, Permission::AlertsRead),
];

/// Routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(live))
}

/// An event as it is sent: `id`, `event` and `data` are the fields of server-sent events.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the stream, which is written event by event")]
struct SentEvent {
    /// The number of the journal's entry.
    id: Option<String>,
    /// `<area>.<verb>`, or `beat` where nothing happened.
    event: Option<String>,
    /// The subject, as JSON.
    data: String,
}

/// What is listened to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// Areas, separated by commas; without it, all that the member may see.
    #[param(
        pattern = "^(repairs|customers|leads|cold_chain|alerts|notices)(,(repairs|customers|leads|cold_chain|alerts|notices))*$"
    )]
    topics: Option<String>,
    /// Where to go on, for a page that knows the number it was rendered at. `Last-Event-ID` wins over it.
    after: Option<i64>,
    /// The membership that the listening page was made for. When somebody else is signed in by now, the answer is 409.
    #[serde(rename = "as")]
    person: Option<String>,
    /// A cold cell: its readings are told as `readings.stored`, without an `id`, at most once a second.
    #[param(value_type = Option<String>)]
    cell: Option<ColdCellId>,
}

/// Server-sent events: `id` is the journal's number, `event` is `<area>.<verb>`, data is the subject.
///
/// `Last-Event-ID` goes on without a gap. The stream ends within 5 s of the session's end. Readings are told of the one cell that
/// is named by `cell`.
#[utoipa::path(get, path = "/live", tag = "live", params(LiveQuery), security(("accessToken" = []), ("session" = [])),
    responses((status = 200, content_type = "text/event-stream", body = SentEvent), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
async fn live(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    FromClient(client): FromClient,
    ApiQuery(query): ApiQuery<LiveQuery>,
    headers: HeaderMap,
) -> ApiResult<impl IntoResponse> {
    Caller(Some(actor.clone())).is_still(query.person.as_deref())?;
    let topics = topics(&actor, query.topics.as_deref())?;
    let cell = match query.cell {
        Some(id) => Some((id, cell_heard_at(&state.app, &actor, id).await?)),
        None => None,
    };
    let listener = actor.credential().ok_or(Error::Unauthorized)?;
    let open = state.live.open(listener, state.config.limits.live_streams_per_member)?;
    // Subscribed before the journal is read: what is written in between comes from one or the other.
    let events = state.live.subscribe();
    let head = journal::head(&state.app.db, actor.org).await?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let seq = resumed.or(query.after).filter(|seq| (0..=head).contains(seq)).unwrap_or(head);
    let (sender, receiver) = mpsc::channel(16);
    let listener = Listener { state: state.clone(), client, actor, topics, seq, cell, sender, _open: open };
    tokio::spawn(async move {
        // The stream ends when the listener is dropped; why it ended is nothing that the client can act on.
        let _ = listener.run(events).await;
    });
    let beat = KeepAlive::new().interval(HEARTBEAT).event(Event::default().event("beat").data("ok"));
    let stream = Sse::new(ReceiverStream::new(receiver)).keep_alive(beat);
    // nginx would otherwise hold events back.
    Ok(([("x-accel-buffering", "no")], stream))
}

/// The wanted topics that the actor may see.
fn topics(actor: &Actor, wanted: Option<&str>) -> Result<Vec<&'static (&'static str, Permission)>> {
    let wanted: Vec<&(&str, Permission)> = match wanted {
        None => TOPICS.iter().collect(),
        Some(list) => list
            .split(',')
            .map(|name| {
                TOPICS.iter().find(|(topic, _)| *topic == name.trim()).ok_or_else(|| {
                    let known: Vec<&str> = TOPICS.iter().map(|(topic, _)| *topic).collect();
                    Error::field("topics", "unknown_word", format!("must be some of {}", known.join(", ")))
                })
            })
            .collect::<Result<_>>()?,
    };
    let (first, allowed) = (
        wanted.first().map_or(Permission::RepairsRead, |topic| topic.1),
        wanted.into_iter().filter(|topic| actor.usable().has(topic.1)).collect::<Vec<_>>(),
    );
    if allowed.is_empty() { Err(Error::Forbidden(first)) } else { Ok(allowed) }
}

/// One open stream.
struct Listener {
    state: AppState,
    client: service::Client,
    actor: Actor,
    topics: Vec<&'static (&'static str, Permission)>,
    /// The last number told or passed over.
    seq: i64,
    /// The cell whose readings are told, and when it was last heard of.
    cell: Option<(ColdCellId, Option<Timestamp>)>,
    sender: mpsc::Sender<Result<Event, Infallible>>,
    _open: OpenStream,
}

/// The client is gone.
struct Gone;

impl From<mpsc::error::SendError<Result<Event, Infallible>>> for Gone {
    fn from(_: mpsc::error::SendError<Result<Event, Infallible>>) -> Self {
        Self
    }
}

impl From<Error> for Gone {
    fn from(_: Error) -> Self {
        Self
    }
}

impl Listener {
    async fn run(mut self, mut events: tokio::sync::broadcast::Receiver<Arc<LiveEvent>>) -> Result<(), Gone> {
        // An id without data: a browser that loses the stream before the first event still knows where to go on.
        let hello = Event::default().id(self.seq.to_string()).retry(RETRY).comment("connected");
        self.sender.send(Ok(hello)).await?;
        self.catch_up().await?;
        let mut check = tokio::time::interval(CHECK_SESSION);
        check.tick().await;
        let mut look = tokio::time::interval(LOOK_AT_CELL);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.state.stop.cancelled() => return Ok(()),
                () = self.sender.closed() => return Ok(()),
                _ = check.tick() => {
                    // Rights that were taken away count from here on, too.
                    let now = service::actor_again(&self.state.app, &self.client, &self.actor).await?;
                    // The numbers of another organisation's journal mean something else.
                    if now.org != self.org() {
                        return Ok(());
                    }
                    self.actor = now;
                }
                _ = look.tick(), if self.cell.is_some() => self.look_at_cell().await?,
                event = events.recv() => match event {
                    Ok(event) if event.org != self.org() || event.seq <= self.seq => {}
                    Ok(event) if event.seq == self.seq + 1 => self.tell(&event).await?,
                    Ok(_) | Err(RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(RecvError::Closed) => return Ok(()),
                },
            }
        }
    }

    /// Tells that the cell was heard of, if it was.
    async fn look_at_cell(&mut self) -> Result<(), Gone> {
        let Some((id, known)) = self.cell else { return Ok(()) };
        let heard_at = cell_heard_at(&self.state.app, &self.actor, id).await?;
        if heard_at != known {
            self.cell = Some((id, heard_at));
            let data = json!({ "subject": { "kind": "cold_cell", "id": id }, "at": heard_at });
            self.sender.send(Ok(Event::default().event("readings.stored").data(data.to_string()))).await?;
        }
        Ok(())
    }

    const fn org(&self) -> OrgId {
        self.actor.org
    }

    /// Tells what the journal holds and this stream has not told.
    async fn catch_up(&mut self) -> Result<(), Gone> {
        loop {
            let entries = journal::after(&self.state.app.db, self.org(), self.seq, BATCH).await?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in entries {
                self.tell(&entry.into()).await?;
            }
        }
    }

    async fn tell(&mut self, event: &LiveEvent) -> Result<(), Gone> {
        self.seq = event.seq;
        let area = event.action.split('.').next().unwrap_or_default();
        let may = |(topic, needed): &&&(&str, Permission)| *topic == area && self.actor.usable().has(*needed);
        let Some((_, permission)) = self.topics.iter().find(may) else { return Ok(()) };
        // Asked anew for each event, and of those alone who are linked to customers: things move from one to another.
        let (kind, id) = (event.subject_kind.as_str(), event.subject_id);
        let may = if area == NOTICES {
            notices::service::may_hear_of(&self.state.app, &self.actor, id).await?
        } else {
            !permission.is_by_customer() || may_hear_of(&self.state.app, &self.actor, kind, id).await?
        };
        if may {
            let told = Event::default().id(event.seq.to_string()).event(&event.action).data(&event.data);
            self.sender.send(Ok(told)).await?;
        }
        Ok(())
    }
}

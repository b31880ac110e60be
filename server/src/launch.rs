//! From a configuration to a running server.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::time::Duration;

use axum::Router;
use officina::Error;
use officina::identity::passkeys::Passkeys;
use officina::identity::password::Passwords;
use officina::identity::service::{NewSecret, Turns, recognise_secret};
use officina::kernel::App;
use officina::kernel::clock::Clock;
use officina::kernel::db::Db;
use officina::kernel::files::FileStore;
use officina::kernel::idempotency::Claims;
use officina::kernel::secret::Secret;
use officina::numbers::service::{self as numbers, OtherCountry};
use officina::repairs::tracking::Guesses;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::config::Config;
use crate::http::{accept, metrics};
use crate::state::AppState;
use crate::{background, router, secret_file};

/// Connections that the system keeps for us until they are accepted; the rest of a rush comes again a second later.
const QUEUE: u32 = 4_096;

/// Why the server did not start, as one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(String);

impl StartError {
    /// A reason.
    #[must_use]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// Domain errors on a command line: there is nobody to hide the cause from.
impl From<Error> for StartError {
    fn from(error: Error) -> Self {
        Self(match error {
            Error::Internal(cause) => format!("Something went wrong: {cause}."),
            Error::Unavailable => "The database is busy or away, or its disk is full.".to_owned(),
            Error::Validation(errors) => errors
                .sentences()
                .into_iter()
                .map(|(field, sentences)| format!("{field} {}.", sentences.join(", ")))
                .collect::<Vec<_>>()
                .join(" "),
            other => other.to_string(),
        })
    }
}

/// A running server.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its handlers share.
    pub state: AppState,
    server: JoinHandle<()>,
    background: TaskTracker,
}

impl Running {
    /// Stops: no new connections, running requests end, background work ends, the database closes.
    pub async fn stop(self) {
        self.state.stop.cancel();
        if let Err(error) = self.server.await {
            tracing::error!(error = %error, "the accept loop failed");
        }
        wind_down(&self.state, &self.background).await;
    }
}

/// Ends background work, then the database. Work that takes too long is left to its lease.
async fn wind_down(state: &AppState, background: &TaskTracker) {
    // The requests that waited for the writer of readings have their answers.
    state.no_more_readings.cancel();
    let patience = Duration::from_secs(state.config.deadlines.shutdown_seconds);
    if tokio::time::timeout(patience, background.wait()).await.is_err() {
        tracing::warn!(tasks = background.len(), "stopped before background work was done");
    }
    state.app.db.close().await;
}

/// Opens the data folder and the database, without changing the schema.
///
/// # Errors
/// One sentence about what is missing or wrong.
pub async fn open(config: &Config, clock: Clock) -> Result<App, StartError> {
    let files = config.data.join("files");
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&files)
        .map_err(|error| StartError(format!("The data folder {} cannot be used: {error}.", config.data.display())))?;
    let secret = secret_file::load(config)
        .map_err(|error| StartError(format!("The secret in {} cannot be used: {error}.", config.data.display())))?;
    // The sentence below says it; a log line about the same would be a second one.
    let db = open_database(config, &secret).with_subscriber(NoSubscriber::default()).await?;
    Ok(App {
        db,
        clock,
        files: FileStore::in_folder(&files, config.limits.picture_memory_mb * 1024 * 1024)?,
        claims: Claims::default(),
        secret,
        base_url: config.base_url().into(),
        default_organisation: config.default_organisation.as_deref().map(Into::into),
        sign_in_limits: config.sign_in_limits(),
        turns: Turns::default(),
        mailer: config.mailer().map_err(|problem| StartError(format!("{problem}.")))?,
        retention: config.keep,
        country: config.country(),
        sms: config.texter().map_err(|problem| StartError(format!("{problem}.")))?,
        passkeys: Passkeys::at(&config.base_url())?,
        guesses: Guesses::new(config.limits.enabled),
        passwords: Passwords::new(std::thread::available_parallelism().map_or(2, usize::from).min(4)),
    })
}

async fn open_database(config: &Config, secret: &Secret) -> Result<Db, StartError> {
    if let Some(url) = &config.database {
        return Db::open_postgres(url.expose(), secret).await.map_err(|error| {
            let reason = match error {
                Error::Internal(cause) => cause.to_string(),
                _ => "it does not answer".to_owned(),
            };
            StartError(format!("The database {url} cannot be used: {reason}."))
        });
    }
    let file = config.data.join("officina.db");
    Db::open_sqlite(&file, secret).await.map_err(|error| {
        let reason = match error {
            Error::Internal(cause) => cause.to_string(),
            _ => "it is locked or cannot be read and written".to_owned(),
        };
        StartError(format!("The database {} cannot be used: {reason}.", file.display()))
    })
}

/// Everything but the network: the database is migrated, background work runs. Tests ask the router directly.
#[derive(Debug)]
pub struct Prepared {
    /// What handlers share.
    pub state: AppState,
    /// The whole router.
    pub router: Router,
    background: TaskTracker,
}

impl Prepared {
    /// Ends background work and closes the database.
    pub async fn stop(self) {
        self.state.stop.cancel();
        wind_down(&self.state, &self.background).await;
    }
}

/// Brings the schema up to date, and makes room for what will come. Nothing is journaled by it, so it may come before the
/// secret is recognised: an entry under another one would spoil the seal of the journal.
///
/// # Errors
/// A sentence for people when the database comes from a newer version; it is left untouched.
pub async fn bring_up_to_date(app: &App) -> officina::Result<()> {
    app.db.migrate().await?;
    officina::cold_chain::service::make_room(app).await
}

/// Brings the database up to date and starts background work.
///
/// # Errors
/// One sentence about what is missing or wrong.
pub async fn prepare(config: Config, clock: Clock) -> Result<Prepared, StartError> {
    let mut app = open(&config, clock).await?;
    bring_up_to_date(&app).await?;
    if !recognise_secret(&app, NewSecret::Enter).await? {
        app.secret = app.secret.alone();
    }
    numbers::read_where_needed(&app, OtherCountry::Refuse).await?;
    officina::identity::service::check_roles(&app).await?;
    let state = AppState::new(app, config);
    let background = background::start(&state).await?;
    let router = router::build(&state);
    Ok(Prepared { state, router, background })
}

/// Starts the server on a listener.
///
/// # Errors
/// One sentence about what is missing or wrong.
pub async fn launch(config: Config, clock: Clock, listener: TcpListener) -> Result<Running, StartError> {
    let address =
        listener.local_addr().map_err(|error| StartError(format!("The listener cannot be used: {error}.")))?;
    let Prepared { state, router, background } = prepare(config, clock).await?;
    if let Some(metrics_address) = state.config.metrics_listen {
        serve_metrics(&state, listen(metrics_address).await?)?;
    }
    let server = tokio::spawn({
        let state = state.clone();
        async move { accept::serve(listener, router, &state.config, state.stop.clone()).await }
    });
    Ok(Running { address, state, server, background })
}

fn serve_metrics(state: &AppState, listener: TcpListener) -> Result<(), StartError> {
    let figures = metrics::collect()?;
    tokio::spawn(state.stop.clone().run_until_cancelled_owned(metrics::keep(figures.clone())));
    let (state, router) = (state.clone(), metrics::router(figures));
    tokio::spawn(async move { accept::serve(listener, router, &state.config, state.stop.clone()).await });
    Ok(())
}

/// Listens where the configuration says.
///
/// # Errors
/// One sentence when the address is taken or not ours.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A server that starts anew takes the address over from the one before.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(QUEUE)
    };
    bound().map_err(|error: io::Error| StartError(format!("Cannot listen on {address}: {error}.")))
}

//! What handlers share.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use officina::kernel::App;
use tokio_util::sync::CancellationToken;

use crate::background::live::LiveHub;
use crate::config::Config;
use crate::http::auth::AccessTokens;
use crate::http::limits::Rates;
use crate::ingest::{Inbox, Ingest};

/// The state of the router: one shared block, cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState(Arc<Shared>);

/// The content of [`AppState`].
#[derive(Debug)]
pub struct Shared {
    /// What services need.
    pub app: App,
    /// The configuration in force.
    pub config: Config,
    /// Access tokens.
    pub tokens: AccessTokens,
    /// Rates of requests.
    pub rates: Rates,
    /// Live events.
    pub live: LiveHub,
    /// The way in for device readings.
    pub ingest: Ingest,
    /// The other end of that way, until the writer takes it.
    pub(crate) inbox: Mutex<Option<Inbox>>,
    /// Ends the writer of readings, after the last request that could bring any.
    pub(crate) no_more_readings: CancellationToken,
    /// Ends everything that runs for long.
    pub stop: CancellationToken,
}

impl AppState {
    /// The state of a server that is about to start.
    #[must_use]
    pub fn new(app: App, config: Config) -> Self {
        let (ingest, inbox) = Ingest::new(config.limits.readings_waiting);
        Self(Arc::new(Shared {
            ingest,
            inbox: Mutex::new(Some(inbox)),
            no_more_readings: CancellationToken::new(),
            tokens: AccessTokens::new(&app.secret),
            rates: Rates::new(&config.limits),
            live: LiveHub::default(),
            stop: CancellationToken::new(),
            app,
            config,
        }))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

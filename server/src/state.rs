//! What handlers share.

use std::ops::Deref;
use std::sync::Arc;

use officina::kernel::App;
use tokio_util::sync::CancellationToken;

use crate::background::live::LiveHub;
use crate::config::Config;
use crate::http::auth::AccessTokens;
use crate::http::limits::Rates;

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
    /// Ends everything that runs for long.
    pub stop: CancellationToken,
}

impl AppState {
    /// The state of a server that is about to start.
    #[must_use]
    pub fn new(app: App, config: Config) -> Self {
        Self(Arc::new(Shared {
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

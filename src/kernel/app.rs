//! What services need from the outside, in one cheap handle.

use std::sync::Arc;

use crate::identity::service::{SignInLimits, Turns};
use crate::kernel::clock::Clock;
use crate::kernel::db::Db;
use crate::kernel::files::FileStore;
use crate::kernel::idempotency::Claims;
use crate::kernel::phone::Country;
use crate::kernel::secret::Secret;
use crate::notify::mail::Mailer;
use crate::notify::sms::Texter;

/// The running application: database, clock, files, secret. Services take it by reference.
#[derive(Debug, Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// The time of day.
    pub clock: Clock,
    /// Photos and attachments.
    pub files: FileStore,
    /// Requests with an `Idempotency-Key` that are being carried out.
    pub claims: Claims,
    /// The installation's secret.
    pub secret: Secret,
    /// Where the installation is reached, without a trailing slash; links in messages start with it.
    pub base_url: Arc<str>,
    /// The slug of the organisation that public pages act for when none is named.
    pub default_organisation: Option<Arc<str>>,
    /// How failed sign-ins are limited; not at all in load tests.
    pub sign_in_limits: Option<SignInLimits>,
    /// Whose turn it is to guess.
    pub turns: Turns,
    /// The way out for mails.
    pub mailer: Mailer,
    /// The way out for SMS.
    pub sms: Texter,
    /// The country of organisations that name none: numbers without a country are read in it.
    pub country: Country,
    /// Who has guessed tracking codes, and how often.
    pub guesses: crate::repairs::tracking::Guesses,
    /// How long readings and buckets are kept.
    pub retention: crate::cold_chain::service::Retention,
    /// What passkeys are bound to.
    pub passkeys: crate::identity::passkeys::Passkeys,
    /// Password hashing, bounded so that a login storm cannot starve other requests.
    pub passwords: crate::identity::password::Passwords,
}

impl App {
    /// The country of an organisation that names it by its letters, or of the installation.
    #[must_use]
    pub fn country_of(&self, letters: Option<&str>) -> Country {
        letters.and_then(|letters| letters.parse().ok()).unwrap_or(self.country)
    }

    /// Whether browsers come by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.base_url.starts_with("https://")
    }
}

//! The configuration: flags over environment over `officina.toml` over defaults.
//!
//! A wrong value or an unknown key stops the start with one sentence. [`Config`] shows itself without its secrets, in
//! `Debug` as well as when it is written out.

mod hidden;
mod network;
mod settings;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use officina::cold_chain::service::{Retention, SHORTEST_RETENTION};
use officina::cold_chain::wire::MAX_BATCH;
use officina::identity::service::SignInLimits;
use officina::kernel::phone::Country;
use officina::kernel::time::MINUTE;
use officina::notify::mail::Mailer;
use officina::notify::sms::Texter;
use serde::{Deserialize, Serialize};

pub use hidden::{DatabaseUrl, Hidden};
pub use network::Network;
pub use settings::Settings;

/// The file that is read when none is named, if it is there.
const DEFAULT_FILE: &str = "officina.toml";
/// The picture of a phone can be read with so much.
const LEAST_PICTURE_MEMORY_MB: u64 = 64;
/// A form with as many photos as may be, each as large as it may be.
const UPLOAD_MB: u32 = 200;
/// A secret that people choose has at least this many characters.
pub(crate) const MIN_SECRET: usize = 32;

/// Everything that can be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The folder of the database, the files and the secret.
    pub data: PathBuf,
    /// `postgres://…`; without it, SQLite in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseUrl>,
    /// Fill an empty database with demo data.
    pub demo: bool,
    /// Let demo data be served on addresses other than loopback.
    pub demo_public: bool,
    /// Where people reach the server, for links and cookies; by default where it listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The slug of the organisation that public pages act for when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_organisation: Option<String>,
    /// Where the metrics are served; nowhere by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_listen: Option<SocketAddr>,
    /// The installation's secret; without it, one is made and kept in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Hidden>,
    /// The secret before it: what it has signed and sealed is accepted for thirty days after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_secret: Option<Hidden>,
    /// The server for outgoing mail, such as `smtps://user:password@mail.example.org`; without it, links are shown to
    /// whoever asked for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Hidden>,
    /// Who mails come from, such as `Officina <desk@example.org>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_from: Option<String>,
    /// The way out for SMS.
    pub sms: Sms,
    /// How log lines look.
    pub log: LogFormat,
    /// How much is taken at once.
    pub limits: Limits,
    /// How long is waited.
    pub deadlines: Deadlines,
    /// How long is kept.
    pub keep: Retention,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object per line.
    Json,
}

/// The way out for SMS: a gateway that is spoken to by HTTP. Without an address, no SMS goes out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sms {
    /// Where it is. With `{to}` and `{text}` in it, and `{token}` where wanted, it is asked by GET with these filled in;
    /// otherwise it is sent `{"to": "+39…", "text": "…"}` by POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Hidden>,
    /// What lets us in, sent as `Authorization: Bearer …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Hidden>,
    /// The country of organisations that name none, by what its numbers begin with abroad, and the way in which the gateway
    /// wants numbers written: `+39…`, `0039…` or `39…`.
    pub prefix: String,
}

impl Default for Sms {
    fn default() -> Self {
        Self { url: None, token: None, prefix: "+39".to_owned() }
    }
}

/// How much is taken at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Whether the rates below and the sign-in limits hold; off for load tests.
    pub enabled: bool,
    /// API calls and form posts per minute and address of those who are not signed in.
    pub anonymous_per_minute: u32,
    /// Requests per minute of one member.
    pub member_per_minute: u32,
    /// Failed sign-ins of one address, or of a known device, with one account in the window.
    pub sign_in_failures: usize,
    /// Failed sign-ins of one address with any account in the window.
    pub sign_in_failures_per_address: i64,
    /// The window of failed sign-ins, in minutes; it doubles for who goes on failing.
    pub sign_in_window_minutes: i64,
    /// Open connections; no more than the system's limit of open files allows.
    pub connections: usize,
    /// How many of them may be of those who have shown no good credential yet, a session, a token or a device's key; for
    /// more the longest idle ones give way. The other places are kept for those who are known.
    pub connections_anonymous: usize,
    /// Open connections of one address (IPv6: /64) that have shown no credential. Trusted proxies and this machine are
    /// not counted: behind them are many.
    pub connections_per_address: usize,
    /// Bytes of a JSON or form body.
    pub body_bytes: usize,
    /// Mebibytes of memory that all pictures together may take while they are read.
    pub picture_memory_mb: u64,
    /// Mebibytes of files that one address may send in an hour without being signed in.
    pub upload_mb_per_address: u32,
    /// Mebibytes of files that may be sent to one organisation in an hour.
    pub upload_mb_per_organisation: u32,
    /// Live streams that one member may have open.
    pub live_streams_per_member: usize,
    /// Readings that wait to be stored, of all devices together; who brings more is told to come back. A hundred thousand
    /// are about ten megabytes, and a second of work.
    pub readings_waiting: usize,
}

/// How long is waited, in seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deadlines {
    /// For the head of a request, counted from the opening of the connection or from the answer before it.
    pub header_seconds: u64,
    /// For the body of a request; large bodies get more, by their size.
    pub body_seconds: u64,
    /// For the client to take a part of an answer; who takes nothing for so long is closed.
    pub write_seconds: u64,
    /// For running requests when the server is told to stop.
    pub shutdown_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            data: PathBuf::from("officina-data"),
            database: None,
            demo: false,
            demo_public: false,
            base_url: None,
            trusted_proxies: Vec::new(),
            default_organisation: None,
            metrics_listen: None,
            secret: None,
            previous_secret: None,
            smtp: None,
            mail_from: None,
            sms: Sms::default(),
            log: LogFormat::Text,
            limits: Limits::default(),
            deadlines: Deadlines::default(),
            keep: Retention::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            enabled: true,
            anonymous_per_minute: 100,
            member_per_minute: 600,
            sign_in_failures: 5,
            sign_in_failures_per_address: 50,
            sign_in_window_minutes: 15,
            connections: 10_000,
            connections_anonymous: 3_000,
            connections_per_address: 500,
            body_bytes: 1024 * 1024,
            picture_memory_mb: 96,
            upload_mb_per_address: 300,
            upload_mb_per_organisation: 5_000,
            live_streams_per_member: 30,
            readings_waiting: 100_000,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { header_seconds: 30, body_seconds: 20, write_seconds: 30, shutdown_seconds: 10 }
    }
}

/// Why a configuration was refused, as one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// Reads the configuration: the settings of flags and environment over the file over the defaults.
    ///
    /// # Errors
    /// One sentence about the first wrong value, unknown key or missing file.
    pub fn load(file: Option<&Path>, settings: &Settings) -> Result<Self, ConfigError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        if file.is_some() && !path.is_file() {
            return Err(ConfigError(format!("There is no configuration file {}.", path.display())));
        }
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if path.is_file() {
            figment = figment.merge(Toml::file_exact(path));
        }
        let config: Self =
            figment.merge(Serialized::defaults(settings)).extract().map_err(|error| explain(&error, path))?;
        config.check()?;
        Ok(config)
    }

    /// Where people reach the server, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.base_url
            .as_deref()
            .map_or_else(|| format!("http://{}", self.listen), |url| url.trim_end_matches('/').to_owned())
    }

    /// The way out for mails.
    ///
    /// # Errors
    /// What is wrong with the address of the server or of the sender.
    pub fn mailer(&self) -> Result<Mailer, String> {
        match (&self.smtp, &self.mail_from) {
            (None, _) => Ok(Mailer::Off),
            (Some(_), None) => Err("mail_from is needed with smtp: who mails come from".to_owned()),
            (Some(smtp), Some(from)) => Mailer::smtp(smtp.expose(), from),
        }
    }

    /// The way out for SMS.
    ///
    /// # Errors
    /// What is wrong with the address of the gateway.
    pub fn texter(&self) -> Result<Texter, String> {
        let token = self.sms.token.as_ref().map(Hidden::expose);
        match &self.sms.url {
            None => Ok(Texter::Off),
            Some(url) => Texter::by_http(url.expose(), token, &self.sms.prefix),
        }
    }

    /// The country of organisations that name none: that of the prefix of SMS, or Italy.
    #[must_use]
    pub fn country(&self) -> Country {
        Country::of_prefix(&self.sms.prefix).unwrap_or_else(Country::italy)
    }

    /// How failed sign-ins are limited.
    #[must_use]
    pub fn sign_in_limits(&self) -> Option<SignInLimits> {
        self.limits.enabled.then_some(SignInLimits {
            per_account: self.limits.sign_in_failures,
            per_address: self.limits.sign_in_failures_per_address,
            window: self.limits.sign_in_window_minutes * MINUTE,
        })
    }

    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |sentence: &str| Err(ConfigError(sentence.to_owned()));
        if let Some(url) = &self.base_url {
            let uri = url.parse::<::http::Uri>().ok();
            let plain = uri.as_ref().is_some_and(|uri| {
                matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && uri.query().is_none()
            });
            if !plain {
                return refuse("base_url must be an address such as https://officina.example.org.");
            }
        }
        for (name, secret) in [("secret", &self.secret), ("previous_secret", &self.previous_secret)] {
            if secret.as_ref().is_some_and(|secret| secret.expose().chars().count() < MIN_SECRET) {
                return Err(ConfigError(format!("{name} must have at least {MIN_SECRET} characters.")));
            }
        }
        if self.previous_secret.is_some() && self.secret.is_none() {
            return refuse(
                "previous_secret is for a secret that is set: in the data folder, `officina secret rotate` keeps it.",
            );
        }
        let limits = &self.limits;
        let rates = [limits.anonymous_per_minute, limits.member_per_minute];
        let connections = [
            limits.connections,
            limits.connections_anonymous,
            limits.connections_per_address,
            limits.live_streams_per_member,
        ];
        if rates.contains(&0) || connections.contains(&0) {
            return refuse("Limits must be at least 1; limits.enabled = false switches the rates off.");
        }
        if limits.picture_memory_mb < LEAST_PICTURE_MEMORY_MB {
            return Err(ConfigError(format!(
                "limits.picture_memory_mb must be at least {LEAST_PICTURE_MEMORY_MB}: the picture of a phone takes as much."
            )));
        }
        if limits.upload_mb_per_address < UPLOAD_MB || limits.upload_mb_per_organisation < UPLOAD_MB {
            return Err(ConfigError(format!(
                "limits.upload_mb_per_address and limits.upload_mb_per_organisation must be at least {UPLOAD_MB}: one form may bring as much."
            )));
        }
        if self.limits.readings_waiting < MAX_BATCH {
            return refuse("limits.readings_waiting must be at least 1000: one request may bring as many.");
        }
        if self.limits.sign_in_failures == 0
            || self.limits.sign_in_failures_per_address < 1
            || self.limits.sign_in_window_minutes < 1
        {
            return refuse("Limits must be at least 1; limits.enabled = false switches the rates off.");
        }
        if self.smtp.is_some() {
            self.mailer().map_err(|problem| ConfigError(format!("{problem}.")))?;
        }
        if self.keep.readings_days < SHORTEST_RETENTION || self.keep.buckets_days < SHORTEST_RETENTION {
            return Err(ConfigError(format!(
                "keep.readings_days and keep.buckets_days must be at least {SHORTEST_RETENTION}: readings may come thirty days late."
            )));
        }
        self.texter().map_err(|problem| ConfigError(format!("{problem}.")))?;
        let deadlines = [self.deadlines.header_seconds, self.deadlines.body_seconds, self.deadlines.write_seconds];
        if deadlines.contains(&0) {
            return refuse("Deadlines must be at least 1 second.");
        }
        if self.demo && !self.demo_public && !self.listen.ip().is_loopback() {
            return refuse("Demo data has known passwords: it is served on loopback only, unless demo_public is set.");
        }
        Ok(())
    }
}

/// The first problem as one sentence: which key, what about it.
fn explain(error: &figment::Error, file: &Path) -> ConfigError {
    let key = error.path.join(".");
    let problem = error.kind.to_string();
    let problem = problem.lines().next().unwrap_or_default().trim_end_matches('.');
    let place = error.metadata.as_ref().is_some_and(|metadata| metadata.source.is_some());
    let place = if place { format!(" in {}", file.display()) } else { String::new() };
    ConfigError(if key.is_empty() {
        format!("The configuration{place} is wrong: {problem}.")
    } else {
        format!("The setting {key}{place} is wrong: {problem}.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), toml).unwrap();
        Config::load(Some(file.path()), &Settings::default())
    }

    #[test]
    fn the_file_sets_and_a_flag_wins() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "listen = \"127.0.0.1:4000\"\ndefault_organisation = \"demo\"\n[limits]\nenabled = false\n",
        )
        .unwrap();
        let settings = Settings { listen: Some(([127, 0, 0, 1], 5000).into()), ..Settings::default() };
        let config = Config::load(Some(file.path()), &settings).unwrap();
        assert_eq!(config.listen.port(), 5000);
        assert_eq!(config.default_organisation.as_deref(), Some("demo"));
        assert!(!config.limits.enabled);
        assert_eq!(config.limits.anonymous_per_minute, 100);
    }

    #[test]
    fn what_is_wrong_is_said_in_one_sentence() {
        for (toml, word) in [
            ("lisen = \"127.0.0.1:1\"", "lisen"),
            ("listen = \"here\"", "listen"),
            ("[limits]\nmember_per_minute = -1", "limits.member_per_minute"),
            ("[limits]\nconections = 1", "conections"),
            ("[limits]\nreadings_waiting = 999", "readings_waiting"),
            ("[limits]\nconnections_per_address = 0", "Limits"),
            ("[limits]\npicture_memory_mb = 10", "picture_memory_mb"),
            ("[limits]\nupload_mb_per_address = 199", "upload_mb_per_address"),
            ("[deadlines]\nwrite_seconds = 0", "Deadlines"),
            ("[keep]\nreadings_days = 30", "keep.readings_days"),
            ("secret = \"short\"", "secret"),
            ("previous_secret = \"correct horse battery staple, and more\"", "previous_secret"),
            ("base_url = \"officina\"", "base_url"),
            ("smtp = \"smtp://localhost:25\"", "mail_from"),
            ("smtp = \"localhost\"\nmail_from = \"desk@example.org\"", "smtp"),
            ("smtp = \"smtp://localhost\"\nmail_from = \"nobody\"", "mail_from"),
            ("[sms]\nurl = \"gateway\"", "sms.url"),
            ("[sms]\nurl = \"ftp://gateway.example.org\"", "sms.url"),
            ("[sms]\nurl = \"https://gateway.example.org?text={text}\"", "sms.url"),
            ("[sms]\nnumber = 1", "number"),
            ("[limits]\nsign_in_failures = 0", "Limits"),
            ("trusted_proxies = [\"10.0.0.0/33\"]", "trusted_proxies"),
            ("demo = true\nlisten = \"0.0.0.0:80\"", "demo_public"),
            ("listen = ", "configuration"),
        ] {
            let sentence = load(toml).expect_err(toml).to_string();
            assert!(
                sentence.contains(word) && !sentence.contains('\n') && sentence.ends_with('.'),
                "{toml}: {sentence}"
            );
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let config = load(
            "database = \"postgres://officina:hunter2@db/officina\"\nsecret = \"correct horse battery staple, and more\"",
        )
        .unwrap();
        for shown in [format!("{config:?}"), toml::to_string(&config).unwrap()] {
            assert!(!shown.contains("hunter2") && !shown.contains("horse"), "{shown}");
            assert!(shown.contains("db/officina"), "{shown}");
        }
    }
}

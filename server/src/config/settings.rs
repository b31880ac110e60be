//! The same settings as flags and environment variables. Only what is given is passed on.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{LogFormat, Network};

/// What flags and environment variables set.
#[derive(Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Where the server listens [default: 127.0.0.1:3000]
    #[arg(long, global = true, env = "OFFICINA_LISTEN", value_name = "ADDRESS:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// The folder of the database, the files and the secret [default: officina-data]
    #[arg(long, global = true, env = "OFFICINA_DATA", value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// A PostgreSQL database; without it, SQLite in the data folder
    #[arg(long, global = true, env = "OFFICINA_DATABASE", value_name = "URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Fill an empty database with demo data
    #[arg(long, global = true, env = "OFFICINA_DEMO", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demo: Option<bool>,
    /// Let demo data be served on addresses other than loopback
    #[arg(long, global = true, env = "OFFICINA_DEMO_PUBLIC", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demo_public: Option<bool>,
    /// Where people reach the server, for links and cookies
    #[arg(long, global = true, env = "OFFICINA_BASE_URL", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Proxies whose X-Forwarded-For is believed: addresses or ranges, separated by commas
    #[arg(long, global = true, env = "OFFICINA_TRUSTED_PROXIES", value_name = "RANGES", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_proxies: Option<Vec<Network>>,
    /// The organisation that public pages act for when none is named
    #[arg(long, global = true, env = "OFFICINA_DEFAULT_ORGANISATION", value_name = "SLUG")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_organisation: Option<String>,
    /// Where the metrics are served [default: nowhere]
    #[arg(long, global = true, env = "OFFICINA_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_listen: Option<SocketAddr>,
    /// The installation's secret; without it, one is made and kept in the data folder
    #[arg(long, global = true, env = "OFFICINA_SECRET", value_name = "TEXT", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The secret before it, which is accepted for thirty days after the change
    #[arg(long, global = true, env = "OFFICINA_PREVIOUS_SECRET", value_name = "TEXT", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_secret: Option<String>,
    /// The server for outgoing mail, such as smtps://user:password@mail.example.org
    #[arg(long, global = true, env = "OFFICINA_SMTP", value_name = "URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<String>,
    /// Who mails come from, such as "Officina <desk@example.org>"
    #[arg(long, global = true, env = "OFFICINA_MAIL_FROM", value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_from: Option<String>,
    /// The way out for SMS.
    #[command(flatten)]
    pub sms: SmsSettings,
    /// How log lines look [default: text]
    #[arg(long, global = true, env = "OFFICINA_LOG", value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogFormat>,
    /// How much is taken at once.
    #[command(flatten)]
    pub limits: LimitSettings,
    /// How long is waited.
    #[command(flatten)]
    pub deadlines: DeadlineSettings,
    /// How long is kept.
    #[command(flatten)]
    pub keep: KeepSettings,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Settings(…)")
    }
}

/// The settings of [`super::Sms`].
#[derive(Clone, Default, Args, Serialize)]
pub struct SmsSettings {
    /// The gateway for SMS: an address with {to} and {text} in it, or one that takes JSON
    #[arg(long = "sms-url", global = true, env = "OFFICINA_SMS_URL", value_name = "URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What lets us into the gateway, sent as a bearer token
    #[arg(long = "sms-token", global = true, env = "OFFICINA_SMS_TOKEN", value_name = "TEXT", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The country of numbers that name none, and how numbers are written for the gateway [default: +39]
    #[arg(long = "sms-prefix", global = true, env = "OFFICINA_SMS_PREFIX", value_name = "TEXT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

/// The settings of [`super::Limits`].
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct LimitSettings {
    /// Whether rates and sign-ins are limited [default: true]
    #[arg(long = "limits-enabled", global = true, env = "OFFICINA_LIMITS_ENABLED", value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// API calls and form posts per minute and address of those who are not signed in [default: 100]
    #[arg(
        long = "limits-anonymous-per-minute",
        global = true,
        env = "OFFICINA_LIMITS_ANONYMOUS_PER_MINUTE",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_per_minute: Option<u32>,
    /// Requests per minute of one member [default: 600]
    #[arg(
        long = "limits-member-per-minute",
        global = true,
        env = "OFFICINA_LIMITS_MEMBER_PER_MINUTE",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_per_minute: Option<u32>,
    /// Failed sign-ins of one address with one account in the window [default: 5]
    #[arg(long = "limits-sign-in-failures", global = true, env = "OFFICINA_LIMITS_SIGN_IN_FAILURES", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_failures: Option<usize>,
    /// Failed sign-ins of one address with any account in the window [default: 50]
    #[arg(
        long = "limits-sign-in-failures-per-address",
        global = true,
        env = "OFFICINA_LIMITS_SIGN_IN_FAILURES_PER_ADDRESS",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_failures_per_address: Option<i64>,
    /// Minutes that failed sign-ins count; doubled for who goes on failing [default: 15]
    #[arg(
        long = "limits-sign-in-window-minutes",
        global = true,
        env = "OFFICINA_LIMITS_SIGN_IN_WINDOW_MINUTES",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_window_minutes: Option<i64>,
    /// Open connections [default: 10000]
    #[arg(long = "limits-connections", global = true, env = "OFFICINA_LIMITS_CONNECTIONS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<usize>,
    /// Open connections of those who have shown no credential yet; the other places are kept [default: 3000]
    #[arg(
        long = "limits-connections-anonymous",
        global = true,
        env = "OFFICINA_LIMITS_CONNECTIONS_ANONYMOUS",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_anonymous: Option<usize>,
    /// Open connections of one address that have shown no credential; proxies and this machine aside [default: 500]
    #[arg(
        long = "limits-connections-per-address",
        global = true,
        env = "OFFICINA_LIMITS_CONNECTIONS_PER_ADDRESS",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_per_address: Option<usize>,
    /// Bytes of a JSON or form body [default: 1048576]
    #[arg(long = "limits-body-bytes", global = true, env = "OFFICINA_LIMITS_BODY_BYTES", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_bytes: Option<usize>,
    /// Mebibytes that all pictures together may take while they are read [default: 96]
    #[arg(
        long = "limits-picture-memory-mb",
        global = true,
        env = "OFFICINA_LIMITS_PICTURE_MEMORY_MB",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture_memory_mb: Option<u64>,
    /// Mebibytes of files an hour and address of those who are not signed in [default: 300]
    #[arg(
        long = "limits-upload-mb-per-address",
        global = true,
        env = "OFFICINA_LIMITS_UPLOAD_MB_PER_ADDRESS",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_mb_per_address: Option<u32>,
    /// Mebibytes of files an hour to one organisation [default: 5000]
    #[arg(
        long = "limits-upload-mb-per-organisation",
        global = true,
        env = "OFFICINA_LIMITS_UPLOAD_MB_PER_ORGANISATION",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_mb_per_organisation: Option<u32>,
    /// Open live streams of one member [default: 30]
    #[arg(
        long = "limits-live-streams-per-member",
        global = true,
        env = "OFFICINA_LIMITS_LIVE_STREAMS_PER_MEMBER",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_streams_per_member: Option<usize>,
    /// Readings that wait to be stored before devices are told to come back [default: 100000]
    #[arg(long = "limits-readings-waiting", global = true, env = "OFFICINA_LIMITS_READINGS_WAITING", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readings_waiting: Option<usize>,
}

/// The settings of [`super::Deadlines`].
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct DeadlineSettings {
    /// Seconds for the head of a request [default: 30]
    #[arg(
        long = "deadlines-header-seconds",
        global = true,
        env = "OFFICINA_DEADLINES_HEADER_SECONDS",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_seconds: Option<u64>,
    /// Seconds for the body of a request, large ones get more [default: 20]
    #[arg(long = "deadlines-body-seconds", global = true, env = "OFFICINA_DEADLINES_BODY_SECONDS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_seconds: Option<u64>,
    /// Seconds for a client to take a part of an answer [default: 30]
    #[arg(long = "deadlines-write-seconds", global = true, env = "OFFICINA_DEADLINES_WRITE_SECONDS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_seconds: Option<u64>,
    /// Seconds for running requests when the server is told to stop [default: 10]
    #[arg(
        long = "deadlines-shutdown-seconds",
        global = true,
        env = "OFFICINA_DEADLINES_SHUTDOWN_SECONDS",
        value_name = "N"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown_seconds: Option<u64>,
}

/// The settings of [`officina::cold_chain::service::Retention`].
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct KeepSettings {
    /// Days that raw readings are kept [default: 90]
    #[arg(long = "keep-readings-days", global = true, env = "OFFICINA_KEEP_READINGS_DAYS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readings_days: Option<i64>,
    /// Days that the buckets of charts and reports are kept [default: 1095]
    #[arg(long = "keep-buckets-days", global = true, env = "OFFICINA_KEEP_BUCKETS_DAYS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets_days: Option<i64>,
}

//! The command line.

mod org;
mod secret;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use officina::identity::service::{self, NewSecret};
use officina::kernel::App;
use officina::kernel::clock::Clock;
use officina::kernel::journal;
use officina::numbers::service::{self as numbers, OtherCountry};
use tracing_subscriber::EnvFilter;

use crate::api;
use crate::backup;
use crate::config::{Config, LogFormat, Settings};
use crate::demo;
use crate::launch::{self, StartError};
use crate::simulate::{self, Plan};

/// The front desk and the back office of a service business, in one binary.
#[derive(Debug, Parser)]
#[command(name = "officina", version, arg_required_else_help = true)]
struct Cli {
    /// A configuration file [default: officina.toml, if there is one]
    #[arg(long, global = true, env = "OFFICINA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Bring the database up to date, and read phone numbers anew if the country of `sms.prefix` is another now
    Migrate,
    /// Print the configuration in force, without its secrets
    Config,
    /// Print the OpenAPI document
    Openapi,
    /// Write database and files into one archive; the server may keep running
    Backup {
        /// The archive, which must not exist yet
        file: PathBuf,
    },
    /// Fill an empty data folder from an archive
    Restore {
        /// An archive that `backup` wrote
        file: PathBuf,
    },
    /// Organisations
    #[command(subcommand)]
    Org(org::OrgCommand),
    /// Members
    #[command(subcommand)]
    User(org::UserCommand),
    /// The installation's secret
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// The journal
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Drive a running server with simulated devices, and report what it answered
    Simulate(Plan),
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no entry was changed or removed, and that the ends are sealed with the secret in force
    Verify {
        /// Say as well which entry has this hash, as a report names it
        #[arg(long)]
        hash: Option<String>,
    },
    /// Seal the journals with the secret in force, for an installation that goes on under another one; they say so
    Reseal,
}

/// Runs a command line. What goes wrong is said in one sentence on standard error, with exit code 1.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            let text = error.to_string();
            let sentence = text.lines().next().unwrap_or_default();
            return fail(sentence.strip_prefix("error: ").unwrap_or(sentence));
        }
        Err(help) => {
            // Help and version were asked for. Nobody reading them is no failure.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    let config = match Config::load(cli.config.as_deref(), &cli.settings) {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    match execute(cli.command, config).await {
        Ok(code) => code,
        Err(error) => fail(&error.to_string()),
    }
}

#[expect(clippy::print_stderr, reason = "this is the program's voice")]
fn fail(sentence: &str) -> ExitCode {
    eprintln!("officina: {sentence}");
    ExitCode::FAILURE
}

#[expect(clippy::print_stdout, reason = "this is what was asked for")]
fn say(text: &str) {
    println!("{text}");
}

async fn execute(command: Command, config: Config) -> Result<ExitCode, StartError> {
    match command {
        Command::Serve => serve(config).await?,
        Command::Migrate => {
            let app = up_to_date(&config).await?;
            service::recognise_secret(&app, NewSecret::Refuse).await?;
            numbers::read_where_needed(&app, OtherCountry::Read).await?;
            app.db.close().await;
            say("The database is up to date.");
        }
        Command::Config => {
            say(toml::to_string(&config).map_err(|error| StartError::new(error.to_string()))?.trim_end());
        }
        Command::Openapi => {
            say(&api::document().to_pretty_json().map_err(|error| StartError::new(error.to_string()))?);
        }
        Command::Backup { file } => {
            let written = backup::backup(&config, &file).await?;
            say(&format!("The backup is in {}. The secret is not in it: keep a copy elsewhere.", file.display()));
            if written.removed_meanwhile > 0 {
                say(&format!("Files removed while it ran, and not in it: {}.", written.removed_meanwhile));
            }
        }
        Command::Restore { file } => {
            backup::restore(&config, &file)?;
            say(&format!("The data folder {} is filled.", config.data.display()));
            if config.secret.is_none() && !config.data.join("secret").exists() {
                say(
                    "\nTHE SECRET IS MISSING. Put the old installation's file `secret` into this folder, or set `secret`, before \
                     the next start: the server does not start under another one. If it is lost, `officina audit reseal` \
                     goes on under a new one; then second factors cannot be read, mails and links that wait are lost, and \
                     programs have to sign in again.",
                );
            }
        }
        Command::Org(command) => org::organisation(&current(&config).await?, command).await?,
        Command::User(command) => org::user(&current(&config).await?, command).await?,
        Command::Secret(command) => secret::secret(&config, command).await?,
        Command::Audit(AuditCommand::Verify { hash }) => {
            return verify(&up_to_date(&config).await?, hash.as_deref()).await;
        }
        Command::Audit(AuditCommand::Reseal) => {
            let app = up_to_date(&config).await?;
            let sealed = journal::reseal(&app.db, app.clock.now()).await?.len();
            service::adopt_secret(&app).await?;
            say(&format!("Sealed {sealed} of the journals with the secret in force."));
        }
        Command::Simulate(plan) => return simulate(&plan).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// The application with an up-to-date database, whatever secret it belongs to.
async fn up_to_date(config: &Config) -> Result<App, StartError> {
    let app = launch::open(config, Clock::System).await?;
    launch::bring_up_to_date(&app).await?;
    Ok(app)
}

/// The application with an up-to-date database that belongs to the secret in force. It reads numbers as the servers do,
/// which may have other settings than a shell.
async fn current(config: &Config) -> Result<App, StartError> {
    let mut app = up_to_date(config).await?;
    service::recognise_secret(&app, NewSecret::Refuse).await?;
    app.country = numbers::country_in_force(&app).await?;
    Ok(app)
}

async fn serve(config: Config) -> Result<(), StartError> {
    log_to_standard_error(config.log);
    let listener = launch::listen(config.listen).await?;
    let welcome = match config.demo {
        true => Some(demo::prepare(&config).await?),
        false => None,
    };
    let running = launch::launch(config, Clock::System, listener).await?;
    let state = running.state.clone();
    tracing::info!(address = %running.address, url = %state.app.base_url, "Officina is ready");
    if let Some(welcome) = welcome {
        say(&welcome);
    }
    if let Some(link) = service::setup_link(&state.app).await? {
        say(&format!("Nobody can sign in yet. Open this link to begin; it works once, for a day:\n\n  {link}\n"));
    }
    stop_signal().await?;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// Waits for SIGTERM or SIGINT.
async fn stop_signal() -> Result<(), StartError> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| StartError::new(format!("Cannot wait for signals: {error}.")));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn simulate(plan: &Plan) -> Result<ExitCode, StartError> {
    let report = simulate::run(plan).await?;
    say(report.to_string().trim_end());
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify(app: &App, hash: Option<&str>) -> Result<ExitCode, StartError> {
    let mut sound = true;
    for verdict in journal::verify(&app.db).await? {
        let slug = service::organisation(app, verdict.org).await?.slug;
        match &verdict.fault {
            None => say(&format!("{slug}: {} entries, head {}", verdict.entries, verdict.head)),
            Some(fault) => {
                sound = false;
                say(&format!("{slug}: FAULT after {} entries: {fault}", verdict.entries));
            }
        }
    }
    if let Some(hash) = hash {
        match journal::find(&app.db, hash).await? {
            Some((org, seq)) => {
                let slug = service::organisation(app, org).await?.slug;
                say(&format!("{slug}: entry {seq} has the hash {hash}"));
            }
            None => {
                sound = false;
                say(&format!("No entry has the hash {hash}"));
            }
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn log_to_standard_error(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,hyper=warn"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // Where the log lies on a disk that is full, saying so on the same disk would be a panic.
        .log_internal_errors(false);
    // Set once, at the start of the program; a second time would be ignored.
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}

//! The change of the installation's secret from the command line.

use clap::Subcommand;

use super::{current, say};
use crate::config::Config;
use crate::launch::StartError;
use crate::secret_file;

#[derive(Debug, Subcommand)]
pub(super) enum SecretCommand {
    /// Make a new secret; what the old one has signed and sealed is accepted for thirty days
    Rotate,
    /// Accept what the old secret has signed no longer
    Retire,
}

pub(super) async fn secret(config: &Config, command: SecretCommand) -> Result<(), StartError> {
    if config.secret.is_some() {
        return Err(StartError::new(
            "The secret is a setting: give the new one as `secret` and the old one as `previous_secret`, for thirty days, to \
             all servers, stop all of them, then start them again.",
        ));
    }
    let unusable = |error: std::io::Error| {
        StartError::new(format!("The secret in {} cannot be changed: {error}.", config.data.display()))
    };
    match command {
        SecretCommand::Rotate => {
            current(config).await?.db.close().await;
            secret_file::rotate(&config.data).map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    StartError::new("There is an old secret already: `officina secret retire` takes it out.")
                }
                _ => unusable(error),
            })?;
            say(
                "There is a new secret. Stop the server and start it again: then it seals with the new one. Keep a copy \
                 elsewhere, and the old one with the backups from before. Links and recovery codes of the old one work for \
                 thirty days, or until `officina secret retire`.",
            );
        }
        SecretCommand::Retire => {
            // Only when nothing is sealed with it any more.
            current(config).await?.db.close().await;
            let retired = secret_file::retire(&config.data).map_err(unusable)?;
            say(if retired {
                "The old secret is gone. Start the server again: then it accepts the new one alone."
            } else {
                "There is no old secret."
            });
        }
    }
    Ok(())
}

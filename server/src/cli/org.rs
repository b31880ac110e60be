//! Organisations and members from the command line.

use clap::Subcommand;
use officina::identity::Area;
use officina::identity::service::{self, NewMember, NewOrganisation};
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::secret::random_token;

use super::say;
use crate::launch::StartError;

#[derive(Debug, Subcommand)]
pub(super) enum OrgCommand {
    /// Make an organisation
    Add {
        /// Its name in addresses: lower-case letters, digits and dashes
        slug: String,
        /// Its name for people
        name: String,
        /// Areas to switch on, separated by commas [default: all]
        #[arg(long, value_delimiter = ',')]
        areas: Vec<Area>,
        /// The language of its customers: it or en
        #[arg(long, default_value = "it")]
        locale: String,
        /// IANA name of its time zone
        #[arg(long, default_value = "Europe/Rome")]
        time_zone: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a member with a new account; a password is made and printed
    Add {
        /// The organisation's slug
        #[arg(long)]
        org: String,
        /// The role: admin, manager, technician, agent, …
        #[arg(long)]
        role: String,
        /// The person's name
        #[arg(long)]
        name: String,
        /// E-mail address
        email: String,
        /// Phone number, for text messages
        #[arg(long)]
        phone: Option<String>,
    },
    /// Make an account the operator of the installation, who makes and suspends organisations
    MakeOperator {
        /// E-mail address or phone number
        account: String,
    },
    /// Give an account a new password, which is printed, and end its sessions
    ResetPassword {
        /// E-mail address or phone number
        account: String,
    },
}

/// Runs `officina org …`.
pub(super) async fn organisation(app: &App, command: OrgCommand) -> Result<(), StartError> {
    let OrgCommand::Add { slug, name, areas, locale, time_zone } = command;
    let areas = if areas.is_empty() { Area::ALL.to_vec() } else { areas };
    let organisation =
        service::create_organisation(app, NewOrganisation { slug, name, areas, locale, time_zone }).await?;
    say(&format!("{} {}", organisation.slug, organisation.id));
    Ok(())
}

/// Runs `officina user …`. Passwords are made here: one typed as an argument would stay in the shell's history.
pub(super) async fn user(app: &App, command: UserCommand) -> Result<(), StartError> {
    match command {
        UserCommand::Add { org, role, name, email, phone } => {
            let organisation = service::public_organisation(app, Some(&org))
                .await
                .map_err(|_| StartError::new(format!("There is no organisation {org}.")))?;
            let password = random_token();
            let member = NewMember {
                email: Some(email.clone()),
                phone,
                name,
                role,
                password: Some(password.clone()),
                customer: None,
            };
            service::add_member(app, &Actor::system(organisation.id), member).await?;
            say(&format!("{email} signs in with the password {password}"));
        }
        UserCommand::MakeOperator { account } => {
            service::make_operator(app, &account).await.map_err(|error| unknown(error, &account))?;
            say(&format!("{account} runs the installation"));
        }
        UserCommand::ResetPassword { account } => {
            let password = random_token();
            service::set_password(app, &account, &password).await.map_err(|error| unknown(error, &account))?;
            say(&format!("{account} signs in with the password {password}"));
        }
    }
    Ok(())
}

fn unknown(error: officina::Error, account: &str) -> StartError {
    match error {
        officina::Error::NotFound => StartError::new(format!("There is no account {account} that can sign in.")),
        other => other.into(),
    }
}

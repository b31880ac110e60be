//! Mail by SMTP. A mail is enqueued in the transaction that causes it and sent by the worker of the jobs table, so that
//! it is neither lost nor sent for something that did not happen.

use std::time::Duration;

use lettre::message::{Mailbox, header};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as Letter, Tokio1Executor};
use serde::{Deserialize, Serialize};

use super::outbox::{self, Message};
use crate::kernel::App;
use crate::kernel::db::Tx;
use crate::kernel::ids::OrgId;
use crate::kernel::jobs::Job;
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// The kind of the jobs that carry a mail.
pub const JOB: &str = "mail";
/// How long a mail server may take to take a mail. It may think for a while whom it trusts; one that says nothing at all
/// would hold up the mails behind it for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail to one person.
#[derive(Clone, Serialize, Deserialize)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Not after this: what it says would be untrue, or of no use. Without it, for as long as jobs are tried.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

impl Message for Mail {
    const JOB: &'static str = JOB;

    fn until(&self) -> Option<Timestamp> {
        self.until
    }
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail(…)")
    }
}

/// The way out for mails.
#[derive(Clone)]
pub enum Mailer {
    /// No server is configured: links are shown to who asked for them.
    Off,
    /// A mail server.
    Smtp {
        /// The connection, kept open between mails.
        transport: AsyncSmtpTransport<Tokio1Executor>,
        /// Who mails come from.
        from: Mailbox,
    },
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_on() { "Mailer::Smtp(…)" } else { "Mailer::Off" })
    }
}

impl Mailer {
    /// A mailer for a server such as `smtps://user:password@mail.example.org` or
    /// `smtp://mail.example.org:587?tls=required`, and a sender such as `Officina <desk@example.org>`.
    ///
    /// # Errors
    /// One sentence about what is wrong.
    pub fn smtp(url: &str, from: &str) -> std::result::Result<Self, String> {
        let from = from.parse().map_err(|_| "mail_from must be an address such as desk@example.org".to_owned())?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| "smtp must be an address such as smtps://user:password@mail.example.org".to_owned())?
            .build();
        Ok(Self::Smtp { transport, from })
    }

    /// Whether mails go out.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        matches!(self, Self::Smtp { .. })
    }
}

/// Enqueues a mail in the transaction that causes it. Without a mail server nothing happens.
///
/// # Errors
/// What the database says.
pub async fn enqueue(app: &App, tx: &mut Tx, org: Option<OrgId>, mail: &Mail) -> Result<()> {
    if !app.mailer.is_on() {
        return Ok(());
    }
    outbox::put(app, tx, org, mail).await
}

/// Sends the mail of a job.
///
/// # Errors
/// Internal, with what the mail server said: the job is tried again. [`Error::BadRequest`] when it refuses for good: not as often.
pub async fn send(app: &App, job: &Job) -> Result<()> {
    let Some(mail) = outbox::take::<Mail>(app, job)? else { return Ok(()) };
    let Mailer::Smtp { transport, from } = &app.mailer else {
        return Err(Error::internal("no mail server is configured"));
    };
    let to = mail.to.parse().map_err(|_| Error::BadRequest("a mail has no proper address".to_owned()))?;
    let domain = from.email.domain();
    let message = Letter::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.subject)
        // The same for every attempt, so that a mail sent twice can be recognised.
        .message_id(Some(format!("<{}@{domain}>", job.id)))
        .header(header::ContentType::TEXT_PLAIN)
        .body(mail.text)
        .map_err(Error::internal)?;
    match tokio::time::timeout(PATIENCE, transport.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(refusal)) if refusal.is_permanent() => Err(Error::BadRequest(refusal.to_string())),
        Ok(Err(failure)) => Err(Error::internal(failure)),
        Err(_) => Err(Error::internal("the mail server does not answer in time")),
    }
}

//! Signing in: the password, the second factor, the session.

use serde::{Deserialize, Serialize};

use super::guard::{Guesser, Place, note_wrong_code};
use super::phones::login_keys;
use super::sessions::{SignedIn, actor_of, start_session, user};
use super::{Client, factor};
use crate::identity::model::SessionKind;
use crate::identity::password::Match;
use crate::identity::store::{self, LoginRow, SessionKey};
use crate::kernel::App;
use crate::kernel::ids::{AccountId, OrgId, SignInTicketId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::secret::{random_token, token_hash};
use crate::kernel::time::{MINUTE, Timestamp};
use crate::{Error, Result};

/// How long the way from the password to the code may take.
const TICKET: i64 = 5 * MINUTE;
/// What tickets are sealed for.
const PURPOSE: &str = "sign-in";
/// What a ticket's word about the password is signed for.
const PASSWORD_MARK: &str = "sign-in-password";

/// What someone signs in with.
#[derive(Clone, Default)]
pub struct Credentials {
    /// An e-mail address or a phone number.
    pub identifier: String,
    /// The password.
    pub password: String,
    /// A code of the second factor or a recovery code, for accounts that have one.
    pub code: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// What a right password leads to.
#[derive(Debug)]
pub enum Step {
    /// A session.
    In(Box<SignedIn>),
    /// The question for a code; the ticket says that the password was right.
    Code(String),
}

#[derive(Serialize, Deserialize)]
struct Ticket {
    id: SignInTicketId,
    account: AccountId,
    org: OrgId,
    until: Timestamp,
    /// Tells whether the password is still the one that was right.
    password: String,
}

/// Signs someone in with everything at once, as programs do, and starts a session in the organisation of the oldest
/// active membership.
///
/// Unknown accounts, wrong passwords, wrong or missing codes and suspended memberships get the same answer.
///
/// # Errors
/// [`Error::Unauthorized`], or [`Error::RateLimited`] after too many failures.
pub async fn sign_in(app: &App, client: &Client, kind: SessionKind, credentials: &Credentials) -> Result<SignedIn> {
    let now = app.clock.now();
    let (login, guesser) = check_password(app, client, credentials, now).await?;
    if login.has_factor {
        let code = credentials.code.as_deref().unwrap_or_default();
        let place = Place::of_client(app, client, login.account_id).await?;
        if let Err(error) = factor::require_code(app, login.account_id, code, place.as_ref(), now).await {
            if matches!(error, Error::Unauthorized) {
                guesser.failed_at_code(app, login.account_id, now).await?;
            }
            return Err(error);
        }
    }
    enter(app, client, kind, login.account_id, login.org_id, Some(&guesser)).await
}

/// The first step in a browser: the password.
///
/// # Errors
/// As [`sign_in`].
pub async fn begin_sign_in(app: &App, client: &Client, credentials: &Credentials) -> Result<Step> {
    let now = app.clock.now();
    let (login, guesser) = check_password(app, client, credentials, now).await?;
    if !login.has_factor {
        let signed_in =
            enter(app, client, SessionKind::Browser, login.account_id, login.org_id, Some(&guesser)).await?;
        return Ok(Step::In(Box::new(signed_in)));
    }
    let ticket = Ticket {
        id: SignInTicketId::new(),
        account: login.account_id,
        org: login.org_id,
        until: now.plus(TICKET),
        password: app.secret.sign(PASSWORD_MARK, login.password_hash.as_deref().unwrap_or_default()),
    };
    Ok(Step::Code(app.secret.seal(PURPOSE, &serde_json::to_vec(&ticket).map_err(Error::internal)?)?))
}

/// The second step in a browser: the code.
///
/// # Errors
/// [`Error::Unauthorized`] for a wrong or used code, [`Error::NotFound`] for a ticket that is too old, was used, or is of
/// a password that was changed since; [`Error::RateLimited`] after too many wrong codes.
pub async fn finish_sign_in(app: &App, client: &Client, ticket: &str, code: &str) -> Result<SignedIn> {
    let now = app.clock.now();
    let opened = app.secret.unseal(PURPOSE, ticket).ok_or(Error::NotFound)?;
    let ticket: Ticket = serde_json::from_slice(&opened).map_err(|_| Error::NotFound)?;
    let password = store::password_hash(&app.db, ticket.account).await?;
    let is_same = app.secret.verify(PASSWORD_MARK, password.as_deref().unwrap_or_default(), &ticket.password);
    if ticket.until < now || !is_same {
        return Err(Error::NotFound);
    }
    let place = Place::of_client(app, client, ticket.account).await?;
    if let Err(error) = factor::require_code(app, ticket.account, code, place.as_ref(), now).await {
        if matches!(error, Error::Unauthorized) {
            note_wrong_code(app, client, ticket.account, now).await?;
        }
        return Err(error);
    }
    let mut tx = app.db.begin().await?;
    if !store::spend(&mut tx, ticket.id.0, ticket.until).await? {
        return Err(Error::NotFound);
    }
    tx.commit().await?;
    enter(app, client, SessionKind::Browser, ticket.account, ticket.org, None).await
}

async fn check_password(
    app: &App,
    client: &Client,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<(LoginRow, Guesser)> {
    // Whoever shows no device that could be known takes a place before anything is looked up: a crowd of guesses is not to
    // keep the database from those who are in.
    let place = client.device.is_none().then(|| app.passwords.for_stranger(client.address)).transpose()?;
    let (email, phone) = login_keys(app, &credentials.identifier).await?;
    let guesser = Guesser::at_sign_in(app, client, &email, &phone).await?;
    guesser.pass(app, now).await?;
    let found = store::login(&app.db, &email, &phone).await?;
    let stored = found.as_ref().and_then(|row| row.password_hash.as_deref());
    let passwords = place.map_or_else(|| guesser.passwords(app, client), Ok)?;
    let outcome = passwords.check(&credentials.password, stored).await?;
    match found.filter(|_| outcome != Match::Wrong) {
        Some(mut login) => {
            if outcome == Match::Outdated {
                let hash = app.passwords.hash(&credentials.password).await?;
                let mut tx = app.db.begin().await?;
                store::renew_password_hash(&mut tx, login.account_id, login.password_hash.as_deref(), &hash).await?;
                tx.commit().await?;
                login.password_hash = Some(hash);
            }
            Ok((login, guesser))
        }
        None => {
            guesser.failed(app, now).await?;
            Err(Error::Unauthorized)
        }
    }
}

/// Starts a session for somebody who has proved who they are.
pub(super) async fn enter(
    app: &App,
    client: &Client,
    kind: SessionKind,
    account: AccountId,
    org: OrgId,
    guesser: Option<&Guesser>,
) -> Result<SignedIn> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if let Some(guesser) = guesser {
        guesser.succeeded(&mut tx).await?;
    }
    let (session, token) = start_session(app, &mut tx, client, kind, account, org, now).await?;
    let row = store::session(&mut tx, SessionKey::Id(session), now).await?.ok_or(Error::Unauthorized)?;
    let device = match kind {
        SessionKind::Browser => {
            let device = client.device.clone().unwrap_or_else(random_token);
            store::know_device(&mut tx, token_hash(&device), account, now).await?;
            Some(device)
        }
        SessionKind::Api => None,
    };
    let actor = actor_of(row, client)?;
    let entry = Entry::new("identity.signed_in", "account", account.0)
        .after(&serde_json::json!({ "kind": kind, "userAgent": client.user_agent }));
    journal::write(&mut tx, &actor, now, entry).await?;
    tx.commit().await?;
    let user = user(&app.db, account, org).await?;
    Ok(SignedIn { session, token, device, since: now, user })
}

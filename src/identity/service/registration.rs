//! Customers who make an account themselves, where the organisation allows it. The e-mail address is confirmed first:
//! an account that somebody else could have prepared would be theirs as well.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Client;
use super::links::{blank, look, make, take};
use super::sessions::SignedIn;
use super::sign_in::enter;
use crate::customers;
use crate::identity::model::{LinkKind, Organisation, SessionKind};
use crate::identity::store::{self, LinkRow};
use crate::identity::weak_passwords::check_password;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{OnViolation, Violation};
use crate::kernel::ids::{AccountId, MembershipId, OrgId};
use crate::kernel::jobs::{self, Job, NewJob};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::BuiltInRole;
use crate::kernel::time::HOUR;
use crate::kernel::validate::Validator;
use crate::notify::mail::{self, Mail};
use crate::notify::texts;
use crate::{Error, Result};

/// The kind of the jobs that look whether a registered address has an account.
pub const REGISTRATION_JOB: &str = "registration";
/// How long the link can be followed.
const GOOD_FOR: i64 = 24 * HOUR;

/// Who registers.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewRegistration {
    /// E-mail address.
    pub email: String,
    /// The password that is chosen.
    pub password: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

impl std::fmt::Debug for NewRegistration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewRegistration(…)")
    }
}

#[derive(Serialize, Deserialize)]
struct Registered {
    org: OrgId,
    email: String,
    name: String,
    password_hash: String,
}

/// Whether customers can make an account at an organisation themselves: it must want it, and a mail server must be there
/// to confirm addresses.
#[must_use]
pub fn may_register(app: &App, organisation: &Organisation) -> bool {
    organisation.self_registration && app.mailer.is_on()
}

/// Takes a registration. What becomes of it comes by mail; neither answer nor time tells whether the address has an
/// account.
///
/// # Errors
/// [`Error::NotFound`] where the organisation does not allow it, [`Error::Validation`].
pub async fn register(app: &App, organisation: &Organisation, new: &NewRegistration) -> Result<()> {
    if !may_register(app, organisation) {
        return Err(Error::NotFound);
    }
    let mut check = Validator::default();
    let email = check.required("email", &new.email, 254);
    let email = check.email("email", Some(&email)).unwrap_or_default().to_lowercase();
    let first = check.required("firstName", &new.first_name, 60);
    let last = check.required("lastName", &new.last_name, 60);
    check_password(&mut check, "password", &new.password, &[&first, &last, &email, &organisation.name]);
    check.finish(())?;
    let password_hash = app.passwords.for_stranger(None)?.hash(&new.password).await?;
    let registered =
        Registered { org: organisation.id, email: email.clone(), name: format!("{first} {last}"), password_hash };
    let job = NewJob {
        kind: REGISTRATION_JOB,
        org: Some(organisation.id),
        payload: app.secret.seal(REGISTRATION_JOB, &serde_json::to_vec(&registered).map_err(Error::internal)?)?,
        run_at: app.clock.now(),
        unique_key: Some(format!(
            "{REGISTRATION_JOB} {} {}",
            organisation.id,
            app.secret.sign(REGISTRATION_JOB, &email)
        )),
    };
    let mut tx = app.db.begin().await?;
    jobs::enqueue(&mut tx, job).await?;
    tx.commit().await
}

/// Mails the link of a job of [`register`], or says to the owner of the address that there is an account.
///
/// # Errors
/// What the database says.
pub async fn send_confirmation(app: &App, job: &Job) -> Result<()> {
    let opened = app.secret.unseal(REGISTRATION_JOB, &job.payload);
    let registered: Registered = opened
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| Error::internal("a job cannot be read"))?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(organisation) = store::organisation(&mut tx, registered.org).await? else { return tx.rollback().await };
    let known = store::account_by_login(&mut tx, Some(&registered.email), None).await?.is_some();
    let expires_at = now.plus(GOOD_FOR);
    let (template, link) = if known {
        (texts::KNOWN_ACCOUNT, format!("{}/sign-in", app.base_url))
    } else {
        let link = LinkRow {
            org_id: Some(registered.org),
            email: Some(registered.email.clone()),
            name: Some(registered.name.clone()),
            role: Some(BuiltInRole::Customer.as_str().to_owned()),
            password_hash: Some(registered.password_hash),
            ..blank(LinkKind::Registration, expires_at)
        };
        (texts::REGISTRATION, make(app, &mut tx, &link, now).await?)
    };
    let values =
        [("name", registered.name.as_str()), ("organisation", organisation.name.as_str()), ("link", link.as_str())];
    let (subject, text) = template.fill(&organisation.locale, &values);
    let until = (!known).then_some(expires_at);
    let confirmation = Mail { to: registered.email, subject, text, until };
    mail::enqueue(app, &mut tx, Some(registered.org), &confirmation).await?;
    tx.commit().await
}

/// The organisation of a registration that can still be confirmed.
///
/// # Errors
/// [`Error::NotFound`] for a link that is unknown, used or too old.
pub async fn registration(app: &App, token: &str) -> Result<Organisation> {
    let link = look(&app.db, LinkKind::Registration, token, app.clock.now()).await?;
    let organisation = store::organisation(&app.db, link.org_id.ok_or(Error::NotFound)?).await?;
    organisation.map(Organisation::from).ok_or(Error::NotFound)
}

/// Confirms a registration and signs the new customer in. Whoever owns the address says the password once more: somebody
/// else may have registered with it, and would know the password otherwise.
///
/// # Errors
/// As [`registration`]; [`Error::Validation`] for another password than the one that was chosen; [`Error::Conflict`] when
/// the address has got an account in the meantime.
pub async fn confirm_registration(app: &App, client: &Client, token: &str, password: &str) -> Result<SignedIn> {
    let now = app.clock.now();
    let link = look(&app.db, LinkKind::Registration, token, now).await?;
    if !app.passwords.verify(password, link.password_hash.as_deref()).await? {
        return Err(Error::field(
            "password",
            "wrong_password",
            "is not the one that was chosen with this registration",
        ));
    }
    let mut tx = app.db.begin().await?;
    take(&mut tx, &link, now).await?;
    let org = link.org_id.ok_or(Error::NotFound)?;
    let (account, membership) = (AccountId::new(), MembershipId::new());
    let name = link.name.as_deref().unwrap_or_default();
    let role = BuiltInRole::Customer.as_str();
    store::insert_account(&mut tx, account, link.email.as_deref(), None, name, link.password_hash.as_deref(), now)
        .await
        .on_violation(Violation::Unique, || Error::conflict("You have an account already. Sign in with it."))?;
    let customer = customers::service::of_person(&mut tx, org, link.email.as_deref(), None).await?;
    store::insert_membership(&mut tx, org, membership, account, role, customer, now).await?;
    let actor = Actor { address: client.address, request_id: client.request_id.clone(), ..Actor::system(org) };
    let entry = Entry::new("identity.registered", "membership", membership.0)
        .after(&json!({ "name": link.name, "email": link.email, "role": role }));
    journal::write(&mut tx, &actor, now, entry).await?;
    tx.commit().await?;
    enter(app, client, SessionKind::Browser, account, org, None).await
}

//! A forgotten password: asked for, and chosen anew by a link.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Client;
use super::factor::require_proof;
use super::links::{blank, look, make, take};
use super::members::require_above;
use super::own::notify_owner;
use super::phones::login_keys;
use crate::identity::access::SentLink;
use crate::identity::model::LinkKind;
use crate::identity::store::{self, LinkRow};
use crate::identity::weak_passwords::check_password;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::Tx;
use crate::kernel::ids::AccountId;
use crate::kernel::jobs::{self, Job, NewJob};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::kernel::text;
use crate::kernel::time::{HOUR, MINUTE, Timestamp};
use crate::kernel::validate::Validator;
use crate::notify::mail::{self, Mail};
use crate::notify::texts;
use crate::{Error, Result};

/// The kind of the jobs that look whether an asked-for account exists.
pub const FORGOT_JOB: &str = "forgot";
/// How long a link can be followed.
const GOOD_FOR: i64 = 30 * MINUTE;
/// Mails to one account in an hour: nobody's inbox is filled by somebody else.
const MAILS_PER_HOUR: i64 = 3;

#[derive(Serialize, Deserialize)]
struct Asked {
    identifier: String,
}

/// Asks for a link to choose a new password. The same happens for an address that nobody has: whether there is an
/// account is looked at later, by a job, so that neither answer nor time tells.
///
/// # Errors
/// [`Error::Validation`] without an identifier.
pub async fn forgot(app: &App, identifier: &str) -> Result<()> {
    let mut check = Validator::default();
    let identifier = text::email(&check.required("email", identifier, 254)).to_lowercase();
    let identifier = check.finish(identifier)?;
    let asked = serde_json::to_vec(&Asked { identifier: identifier.clone() }).map_err(Error::internal)?;
    let job = NewJob {
        kind: FORGOT_JOB,
        org: None,
        payload: app.secret.seal(FORGOT_JOB, &asked)?,
        run_at: app.clock.now(),
        // Asking twice at once is asking once.
        unique_key: Some(format!("{FORGOT_JOB} {}", app.secret.sign(FORGOT_JOB, &identifier))),
    };
    let mut tx = app.db.begin().await?;
    jobs::enqueue(&mut tx, job).await?;
    tx.commit().await
}

/// Makes the link of a job of [`forgot`] and mails it to the address that the account has, if there is one.
///
/// # Errors
/// What the database says.
pub async fn send_reset(app: &App, job: &Job) -> Result<()> {
    let opened = app.secret.unseal(FORGOT_JOB, &job.payload);
    let asked: Asked = opened
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| Error::internal("a job cannot be read"))?;
    let (email, phone) = login_keys(app, &asked.identifier).await?;
    let Some(login) = store::login(&app.db, &email, &phone).await? else { return Ok(()) };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let user = store::user(&mut tx, login.account_id, login.org_id).await?;
    let organisation = store::organisation(&mut tx, login.org_id).await?;
    let sent = store::resets_since(&mut tx, login.account_id, now.plus(-HOUR)).await?;
    let (Some(user), Some(organisation)) = (user, organisation) else { return tx.rollback().await };
    let Some(to) = user.email.filter(|_| sent < MAILS_PER_HOUR && app.mailer.is_on()) else {
        return tx.rollback().await;
    };
    let (row, link) = make_reset(app, &mut tx, login.account_id, now).await?;
    let (subject, text) =
        texts::RESET.fill(&organisation.locale, &[("name", user.name.as_str()), ("link", link.as_str())]);
    mail::enqueue(app, &mut tx, Some(login.org_id), &Mail { to, subject, text, until: Some(row.expires_at) }).await?;
    let entry = Entry::new("identity.reset_asked", "account", login.account_id.0);
    journal::write(&mut tx, &Actor::system(login.org_id), now, entry).await?;
    tx.commit().await
}

/// A link for a member who forgot the password, made by an administrator: mailed to the member, or shown where no mail
/// can carry it.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage`, and for a member who may do more; [`Error::ProofNeeded`]; [`Error::NotFound`];
/// [`Error::Conflict`] for a member of other organisations too, whose link must not be seen by one of them.
pub async fn reset_link(app: &App, actor: &Actor, account: AccountId) -> Result<SentLink> {
    actor.require(Permission::UsersManage)?;
    require_proof(app, actor)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let member = store::member(&mut tx, actor.org, account).await?.ok_or(Error::NotFound)?;
    require_above(&mut tx, actor, &member).await?;
    let by_mail = app.mailer.is_on() && member.email.is_some();
    if !by_mail && store::is_member_elsewhere(&mut tx, actor.org, account).await? {
        return Err(Error::conflict("This person belongs to other organisations too. Only the operator can help."));
    }
    let (row, link) = make_reset(app, &mut tx, account, now).await?;
    if let Some(to) = member.email.filter(|_| by_mail) {
        let organisation = store::organisation(&mut tx, actor.org).await?.ok_or(Error::NotFound)?;
        let values = [("name", member.name.as_str()), ("link", link.as_str())];
        let (subject, text) = texts::RESET.fill(&organisation.locale, &values);
        mail::enqueue(app, &mut tx, Some(actor.org), &Mail { to, subject, text, until: Some(row.expires_at) }).await?;
    }
    let entry = Entry::new("identity.reset_link_made", "membership", member.membership_id.0)
        .after(&json!({ "byMail": by_mail }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(SentLink { expires_at: row.expires_at, by_mail, link: (!by_mail).then_some(link) })
}

async fn make_reset(app: &App, tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<(LinkRow, String)> {
    let link = LinkRow { account_id: Some(account), ..blank(LinkKind::Reset, now.plus(GOOD_FOR)) };
    let address = make(app, tx, &link, now).await?;
    Ok((link, address))
}

/// Passes for a link that can still be followed.
///
/// # Errors
/// [`Error::NotFound`] for one that is unknown, used or too old.
pub async fn check_reset(app: &App, token: &str) -> Result<()> {
    look(&app.db, LinkKind::Reset, token, app.clock.now()).await.map(|_| ())
}

/// Chooses a new password by a link: it is used up, as are all others of the account, every session ends, and passkeys go:
/// whoever was in the account before may have added them. A second factor stays.
///
/// # Errors
/// [`Error::NotFound`] as [`check_reset`], [`Error::Validation`] for a weak password.
pub async fn reset(app: &App, client: &Client, token: &str, password: &str) -> Result<()> {
    let now = app.clock.now();
    let link = look(&app.db, LinkKind::Reset, token, now).await?;
    let account = link.account_id.ok_or(Error::NotFound)?;
    let about = store::account_words(&app.db, account).await?;
    let mut check = Validator::default();
    check_password(&mut check, "password", password, &about.iter().map(String::as_str).collect::<Vec<_>>());
    check.finish(())?;
    let hash = app.passwords.hash(password).await?;
    let mut tx = app.db.begin().await?;
    take(&mut tx, &link, now).await?;
    store::end_resets(&mut tx, account, now).await?;
    store::set_password_of(&mut tx, account, &hash).await?;
    store::end_sessions_of(&mut tx, account, now).await?;
    store::forget_devices(&mut tx, account).await?;
    store::delete_passkeys(&mut tx, account).await?;
    if let Some(organisation) = store::organisations_of(&mut tx, account).await?.first() {
        notify_owner(app, &mut tx, organisation.id, account, texts::PASSWORD_CHANGED, now).await?;
        let actor =
            Actor { address: client.address, request_id: client.request_id.clone(), ..Actor::system(organisation.id) };
        journal::write(&mut tx, &actor, now, Entry::new("identity.password_reset", "account", account.0)).await?;
    }
    tx.commit().await
}

//! What everyone who is signed in may do about themself: see and end sessions, change the password, go over to another
//! organisation.

use serde_json::json;

use super::guard::{By, Guesser};
use super::phones;
use super::sessions::user;
use crate::identity::access::{SessionInfo, UpdateOwn};
use crate::identity::model::{OrganisationRef, User};
use crate::identity::store;
use crate::identity::weak_passwords::check_password;
use crate::kernel::App;
use crate::kernel::actor::{Actor, Member};
use crate::kernel::db::{OnViolation, Tx, Violation};
use crate::kernel::ids::{AccountId, OrgId, SessionId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::time::Timestamp;
use crate::kernel::validate::Validator;
use crate::kernel::zone;
use crate::notify::mail::{self, Mail};
use crate::notify::texts::{self, Template};
use crate::{Error, Result};

/// The live sessions of the person who asks, in all organisations, the last used first.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member.
pub async fn own_sessions(app: &App, actor: &Actor) -> Result<Vec<SessionInfo>> {
    let member = signed_in(actor)?;
    let now = app.clock.now();
    let mut sessions = store::sessions_of(&app.db, member.account, now).await?;
    for session in &mut sessions {
        session.current = session.id == member.session;
    }
    Ok(sessions)
}

/// Ends one session of the person who asks.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member, [`Error::NotFound`] for a session that is over or another's.
pub async fn end_own_session(app: &App, actor: &Actor, id: SessionId) -> Result<()> {
    let member = signed_in(actor)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !store::end_session_of(&mut tx, member.account, id, now).await? {
        return Err(Error::NotFound);
    }
    let entry = Entry::new("identity.session_ended", "account", member.account.0).after(&json!({ "session": id }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await
}

/// Ends all sessions of the person who asks but the one that asks, and tells how many there were.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member.
pub async fn end_other_sessions(app: &App, actor: &Actor) -> Result<u64> {
    let member = signed_in(actor)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let ended = store::end_other_sessions(&mut tx, member.account, member.session, now).await?;
    let entry = Entry::new("identity.sessions_ended", "account", member.account.0).after(&json!({ "ended": ended }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Changes the name and phone number of the person who asks.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member, [`Error::Validation`], [`Error::Conflict`] for a number that
/// is another account's.
pub async fn update_own(app: &App, actor: &Actor, update: &UpdateOwn) -> Result<User> {
    let member = signed_in(actor)?;
    let mut check = Validator::default();
    let name = update.name.as_deref().map(|name| check.required("name", name, 120));
    let phone = update.phone.as_deref().map(|phone| phone_number(&mut check, Some(phone)));
    check.finish(())?;
    let mut tx = app.db.begin().await?;
    let before = user(&mut tx, member.account, actor.org).await?;
    let mut after = before.clone();
    after.name = name.unwrap_or(after.name);
    after.phone = phone.unwrap_or(after.phone);
    if after == before {
        return tx.rollback().await.map(|()| before);
    }
    let has_email = after.email.is_some();
    write_person(app, &mut tx, actor.org, member.account, &after.name, after.phone.as_deref(), has_email).await?;
    let state = |user: &User| json!({ "name": user.name, "phone": user.phone });
    let entry = Entry::new("identity.account_changed", "account", member.account.0)
        .before(&state(&before))
        .after(&state(&after));
    journal::write(&mut tx, actor, app.clock.now(), entry).await?;
    tx.commit().await?;
    Ok(after)
}

/// Checks a phone number; an empty text is none.
pub(super) fn phone_number(check: &mut Validator, phone: Option<&str>) -> Option<String> {
    phone.filter(|phone| !phone.trim().is_empty()).map(|phone| check.phone("phone", phone))
}

/// Writes a person's name and phone number. Without an e-mail address there must be a number to sign in with. A number that
/// stays as it was is known by what it was known by; another one is read where the organisation is.
pub(super) async fn write_person(
    app: &App,
    tx: &mut Tx,
    org: OrgId,
    account: AccountId,
    name: &str,
    phone: Option<&str>,
    has_email: bool,
) -> Result<()> {
    if phone.is_none() && !has_email {
        return Err(Error::field("phone", "required", "is needed: without an e-mail address it is the way to sign in"));
    }
    let (known, known_key) = store::phone_of(tx, account).await?;
    let key = match phone == known.as_deref() {
        true => known_key,
        false => phones::read(app, &mut *tx, org, phone.map(str::to_owned)).await?.map(|phone| phone.number),
    };
    store::write_person(tx, account, name, (phone, key.as_deref()))
        .await
        .on_violation(Violation::Unique, || Error::conflict("There is another account with this phone number."))
}

/// Changes the password of the person who asks and ends their other sessions.
///
/// # Errors
/// [`Error::Validation`] when the current password is wrong or the new one is weak, [`Error::RateLimited`] after too many
/// wrong ones: a browser left open is no place to guess from.
pub async fn change_password(app: &App, actor: &Actor, current: &str, new: &str) -> Result<()> {
    let member = signed_in(actor)?;
    let now = app.clock.now();
    let guesser = Guesser::of_account(app, member.account, By::Password, None).await;
    guesser.pass(app, now).await?;
    let mut check = Validator::default();
    let about = store::account_words(&app.db, member.account).await?;
    check_password(&mut check, "newPassword", new, &about.iter().map(String::as_str).collect::<Vec<_>>());
    check.finish(())?;
    let stored = store::password_hash(&app.db, member.account).await?;
    if !app.passwords.verify(current, stored.as_deref()).await? {
        guesser.failed(app, now).await?;
        return Err(Error::field("currentPassword", "wrong_password", "is not your password"));
    }
    let hash = app.passwords.hash(new).await?;
    let mut tx = app.db.begin().await?;
    guesser.succeeded(&mut tx).await?;
    store::set_password_of(&mut tx, member.account, &hash).await?;
    store::prove_session(&mut tx, member.session, now).await?;
    let ended = store::end_other_sessions(&mut tx, member.account, member.session, now).await?;
    notify_owner(app, &mut tx, actor.org, member.account, texts::PASSWORD_CHANGED, now).await?;
    let entry = Entry::new("identity.password_changed", "account", member.account.0).after(&json!({ "ended": ended }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await
}

/// The organisations that the person who asks may come into, by name.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member.
pub async fn own_organisations(app: &App, actor: &Actor) -> Result<Vec<OrganisationRef>> {
    store::organisations_of(&app.db, signed_in(actor)?.account).await
}

/// Lets the session that asks act in another organisation of its account from the next request on.
///
/// # Errors
/// [`Error::NotFound`] for an organisation that the person is no active member of.
pub async fn switch_organisation(app: &App, actor: &Actor, to: OrgId) -> Result<()> {
    let member = signed_in(actor)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let organisations = store::organisations_of(&mut tx, member.account).await?;
    if !organisations.iter().any(|organisation| organisation.id == to) {
        return Err(Error::NotFound);
    }
    store::move_session(&mut tx, member.session, to).await?;
    let entry = Entry::new("identity.organisation_entered", "account", member.account.0);
    // The membership that acts there is another one, so the journal of that organisation names the account alone.
    let arriving = Actor { org: to, address: actor.address, request_id: actor.request_id.clone(), ..Actor::system(to) };
    journal::write(&mut tx, &arriving, now, entry).await?;
    tx.commit().await
}

/// Tells the owner of an account by mail that something about the way in was changed.
pub(super) async fn notify_owner(
    app: &App,
    tx: &mut Tx,
    org: OrgId,
    account: AccountId,
    template: Template,
    now: Timestamp,
) -> Result<()> {
    let Some(user) = store::user(&mut *tx, account, org).await? else { return Ok(()) };
    let (Some(to), Some(organisation)) = (user.email, store::organisation(&mut *tx, org).await?) else { return Ok(()) };
    let when = zone::moment(now, zone::zone(&organisation.time_zone));
    let values = [("name", user.name.as_str()), ("when", &when), ("link", &format!("{}/forgot", app.base_url))];
    let (subject, text) = template.fill(&organisation.locale, &values);
    mail::enqueue(app, tx, Some(org), &Mail { to, subject, text, until: None }).await
}

pub(super) fn signed_in(actor: &Actor) -> Result<&Member> {
    actor.member().ok_or(Error::Unauthorized)
}

/// Journals that somebody known was refused what they asked for, `GET /api/v1/repairs`, for the question "who tried?".
///
/// # Errors
/// What the database says.
pub async fn note_refusal(app: &App, actor: &Actor, route: &str) -> Result<()> {
    let Some(credential) = actor.credential() else { return Ok(()) };
    let subject = if actor.member().is_some() { "account" } else { "token" };
    let route: String = route.chars().take(200).collect();
    let mut tx = app.db.begin().await?;
    let entry = Entry::new("identity.refused", subject, credential).after(&json!({ "route": route }));
    journal::write(&mut tx, actor, app.clock.now(), entry).await?;
    tx.commit().await
}

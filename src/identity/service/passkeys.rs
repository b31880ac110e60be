//! Passkeys (WebAuthn Level 3): coming in with what unlocks one's own phone or computer. The device asks for a finger, a
//! face or a PIN, so a passkey stands for password and second factor together.
//!
//! A question is nothing that the server keeps: what it has to know later goes out sealed and comes back with the answer.
//! Only questions that were answered are written down, so that each counts once, and nobody can fill a table by asking.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
};
use webauthn_rs_proto::ResidentKeyRequirement;

use super::Client;
use super::factor::require_proof;
use super::own::{notify_owner, signed_in};
use super::sessions::SignedIn;
use super::sign_in::enter;
use crate::identity::access::{PasskeyAnswer, PasskeyInfo, PasskeyQuestion};
use crate::identity::model::SessionKind;
use crate::identity::store::{self, NewPasskey, PasskeyRow};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{OnViolation, Violation};
use crate::kernel::ids::{AccountId, PasskeyId, PasskeyQuestionId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::time::{MINUTE, Timestamp};
use crate::kernel::validate::Validator;
use crate::notify::texts;
use crate::{Error, Result};

/// How long a question waits for its answer.
const PATIENCE: i64 = 5 * MINUTE;
/// What questions are sealed for, so that an answer to one kind is none to the other.
const ADDING: &str = "passkey-adding";
const COMING_IN: &str = "passkey-coming-in";
/// Passkeys of one account. More would be devices that nobody has any more.
const MAX_PASSKEYS: usize = 20;
/// Characters of a passkey's name.
const MAX_NAME: usize = 60;

/// What the server has to know when an answer comes.
#[derive(Serialize, Deserialize)]
struct Question<S> {
    id: PasskeyQuestionId,
    until: Timestamp,
    /// Whose passkey is added.
    account: Option<AccountId>,
    state: S,
}

/// The passkeys of the person who asks, the oldest first.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member.
pub async fn own_passkeys(app: &App, actor: &Actor) -> Result<Vec<PasskeyInfo>> {
    store::passkeys_of(&app.db, signed_in(actor)?.account).await
}

/// Asks a device to make a passkey.
///
/// # Errors
/// [`Error::ProofNeeded`] when the last proof is too old, [`Error::NotFound`] where the installation has no passkeys.
pub async fn begin_passkey(app: &App, actor: &Actor) -> Result<PasskeyQuestion> {
    let member = require_proof(app, actor)?;
    let party = app.passkeys.party()?;
    let user = store::user(&app.db, member.account, actor.org).await?.ok_or(Error::Unauthorized)?;
    let known = store::credential_ids(&app.db, member.account).await?;
    let login = user.email.or(user.phone).unwrap_or_else(|| user.name.clone());
    let (mut options, state) = party
        .start_passkey_registration(member.account.0, &login, &user.name, Some(known))
        .map_err(|error| Error::internal(error.to_string()))?;
    if let Some(selection) = &mut options.public_key.authenticator_selection {
        // The device must know whose it is: nobody types a name to come in.
        selection.resident_key = Some(ResidentKeyRequirement::Required);
        selection.require_resident_key = true;
    }
    question(app, ADDING, Some(member.account), state, &options)
}

/// Adds the passkey that a device has made. From then on it lets the person in, and the session that added it counts
/// as begun with it.
///
/// # Errors
/// [`Error::Validation`] for an answer that is not right or came too late or twice, and when there are too many;
/// [`Error::ProofNeeded`], [`Error::NotFound`] as [`begin_passkey`].
pub async fn add_passkey(app: &App, actor: &Actor, answer: &PasskeyAnswer, name: &str) -> Result<PasskeyInfo> {
    let member = require_proof(app, actor)?;
    let party = app.passkeys.party()?;
    let now = app.clock.now();
    let refused = |words: &str| Error::field("credential", "refused", words);
    let mut check = Validator::default();
    let name = check.required("name", name, MAX_NAME);
    let name = check.finish(name)?;
    let asked: Question<PasskeyRegistration> = opened(app, ADDING, &answer.question, now)
        .filter(|asked: &Question<PasskeyRegistration>| asked.account == Some(member.account))
        .ok_or_else(|| refused("came too late; try again"))?;
    let credential: RegisterPublicKeyCredential =
        serde_json::from_str(&answer.credential).map_err(|_| refused("is not what a browser answers"))?;
    let passkey = party.finish_passkey_registration(&credential, &asked.state).map_err(|error| {
        tracing::info!(reason = %error, "a new passkey was not accepted");
        refused("was not accepted")
    })?;
    let info = PasskeyInfo { id: PasskeyId::new(), name, created_at: now, used_at: None };
    let new = NewPasskey {
        id: info.id,
        account: member.account,
        credential_id: passkey.cred_id().to_vec(),
        name: &info.name,
        passkey: serde_json::to_string(&passkey).map_err(Error::internal)?,
        now,
    };
    let mut tx = app.db.begin().await?;
    if !store::spend(&mut tx, asked.id.0, asked.until).await? {
        return Err(refused("was used before; try again"));
    }
    if store::passkeys_of(&mut tx, member.account).await?.len() >= MAX_PASSKEYS {
        return Err(refused("is one too many: remove one that you no longer use"));
    }
    store::insert_passkey(&mut tx, new).await.on_violation(Violation::Unique, || refused("is known already"))?;
    store::strengthen_session(&mut tx, member.session, info.id).await?;
    notify_owner(app, &mut tx, actor.org, member.account, texts::PASSKEY_CHANGED, now).await?;
    let entry = Entry::new("identity.passkey_added", "account", member.account.0).after(&info);
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(info)
}

/// Removes an own passkey. Sessions that began with it go on, without what it stood for.
///
/// # Errors
/// [`Error::ProofNeeded`]; [`Error::NotFound`] for a passkey that is not the person's.
pub async fn remove_passkey(app: &App, actor: &Actor, id: PasskeyId) -> Result<()> {
    let member = require_proof(app, actor)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !store::delete_passkey(&mut tx, member.account, id).await? {
        return Err(Error::NotFound);
    }
    notify_owner(app, &mut tx, actor.org, member.account, texts::PASSKEY_CHANGED, now).await?;
    let entry =
        Entry::new("identity.passkey_removed", "account", member.account.0).before(&serde_json::json!({ "id": id }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await
}

/// Asks whoever wants to come in, or to prove who they are, for a passkey. Nobody says who they are first, so nothing is
/// said about who exists.
///
/// # Errors
/// [`Error::NotFound`] where the installation has no passkeys.
pub fn ask_for_passkey(app: &App) -> Result<PasskeyQuestion> {
    let (mut options, state) = app
        .passkeys
        .party()?
        .start_discoverable_authentication()
        .map_err(|error| Error::internal(error.to_string()))?;
    // The browser asks when its button is pressed, not while somebody types.
    options.mediation = None;
    question(app, COMING_IN, None, state, &options)
}

/// Signs a browser in with a passkey, in the organisation of the oldest active membership.
///
/// # Errors
/// [`Error::Unauthorized`] for an answer that is not right, came too late or twice, and for people who may come in
/// nowhere; [`Error::NotFound`] where the installation has no passkeys.
pub async fn sign_in_with_passkey(app: &App, client: &Client, answer: &PasskeyAnswer) -> Result<SignedIn> {
    let passkey = answered(app, answer).await?;
    let org = store::first_organisation_of(&app.db, passkey.account_id).await?.ok_or(Error::Unauthorized)?;
    let signed_in = enter(app, client, SessionKind::Browser, passkey.account_id, org, None).await?;
    let mut tx = app.db.begin().await?;
    store::strengthen_session(&mut tx, signed_in.session, passkey.id).await?;
    tx.commit().await?;
    Ok(signed_in)
}

/// Proves with a passkey once more who sits there.
///
/// # Errors
/// [`Error::Validation`] for an answer that is not right, came too late or twice, or of somebody else's passkey.
pub async fn prove_with_passkey(app: &App, actor: &Actor, answer: &PasskeyAnswer) -> Result<()> {
    let member = signed_in(actor)?;
    let refused = || Error::field("credential", "refused", "was not accepted");
    let passkey = answered(app, answer).await.map_err(|error| match error {
        Error::Unauthorized => refused(),
        error => error,
    })?;
    if passkey.account_id != member.account {
        return Err(refused());
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::prove_session(&mut tx, member.session, now).await?;
    store::strengthen_session(&mut tx, member.session, passkey.id).await?;
    journal::write(&mut tx, actor, now, Entry::new("identity.proved", "account", member.account.0)).await?;
    tx.commit().await
}

/// The passkey that has answered a question, which is used up.
async fn answered(app: &App, answer: &PasskeyAnswer) -> Result<PasskeyRow> {
    let party = app.passkeys.party()?;
    let now = app.clock.now();
    let asked: Question<DiscoverableAuthentication> =
        opened(app, COMING_IN, &answer.question, now).ok_or(Error::Unauthorized)?;
    let credential: PublicKeyCredential = serde_json::from_str(&answer.credential).map_err(|_| Error::Unauthorized)?;
    let (account, id) = party.identify_discoverable_authentication(&credential).map_err(|_| Error::Unauthorized)?;
    let row =
        store::passkey(&app.db, id).await?.filter(|row| row.account_id.0 == account).ok_or(Error::Unauthorized)?;
    let mut passkey: Passkey = serde_json::from_str(&row.passkey).map_err(Error::internal)?;
    let result = party.finish_discoverable_authentication_v2(&credential, asked.state, &passkey).map_err(|error| {
        tracing::info!(reason = %error, account.id = %row.account_id, "a passkey was not accepted");
        Error::Unauthorized
    })?;
    passkey.update_credential(&result);
    let passkey = serde_json::to_string(&passkey).map_err(Error::internal)?;
    let mut tx = app.db.begin().await?;
    if !store::spend(&mut tx, asked.id.0, asked.until).await? {
        return Err(Error::Unauthorized);
    }
    store::use_passkey(&mut tx, row.id, &passkey, now).await?;
    tx.commit().await?;
    Ok(row)
}

fn question<S: Serialize>(
    app: &App,
    purpose: &str,
    account: Option<AccountId>,
    state: S,
    options: &impl Serialize,
) -> Result<PasskeyQuestion> {
    let asked = Question { id: PasskeyQuestionId::new(), until: app.clock.now().plus(PATIENCE), account, state };
    let sealed = app.secret.seal(purpose, &serde_json::to_vec(&asked).map_err(Error::internal)?)?;
    Ok(PasskeyQuestion { question: sealed, options: serde_json::to_value(options).map_err(Error::internal)? })
}

/// The question behind a sealed text, if it was made for this purpose and still waits.
fn opened<S: DeserializeOwned>(app: &App, purpose: &str, sealed: &str, now: Timestamp) -> Option<Question<S>> {
    let opened = app.secret.unseal(purpose, sealed)?;
    let asked: Question<S> = serde_json::from_slice(&opened).ok()?;
    (asked.until >= now).then_some(asked)
}

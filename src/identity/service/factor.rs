//! The second factor: codes that change every half minute (TOTP, RFC 6238), and recovery codes for a lost phone.

use totp_rs::{Secret, Totp};

use super::guard::{By, Guesser, Place};
use super::members::require_above;
use super::own::{notify_owner, signed_in};
use crate::identity::access::{Enrolment, FactorStatus};
use crate::identity::store;
use crate::kernel::App;
use crate::kernel::actor::{Actor, ActorKind, Member};
use crate::kernel::db::Tx;
use crate::kernel::ids::AccountId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::kernel::qr;
use crate::kernel::text;
use crate::kernel::time::{MINUTE, SECOND, Timestamp};
use crate::notify::texts;
use crate::{Error, Result};

/// What the secrets are sealed for.
const PURPOSE: &str = "totp";
/// How long a proof, or signing in, counts for what must not be done from a browser left open.
const PROOF: i64 = 10 * MINUTE;
/// Recovery codes made at a time.
const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code: 50 bits, which the limit of guesses makes plenty.
const RECOVERY_LENGTH: usize = 10;
/// The letters of recovery codes: none that looks like another (as in tracking codes).
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Whether the person who asks has a second factor.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member.
pub async fn factor_status(app: &App, actor: &Actor) -> Result<FactorStatus> {
    let member = signed_in(actor)?;
    let factor = store::factor(&app.db, member.account).await?;
    Ok(FactorStatus {
        on: factor.is_some_and(|factor| factor.sealed.is_some()),
        recovery_codes_left: store::recovery_codes_left(&app.db, member.account).await?,
        proved: is_proved(app, member),
    })
}

/// Makes a secret for the person's authenticator app. It counts when [`confirm_factor`] has seen a code of it; until
/// then the one before stays in force.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member, [`Error::ProofNeeded`] when the last proof is too old.
pub async fn begin_factor(app: &App, actor: &Actor) -> Result<Enrolment> {
    let member = require_proof(app, actor)?;
    let secret = Secret::new_stack(rand::random());
    let sealed = app.secret.seal(PURPOSE, secret.as_bytes())?;
    let mut tx = app.db.begin().await?;
    store::keep_pending(&mut tx, member.account, &sealed, app.clock.now()).await?;
    tx.commit().await?;
    enrolment(app, actor, member, &secret).await
}

/// The secret of [`begin_factor`] once more, as long as no code has confirmed it: a mistyped code must not cost the
/// person another round with the camera.
///
/// # Errors
/// As [`begin_factor`].
pub async fn pending_factor(app: &App, actor: &Actor) -> Result<Option<Enrolment>> {
    let member = require_proof(app, actor)?;
    match store::factor(&app.db, member.account).await?.and_then(|factor| factor.pending) {
        // One that cannot be read is as good as none: the person makes another.
        Some(sealed) => match unsealed(app, &sealed) {
            Ok(secret) => Ok(Some(enrolment(app, actor, member, &secret).await?)),
            Err(_) => Ok(None),
        },
        None => Ok(None),
    }
}

async fn enrolment(app: &App, actor: &Actor, member: &Member, secret: &Secret) -> Result<Enrolment> {
    let user = store::user(&app.db, member.account, actor.org).await?.ok_or(Error::Unauthorized)?;
    let label = user.email.or(user.phone).unwrap_or(user.name);
    let address = totp(secret.clone(), &label)?.to_url().map_err(|error| Error::internal(error.to_string()))?;
    Ok(Enrolment { qr: qr::svg(&address)?, secret: secret.to_base32(), address })
}

/// Puts the shown secret into force with a first code of it, and answers recovery codes, which are shown this once.
///
/// # Errors
/// [`Error::Validation`] for a wrong code or when no secret was shown, [`Error::ProofNeeded`], [`Error::RateLimited`].
pub async fn confirm_factor(app: &App, actor: &Actor, code: &str) -> Result<Vec<String>> {
    let member = require_proof(app, actor)?;
    let now = app.clock.now();
    let guesser = Guesser::of_account(app, member.account, By::Code, Some(&Place::of_session(member.session))).await;
    guesser.pass(app, now).await?;
    let wrong = || Error::field("code", "wrong_code", "is not the code that the app shows now");
    let pending = store::factor(&app.db, member.account).await?.and_then(|factor| factor.pending).ok_or_else(wrong)?;
    let Some(step) = matching_step(app, &pending, code, now)? else {
        guesser.failed(app, now).await?;
        return Err(wrong());
    };
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let mut tx = app.db.begin().await?;
    if !store::confirm_factor(&mut tx, member.account, &pending, step, now).await? {
        return Err(wrong());
    }
    let hashes = codes.iter().filter_map(|code| recovery_hashes(app, member.account, code).next()).collect();
    store::replace_recovery_codes(&mut tx, member.account, hashes).await?;
    notify_owner(app, &mut tx, actor.org, member.account, texts::FACTOR_CHANGED, now).await?;
    journal::write(&mut tx, actor, now, Entry::new("identity.factor_confirmed", "account", member.account.0)).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Seals all second factors with the secret in force that can be read.
pub(super) async fn reseal_factors(app: &App, tx: &mut Tx) -> Result<()> {
    for (account, factor) in store::all_factors(tx).await? {
        let reseal = |sealed: &String| -> Result<Option<String>> {
            app.secret.unseal(PURPOSE, sealed).map(|plain| app.secret.seal(PURPOSE, &plain)).transpose()
        };
        let sealed = factor.sealed.as_ref().map(reseal).transpose()?.flatten().or(factor.sealed.clone());
        let pending = factor.pending.as_ref().map(reseal).transpose()?.flatten().or(factor.pending.clone());
        store::reseal_factor(tx, account, sealed, pending).await?;
    }
    Ok(())
}

/// Switches the person's own second factor off.
///
/// # Errors
/// [`Error::ProofNeeded`], [`Error::NotFound`] when there is none.
pub async fn drop_own_factor(app: &App, actor: &Actor) -> Result<()> {
    let account = require_proof(app, actor)?.account;
    let tx = app.db.begin().await?;
    remove(app, actor, tx, account, false, Entry::new("identity.factor_removed", "account", account.0)).await
}

/// Switches the second factor of a member off who has lost it, and removes the passkeys, which were likely on the same
/// phone. The member is told.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage` and for a member who may do more, [`Error::ProofNeeded`],
/// [`Error::NotFound`]; [`Error::Conflict`] for a member of other organisations too, whose account one of them must not weaken.
pub async fn drop_factor_of(app: &App, actor: &Actor, account: AccountId) -> Result<()> {
    actor.require(Permission::UsersManage)?;
    require_proof(app, actor)?;
    let member = store::member(&app.db, actor.org, account).await?.ok_or(Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    require_above(&mut tx, actor, &member).await?;
    if store::is_member_elsewhere(&mut tx, actor.org, account).await? {
        return Err(Error::conflict("This person belongs to other organisations too. Only the operator can help."));
    }
    remove(app, actor, tx, account, true, Entry::new("identity.factor_removed", "membership", member.membership_id.0))
        .await
}

async fn remove(
    app: &App,
    actor: &Actor,
    mut tx: Tx,
    account: AccountId,
    with_passkeys: bool,
    entry: Entry,
) -> Result<()> {
    let now = app.clock.now();
    let (factor, passkeys) = (
        store::drop_factor(&mut tx, account).await?,
        if with_passkeys { store::delete_passkeys(&mut tx, account).await? } else { 0 },
    );
    if !factor && passkeys == 0 {
        return Err(Error::NotFound);
    }
    notify_owner(app, &mut tx, actor.org, account, texts::FACTOR_CHANGED, now).await?;
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await
}

/// Proves once more who sits there, by the password and, with a second factor, a code.
///
/// # Errors
/// [`Error::Validation`] when either is wrong, [`Error::RateLimited`] after too many wrong ones.
pub async fn prove(app: &App, actor: &Actor, password: &str, code: Option<&str>) -> Result<()> {
    let member = signed_in(actor)?;
    let now = app.clock.now();
    let guesser = Guesser::of_account(app, member.account, By::Password, None).await;
    guesser.pass(app, now).await?;
    let stored = store::password_hash(&app.db, member.account).await?;
    let factor = store::factor(&app.db, member.account).await?.and_then(|factor| factor.sealed);
    let mut right = app.passwords.verify(password, stored.as_deref()).await?;
    if right && factor.is_some() {
        let place = Place::of_session(member.session);
        right = match require_code(app, member.account, code.unwrap_or_default(), Some(&place), now).await {
            Ok(()) => true,
            Err(Error::Unauthorized) => false,
            Err(error) => return Err(error),
        };
    }
    if !right {
        guesser.failed(app, now).await?;
        return Err(Error::field("password", "wrong_password", "or code is not right"));
    }
    let mut tx = app.db.begin().await?;
    guesser.succeeded(&mut tx).await?;
    store::prove_session(&mut tx, member.session, now).await?;
    journal::write(&mut tx, actor, now, Entry::new("identity.proved", "account", member.account.0)).await?;
    tx.commit().await
}

/// Passes for a person who has proved who they are not long ago.
pub(super) fn require_proof<'a>(app: &App, actor: &'a Actor) -> Result<&'a Member> {
    let member = signed_in(actor)?;
    if is_proved(app, member) { Ok(member) } else { Err(Error::ProofNeeded) }
}

/// Passes for what gives rights, takes protection away or cannot be undone: for a person who has proved lately who they
/// are, and for the installation itself. A program cannot prove anything, so it is refused as if it lacked the permission.
///
/// # Errors
/// [`Error::ProofNeeded`] for a person who has not, [`Error::Forbidden`] for a program.
pub fn require_person(app: &App, actor: &Actor, permission: Permission) -> Result<()> {
    match actor.kind {
        ActorKind::System => Ok(()),
        ActorKind::Member(_) => require_proof(app, actor).map(|_| ()),
        _ => Err(Error::Forbidden(permission)),
    }
}

/// Passes for what takes much out at once. A program may have a key for just that, whose making asked for a proof.
///
/// # Errors
/// [`Error::ProofNeeded`] for a person who has not proved lately who they are.
pub fn require_proof_of_people(app: &App, actor: &Actor) -> Result<()> {
    match actor.member() {
        Some(member) if !is_proved(app, member) => Err(Error::ProofNeeded),
        _ => Ok(()),
    }
}

/// Whether the person who asks has proved lately who they are.
#[must_use]
pub fn has_proof(app: &App, actor: &Actor) -> bool {
    actor.member().is_some_and(|member| is_proved(app, member))
}

fn is_proved(app: &App, member: &Member) -> bool {
    app.clock.now().since(member.proved_at) < PROOF
}

/// Passes with a right code of an account's second factor, which is used up, or with one of its recovery codes.
///
/// # Errors
/// [`Error::Unauthorized`] for another code, [`Error::RateLimited`] after too many of them, [`Error::Conflict`] when the
/// second factor was sealed under another secret.
pub(super) async fn require_code(
    app: &App,
    account: AccountId,
    code: &str,
    at: Option<&Place>,
    now: Timestamp,
) -> Result<()> {
    let guesser = Guesser::of_account(app, account, By::Code, at).await;
    guesser.pass(app, now).await?;
    let sealed = store::factor(&app.db, account).await?.and_then(|factor| factor.sealed).ok_or(Error::Unauthorized)?;
    let step = matching_step(app, &sealed, code, now)?;
    let mut tx = app.db.begin().await?;
    let right = match step {
        Some(step) => store::use_step(&mut tx, account, step).await?,
        None => {
            let mut right = false;
            for hash in recovery_hashes(app, account, code) {
                right = right || store::use_recovery_code(&mut tx, account, hash, now).await?;
            }
            right
        }
    };
    if right {
        guesser.succeeded(&mut tx).await?;
        return tx.commit().await;
    }
    tx.rollback().await?;
    guesser.failed(app, now).await?;
    Err(Error::Unauthorized)
}

/// The step of time that a code is right for: this half minute, the one before or the one after.
fn matching_step(app: &App, sealed: &str, code: &str, now: Timestamp) -> Result<Option<i64>> {
    let digits: String = text::plain(code).chars().filter(|character| !matches!(character, ' ' | '-')).collect();
    let seconds = u64::try_from(now.0 / SECOND).unwrap_or_default();
    let step = totp(unsealed(app, sealed)?, "account")?.check(&digits, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn unsealed(app: &App, sealed: &str) -> Result<Secret> {
    let secret = app.secret.unseal(PURPOSE, sealed);
    secret.map(Secret::from).ok_or_else(|| {
        Error::conflict(
            "Your second factor cannot be read here, because the installation's secret is another one. Ask an \
             administrator to switch it off.",
        )
    })
}

/// The generator of a secret's codes: six digits, 30 seconds, SHA-1, as every authenticator app understands.
fn totp(secret: Secret, label: &str) -> Result<Totp> {
    totp_rs::Builder::new()
        .with_secret(secret)
        .with_account_name(label.replace(':', " "))
        .with_issuer(Some("Officina"))
        .build()
        .map_err(|error| Error::internal(error.to_string()))
}

fn recovery_code() -> String {
    let random: [u8; RECOVERY_LENGTH] = rand::random();
    let letters = random.map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let (left, right) = letters.split_at(RECOVERY_LENGTH / 2);
    format!("{}-{}", left.iter().collect::<String>(), right.iter().collect::<String>())
}

/// What is stored of a recovery code: its MAC, because fifty bits could be tried out against a plain hash. Under the secret
/// in force, and then under the one before it.
fn recovery_hashes(app: &App, account: AccountId, code: &str) -> impl Iterator<Item = Vec<u8>> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let signatures: Vec<_> = app.secret.signatures("recovery-code", &format!("{account} {plain}")).collect();
    signatures.into_iter().map(String::into_bytes)
}

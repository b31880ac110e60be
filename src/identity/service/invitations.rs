//! Invitations: somebody is asked in, and comes in with an account that exists already or with a new one.
//!
//! Whether the address has an account is looked at when the link is followed, not when it is made: inviting says nothing
//! about who is known here.

use serde_json::json;

use super::Client;
use super::links::{blank, look, make, take};
use super::own::phone_number;
use super::phones;
use super::roles::{permissions_of, require_covered, require_proof_to_give, resolve};
use super::sessions::SignedIn;
use super::sign_in::enter;
use crate::customers;
use crate::identity::access::{Invitation, NewInvitation, SentLink};
use crate::identity::model::{LinkKind, MembershipStatus, Organisation, SessionKind};
use crate::identity::store::{self, LinkRow, Phone};
use crate::identity::weak_passwords::check_password;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{Conn, OnViolation, Tx, Violation};
use crate::kernel::error::Conflict;
use crate::kernel::ids::{AccountId, EntryLinkId, MembershipId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::{BuiltInRole, Permission, PermissionSet};
use crate::kernel::time::{DAY, Timestamp};
use crate::kernel::validate::Validator;
use crate::kernel::zone;
use crate::notify::mail::{self, Mail};
use crate::notify::texts;
use crate::{Error, Result};

/// How long an invitation can be followed.
const GOOD_FOR: i64 = 7 * DAY;

/// What the page of an invitation says.
#[derive(Debug, Clone)]
pub struct InvitationView {
    /// Who invites.
    pub organisation: Organisation,
    /// The name that the invitation gives the person.
    pub name: String,
    /// What the person will sign in with.
    pub login: String,
    /// The account that has it already, so that one signs in with that.
    pub account: Option<AccountId>,
    /// Whether what it gives is gone, or who made it may no longer give it: it leads nowhere then.
    pub void: bool,
}

/// Invites somebody. The link goes out by mail; where no mail can carry it, it is in the answer.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage` and for a role that may do what the actor may not, [`Error::Validation`],
/// [`Error::ProofNeeded`] for a role that rules the organisation, [`Error::Conflict`] for somebody who is a member here
/// already.
pub async fn invite(app: &App, actor: &Actor, new: &NewInvitation) -> Result<SentLink> {
    actor.require(Permission::UsersManage)?;
    let mut check = Validator::default();
    let name = check.required("name", &new.name, 120);
    let email = check.email("email", new.email.as_deref()).map(|email| email.to_lowercase());
    let phone = phone_number(&mut check, new.phone.as_deref());
    if email.is_none() && phone.is_none() {
        check.errors.add("email", "required", "or a phone number is required");
    }
    if new.role.trim().is_empty() {
        check.errors.add("role", "required", "is required");
    }
    check.finish(())?;
    let (role, permissions) = resolve(&app.db, actor.org, &new.role).await?;
    require_covered(actor, permissions)?;
    require_proof_to_give(app, actor, permissions)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let phone = phones::read(app, &mut tx, actor.org, phone).await?;
    let (phone, number) = phone.map(|phone| (phone.typed, phone.number)).unzip();
    let known = store::member_by_login(&mut tx, actor.org, email.as_deref(), number.as_deref()).await?;
    if let Some(account) = known {
        let message = "This person is a member already.".to_owned();
        return Err(Error::Conflict(Conflict { message, existing_id: Some(account.0), ..Conflict::default() }));
    }
    store::end_invitations(&mut tx, actor.org, email.as_deref(), number.as_deref(), now).await?;
    let link = LinkRow {
        org_id: Some(actor.org),
        email,
        phone,
        phone_key: number,
        name: Some(name),
        role: Some(role),
        created_by: actor.member().map(|member| member.membership),
        ..blank(LinkKind::Invitation, now.plus(GOOD_FOR))
    };
    let address = make(app, &mut tx, &link, now).await?;
    let sent = send(app, &mut tx, actor.org, &link, address).await?;
    let entry = Entry::new("identity.invited", "invitation", link.id.0)
        .after(&json!({ "name": link.name, "email": link.email, "phone": link.phone, "role": link.role }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(sent)
}

/// Sends an invitation by mail, or keeps its address for who made it.
async fn send(app: &App, tx: &mut Tx, org: OrgId, link: &LinkRow, address: String) -> Result<SentLink> {
    let expires_at = link.expires_at;
    let Some(to) = link.email.clone().filter(|_| app.mailer.is_on()) else {
        return Ok(SentLink { expires_at, by_mail: false, link: Some(address) });
    };
    let organisation = store::organisation(&mut *tx, org).await?.ok_or(Error::NotFound)?;
    let until = zone::moment(expires_at, zone::zone(&organisation.time_zone));
    let values = [
        ("name", link.name.as_deref().unwrap_or_default()),
        ("organisation", organisation.name.as_str()),
        ("link", address.as_str()),
        ("until", until.as_str()),
    ];
    // Only who reads the mail learns which of the two it is.
    let known = store::account_by_login(&mut *tx, link.email.as_deref(), link.phone_key.as_deref()).await?;
    let template = if known.is_some() { texts::INVITATION_KNOWN } else { texts::INVITATION };
    let (subject, text) = template.fill(&organisation.locale, &values);
    mail::enqueue(app, tx, Some(org), &Mail { to, subject, text, until: Some(expires_at) }).await?;
    Ok(SentLink { expires_at, by_mail: true, link: None })
}

/// The invitations that nobody has followed yet, the newest first.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage`.
pub async fn invitations(app: &App, actor: &Actor) -> Result<Vec<Invitation>> {
    actor.require(Permission::UsersManage)?;
    store::invitations(&app.db, actor.org, app.clock.now()).await
}

/// Withdraws an invitation; its link is worth nothing from then on.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage`, [`Error::NotFound`].
pub async fn withdraw_invitation(app: &App, actor: &Actor, id: EntryLinkId) -> Result<()> {
    actor.require(Permission::UsersManage)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !store::withdraw_invitation(&mut tx, actor.org, id, now).await? {
        return Err(Error::NotFound);
    }
    journal::write(&mut tx, actor, now, Entry::new("identity.invitation_withdrawn", "invitation", id.0)).await?;
    tx.commit().await
}

/// What the page of an invitation says. Looking does not use the link up: mail programs follow links by themselves.
///
/// # Errors
/// [`Error::NotFound`] for a link that is unknown, used, withdrawn or too old.
pub async fn invitation(app: &App, token: &str) -> Result<InvitationView> {
    let link = look(&app.db, LinkKind::Invitation, token, app.clock.now()).await?;
    let organisation = link.org_id.ok_or(Error::NotFound)?;
    let organisation = store::organisation(&app.db, organisation).await?.ok_or(Error::NotFound)?;
    let account = store::account_by_login(&app.db, link.email.as_deref(), link.phone_key.as_deref()).await?;
    let void = match resolve(&app.db, organisation.id, link.role.as_deref().unwrap_or_default()).await {
        Ok((_, permissions)) => !may_still_give(&app.db, organisation.id, link.created_by, permissions).await?,
        // The role is gone.
        Err(Error::Validation(_)) => true,
        Err(error) => return Err(error),
    };
    Ok(InvitationView {
        void,
        organisation: organisation.into(),
        name: link.name.unwrap_or_default(),
        login: link.email.or(link.phone).unwrap_or_default(),
        account,
    })
}

/// Comes in by an invitation with a new account, and signs in.
///
/// # Errors
/// [`Error::NotFound`] as [`invitation`], [`Error::Validation`] for a bad name or password, [`Error::Conflict`] when
/// there is an account already: then its password counts, see [`accept_invitation_as`].
pub async fn accept_invitation(
    app: &App,
    client: &Client,
    token: &str,
    name: &str,
    password: &str,
) -> Result<SignedIn> {
    let now = app.clock.now();
    let link = look(&app.db, LinkKind::Invitation, token, now).await?;
    let mut check = Validator::default();
    let name = check.required("name", name, 120);
    let organisation = match link.org_id {
        Some(org) => store::organisation(&app.db, org).await?.map(|row| row.name),
        None => None,
    };
    let about = [Some(name.as_str()), link.email.as_deref(), link.phone.as_deref(), organisation.as_deref()];
    check_password(&mut check, "password", password, &about.into_iter().flatten().collect::<Vec<_>>());
    check.finish(())?;
    let hash = app.passwords.hash(password).await?;
    let org = link.org_id.ok_or(Error::NotFound)?;
    let account = AccountId::new();
    let mut tx = app.db.begin().await?;
    take(&mut tx, &link, now).await?;
    let phone = link.phone.clone().zip(link.phone_key.clone()).map(|(typed, number)| Phone { typed, number });
    store::insert_account(&mut tx, account, link.email.as_deref(), phone.as_ref(), &name, Some(&hash), now)
        .await
        .on_violation(Violation::Unique, || Error::conflict("You have an account already. Sign in with it."))?;
    become_member(&mut tx, client, &link, org, account, now).await?;
    tx.commit().await?;
    enter(app, client, SessionKind::Browser, account, org, None).await
}

/// Comes in by an invitation with the account that one is signed in with, and goes over to the organisation.
///
/// # Errors
/// [`Error::NotFound`] as [`invitation`], and for an invitation that is somebody else's; [`Error::Conflict`] for a
/// member.
pub async fn accept_invitation_as(app: &App, client: &Client, actor: &Actor, token: &str) -> Result<()> {
    let member = actor.member().ok_or(Error::Unauthorized)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let link = look(&mut tx, LinkKind::Invitation, token, now).await?;
    let invited = store::account_by_login(&mut tx, link.email.as_deref(), link.phone_key.as_deref()).await?;
    if invited != Some(member.account) {
        return Err(Error::NotFound);
    }
    let org = link.org_id.ok_or(Error::NotFound)?;
    take(&mut tx, &link, now).await?;
    become_member(&mut tx, client, &link, org, member.account, now).await?;
    // A link that an organisation has made and kept would open this one, too.
    store::end_resets(&mut tx, member.account, now).await?;
    store::move_session(&mut tx, member.session, org).await?;
    tx.commit().await
}

/// Makes the invited account a member with the role of the invitation, if who invited may still give it.
async fn become_member(
    tx: &mut Tx,
    client: &Client,
    link: &LinkRow,
    org: OrgId,
    account: AccountId,
    now: Timestamp,
) -> Result<()> {
    let (role, permissions) = resolve(&mut *tx, org, link.role.as_deref().unwrap_or_default()).await?;
    if !may_still_give(&mut *tx, org, link.created_by, permissions).await? {
        return Err(Error::NotFound);
    }
    let actor = Actor { address: client.address, request_id: client.request_id.clone(), ..Actor::system(org) };
    let customer = if role == BuiltInRole::Customer.as_str() {
        customers::service::of_person(&mut *tx, org, link.email.as_deref(), link.phone_key.as_deref()).await?
    } else {
        None
    };
    let membership = MembershipId::new();
    store::insert_membership(&mut *tx, org, membership, account, &role, customer, now)
        .await
        .on_violation(Violation::Unique, || Error::conflict("You are a member already. Sign in."))?;
    let entry = Entry::new("identity.member_added", "membership", membership.0)
        .after(&json!({ "name": link.name, "email": link.email, "role": role, "invitation": link.id }));
    journal::write(tx, &actor, now, entry).await?;
    Ok(())
}

/// Whether who invited may do so now, and give these permissions; who is suspended or gone may not. The installation may.
async fn may_still_give(
    on: impl Into<Conn<'_>>,
    org: OrgId,
    inviter: Option<MembershipId>,
    permissions: PermissionSet,
) -> Result<bool> {
    let Some(inviter) = inviter else { return Ok(true) };
    let may = match store::membership_role(on, org, inviter).await? {
        Some((MembershipStatus::Active, role, own)) => permissions_of(&role, own.as_deref())?,
        _ => PermissionSet::default(),
    };
    Ok(may.has(Permission::UsersManage) && may.covers(permissions))
}

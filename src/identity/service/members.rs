//! Members of an organisation: who they are, what role they have, and whether they may come in.

use serde_json::json;

use super::own::{phone_number, write_person};
use super::phones::{self, login_keys};
use super::roles::{require_covered, require_proof_to_give, resolve};
use crate::identity::access::{MemberDetail, MemberFilter, UpdateMember};
use crate::identity::model::{Colleague, MembershipStatus};
use crate::identity::store::{self, MemberListFilter};
use crate::identity::weak_passwords::check_password;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{OnViolation, Tx, Violation};
use crate::kernel::ids::{AccountId, CustomerId, MembershipId, OrgId};
use crate::kernel::journal::{self, Entry, FORGOTTEN};
use crate::kernel::page::{Cursor, Page, PageRequest, words_of_search};
use crate::kernel::permission::{BuiltInRole, Permission, PermissionSet};
use crate::kernel::text::given;
use crate::kernel::validate::Validator;
use crate::{Error, Result};

/// A member to be added.
#[derive(Clone)]
pub struct NewMember {
    /// E-mail address; this or a phone number is needed.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// The person's name.
    pub name: String,
    /// The role's name, aliases included.
    pub role: String,
    /// A first password; without one the account cannot sign in yet.
    pub password: Option<String>,
    /// The customer whose records a portal account sees.
    pub customer: Option<CustomerId>,
}

impl std::fmt::Debug for NewMember {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewMember").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Who was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddedMember {
    /// The new account.
    pub account: AccountId,
    /// The account in this organisation.
    pub membership: MembershipId,
}

/// Adds a member with a new account.
///
/// # Errors
/// [`Error::Forbidden`] for a role that may do what the actor may not, [`Error::ProofNeeded`] for one that rules the
/// organisation, [`Error::Validation`], or [`Error::Conflict`] when the e-mail address or phone number has an account already.
pub async fn add_member(app: &App, actor: &Actor, new: NewMember) -> Result<AddedMember> {
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
    if let Some(password) = &new.password {
        let organisation = store::organisation(&app.db, actor.org).await?.map(|row| row.name);
        let about = [Some(name.as_str()), email.as_deref(), phone.as_deref(), organisation.as_deref()];
        check_password(&mut check, "password", password, &about.into_iter().flatten().collect::<Vec<_>>());
    }
    check.finish(())?;
    let (role, permissions) = resolve(&app.db, actor.org, &new.role).await?;
    require_covered(actor, permissions)?;
    require_proof_to_give(app, actor, permissions)?;
    let hash = match &new.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let now = app.clock.now();
    let (account, membership) = (AccountId::new(), MembershipId::new());
    let mut tx = app.db.begin().await?;
    let phone = phones::read(app, &mut tx, actor.org, phone).await?;
    store::insert_account(&mut tx, account, email.as_deref(), phone.as_ref(), &name, hash.as_deref(), now)
        .await
        .on_violation(Violation::Unique, || {
            Error::conflict("There is an account with this e-mail address or phone number.")
        })?;
    store::insert_membership(&mut tx, actor.org, membership, account, &role, new.customer, now).await?;
    let entry = Entry::new("identity.member_added", "membership", membership.0)
        .after(&json!({ "name": name, "email": email, "role": role }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(AddedMember { account, membership })
}

/// Makes an account that exists already a member. Whoever calls this has the person's consent: the command line of the
/// installation, an accepted invitation.
///
/// # Errors
/// As [`add_member`]; [`Error::Conflict`] when the person is a member already.
pub async fn join(app: &App, actor: &Actor, account: AccountId, role: &str) -> Result<MembershipId> {
    actor.require(Permission::UsersManage)?;
    let now = app.clock.now();
    let membership = MembershipId::new();
    let mut tx = app.db.begin().await?;
    let (role, permissions) = resolve(&mut tx, actor.org, role).await?;
    require_covered(actor, permissions)?;
    require_proof_to_give(app, actor, permissions)?;
    store::insert_membership(&mut tx, actor.org, membership, account, &role, None, now)
        .await
        .on_violation(Violation::Unique, || Error::conflict("This person is a member already."))?;
    let entry = Entry::new("identity.member_added", "membership", membership.0).after(&json!({ "role": role }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(membership)
}

/// A page of the members, those added last first.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage`, [`Error::Validation`] for an unknown status.
pub async fn members(
    app: &App,
    actor: &Actor,
    filter: &MemberFilter,
    page: &PageRequest,
) -> Result<Page<MemberDetail>> {
    actor.require(Permission::UsersManage)?;
    let window = page.window(app, "members", actor.org, filter)?;
    let small = |text: Option<&str>| given(text).map(str::to_lowercase);
    let mut check = Validator::default();
    let status = small(filter.status.as_deref()).and_then(|word| check.word("status", &word));
    check.finish(())?;
    let role =
        small(filter.role.as_deref()).map(|role| role.parse().map_or(role, |known: BuiltInRole| known.to_string()));
    let checked = MemberListFilter { status, role, words: words_of_search(filter.search.as_deref()) };
    let rows = store::members(&app.db, actor.org, &checked, window).await?;
    let total = window.total(&rows, store::count_members(&app.db, actor.org, &checked)).await?;
    Ok(window.page(rows, |row| Cursor { key: row.created_at.0, id: row.membership_id.0 }, total))
}

/// A member, by the account.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage`, [`Error::NotFound`] for a member of nobody or of another organisation.
pub async fn member(app: &App, actor: &Actor, account: AccountId) -> Result<MemberDetail> {
    actor.require(Permission::UsersManage)?;
    store::member(&app.db, actor.org, account).await?.ok_or(Error::NotFound)
}

/// Changes a member's name, phone number, role or status. Sessions notice on their next request.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage`, for a role that may do what the actor may not, and for a member who may;
/// [`Error::ProofNeeded`] for whoever comes to rule the organisation by it; [`Error::NotFound`]; [`Error::Validation`];
/// [`Error::Conflict`] for the last administrator, for the name or number of somebody who is also a member elsewhere, and
/// for a number that is another account's.
pub async fn update_member(
    app: &App,
    actor: &Actor,
    account: AccountId,
    update: &UpdateMember,
) -> Result<MemberDetail> {
    actor.require(Permission::UsersManage)?;
    let mut check = Validator::default();
    let name = update.name.as_deref().map(|name| check.required("name", name, 120));
    let phone = update.phone.as_deref().map(|phone| phone_number(&mut check, Some(phone)));
    let status: Option<MembershipStatus> = update.status.as_deref().and_then(|word| check.word("status", word));
    check.finish(())?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::lock_organisation(&mut tx, actor.org).await?;
    let before = store::member(&mut tx, actor.org, account).await?.ok_or(Error::NotFound)?;
    require_above(&mut tx, actor, &before).await?;
    let mut after = before.clone();
    if let Some(role) = &update.role {
        let (role, permissions) = resolve(&mut tx, actor.org, role).await?;
        require_covered(actor, permissions)?;
        after.role = role;
    }
    after.status = status.unwrap_or(before.status);
    let comes_back = after.status == MembershipStatus::Active && before.status != MembershipStatus::Active;
    if after.role != before.role || comes_back {
        let (_, permissions) = resolve(&mut tx, actor.org, &after.role).await?;
        require_proof_to_give(app, actor, permissions)?;
    }
    after.name = name.unwrap_or_else(|| before.name.clone());
    after.phone = phone.unwrap_or_else(|| before.phone.clone());
    if after == before {
        return tx.rollback().await.map(|()| before);
    }
    let leads =
        |member: &MemberDetail| member.role == BuiltInRole::Admin.as_str() && member.status == MembershipStatus::Active;
    if leads(&before) && !leads(&after) && store::other_admins(&mut tx, actor.org, before.membership_id).await? == 0 {
        return Err(Error::conflict("This is the last administrator. Make somebody else one first."));
    }
    if (&after.name, &after.phone) != (&before.name, &before.phone) {
        if store::is_member_elsewhere(&mut tx, actor.org, account).await? {
            return Err(Error::conflict(
                "This person is also a member elsewhere, and alone can change name and number.",
            ));
        }
        let has_email = after.email.is_some();
        write_person(app, &mut tx, actor.org, account, &after.name, after.phone.as_deref(), has_email).await?;
    }
    store::write_membership(&mut tx, actor.org, before.membership_id, &after.role, after.status).await?;
    if after.status != MembershipStatus::Active {
        store::end_sessions_in(&mut tx, actor.org, account, now).await?;
    }
    let state = |member: &MemberDetail| json!({ "name": member.name, "phone": member.phone, "role": member.role, "status": member.status });
    let entry = Entry::new("identity.member_changed", "membership", before.membership_id.0)
        .before(&state(&before))
        .after(&state(&after));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(after)
}

/// Ends the sessions of a member in this organisation and tells how many there were. The person may sign in again.
///
/// # Errors
/// As [`update_member`].
pub async fn end_sessions(app: &App, actor: &Actor, account: AccountId) -> Result<u64> {
    actor.require(Permission::UsersManage)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let member = store::member(&mut tx, actor.org, account).await?.ok_or(Error::NotFound)?;
    require_above(&mut tx, actor, &member).await?;
    let ended = store::end_sessions_in(&mut tx, actor.org, account, now).await?;
    let entry =
        Entry::new("identity.sessions_ended", "membership", member.membership_id.0).after(&json!({ "ended": ended }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Blanks the account of somebody who has left, and removes their sessions; of a person who is a member elsewhere, the
/// account stays theirs. Tells the membership here. Whoever calls this checks the actor and writes the journal.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] while the person has not left.
pub async fn forget(tx: &mut Tx, org: OrgId, account: AccountId) -> Result<MembershipId> {
    store::lock_organisation(tx, org).await?;
    let member = store::member(&mut *tx, org, account).await?.ok_or(Error::NotFound)?;
    if member.status != MembershipStatus::Terminated {
        return Err(Error::conflict("This person is still a member. End the membership first."));
    }
    if !store::is_member_elsewhere(&mut *tx, org, account).await? {
        store::blank_account(tx, account, FORGOTTEN).await?;
    }
    Ok(member.membership_id)
}

/// Passes when the actor may do everything that the member may: nobody shuts out those above.
pub(super) async fn require_above(tx: &mut Tx, actor: &Actor, member: &MemberDetail) -> Result<()> {
    let by_operator = actor.member().is_none_or(|member| member.operator);
    if !by_operator && store::is_operator(&mut *tx, member.id).await? {
        return Err(Error::OperatorOnly);
    }
    // A role that is gone, of somebody who has left, lets nobody do anything.
    let permissions = match resolve(tx, actor.org, &member.role).await {
        Err(Error::Validation(_)) => PermissionSet::default(),
        known => known?.1,
    };
    require_covered(actor, permissions)
}

/// The members who can be given work on repairs, by name.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read`.
pub async fn colleagues(app: &App, actor: &Actor) -> Result<Vec<Colleague>> {
    actor.require(Permission::RepairsRead)?;
    members_who_may(app, actor.org, Permission::RepairsWrite).await
}

/// The active members whose role has a permission, by name. Whoever calls this checks the actor.
///
/// # Errors
/// What the database says.
pub async fn members_who_may(app: &App, org: OrgId, permission: Permission) -> Result<Vec<Colleague>> {
    let built_in = BuiltInRole::ALL.iter().map(|role| (role.as_str().to_owned(), role.permissions()));
    let own = store::roles(&app.db, org).await?.into_iter().map(|role| {
        let permissions = PermissionSet::from_words(&role.permissions).unwrap_or_default();
        (role.name, permissions)
    });
    let working: Vec<String> =
        built_in.chain(own).filter(|(_, permissions)| permissions.has(permission)).map(|(name, _)| name).collect();
    store::colleagues(&app.db, org, &working).await
}

/// The members that a history tells of by their ids, whatever became of them. Whoever calls this checks the actor.
///
/// # Errors
/// What the database says.
pub async fn members_named(app: &App, org: OrgId, ids: &[MembershipId]) -> Result<Vec<Colleague>> {
    store::named(&app.db, org, ids).await
}

/// Sets the password of an account from the command line, ends all its sessions and removes its passkeys.
///
/// # Errors
/// [`Error::Validation`] for a bad password, [`Error::NotFound`] for an unknown account.
pub async fn set_password(app: &App, identifier: &str, password: &str) -> Result<()> {
    let (email, phone) = login_keys(app, identifier).await?;
    let login = store::login(&app.db, &email, &phone).await?;
    let mut about = vec![identifier.to_owned()];
    if let Some(login) = &login {
        about.extend(store::account_words(&app.db, login.account_id).await?);
    }
    let mut check = Validator::default();
    check_password(&mut check, "password", password, &about.iter().map(String::as_str).collect::<Vec<_>>());
    check.finish(())?;
    let hash = app.passwords.hash(password).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let account = store::set_password(&mut tx, &email, &phone, &hash).await?.ok_or(Error::NotFound)?;
    store::end_sessions_of(&mut tx, account, now).await?;
    store::delete_passkeys(&mut tx, account).await?;
    if let Some(login) = login {
        let entry = Entry::new("identity.password_reset", "account", account.0);
        journal::write(&mut tx, &Actor::system(login.org_id), now, entry).await?;
    }
    tx.commit().await
}

/// Makes an account the operator of the installation, from the command line.
///
/// # Errors
/// [`Error::NotFound`] for an account that is unknown or may come in nowhere.
pub async fn make_operator(app: &App, identifier: &str) -> Result<()> {
    let (email, phone) = login_keys(app, identifier).await?;
    let login = store::login(&app.db, &email, &phone).await?.ok_or(Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    store::make_operator(&mut tx, login.account_id).await?;
    let entry = Entry::new("identity.operator_made", "account", login.account_id.0);
    journal::write(&mut tx, &Actor::system(login.org_id), app.clock.now(), entry).await?;
    tx.commit().await
}

/// Whether anybody could sign in at all: false on a first start.
///
/// # Errors
/// What the database says.
pub async fn has_accounts(app: &App) -> Result<bool> {
    store::has_accounts(&app.db).await
}

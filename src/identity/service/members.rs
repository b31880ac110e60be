//! Members of an organisation: who they are, what role they have, and whether they may come in.

use super::login_keys;
use crate::identity::model::{Colleague, MembershipStatus};
use crate::identity::store;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{OnViolation, Violation};
use crate::kernel::ids::{AccountId, CustomerId, MembershipId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::{BuiltInRole, Permission};
use crate::kernel::validate::{Validator, phone_key};
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

/// Adds a member with a new account.
///
/// # Errors
/// [`Error::Validation`], or [`Error::Conflict`] when the e-mail address or phone number has an account already.
pub async fn add_member(app: &App, actor: &Actor, new: NewMember) -> Result<MembershipId> {
    actor.require(Permission::UsersManage)?;
    let mut check = Validator::default();
    let name = check.required("name", &new.name, 120);
    let email = check.email("email", new.email.as_deref()).map(|email| email.to_lowercase());
    let phone = new.phone.as_deref().map(|phone| phone_key(&check.phone("phone", phone)));
    if email.is_none() && phone.is_none() {
        check.errors.add("email", "required", "or a phone number is required");
    }
    let role: Option<BuiltInRole> = check.word("role", &new.role);
    if let Some(password) = &new.password {
        check_password(&mut check, password);
    }
    check.finish(())?;
    let role = role.ok_or_else(|| Error::internal("a role passed validation and is missing"))?;
    let hash = match &new.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let now = app.clock.now();
    let (account, membership) = (AccountId::new(), MembershipId::new());
    let mut tx = app.db.begin().await?;
    store::insert_account(&mut tx, account, email.as_deref(), phone.as_deref(), &name, hash.as_deref(), now)
        .await
        .on_violation(Violation::Unique, || {
            Error::conflict("There is an account with this e-mail address or phone number.")
        })?;
    store::insert_membership(&mut tx, actor.org, membership, account, role.as_str(), new.customer, now).await?;
    let entry = Entry::new("identity.member_added", "membership", membership.0)
        .after(&serde_json::json!({ "name": name, "email": email, "role": role }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(membership)
}

/// Lets a member in again, or keeps the member out; sessions notice on their next request.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage`, [`Error::NotFound`] for a member of nobody or of another organisation.
pub async fn set_member_status(app: &App, actor: &Actor, id: MembershipId, status: MembershipStatus) -> Result<()> {
    actor.require(Permission::UsersManage)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (_, before) = store::membership_state(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    store::set_membership_status(&mut tx, actor.org, id, status).await?;
    let entry = Entry::new("identity.member_status_changed", "membership", id.0)
        .before(&serde_json::json!({ "status": before }))
        .after(&serde_json::json!({ "status": status }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await
}

/// Gives a member another role; sessions notice on their next request.
///
/// # Errors
/// As [`set_member_status`].
pub async fn set_member_role(app: &App, actor: &Actor, id: MembershipId, role: BuiltInRole) -> Result<()> {
    actor.require(Permission::UsersManage)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (before, _) = store::membership_state(&mut tx, actor.org, id).await?.ok_or(Error::NotFound)?;
    store::set_membership_role(&mut tx, actor.org, id, role.as_str()).await?;
    let entry = Entry::new("identity.member_role_changed", "membership", id.0)
        .before(&serde_json::json!({ "role": before }))
        .after(&serde_json::json!({ "role": role }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await
}

/// The members who can be given work on repairs, by name.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read`.
pub async fn colleagues(app: &App, actor: &Actor) -> Result<Vec<Colleague>> {
    actor.require(Permission::RepairsRead)?;
    store::colleagues(&app.db, actor.org, &["admin", "manager", "technician"]).await
}

/// Sets the password of an account from the command line and ends all its sessions.
///
/// # Errors
/// [`Error::Validation`] for a bad password, [`Error::NotFound`] for an unknown account.
pub async fn set_password(app: &App, identifier: &str, password: &str) -> Result<()> {
    let mut check = Validator::default();
    check_password(&mut check, password);
    check.finish(())?;
    let hash = app.passwords.hash(password).await?;
    let now = app.clock.now();
    let (email, phone) = login_keys(identifier);
    let login = store::login(&app.db, &email, &phone).await?;
    let mut tx = app.db.begin().await?;
    let account = store::set_password(&mut tx, &email, &phone, &hash).await?.ok_or(Error::NotFound)?;
    store::end_sessions_of(&mut tx, account, now).await?;
    if let Some(login) = login {
        let entry = Entry::new("identity.password_reset", "account", account.0);
        journal::write(&mut tx, &Actor::system(login.org_id), now, entry).await?;
    }
    tx.commit().await
}

/// Whether anybody could sign in at all: false on a first start.
///
/// # Errors
/// What the database says.
pub async fn has_accounts(app: &App) -> Result<bool> {
    store::has_accounts(&app.db).await
}

fn check_password(check: &mut Validator, password: &str) {
    let length = password.chars().count();
    if !(10..=128).contains(&length) {
        check.errors.add("password", "password_length", "must have 10 to 128 characters");
    }
}

//! Roles: the built-in ones, and those that an organisation makes of the same permissions.

use super::factor::require_person;
use crate::identity::access::{Role, RoleInput};
use crate::identity::store::{self, RoleRow};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{Conn, OnViolation, Violation};
use crate::kernel::ids::OrgId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::{BuiltInRole, Permission, PermissionSet};
use crate::kernel::validate::Validator;
use crate::{Error, Result};

/// Characters in a role's word.
const MAX_WORD: usize = 40;
/// Roles of one organisation's own. More would help nobody to choose.
const MAX_ROLES: usize = 50;

/// What makes a role one that rules the organisation.
const RULING: [Permission; 2] = [Permission::UsersManage, Permission::SettingsManage];

/// What a role cannot be called: it is where roles are made, in addresses.
const NO_WORD: &str = "new";

/// Every role of the organisation, the built-in ones first.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage` and `settings:manage`.
pub async fn roles(app: &App, actor: &Actor) -> Result<Vec<Role>> {
    if !actor.permissions.has(Permission::SettingsManage) {
        actor.require(Permission::UsersManage)?;
    }
    let counts = store::members_by_role(&app.db, actor.org).await?;
    let members = |name: &str| counts.iter().find(|(role, _)| role == name).map_or(0, |(_, count)| *count);
    let mut roles: Vec<Role> = BuiltInRole::ALL
        .iter()
        .map(|role| Role {
            name: role.as_str().to_owned(),
            label: role.label().to_owned(),
            permissions: role.permissions(),
            built_in: true,
            members: members(role.as_str()),
        })
        .collect();
    for row in store::roles(&app.db, actor.org).await? {
        roles.push(Role {
            permissions: stored(&row.name, &row.permissions)?,
            built_in: false,
            members: members(&row.name),
            name: row.name,
            label: row.label,
        });
    }
    Ok(roles)
}

/// Makes a role of the organisation's own and returns its word, which is made of the label.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`, [`Error::Validation`] for an empty label, an unknown permission or
/// one that the actor does not have, [`Error::ProofNeeded`] for a role that rules the organisation, [`Error::Conflict`] when
/// a role has this name.
pub async fn create_role(app: &App, actor: &Actor, input: &RoleInput) -> Result<Role> {
    actor.require(Permission::SettingsManage)?;
    let (label, permissions) = clean(actor, input)?;
    let name = word(&label);
    if name.is_empty() {
        return Err(Error::field("label", "invalid_label", "needs at least one letter"));
    }
    if name == NO_WORD {
        return Err(Error::field("label", "invalid_label", "needs to say more"));
    }
    let taken = || Error::conflict("There is a role with this name.");
    if name.parse::<BuiltInRole>().is_ok() {
        return Err(taken());
    }
    require_proof_to_give(app, actor, permissions)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::lock_organisation(&mut tx, actor.org).await?;
    if store::roles(&mut tx, actor.org).await?.len() >= MAX_ROLES {
        return Err(Error::conflict(format!("An organisation has at most {MAX_ROLES} roles of its own.")));
    }
    let row = RoleRow { name, label, permissions: permissions.words() };
    store::insert_role(&mut tx, actor.org, &row, now).await.on_violation(Violation::Unique, taken)?;
    let entry = Entry::new("identity.role_created", "organisation", actor.org.0).after(&state(&row));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(Role { name: row.name, label: row.label, permissions, built_in: false, members: 0 })
}

/// Changes a role; those who have it notice on their next request.
///
/// # Errors
/// As [`create_role`], with a proof only for what it comes to rule by; [`Error::NotFound`] for a role that the organisation did
/// not make. What the actor does not have can be neither given nor taken away.
pub async fn update_role(app: &App, actor: &Actor, name: &str, input: &RoleInput) -> Result<Role> {
    actor.require(Permission::SettingsManage)?;
    let (label, permissions) = clean(actor, input)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::lock_organisation(&mut tx, actor.org).await?;
    let before = store::role(&mut tx, actor.org, name).await?.ok_or(Error::NotFound)?;
    let had = stored(&before.name, &before.permissions)?;
    require_covered(actor, had)?;
    require_proof_to_give(app, actor, permissions.without(had))?;
    let row = RoleRow { name: before.name.clone(), label, permissions: permissions.words() };
    store::update_role(&mut tx, actor.org, &row).await?;
    let members = store::members_with_role(&mut tx, actor.org, name).await?;
    let entry =
        Entry::new("identity.role_changed", "organisation", actor.org.0).before(&state(&before)).after(&state(&row));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(Role { name: row.name, label: row.label, permissions, built_in: false, members })
}

/// Removes a role that nobody has.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`, [`Error::NotFound`], [`Error::Conflict`] while a member has it or an open
/// invitation names it.
pub async fn delete_role(app: &App, actor: &Actor, name: &str) -> Result<()> {
    actor.require(Permission::SettingsManage)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::lock_organisation(&mut tx, actor.org).await?;
    let before = store::role(&mut tx, actor.org, name).await?.ok_or(Error::NotFound)?;
    require_covered(actor, stored(&before.name, &before.permissions)?)?;
    let members = store::members_with_role(&mut tx, actor.org, name).await?;
    if members > 0 {
        let who = if members == 1 { "1 member has".to_owned() } else { format!("{members} members have") };
        return Err(Error::conflict(format!("{who} this role. Give them another one first.")));
    }
    // Another role of this name would let the invited in with what nobody has invited them to.
    let invited = store::invitations_to(&mut tx, actor.org, name, now).await?;
    if invited > 0 {
        let who = if invited == 1 { "1 invitation names".to_owned() } else { format!("{invited} invitations name") };
        return Err(Error::conflict(format!("{who} this role. Withdraw them first.")));
    }
    store::delete_role(&mut tx, actor.org, name).await?;
    let entry = Entry::new("identity.role_deleted", "organisation", actor.org.0).before(&state(&before));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await
}

/// Looks whether every stored role holds only known permissions and every member who has not left a known role. Somebody may have
/// edited the database by hand, or gone back to an older version.
///
/// # Errors
/// [`Error::BadRequest`] with a sentence that names the role and the word.
pub async fn check_roles(app: &App) -> Result<()> {
    for (slug, role, permissions) in store::all_roles(&app.db).await? {
        if let Err(word) = PermissionSet::from_words(&permissions) {
            return Err(Error::BadRequest(format!(
                "The role {role} of the organisation {slug} has the unknown permission {word}."
            )));
        }
    }
    for (slug, role) in store::roles_in_use(&app.db).await? {
        if role.parse::<BuiltInRole>().is_err() {
            return Err(Error::BadRequest(format!("A member of the organisation {slug} has the unknown role {role}.")));
        }
    }
    Ok(())
}

/// The word and the permissions of a role, by its word or an alias of a built-in one.
pub(super) async fn resolve(on: impl Into<Conn<'_>>, org: OrgId, role: &str) -> Result<(String, PermissionSet)> {
    let role = role.trim();
    if let Ok(built_in) = role.parse::<BuiltInRole>() {
        return Ok((built_in.as_str().to_owned(), built_in.permissions()));
    }
    match store::role(on, org, &role.to_lowercase()).await? {
        Some(row) => Ok((row.name.clone(), stored(&row.name, &row.permissions)?)),
        None => Err(Error::field("role", "unknown_word", "is not a role of this organisation")),
    }
}

/// What a stored role may do.
pub(super) fn permissions_of(role: &str, own: Option<&str>) -> Result<PermissionSet> {
    match own {
        Some(words) => stored(role, words),
        None => role
            .parse::<BuiltInRole>()
            .map(BuiltInRole::permissions)
            .map_err(|_| Error::internal(format!("a membership has the unknown role {role}"))),
    }
}

/// Passes when permissions may be given to somebody now: who can let others in, or change what protects them, rules the
/// organisation, and is not made such from a browser left open.
pub(super) fn require_proof_to_give(app: &App, actor: &Actor, permissions: PermissionSet) -> Result<()> {
    match RULING.into_iter().find(|permission| permissions.has(*permission)) {
        Some(permission) => require_person(app, actor, permission),
        None => Ok(()),
    }
}

/// Passes when the actor has every one of the permissions: nobody gives, or takes from those above, what they do not
/// have.
pub(super) fn require_covered(actor: &Actor, permissions: PermissionSet) -> Result<()> {
    if permissions.iter().any(Permission::is_by_customer) {
        require_unbound(actor)?;
    }
    match permissions.iter().find(|permission| !actor.permissions.has(*permission)) {
        Some(missing) => Err(Error::Forbidden(missing)),
        None => Ok(()),
    }
}

/// Passes unless the actor is linked to customers: such a colleague could free themselves, or give to others, who are not
/// linked, all customers. Whoever manages the settings rules the organisation and is bound by a link of their own will only.
pub(super) fn require_unbound(actor: &Actor) -> Result<()> {
    if actor.links.is_empty() || actor.permissions.has(Permission::SettingsManage) {
        return Ok(());
    }
    Err(Error::Forbidden(Permission::UsersManage))
}

/// A list of permission words that the actor may hand on. Adds what is wrong to the check.
pub(super) fn granted(check: &mut Validator, actor: &Actor, words: &[String]) -> PermissionSet {
    let mut granted = Vec::new();
    for word in words {
        match word.parse::<Permission>() {
            Ok(permission) if actor.permissions.has(permission) => granted.push(permission),
            Ok(permission) => {
                let message = format!("cannot hold {permission}, which you do not have");
                check.errors.add("permissions", "not_yours", message);
            }
            Err(_) => check.errors.add("permissions", "unknown_word", format!("has no permission {word}")),
        }
    }
    granted.into_iter().collect()
}

fn clean(actor: &Actor, input: &RoleInput) -> Result<(String, PermissionSet)> {
    let mut check = Validator::default();
    let label = check.required("label", &input.label, 60);
    let permissions = granted(&mut check, actor, &input.permissions);
    check.finish((label, permissions))
}

fn stored(role: &str, words: &str) -> Result<PermissionSet> {
    PermissionSet::from_words(words)
        .map_err(|word| Error::internal(format!("the role {role} has the unknown permission {word}")))
}

fn state(row: &RoleRow) -> serde_json::Value {
    serde_json::json!({ "role": row.name, "label": row.label, "permissions": row.permissions })
}

/// The word of a label: its letters and digits in lower case, the rest as single dashes.
fn word(label: &str) -> String {
    let mut word = String::new();
    for character in label.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            word.push(character);
        } else if !word.is_empty() && !word.ends_with('-') {
            word.push('-');
        }
    }
    word.chars().take(MAX_WORD).collect::<String>().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_role_is_known_by_a_word_of_its_label() {
        assert_eq!(super::word("  Capo-officina (sera) "), "capo-officina-sera");
        assert_eq!(super::word("***"), "");
    }
}

//! Roles: the list, a role's page, and what is changed there.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use crate::error::PageError;

/// A permission among the others of its area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionLine {
    /// Its word, such as `repairs:read`.
    pub word: String,
    /// What it allows: "may …".
    pub sentence: String,
    /// Whether it is given.
    pub held: bool,
    /// Whether who asks has it, and may hand it on.
    pub yours: bool,
}

/// The permissions of an area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionGroup {
    /// The area's name.
    pub label: String,
    /// Its permissions.
    pub lines: Vec<PermissionLine>,
}

/// A role in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleRow {
    /// The word that stands in memberships.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Where its page is.
    pub href: String,
    /// What it may do, in sentences.
    pub may: Vec<String>,
    /// Whether every organisation has it.
    pub built_in: bool,
    /// Members who have it and are not gone.
    pub members: i64,
}

/// The page of the roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolesView {
    /// The roles, the built-in ones first.
    pub rows: Vec<RoleRow>,
    /// Whether who asks may make one.
    pub may_make: bool,
}

/// A role's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleView {
    /// The word that stands in memberships; empty for one that is being made.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// All permissions there are, for who may change it; for others, what it may do.
    pub groups: Vec<PermissionGroup>,
    /// Whether every organisation has it.
    pub built_in: bool,
    /// Whether who asks may change it.
    pub may_change: bool,
    /// Members who have it and are not gone.
    pub members: i64,
}

/// The roles, and what each may do in words.
#[server(prefix = "/_fn", endpoint = "people/roles", input = GetUrl)]
pub async fn list_roles() -> Result<RolesView, PageError> {
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let roles = officina::identity::service::roles(&app, &actor).await?;
    let rows = roles.into_iter().map(|role| RoleRow {
        href: super::role_address(&role.name),
        may: super::sentences(role.permissions),
        name: role.name,
        label: role.label,
        built_in: role.built_in,
        members: role.members,
    });
    Ok(RolesView { rows: rows.collect(), may_make: actor.permissions.has(Permission::SettingsManage) })
}

/// A role's page; without a name, that of a role to be made.
#[server(prefix = "/_fn", endpoint = "people/role", input = GetUrl)]
pub async fn get_role(name: Option<String>) -> Result<RoleView, PageError> {
    use officina::kernel::permission::{Permission, PermissionSet};

    let (app, actor) = crate::context::context()?;
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        actor.require(Permission::SettingsManage)?;
        return Ok(RoleView {
            name: String::new(),
            label: String::new(),
            groups: super::grouped(&actor, PermissionSet::default()),
            built_in: false,
            may_change: true,
            members: 0,
        });
    };
    let roles = officina::identity::service::roles(&app, &actor).await?;
    let role = roles.into_iter().find(|role| role.name == name).ok_or(officina::Error::NotFound)?;
    let is_covered = actor.permissions.covers(role.permissions);
    let may_change = !role.built_in && is_covered && actor.permissions.has(Permission::SettingsManage);
    let mut groups = super::grouped(&actor, role.permissions);
    if !may_change {
        for group in &mut groups {
            group.lines.retain(|line| line.held);
        }
        groups.retain(|group| !group.lines.is_empty());
    }
    Ok(RoleView {
        groups,
        may_change,
        name: role.name,
        label: role.label,
        built_in: role.built_in,
        members: role.members,
    })
}

/// Changes a role, or makes one when no name is given, and goes to the list then.
#[server(prefix = "/_fn", endpoint = "people/save-role")]
pub async fn save_role(
    name: Option<String>,
    label: String,
    // A form without a tick sends nothing.
    #[server(default)] permissions: Vec<String>,
) -> Result<(), PageError> {
    use officina::identity::service;

    let (app, actor) = crate::context::context()?;
    let input = officina::identity::RoleInput { label, permissions };
    match name.filter(|name| !name.is_empty()) {
        Some(name) => {
            service::update_role(&app, &actor, &name, &input).await?;
        }
        None => {
            service::create_role(&app, &actor, &input).await?;
            leptos_axum::redirect("/app/people/roles");
        }
    }
    Ok(())
}

/// Removes a role that nobody has, and goes to the list.
#[server(prefix = "/_fn", endpoint = "people/delete-role")]
pub async fn delete_role(name: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    officina::identity::service::delete_role(&app, &actor, &name).await?;
    leptos_axum::redirect("/app/people/roles");
    Ok(())
}

//! What the people pages ask the server, and the shapes of its answers.

mod customers;
mod invitations;
mod members;
mod roles;
mod tokens;

pub use customers::{CustomerChoice, link_customers};
pub use invitations::{InvitationRow, InviteView, get_invite, invite, withdraw_invitation};
pub use members::{
    EndSessions, MemberQuery, MemberRow, MemberView, MembersView, SetStatus, UpdateMember, drop_factor_of, get_member,
    list_members, reset_link,
};
pub use roles::{
    DeleteRole, PermissionGroup, PermissionLine, RoleRow, RoleView, RolesView, SaveRole, get_role, list_roles,
};
pub use tokens::{RevokeToken, RevokeTokens, TokenRow, TokensView, create_token, list_tokens};

#[cfg(feature = "ssr")]
use officina::kernel::actor::Actor;
#[cfg(feature = "ssr")]
use officina::kernel::permission::{Permission, PermissionSet};

/// Where a role's page is. Its word may hold any letter there is.
#[cfg(feature = "ssr")]
fn role_address(name: &str) -> String {
    format!("/app/people/roles/{}", crate::ui::encoded(name))
}

/// Words and names of the roles that the actor may give: those that may do no more than the actor.
#[cfg(feature = "ssr")]
fn given(actor: &Actor, roles: Vec<officina::identity::Role>) -> impl Iterator<Item = (String, String)> {
    let permissions = actor.permissions;
    let given = roles.into_iter().filter(move |role| permissions.covers(role.permissions));
    given.map(|role| (role.name, role.label))
}

/// All permissions by area; the actor hands on what the actor has.
#[cfg(feature = "ssr")]
fn grouped(actor: &Actor, held: PermissionSet) -> Vec<PermissionGroup> {
    let mut groups: Vec<PermissionGroup> = Vec::new();
    for permission in Permission::ALL {
        let line = PermissionLine {
            word: permission.to_string(),
            sentence: permission.sentence().to_owned(),
            held: held.has(*permission),
            yours: actor.permissions.has(*permission),
        };
        let label = area_of(*permission);
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.lines.push(line),
            None => groups.push(PermissionGroup { label: label.to_owned(), lines: vec![line] }),
        }
    }
    groups
}

/// What a permission is about, for people.
#[cfg(feature = "ssr")]
fn area_of(permission: Permission) -> &'static str {
    match permission.as_str().split_once(':').map_or("", |(area, _)| area) {
        "repairs" => "Repairs",
        "customers" => "Customers",
        "leads" => "Leads",
        "cold_chain" | "devices" | "alerts" => "Cold chain",
        "portal" | "care" | "training" => "Their own records",
        _ => "The organisation",
    }
}

/// What a set of permissions allows, in words.
#[cfg(feature = "ssr")]
fn sentences(permissions: PermissionSet) -> Vec<String> {
    permissions.iter().map(|permission| permission.sentence().to_owned()).collect()
}

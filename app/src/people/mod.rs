//! The people side of an organisation: members, invitations, roles, and the keys of programs.

mod choices;
mod functions;
mod invite;
mod member;
mod members;
mod programs;
mod role;
mod roles;
mod tabs;

pub use functions::{
    CustomerChoice, InvitationRow, InviteView, MemberQuery, MemberRow, MemberView, MembersView, PermissionGroup,
    PermissionLine, RoleRow, RoleView, RolesView, TokenRow, TokensView,
};
// Their forms name them in a field (`sent::calls`).
pub use functions::{create_token, drop_factor_of, invite, link_customers, reset_link, withdraw_invitation};
pub use invite::InvitePage;
pub use member::MemberPage;
pub use members::MembersPage;
pub use programs::ProgramsPage;
pub use role::RolePage;
pub use roles::RolesPage;

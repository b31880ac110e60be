//! The people side of an organisation: members, roles, and the keys of programs.

mod choices;
mod functions;
mod member;
mod members;
mod outcome;
mod programs;
mod role;
mod roles;
mod tabs;

#[cfg(feature = "ssr")]
pub use functions::CREATE_TOKEN;
pub use functions::{
    FreshKey, MemberQuery, MemberRow, MemberView, MembersView, PermissionGroup, PermissionLine, RoleRow, RoleView,
    RolesView, TokenRow, TokensView,
};
pub use member::MemberPage;
pub use members::MembersPage;
pub use programs::ProgramsPage;
pub use role::RolePage;
pub use roles::RolesPage;

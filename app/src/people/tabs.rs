//! The way between the pages of the people side.

use leptos::prelude::*;
use officina::kernel::permission::{Permission, PermissionSet};

use crate::error::PageError;
use crate::staff::FrameData;
use crate::ui::{Icon, icon};

/// The members.
pub(super) const MEMBERS: &str = "/app/people";
/// The invitations.
pub(super) const INVITE: &str = "/app/people/invite";
/// The roles.
pub(super) const ROLES: &str = "/app/people/roles";
/// The keys of programs.
pub(super) const PROGRAMS: &str = "/app/people/programs";

/// The head of a page: its title, what stands beside the title, and the way to its sisters.
pub(super) fn head(title: String, beside: Option<AnyView>, here: &'static str) -> AnyView {
    view! {
        <div class="page-head">
            <div class="row wrap"><h1>{title}</h1> {beside}</div>
            <nav class="segments" aria-label="People">{allowed(move |permissions| links(here, permissions))}</nav>
        </div>
    }
    .into_any()
}

/// The way to invite somebody, for those who may.
pub(super) fn invite_button() -> AnyView {
    allowed(|permissions| {
        let button = permissions.has(Permission::UsersManage);
        button.then(|| view! { <a class="btn btn-primary" href=INVITE>"Invite"</a> }).into_any()
    })
}

/// What is shown by what the person may do, as soon as that is known.
fn allowed(show: impl Fn(PermissionSet) -> AnyView + Copy + Send + Sync + 'static) -> AnyView {
    let frame = use_context::<Resource<Result<FrameData, PageError>>>();
    let shown =
        move || frame.map(|frame| Suspend::new(async move { frame.await.ok().map(|frame| show(frame.permissions)) }));
    view! { <Suspense>{shown}</Suspense> }.into_any()
}

/// The pages that may be opened with some permissions.
fn links(here: &'static str, permissions: PermissionSet) -> AnyView {
    let (users, settings) = (permissions.has(Permission::UsersManage), permissions.has(Permission::SettingsManage));
    let places = [
        (users, MEMBERS, Icon::Person, "Members"),
        (users || settings, ROLES, Icon::List, "Roles"),
        (settings, PROGRAMS, Icon::Plug, "Programs"),
    ];
    let links: Vec<_> = places
        .into_iter()
        .filter(|(open, ..)| *open)
        .map(|(_, href, symbol, words)| {
            let current = (href == here).then_some("page");
            view! { <a href=href aria-current=current>{icon(symbol)} {words}</a> }
        })
        .collect();
    links.into_any()
}

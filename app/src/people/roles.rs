//! The list of the roles.

use leptos::prelude::*;

use super::choices::sentences;
use super::functions::{RoleRow, RolesView, list_roles};
use super::tabs::{MEMBERS, ROLES, head};
use crate::staff::loaded;
use crate::ui::{Badge, Icon, PageTitle, SkeletonRows, Tone, address, icon};

/// Whom a role is from.
pub(super) fn origin(built_in: bool) -> AnyView {
    if built_in {
        view! { <Badge symbol=Icon::Check label="Built in"/> }.into_any()
    } else {
        view! { <Badge tone=Tone::Info symbol=Icon::Person label="Your own"/> }.into_any()
    }
}

/// How many have a role, with the way to them.
pub(super) fn bearers(name: &str, members: i64) -> AnyView {
    let words = match members {
        0 => return view! { <span class="muted small">"Nobody has it"</span> }.into_any(),
        1 => "1 member has it".to_owned(),
        more => format!("{more} members have it"),
    };
    view! { <a class="link small" href=address(MEMBERS, &[("role", Some(name))])>{words}</a> }.into_any()
}

/// The list.
#[component]
pub fn RolesPage() -> impl IntoView {
    let data = Resource::new(|| (), |()| list_roles());
    view! {
        <PageTitle text="Roles"/>
        {head("People".to_owned(), None, ROLES)}
        {loaded(data, || view! { <SkeletonRows rows=9/> }.into_any(), show)}
    }
}

fn show(view: RolesView) -> AnyView {
    let make = view.may_make.then(|| view! { <a class="btn btn-primary" href="/app/people/roles/new">"New role"</a> });
    let roles: Vec<_> = view.rows.into_iter().map(row).collect();
    view! {
        <div class="stack">
            <div class="spread wrap">
                <p class="muted">"A role says what a member may do. Every member has one."</p>
                {make}
            </div>
            {roles}
        </div>
    }
    .into_any()
}

fn row(role: RoleRow) -> AnyView {
    let count = match role.may.len() {
        0 => "May do nothing yet".to_owned(),
        1 => "May do one thing".to_owned(),
        more => format!("May do {more} things"),
    };
    view! {
        <section class="panel">
            <div class="spread wrap">
                <div class="row wrap"><h2><a href=role.href>{role.label}</a></h2> {origin(role.built_in)}</div>
                {bearers(&role.name, role.members)}
            </div>
            <details class="fold">
                <summary class="small muted">{count} {icon(Icon::Chevron)}</summary>
                {sentences(role.may)}
            </details>
        </section>
    }
    .into_any()
}

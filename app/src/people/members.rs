//! The list of the members.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use officina::identity::MembershipStatus;

use super::functions::{MemberQuery, MemberRow, MembersView, list_members};
use super::tabs::{MEMBERS, head, invite_button};
use crate::staff::loaded;
use crate::ui::{
    ApplyFilters, Badge, Column, EmptyState, FilterForm, Icon, MoreFilters, PageTitle, Pager, PastTheEnd, SkeletonRows,
    Table, Tone, address,
};

/// What a status is called.
pub(super) const fn status_label(status: MembershipStatus) -> &'static str {
    match status {
        MembershipStatus::Active => "Active",
        MembershipStatus::Suspended => "Suspended",
        MembershipStatus::Terminated => "Terminated",
    }
}

/// A status as a badge.
pub(super) fn badge(status: MembershipStatus) -> AnyView {
    let (tone, symbol) = match status {
        MembershipStatus::Active => (Tone::Success, Icon::Check),
        MembershipStatus::Suspended => (Tone::Warning, Icon::Clock),
        MembershipStatus::Terminated => (Tone::Neutral, Icon::Cross),
    };
    view! { <Badge tone=tone symbol=symbol label=status_label(status)/> }.into_any()
}

/// The list.
#[component]
pub fn MembersPage() -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| {
        let value = |name: &str| map.read().get(name).filter(|value| !value.is_empty());
        MemberQuery { status: value("status"), role: value("role"), search: value("search"), cursor: value("cursor") }
    });
    let data = Resource::new(move || query.get(), list_members);
    view! {
        <PageTitle text="Members"/>
        {head("People".to_owned(), Some(invite_button()), MEMBERS)}
        {loaded(data, || view! { <SkeletonRows rows=10/> }.into_any(), move |page| show(page, &query.get_untracked()))}
    }
}

fn show(page: MembersView, query: &MemberQuery) -> AnyView {
    let filters = filters(&page.roles, query);
    view! { {filters} {list(page, query)} }.into_any()
}

fn filters(roles: &[(String, String)], query: &MemberQuery) -> AnyView {
    let option = |value: &str, words: &str, chosen: &Option<String>| {
        let selected = chosen.as_deref().unwrap_or_default() == value;
        view! { <option value=value.to_owned() selected=selected>{words.to_owned()}</option> }
    };
    let statuses: Vec<_> = std::iter::once(option("", "Every status", &query.status))
        .chain(MembershipStatus::ALL.iter().map(|status| option(status.as_str(), status_label(*status), &query.status)))
        .collect();
    let roles: Vec<_> = std::iter::once(option("", "Every role", &query.role))
        .chain(roles.iter().map(|(name, label)| option(name, label, &query.role)))
        .collect();
    let search = query.search.clone().unwrap_or_default();
    let narrowed = usize::from(query.status.is_some()) + usize::from(query.role.is_some());
    view! {
        <FilterForm action=MEMBERS>
            <input class="input grow" type="search" name="search" value=search placeholder="Name, e-mail, phone"
                aria-label="Search"/>
            <MoreFilters count=narrowed>
                <select class="select" name="status" aria-label="Status">{statuses}</select>
                <select class="select" name="role" aria-label="Role">{roles}</select>
                <ApplyFilters/>
            </MoreFilters>
        </FilterForm>
    }
    .into_any()
}

fn list(page: MembersView, query: &MemberQuery) -> AnyView {
    let link = |cursor: Option<&str>| {
        let fields = [
            ("search", query.search.as_deref()),
            ("status", query.status.as_deref()),
            ("role", query.role.as_deref()),
            ("cursor", cursor),
        ];
        address(MEMBERS, &fields)
    };
    let first = query.cursor.is_some().then(|| link(None));
    if let Some(first) = first.clone().filter(|_| page.rows.is_empty()) {
        return view! { <div class="panel"><PastTheEnd first=first/></div> }.into_any();
    }
    if page.rows.is_empty() {
        return view! {
            <div class="panel">
                <EmptyState symbol=Icon::Person title="Nobody matches" text="Try fewer words, another status or another role.">
                    <a class="btn" href=MEMBERS>"Show everybody"</a>
                </EmptyState>
            </div>
        }
        .into_any();
    }
    let next = page.next.as_deref().map(|cursor| link(Some(cursor)));
    let columns = ["Name", "Status", "Role", "Signs in with", "Last here"].map(Column::plain).to_vec();
    let rows: Vec<_> = page.rows.into_iter().map(row).collect();
    view! {
        <div class="stack">
            <Table caption="Members" columns=columns two_lines=true>{rows}</Table>
            <Pager extent=page.extent what="members" first=first next=next/>
        </div>
    }
    .into_any()
}

fn row(member: MemberRow) -> AnyView {
    view! {
        <tr>
            <td class="head"><a class="main" href=format!("{MEMBERS}/{}", member.id)>{member.name}</a></td>
            <td data-label="Status" class="state">{badge(member.status)}</td>
            <td data-label="Role" class="below">{member.role}</td>
            <td data-label="Signs in with" class="whole">{member.login}</td>
            <td data-label="Last here" class="muted num last">{seen(member.seen)}</td>
        </tr>
    }
    .into_any()
}

/// When somebody was last here.
pub(super) fn seen(seen: Option<crate::moment::Moment>) -> AnyView {
    seen.map_or_else(|| "Not yet".into_any(), crate::moment::Moment::view)
}

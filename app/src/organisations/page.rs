//! The list of the organisations, and the form for one more.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::functions::{OrganisationRow, OrganisationsView, list_organisations};
use crate::sent::{Answered, calls};
use crate::staff::loaded;
use crate::ui::{
    AskFirst, Badge, Column, Field, Icon, PageTitle, Pager, PastTheEnd, Select, SkeletonRows, Table, Tone, address,
};

/// Where the page is.
const HERE: &str = "/app/organisations";

/// The page.
#[component]
pub fn OrganisationsPage() -> impl IntoView {
    let query = use_query_map();
    let cursor = Memo::new(move |_| query.read().get("cursor"));
    let data = Resource::new(move || cursor.get(), list_organisations);
    view! {
        <PageTitle text="Organisations"/>
        <div class="page-head"><h1>"Organisations"</h1></div>
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |view| show(view, cursor.get_untracked().is_some()))}
    }
}

fn show(view: OrganisationsView, is_later: bool) -> AnyView {
    let OrganisationsView { rows, next, extent, answered } = view;
    let first = is_later.then(|| HERE.to_owned());
    let next = next.as_deref().map(|cursor| address(HERE, &[("cursor", Some(cursor))]));
    let list = match first.clone().filter(|_| rows.is_empty()) {
        Some(first) => view! { <div class="panel"><PastTheEnd first=first/></div> }.into_any(),
        None => {
            let columns = ["Name", "In addresses", "Members", "Since", "State", "Action"].map(Column::plain).to_vec();
            let rows: Vec<_> = rows.into_iter().map(row).collect();
            view! {
                <Table caption="Organisations" columns=columns>{rows}</Table>
                <Pager extent=extent what="organisations" first=first next=next/>
            }
            .into_any()
        }
    };
    view! {
        <div class="stack">
            {answered.above()} {list} {form(&answered)}
        </div>
    }
    .into_any()
}

fn row(organisation: OrganisationRow) -> AnyView {
    let state = match &organisation.suspended {
        Some(_) => view! { <Badge tone=Tone::Warning symbol=Icon::Clock label="Suspended"/> },
        None => view! { <Badge tone=Tone::Success symbol=Icon::Check label="Open"/> },
    };
    let action = if organisation.here {
        view! { <span class="muted small">"You are here"</span> }.into_any()
    } else {
        decision(&organisation.id, &organisation.name, organisation.suspended.is_some())
    };
    let since = organisation.suspended.map(|at| view! { <span class="muted small">{at.view()}</span> });
    view! {
        <tr>
            <td class="head">{organisation.name}</td>
            <td data-label="In addresses" class="mono">{organisation.slug}</td>
            <td data-label="Members" class="num">{organisation.members}</td>
            <td data-label="Since" class="muted num">{organisation.since.view()}</td>
            <td data-label="State"><div class="row wrap">{state} {since}</div></td>
            <td>{action}</td>
        </tr>
    }
    .into_any()
}

/// Suspending, or letting in again: asks once.
fn decision(id: &str, name: &str, is_suspended: bool) -> AnyView {
    let (words, sure, class, text) = if is_suspended {
        ("Let in", "Let them in", "btn btn-sm", "Members sign in again, and its keys count again.")
    } else {
        (
            "Suspend",
            "Suspend it",
            "btn btn-error btn-sm",
            "Everybody in it is out at once. Nothing is lost, and it can be undone.",
        )
    };
    let label = format!("{words}: {name}");
    let id = id.to_owned();
    view! {
        <AskFirst words=words label=label consequence=text>
            <form method="post" action=HERE>
                {calls("organisations/suspend")} <input type="hidden" name="id" value=id/>
                <button class=class type="submit" name="suspended" value=(!is_suspended).to_string()>{sure}</button>
            </form>
        </AskFirst>
    }
    .into_any()
}

fn form(answered: &Answered) -> AnyView {
    let field = |label: &'static str, name: &'static str, error: &'static str, hint: &'static str| {
        view! {
            <Field label=label name=name value=answered.value(name).unwrap_or_default() required={name != "slug"} maxlength=120u32
                hint=hint error=answered.error(error)/>
        }
    };
    let languages = [("it", "Italian"), ("en", "English")].map(|(word, name)| (word.to_owned(), name.to_owned()));
    let zone = answered.value("time_zone").unwrap_or_else(|| "Europe/Rome".to_owned());
    view! {
        <section class="panel">
            <h2>"A new organisation"</h2>
            <form method="post" action=HERE>
                <div class="stack">
                    {calls("organisations/create")}
                    <div class="fields two">
                        {field("Name", "name", "name", "As people know it.")}
                        {field("Name in addresses", "slug", "slug", "It stands in its links: /o/rossi. Empty: made of the name.")}
                        <Select label="Language of its customers" name="locale" options=languages.to_vec()
                            value=answered.value("locale").unwrap_or_default() error=answered.error("locale")/>
                        <Field label="Time zone" name="time_zone" value=zone required=true maxlength=60u32
                            autocapitalize="none" error=answered.error("timeZone")/>
                        {field("Its administrator’s name", "admin_name", "adminName", "Who sets it up.")}
                        {field("Its administrator’s e-mail", "admin_email", "adminEmail", "Gets the invitation.")}
                    </div>
                    <p class="muted small">"You see none of its data, unless you are invited there too."</p>
                    <div><button class="btn btn-primary" type="submit">"Make the organisation"</button></div>
                </div>
            </form>
        </section>
    }
    .into_any()
}

//! The inbox of leads and a lead's page.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use officina::leads::{LeadStatus, LeadType};

use super::functions::{LeadQuery, LeadRow, LeadView, LeadsView, ReleaseLead, UpdateLead, get_lead, list_leads};
use crate::audit::history_link;
use crate::live::{Topic, use_live};
use crate::staff::{ActionForm, loaded, refused};
use crate::ui::{
    Alert, ApplyFilters, Badge, Column, EmptyState, FilterForm, Icon, MoreFilters, PageTitle, Pager, PastTheEnd,
    SkeletonRows, Table, TextArea, Timeline, ToastKind, Tone, address, email_fact, icon, toast,
};

const PATH: &str = "/app/leads";

/// What staff call a status.
#[must_use]
pub const fn status_label(status: LeadStatus) -> &'static str {
    match status {
        LeadStatus::New => "New",
        LeadStatus::Contacted => "Contacted",
        LeadStatus::Qualified => "Qualified",
        LeadStatus::Converted => "Customer",
        LeadStatus::Lost => "Lost",
    }
}

/// How a status looks.
#[must_use]
pub const fn status_look(status: LeadStatus) -> (Tone, Icon) {
    match status {
        LeadStatus::New => (Tone::Info, Icon::Message),
        LeadStatus::Contacted => (Tone::Work, Icon::Person),
        LeadStatus::Qualified => (Tone::Warning, Icon::Flag),
        LeadStatus::Converted => (Tone::Success, Icon::Check),
        LeadStatus::Lost => (Tone::Danger, Icon::Cross),
    }
}

/// What staff call what a lead is about.
pub(crate) const fn type_label(kind: LeadType) -> &'static str {
    match kind {
        LeadType::Service => "Service",
        LeadType::Training => "Course",
        LeadType::Equipment => "Equipment",
        LeadType::Staff => "Wants to work here",
        LeadType::Teacher => "Wants to teach here",
    }
}

fn badge(status: LeadStatus) -> AnyView {
    let (tone, symbol) = status_look(status);
    view! { <Badge tone=tone symbol=symbol label=status_label(status)/> }.into_any()
}

/// The inbox.
#[component]
pub fn LeadsPage() -> impl IntoView {
    let live = use_live();
    let map = use_query_map();
    let query = Memo::new(move |_| {
        let value = |name: &str| map.read().get(name).filter(|value| !value.is_empty());
        LeadQuery {
            status: value("status"),
            search: value("search"),
            quarantined: value("quarantined").is_some(),
            cursor: value("cursor"),
        }
    });
    let data = Resource::new(move || (query.get(), live.changes(Topic::Leads)), |(query, _)| list_leads(query));
    view! {
        <PageTitle text="Leads"/>
        <div class="page-head"><h1>"Leads"</h1>{move || boxes(query.read().quarantined)}</div>
        {move || filters(&query.get())}
        {loaded(data, || view! { <SkeletonRows rows=10/> }.into_any(), move |page| list(page, &query.get_untracked()))}
    }
}

/// Switches between the inbox and the quarantine.
fn boxes(quarantined: bool) -> AnyView {
    let current = |is: bool| is.then_some("page");
    view! {
        <nav class="segments" aria-label="Box">
            <a href=PATH aria-current=current(!quarantined)>{icon(Icon::Message)} "Inbox"</a>
            <a href="/app/leads?quarantined=1" aria-current=current(quarantined)>{icon(Icon::Warning)} "Quarantine"</a>
        </nav>
    }
    .into_any()
}

fn filters(query: &LeadQuery) -> AnyView {
    let chosen = query.status.clone().unwrap_or_default();
    let (search, quarantined) = (query.search.clone().unwrap_or_default(), query.quarantined);
    let narrowed = usize::from(query.status.is_some());
    let option = |value: &str, words: &str| {
        view! { <option value=value.to_owned() selected=chosen == value>{words.to_owned()}</option> }
    };
    let statuses: Vec<_> = std::iter::once(option("", "Every status"))
        .chain(LeadStatus::ALL.iter().map(|status| option(status.as_str(), status_label(*status))))
        .collect();
    view! {
        <FilterForm action=PATH>
                {quarantined.then(|| view! { <input type="hidden" name="quarantined" value="1"/> })}
                <input class="input grow" type="search" name="search" value=search
                    placeholder="Name, phone, e-mail, city" aria-label="Search"/>
                <MoreFilters count=narrowed>
                    <select class="select" name="status" aria-label="Status">{statuses}</select>
                    <ApplyFilters/>
                </MoreFilters>
        </FilterForm>
    }
    .into_any()
}

fn list(page: LeadsView, query: &LeadQuery) -> AnyView {
    let link = |cursor: Option<&str>| {
        let fields = [
            ("search", query.search.as_deref()),
            ("status", query.status.as_deref()),
            ("quarantined", query.quarantined.then_some("1")),
            ("cursor", cursor),
        ];
        address(PATH, &fields)
    };
    let first = query.cursor.is_some().then(|| link(None));
    if let Some(first) = first.clone().filter(|_| page.rows.is_empty()) {
        return view! { <div class="panel"><PastTheEnd first=first/></div> }.into_any();
    }
    if page.rows.is_empty() {
        let (title, text) = match query {
            LeadQuery { quarantined: true, .. } => {
                ("The quarantine is empty", "What looks like spam waits here to be looked at.")
            }
            LeadQuery { status: None, search: None, .. } => {
                ("No leads yet", "They appear here as soon as a visitor fills in the contact form.")
            }
            _ => ("Nothing matches", "Try fewer words, or another status."),
        };
        return view! {
            <div class="panel">
                <EmptyState symbol=Icon::Message title=title text=text>
                    <a class="btn" href="/contact" rel="external">"Open the contact form"</a>
                </EmptyState>
            </div>
        }
        .into_any();
    }
    let next = page.next.as_deref().map(|cursor| link(Some(cursor)));
    let mut columns = ["Name", "Status", "About", "Phone"].map(Column::plain).to_vec();
    columns.extend([Column::giving("City", "give-2"), Column::plain("Received")]);
    let rows: Vec<_> = page.rows.into_iter().map(row).collect();
    view! {
        <div class="stack">
            <Table caption="Leads" columns=columns two_lines=true>{rows}</Table>
            <Pager extent=page.extent what="leads" first=first next=next/>
        </div>
    }
    .into_any()
}

fn row(lead: LeadRow) -> AnyView {
    let city = lead.city.clone();
    let repeated = lead.is_repeated.then(|| view! { <span class="muted small">" · wrote before"</span> });
    view! {
        <tr>
            <td class="head"><a class="main" href=format!("{PATH}/{}", lead.id)>{lead.name}</a>{repeated}</td>
            <td data-label="Status" class="state">{badge(lead.status)}</td>
            <td data-label="About" class="below">{type_label(lead.lead_type)}</td>
            <td data-label="Phone" class="num below">{lead.phone}</td>
            <td data-label="City" class="text give-2" title=city>{lead.city}</td>
            <td data-label="Received" class="muted num last">{lead.created.view()}</td>
        </tr>
    }
    .into_any()
}

/// A lead's page.
#[component]
pub fn LeadPage() -> impl IntoView {
    let live = use_live();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let update = ServerAction::<UpdateLead>::new();
    let release = ServerAction::<ReleaseLead>::new();
    let data = Resource::new(
        move || (id.get(), live.changes(Topic::Leads), update.version().get(), release.version().get()),
        |(id, ..)| get_lead(id),
    );
    Effect::new(move |_| {
        if let Some(Ok(())) = update.value().get() {
            toast(ToastKind::Done, "Saved");
        }
    });
    let refusals = move || {
        let update = update.value().get().and_then(Result::err);
        let release = release.value().get().and_then(Result::err);
        update.or(release).map(|error| view! { <div class="stack">{refused(&error)}</div> })
    };
    view! {
        {refusals}
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |view| show(view, update, release))}
    }
}

fn show(view: LeadView, update: ServerAction<UpdateLead>, release: ServerAction<ReleaseLead>) -> AnyView {
    let lead = view.lead.summary.clone();
    let call = format!("tel:{}", lead.phone.replace(' ', ""));
    let fact = |label: &'static str, value: Option<String>| {
        value.map(|value| view! { <div><dt>{label}</dt><dd>{value}</dd></div> })
    };
    let title = lead.name.clone();
    let quarantine = lead.quarantine.clone().map(|why| quarantine(lead.id.to_string(), &why, view.may_write, release));
    let earlier = lead.earlier_lead_id.map(|id| {
        view! {
            <Alert tone=Tone::Info title="This number wrote before">
                <a class="link" href=format!("{PATH}/{id}")>"Open the earlier lead"</a>
            </Alert>
        }
    });
    let message = lead.message.clone().map(|message| {
        view! { <section class="panel"><h2>"Message"</h2><p class="prose">{message}</p></section> }
    });
    let is_open = lead.status != LeadStatus::Converted;
    let form = (view.may_write && is_open).then(|| follow_up(&view, update));
    view! {
        <PageTitle text=title/>
        <div class="page-head">
            <div class="row wrap"><h1>{lead.name.clone()}</h1>{badge(lead.status)}</div>
            <div class="row wrap">
                <span class="muted small">"Came in " {view.created.clone().view()}</span>
                {history_link(view.may_audit, "lead", &lead.id.to_string())}
            </div>
        </div>
        <div class="two-columns">
            <div class="stack">
                {quarantine}
                {earlier}
                {form}
                {message}
                <section class="panel">
                    <h2>"Facts"</h2>
                    <dl class="facts">
                        <div><dt>"Phone"</dt><dd><a href=call rel="external">{lead.phone}</a></dd></div>
                        {email_fact(lead.email)}
                        {fact("About", Some(type_label(lead.lead_type).to_owned()))}
                        {fact("City", lead.city_name)}
                    </dl>
                </section>
            </div>
            <section class="panel"><h2>"What happened"</h2><Timeline items=view.timeline/></section>
        </div>
    }
    .into_any()
}

fn quarantine(id: String, why: &str, may_write: bool, release: ServerAction<ReleaseLead>) -> AnyView {
    let button = may_write.then(|| {
        view! {
            <ActionForm action=release>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-sm" type="submit">"This is a real person: release"</button>
            </ActionForm>
        }
    });
    let reason = match why {
        "hidden_field" => "A field was filled in that people do not see.",
        "too_fast" => "It was sent faster than a person types.",
        "links" => "It holds many links.",
        _ => "It was set aside.",
    };
    view! { <Alert tone=Tone::Warning title="This looks like spam"><p>{reason}</p>{button}</Alert> }.into_any()
}

/// The statuses that can be chosen, the likeliest first.
fn next_statuses(status: LeadStatus) -> Vec<LeadStatus> {
    [LeadStatus::Contacted, LeadStatus::Qualified, LeadStatus::New, LeadStatus::Lost]
        .into_iter()
        .filter(|next| *next != status)
        .filter(|next| status != LeadStatus::Qualified || *next != LeadStatus::New)
        .collect()
}

fn follow_up(view: &LeadView, update: ServerAction<UpdateLead>) -> AnyView {
    let lead = &view.lead.summary;
    let buttons: Vec<_> = next_statuses(lead.status)
        .into_iter()
        .enumerate()
        .map(|(index, status)| {
            let (_, symbol) = status_look(status);
            let class = if index == 0 { "btn btn-primary" } else { "btn" };
            view! { <button class=class type="submit" name="status" value=status.as_str()>{icon(symbol)} {status_label(status)}</button> }
        })
        .collect();
    let error = move || update.value().get().and_then(Result::err).and_then(|error| error.field("note"));
    let (id, version) = (lead.id.to_string(), lead.version.to_string());
    view! {
        <section class="panel">
            <h2>"Follow up"</h2>
            <ActionForm action=update>
                <div class="stack">
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="version" value=version/>
                    <TextArea label="Note" name="note" rows=3 maxlength=2000u32 hint="Needed when a lead is lost."
                        error=Signal::derive(error)/>
                    <div class="row wrap next">
                        {buttons}
                        <button class="btn btn-ghost" type="submit" name="status" value="">"Only the note"</button>
                    </div>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

//! The audit page.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use officina::kernel::ids::OrgId as AnyId;

use super::functions::{AuditQuery, AuditRow, AuditView, Change, list_audit};
use crate::staff::loaded;
use crate::ui::{
    ApplyFilters, Column, EmptyState, FilterForm, Icon, MoreFilters, PageTitle, Pager, PastTheEnd, SkeletonRows, Table,
    address, icon,
};

pub(super) const PATH: &str = "/app/audit";

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| {
        let value = |name: &str| map.read().get(name).filter(|value| !value.is_empty());
        AuditQuery {
            action: value("action"),
            subject: value("subject"),
            actor: value("actor"),
            from: value("from"),
            to: value("to"),
            search: value("search"),
            told: value("told").filter(|told| told == "1"),
            cursor: value("cursor"),
        }
    });
    let data = Resource::new(move || query.get(), list_audit);
    view! {
        <PageTitle text="Audit"/>
        {loaded(data, || view! { <SkeletonRows rows=12/> }.into_any(), move |view| show(view, &query.get_untracked()))}
    }
}

/// The address of a page with the same filter.
fn link(path: &str, query: &AuditQuery, told: Option<&str>, cursor: Option<&str>) -> String {
    let fields = [
        ("action", query.action.as_deref()),
        ("subject", query.subject.as_deref()),
        ("actor", query.actor.as_deref()),
        ("from", query.from.as_deref()),
        ("to", query.to.as_deref()),
        ("search", query.search.as_deref()),
        ("told", told),
        ("cursor", cursor),
    ];
    address(path, &fields)
}

fn show(view: AuditView, query: &AuditQuery) -> AnyView {
    let export = view.may_export.then(|| {
        let told = (!query.shows_told()).then_some("false");
        let href = link("/api/v1/admin/audit/export", query, told, None);
        view! { <a class="btn" href=href rel="external">"Export"</a> }
    });
    let filters = filters(&view, query);
    let first = query.cursor.is_some().then(|| link(PATH, query, query.told.as_deref(), None));
    let list = if let Some(first) = first.clone().filter(|_| view.rows.is_empty()) {
        view! { <div class="panel"><PastTheEnd first=first/></div> }.into_any()
    } else if view.rows.is_empty() {
        view! {
            <div class="panel">
                <EmptyState symbol=Icon::List title="Nothing matches" text="Try another time, or fewer conditions.">
                    <a class="btn" href=PATH>"Show everything"</a>
                </EmptyState>
            </div>
        }
        .into_any()
    } else {
        let next = view.next.as_deref().map(|cursor| link(PATH, query, query.told.as_deref(), Some(cursor)));
        let columns = ["What", "Who", "To what", "When", "More"].map(Column::plain).to_vec();
        let rows: Vec<_> = view.rows.into_iter().map(row).collect();
        view! {
            <div class="stack">
                <Table caption="Journal" columns=columns two_lines=true>{rows}</Table>
                <Pager extent=view.extent what="entries" first=first next=next/>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="page-head"><h1>"Audit"</h1>{export}</div>
        {filters}
        {list}
    }
    .into_any()
}

fn filters(view: &AuditView, query: &AuditQuery) -> AnyView {
    let select = |name: &'static str, label: &'static str, all: &str, choices: &[(String, String)], chosen: &str| {
        // What the address asks for stands in the list, even when nothing of it is in the journal.
        let unknown = !chosen.is_empty() && !choices.iter().any(|(value, _)| value == chosen);
        let unknown = unknown.then(|| (chosen.to_owned(), chosen.to_owned()));
        let all = (String::new(), all.to_owned());
        let options: Vec<_> = std::iter::once(all)
            .chain(unknown)
            .chain(choices.iter().cloned())
            .map(|(value, words)| {
                let selected = value == chosen;
                view! { <option value=value selected=selected>{words}</option> }
            })
            .collect();
        view! { <select class="select" name=name aria-label=label>{options}</select> }.into_any()
    };
    let date = |name: &'static str, label: &'static str, value: Option<String>| {
        let id = format!("audit-{name}");
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input class="input" id=id type="date" name=name value=value/>
            </div>
        }
        .into_any()
    };
    let who = select("actor", "Who", "Everybody", &view.actors, query.actor.as_deref().unwrap_or_default());
    let what = select("action", "What", "Everything", &view.actions, query.action.as_deref().unwrap_or_default());
    // One record, as a link of its page or of a row says; one way back to all of them.
    let subject = query.subject.clone().map(|subject| {
        let all = link(PATH, &AuditQuery { subject: None, ..query.clone() }, query.told.as_deref(), None);
        let about = view.rows.first().map_or_else(|| subject.clone(), AuditRow::about_words);
        view! {
            <input type="hidden" name="subject" value=subject/>
            <a class="btn" href=all>"Only " {about} {icon(Icon::Cross)} <span class="skip">"Show everything"</span></a>
        }
    });
    let (told, search) = (query.told.is_some(), query.search.clone());
    let chosen = [&query.actor, &query.action, &query.from, &query.to, &query.told];
    let count = chosen.into_iter().filter(|value| value.is_some()).count();
    let (from, to) = (date("from", "From", query.from.clone()), date("to", "To", query.to.clone()));
    view! {
        <FilterForm action=PATH>
            <input class="input grow" type="search" name="search" value=search
                placeholder="Plate, name, serial number, code" aria-label="To what"/>
            {subject}
            <MoreFilters count=count>
                {who}
                {what}
                {from}
                {to}
                <label class="row check">
                    <input class="checkbox" type="checkbox" name="told" value="1" checked=told/>
                    "Notices, too"
                </label>
                <ApplyFilters/>
            </MoreFilters>
        </FilterForm>
    }
    .into_any()
}

fn row(row: AuditRow) -> AnyView {
    let words = row.about_words();
    let subject = match row.href {
        Some(href) => view! { <a class="link" href=href>{words}</a> }.into_any(),
        None => words.into_any(),
    };
    let glance = glance(&row.changes).map(|words| view! { <div class="small muted">{words}</div> });
    let about = address(PATH, &[("subject", Some(&row.about))]);
    view! {
        <tr>
            <td class="head">{row.what} {glance}</td>
            <td data-label="Who" class="below">{row.who}</td>
            <td data-label="To what" class="below">{subject}</td>
            <td data-label="When" class="muted num last">{row.when.view()}</td>
            <td data-label="More" class="state">
                <details class="fold">
                    <summary>{count(row.changes.len())} {icon(Icon::Chevron)}</summary>
                    {details(row.changes, row.facts)}
                    <a class="link small" href=about>"Everything about it"</a>
                </details>
            </td>
        </tr>
    }
    .into_any()
}

/// The one or two fields that changed, in the row itself: what most rows are opened for.
fn glance(changes: &[Change]) -> Option<String> {
    const LONGEST: usize = 60;
    // A step says most by itself.
    let steps: Vec<&Change> = changes.iter().filter(|change| change.field == "Status").collect();
    // A bare id says nothing at a glance.
    let is_id = |value: &Option<String>| value.as_ref().is_some_and(|value| value.parse::<AnyId>().is_ok());
    let others = || changes.iter().filter(|change| !is_id(&change.old) && !is_id(&change.new)).collect();
    let changes: Vec<&Change> = if steps.is_empty() { others() } else { steps };
    if changes.is_empty() || changes.len() > 2 {
        return None;
    }
    let line = |change: &&Change| {
        let old = change.old.as_ref().map(|old| format!("{old} → ")).unwrap_or_default();
        format!("{}: {old}{}", change.field, change.new.as_deref().unwrap_or("nothing"))
    };
    let words = changes.iter().map(line).collect::<Vec<_>>().join(" · ");
    (words.chars().count() <= LONGEST * changes.len()).then_some(words)
}

fn count(fields: usize) -> String {
    match fields {
        0 => "Details".to_owned(),
        1 => "1 field".to_owned(),
        many => format!("{many} fields"),
    }
}

fn details(changes: Vec<Change>, facts: Vec<(String, String)>) -> AnyView {
    let lines: Vec<_> = changes
        .into_iter()
        .map(|change| (change.field, change.old, change.new))
        .chain(facts.into_iter().map(|(label, value)| (label, None, Some(value))))
        .map(|(label, old, new)| {
            let old = old.map(|old| view! { <del>{old}</del> <span aria-hidden="true">" → "</span> });
            let new = new.map_or_else(|| view! { <span class="muted">"nothing"</span> }.into_any(), IntoAny::into_any);
            view! { <div><dt>{label}</dt><dd class="prose">{old}{new}</dd></div> }
        })
        .collect();
    view! { <dl class="facts small">{lines}</dl> }.into_any()
}

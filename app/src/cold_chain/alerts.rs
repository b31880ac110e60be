//! The list of alerts, and what can be done about one.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use officina::cold_chain::{AlertStatus, AlertType};
use officina::kernel::permission::Permission;

use super::functions::{
    AcknowledgeAlert, AcknowledgePlace, AlertQuery, AlertRow, AlertsView, ResolveAlert, list_alerts,
};
use super::looks::{alert_badge, alert_label};
use crate::live::{Topic, use_live};
use crate::staff::{ActionForm, followed, permitted, refused};
use crate::ui::{
    Badge, EmptyState, Field, Icon, PageTitle, Pager, PastTheEnd, SkeletonRows, ToastKind, Tone, address, icon, toast,
};

pub(super) const PATH: &str = "/app/alerts";

/// What the member may do about alerts.
#[derive(Clone, Copy)]
pub struct AlertActions {
    /// Acknowledge.
    pub acknowledge: Option<ServerAction<AcknowledgeAlert>>,
    /// Close by hand.
    pub resolve: Option<ServerAction<ResolveAlert>>,
}

/// The list of alerts.
#[component]
pub fn AlertsPage() -> impl IntoView {
    let live = use_live();
    let map = use_query_map();
    let query = Memo::new(move |_| {
        let value = |name: &str| map.read().get(name).filter(|value| !value.is_empty());
        AlertQuery {
            resolved: value("resolved").is_some(),
            kind: value("type"),
            cell: value("cell"),
            place: value("place"),
            cursor: value("cursor"),
        }
    });
    let acknowledge = ServerAction::<AcknowledgeAlert>::new();
    let all_there = ServerAction::<AcknowledgePlace>::new();
    let resolve = ServerAction::<ResolveAlert>::new();
    let data = Resource::new(
        move || {
            let done = (acknowledge.version().get(), all_there.version().get(), resolve.version().get());
            (query.get(), live.changes(Topic::Alerts), done)
        },
        |(query, ..)| list_alerts(query),
    );
    Effect::new(move |_| {
        if let Some(Ok(())) = resolve.value().get() {
            toast(ToastKind::Done, "Alert closed");
        }
    });
    let refusals = move || {
        let acknowledge = acknowledge.value().get().and_then(Result::err);
        let acknowledge = acknowledge.or(all_there.value().get().and_then(Result::err));
        let resolve = resolve.value().get().and_then(Result::err);
        acknowledge.or(resolve).map(|error| refused(&error))
    };
    let who = permitted(Permission::SettingsManage, || {
        view! { <a class="btn" href=super::policy::PATH>{icon(Icon::Bell)} "Who is told"</a> }
    });
    view! {
        <PageTitle text="Alerts"/>
        <div class="page-head"><h1>"Alerts"</h1>{move || boxes(&query.read())}{who}</div>
        {refusals}
        {followed(
            data,
            || view! { <SkeletonRows rows=6/> }.into_any(),
            move |shown| list(shown, query, all_there, acknowledge, resolve),
        )}
    }
}

/// After a power cut, one hand for all alerts of a place.
fn acknowledge_all(page: &AlertsView, query: &AlertQuery, action: ServerAction<AcknowledgePlace>) -> Option<AnyView> {
    let place = query.place.clone().filter(|_| query.cell.is_none() && page.may_acknowledge)?;
    let is_new = |alert: &&AlertRow| alert.status == AlertStatus::Active && alert.acknowledged_by.is_none();
    (page.rows.iter().filter(is_new).count() > 1).then(|| {
        view! {
            <ActionForm action=action>
                <input type="hidden" name="id" value=place/>
                <button class="btn btn-primary" type="submit">{icon(Icon::Check)} "Acknowledge all alerts here"</button>
            </ActionForm>
        }
        .into_any()
    })
}

fn boxes(query: &AlertQuery) -> AnyView {
    let resolved = query.resolved;
    let current = |is: bool| is.then_some("page");
    let whose = [("cell", query.cell.as_deref()), ("place", query.place.as_deref())];
    let [cell, place] = whose;
    let (active, over) = (address(PATH, &whose), address(PATH, &[("resolved", Some("1")), cell, place]));
    view! {
        <nav class="segments" aria-label="Box">
            <a href=active aria-current=current(!resolved)>{icon(Icon::Bell)} "Active"</a>
            <a href=over aria-current=current(resolved)>{icon(Icon::Check)} "Over"</a>
        </nav>
    }
    .into_any()
}

/// The list.
fn list(
    shown: Signal<Option<(AlertsView, String)>>,
    query: Memo<AlertQuery>,
    all_there: ServerAction<AcknowledgePlace>,
    acknowledge: ServerAction<AcknowledgeAlert>,
    resolve: ServerAction<ResolveAlert>,
) -> AnyView {
    let page = move || shown.get().map(|(page, _)| page);
    let above = move || page().map(|page| above(&page, &query.get_untracked(), all_there));
    let below = move || page().map(|page| below(&page, &query.get_untracked()));
    let rows = Memo::new(move |_| page().map(|page| page.rows).unwrap_or_default());
    let may = Memo::new(move |_| page().map(|page| (page.may_acknowledge, page.may_resolve)).unwrap_or_default());
    let items = alert_items(rows, may, acknowledge, resolve, Shown::InList);
    view! { <div class="stack">{above} {items} {below}</div> }.into_any()
}

/// Alerts, and whether they may be acknowledged and closed. Each stays the same element for as long as it is there, so that
/// what is typed for one does not end up with another when a new one comes.
pub(super) fn alert_items(
    rows: Memo<Vec<AlertRow>>,
    may: Memo<(bool, bool)>,
    acknowledge: ServerAction<AcknowledgeAlert>,
    resolve: ServerAction<ResolveAlert>,
    shown: Shown,
) -> AnyView {
    let item = move |alert: AlertRow| {
        let row = Memo::new(move |_| rows.with(|rows| rows.iter().find(|row| row.id == alert.id).cloned()));
        let content = move || {
            let (may_acknowledge, may_resolve) = may.get();
            let actions = AlertActions {
                acknowledge: may_acknowledge.then_some(acknowledge),
                resolve: may_resolve.then_some(resolve),
            };
            row.get().map(|alert| alert_item(alert, actions, shown))
        };
        content.into_any()
    };
    view! { <div class="stack tight"><For each=move || rows.get() key=|alert| alert.id.clone() children=item/></div> }
        .into_any()
}

/// Whose alerts they are, and one hand for all of them.
fn above(page: &AlertsView, query: &AlertQuery, all_there: ServerAction<AcknowledgePlace>) -> AnyView {
    let whose = page.whose.clone().map(|name| {
        view! { <p><strong>{name}</strong> " · " <a class="link" href=PATH>"Show the alerts of all cells"</a></p> }
    });
    view! { {whose} {acknowledge_all(page, query, all_there)} }.into_any()
}

/// Where the list goes on, or what there is instead of one.
fn below(page: &AlertsView, query: &AlertQuery) -> AnyView {
    let link = |cursor: Option<&str>| {
        let (resolved, kind) = (query.resolved.then_some("1"), query.kind.as_deref());
        let (cell, place) = (query.cell.as_deref(), query.place.as_deref());
        address(PATH, &[("resolved", resolved), ("type", kind), ("cell", cell), ("place", place), ("cursor", cursor)])
    };
    let first = query.cursor.is_some().then(|| link(None));
    if page.rows.is_empty() {
        let empty = match first {
            Some(first) => view! { <PastTheEnd first=first/> }.into_any(),
            None => nothing(query),
        };
        return view! { <div class="panel">{empty}</div> }.into_any();
    }
    let next = page.next.as_deref().map(|cursor| link(Some(cursor)));
    view! { <Pager extent=page.extent what="alerts" first=first next=next/> }.into_any()
}

/// What stands in the place of alerts. Only who asks for all of them is told that there are none.
fn nothing(query: &AlertQuery) -> AnyView {
    let is_narrow = [&query.kind, &query.cell, &query.place].into_iter().any(Option::is_some);
    if is_narrow {
        let (title, words) = if query.resolved {
            ("No such alert is over", "Show all alerts that are over")
        } else {
            ("No such alert is active", "Show all active alerts")
        };
        let all = address(PATH, &[("resolved", query.resolved.then_some("1"))]);
        return view! {
            <EmptyState symbol=Icon::Search title=title text="This is a part of the alerts. There may be others.">
                <a class="btn" href=all>{words}</a>
            </EmptyState>
        }
        .into_any();
    }
    let (title, text) = if query.resolved {
        ("No alert has been over yet", "Alerts that are over stay here.")
    } else {
        ("All is well", "Alerts appear here by themselves when a cell leaves its limits.")
    };
    view! { <EmptyState symbol=Icon::Check title=title text=text/> }.into_any()
}

/// Where an alert is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Among those of all cells.
    InList,
    /// Among those of its cell.
    AtCell,
    /// On its own page.
    Alone,
}

/// An alert with what can be done about it.
pub(super) fn alert_item(alert: AlertRow, actions: AlertActions, shown: Shown) -> AnyView {
    let is_active = alert.status == AlertStatus::Active;
    let openings =
        alert.openings.clone().map(|words| view! { <Badge tone=Tone::Warning symbol=Icon::Bell label=words/> });
    let more = (shown != Shown::Alone).then(|| {
        let words = format!("More about “{}” in {}", alert_label(alert.kind), alert.cell);
        view! { <a class="btn btn-sm" href=alert.href() aria-label=words>"More"</a> }
    });
    let worst = alert.worst.map(|worst| view! { <span>"worst " <strong class="num">{worst}</strong></span> });
    let late = alert.late.then(|| view! { <Badge symbol=Icon::Clock label="Told late"/> });
    let level = (is_active && alert.level > 0).then(|| {
        view! { <Badge tone=Tone::Warning symbol=Icon::Flag label=format!("Escalated to level {}", alert.level)/> }
    });
    let cell = (shown != Shown::AtCell).then(|| {
        let href = format!("/app/cold-chain/cells/{}", alert.cell_id);
        view! { <a class="main" href=href>{alert.cell.clone()}</a><span class="muted small">{alert.location.clone()}</span> }
    });
    let ended = alert.until.map(|until| {
        let nameless = if alert.by_hand { "by hand" } else { "by itself" };
        let who = alert.resolved_by.map_or_else(|| nameless.to_owned(), |name| format!("by {name}"));
        view! { <span class="muted small">"over " {until.view()} " " {who}</span> }
    });
    let noted = alert.acknowledged_by.as_ref().map(|name| format!("acknowledged by {name}"));
    let id = alert.id.clone();
    // On its own page a large button does it.
    let is_offered = is_active && noted.is_none() && shown != Shown::Alone;
    let acknowledge = actions.acknowledge.filter(|_| is_offered).map(|action| {
        view! {
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-sm" type="submit">{icon(Icon::Check)} "Acknowledge"</button>
            </ActionForm>
        }
    });
    let resolve = actions.resolve.filter(|_| is_active && shown != Shown::Alone);
    let resolve = resolve.map(|action| resolve_form(alert.id, alert.kind, action, None));
    let class = if is_active { "panel alert-item tone-danger" } else { "panel alert-item" };
    view! {
        <article class=class>
            <div class="row wrap">
                {alert_badge(alert.kind, is_active)} {late} {level} {openings} {cell} {worst}
                <span class="muted small">"since " {alert.since.view()}</span>
                {ended}
                {noted.map(|words| view! { <span class="muted small">{words}</span> })}
            </div>
            {alert.note.map(|note| view! { <p class="prose small">{note}</p> })}
            <div class="row wrap">{acknowledge} {more} {resolve}</div>
        </article>
    }
    .into_any()
}

/// Closing by hand asks what was done; the fold is the one question before it, with what should be known first.
pub(super) fn resolve_form(
    id: String,
    kind: AlertType,
    action: ServerAction<ResolveAlert>,
    warning: Option<AnyView>,
) -> AnyView {
    let key = format!("note-{id}");
    let label = format!("What was done about “{}”?", alert_label(kind));
    view! {
        <details class="steps inline">
            <summary class="btn btn-sm">"Close by hand"</summary>
            {warning}
            <ActionForm action=action>
                <div class="stack tight">
                    <input type="hidden" name="id" value=id/>
                    <Field label=label name="note" id=key maxlength=2000u32 required=true/>
                    <div><button class="btn btn-primary btn-sm" type="submit">"Close the alert"</button></div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}

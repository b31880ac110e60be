//! An alert's own page: what is known of it, what can be done, and what happened.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::alerts::{AlertActions, PATH, Shown, alert_item};
use super::functions::{AcknowledgeAlert, AlertView, ResolveAlert, get_alert};
use super::looks::alert_label;
use crate::audit::history_link;
use crate::live::{Topic, use_live};
use crate::staff::{loaded, refused};
use crate::ui::{PageTitle, SkeletonRows, Timeline};

/// The page.
#[component]
pub fn AlertPage() -> impl IntoView {
    let live = use_live();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let acknowledge = ServerAction::<AcknowledgeAlert>::new();
    let resolve = ServerAction::<ResolveAlert>::new();
    let data = Resource::new(
        move || {
            let changes = (live.changes(Topic::Alerts), live.changes(Topic::Notices));
            (id.get(), changes, acknowledge.version().get(), resolve.version().get())
        },
        |(id, ..)| get_alert(id),
    );
    let refusals = move || {
        let acknowledge = acknowledge.value().get().and_then(Result::err);
        acknowledge.or(resolve.value().get().and_then(Result::err)).map(|error| refused(&error))
    };
    view! {
        <PageTitle text="Alert"/>
        {refusals}
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |view| show(view, acknowledge, resolve))}
    }
}

fn show(view: AlertView, acknowledge: ServerAction<AcknowledgeAlert>, resolve: ServerAction<ResolveAlert>) -> AnyView {
    let label = alert_label(view.alert.kind);
    let title = format!("{label}: {}", view.alert.cell);
    let actions = AlertActions {
        acknowledge: view.may_acknowledge.then_some(acknowledge),
        resolve: view.may_resolve.then_some(resolve),
    };
    let facts: Vec<_> = view
        .facts
        .into_iter()
        .map(|(label, words)| view! { <div><dt>{label}</dt><dd class="num">{words}</dd></div> })
        .collect();
    let timeline = (!view.timeline.is_empty()).then(|| {
        view! { <section class="panel"><h2>"What happened"</h2><Timeline items=view.timeline/></section> }
    });
    let history = history_link(view.may_audit, "alert", &view.alert.id);
    view! {
        <PageTitle text=title.clone()/>
        <div class="page-head"><h1>{title}</h1><div class="row wrap"><a class="btn" href=PATH>"All alerts"</a>{history}</div></div>
        <div class="stack">
            {alert_item(view.alert, actions, Shown::Alone)}
            <section class="panel"><h2>"Facts"</h2><dl class="facts">{facts}</dl></section>
            {timeline}
        </div>
    }
    .into_any()
}

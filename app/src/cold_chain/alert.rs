//! An alert's own page: what is known of it, what can be done, and what happened.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use officina::cold_chain::{AlertStatus, AlertType};

use super::alerts::{AlertActions, PATH, Shown, alert_item, resolve_form};
use super::functions::{AcknowledgeAlert, AlertView, MuteCell, PresentView, ResolveAlert, get_alert};
use super::looks::alert_label;
use super::mute::mute_form;
use crate::audit::history_link;
use crate::live::{Topic, use_live};
use crate::staff::{ActionForm, loaded, refused};
use crate::ui::{Alert, Chart, Icon, PageTitle, SkeletonRows, Timeline, Tone, icon};

/// The page.
#[component]
pub fn AlertPage() -> impl IntoView {
    let live = use_live();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let acknowledge = ServerAction::<AcknowledgeAlert>::new();
    let resolve = ServerAction::<ResolveAlert>::new();
    let mute = ServerAction::<MuteCell>::new();
    let data = Resource::new(
        move || {
            let changes = [Topic::Alerts, Topic::Notices, Topic::ColdChain].map(|topic| live.changes(topic));
            let done = [acknowledge.version(), resolve.version(), mute.version()];
            (id.get(), changes, done.map(|version| version.get()))
        },
        |(id, ..)| get_alert(id),
    );
    let refusals = move || {
        let answers = [acknowledge.value(), resolve.value(), mute.value()];
        let error = answers.into_iter().find_map(|answer| answer.get().and_then(Result::err));
        error.map(|error| refused(&error))
    };
    view! {
        <PageTitle text="Alert"/>
        {refusals}
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |view| show(view, acknowledge, resolve, mute))}
    }
}

fn show(
    view: AlertView,
    acknowledge: ServerAction<AcknowledgeAlert>,
    resolve: ServerAction<ResolveAlert>,
    mute: ServerAction<MuteCell>,
) -> AnyView {
    let label = alert_label(view.alert.kind);
    let title = format!("{label}: {}", view.alert.cell);
    let actions = AlertActions {
        acknowledge: view.may_acknowledge.then_some(acknowledge),
        resolve: view.may_resolve.then_some(resolve),
    };
    let is_active = view.alert.status == AlertStatus::Active;
    let is_noted = view.alert.acknowledged_by.is_some();
    let id = view.alert.id.clone();
    let acknowledge = actions.acknowledge.filter(|_| view.goes_on && !is_noted).map(|action| {
        view! {
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-primary btn-large" type="submit">{icon(Icon::Check)} "Acknowledge"</button>
            </ActionForm>
        }
    });
    let resolve = actions.resolve.filter(|_| is_active).map(|action| {
        let warning = view
            .cell
            .as_ref()
            .filter(|cell| is_still_so(view.alert.kind, cell))
            .map(|cell| still_so(cell, view.alert.cell_id.clone(), mute));
        resolve_form(view.alert.id.clone(), view.alert.kind, action, warning)
    });
    let (present, chart) = view.cell.map(present).unzip();
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
        <div class="page-head urgent"><h1>{title}</h1><div class="row wrap"><a class="btn" href=PATH>"All alerts"</a>{history}</div></div>
        <div class="stack">
            {alert_item(view.alert, actions, Shown::Alone)}
            <section class="panel stack">
                {present}
                // Before the curve, so that it is at hand on a phone.
                <div class="row wrap">{acknowledge} {resolve}</div>
                {chart}
            </section>
            <section class="panel"><h2>"Facts"</h2><dl class="facts">{facts}</dl></section>
            {timeline}
        </div>
    }
    .into_any()
}

/// How the cell stands, large enough to be read at arm's length, and its way there.
fn present(cell: PresentView) -> (AnyView, AnyView) {
    let class = if cell.is_outside { "now huge num outside" } else { "now huge num" };
    // What the alert is about comes first.
    let power = cell.power.map(|is_on| {
        let (class, words) = if is_on { ("now huge", "Power is on") } else { ("now huge outside", "Power is off") };
        view! { <span class=class>{words}</span> }
    });
    let measured = cell.at.map(|at| view! { <span class="muted small">"measured " {at.view()}</span> });
    let chart = (!cell.chart.points.is_empty()).then(|| view! { <Chart data=cell.chart/> });
    let now = view! {
        <div class="row wrap present">
            {power}
            <span class=class>{cell.temperature.unwrap_or_else(|| "–".to_owned())}</span>
            <span class="muted">"allowed " <span class="num">{cell.allowed}</span></span>
            {measured}
        </div>
    };
    (now.into_any(), chart.into_any())
}

/// Whether the next reading would open another alert, were this one closed. A device that is silent says nothing.
fn is_still_so(kind: AlertType, cell: &PresentView) -> bool {
    match kind {
        AlertType::HighTemp | AlertType::LowTemp => cell.is_outside,
        AlertType::PowerLoss | AlertType::DoorOpen | AlertType::LowBattery => true,
        AlertType::SensorError => false,
    }
}

/// What should be known before an alert is closed that would open again.
fn still_so(cell: &PresentView, id: String, mute: ServerAction<MuteCell>) -> AnyView {
    let now = cell.temperature.clone().filter(|_| cell.is_outside);
    let words = match now {
        Some(now) => format!("It is still {now}: the next reading opens a new alert."),
        None => "It is still so: the next reading opens a new alert.".to_owned(),
    };
    let instead = (!cell.is_muted).then(|| mute_form(id, mute));
    view! {
        <Alert tone=Tone::Warning title=words>
            <div class="stack tight">
                <p>"Whoever works on it is better served by an acknowledgement, and by muted notices until it is done."</p>
                {instead}
            </div>
        </Alert>
    }
    .into_any()
}

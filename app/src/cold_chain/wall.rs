//! The wall display: what is wrong, as large as can be, on a screen that nobody touches.

use leptos::prelude::*;

use super::functions::{AlertRow, CellRow, Condition, WallView, get_wall};
use super::looks::{alert_icon, alert_label};
use crate::live::{Topic, use_live};
use crate::staff::loaded;
use crate::ui::{Icon, PageTitle, ReloadWithoutScript, SkeletonRows, icon};

/// The page. It covers the frame around it, and says so loudly when what it shows may be old.
#[component]
pub fn WallPage() -> impl IntoView {
    let live = use_live();
    let last = StoredValue::new(None::<WallView>);
    let failed = RwSignal::new(false);
    // What was seen last stays up when the server cannot be reached: old is better than nothing, if it says that it is old.
    let fetch = move |_| async move {
        let answer = get_wall().await;
        let kept = last.get_value().filter(|_| answer.as_ref().is_err_and(|error| error.status >= 500));
        failed.set(kept.is_some());
        kept.map_or(answer, Ok)
    };
    let data = Resource::new(move || (live.changes(Topic::ColdChain), live.changes(Topic::Alerts)), fetch);
    let is_old = move || !live.is_on.get() || failed.get();
    let show = move |view: WallView| {
        last.set_value(Some(view.clone()));
        show(view)
    };
    view! {
        <PageTitle text="Wall display"/>
        <ReloadWithoutScript seconds=15/>
        <div class="wall" class:stale=is_old>
            <p class="stale-note" role="alert">
                {move || is_old().then_some("Not live. What you see may be old.")}
            </p>
            {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), show)}
        </div>
    }
}

fn show(view: WallView) -> AnyView {
    let alarm = view.active > 0;
    let alerts: Vec<_> = view.alerts.into_iter().map(alert).collect();
    let more = view.more_alerts.map(|words| view! { <p class="more">{words}</p> });
    let cells: Vec<_> = view.cells.into_iter().map(cell).collect();
    let more_cells = view.more_cells.map(|words| view! { <p class="more">{words}</p> });
    let numbers = [(view.active, "active alerts"), (view.cold_cells, "cold cells"), (view.customers, "customers")]
        .map(|(number, words)| view! { <span><strong class="num">{number}</strong> " " {words}</span> })
        .collect_view();
    let head = match view.uneasy {
        _ if alarm => view! { <h1 class="alarm">{icon(Icon::Bell)} {view.headline}</h1> }.into_any(),
        0 => view! { <h1 class="calm">{icon(Icon::Check)} "All is well"</h1> }.into_any(),
        1 => view! { <h1>{icon(Icon::Warning)} "1 cell is not as it should be"</h1> }.into_any(),
        more => view! { <h1>{icon(Icon::Warning)} {format!("{more} cells are not as they should be")}</h1> }.into_any(),
    };
    view! {
        <header>
            {head}
            <p class="numbers">{numbers}</p>
            <p class="muted">
                "As of " <span class="num">{view.as_of}</span> " · " <a class="link" href="/app/cold-chain">"Leave the display"</a>
            </p>
        </header>
        <ul class="alerts">{alerts}</ul>
        {more}
        <ul class="cells">{cells}</ul>
        {more_cells}
    }
    .into_any()
}

fn alert(alert: AlertRow) -> AnyView {
    let seen = alert.acknowledged_by.is_some();
    let note = if seen { "somebody is on it" } else { "nobody has reacted" };
    view! {
        <li class:seen=seen>
            <strong>{alert.cell}</strong>
            <span>{alert.location}</span>
            <span>{icon(alert_icon(alert.kind))} {alert_label(alert.kind)}</span>
            <span class="num">{alert.worst}</span>
            <span>{alert.since.view()}</span>
            <span class="small">{note}</span>
        </li>
    }
    .into_any()
}

fn cell(cell: CellRow) -> AnyView {
    let (class, words) = match cell.condition() {
        Condition::Alert => ("alarm", "Alert"),
        Condition::Out => ("silent", "Beyond its limits"),
        Condition::Silent => ("silent", "Silent"),
        Condition::InOrder => ("", ""),
    };
    let now = cell.temperature.unwrap_or_else(|| "–".to_owned());
    view! {
        <li class=class>
            <span class="clip">{cell.name}</span>
            <span class="clip small">{cell.location}</span>
            <strong class="num">{now}</strong>
            <span class="small">{words}</span>
        </li>
    }
    .into_any()
}

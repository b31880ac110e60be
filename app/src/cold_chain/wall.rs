//! The wall display: what is wrong, as large as can be, on a screen that nobody touches.

use leptos::prelude::*;

use super::functions::{AlertRow, CellRow, Condition, WallView, get_wall};
use super::looks::{NO_READINGS, alert_icon, alert_label};
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
    let kinds = |cell: &CellRow| {
        let mut kinds: Vec<&str> = Vec::new();
        for alert in view.alerts.iter().filter(|alert| alert.cell_id == cell.id) {
            let label = alert_label(alert.kind);
            if !kinds.contains(&label) {
                kinds.push(label);
            }
        }
        kinds.join(", ")
    };
    let columns = format!("--columns: {}", columns(view.cells.len()));
    let show_cell = |row: CellRow| {
        let kinds = kinds(&row);
        cell(row, kinds)
    };
    let cells: Vec<_> = view.cells.into_iter().map(show_cell).collect();
    let alerts: Vec<_> = view.alerts.into_iter().map(alert).collect();
    let more = view.more_alerts.map(|words| view! { <p class="more">{words}</p> });
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
            <div>
                {head}
                <p class="numbers">{numbers}</p>
                <p class="muted row wrap">
                    <span>"As of " <span class="num">{view.as_of.clone()}</span></span>
                    <a class="link" href="/app/cold-chain">"Leave the display"</a>
                    {full_screen()}
                </p>
            </div>
            {clock(view.as_of, view.local_ms)}
        </header>
        <ul class="alerts">{alerts}</ul>
        {more}
        <ul class="cells" style=columns>{cells}</ul>
        {more_cells}
    }
    .into_any()
}

/// Columns for so many cells on a screen that is wider than high, so that a cell is about twice as wide as high.
fn columns(cells: usize) -> usize {
    (1..=12).find(|columns| columns * columns >= cells).unwrap_or(12)
}

/// The time of day, from across the room. It goes on by itself from what the server says, whatever the clock of the screen's
/// machine says, and only while there is a script to move it.
fn clock(as_of: String, local_ms: i64) -> AnyView {
    let shown = RwSignal::new(as_of);
    Effect::new(move |_| keep_time(shown, local_ms));
    view! { <p class="clock num" aria-hidden="true">{move || shown.get()}</p> }.into_any()
}

/// Moves a clock once a second, until what shows it is gone.
#[cfg(feature = "hydrate")]
fn keep_time(shown: RwSignal<String>, local_ms: i64) {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2⁵³")]
    let ahead = local_ms as f64 - js_sys::Date::now();
    let tick = move || {
        #[expect(clippy::cast_possible_truncation, reason = "minutes since 1970")]
        let minutes = ((js_sys::Date::now() + ahead) / 60_000.0).floor() as i64;
        let words = format!("{:02}:{:02}", minutes.div_euclid(60).rem_euclid(24), minutes.rem_euclid(60));
        if shown.try_get_untracked().is_some_and(|known| known != words) {
            shown.set(words);
        }
    };
    if let Ok(handle) = set_interval_with_handle(tick, std::time::Duration::from_secs(1)) {
        on_cleanup(move || handle.clear());
    }
}

#[cfg(not(feature = "hydrate"))]
const fn keep_time(_: RwSignal<String>, _: i64) {}

/// The button that gives the display the whole screen. The browser gives it to scripts alone.
fn full_screen() -> AnyView {
    let is_ready = RwSignal::new(false);
    Effect::new(move |_| is_ready.set(true));
    view! {
        <button class="btn whole-screen" type="button" hidden=move || !is_ready.get() on:click=|_| fill_screen()>
            "Full screen"
        </button>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
fn fill_screen() {
    // A browser that refuses says so itself.
    let _ = document().document_element().map(|page| page.request_fullscreen());
}

#[cfg(not(feature = "hydrate"))]
const fn fill_screen() {}

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
            <span>{note}</span>
        </li>
    }
    .into_any()
}

/// A cell, with what its alerts are about where that is known.
fn cell(cell: CellRow, kinds: String) -> AnyView {
    let (class, words) = match cell.condition() {
        // One of those that there is no room for.
        Condition::Alert if kinds.is_empty() => ("alarm", "Alert".to_owned()),
        Condition::Alert => ("alarm", kinds),
        Condition::Out => ("silent", "Beyond its limits".to_owned()),
        Condition::Silent if cell.at.is_none() => ("silent", NO_READINGS.to_owned()),
        Condition::Silent => ("silent", "Silent".to_owned()),
        Condition::InOrder => ("", String::new()),
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

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn cells_fill_a_wide_screen() {
        let all: Vec<usize> = [0, 1, 2, 4, 5, 9, 12, 60, 500].into_iter().map(columns).collect();
        assert_eq!(all, [1, 1, 2, 2, 3, 3, 4, 8, 12]);
    }
}

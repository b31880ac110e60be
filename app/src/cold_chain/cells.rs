//! The list of cold cells and a cell's page.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::alerts::{Shown, alert_items};
use super::devices::{battery, head, policy_tab, state as device_state, tabs_with};
use super::fields::Filling;
use super::functions::{
    AcknowledgeAlert, AlertRow, CellQuery, CellRow, CellView, CellsView, Condition, DeviceRow, EndMaintenance,
    MuteCell, ResolveAlert, StartMaintenance, UnmuteCell, get_cell, list_cells,
};
use super::looks::{NO_READINGS, alert_label};
use super::maintenance::{MaintenanceActions, maintenance_badge, maintenance_panel};
use super::mute::{MuteActions, mute_panel};
use super::place::href as place_href;
use crate::audit::history_link;
use crate::live::{Topic, use_live};
use crate::sent::{Answered, calls};
use crate::staff::{followed, loaded, refused};
use crate::ui::{
    ApplyFilters, Badge, Chart, Column, EmptyState, Field, FilterForm, Icon, PageTitle, Pager, PastTheEnd,
    SkeletonRows, Table, Timeline, Tone, address, icon,
};

/// Where the cells are.
pub(super) const PATH: &str = "/app/cold-chain";
/// Where places and cells are made.
pub(super) const ADD: &str = "/app/cold-chain/add";
/// The ranges of the chart: the word in the address, and what people read.
const RANGES: [(&str, &str); 3] = [("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days")];

/// The list of cells.
#[component]
pub fn ColdChainPage() -> impl IntoView {
    let live = use_live();
    let map = use_query_map();
    let query = Memo::new(move |_| {
        let map = map.read();
        let value = |name| map.get(name).filter(|value| !value.is_empty());
        CellQuery {
            search: value("search"),
            customer: value("customer"),
            place: value("place"),
            cursor: value("cursor"),
        }
    });
    let data = Resource::new(
        move || (query.get(), live.changes(Topic::ColdChain), live.changes(Topic::Alerts)),
        |(query, ..)| list_cells(query),
    );
    view! {
        <PageTitle text="Cold chain"/>
        <div class="page-head"><h1>"Cold chain"</h1></div>
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |page| list(page, &query.get_untracked()))}
    }
}

fn list(page: CellsView, query: &CellQuery) -> AnyView {
    let is_filtered = [&query.search, &query.customer, &query.place].into_iter().any(Option::is_some);
    let policy = page.may_say_who.then(|| policy_tab(PATH)).into_any();
    let add = page.may_add.then(|| view! { <a class="btn btn-primary" href=ADD>"Add a cell"</a> });
    let head = page
        .sees_fleet
        .then(|| view! { <div class="spread wrap">{tabs_with(PATH, policy)} {add}</div> {filter(query)} });
    let whose = page.customer.map(|name| {
        view! { <p><strong>{name}</strong> " · " <a class="link" href=PATH>"Show the cells of all customers"</a></p> }
    });
    let at = |cursor| {
        let [search, customer, place] = [&query.search, &query.customer, &query.place].map(Option::as_deref);
        address(PATH, &[("search", search), ("customer", customer), ("place", place), ("cursor", cursor)])
    };
    let first = query.cursor.is_some().then(|| at(None));
    let cells = if page.rows.is_empty() {
        let empty = if let Some(first) = first {
            view! { <PastTheEnd first=first/> }.into_any()
        } else if is_filtered {
            view! {
                <EmptyState symbol=Icon::Search title="Nothing matches" text="No cell is like that.">
                    <a class="btn" href=PATH>"Show all cells"</a>
                </EmptyState>
            }
            .into_any()
        } else if page.sees_fleet {
            let text = "A cell stands at a place and has a device that measures it.";
            view! { <EmptyState symbol=Icon::Snow title="No cold cells yet" text=text/> }.into_any()
        } else {
            let text = "Your cold cells appear here as soon as we measure them for you.";
            view! { <EmptyState symbol=Icon::Snow title="No cold cells yet" text=text/> }.into_any()
        };
        view! { <div class="panel">{empty}</div> }.into_any()
    } else {
        let next = page.next.as_deref().map(|cursor| at(Some(cursor)));
        view! {
            {table(page.rows, page.sees_fleet)}
            <Pager extent=page.extent what="cells" first=first next=next/>
        }
        .into_any()
    };
    // The field that is typed into stays the same element, whatever is found.
    view! { <div class="stack">{head} {whose} {cells}</div> }.into_any()
}

/// Cells, and for those who may go there the way to the places where they stand.
pub(super) fn table(cells: Vec<CellRow>, has_places: bool) -> AnyView {
    let columns = ["Cell", "Temperature", "State", "Allowed", "Location", "Measured"].map(Column::plain).to_vec();
    let rows: Vec<_> = cells.into_iter().map(|cell| row(cell, has_places)).collect();
    view! { <Table caption="Cold cells" columns=columns two_lines=true>{rows}</Table> }.into_any()
}

fn filter(query: &CellQuery) -> AnyView {
    let search = query.search.clone().unwrap_or_default();
    let customer = query.customer.clone().map(|id| view! { <input type="hidden" name="customer" value=id/> });
    let place = query.place.clone().map(|id| view! { <input type="hidden" name="place" value=id/> });
    view! {
        <FilterForm action=PATH>
            <input class="input grow" type="search" name="search" value=search
                placeholder="Cell, place, customer" aria-label="Search"/>
            {customer} {place}
            <ApplyFilters/>
        </FilterForm>
    }
    .into_any()
}

/// Whether all is well in a cell.
fn state(cell: &CellRow) -> AnyView {
    let (tone, symbol, words) = match cell.condition() {
        Condition::Alert if cell.active_alerts == 1 => (Tone::Danger, Icon::Bell, "1 alert".to_owned()),
        Condition::Alert => (Tone::Danger, Icon::Bell, format!("{} alerts", cell.active_alerts)),
        Condition::Out => (Tone::Warning, Icon::Warning, "Beyond its limits".to_owned()),
        Condition::Silent if cell.at.is_none() => (Tone::Neutral, Icon::Clock, NO_READINGS.to_owned()),
        Condition::Silent => (Tone::Warning, Icon::Warning, "Silent".to_owned()),
        Condition::InOrder => (Tone::Success, Icon::Check, "In order".to_owned()),
    };
    view! { <Badge tone=tone symbol=symbol label=words/> }.into_any()
}

fn temperature(cell: &CellRow) -> String {
    cell.temperature.clone().unwrap_or_else(|| "–".to_owned())
}

/// The name of a place, which leads there.
fn place(cell: &CellRow, has_page: bool) -> AnyView {
    let name = cell.location.clone();
    if has_page {
        view! { <a class="link" href=place_href(&cell.location_id)>{name}</a> }.into_any()
    } else {
        view! { <span>{name}</span> }.into_any()
    }
}

fn row(cell: CellRow, has_places: bool) -> AnyView {
    let location = place(&cell, has_places);
    let (now, state) = (temperature(&cell), state(&cell));
    let maintenance = cell.maintenance.filter(|known| known.runs).as_ref().map(maintenance_badge);
    view! {
        <tr>
            <td class="head"><a class="main" href=format!("{PATH}/cells/{}", cell.id)>{cell.name}</a></td>
            <td data-label="Temperature" class="num below loud"><strong>{now}</strong></td>
            <td data-label="State" class="state">{state} {maintenance}</td>
            <td data-label="Allowed" class="num muted">{cell.allowed}</td>
            <td data-label="Location" class="below">{location}</td>
            <td data-label="Measured" class="num muted last">{cell.at.map(crate::moment::Moment::view)}</td>
        </tr>
    }
    .into_any()
}

/// A cell's page.
#[component]
pub fn ColdCellPage() -> impl IntoView {
    let live = use_live();
    let params = use_params_map();
    let map = use_query_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let range = Memo::new(move |_| map.read().get("range").unwrap_or_default());
    live.open_cell(id);
    let acknowledge = ServerAction::<AcknowledgeAlert>::new();
    let resolve = ServerAction::<ResolveAlert>::new();
    let (start, end) = (ServerAction::<StartMaintenance>::new(), ServerAction::<EndMaintenance>::new());
    let (mute, unmute) = (ServerAction::<MuteCell>::new(), ServerAction::<UnmuteCell>::new());
    let data = Resource::new(
        move || {
            let changes = (live.changes(Topic::ColdChain), live.changes(Topic::Alerts), live.readings());
            let alerts = [acknowledge.version(), resolve.version()];
            let done = [start.version(), end.version(), mute.version(), unmute.version()];
            (id.get(), range.get(), changes, alerts.map(|version| version.get()), done.map(|version| version.get()))
        },
        |(id, range, ..)| get_cell(id, range),
    );
    let kept = StoredValue::new(None::<(String, Answered)>);
    let refusals = move || {
        let answers = [acknowledge.value(), resolve.value(), start.value(), end.value(), mute.value(), unmute.value()];
        let error = answers.into_iter().find_map(|answer| answer.get().and_then(Result::err));
        error.map(|error| refused(&error))
    };
    let (maintenance, muting) = (MaintenanceActions { start, end }, MuteActions { mute, unmute });
    view! {
        {refusals}
        {followed(
            data,
            || view! { <SkeletonRows rows=10/> }.into_any(),
            move |shown| {
                let view = Signal::derive(move || {
                    shown.get().map(|(mut view, _)| {
                        keep_key(&mut view, kept);
                        view
                    })
                });
                let top = move || view.get().map(top);
                let above = move || view.get().map(|view| above(view, maintenance, muting));
                let rows = Memo::new(move |_| view.get().map(|view| view.alerts).unwrap_or_default());
                let may = Memo::new(move |_| {
                    view.get().map(|view| (view.may_acknowledge, view.may_resolve)).unwrap_or_default()
                });
                let has_alerts = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
                let alerts = move || {
                    has_alerts.get().then(|| alert_items(rows, may, acknowledge, resolve, Shown::AtCell))
                };
                let below = move || view.get().map(|view| below(view, map.read_untracked().get("report")));
                view! { {top} <div class="stack">{above} {alerts} {below}</div> }.into_any()
            },
        )}
    }
}

/// What cell it is, and how it stands.
fn top(view: CellView) -> AnyView {
    let cell = view.cell;
    let title = cell.name.clone();
    let (now, badge) = (temperature(&cell), state(&cell));
    let location = place(&cell, view.sees_fleet);
    let customer = view.customer.map(|name| view! { <span class="muted">{name}</span> });
    let muted = cell.muted.map(|words| view! { <Badge symbol=Icon::Bell label=words/> });
    view! {
        <PageTitle text=title/>
        <div class="page-head">
            <div class="row wrap"><h1>{cell.name}</h1>{location}{customer}</div>
            <div class="row wrap"><span class="now num">{now}</span>{badge}{muted}</div>
        </div>
    }
    .into_any()
}

/// What came of a form, and what can be done about the cell.
fn above(view: CellView, maintenance: MaintenanceActions, muting: MuteActions) -> AnyView {
    let cell = view.cell;
    let answered = view.of_device.as_ref().map(Answered::above);
    let history = history_link(view.may_audit, "cold_cell", &cell.id);
    let change = view.may_change.then(|| {
        let edit = format!("{PATH}/cells/{}/edit", cell.id);
        view! { <a class="btn" href=edit>{icon(Icon::Wrench)} "Change this cell"</a> }
    });
    // What goes on has a panel; what may begin is a button beside the others.
    let (is_known, is_muted) = (cell.maintenance.is_some(), !view.silences.is_empty());
    let maintenance = view.may_change.then_some(maintenance);
    let maintenance = maintenance_panel(cell.id.clone(), cell.maintenance, maintenance);
    let (maintained, maintain) = if is_known { (maintenance, None) } else { (None, maintenance) };
    let muting = view.may_mute.then(|| mute_panel(cell.id, view.silences, muting));
    let (muted, mute) = if is_muted { (muting, None) } else { (None, muting) };
    let offers_any = change.is_some() || history.is_some() || maintain.is_some() || mute.is_some();
    let actions =
        offers_any.then(|| view! { <div class="row wrap actions">{change} {maintain} {mute} {history}</div> });
    view! { {answered} {actions} {maintained} {muted} }.into_any()
}

/// What was measured, by what, and what was.
fn below(view: CellView, refused_month: Option<String>) -> AnyView {
    let cell = view.cell;
    let path = format!("{PATH}/cells/{}", cell.id);
    let ranges: Vec<_> = RANGES
        .into_iter()
        .map(|(word, words)| {
            let current = (word == view.range).then_some("page");
            view! { <a href=address(&path, &[("range", Some(word))]) aria-current=current>{words}</a> }
        })
        .collect();
    let fact = |label: &'static str, value: Option<String>| {
        let value = value.unwrap_or_else(|| "–".to_owned());
        view! { <div><dt>{label}</dt><dd class="num">{value}</dd></div> }
    };
    let chart = if view.chart.points.is_empty() && cell.at.is_none() {
        let text = "They appear here as soon as a device of this cell sends one.";
        view! { <EmptyState symbol=Icon::Thermometer title=NO_READINGS text=text/> }.into_any()
    } else if view.chart.points.is_empty() {
        view! { <EmptyState symbol=Icon::Thermometer title="No readings in this range" text="Try a longer one."/> }
            .into_any()
    } else {
        view! { <Chart data=view.chart/> }.into_any()
    };
    let many = view.may_add_many;
    let add =
        view.of_device.as_ref().map(|answered| add_device(cell.id.clone(), view.devices.is_empty(), many, answered));
    let devices: Vec<_> = view.devices.into_iter().map(device).collect();
    let columns = ["Device", "State", "Power", "Door", "Battery", "Heard of"].map(Column::plain).to_vec();
    let past = past_alerts(&cell.id, view.past);
    view! {
        <section class="panel stack">
            <div class="spread wrap"><h2>"Temperature"</h2><nav class="segments" aria-label="Range">{ranges}</nav></div>
            {chart}
            <dl class="facts">
                {fact("Lowest", view.lowest)}
                {fact("Average", view.average)}
                {fact("Highest", view.highest)}
                <div><dt>"Allowed"</dt><dd class="num">{cell.allowed}</dd></div>
                <div><dt>"Readings"</dt><dd class="num">{view.readings}</dd></div>
            </dl>
        </section>
        {report_form(&path, view.month, refused_month)}
        <section class="stack tight"><h2>"Devices"</h2><Table caption="Devices" columns=columns>{devices}</Table></section>
        {add}
        {past}
        <section class="panel"><h2>"What was changed"</h2><Timeline items=view.timeline/></section>
    }
    .into_any()
}

/// A key that is shown this once stays on the page when the page is fetched anew, because something else has happened.
fn keep_key(view: &mut CellView, kept: StoredValue<Option<(String, Answered)>>) {
    match (&mut view.of_device, kept.get_value()) {
        (Some(answered), _) if answered.fresh.is_some() => {
            kept.set_value(Some((view.cell.id.clone(), answered.clone())));
        }
        (Some(answered), Some((id, before))) if id == view.cell.id => *answered = before,
        _ => {}
    }
}

/// One device more. Many are made from a table.
fn add_device(id: String, is_open: bool, may_add_many: bool, answered: &Answered) -> AnyView {
    let filling = Filling::of(answered);
    let page = format!("{PATH}/cells/{id}");
    let many = may_add_many.then(|| {
        view! { <a class="btn btn-ghost" href=super::devices::ADD>"Add many from a table"</a> }
    });
    view! {
        <section class="panel">
            <details class="fold" open=is_open || answered.refused.is_some()>
                <summary><h2>"Add a device"</h2> {icon(Icon::Chevron)}</summary>
                <form method="post" action=page>
                    {calls("cold-chain/create-device")}
                    <input type="hidden" name="cell" value=id/>
                    <div class="stack">
                        <div class="fields two">
                            <Field label="Serial number" name="serial" value=filling.value("serial", "") required=true maxlength=64u32
                                autocapitalize="none" hint="As it stands on the case." error=filling.error("serialNumber")/>
                            <Field label="Name" name="device_name" value=filling.value("device_name", "") maxlength=120u32
                                optional_word="optional" error=filling.error("name")/>
                        </div>
                        <div class="row wrap">
                            <button class="btn btn-primary" type="submit">"Add the device"</button>
                            {many}
                        </div>
                    </div>
                </form>
            </details>
        </section>
    }
    .into_any()
}

/// The newest alerts that are over, and the way to all of them.
fn past_alerts(id: &str, past: Vec<AlertRow>) -> Option<AnyView> {
    if past.is_empty() {
        return None;
    }
    let all = address(super::alerts::PATH, &[("resolved", Some("1")), ("cell", Some(id))]);
    let columns = ["Alert", "Worst", "Since", "Over"].map(Column::plain).to_vec();
    let rows: Vec<_> = past
        .into_iter()
        .map(|alert| {
            view! {
                <tr>
                    <td class="head"><a class="main" href=alert.href()>{alert_label(alert.kind)}</a></td>
                    <td data-label="Worst" class="num">{alert.worst}</td>
                    <td data-label="Since" class="num muted">{alert.since.view()}</td>
                    <td data-label="Over" class="num muted">{alert.until.map(crate::moment::Moment::view)}</td>
                </tr>
            }
        })
        .collect();
    let section = view! {
        <section class="stack tight">
            <div class="spread wrap"><h2>"Past alerts"</h2><a class="btn btn-sm" href=all>"All alerts of this cell"</a></div>
            <Table caption="Past alerts" columns=columns>{rows}</Table>
        </section>
    };
    Some(section.into_any())
}

/// The report of a month, for the inspector. A month that there is no report of comes back with the address.
fn report_form(page: &str, latest: String, refused: Option<String>) -> AnyView {
    let file = |ending: &str| format!("{page}/report/{ending}");
    // Not every browser has a field for months: then it is typed.
    let error = refused.as_ref().map(|_| "This must be a month such as 2026-11 that has begun.".to_owned());
    view! {
        <section class="panel" id="report">
            <h2>"HACCP report"</h2>
            <form method="get" action=file("pdf") class="row wrap">
                <Field label="Month" name="month" kind="month" value=refused.unwrap_or_else(|| latest.clone()) max=latest
                    required=true error=error hint="What was measured, every alert and who did what."/>
                <button class="btn" type="submit">"On paper (PDF)"</button>
                <button class="btn" type="submit" formaction=file("csv")>"As a table (CSV)"</button>
            </form>
        </section>
    }
    .into_any()
}

fn device(device: DeviceRow) -> AnyView {
    let power = device.power.map(|power| if power { "On" } else { "Off" });
    let door = device.door_open.map(|open| if open { "Open" } else { "Closed" });
    view! {
        <tr>
            {head(&device)}
            <td data-label="State">{device_state(&device)}</td>
            <td data-label="Power">{power}</td>
            <td data-label="Door">{door}</td>
            <td data-label="Battery" class="num">{battery(&device)}</td>
            <td data-label="Heard of" class="num muted">{device.last_seen.map(crate::moment::Moment::view)}</td>
        </tr>
    }
    .into_any()
}

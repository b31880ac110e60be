//! The list of devices, and a device's page, which says how to set the device up.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use officina::kernel::permission::Permission;

use super::fields::{Filling, choose};
use super::functions::{
    CHECKS, Choice, DeviceQuery, DeviceRow, DeviceView, DevicesView, NO_KEY, STORES, get_device, list_devices, with_key,
};
use crate::audit::history_link;
use crate::live::{Topic, use_live};
use crate::sent::{calls, copied};
use crate::staff::{loaded, permitted};
use crate::ui::{
    ApplyFilters, Badge, Column, EmptyState, Field, FilterForm, Icon, MoreFilters, PageTitle, Pager, PastTheEnd,
    Select, SkeletonRows, Table, Tone, address, icon,
};

/// Where the devices are.
pub(super) const PATH: &str = "/app/cold-chain/devices";
/// Where devices are made in bulk.
pub(super) const ADD: &str = "/app/cold-chain/devices/add";
/// Which devices are shown: the word in the address, and what people read.
const CONDITIONS: [(&str, &str); 6] = [
    ("", "All in service"),
    ("silent", "Silent"),
    ("low_battery", "Low battery"),
    ("clock_wrong", "Clock not right or behind"),
    ("never_seen", "Never heard of"),
    ("retired", "Out of service"),
];
/// How long the old key may go on working: minutes, and words.
const GRACES: [(&str, &str); 4] = [("0", "Not at all"), ("60", "An hour"), ("1440", "A day"), ("10080", "A week")];

/// The way between the pages of the cold chain.
pub(super) fn tabs(here: &'static str) -> AnyView {
    tabs_with(here, permitted(Permission::SettingsManage, move || policy_tab(here)))
}

/// The same with the last of them, for those who may go there: within an answer it is known already who that is.
pub(super) fn tabs_with(here: &'static str, policy: AnyView) -> AnyView {
    view! {
        <nav class="segments" aria-label="Cold chain">
            {tab(here, super::customers::PATH, Icon::Person, "Customers")} {tab(here, super::cells::PATH, Icon::Snow, "Cells")}
            {tab(here, PATH, Icon::Plug, "Devices")} {tab(here, "/app/cold-chain/wall", Icon::Board, "Wall display")} {policy}
        </nav>
    }
    .into_any()
}

/// The way to who is told of alerts.
pub(super) fn policy_tab(here: &'static str) -> AnyView {
    tab(here, super::policy::PATH, Icon::Bell, "Who is told")
}

fn tab(here: &'static str, href: &'static str, symbol: Icon, words: &'static str) -> AnyView {
    let current = (href == here).then_some("page");
    view! { <a href=href aria-current=current>{icon(symbol)} {words}</a> }.into_any()
}

/// The list of devices.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let live = use_live();
    let map = use_query_map();
    let query = Memo::new(move |_| {
        let map = map.read();
        let value = |name| map.get(name).filter(|value| !value.is_empty());
        DeviceQuery { search: value("search"), status: value("status"), cursor: value("cursor") }
    });
    let data = Resource::new(move || (query.get(), live.changes(Topic::ColdChain)), |(query, _)| list_devices(query));
    view! {
        <PageTitle text="Devices"/>
        <div class="page-head"><h1>"Devices"</h1>{tabs(PATH)}</div>
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |page| list(page, &query.get_untracked()))}
    }
}

fn list(page: DevicesView, query: &DeviceQuery) -> AnyView {
    let search = query.search.as_deref();
    let words = search.unwrap_or_default().to_owned();
    let status = query.status.as_deref();
    let conditions: Vec<_> = CONDITIONS
        .into_iter()
        .map(|(word, words)| {
            view! { <option value=word selected={word == status.unwrap_or_default()}>{words}</option> }
        })
        .collect();
    let chosen = usize::from(status.is_some());
    let filter = view! {
        <FilterForm action=PATH>
            <input class="input grow" type="search" name="search" value=words
                placeholder="Serial number, name, cell, place" aria-label="Search"/>
            <MoreFilters count=chosen>
                <select class="select" name="status" aria-label="Which devices">{conditions}</select>
                <ApplyFilters/>
            </MoreFilters>
        </FilterForm>
    };
    let at = |cursor| address(PATH, &[("search", search), ("status", status), ("cursor", cursor)]);
    let first = query.cursor.is_some().then(|| at(None));
    let may = page.may_manage;
    let add = move || may.then(|| view! { <div><a class="btn btn-primary" href=ADD>"Add devices"</a></div> });
    if page.rows.is_empty() && first.is_none() && search.is_none() && status.is_none() {
        return view! {
            <div class="panel">
                <EmptyState symbol=Icon::Plug title="No devices yet" text="Each cold cell needs one that measures it.">
                    {add()}
                </EmptyState>
            </div>
        }
        .into_any();
    }
    let devices = if let Some(first) = first.clone().filter(|_| page.rows.is_empty()) {
        view! { <div class="panel"><PastTheEnd first=first/></div> }.into_any()
    } else if page.rows.is_empty() {
        view! {
            <div class="panel">
                <EmptyState symbol=Icon::Search title="Nothing matches" text="No device is like that.">
                    <a class="btn" href=PATH>"Show all devices"</a>
                </EmptyState>
            </div>
        }
        .into_any()
    } else {
        let next = page.next.as_deref().map(|cursor| at(Some(cursor)));
        let columns = ["Device", "Cell", "State", "Firmware", "Battery", "Heard of"].map(Column::plain).to_vec();
        let add = add();
        let rows: Vec<_> = page.rows.into_iter().map(row).collect();
        view! {
            {add}
            <Table caption="Devices" columns=columns two_lines=true>{rows}</Table>
            <Pager extent=page.extent what="devices" first=first next=next/>
        }
        .into_any()
    };
    // The field that is typed into stays the same element, whatever is found.
    view! { <div class="stack">{filter} {devices}</div> }.into_any()
}

fn row(device: DeviceRow) -> AnyView {
    view! {
        <tr>
            {head(&device)}
            <td data-label="Cell" class="below"><a class="link" href=device.cell_href.clone()>{device.cell.clone()}</a></td>
            <td data-label="State" class="state">{state(&device)}</td>
            <td data-label="Firmware" class="muted">{device.firmware.clone()}</td>
            <td data-label="Battery" class="num below">{battery(&device)}</td>
            <td data-label="Heard of" class="num muted last">{device.last_seen.map(crate::moment::Moment::view)}</td>
        </tr>
    }
    .into_any()
}

/// The first cell of a device's row.
pub(super) fn head(device: &DeviceRow) -> AnyView {
    let (serial, name) = (device.serial_number.clone(), device.name.clone());
    let serial = match device.href.clone() {
        Some(href) => view! { <a class="main mono" href=href>{serial}</a> }.into_any(),
        None => view! { <span class="mono">{serial}</span> }.into_any(),
    };
    view! { <td class="head">{serial} " " <span class="muted">{name}</span></td> }.into_any()
}

/// Whether a device is heard of, and whether its clock is right.
pub(super) fn state(device: &DeviceRow) -> AnyView {
    if device.retired.is_some() {
        return view! { <Badge symbol=Icon::Cross label="Out of service"/> }.into_any();
    }
    let online = if device.is_online {
        view! { <Badge tone=Tone::Success symbol=Icon::Check label="Online"/> }
    } else if device.last_seen.is_none() {
        view! { <Badge symbol=Icon::Clock label="Never heard of"/> }
    } else {
        view! { <Badge tone=Tone::Warning symbol=Icon::Warning label="Silent"/> }
    };
    let warn = |label| view! { <Badge tone=Tone::Warning symbol=Icon::Warning label=label/> };
    let clock = device.is_clock_wrong.then(|| warn("Clock wrong"));
    let behind = device.is_behind.then(|| warn("Sends old readings"));
    view! { {online} " " {clock} " " {behind} }.into_any()
}

/// The charge in words.
pub(super) fn battery(device: &DeviceRow) -> Option<String> {
    device.battery.map(|charge| format!("{charge:.0} %"))
}

/// A device's page.
#[component]
pub fn DevicePage() -> impl IntoView {
    let live = use_live();
    let params = use_params_map();
    let map = use_query_map();
    let asked = Memo::new(move |_| {
        let query = |name| map.read().get(name).unwrap_or_default();
        (params.read().get("id").unwrap_or_default(), query("cell"), query("search"))
    });
    let data = Resource::new(
        move || (asked.get(), live.changes(Topic::ColdChain)),
        |((id, cell, search), _)| get_device(id, cell, search),
    );
    let kept = StoredValue::new(None::<DeviceView>);
    view! {
        <PageTitle text="Device"/>
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |view| show(keep_key(view, kept)))}
    }
}

/// A key that is shown this once stays on the page when the page is fetched anew, because something else has happened.
fn keep_key(mut view: DeviceView, kept: StoredValue<Option<DeviceView>>) -> DeviceView {
    if view.of_key.fresh.is_some() {
        kept.set_value(Some(view.clone()));
    } else if let Some(before) = kept.get_value().filter(|before| before.id == view.id) {
        view.of_key = before.of_key;
    }
    view
}

fn show(view: DeviceView) -> AnyView {
    let device = &view.device;
    let (title, serial) = (device.serial_number.clone(), device.serial_number.clone());
    let fact = |label: &'static str, value: Option<String>| {
        view! { <div><dt>{label}</dt><dd>{value.unwrap_or_else(|| "–".to_owned())}</dd></div> }
    };
    let clock = device.is_clock_wrong.then(|| {
        view! {
            <p class="small">
                "This device says times that cannot be right. Its readings count for the time they arrive, until its clock is set."
            </p>
        }
    });
    let behind = device.is_behind.then(|| {
        view! {
            <p class="small">
                "Its newest reading was long past when it arrived. Either it still sends what it has kept, or its clock is behind. What it tells counts as late: an alert is told once, and escalates to nobody."
            </p>
        }
    });
    let counter = device.counter.clone().map(|(times, at)| {
        let times = (times > 1).then(|| format!(" ({times} times so far)"));
        view! { <div><dt>"Counter began anew"</dt><dd>{at.view()} {times}</dd></div> }
    });
    let seen = device.last_seen.clone().map_or_else(|| "Never".into_any(), |seen| seen.view());
    let key = view.of_key.fresh.as_ref().and_then(|fresh| fresh.values.first());
    let (command, first) = match key {
        Some(key) => (with_key(&view.command, key), "It has the new key.".to_owned()),
        None => (view.command.clone(), format!("Put the key in place of {NO_KEY}.")),
    };
    let (label, what) = match device.last_seen {
        Some(_) => ("Check it from a terminal", CHECKS),
        None => ("Try it from a terminal", STORES),
    };
    let hint = format!("{first} {what}");
    let new_key = view.may_install.then(|| key_form(&view));
    let change = view.cells.clone().map(|cells| change_form(&view, cells));
    let service = view.cells.is_some().then(|| service_form(&view));
    let retired = device.retired.clone();
    let set_up = retired.is_none().then(|| {
        view! {
            <section class="panel stack">
                <h2>"Set the device up"</h2>
                <p class="small">
                    "The device sends each reading as JSON by POST to this address, with its key in the header “x-device-key”. It may send several at once, late, or again: what is known already is not counted twice."
                </p>
                {copied("Address", "address", view.address.clone(), None, false)}
                {copied(label, "command", command, Some(hint), false)}
                {new_key}
            </section>
        }
    });
    view! {
        <PageTitle text=title/>
        <div class="page-head"><div class="row wrap"><h1 class="mono">{serial}</h1>{state(device)}</div>{history_link(view.may_audit, "device", &view.id)}</div>
        <div class="stack">
            {view.of_key.above()} {view.of_change.above()} {view.of_service.above()}
            <section class="panel stack">
                <h2>"Facts"</h2>
                {clock} {behind}
                <dl class="facts">
                    {fact("Name", device.name.clone())}
                    <div><dt>"Cell"</dt><dd><a class="link" href=device.cell_href.clone()>{device.cell.clone()}</a></dd></div>
                    {fact("Firmware", device.firmware.clone())}
                    {fact("Battery", battery(device))}
                    <div><dt>"Heard of"</dt><dd>{seen}</dd></div>
                    {retired.map(|at| view! { <div><dt>"Out of service"</dt><dd>{at.view()}</dd></div> })}
                    {device.measured.clone().map(|at| view! { <div><dt>"Newest reading"</dt><dd>{at.view()}</dd></div> })}
                    {counter}
                </dl>
                {change}
                {service}
            </section>
            {set_up}
        </div>
    }
    .into_any()
}

fn change_form(view: &DeviceView, cells: Choice) -> AnyView {
    let filling = Filling::of(&view.of_change);
    let known = |text: &Option<String>| text.clone().unwrap_or_default();
    let is_open = view.of_change.refused.is_some() || !cells.search.is_empty();
    view! {
        <details class="fold" open=is_open>
            <summary><h3>"Change this device"</h3> {icon(Icon::Chevron)}</summary>
            <form method="post" action=format!("{PATH}/{}", view.id)>
                <div class="stack">
                    {calls("cold-chain/change-device")}
                    <input type="hidden" name="id" value=view.id.clone()/>
                    <Field label="Name" name="name" value=filling.value("name", &known(&view.device.name)) maxlength=120u32
                        optional_word="optional" error=filling.error("name")/>
                    <Field label="Firmware" name="firmware" value=filling.value("firmware", &known(&view.device.firmware))
                        maxlength=60u32 optional_word="optional" error=filling.error("firmwareVersion")/>
                    {choose("Cell", "cell", "search", cells, filling.error("coldCellId"))}
                    <p class="muted small">"When it moves to another cell, its alerts in the old one are closed."</p>
                    <div><button class="btn btn-primary" type="submit">"Save"</button></div>
                </div>
            </form>
        </details>
    }
    .into_any()
}

/// Out of service, or back into it.
fn service_form(view: &DeviceView) -> AnyView {
    let form = |retired: bool, words: &'static str, class: &'static str| {
        view! {
            <form method="post" action=format!("{PATH}/{}", view.id)>
                {calls("cold-chain/retire-device")}
                <input type="hidden" name="id" value=view.id.clone()/>
                <input type="hidden" name="retired" value=retired.to_string()/>
                <button class=class type="submit">{words}</button>
            </form>
        }
    };
    if view.device.retired.is_some() {
        return view! {
            <div class="spread wrap">
                <p class="muted small">"Its key is refused, and nobody misses it. What it measured stays."</p>
                {form(false, "Put it back into service", "btn")}
            </div>
        }
        .into_any();
    }
    view! {
        <details class="fold">
            <summary><h3>"Take it out of service"</h3> {icon(Icon::Chevron)}</summary>
            <div class="stack tight">
                <p class="muted small">
                    "Its key is refused from then on, its alerts are closed, and it leaves the list. What it measured stays in charts and reports. It can be put back."
                </p>
                {form(true, "Take it out of service", "btn btn-error")}
            </div>
        </details>
    }
    .into_any()
}

fn key_form(view: &DeviceView) -> AnyView {
    let options = GRACES.into_iter().map(|(minutes, words)| (minutes.to_owned(), words.to_owned())).collect();
    let grace = view.of_key.value("grace").unwrap_or_else(|| "0".to_owned());
    view! {
        <details class="fold">
            <summary><h3>"A new key"</h3> {icon(Icon::Chevron)}</summary>
            <form method="post" action=format!("{PATH}/{}", view.id)>
                <div class="stack tight">
                    {calls("cold-chain/rotate-key")}
                    <input type="hidden" name="id" value=view.id.clone()/>
                    <Select label="The old key goes on working" name="grace" options=options value=grace/>
                    <div><button class="btn" type="submit">"Make a new key"</button></div>
                </div>
            </form>
        </details>
    }
    .into_any()
}

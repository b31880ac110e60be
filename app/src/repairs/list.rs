//! The list of repairs: filter, search and order stand in the address, so that a list can be shared.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use officina::kernel::permission::Permission;
use officina::repairs::RepairStatus;

use super::functions::{RepairQuery, RepairRow, RepairsView, list_repairs};
use super::looks::{StatusBadge, status_label};
use super::new::NEW;
use crate::live::{Topic, use_live};
use crate::staff::{loaded, permitted, permitted_either};
use crate::ui::{
    ApplyFilters, Badge, Column, EmptyState, FilterForm, Icon, MoreFilters, PageTitle, Pager, PastTheEnd, SkeletonRows,
    Table, Tone, icon,
};

const PATH: &str = "/app/repairs";

/// Whose work is shown.
pub(super) const ASSIGNEES: [(&str, &str); 3] = [("", "All"), ("me", "Assigned to me"), ("none", "Unassigned")];

/// Switches between list and board.
pub(super) fn views(board: bool) -> AnyView {
    let current = |is: bool| is.then_some("page");
    view! {
        <nav class="segments" aria-label="View">
            <a href=PATH aria-current=current(!board)>{icon(Icon::List)} "List"</a>
            <a href="/app/repairs/board" aria-current=current(board)>{icon(Icon::Board)} "Board"</a>
        </nav>
    }
    .into_any()
}

/// The way to a new repair, for those who take cars in.
pub(super) fn new_button() -> AnyView {
    let button = || view! { <a class="btn btn-primary" href=NEW>{icon(Icon::Plus)} "New repair"</a> };
    permitted_either(Permission::RepairsWrite, Permission::RepairsCheckIn, button)
}

/// The list of repairs.
#[component]
pub fn RepairsPage() -> impl IntoView {
    let live = use_live();
    let query = query();
    let data = Resource::new(move || (query.get(), live.changes(Topic::Repairs)), |(query, _)| list_repairs(query));
    view! {
        <PageTitle text="Repairs"/>
        <div class="page-head">
            <h1>"Repairs"</h1>
            <div class="row wrap">{permitted(Permission::RepairsRead, || views(false))} {new_button()}</div>
        </div>
        // Within what is permitted, the field that is typed into stays where it is while the query changes.
        {permitted(Permission::RepairsRead, move || move || filters(&query.get()))}
        {loaded(data, || view! { <SkeletonRows rows=12/> }.into_any(), move |page| show(page, &query.get_untracked()))}
    }
}

/// The query of the address.
fn query() -> Memo<RepairQuery> {
    let map = use_query_map();
    Memo::new(move |_| {
        let value = |name: &str| map.read().get(name).filter(|value| !value.is_empty());
        RepairQuery {
            status: value("status"),
            search: value("search"),
            assignee: value("assignee"),
            overdue: value("overdue").is_some(),
            sort: value("sort"),
            cursor: value("cursor"),
        }
    })
}

fn filters(query: &RepairQuery) -> AnyView {
    let option = |value: &str, words: &str, chosen: &Option<String>| {
        let selected = chosen.as_deref().unwrap_or_default() == value;
        view! { <option value=value.to_owned() selected=selected>{words.to_owned()}</option> }
    };
    let own_work = query.is_own_work();
    let (whole, others) = if own_work { ("Open", ("all", "All statuses")) } else { ("All statuses", ("open", "Open")) };
    let statuses: Vec<_> = [("", whole), others]
        .into_iter()
        .map(|(value, words)| option(value, words, &query.status))
        .chain(RepairStatus::ALL.iter().map(|status| option(status.as_str(), status_label(*status), &query.status)))
        .collect();
    let assignees: Vec<_> = ASSIGNEES.into_iter().map(|(value, words)| option(value, words, &query.assignee)).collect();
    let first = if own_work {
        [("", "Due first"), ("newest", "Newest first")]
    } else {
        [("", "Newest first"), ("due", "Due first")]
    };
    let orders: Vec<_> = first
        .into_iter()
        .chain([("oldest", "Oldest first"), ("updated", "Recently updated")])
        .map(|(value, words)| option(value, words, &query.sort))
        .collect();
    let search = query.search.clone().unwrap_or_default();
    let overdue = query.overdue;
    let narrowed = [query.status.is_some(), query.assignee.is_some(), overdue, query.sort.is_some()];
    let narrowed = narrowed.into_iter().filter(|is_set| *is_set).count();
    view! {
        <FilterForm action=PATH>
                <input class="input grow" type="search" name="search" value=search
                    placeholder="Plate, code, name, phone" aria-label="Search"/>
                <MoreFilters count=narrowed>
                    <select class="select" name="status" aria-label="Status">{statuses}</select>
                    <select class="select" name="assignee" aria-label="Assignee">{assignees}</select>
                    <label class="row check">
                        <input class="checkbox" type="checkbox" name="overdue" value="1" checked=overdue/>
                        "Overdue"
                    </label>
                    <select class="select" name="sort" aria-label="Order">{orders}</select>
                    <ApplyFilters/>
                </MoreFilters>
        </FilterForm>
    }
    .into_any()
}

fn show(page: RepairsView, query: &RepairQuery) -> AnyView {
    let address = |cursor: Option<&str>| {
        let fields = [
            ("search", query.search.as_deref()),
            ("status", query.status.as_deref()),
            ("assignee", query.assignee.as_deref()),
            ("overdue", query.overdue.then_some("1")),
            ("sort", query.sort.as_deref()),
            ("cursor", cursor),
        ];
        crate::ui::address(PATH, &fields)
    };
    let first = query.cursor.is_some().then(|| address(None));
    if let Some(first) = first.clone().filter(|_| page.rows.is_empty()) {
        return view! { <div class="panel"><PastTheEnd first=first/></div> }.into_any();
    }
    if page.rows.is_empty() {
        let is_filtered = query.status.is_some() || query.search.is_some() || query.assignee.is_some() || query.overdue;
        return if is_filtered {
            view! {
                <div class="panel">
                    <EmptyState symbol=Icon::Search title="Nothing matches" text="Try fewer words, or another status.">
                        <a class="btn" href=PATH>"Show all repairs"</a>
                    </EmptyState>
                </div>
            }
            .into_any()
        } else {
            let (text, words) = if page.own {
                ("Your cars appear here as soon as you bring or announce one.", "Announce a car")
            } else {
                ("Repairs appear here as soon as a customer checks in on the public page.", "Open the check-in page")
            };
            view! {
                <div class="panel">
                    <EmptyState symbol=Icon::Car title="No repairs yet" text=text>
                        <a class="btn btn-primary" href="/check-in" rel="external">{words}</a>
                    </EmptyState>
                </div>
            }
            .into_any()
        };
    }
    let next = page.next.as_deref().map(|cursor| address(Some(cursor)));
    let extent = page.extent;
    view! {
        <div class="stack">
            {repairs_table("Repairs", page.rows)}
            <Pager extent=extent what="repairs" first=first next=next/>
        </div>
    }
    .into_any()
}

/// Repairs as a table.
#[must_use]
pub fn repairs_table(caption: &'static str, rows: Vec<RepairRow>) -> AnyView {
    let mut columns = ["Plate", "Status", "Customer", "Car", "Promised"].map(Column::plain).to_vec();
    columns.extend([Column::giving("Assignee", "give-2"), Column::giving("Changed", "give-1")]);
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    view! { <Table caption=caption columns=columns two_lines=true>{rows}</Table> }.into_any()
}

fn row(repair: RepairRow) -> AnyView {
    let promised = repair.promised.map(|day| {
        if repair.is_overdue {
            view! { <Badge tone=Tone::Danger symbol=Icon::Clock label=day.words/> }.into_any()
        } else {
            day.view()
        }
    });
    // What ends in dots is read in full in its tooltip.
    let (customer, vehicle, assignee) = (repair.customer.clone(), repair.vehicle.clone(), repair.assignee.clone());
    view! {
        <tr>
            <td class="head"><a class="main mono plate" href=format!("{PATH}/{}", repair.id)>{repair.plate}</a></td>
            <td data-label="Status" class="state"><StatusBadge status=repair.status/></td>
            <td data-label="Customer" class="text below" title=customer>{repair.customer}</td>
            <td data-label="Car" class="text below" title=vehicle>{repair.vehicle}</td>
            <td data-label="Promised" class="num last">{promised}</td>
            <td data-label="Assignee" class="text give-2" title=assignee>{repair.assignee}</td>
            <td data-label="Changed" class="muted num give-1">{repair.updated.view()}</td>
        </tr>
    }
    .into_any()
}

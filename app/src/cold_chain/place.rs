//! A place's page: what is known of it, the cells that stand there, and the form that changes it.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::cells::{ADD, PATH, table};
use super::devices::tabs;
use super::fields::{Filling, choose};
use super::functions::{ChangePlaceView, PlaceView, get_place};
use crate::live::{Topic, use_live};
use crate::sent::calls;
use crate::staff::loaded;
use crate::ui::{EmptyState, Field, Icon, PageTitle, SkeletonRows, address, icon};

/// Where a place's page is.
pub(super) fn href(id: &str) -> String {
    format!("{PATH}/places/{id}")
}

/// The page.
#[component]
pub fn PlacePage() -> impl IntoView {
    let live = use_live();
    let (params, map) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let query = |name| map.read().get(name).unwrap_or_default();
        (params.read().get("id").unwrap_or_default(), query("customer"), query("search"))
    });
    let data = Resource::new(
        move || (asked.get(), live.changes(Topic::ColdChain), live.changes(Topic::Alerts)),
        |((id, customer, search), ..)| get_place(id, customer, search),
    );
    view! {
        <PageTitle text="Place"/>
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), show)}
    }
}

fn show(view: PlaceView) -> AnyView {
    let fact = |label: &'static str, value: Option<String>| {
        value.map(|value| view! { <div><dt>{label}</dt><dd>{value}</dd></div> })
    };
    let (name, id) = (view.name.clone(), view.id.clone());
    let change = view.change.clone().map(|change| change_form(&view, change));
    let add = change.is_some().then(|| {
        view! { <a class="btn btn-primary" href=address(ADD, &[("place", Some(&id))])>"Add a cell here"</a> }
    });
    let above = view.change.as_ref().map(|change| change.answered.above());
    let customer = view.customer.map(|(name, href)| {
        view! { <div><dt>"Customer"</dt><dd><a class="link" href=href>{name}</a></dd></div> }
    });
    let active: i64 = view.cells.iter().map(|cell| cell.active_alerts).sum();
    let alerts = (active > 0).then(|| {
        let href = address(super::alerts::PATH, &[("place", Some(&id))]);
        view! { <a class="btn" href=href>{icon(Icon::Bell)} "Alerts here"</a> }
    });
    let cells = if view.cells.is_empty() {
        view! { <div class="panel"><EmptyState symbol=Icon::Snow title="No cells here yet" text="A cell has a device that measures it."/></div> }
            .into_any()
    } else {
        table(view.cells, false)
    };
    let all = view.has_more.then(|| {
        view! { <p><a class="link" href=address(PATH, &[("place", Some(&id))])>"All cells that stand here"</a></p> }
    });
    view! {
        <PageTitle text=name.clone()/>
        <div class="page-head"><h1>{name}</h1>{tabs("")}</div>
        <div class="stack">
            {above}
            <section class="panel stack">
                <h2>"Facts"</h2>
                <dl class="facts">
                    {customer} {fact("Address", view.address)} {fact("Time zone", view.time_zone)}
                </dl>
                {change}
            </section>
            <section class="stack tight">
                <div class="spread wrap"><h2>"Cells"</h2><div class="row wrap">{alerts} {add}</div></div>
                {cells} {all}
            </section>
        </div>
    }
    .into_any()
}

fn change_form(view: &PlaceView, change: ChangePlaceView) -> AnyView {
    let filling = Filling::of(&change.answered);
    let known = |text: &Option<String>| text.clone().unwrap_or_default();
    let is_open = change.answered.refused.is_some() || !change.customers.search.is_empty();
    let mut customers = change.customers;
    if !change.is_owned {
        customers.options.insert(0, (String::new(), "Our own, or of somebody else".to_owned()));
    }
    view! {
        <details class="fold" open=is_open>
            <summary><h3>"Change this place"</h3> {icon(Icon::Chevron)}</summary>
            <form method="post" action=href(&view.id)>
                {calls("cold-chain/change-place")}
                <input type="hidden" name="id" value=view.id.clone()/>
                <input type="hidden" name="version" value=filling.version(change.version)/>
                <div class="stack">
                    <Field label="Name" name="name" value=filling.value("name", &view.name) required=true maxlength=120u32
                        error=filling.error("name")/>
                    {choose("Customer", "customer", "search", customers, filling.error("customerId"))}
                    <Field label="Address" name="address" value=filling.value("address", &known(&view.address)) maxlength=300u32
                        optional_word="optional" error=filling.error("address")/>
                    <Field label="Time zone" name="time_zone" value=filling.value("time_zone", &known(&view.time_zone))
                        maxlength=60u32 autocapitalize="none" optional_word="optional"
                        hint="Such as Europe/Rome. Empty: that of the organisation." error=filling.error("timeZone")/>
                    <div><button class="btn btn-primary" type="submit">"Save"</button></div>
                </div>
            </form>
        </details>
    }
    .into_any()
}

//! Taking in a car at the counter: the plate first, and what is known by it need not be typed again.
//!
//! Its form goes to the page itself (see [`crate::sent`]), so that it works without script and keeps what was typed.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use officina::repairs::RepairType;

use super::looks::{StatusBadge, type_label};
use super::new_functions::{NewRepairView, new_repair};
use crate::sent::calls;
use crate::staff::loaded;
use crate::ui::{Alert, Field, FilterForm, Icon, PageTitle, Select, SkeletonRows, TextArea, Tone, icon};

/// Where it is.
pub(super) const NEW: &str = "/app/repairs/new";

/// The page.
#[component]
pub fn NewRepairPage() -> impl IntoView {
    let map = use_query_map();
    let plate = Memo::new(move |_| map.read().get("plate").unwrap_or_default());
    let data = Resource::new(move || plate.get(), new_repair);
    view! {
        <PageTitle text="New repair"/>
        <div class="page-head"><h1>"New repair"</h1></div>
        {loaded(data, || view! { <SkeletonRows rows=6/> }.into_any(), show)}
    }
}

fn show(view: NewRepairView) -> AnyView {
    let is_asked = !view.car.vehicle_plate.is_empty();
    let above = view.answered.above();
    let plate = view.car.vehicle_plate.clone();
    let class = if is_asked { "btn" } else { "btn btn-primary" };
    let content = is_asked.then(|| view! { {known(&view)} {form(view)} });
    view! {
        <div class="stack narrow">
            {above}
            <section class="panel">
                <FilterForm action=NEW at_once=false>
                    <div class="field grow">
                        <label for="f-plate">"Plate"</label>
                        <input class="input mono" id="f-plate" name="plate" value=plate required=true maxlength="15" autocomplete="off"
                            autocapitalize="characters" spellcheck="false" autofocus=!is_asked/>
                    </div>
                    <button class=class type="submit">{icon(Icon::Search)} "Look up"</button>
                </FilterForm>
            </section>
            {content}
        </div>
    }
    .into_any()
}

/// What is known by the plate.
fn known(view: &NewRepairView) -> AnyView {
    if !view.is_known {
        return view! { <Alert tone=Tone::Info title="This plate is new here"/> }.into_any();
    }
    let open: Vec<_> = view
        .open
        .iter()
        .map(|(id, status)| {
            let href = format!("/app/repairs/{id}");
            view! { <li class="row wrap"><a class="link" href=href>"Open repair"</a> <StatusBadge status=*status/></li> }
        })
        .collect();
    if open.is_empty() {
        return view! { <Alert tone=Tone::Success title="This car is known: check what is filled in"/> }.into_any();
    }
    view! { <Alert tone=Tone::Warning title="This car has a repair that is not over yet"><ul>{open}</ul></Alert> }
        .into_any()
}

fn form(view: NewRepairView) -> AnyView {
    let NewRepairView { car, answered, token, .. } = view;
    let error = |field: &str| answered.error(field);
    let types = RepairType::ALL.iter().map(|kind| (kind.to_string(), type_label(*kind).to_owned())).collect();
    view! {
        <form class="panel stack" method="post" action=NEW>
            {calls("repairs/create")}
            <input type="hidden" name="token" value=token/>
            <input type="hidden" name="car[vehicle_plate]" value=car.vehicle_plate/>
            {error("vehiclePlate").map(|why| view! { <Alert tone=Tone::Danger title=format!("The plate: {why}")/> })}
            <h2>"Customer"</h2>
            <div class="fields two">
                <Field label="Name" name="car[customer_name]" id="customer-name" value=car.customer_name required=true
                    maxlength=120u32 error=error("customerName")/>
                <Field label="Phone" name="car[customer_phone]" id="customer-phone" kind="tel" value=car.customer_phone
                    required=true maxlength=40u32 error=error("customerPhone")/>
                <Field label="E-mail" name="car[customer_email]" id="customer-email" kind="email" value=car.customer_email
                    optional_word="optional" maxlength=254u32 error=error("customerEmail")/>
            </div>
            <h2>"Car"</h2>
            <div class="fields two">
                <Field label="Brand" name="car[vehicle_brand]" id="brand" value=car.vehicle_brand optional_word="optional"
                    maxlength=60u32 error=error("vehicleBrand")/>
                <Field label="Model" name="car[vehicle_model]" id="model" value=car.vehicle_model optional_word="optional"
                    maxlength=60u32 error=error("vehicleModel")/>
                <Field label="Year" name="car[vehicle_year]" id="year" value=car.vehicle_year optional_word="optional"
                    inputmode="numeric" maxlength=4u32 error=error("vehicleYear")/>
                <Field label="VIN" name="car[vin]" id="vin" value=car.vin optional_word="optional"
                    autocapitalize="characters" error=error("vin")/>
            </div>
            <h2>"Work"</h2>
            <Select label="Kind" name="car[repair_type]" id="repair-type" value=car.repair_type options=types
                error=error("repairType")/>
            <TextArea label="Notes" name="car[notes]" id="job-notes" value=car.notes optional_word="optional" maxlength=5000u32
                error=error("notes")/>
            <div><button class="btn btn-primary" type="submit">"Create repair"</button></div>
        </form>
    }
    .into_any()
}

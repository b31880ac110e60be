//! The page on which places and cold cells are made.

use leptos::prelude::*;

use super::cells::ADD;
use super::devices::tabs;
use super::functions::{NewCellView, new_cell};
use crate::sent::{Answered, calls};
use crate::staff::loaded;
use crate::ui::{EmptyState, Field, Icon, PageTitle, Select, SkeletonRows};

/// The page.
#[component]
pub fn AddCellPage() -> impl IntoView {
    let data = Resource::new(|| (), |()| new_cell());
    view! {
        <PageTitle text="Add a cold cell"/>
        <div class="page-head"><h1>"Add a cold cell"</h1>{tabs("")}</div>
        {loaded(data, || view! { <SkeletonRows rows=6/> }.into_any(), show)}
    }
}

fn show(view: NewCellView) -> AnyView {
    let NewCellView { locations, customers, may_add_customers, kinds, unit, answered } = view;
    view! {
        <div class="stack">
            {answered.above()}
            {cell_form(locations, kinds, unit, &answered)}
            {location_form(customers, may_add_customers, &answered)}
        </div>
    }
    .into_any()
}

fn typed(answered: &Answered, name: &str) -> String {
    answered.value(name).unwrap_or_default()
}

fn cell_form(
    locations: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
    unit: String,
    answered: &Answered,
) -> AnyView {
    let content = if locations.is_empty() {
        view! { <EmptyState symbol=Icon::Building title="First its place" text="A cell stands somewhere: add the place below."/> }
            .into_any()
    } else {
        view! {
            <form method="post" action=ADD>
                {calls("cold-chain/create-cell")}
                <div class="stack">
                    <Field label="Name" name="cell_name" value=typed(answered, "cell_name") required=true maxlength=120u32
                        hint="As people call it: “Cell 3”, “Fish”." error=answered.error("name")/>
                    <Select label="Place" name="location" options=locations value=typed(answered, "location")
                        error=answered.error("location")/>
                    <Select label="What it is" name="kind" options=kinds value=typed(answered, "kind")/>
                    <div class="fields two">
                        <Field label="Lowest" name="lowest" value=typed(answered, "lowest") inputmode="text" optional_word=unit.clone()
                            hint="Only with limits of its own." error=answered.error("lowest").or_else(|| answered.error("minTemperature"))/>
                        <Field label="Highest" name="highest" value=typed(answered, "highest") inputmode="text" optional_word=unit
                            error=answered.error("highest").or_else(|| answered.error("maxTemperature"))/>
                    </div>
                    <div><button class="btn btn-primary" type="submit">"Make the cell"</button></div>
                </div>
            </form>
        }
        .into_any()
    };
    view! { <section class="panel"><h2>"Cell"</h2>{content}</section> }.into_any()
}

fn location_form(customers: Vec<(String, String)>, may_add: bool, answered: &Answered) -> AnyView {
    let known = (!customers.is_empty()).then(|| {
        let own = (String::new(), "Our own, or of somebody else".to_owned());
        let options: Vec<_> = std::iter::once(own).chain(customers).collect();
        view! { <Select label="Whose it is" name="customer" options=options value=typed(answered, "customer")/> }
    });
    let new = may_add.then(|| {
        view! {
            <div class="fields two">
                <Field label="Customer's phone" name="customer_phone" kind="tel" value=typed(answered, "customer_phone")
                    optional_word="for a new customer" error=answered.error("customerPhone")/>
                <Field label="Customer's name" name="customer_name" value=typed(answered, "customer_name") maxlength=120u32
                    optional_word="for a new customer" error=answered.error("customerName")/>
            </div>
        }
    });
    view! {
        <section class="panel">
            <h2>"Place"</h2>
            <form method="post" action=ADD>
                {calls("cold-chain/create-location")}
                <div class="stack">
                    <Field label="Name" name="name" id="place-name" value=typed(answered, "name") required=true maxlength=120u32
                        error=answered.error("name")/>
                    <Field label="Address" name="address" value=typed(answered, "address") maxlength=300u32 optional_word="optional"
                        error=answered.error("address")/>
                    {known} {new}
                    <div><button class="btn" type="submit">"Make the place"</button></div>
                </div>
            </form>
        </section>
    }
    .into_any()
}

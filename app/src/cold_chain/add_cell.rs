//! The page on which places and cold cells are made.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::cells::ADD;
use super::devices::tabs;
use super::fields::{Filling, cell_fields, choose};
use super::functions::{NewCellView, new_cell};
use crate::sent::calls;
use crate::staff::loaded;
use crate::ui::{EmptyState, Field, Icon, PageTitle, SkeletonRows};

/// The page.
#[component]
pub fn AddCellPage() -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| {
        ["place", "search", "customer", "customer_search"].map(|name| map.read().get(name).unwrap_or_default())
    });
    let data = Resource::new(
        move || query.get(),
        |[place, search, customer, customer_search]| new_cell(place, search, customer, customer_search),
    );
    view! {
        <PageTitle text="Add a cold cell"/>
        <div class="page-head"><h1>"Add a cold cell"</h1>{tabs("")}</div>
        {loaded(data, || view! { <SkeletonRows rows=6/> }.into_any(), show)}
    }
}

fn show(mut view: NewCellView) -> AnyView {
    let place = place_form(&mut view);
    view! {
        <div class="stack">
            {view.of_cell.above()} {view.of_place.above()}
            {cell_form(view)}
            {place}
        </div>
    }
    .into_any()
}

fn cell_form(view: NewCellView) -> AnyView {
    let content = if view.places.options.is_empty() && view.places.search.is_empty() {
        view! { <EmptyState symbol=Icon::Building title="First its place" text="A cell stands somewhere: add the place below."/> }
            .into_any()
    } else {
        let filling = Filling::of(&view.of_cell);
        view! {
            <form method="post" action=ADD>
                {calls("cold-chain/create-cell")}
                <div class="stack">
                    {cell_fields(&filling, &view.known, &view.unit, view.places, view.kinds)}
                    <div><button class="btn btn-primary" type="submit">"Make the cell"</button></div>
                </div>
            </form>
        }
        .into_any()
    };
    view! { <section class="panel"><h2>"Cell"</h2>{content}</section> }.into_any()
}

fn place_form(view: &mut NewCellView) -> AnyView {
    let filling = Filling::of(&view.of_place);
    let mut customers = std::mem::take(&mut view.customers);
    let known = (!customers.options.is_empty() || !customers.search.is_empty()).then(|| {
        customers.options.insert(0, (String::new(), "Our own, or of somebody else".to_owned()));
        choose("Whose it is", "customer", "customer_search", customers, filling.error("customerId"))
    });
    let new = view.may_add_customers.then(|| {
        view! {
            <div class="fields two">
                <Field label="Customer's phone" name="customer_phone" kind="tel" value=filling.value("customer_phone", "")
                    optional_word="for a new customer" error=filling.error("customerPhone")/>
                <Field label="Customer's name" name="customer_name" value=filling.value("customer_name", "") maxlength=120u32
                    optional_word="for a new customer" error=filling.error("customerName")/>
            </div>
        }
    });
    view! {
        <section class="panel">
            <h2>"Place"</h2>
            <form method="post" action=ADD>
                {calls("cold-chain/create-location")}
                <div class="stack">
                    <Field label="Name" name="name" id="place-name" value=filling.value("name", "") required=true maxlength=120u32
                        error=filling.error("name")/>
                    <Field label="Address" name="address" value=filling.value("address", "") maxlength=300u32
                        optional_word="optional" error=filling.error("address")/>
                    {known} {new}
                    <div><button class="btn" type="submit">"Make the place"</button></div>
                </div>
            </form>
        </section>
    }
    .into_any()
}

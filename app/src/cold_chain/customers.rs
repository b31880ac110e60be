//! The technician's view: all customers by urgency, and the numbers of the fleet.

use leptos::prelude::*;

use super::devices::tabs;
use super::functions::{CustomerRow, CustomersView, list_customers};
use super::looks::{alert_icon, alert_label};
use crate::live::{Topic, use_live};
use crate::staff::loaded;
use crate::ui::{Badge, Column, EmptyState, Icon, PageTitle, SkeletonRows, Table, Tone, icon};

/// Where the customers are.
pub(super) const PATH: &str = "/app/cold-chain/customers";

/// The page.
#[component]
pub fn CustomersPage() -> impl IntoView {
    let live = use_live();
    let data =
        Resource::new(move || (live.changes(Topic::ColdChain), live.changes(Topic::Alerts)), |_| list_customers());
    view! {
        <PageTitle text="Customers of the cold chain"/>
        <div class="page-head"><h1>"Customers"</h1>{tabs(PATH)}</div>
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), show)}
    }
}

fn tile(href: String, symbol: Icon, label: &'static str, count: i64, is_hot: bool) -> AnyView {
    let class = if is_hot { "hot tone-danger" } else { "" };
    view! { <a href=href class=class><span class="row">{icon(symbol)} {label}</span><strong>{count}</strong></a> }
        .into_any()
}

fn show(view: CustomersView) -> AnyView {
    let alerts: Vec<_> = view
        .alerts
        .iter()
        .map(|(kind, count)| {
            tile(format!("/app/alerts?type={kind}"), alert_icon(*kind), alert_label(*kind), *count, true)
        })
        .collect();
    let list = if view.rows.is_empty() {
        let text = "A customer stands here who has a place with cold cells.";
        view! { <div class="panel"><EmptyState symbol=Icon::Person title="No customers yet" text=text/></div> }
            .into_any()
    } else {
        let columns = ["Customer", "Alerts", "Cells"].map(Column::plain).to_vec();
        let rows: Vec<_> = view.rows.into_iter().map(row).collect();
        view! { <Table caption="Customers, the most urgent first" columns=columns>{rows}</Table> }.into_any()
    };
    view! {
        <div class="stack">
            <div class="tiles">
                {tile(PATH.to_owned(), Icon::Person, "Customers", view.customers, false)}
                {tile(super::cells::PATH.to_owned(), Icon::Snow, "Cold cells", view.cells, false)} {alerts}
            </div>
            {list}
        </div>
    }
    .into_any()
}

fn row(customer: CustomerRow) -> AnyView {
    let words = match customer.alerts {
        1 => "1 alert".to_owned(),
        more => format!("{more} alerts"),
    };
    let alerts = match (customer.alerts, customer.unattended) {
        (0, _) => view! { <Badge tone=Tone::Success symbol=Icon::Check label="In order"/> },
        (1, 0) => view! { <Badge tone=Tone::Warning symbol=Icon::Person label="1 alert, with somebody on it"/> },
        (_, 0) => {
            view! { <Badge tone=Tone::Warning symbol=Icon::Person label=format!("{words}, with somebody on each")/> }
        }
        (all, alone) if alone < all => {
            let label = format!("{words}, {alone} without reaction");
            view! { <Badge tone=Tone::Danger symbol=Icon::Bell label=label/> }
        }
        _ => view! { <Badge tone=Tone::Danger symbol=Icon::Bell label=words/> },
    };
    view! {
        <tr>
            <td class="head"><a class="main" href=customer.href>{customer.name}</a></td>
            <td data-label="Alerts">{alerts}</td>
            <td data-label="Cells" class="num">{customer.cells}</td>
        </tr>
    }
    .into_any()
}

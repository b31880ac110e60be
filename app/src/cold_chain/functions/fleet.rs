//! Lists of cells, and of those they belong to.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::cold_chain::AlertType;
use serde::{Deserialize, Serialize};

use super::CellRow;
use crate::error::PageError;

/// Which cells are shown: the query of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellQuery {
    /// Words that are looked for.
    pub search: Option<String>,
    /// One customer's.
    pub customer: Option<String>,
    /// Those at one place.
    pub place: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A page of the list of cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellsView {
    /// The rows.
    pub rows: Vec<CellRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// All cells of the query, if counted.
    pub total: Option<i64>,
    /// Whether the member may see devices and customers, too.
    pub sees_fleet: bool,
    /// Whether the member may make cells.
    pub may_add: bool,
    /// Whether the member may say who is told of alerts.
    pub may_say_who: bool,
    /// Whose cells these are, where one customer was asked for.
    pub customer: Option<String>,
}

/// A customer with cold cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRow {
    /// The customer's name.
    pub name: String,
    /// Where the customer's cells are.
    pub href: String,
    /// How many cells.
    pub cells: i64,
    /// Their active alerts.
    pub alerts: i64,
}

/// The technician's view of all customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomersView {
    /// Customers with cells, those with the most alerts first.
    pub rows: Vec<CustomerRow>,
    /// How many customers there are.
    pub customers: i64,
    /// How many cells there are.
    pub cells: i64,
    /// The active alerts by type, those that there are.
    pub alerts: Vec<(AlertType, i64)>,
}

/// A page of cells.
#[server(prefix = "/_fn", endpoint = "cold-chain/cells", input = GetUrl)]
pub async fn list_cells(#[server(default)] query: CellQuery) -> Result<CellsView, PageError> {
    use officina::cold_chain::{CellFilter, service};
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let (calendar, unit) = crate::context::calendar_and_unit(&app, &actor).await?;
    let customer = query.customer.map(|id| id.parse()).transpose().map_err(|_| officina::Error::NotFound)?;
    let place = query.place.map(|id| id.parse()).transpose().map_err(|_| officina::Error::NotFound)?;
    let filter = CellFilter { location_id: place, customer_id: customer, search: query.search };
    let page = PageRequest { limit: Some(super::PAGE), cursor: query.cursor, page: None };
    let page = service::list_cold_cells(&app, &actor, &filter, &page).await?;
    let now = app.clock.now();
    let sees_fleet = actor.reach(Permission::ColdChainRead).is_ok();
    Ok(CellsView {
        next: page.next_cursor,
        total: page.total,
        sees_fleet,
        may_add: actor.reach(Permission::ColdChainWrite).is_ok(),
        may_say_who: actor.permissions.has(Permission::SettingsManage),
        customer: match customer.filter(|_| sees_fleet) {
            Some(id) => service::customer_name(&app, &actor, id).await?,
            None => None,
        },
        rows: page.items.iter().map(|cell| CellRow::of(cell, now, &calendar, unit)).collect(),
    })
}

/// All customers with cells, by urgency, and the numbers of the fleet.
#[server(prefix = "/_fn", endpoint = "cold-chain/customers", input = GetUrl)]
pub async fn list_customers() -> Result<CustomersView, PageError> {
    let (app, actor) = crate::context::context()?;
    let numbers = officina::cold_chain::service::technician_dashboard(&app, &actor).await?;
    let alerts = AlertType::ALL.iter().map(|kind| (*kind, numbers.alerts_by_type.get(kind.as_str()).copied()));
    // Cells may stand at places that are nobody's, or one's own. Their alerts are no less urgent.
    let listed = &numbers.customer_list;
    let cells = numbers.cold_cells - listed.iter().map(|customer| customer.cold_cells).sum::<i64>();
    let active = numbers.active_alerts - listed.iter().map(|customer| customer.active_alerts).sum::<i64>();
    let others = (cells > 0).then(|| CustomerRow {
        href: if active > 0 { "/app/alerts" } else { "/app/cold-chain" }.to_owned(),
        name: "Places without a customer".to_owned(),
        cells,
        alerts: active,
    });
    let customers = listed.iter().map(|customer| CustomerRow {
        href: format!("/app/cold-chain?customer={}", customer.id),
        name: customer.name.clone(),
        cells: customer.cold_cells,
        alerts: customer.active_alerts,
    });
    let mut rows: Vec<CustomerRow> = others.into_iter().chain(customers).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.alerts));
    Ok(CustomersView {
        customers: numbers.customers,
        cells: numbers.cold_cells,
        alerts: alerts.filter_map(|(kind, count)| Some((kind, count.filter(|count| *count > 0)?))).collect(),
        rows,
    })
}

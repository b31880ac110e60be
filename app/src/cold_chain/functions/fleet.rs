//! Lists of cells, and of those they belong to.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::cold_chain::AlertType;
use officina::kernel::page::Extent;
use serde::{Deserialize, Serialize};

use super::CellRow;
use crate::error::PageError;

/// The word for no customer, where one is asked for.
#[cfg(feature = "ssr")]
const NOBODY: &str = "none";
/// What places are called that belong to no customer.
#[cfg(feature = "ssr")]
const NOBODYS: &str = "Places without a customer";

/// Which cells are shown: the query of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellQuery {
    /// Words that are looked for.
    pub search: Option<String>,
    /// One customer's, or with `none` those that belong to nobody.
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
    /// Which rows of how many these are.
    pub extent: Extent,
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
    /// Those of them that nobody has reacted to.
    pub unattended: i64,
}

/// The technician's view of all customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomersView {
    /// Customers with places, the most urgent first, and among them the places that belong to nobody.
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
    let is_nobodys = query.customer.as_deref() == Some(NOBODY);
    let customer = query.customer.filter(|_| !is_nobodys).map(|id| id.parse()).transpose();
    let customer = customer.map_err(|_| officina::Error::NotFound)?;
    let place = query.place.map(|id| id.parse()).transpose().map_err(|_| officina::Error::NotFound)?;
    let filter = CellFilter {
        location_id: place,
        customer_id: customer,
        without_customer: is_nobodys.then_some(true),
        search: query.search,
    };
    let page = PageRequest::shown(super::PAGE, query.cursor);
    let page = service::list_cold_cells(&app, &actor, &filter, &page).await?;
    let now = app.clock.now();
    let sees_fleet = actor.reach(Permission::ColdChainRead).is_ok();
    Ok(CellsView {
        extent: page.extent(),
        next: page.next_cursor,
        sees_fleet,
        may_add: actor.reach(Permission::ColdChainWrite).is_ok(),
        may_say_who: actor.permissions.has(Permission::SettingsManage),
        customer: match customer.filter(|_| sees_fleet) {
            Some(id) => service::customer_name(&app, &actor, id).await?,
            None => is_nobodys.then(|| NOBODYS.to_owned()),
        },
        rows: page.items.iter().map(|cell| CellRow::of(cell, now, &calendar, unit)).collect(),
    })
}

/// All customers with cells, by urgency, and the numbers of the fleet.
#[server(prefix = "/_fn", endpoint = "cold-chain/customers", input = GetUrl)]
pub async fn list_customers() -> Result<CustomersView, PageError> {
    use officina::cold_chain::service;

    let (app, actor) = crate::context::context()?;
    let owners = service::owners(&app, &actor).await?;
    let by_type = service::active_alerts_by_type(&app, &actor).await?;
    let customers = owners.iter().filter(|owner| owner.customer_id.is_some()).count();
    Ok(CustomersView {
        customers: i64::try_from(customers).unwrap_or(i64::MAX),
        cells: owners.iter().map(|owner| owner.cold_cells).sum(),
        alerts: AlertType::ALL.iter().filter_map(|kind| Some((*kind, *by_type.get(kind)?))).collect(),
        // Cells may stand at places that are nobody's, or one's own. Their alerts are no less urgent.
        rows: owners
            .into_iter()
            .filter(|owner| owner.customer_id.is_some() || owner.cold_cells > 0)
            .map(|owner| CustomerRow {
                href: match owner.customer_id {
                    Some(id) => format!("/app/cold-chain?customer={id}"),
                    None => format!("/app/cold-chain?customer={NOBODY}"),
                },
                name: owner.name.unwrap_or_else(|| NOBODYS.to_owned()),
                cells: owner.cold_cells,
                alerts: owner.active_alerts,
                unattended: owner.unattended_alerts,
            })
            .collect(),
    })
}

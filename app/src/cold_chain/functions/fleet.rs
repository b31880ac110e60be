//! Cells and those they belong to: lists, and the forms that make places and cells.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::cold_chain::AlertType;
use serde::{Deserialize, Serialize};

use super::CellRow;
use crate::error::PageError;
use crate::sent::{Answered, Fresh};

/// Places and customers to choose from.
#[cfg(feature = "ssr")]
const CHOICES: u32 = 100;

/// Which cells are shown: the query of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellQuery {
    /// Words that are looked for.
    pub search: Option<String>,
    /// One customer's.
    pub customer: Option<String>,
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

/// The page on which places and cells are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCellView {
    /// The places: their ids and names.
    pub locations: Vec<(String, String)>,
    /// The customers of the cold chain: their ids and names.
    pub customers: Vec<(String, String)>,
    /// Whether the member may make new customers.
    pub may_add_customers: bool,
    /// The kinds of cells: the word that is sent, and what people read.
    pub kinds: Vec<(String, String)>,
    /// The sign of the unit that temperatures are typed in.
    pub unit: String,
    /// What came of a form of the page.
    pub answered: Answered,
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
    let filter = CellFilter { location_id: None, customer_id: customer, search: query.search };
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

/// The page on which places and cells are made.
#[server(prefix = "/_fn", endpoint = "cold-chain/new-cell", input = GetUrl)]
pub async fn new_cell() -> Result<NewCellView, PageError> {
    use officina::cold_chain::{Preset, service};
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    actor.reach(Permission::ColdChainWrite)?;
    let unit = crate::context::organisation(&app, &actor).await?.temperature_unit;
    let kinds = Preset::ALL.iter().map(|preset| {
        let name = match preset {
            Preset::Freezer => "Freezer",
            Preset::Fridge => "Fridge",
        };
        (preset.to_string(), format!("{name}, {}", unit.range(preset.thresholds())))
    });
    let kinds: Vec<_> = kinds.chain([("own".to_owned(), "With limits of its own".to_owned())]).collect();
    let kept = [
        "name",
        "address",
        "customer",
        "customer_name",
        "customer_phone",
        "location",
        "cell_name",
        "kind",
        "lowest",
        "highest",
    ];
    let answered = Answered::here(&["cold-chain/create-location", "cold-chain/create-cell"], &kept);
    let page = PageRequest { limit: Some(CHOICES), ..PageRequest::default() };
    let locations = service::list_locations(&app, &actor, &page).await?.items;
    let customers = service::customers(&app, &actor, i64::from(CHOICES)).await?;
    Ok(NewCellView {
        locations: locations.into_iter().map(|place| (place.id.to_string(), place.name)).collect(),
        customers: customers.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        may_add_customers: actor.permissions.has(Permission::CustomersWrite),
        kinds,
        unit: unit.sign().to_owned(),
        answered,
    })
}

/// Makes a place.
#[server(prefix = "/_fn", endpoint = "cold-chain/create-location")]
pub async fn create_location(
    name: String,
    #[server(default)] address: String,
    #[server(default)] customer: String,
    #[server(default)] customer_name: String,
    #[server(default)] customer_phone: String,
) -> Result<Fresh, PageError> {
    use officina::cold_chain::{NewLocation, service};

    let (app, actor) = crate::context::context()?;
    let customer_id = match customer.trim() {
        "" => None,
        id => Some(id.parse().map_err(|_| officina::Error::field("customer", "unknown", "is not a customer"))?),
    };
    let given = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    let new = NewLocation {
        name,
        customer_id,
        customer_phone: given(customer_phone),
        customer_name: given(customer_name),
        address: given(address),
        time_zone: None,
    };
    let made = service::create_location(&app, &actor, new).await?;
    let text = "Now add the cells that stand there.".to_owned();
    Ok(Fresh { title: format!("{} is made", made.name), text, ..Fresh::default() })
}

/// Makes a cell: a freezer, a fridge, or one with limits of its own.
#[server(prefix = "/_fn", endpoint = "cold-chain/create-cell")]
pub async fn create_cell(
    location: String,
    cell_name: String,
    kind: String,
    #[server(default)] lowest: String,
    #[server(default)] highest: String,
) -> Result<Fresh, PageError> {
    use officina::cold_chain::{NewColdCell, Preset, TEMPERATURE_RANGE, service};

    let (app, actor) = crate::context::context()?;
    // One of those to choose from; anything else nobody has typed.
    let location = location.parse().map_err(|_| officina::Error::NotFound)?;
    let location = service::get_location(&app, &actor, location).await?;
    let unit = crate::context::organisation(&app, &actor).await?.temperature_unit;
    let bounds = (unit.of_celsius(TEMPERATURE_RANGE.0), unit.of_celsius(TEMPERATURE_RANGE.1));
    let degrees = |field: &str, text: &str| match text.trim().replace(',', ".").replace('−', "-").as_str() {
        "" => Ok(None),
        number => match number.parse::<f64>() {
            Ok(typed) if (bounds.0..=bounds.1).contains(&typed) => Ok(Some(unit.to_celsius(typed))),
            Ok(_) => {
                let why = format!("must be from {} to {} {}", bounds.0, bounds.1, unit.sign());
                Err(officina::Error::field(field, "out_of_range", why))
            }
            Err(_) => Err(officina::Error::field(field, "not_a_number", "must be a number of degrees, such as -18")),
        },
    };
    let preset = kind.parse::<Preset>().ok();
    let (low, high) = match preset {
        Some(_) => (None, None),
        None => (degrees("lowest", &lowest)?, degrees("highest", &highest)?),
    };
    let new = NewColdCell {
        name: cell_name,
        location_id: Some(location.id),
        preset,
        min_temperature: low,
        max_temperature: high,
        ..NewColdCell::default()
    };
    let made = service::create_cold_cell(&app, &actor, new).await?;
    let text = "Now give it a device: under “Devices”, “Add devices”.".to_owned();
    Ok(Fresh { title: format!("{} at {} is made", made.cell.name, made.cell.location_name), text, ..Fresh::default() })
}

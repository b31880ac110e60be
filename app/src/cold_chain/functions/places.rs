//! Places: a place's page, and the forms that make and change one.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use super::{CellRow, Choice};
use crate::error::PageError;
use crate::sent::Answered;

/// Cells that are shown on a place's page. Others are in the list of cells.
#[cfg(feature = "ssr")]
const CELLS: i64 = 50;

/// A place's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceView {
    /// The place's id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whose it is, and where this customer's cells are.
    pub customer: Option<(String, String)>,
    /// The postal address.
    pub address: Option<String>,
    /// The time zone, if it is not the organisation's.
    pub time_zone: Option<String>,
    /// The first cells that stand there.
    pub cells: Vec<CellRow>,
    /// Whether there are more.
    pub has_more: bool,
    /// What may be chosen to change it, for those who may.
    pub change: Option<ChangePlaceView>,
}

/// The form that changes a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePlaceView {
    /// The customers to choose from.
    pub customers: Choice,
    /// Whether it belongs to a customer already: then it does so for good.
    pub is_owned: bool,
    /// The version that the form shows.
    pub version: i64,
    /// What came of the form.
    pub answered: Answered,
}

/// A place's page. A customer may be chosen, and customers may be looked for by words.
#[server(prefix = "/_fn", endpoint = "cold-chain/place", input = GetUrl)]
pub async fn get_place(
    id: String,
    #[server(default)] customer: String,
    #[server(default)] search: String,
) -> Result<PlaceView, PageError> {
    use officina::cold_chain::{CellFilter, service};
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let (calendar, unit) = crate::context::calendar_and_unit(&app, &actor).await?;
    let place = service::get_location(&app, &actor, id.parse().map_err(|_| officina::Error::NotFound)?).await?;
    let filter = CellFilter { location_id: Some(place.id), ..CellFilter::default() };
    let first = PageRequest { limit: Some(CELLS), ..PageRequest::default() };
    let cells = service::list_cold_cells(&app, &actor, &filter, &first).await?;
    let change = if actor.reach(Permission::ColdChainWrite).is_ok() {
        let answered = Answered::in_full(&["cold-chain/change-place"]);
        let owner = place.customer_id.map(|id| id.to_string());
        let chosen = answered.value("customer").or_else(|| Some(customer).filter(|id| !id.is_empty()));
        let chosen = chosen.or_else(|| owner.clone()).unwrap_or_default();
        let search = answered.value("search").unwrap_or(search);
        let customers = Choice::of_customers(&app, &actor, search, &chosen).await?;
        Some(ChangePlaceView { customers, is_owned: owner.is_some(), version: place.version, answered })
    } else {
        None
    };
    let now = app.clock.now();
    Ok(PlaceView {
        id,
        customer: place
            .customer_name
            .zip(place.customer_id)
            .map(|(name, id)| (name, format!("/app/cold-chain?customer={id}"))),
        name: place.name,
        address: place.address,
        time_zone: place.time_zone,
        has_more: cells.next_cursor.is_some(),
        cells: cells.items.iter().map(|cell| CellRow::of(cell, now, &calendar, unit)).collect(),
        change,
    })
}

/// Makes a place, and goes on to its first cell.
#[server(prefix = "/_fn", endpoint = "cold-chain/create-location")]
pub async fn create_location(
    name: String,
    #[server(default)] address: String,
    #[server(default)] customer: String,
    #[server(default)] customer_name: String,
    #[server(default)] customer_phone: String,
) -> Result<(), PageError> {
    use officina::cold_chain::{NewLocation, service};

    let (app, actor) = crate::context::context()?;
    let given = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    let new = NewLocation {
        name,
        customer_id: customer_id(&customer)?,
        customer_phone: given(customer_phone),
        customer_name: given(customer_name),
        address: given(address),
        time_zone: None,
    };
    let made = service::create_location(&app, &actor, new).await?;
    leptos_axum::redirect(&format!("/app/cold-chain/add?place={}", made.id));
    Ok(())
}

/// Changes a place.
#[server(prefix = "/_fn", endpoint = "cold-chain/change-place")]
pub async fn change_place(
    id: String,
    name: String,
    #[server(default)] customer: String,
    #[server(default)] address: String,
    #[server(default)] time_zone: String,
    #[server(default)] version: Option<i64>,
) -> Result<(), PageError> {
    use officina::cold_chain::{ChangeLocation, service};

    let (app, actor) = crate::context::context()?;
    let change = ChangeLocation {
        name: Some(name),
        customer_id: customer_id(&customer)?,
        address: Some(address),
        time_zone: Some(time_zone),
        version,
    };
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    service::change_location(&app, &actor, id, change).await?;
    leptos_axum::redirect(&format!("/app/cold-chain/places/{id}"));
    Ok(())
}

/// The customer that was chosen, if one was.
#[cfg(feature = "ssr")]
fn customer_id(customer: &str) -> officina::Result<Option<officina::kernel::ids::CustomerId>> {
    match customer.trim() {
        "" => Ok(None),
        id => Ok(Some(id.parse().map_err(|_| officina::Error::field("customerId", "unknown", "is not a customer"))?)),
    }
}

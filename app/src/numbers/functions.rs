//! What the list of doubtful numbers asks the server.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::numbers::DoubtReason;
use serde::{Deserialize, Serialize};

use crate::error::PageError;

/// A customer whose number is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberRow {
    /// The customer's id.
    pub id: String,
    /// Name.
    pub name: String,
    /// The number, as it was typed.
    pub phone: String,
    /// Why it is listed.
    pub reason: DoubtReason,
    /// The other name or number that came with it.
    pub other: Option<String>,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumbersView {
    /// Its rows.
    pub rows: Vec<NumberRow>,
    /// Whether the member may say that they were looked at.
    pub may_settle: bool,
    /// Whether the member may look for a customer's repairs.
    pub may_see_repairs: bool,
}

/// The list.
#[server(prefix = "/_fn", endpoint = "numbers/list", input = GetUrl)]
pub async fn list_numbers() -> Result<NumbersView, PageError> {
    use officina::kernel::permission::Permission;

    let (app, actor) = crate::context::context()?;
    let doubts = officina::numbers::service::doubts(&app, &actor).await?;
    let row = |doubt: officina::numbers::NumberDoubt| NumberRow {
        id: doubt.customer_id.to_string(),
        name: doubt.customer_name,
        phone: doubt.phone,
        reason: doubt.reason,
        other: doubt.other,
    };
    let may = |permission| actor.usable().has(permission);
    Ok(NumbersView {
        rows: doubts.into_iter().map(row).collect(),
        may_settle: may(Permission::CustomersWrite),
        may_see_repairs: may(Permission::RepairsRead),
    })
}

/// Says that a customer's number was looked at.
#[server(prefix = "/_fn", endpoint = "numbers/settle")]
pub async fn settle_number(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let customer = id.parse().map_err(|_| officina::Error::NotFound)?;
    officina::numbers::service::settle(&app, &actor, customer).await?;
    Ok(())
}

//! The customers whose cold chain a member works on.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::PageError;

/// Customers that are offered at once. More would be no list to tick boxes in.
#[cfg(feature = "ssr")]
const OFFERED: i64 = 500;

/// A customer that a member can be linked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerChoice {
    /// The customer's id.
    pub id: String,
    /// The customer's name.
    pub name: String,
    /// Whether the member is linked to it.
    pub is_linked: bool,
}

/// The customers to choose from: those with locations, and those that the member is linked to already. None where nobody
/// works on the cold chain.
#[cfg(feature = "ssr")]
pub(super) async fn choices(
    app: &officina::kernel::App,
    actor: &officina::kernel::actor::Actor,
    member: officina::kernel::ids::AccountId,
) -> officina::Result<Vec<CustomerChoice>> {
    use officina::kernel::permission::Permission;

    if !actor.usable().has(Permission::ColdChainRead) {
        return Ok(Vec::new());
    }
    let linked = officina::identity::service::linked_customers(app, actor, member).await?;
    let mut choices: Vec<CustomerChoice> = linked
        .into_iter()
        .map(|customer| CustomerChoice { id: customer.id.to_string(), name: customer.name, is_linked: true })
        .collect();
    for (id, name) in officina::cold_chain::service::customers(app, actor, None, OFFERED).await? {
        let id = id.to_string();
        if choices.iter().all(|choice| choice.id != id) {
            choices.push(CustomerChoice { id, name, is_linked: false });
        }
    }
    Ok(choices)
}

/// Links a member to customers, to these and no others.
#[server(prefix = "/_fn", endpoint = "people/customers")]
pub async fn link_customers(
    id: String,
    // A form without a tick sends nothing.
    #[server(default)] customers: Vec<String>,
) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    let customer_ids = customers.iter().map(|id| id.parse()).collect::<Result<_, _>>();
    let customer_ids = customer_ids.map_err(|_| officina::Error::NotFound)?;
    let links = officina::identity::LinkCustomers { customer_ids };
    officina::identity::service::link_customers(&app, &actor, id, links).await?;
    Ok(())
}

//! Members who work for some customers alone: of the cold chain they see theirs, and nobody else's.

use serde_json::json;

use super::members::require_above;
use super::roles::require_unbound;
use crate::identity::access::{LinkCustomers, LinkedCustomer};
use crate::identity::store;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{OnViolation, Violation};
use crate::kernel::ids::AccountId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::{Error, Result};

/// The most customers that one member is linked to. Every request of the member carries them.
const MOST: usize = 500;

/// The customers that a member is linked to. Without any, the member sees all.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage`, [`Error::NotFound`] for a member of nobody or of another organisation.
pub async fn linked_customers(app: &App, actor: &Actor, account: AccountId) -> Result<Vec<LinkedCustomer>> {
    actor.require(Permission::UsersManage)?;
    let member = store::member(&app.db, actor.org, account).await?.ok_or(Error::NotFound)?;
    store::linked_customers_named(&app.db, actor.org, member.membership_id).await
}

/// Links a member to these customers and to no others. It counts on the member's next request.
///
/// # Errors
/// [`Error::Forbidden`] without `users:manage`, and for a member who may do what the actor may not; [`Error::NotFound`];
/// [`Error::Validation`] for a customer who is none of the organisation's.
pub async fn link_customers(
    app: &App,
    actor: &Actor,
    account: AccountId,
    links: LinkCustomers,
) -> Result<Vec<LinkedCustomer>> {
    actor.require(Permission::UsersManage)?;
    require_unbound(actor)?;
    let mut wanted = links.customer_ids;
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.len() > MOST {
        return Err(Error::field("customerIds", "too_many", format!("must be at most {MOST}")));
    }
    let mut tx = app.db.begin().await?;
    // Two who link the same member do so one after the other.
    store::lock_organisation(&mut tx, actor.org).await?;
    let member = store::member(&mut tx, actor.org, account).await?.ok_or(Error::NotFound)?;
    require_above(&mut tx, actor, &member).await?;
    let before = store::linked_customers(&mut tx, actor.org, member.membership_id).await?;
    if before != wanted {
        store::link_customers(&mut tx, actor.org, member.membership_id, &wanted)
            .await
            .on_violation(Violation::ForeignKey, || {
                Error::field("customerIds", "unknown", "holds one who is no customer of this organisation")
            })?;
        let entry = Entry::new("identity.customers_linked", "membership", member.membership_id.0)
            .before(&json!({ "customerIds": before }))
            .after(&json!({ "customerIds": wanted }));
        journal::write(&mut tx, actor, app.clock.now(), entry).await?;
    }
    let linked = store::linked_customers_named(&mut tx, actor.org, member.membership_id).await?;
    tx.commit().await?;
    Ok(linked)
}

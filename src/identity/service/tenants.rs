//! The operator of the installation, who makes organisations and sees none of their data without being a member.

use serde_json::json;

use super::factor::require_proof;
use super::invitations::invite;
use super::organisations::{NewOrganisation, create_organisation};
use super::own::signed_in;
use crate::identity::access::{NewInvitation, NewTenant, SentLink, Tenant, UpdateTenant};
use crate::identity::model::Area;
use crate::identity::store;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::ids::OrgId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::page::{Cursor, Page, PageRequest};
use crate::kernel::permission::BuiltInRole;
use crate::kernel::validate::Validator;
use crate::{Error, Result};

/// All organisations of the installation, the newest first.
///
/// # Errors
/// [`Error::OperatorOnly`] for everybody else.
pub async fn tenants(app: &App, actor: &Actor, page: &PageRequest) -> Result<Page<Tenant>> {
    require_operator(actor)?;
    let window = page.window(app, "organisations", actor.org, &())?;
    let rows = store::tenants(&app.db, window).await?;
    let total = window.total(&rows, store::count_tenants(&app.db)).await?;
    Ok(window.page(rows, |row| Cursor { key: row.created_at.0, id: row.id.0 }, total))
}

/// Makes an organisation and invites its first administrator.
///
/// # Errors
/// [`Error::OperatorOnly`], [`Error::Validation`], [`Error::ProofNeeded`], [`Error::Conflict`] for a slug that is taken.
pub async fn create_tenant(app: &App, actor: &Actor, new: &NewTenant) -> Result<(Tenant, SentLink)> {
    require_operator(actor)?;
    let mut check = Validator::default();
    let areas = match &new.areas {
        Some(words) => words.iter().filter_map(|word| check.word("areas", word)).collect(),
        None => Area::ALL.to_vec(),
    };
    let organisation = NewOrganisation {
        slug: new.slug.clone(),
        name: new.name.clone(),
        areas,
        locale: new.locale.clone().unwrap_or_else(|| "it".to_owned()),
        time_zone: new.time_zone.clone().unwrap_or_else(|| "Europe/Rome".to_owned()),
    };
    organisation.clone().check(&mut check);
    let admin_email = check.required("adminEmail", &new.admin_email, 254);
    let admin_email = check.email("adminEmail", Some(&admin_email)).unwrap_or_default();
    let admin_name = check.required("adminName", &new.admin_name, 120);
    check.finish(())?;
    require_proof(app, actor)?;
    let organisation = create_organisation(app, organisation).await?;
    let invitation = NewInvitation {
        email: Some(admin_email),
        phone: None,
        name: admin_name,
        role: BuiltInRole::Admin.as_str().to_owned(),
    };
    let sent = invite(app, &acting_in(actor, organisation.id), &invitation).await?;
    let tenant = store::tenant(&app.db, organisation.id).await?.ok_or(Error::NotFound)?;
    Ok((tenant, sent))
}

/// Renames an organisation, or lets nobody in any more until it is undone. It counts on the next request.
///
/// # Errors
/// [`Error::OperatorOnly`], [`Error::NotFound`], [`Error::Validation`], [`Error::Conflict`] for suspending the
/// organisation that one acts in.
pub async fn update_tenant(app: &App, actor: &Actor, id: OrgId, update: &UpdateTenant) -> Result<Tenant> {
    require_operator(actor)?;
    let mut check = Validator::default();
    let name = update.name.as_deref().map(|name| check.required("name", name, 120));
    check.finish(())?;
    if update.suspended == Some(true) && id == actor.org {
        return Err(Error::conflict("You would shut yourself out."));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::lock_organisation(&mut tx, id).await?;
    let before = store::tenant(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let after = Tenant {
        name: name.unwrap_or_else(|| before.name.clone()),
        suspended_at: match update.suspended {
            Some(true) => before.suspended_at.or(Some(now)),
            Some(false) => None,
            None => before.suspended_at,
        },
        ..before.clone()
    };
    if after == before {
        return tx.rollback().await.map(|()| before);
    }
    store::write_tenant(&mut tx, id, &after.name, after.suspended_at).await?;
    let state = |tenant: &Tenant| json!({ "name": tenant.name, "suspendedAt": tenant.suspended_at });
    let entry =
        Entry::new("identity.organisation_changed", "organisation", id.0).before(&state(&before)).after(&state(&after));
    journal::write(&mut tx, &acting_in(actor, id), now, entry).await?;
    tx.commit().await?;
    Ok(after)
}

/// The installation acting in an organisation for its operator, who is no member there.
fn acting_in(operator: &Actor, org: OrgId) -> Actor {
    Actor { address: operator.address, request_id: operator.request_id.clone(), ..Actor::system(org) }
}

fn require_operator(actor: &Actor) -> Result<()> {
    if signed_in(actor)?.operator { Ok(()) } else { Err(Error::OperatorOnly) }
}

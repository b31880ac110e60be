//! The first start: nobody can sign in yet, and whoever started the server gets a link that works once.

use serde_json::json;

use super::links::{blank, look, make, take};
use super::organisations::insert_organisation;
use super::sessions::SignedIn;
use super::sign_in::enter;
use super::{Client, NewOrganisation};
use crate::identity::model::{Area, LinkKind, SessionKind};
use crate::identity::store;
use crate::identity::weak_passwords::check_password;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, MembershipId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::BuiltInRole;
use crate::kernel::time::DAY;
use crate::kernel::validate::Validator;
use crate::{Error, Result};

/// How long the link can be followed; the next start makes a new one.
const GOOD_FOR: i64 = DAY;

/// What the first person says.
#[derive(Clone, Default)]
pub struct FirstStart {
    /// The organisation's name.
    pub organisation: String,
    /// Its name in addresses.
    pub slug: String,
    /// `it` or `en`.
    pub locale: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// The person's name.
    pub name: String,
    /// The person's e-mail address.
    pub email: String,
    /// A password.
    pub password: String,
}

impl std::fmt::Debug for FirstStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FirstStart(…)")
    }
}

/// The link of a first start, or nothing when there are accounts. Links of starts before are worth nothing from then on.
///
/// # Errors
/// What the database says.
pub async fn setup_link(app: &App) -> Result<Option<String>> {
    if store::has_accounts(&app.db).await? {
        return Ok(None);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::end_setups(&mut tx, now).await?;
    let link = make(app, &mut tx, &blank(LinkKind::Setup, now.plus(GOOD_FOR)), now).await?;
    tx.commit().await?;
    Ok(Some(link))
}

/// Passes for a link of a first start that can still be followed.
///
/// # Errors
/// [`Error::NotFound`] for one that is unknown, used or too old.
pub async fn check_setup(app: &App, token: &str) -> Result<()> {
    look(&app.db, LinkKind::Setup, token, app.clock.now()).await.map(|_| ())
}

/// Makes the first organisation and its administrator, who also runs the installation, and signs in.
///
/// # Errors
/// [`Error::NotFound`] as [`check_setup`], and when there are accounts by now; [`Error::Validation`].
pub async fn first_start(app: &App, client: &Client, token: &str, start: &FirstStart) -> Result<SignedIn> {
    let now = app.clock.now();
    let link = look(&app.db, LinkKind::Setup, token, now).await?;
    let mut check = Validator::default();
    let name = check.required("person", &start.name, 120);
    let email = check.required("email", &start.email, 254);
    let email = check.email("email", Some(&email)).unwrap_or_default().to_lowercase();
    check_password(&mut check, "password", &start.password, &[&name, &email, &start.organisation]);
    let new = NewOrganisation {
        slug: start.slug.clone(),
        name: start.organisation.clone(),
        areas: Area::ALL.to_vec(),
        locale: start.locale.clone(),
        time_zone: start.time_zone.clone(),
    };
    let row = new.check(&mut check);
    let row = check.finish(row)?;
    let hash = app.passwords.hash(&start.password).await?;
    let (account, membership) = (AccountId::new(), MembershipId::new());
    let mut tx = app.db.begin().await?;
    take(&mut tx, &link, now).await?;
    if store::has_accounts(&mut tx).await? {
        return Err(Error::NotFound);
    }
    insert_organisation(&mut tx, &row, app.country, now).await?;
    store::insert_account(&mut tx, account, Some(&email), None, &name, Some(&hash), now).await?;
    store::make_operator(&mut tx, account).await?;
    let role = BuiltInRole::Admin.as_str();
    store::insert_membership(&mut tx, row.id, membership, account, role, None, now).await?;
    let actor = Actor { address: client.address, request_id: client.request_id.clone(), ..Actor::system(row.id) };
    let entry = Entry::new("identity.member_added", "membership", membership.0)
        .after(&json!({ "name": name, "email": email, "role": role }));
    journal::write(&mut tx, &actor, now, entry).await?;
    tx.commit().await?;
    enter(app, client, SessionKind::Browser, account, row.id, None).await
}

//! API tokens: keys of programs, with permissions of their own.
//!
//! A token belongs to the member who made it and never does more than that member may do at the moment: whoever is
//! suspended or loses a permission takes the tokens along, whoever is linked to customers links them, too, and as long as
//! the maker's role needs a second factor that is not there, they do nothing.

use super::factor::require_proof;
use super::roles::{granted, permissions_of};
use super::sessions::actor_by_session;
use super::{Client, hidden_by};
use crate::identity::access::{ApiToken, NewApiToken};
use crate::identity::store::{self, NewTokenRow, TokenKey};
use crate::kernel::App;
use crate::kernel::actor::{Actor, ActorKind, Program};
use crate::kernel::ids::ApiTokenId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::{Permission, PermissionSet};
use crate::kernel::secret::{random_token, token_hash};
use crate::kernel::time::{DAY, MINUTE};
use crate::kernel::validate::Validator;
use crate::{Error, Result};

/// What every API token begins with, so that scanners for leaked keys know it.
pub const TOKEN_PREFIX: &str = "ofc_";
/// How often a token's last use is written down.
const TOUCH_EVERY: i64 = 5 * MINUTE;
/// The longest time that a token can be made for, in days.
const MAX_DAYS: i64 = 3_650;

/// The tokens that have not ended, the newest first.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`.
pub async fn api_tokens(app: &App, actor: &Actor) -> Result<Vec<ApiToken>> {
    actor.require(Permission::SettingsManage)?;
    let rows = store::api_tokens(&app.db, actor.org, app.clock.now()).await?;
    Ok(rows
        .into_iter()
        .map(|row| ApiToken {
            id: row.id,
            name: row.name,
            // A word that is gone allows nothing.
            permissions: row.permissions.split(' ').filter_map(|word| word.parse::<Permission>().ok()).collect(),
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        })
        .collect())
}

/// Makes a token. The key is in the answer and nowhere else.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage` and for anyone but a member, [`Error::Validation`] for an empty name,
/// no permission, or one that the actor does not have, [`Error::ProofNeeded`].
pub async fn create_api_token(app: &App, actor: &Actor, input: &NewApiToken) -> Result<(ApiToken, String)> {
    actor.require(Permission::SettingsManage)?;
    let member = actor.member().ok_or(Error::Forbidden(Permission::SettingsManage))?;
    let mut check = Validator::default();
    let name = check.required("name", &input.name, 80);
    let permissions = granted(&mut check, actor, &input.permissions);
    if input.permissions.is_empty() {
        check.errors.add("permissions", "required", "needs at least one permission");
    }
    check.range("expiresInDays", input.expires_in_days, 1, MAX_DAYS);
    check.finish(())?;
    require_proof(app, actor)?;
    let now = app.clock.now();
    let key = format!("{TOKEN_PREFIX}{}", random_token());
    let token = ApiToken {
        id: ApiTokenId::new(),
        name,
        permissions,
        created_by: member.name.clone(),
        created_at: now,
        expires_at: input.expires_in_days.map(|days| now.plus(days * DAY)),
        last_used_at: None,
    };
    let row = NewTokenRow {
        id: token.id,
        name: &token.name,
        permissions: permissions.words(),
        hash: token_hash(&key),
        created_by: member.membership,
        now,
        expires_at: token.expires_at,
    };
    let mut tx = app.db.begin().await?;
    store::insert_api_token(&mut tx, actor.org, &row).await?;
    let entry = Entry::new("identity.token_created", "token", token.id.0).after(
        &serde_json::json!({ "name": token.name, "permissions": row.permissions, "expiresAt": token.expires_at }),
    );
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok((token, key))
}

/// Revokes a token; its next request is refused.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`, [`Error::NotFound`] for one that is revoked or another's.
pub async fn revoke_api_token(app: &App, actor: &Actor, id: ApiTokenId) -> Result<()> {
    actor.require(Permission::SettingsManage)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let name = store::revoke_api_token(&mut tx, actor.org, id, now).await?.ok_or(Error::NotFound)?;
    let entry = Entry::new("identity.token_revoked", "token", id.0).before(&serde_json::json!({ "name": name }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await
}

/// Revokes every token of the organisation, and tells how many there were.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`.
pub async fn revoke_api_tokens(app: &App, actor: &Actor) -> Result<u64> {
    actor.require(Permission::SettingsManage)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let revoked = store::revoke_api_tokens(&mut tx, actor.org, now).await?;
    if revoked > 0 {
        let entry = Entry::new("identity.tokens_revoked", "organisation", actor.org.0)
            .after(&serde_json::json!({ "revoked": revoked }));
        journal::write(&mut tx, actor, now, entry).await?;
    }
    tx.commit().await?;
    Ok(revoked)
}

/// The actor behind an API token.
///
/// # Errors
/// [`Error::Unauthorized`] when it is unknown, revoked or expired, or its maker may not come in.
pub async fn actor_by_token(app: &App, client: &Client, key: &str) -> Result<Actor> {
    actor_by(app, client, TokenKey::Hash(token_hash(key))).await
}

/// The same actor as it is now, for what runs longer than a request.
///
/// # Errors
/// [`Error::Unauthorized`] when the session or token has ended, and for anyone who has none.
pub async fn actor_again(app: &App, client: &Client, actor: &Actor) -> Result<Actor> {
    match &actor.kind {
        ActorKind::Member(member) => actor_by_session(app, client, member.session).await,
        ActorKind::Program(program) => actor_by(app, client, TokenKey::Id(program.token)).await,
        _ => Err(Error::Unauthorized),
    }
}

async fn actor_by(app: &App, client: &Client, key: TokenKey) -> Result<Actor> {
    let now = app.clock.now();
    let row = store::live_api_token(&app.db, key, now).await?.ok_or(Error::Unauthorized)?;
    if row.last_used_at.is_none_or(|last| now.since(last) > TOUCH_EVERY) {
        let mut tx = app.db.begin().await?;
        store::touch_api_token(&mut tx, row.org_id, row.id, now).await?;
        tx.commit().await?;
    }
    let links = store::linked_customers(&app.db, row.org_id, row.created_by).await?;
    let own: PermissionSet = row.permissions.split(' ').filter_map(|word| word.parse::<Permission>().ok()).collect();
    let needs_factor = !row.has_factor && row.second_factor_roles.split(' ').any(|role| role == row.role);
    let may = own.and(permissions_of(&row.role, row.role_permissions.as_deref())?);
    Ok(Actor {
        org: row.org_id,
        permissions: if needs_factor { PermissionSet::default() } else { may },
        hidden: hidden_by(&row.areas),
        links,
        kind: ActorKind::Program(Program { token: row.id, name: row.name, needs_factor }),
        address: client.address,
        request_id: client.request_id.clone(),
    })
}

//! Sessions: refreshing and ending them, and turning a session into an actor.

use super::guard::REMEMBERED;
use super::roles::permissions_of;
use super::{Client, hidden_by};
use crate::identity::model::{Me, OrganisationRef, SessionKind, User};
use crate::identity::store::{self, NewSession, SessionKey, SessionRow};
use crate::kernel::App;
use crate::kernel::actor::{Actor, ActorKind, Member};
use crate::kernel::db::{Conn, Tx};
use crate::kernel::ids::{AccountId, OrgId, SessionId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::network::Network;
use crate::kernel::permission::PermissionSet;
use crate::kernel::secret::{random_token, token_hash};
use crate::kernel::time::{DAY, MINUTE, SECOND, Timestamp};
use crate::{Error, Result};

/// The longest that any organisation lets a session live.
const LONGEST: i64 = 366 * DAY;
/// A refresh token lives this long; each refresh starts anew.
const REFRESH_TOKEN: i64 = 7 * DAY;
/// How long the client that used a refresh token gets the same answer again: two tabs of one browser refresh at once, and
/// an answer that was lost on the way is asked for again.
const REFRESH_AGAIN: i64 = 10 * SECOND;
/// How often a session's last use is written down: once in so long, not with every request.
const TOUCH_EVERY: i64 = 5 * MINUTE;
/// How long ended sessions and links are kept.
const KEPT: i64 = 90 * DAY;
/// A device that was not seen for this long is forgotten.
const DEVICE: i64 = 365 * DAY;

/// What the token of a browser's session begins with that was made under https: it counts in a cookie alone that no other
/// host can set (`__Host-`). Tokens from before that are taken from the cookie of then.
pub const HOST_TOKEN: &str = "h.";

/// A fresh session. The token is known to the client alone; the database has its hash.
pub struct SignedIn {
    /// The session.
    pub session: SessionId,
    /// The cookie's value, or the refresh token of an API session.
    pub token: String,
    /// What a browser shows later, so that it is known again.
    pub device: Option<String>,
    /// Since when the token is good.
    pub since: Timestamp,
    /// The person.
    pub user: User,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("session", &self.session).field("user", &self.user.id).finish_non_exhaustive()
    }
}

/// Exchanges a refresh token for a new one. The client that used a token gets the same one again for ten seconds. Any other
/// use of a used token ends its whole session: either its owner or a thief came second, and nobody can tell who.
///
/// The new token follows from the old one and the installation's secret, so that nothing has to be kept to give it again,
/// and every server of the installation gives the same.
///
/// # Errors
/// [`Error::Unauthorized`] for an unknown, expired or used token and an ended session.
pub async fn refresh(app: &App, client: &Client, token: &str) -> Result<SignedIn> {
    let now = app.clock.now();
    let hash = token_hash(token);
    let by = client_mac(app, client);
    let mut tx = app.db.begin().await?;
    let found = store::lock_refresh_token(&mut tx, hash.clone(), now).await?.ok_or(Error::Unauthorized)?;
    let session = found.session_id;
    let is_again = |used_at: Timestamp| now.since(used_at) <= REFRESH_AGAIN && found.used_by.as_ref() == Some(&by);
    if found.used_at.is_some_and(|used_at| !is_again(used_at)) {
        store::end_session(&mut tx, session, now).await?;
        tx.commit().await?;
        tracing::warn!(session.id = %session, "a used refresh token was presented; its session was ended");
        return Err(Error::Unauthorized);
    }
    let row = store::session(&mut tx, SessionKey::Id(session), now).await?.ok_or(Error::Unauthorized)?;
    store::touch_session(&mut tx, session, now).await?;
    let token = app.secret.token_after("refresh", token);
    if found.used_at.is_none() {
        store::use_refresh_token(&mut tx, hash, by, now).await?;
        store::insert_refresh_token(&mut tx, token_hash(&token), session, now, now.plus(REFRESH_TOKEN)).await?;
    }
    tx.commit().await?;
    let actor = actor_of(row, client)?;
    let Some(member) = actor.member() else { return Err(Error::Unauthorized) };
    let user = user(&app.db, member.account, actor.org).await?;
    Ok(SignedIn { session, token, device: None, since: found.used_at.unwrap_or(now), user })
}

/// Tells one client from another: its network and what its program calls itself. A MAC, because addresses are few enough
/// to be tried out.
fn client_mac(app: &App, client: &Client) -> Vec<u8> {
    let network = client.address.map(|address| Network::of(address).to_string()).unwrap_or_default();
    let program = client.user_agent.as_deref().unwrap_or_default();
    app.secret.key("refresh client").mac(format!("{network}\n{program}").as_bytes()).to_vec()
}

/// Ends the actor's session.
///
/// # Errors
/// What the database says.
pub async fn sign_out(app: &App, actor: &Actor) -> Result<()> {
    let member = actor.member().ok_or(Error::Unauthorized)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if store::end_session(&mut tx, member.session, now).await? {
        journal::write(&mut tx, actor, now, Entry::new("identity.signed_out", "account", member.account.0)).await?;
    }
    tx.commit().await
}

/// Ends the session of a refresh token. An unknown one is as good as signed out.
///
/// # Errors
/// What the database says.
pub async fn sign_out_by_refresh(app: &App, client: &Client, token: &str) -> Result<()> {
    let now = app.clock.now();
    let Some(found) = store::refresh_token(&app.db, token_hash(token), now).await? else { return Ok(()) };
    match actor_by_session(app, client, found.session_id).await {
        Ok(actor) => sign_out(app, &actor).await,
        Err(Error::Unauthorized) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The actor behind a browser's cookie.
///
/// # Errors
/// [`Error::Unauthorized`] when the session is unknown, ended, expired or its membership is not active.
pub async fn actor_by_cookie(app: &App, client: &Client, cookie: &str) -> Result<Actor> {
    let now = app.clock.now();
    let row = store::session(&app.db, SessionKey::CookieHash(token_hash(cookie)), now).await?;
    live_actor(app, client, row.ok_or(Error::Unauthorized)?, now).await
}

/// The actor behind a session that an access token names.
///
/// # Errors
/// As [`actor_by_cookie`].
pub async fn actor_by_session(app: &App, client: &Client, session: SessionId) -> Result<Actor> {
    let now = app.clock.now();
    let row = store::session(&app.db, SessionKey::Id(session), now).await?;
    live_actor(app, client, row.ok_or(Error::Unauthorized)?, now).await
}

async fn live_actor(app: &App, client: &Client, row: SessionRow, now: Timestamp) -> Result<Actor> {
    if now.since(row.last_seen_at) > TOUCH_EVERY {
        let mut tx = app.db.begin().await?;
        store::touch_session(&mut tx, row.id, now).await?;
        tx.commit().await?;
    }
    let links = match row.is_linked {
        true => store::linked_customers(&app.db, row.org_id, row.membership_id).await?,
        false => Vec::new(),
    };
    Ok(Actor { links, ..actor_of(row, client)? })
}

/// The actor of a session, not yet linked to customers.
pub(super) fn actor_of(row: SessionRow, client: &Client) -> Result<Actor> {
    let has_factor = row.has_factor || row.by_passkey;
    let needs_factor = !has_factor && row.second_factor_roles.split(' ').any(|role| role == row.role);
    let permissions = permissions_of(&row.role, row.role_permissions.as_deref())?;
    Ok(Actor {
        org: row.org_id,
        permissions: if needs_factor { PermissionSet::default() } else { permissions },
        hidden: hidden_by(&row.areas),
        links: Vec::new(),
        kind: ActorKind::Member(Member {
            account: row.account_id,
            membership: row.membership_id,
            session: row.id,
            role: row.role,
            name: row.name,
            customer: row.customer_id,
            proved_at: row.proved_at,
            operator: row.operator && !needs_factor,
            needs_factor,
        }),
        address: client.address,
        request_id: client.request_id.clone(),
    })
}

/// The signed-in person with everything a client needs to know.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member.
pub async fn me(app: &App, actor: &Actor) -> Result<Me> {
    let member = actor.member().ok_or(Error::Unauthorized)?;
    Ok(Me { user: user(&app.db, member.account, actor.org).await?, permissions: actor.usable() })
}

/// Removes failed sign-ins, sessions, links and devices that no longer matter. Sessions and links stay 90 days after their
/// end, for the question "who was that?".
///
/// # Errors
/// What the database says.
pub async fn purge(app: &App) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::purge(&mut tx, now.plus(-REMEMBERED), now.plus(-KEPT)).await?;
    store::purge_links(&mut tx, now.plus(-KEPT)).await?;
    store::purge_questions(&mut tx, now).await?;
    store::purge_devices(&mut tx, now.plus(-DEVICE)).await?;
    tx.commit().await
}

pub(super) async fn start_session(
    app: &App,
    tx: &mut Tx,
    client: &Client,
    kind: SessionKind,
    account: AccountId,
    org: OrgId,
    now: Timestamp,
) -> Result<(SessionId, String)> {
    // Always a fresh token: whatever the browser had before cannot become a session (no fixation).
    let by_https = kind == SessionKind::Browser && app.is_https();
    let (id, token) = (SessionId::new(), format!("{}{}", if by_https { HOST_TOKEN } else { "" }, random_token()));
    let user_agent: Option<String> = client.user_agent.as_ref().map(|agent| agent.chars().take(300).collect());
    let session = NewSession {
        id,
        kind,
        cookie_hash: (kind == SessionKind::Browser).then(|| token_hash(&token)),
        account,
        org,
        user_agent: user_agent.as_deref(),
        address: client.address.map(|address| address.to_string()),
        now,
        expires_at: now.plus(LONGEST),
    };
    store::insert_session(tx, &session).await?;
    if kind == SessionKind::Api {
        store::insert_refresh_token(tx, token_hash(&token), id, now, now.plus(REFRESH_TOKEN)).await?;
    }
    Ok((id, token))
}

pub(super) async fn user(on: impl Into<Conn<'_>>, account: AccountId, org: OrgId) -> Result<User> {
    let row = store::user(on, account, org).await?.ok_or(Error::Unauthorized)?;
    Ok(User {
        id: row.id,
        name: row.name,
        email: row.email,
        phone: row.phone,
        role: row.role,
        organisation: OrganisationRef { id: row.org_id, slug: row.org_slug, name: row.org_name },
    })
}

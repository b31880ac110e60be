//! What a form made, for the page that it leads back to: loading the page anew must neither send the form again nor lose a
//! key that is nowhere else. It goes through a cookie of that one page, sealed for the member who was answered. What is too
//! long for a cookie lies in the database meanwhile, sealed under a key that only the cookie has. So it is written down
//! nowhere but in their browser, or where nobody can read it.

use app::sent::{Fresh, Sent};
use axum::http::{HeaderMap, HeaderValue, Uri};
use officina::kernel::actor::Actor;
use officina::kernel::idempotency;
use officina::kernel::ids::MembershipId;
use officina::kernel::secret::{Secret, random_token};
use officina::kernel::time::{MINUTE, SECOND, Timestamp};
use serde::{Deserialize, Serialize};

use crate::http::auth::{self, Caller};
use crate::state::AppState;

/// The cookie, and what it is sealed for.
const COOKIE: &str = "officina_shown";
/// How long a page shows it, in milliseconds.
const KEPT_FOR: i64 = 10 * MINUTE;
/// The longest cookie that every browser keeps is 4,096 bytes (RFC 6265, section 6.1), its name and attributes included.
const LONGEST: usize = 3_500;

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    member: MembershipId,
    page: String,
    until: Timestamp,
    function: String,
    content: Content,
}

/// What is shown, or the key of what is too long for a cookie.
#[derive(Serialize, Deserialize)]
enum Content {
    Here(Box<Fresh>),
    Aside(String),
}

fn member(caller: &Caller) -> Option<MembershipId> {
    caller.0.as_ref().and_then(Actor::member).map(|member| member.membership)
}

/// The cookie for what the page is to show. Where there can be none, it is shown in the answer itself.
pub(super) async fn cookie(
    state: &AppState,
    caller: &Caller,
    function: &str,
    fresh: &Fresh,
    page: &Uri,
) -> Option<HeaderValue> {
    if page.path().contains(';') {
        return None;
    }
    let member = member(caller)?;
    let mut kept = Kept {
        member,
        page: page.path().to_owned(),
        until: state.app.clock.now().plus(KEPT_FOR),
        function: function.to_owned(),
        content: Content::Here(Box::new(fresh.clone())),
    };
    let mut sealed = seal(&state.app.secret, &kept)?;
    if sealed.len() > LONGEST {
        kept.content = Content::Aside(put_aside(state, member, fresh).await?);
        sealed = seal(&state.app.secret, &kept)?;
    }
    (sealed.len() <= LONGEST).then(|| written(state, page, &sealed, KEPT_FOR)).flatten()
}

/// What the page is to show to this member, within its time, and the cookie that ends it: what holds no secret has been said
/// when it was shown once.
pub(super) async fn taken_back(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    page: &Uri,
) -> Option<(Sent, Option<HeaderValue>)> {
    let opened = state.app.secret.unseal(COOKIE, auth::named_cookie(headers, COOKIE)?)?;
    let kept: Kept = serde_json::from_slice(&opened).ok()?;
    let is_right =
        member(caller) == Some(kept.member) && kept.page == page.path() && state.app.clock.now() < kept.until;
    if !is_right {
        return None;
    }
    let fresh = match kept.content {
        Content::Here(fresh) => *fresh,
        Content::Aside(key) => taken_from_aside(state, kept.member, &key).await?,
    };
    let end = if fresh.holds_secret() { None } else { written(state, page, "", 0) };
    Some((Sent { function: kept.function, fields: Vec::new(), answer: Ok(fresh) }, end))
}

fn written(state: &AppState, page: &Uri, value: &str, for_millis: i64) -> Option<HeaderValue> {
    let secure = if state.app.is_https() { "; Secure" } else { "" };
    let (path, seconds) = (page.path(), for_millis / SECOND);
    let cookie = format!("{COOKIE}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(cookie).ok()
}

fn seal(secret: &Secret, content: &impl Serialize) -> Option<String> {
    secret.seal(COOKIE, &serde_json::to_vec(content).ok()?).ok()
}

/// Puts what is too long into the database, and returns the key to it.
async fn put_aside(state: &AppState, member: MembershipId, fresh: &Fresh) -> Option<String> {
    let key = random_token();
    let own = Secret::new(key.as_bytes());
    let sealed = seal(&own, fresh)?;
    let put = idempotency::put_aside(&state.app, &scope(member), &place(&own), sealed.as_bytes()).await;
    if let Err(error) = &put {
        tracing::warn!(error = %error, "what is shown once is shown in the answer alone");
    }
    put.is_ok().then_some(key)
}

async fn taken_from_aside(state: &AppState, member: MembershipId, key: &str) -> Option<Fresh> {
    let own = Secret::new(key.as_bytes());
    let sealed = idempotency::from_aside(&state.app, &scope(member), &place(&own)).await.ok()??;
    let opened = own.unseal(COOKIE, std::str::from_utf8(&sealed).ok()?)?;
    serde_json::from_slice(&opened).ok()
}

fn scope(member: MembershipId) -> String {
    format!("shown/{member}")
}

/// Where it lies in the database. It tells nothing of the key.
fn place(own: &Secret) -> String {
    own.sign(COOKIE, "place")
}

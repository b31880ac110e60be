//! What a page shows this once, for whoever loads the page anew in the minutes after: a reload must neither send the form
//! again nor lose a key that is nowhere else. It goes through a cookie of that one page, sealed for the member who was
//! answered; so it is written down nowhere but in their browser, and nobody there can read it.

use app::sent::{Fresh, Sent};
use axum::http::{HeaderMap, HeaderValue, Uri};
use officina::kernel::actor::Actor;
use officina::kernel::ids::MembershipId;
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
    fresh: Fresh,
}

fn member(caller: &Caller) -> Option<MembershipId> {
    caller.0.as_ref().and_then(Actor::member).map(|member| member.membership)
}

/// The cookie for an answer that the page shows again; none for what is shown in the answer itself.
pub(super) fn cookie(
    state: &AppState,
    caller: &Caller,
    function: &str,
    fresh: &Fresh,
    page: &Uri,
) -> Option<HeaderValue> {
    if !fresh.is_kept || page.path().contains(';') {
        return None;
    }
    let kept = Kept {
        member: member(caller)?,
        page: page.path().to_owned(),
        until: state.app.clock.now().plus(KEPT_FOR),
        function: function.to_owned(),
        fresh: fresh.clone(),
    };
    let sealed = state.app.secret.seal(COOKIE, &serde_json::to_vec(&kept).ok()?).ok()?;
    let secure = if state.app.is_https() { "; Secure" } else { "" };
    let seconds = KEPT_FOR / SECOND;
    let cookie =
        format!("{COOKIE}={sealed}; Path={}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}", page.path());
    HeaderValue::try_from(cookie).ok().filter(|_| sealed.len() <= LONGEST)
}

/// What the page has shown to the same member before, within its time.
pub(super) fn taken_back(state: &AppState, caller: &Caller, headers: &HeaderMap, page: &Uri) -> Option<Sent> {
    let opened = state.app.secret.unseal(COOKIE, auth::named_cookie(headers, COOKIE)?)?;
    let kept: Kept = serde_json::from_slice(&opened).ok()?;
    let is_right =
        member(caller) == Some(kept.member) && kept.page == page.path() && state.app.clock.now() < kept.until;
    is_right.then(|| Sent { function: kept.function, fields: Vec::new(), answer: Ok(kept.fresh) })
}

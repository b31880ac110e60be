//! What a staff page or server function runs with. The server provides it for each request.

use leptos::prelude::*;
use officina::identity::{self, Organisation, TemperatureUnit};
use officina::kernel::App;
use officina::kernel::actor::Actor;

use crate::error::PageError;
use crate::moment::Calendar;
use crate::theme::Theme;
use crate::ui::address;

/// Where staff begin.
pub const HOME: &str = "/app";

/// The request behind a page or function.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// What services need.
    pub app: App,
    /// The signed-in member, if there is one.
    pub actor: Option<Actor>,
    /// The member's organisation, where a whole page is rendered.
    pub organisation: Option<Organisation>,
    /// The colours that the browser remembers.
    pub theme: Theme,
}

/// Application and actor of the current request.
///
/// # Errors
/// [`officina::Error::Unauthorized`] when nobody is signed in.
pub fn context() -> Result<(App, Actor), PageError> {
    let context = use_context::<RequestContext>().ok_or(officina::Error::Unauthorized)?;
    let actor = context.actor.ok_or(officina::Error::Unauthorized)?;
    Ok((context.app, actor))
}

/// The organisation of an actor.
///
/// # Errors
/// Only when the database does not answer.
pub async fn organisation(app: &App, actor: &Actor) -> Result<Organisation, PageError> {
    match use_context::<RequestContext>().and_then(|context| context.organisation) {
        Some(organisation) => Ok(organisation),
        None => Ok(identity::service::organisation(app, actor.org).await?),
    }
}

/// Writes times for the staff of an actor's organisation.
///
/// # Errors
/// Only when the database does not answer.
pub async fn calendar(app: &App, actor: &Actor) -> Result<Calendar, PageError> {
    Ok(Calendar::staff(&organisation(app, actor).await?, app.clock.now()))
}

/// The same, with the unit that the organisation shows temperatures in.
///
/// # Errors
/// Only when the database does not answer.
pub async fn calendar_and_unit(app: &App, actor: &Actor) -> Result<(Calendar, TemperatureUnit), PageError> {
    let organisation = organisation(app, actor).await?;
    Ok((Calendar::staff(&organisation, app.clock.now()), organisation.temperature_unit))
}

/// Where the person proves who sits there and then goes on to a page; nothing when that was done lately.
#[must_use]
pub fn to_proof(app: &App, actor: &Actor, next: &str) -> Option<String> {
    (!identity::service::has_proof(app, actor)).then(|| address("/app/account/prove", &[("next", Some(next))]))
}

/// An address on this site to go on to; anything else leads home. A second slash or a backslash would lead to another
/// host, a control character could end the header.
#[must_use]
pub fn safe_next(next: &str) -> &str {
    let plain = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.is_ascii()
        && !next.contains(|c: char| c.is_ascii_control() || c == ' ');
    if plain { next } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_away_from_this_site() {
        for good in ["/app", "/app/repairs?status=ready&page=2", "/app/repairs/1#notes"] {
            assert_eq!(safe_next(good), good);
        }
        for bad in [
            "",
            "https://evil.test",
            "//evil.test",
            "/\\evil.test",
            "\\/evil.test",
            "/a\r\nSet-Cookie: x",
            "app",
            "/\tx",
            "/è",
        ] {
            assert_eq!(safe_next(bad), HOME, "{bad:?}");
        }
    }
}

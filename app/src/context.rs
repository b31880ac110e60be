//! What a staff page or server function runs with. The server provides it for each request.

use leptos::prelude::*;
use officina::identity::{self, Organisation};
use officina::kernel::App;
use officina::kernel::actor::Actor;

use crate::error::PageError;
use crate::moment::Calendar;
use crate::theme::Theme;

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

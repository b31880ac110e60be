//! What the frame and the home page ask the server.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::frame::FrameData;
use super::home::HomeData;
use crate::error::PageError;

/// Who is here, where, and what they may do.
#[server(prefix = "/_fn", endpoint = "frame", input = GetUrl)]
pub async fn get_frame() -> Result<FrameData, PageError> {
    use officina::kernel::journal;

    let (app, actor) = crate::context::context()?;
    let organisation = crate::context::organisation(&app, &actor).await?;
    let member = actor.member().ok_or(officina::Error::Unauthorized)?;
    let now = app.clock.now();
    let calendar = crate::moment::Calendar::staff(&organisation, now);
    let theme = use_context::<crate::context::RequestContext>().map(|context| context.theme).unwrap_or_default();
    Ok(FrameData {
        logo: organisation.logo_address(),
        organisation: organisation.name,
        name: member.name.clone(),
        role: member.role.clone(),
        areas: organisation.areas,
        permissions: actor.usable(),
        operator: member.operator,
        theme,
        unread: crate::notices::unread(&app, &actor).await?,
        is_told: crate::notices::is_told(&app, &actor).await?,
        seq: journal::head(&app.db, actor.org).await?,
        today: calendar.day(&calendar.today()).words,
        local_ms: calendar.wall_clock(now),
    })
}

/// What needs someone now.
#[server(prefix = "/_fn", endpoint = "home", input = GetUrl)]
pub async fn get_home() -> Result<HomeData, PageError> {
    let (app, actor) = crate::context::context()?;
    super::home::gather(&app, &actor).await
}

//! What a new organisation does first. The list goes when all of it is done.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ui::{Icon, icon};

/// One of the first things to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstStep {
    /// What to do.
    pub title: String,
    /// What it is good for.
    pub text: String,
    /// Where it is done.
    pub href: String,
    /// Whether it was done.
    pub is_done: bool,
}

/// The first steps of the organisation, for who may take all of them; none when all are done.
#[cfg(feature = "ssr")]
pub(super) async fn gather(
    app: &officina::kernel::App,
    actor: &officina::kernel::actor::Actor,
    organisation: &officina::identity::Organisation,
) -> Result<Vec<FirstStep>, crate::error::PageError> {
    use officina::cold_chain::service::{list_cold_cells, list_devices};
    use officina::cold_chain::{CellFilter, DeviceFilter};
    use officina::identity::Area;
    use officina::identity::MemberFilter;
    use officina::identity::service::{invitations, members};
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;
    use officina::repairs::RepairFilter;
    use officina::repairs::service::list as list_repairs;

    let has = |area, permission| organisation.has(area) && actor.permissions.has(permission);
    let is_of_admin = [Permission::SettingsManage, Permission::UsersManage].iter().all(|it| actor.permissions.has(*it));
    if !is_of_admin {
        return Ok(Vec::new());
    }
    let mut steps = Vec::new();
    let mut step = |title: &str, text: &str, href: &str, is_done: bool| {
        steps.push(FirstStep { title: title.to_owned(), text: text.to_owned(), href: href.to_owned(), is_done });
    };
    let one = PageRequest { limit: Some(1), ..PageRequest::default() };
    let two = PageRequest { limit: Some(2), ..PageRequest::default() };
    let contact = &organisation.contact;
    step(
        "Say how you are reached",
        "Phone, address and opening hours stand on your public pages.",
        "/app/settings",
        contact.phone.is_some() && !contact.opening_hours.is_empty(),
    );
    let colleagues = members(app, actor, &MemberFilter::default(), &two).await?.items.len() > 1
        || !invitations(app, actor).await?.is_empty();
    step("Invite your colleagues", "Each with an account and a role of their own.", "/app/people/invite", colleagues);
    if has(Area::Repairs, Permission::RepairsRead) {
        let any = !list_repairs(app, actor, &RepairFilter::default(), &one).await?.items.is_empty();
        step("Check in a first car", "The way your customers do, to see what they see.", "/check-in", any);
    }
    if has(Area::ColdChain, Permission::ColdChainWrite) {
        let any = !list_cold_cells(app, actor, &CellFilter::default(), &one).await?.items.is_empty();
        step("Add a cold cell", "With the temperatures that it may have.", "/app/cold-chain/add", any);
        if any && actor.permissions.has(Permission::DevicesManage) {
            let any = !list_devices(app, actor, &DeviceFilter::default(), &one).await?.items.is_empty();
            step(
                "Add a device",
                "It measures, and you are told when something is wrong.",
                "/app/cold-chain/devices/add",
                any,
            );
        }
    }
    if steps.iter().all(|step| step.is_done) {
        steps.clear();
    }
    Ok(steps)
}

/// The list; nothing when there is nothing left.
pub(super) fn first_steps(steps: Vec<FirstStep>) -> Option<AnyView> {
    if steps.is_empty() {
        return None;
    }
    let done = steps.iter().filter(|step| step.is_done).count();
    let progress = format!("{done} of {} done", steps.len());
    let items = steps
        .into_iter()
        .map(|step| {
            let symbol = icon(if step.is_done { Icon::Check } else { Icon::Flag });
            let title = if step.is_done {
                view! { <span><span class="muted">{step.title}</span> <span class="skip">" (done)"</span></span> }
                    .into_any()
            } else {
                view! { <a class="link" href=step.href rel="external">{step.title}</a> }.into_any()
            };
            let text = (!step.is_done).then(|| view! { <span class="small muted">{step.text}</span> });
            view! { <li class="row">{symbol} <div class="stack tight">{title} {text}</div></li> }
        })
        .collect_view();
    Some(
        view! {
            <section class="panel stack">
                <div class="spread wrap"><h2>"Get started"</h2><span class="small muted num">{progress}</span></div>
                <ol class="stack tight">{items}</ol>
            </section>
        }
        .into_any(),
    )
}

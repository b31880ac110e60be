//! Home: what needs someone now. Every number leads to the list behind it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::first_steps::{self, FirstStep};
use super::functions::get_home;
use super::loaded::loaded;
use crate::live::{Topic, use_live};
use crate::repairs::{RepairRow, repairs_table};
use crate::ui::{EmptyState, Icon, PageTitle, SkeletonRows, Tone, icon};

/// A number and the list behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// What is counted.
    pub label: String,
    /// How many.
    pub count: i64,
    /// Where they are listed.
    pub href: String,
    /// A picture of it.
    pub symbol: Icon,
    /// How it looks when there is any.
    pub tone: Tone,
}

/// What the home page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HomeData {
    /// The person's first name.
    pub first_name: String,
    /// The numbers.
    pub tiles: Vec<Tile>,
    /// What a new organisation has not done yet.
    pub steps: Vec<FirstStep>,
    /// The newest check-ins that nobody has confirmed; none without the permission to see repairs.
    pub check_ins: Option<Vec<RepairRow>>,
}

/// Collects the numbers that the member may see.
#[cfg(feature = "ssr")]
pub(super) async fn gather(
    app: &officina::kernel::App,
    actor: &officina::kernel::actor::Actor,
) -> Result<HomeData, crate::error::PageError> {
    use officina::cold_chain::{AlertFilter, AlertStatus};
    use officina::identity::Area;
    use officina::kernel::page::PageRequest;
    use officina::kernel::permission::Permission;
    use officina::repairs::{RepairFilter, RepairStatus};
    use officina::{cold_chain, leads, repairs};

    let organisation = crate::context::organisation(app, actor).await?;
    let calendar = crate::context::calendar(app, actor).await?;
    let sees = |area, permission| organisation.has(area) && actor.permissions.has(permission);
    let mut tiles = Vec::new();
    let mut tile = |label: &str, count, href: &str, symbol, tone| {
        tiles.push(Tile { label: label.to_owned(), count, href: href.to_owned(), symbol, tone });
    };
    let mut check_ins = None;
    if sees(Area::Repairs, Permission::RepairsRead) {
        let (by_status, overdue) = repairs::service::open_counts(app, actor).await?;
        let count = |wanted| by_status.iter().find(|(status, _)| *status == wanted).map_or(0, |(_, count)| *count);
        let status = |status: RepairStatus| format!("/app/repairs?status={status}");
        tile(
            "To confirm",
            count(RepairStatus::PreCheckin),
            &status(RepairStatus::PreCheckin),
            Icon::Calendar,
            Tone::Info,
        );
        tile("Past the promised day", overdue, "/app/repairs?overdue=1&sort=oldest", Icon::Clock, Tone::Danger);
        tile(
            "Waiting for parts",
            count(RepairStatus::WaitingParts),
            &status(RepairStatus::WaitingParts),
            Icon::Parts,
            Tone::Warning,
        );
        tile(
            "Ready to be fetched",
            count(RepairStatus::Ready),
            &status(RepairStatus::Ready),
            Icon::Flag,
            Tone::Success,
        );
        let filter = RepairFilter { status: Some("pre_checkin".to_owned()), ..RepairFilter::default() };
        let page = PageRequest { limit: Some(6), ..PageRequest::default() };
        let newest = repairs::service::list(app, actor, &filter, &page).await?;
        check_ins = Some(newest.items.into_iter().map(|repair| RepairRow::of(repair, &calendar)).collect());
    }
    if sees(Area::Leads, Permission::LeadsRead) {
        let count = leads::service::new_count(app, actor).await?;
        tile("New leads", count, "/app/leads?status=new", Icon::Message, Tone::Info);
    }
    if sees(Area::ColdChain, Permission::ColdChainRead) {
        let count = cold_chain::service::technician_dashboard(app, actor).await?.active_alerts;
        tile("Active alerts", count, "/app/alerts", Icon::Bell, Tone::Danger);
    } else if organisation.has(Area::ColdChain) && actor.scope(Permission::AlertsRead).is_ok() {
        // The portal: a customer without cold cells is not told that none has an alert.
        let filter = AlertFilter { status: Some(AlertStatus::Active), ..AlertFilter::default() };
        let page = PageRequest { limit: Some(1), ..PageRequest::default() };
        let count = cold_chain::service::list_alerts(app, actor, &filter, &page).await?.total.at_least();
        if count > 0 {
            tile("Active alerts", count, "/app/alerts", Icon::Bell, Tone::Danger);
        }
    }
    if actor.permissions.has(Permission::CustomersWrite) {
        let count = officina::numbers::service::doubt_count(app, actor).await?;
        if count > 0 {
            tile("Phone numbers to look at", count, "/app/numbers", Icon::Person, Tone::Warning);
        }
    }
    let name = actor.member().map(|member| member.name.as_str()).unwrap_or_default();
    let first_name = name.split_whitespace().next().unwrap_or_default().to_owned();
    let steps = first_steps::gather(app, actor, &organisation).await?;
    Ok(HomeData { first_name, tiles, steps, check_ins })
}

/// The home page.
#[component]
pub fn Home() -> impl IntoView {
    let live = use_live();
    let data = Resource::new(
        move || (live.changes(Topic::Repairs), live.changes(Topic::Leads), live.changes(Topic::Alerts)),
        |_| get_home(),
    );
    view! {
        <PageTitle text="Home"/>
        {loaded(data, || view! { <SkeletonRows/> }.into_any(), show)}
    }
}

fn show(data: HomeData) -> AnyView {
    let nothing = (data.tiles.is_empty() && data.check_ins.is_none()).then(|| {
        view! {
            <div class="panel">
                <EmptyState symbol=Icon::Check title="Nothing waits for you" text="What is yours stands in the menu."/>
            </div>
        }
    });
    // Zeros say nothing while there is nothing to count.
    let has_numbers = data.steps.is_empty() || data.tiles.iter().any(|tile| tile.count > 0);
    let steps = first_steps::first_steps(data.steps);
    let tiles: Vec<_> = data
        .tiles
        .into_iter()
        .map(|tile| {
            let class = if tile.count > 0 { format!("hot {}", tile.tone.class()) } else { String::new() };
            view! {
                <a href=tile.href class=class>
                    <span class="row">{icon(tile.symbol)} {tile.label}</span>
                    <strong>{tile.count}</strong>
                </a>
            }
        })
        .collect();
    let check_ins = data.check_ins.map(|rows| {
        let list = if rows.is_empty() {
            view! {
                <div class="panel">
                    <EmptyState symbol=Icon::Check title="Every check-in is confirmed" text="New ones appear here by themselves."/>
                </div>
            }
            .into_any()
        } else {
            repairs_table("Check-ins to confirm", rows)
        };
        view! { <section class="stack tight"><h2>"Check-ins to confirm"</h2>{list}</section> }
    });
    view! {
        <div class="stack">
            <div class="page-head"><h1>{format!("Hello {}", data.first_name)}</h1></div>
            {steps}
            {has_numbers.then(|| view! { <div class="tiles">{tiles}</div> })}
            {check_ins}
            {nothing}
        </div>
    }
    .into_any()
}

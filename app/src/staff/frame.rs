//! The frame around every staff page: where to go, who is here, whether what is shown is live.

use leptos::prelude::*;
use leptos_router::components::{A, Outlet};
use leptos_router::hooks::use_location;
use officina::identity::Area;
use officina::kernel::permission::{Permission, PermissionSet};
use serde::{Deserialize, Serialize};

use super::functions::get_frame;
use super::lost::LostTexts;
use crate::error::PageError;
use crate::live::LiveBadge;
#[cfg(feature = "hydrate")]
use crate::live::{Topic, can_follow};
#[cfg(feature = "hydrate")]
use crate::notices::count_unread;
use crate::theme::Theme;
use crate::ui::{Icon, Toasts, icon, mark};

/// What the frame shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameData {
    /// The organisation's name.
    pub organisation: String,
    /// The address of its logo, if it has one.
    pub logo: Option<String>,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: String,
    /// The areas that are switched on.
    pub areas: Vec<Area>,
    /// What the person may do.
    pub permissions: PermissionSet,
    /// Whether the person runs the installation.
    pub operator: bool,
    /// The colours chosen.
    pub theme: Theme,
    /// How many notices the person has not read, counted up to 100.
    pub unread: i64,
    /// Whether the person may be told anything at all.
    pub is_told: bool,
    /// The journal's number when the page was made; live updates go on from there.
    pub seq: i64,
    /// The day when the page was made, in words, for the head of a sheet.
    pub today: String,
    /// The moment when the page was made, as milliseconds since 1970 by the wall clocks of the organisation's time zone.
    pub local_ms: i64,
}

/// A place to go to.
struct Place {
    href: &'static str,
    label: &'static str,
    symbol: Icon,
    area: Option<Area>,
    needs: Option<Permission>,
    /// Whether customers find their own records there.
    portal: bool,
}

const PLACES: &[Place] = &[
    Place { href: "/app", label: "Home", symbol: Icon::Home, area: None, needs: None, portal: false },
    Place {
        href: "/app/repairs",
        label: "Repairs",
        symbol: Icon::Car,
        area: Some(Area::Repairs),
        needs: Some(Permission::RepairsRead),
        portal: true,
    },
    Place {
        href: "/app/leads",
        label: "Leads",
        symbol: Icon::Message,
        area: Some(Area::Leads),
        needs: Some(Permission::LeadsRead),
        portal: false,
    },
    Place {
        href: "/app/cold-chain",
        label: "Cold chain",
        symbol: Icon::Snow,
        area: Some(Area::ColdChain),
        needs: Some(Permission::ColdChainRead),
        portal: true,
    },
    Place {
        href: "/app/alerts",
        label: "Alerts",
        symbol: Icon::Bell,
        area: Some(Area::ColdChain),
        needs: Some(Permission::AlertsRead),
        portal: true,
    },
    Place {
        href: "/app/people",
        label: "People",
        symbol: Icon::Person,
        area: None,
        needs: Some(Permission::UsersManage),
        portal: false,
    },
    Place {
        href: "/app/audit",
        label: "Audit",
        symbol: Icon::List,
        area: None,
        needs: Some(Permission::AuditRead),
        portal: false,
    },
    Place {
        href: "/app/settings",
        label: "Settings",
        symbol: Icon::Wrench,
        area: None,
        needs: Some(Permission::SettingsManage),
        portal: false,
    },
];

/// Places in a phone's navigation; of more than these, the last one is a menu.
const MOST_AT_ONCE: usize = 5;

/// Where the operator of the installation goes beside all that.
const ORGANISATIONS: Place = Place {
    href: "/app/organisations",
    label: "Organisations",
    symbol: Icon::Building,
    area: None,
    needs: None,
    portal: false,
};

/// The frame.
#[component]
pub fn Frame() -> impl IntoView {
    let frame = Resource::new(|| (), |()| get_frame());
    // For pages that show one thing or another by what the person may do.
    provide_context(frame);
    #[cfg(feature = "hydrate")]
    {
        follow(frame);
        super::loaded::try_again(frame);
        crate::ui::close_menus();
        // When the page is awake: before, a form could not be sent by script.
        Effect::new(|| {
            super::drafts::begin();
            super::place::begin();
            super::missing::wake();
        });
    }
    let sidebar = move || Suspend::new(async move { frame.await.ok().map(sidebar) });
    let header = move || Suspend::new(async move { frame.await.ok().map(header) });
    view! {
        <div class="app">
            <a class="skip" href="#content" rel="external">"Skip to the content"</a>
            <aside class="sidebar"><Suspense>{sidebar}</Suspense></aside>
            <header class="topbar"><Suspense>{header}</Suspense></header>
            <main class="content" id="content"><LostTexts/> <Outlet/></main>
            <Toasts/>
        </div>
    }
}

/// Shows something to those who may do something; to others nothing.
pub fn permitted(permission: Permission, content: impl Into<ViewFn>) -> AnyView {
    permitted_either(permission, permission, content)
}

/// Shows something to those who have one of two permissions.
pub fn permitted_either(one: Permission, other: Permission, content: impl Into<ViewFn>) -> AnyView {
    let content: ViewFn = content.into();
    let frame = use_context::<Resource<Result<FrameData, PageError>>>();
    let shown = move || {
        let content = content.clone();
        frame.map(|frame| {
            Suspend::new(async move {
                let has = |frame: FrameData| frame.permissions.has(one) || frame.permissions.has(other);
                let may = frame.await.is_ok_and(has);
                may.then(|| content.run())
            })
        })
    };
    view! { <Suspense>{shown}</Suspense> }.into_any()
}

/// Starts live updates as soon as it is known where from: by the event stream, or by asking now and then for those who may
/// not follow it.
#[cfg(feature = "hydrate")]
fn follow(frame: Resource<Result<FrameData, PageError>>) {
    let live = crate::live::use_live();
    Effect::new(move |started: Option<bool>| match frame.get().and_then(Result::ok) {
        Some(frame) if started != Some(true) => {
            if can_follow(frame.permissions) {
                crate::live::connect(live, frame.seq);
            } else {
                crate::live::poll(live);
            }
            true
        }
        _ => started == Some(true),
    });
}

fn home_link(organisation: String, logo: Option<String>) -> AnyView {
    view! { <a class="mark" href="/app">{mark(&organisation, logo)}<span class="clip">{organisation}</span></a> }
        .into_any()
}

fn sidebar(frame: FrameData) -> AnyView {
    let visible = |place: &&Place| {
        place.area.is_none_or(|area| frame.areas.contains(&area))
            && (place.needs.is_none_or(|permission| frame.permissions.has(permission))
                || (place.portal && frame.permissions.has(Permission::PortalRead)))
    };
    let places: Vec<&'static Place> =
        PLACES.iter().filter(visible).chain(frame.operator.then_some(&ORGANISATIONS)).collect();
    let more = (places.len() > MOST_AT_ONCE).then(|| more(&places[MOST_AT_ONCE - 1..]));
    let class = more.is_some().then_some("many");
    let links: Vec<_> = places.into_iter().map(place_link).collect();
    view! {
        {home_link(frame.organisation, frame.logo)}
        <nav aria-label="Main"><ul class=class>{links} {more}</ul></nav>
    }
    .into_any()
}

fn place_link(place: &'static Place) -> AnyView {
    // Home is where everything starts with, so it is marked only when one is right there.
    let exact = place.href == "/app";
    view! { <li><A href=place.href exact=exact>{icon(place.symbol)} <span>{place.label}</span></A></li> }.into_any()
}

/// The places that a phone has no room for, behind a button. Where there is room, they stand beside the others.
fn more(places: &[&'static Place]) -> AnyView {
    let links: Vec<_> = places.iter().copied().map(place_link).collect();
    let menu = NodeRef::<leptos::html::Details>::new();
    let close = move |_| {
        if let Some(menu) = menu.get_untracked() {
            // An attribute that is there can always be taken away.
            let _ = menu.remove_attribute("open");
        }
    };
    view! {
        <li class="more">
            <details class="drop" name="menu" node_ref=menu>
                <summary>{icon(Icon::Dots)} <span>"More"</span></summary>
                <div on:click=close><ul>{links}</ul></div>
            </details>
        </li>
    }
    .into_any()
}

/// The way to the notices, with how many were not read. Nothing for those who are never told anything.
fn bell(frame: &FrameData) -> Option<AnyView> {
    if frame.unread == 0 && !frame.is_told {
        return None;
    }
    // It comes with the page and is counted again when the live feed says so. As a resource of its own it would be a
    // boundary within the header's, which does not hydrate.
    let unread = RwSignal::new(frame.unread);
    #[cfg(feature = "hydrate")]
    count_again(unread);
    let count = move || if unread.get() > 99 { "99+".to_owned() } else { unread.get().to_string() };
    let words = move || if unread.get() > 0 { format!("Notices, {} not read", count()) } else { "Notices".to_owned() };
    Some(
        view! {
            <a class="btn btn-ghost btn-square bell" href="/app/notices" aria-label=words>
                {icon(Icon::Bell)} <span class="count num" hidden=move || unread.get() == 0>{count}</span>
            </a>
        }
        .into_any(),
    )
}

/// Keeps the number at the bell right.
#[cfg(feature = "hydrate")]
fn count_again(unread: RwSignal<i64>) {
    let live = crate::live::use_live();
    Effect::new(move |seen: Option<()>| {
        let _ = live.changes(Topic::Notices);
        if seen.is_some() {
            leptos::task::spawn_local(async move {
                if let Ok(count) = count_unread().await {
                    unread.try_set(count);
                }
            });
        }
    });
}

/// Tells the day that a sheet is printed on, which may not be the one when the page was opened.
#[cfg(feature = "hydrate")]
fn keep_day(today: RwSignal<String>, local_ms: i64) {
    use js_sys::{Date, Object, Reflect};

    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2⁵³")]
    let ahead = local_ms as f64 - Date::now();
    let listener = window_event_listener(leptos::ev::beforeprint, move |_| {
        let options = Object::new();
        for (name, value) in [("day", "numeric"), ("month", "long"), ("year", "numeric"), ("timeZone", "UTC")] {
            // An object of our own takes every property.
            let _ = Reflect::set(&options, &name.into(), &value.into());
        }
        let now = Date::new(&(Date::now() + ahead).into());
        today.try_set(String::from(now.to_locale_date_string("en-GB", &options)));
    });
    on_cleanup(move || listener.remove());
}

fn header(frame: FrameData) -> AnyView {
    let bell = bell(&frame);
    let today = RwSignal::new(frame.today);
    #[cfg(feature = "hydrate")]
    keep_day(today, frame.local_ms);
    let location = use_location();
    let here = move || format!("{}{}", location.pathname.get(), query_of(&location.search.get()));
    let themes = [
        (Theme::System, "As the system", Icon::Contrast),
        (Theme::Light, "Light", Icon::Sun),
        (Theme::Dark, "Dark", Icon::Moon),
    ];
    let choices: Vec<_> = themes
        .into_iter()
        .map(|(theme, words, symbol)| {
            let pressed = if theme == frame.theme { "true" } else { "false" };
            view! {
                <button class="item" type="submit" name="theme" value=theme.word() aria-pressed=pressed>
                    {icon(symbol)} {words} {(theme == frame.theme).then(|| icon(Icon::Check))}
                </button>
            }
        })
        .collect();
    view! {
        {home_link(frame.organisation, frame.logo)}
        <span class="printed small">"Printed on " {move || today.get()}</span>
        <span class="grow"></span>
        <LiveBadge/>
        {bell}
        <details class="drop" name="menu">
            <summary class="btn btn-ghost btn-square" aria-label="Colours">{icon(Icon::Contrast)}</summary>
            <div>
                <form method="post" action="/preferences/theme">
                    <input type="hidden" name="next" value=here/>
                    {choices}
                </form>
            </div>
        </details>
        <details class="drop" name="menu">
            <summary class="btn btn-ghost btn-square" aria-label="Your account">{icon(Icon::Person)}</summary>
            <div>
                <p class="item-text"><strong>{frame.name}</strong><span class="muted small">{frame.role}</span></p>
                <hr/>
                // Loaded whole, so that the menu closes.
                <a class="item" href="/app/account" rel="external">{icon(Icon::Person)} "Your account"</a>
                <form method="post" action="/sign-out">
                    <button class="item" type="submit">{icon(Icon::Door)} "Sign out"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

pub(super) fn query_of(search: &str) -> String {
    let search = search.trim_start_matches('?');
    if search.is_empty() { String::new() } else { format!("?{search}") }
}

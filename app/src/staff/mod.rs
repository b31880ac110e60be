//! The staff application: its routes, the frame around every page, and the home page.

#[cfg(feature = "hydrate")]
mod drafts;
#[cfg(feature = "hydrate")]
mod fields;
mod first_steps;
#[cfg(feature = "hydrate")]
mod focus;
mod form;
mod frame;
mod functions;
mod home;
mod lazily;
mod loaded;
mod lost;
#[cfg(feature = "hydrate")]
mod missing;
pub(crate) mod outcome;
pub mod person;
#[cfg(feature = "hydrate")]
mod place;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::SsrMode;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;

use crate::leads::{LeadPage, LeadsPage};
use crate::live::provide_live;
use crate::repairs::{BoardPage, NewRepairPage, RepairPage, RepairsPage};
use crate::ui::{EmptyState, Icon, provide_toasts};

use lazily::later;

pub use form::ActionForm;
pub use frame::{FrameData, permitted, permitted_either};
pub use loaded::{failure, followed, loaded, proof_first, refused};

/// What stands below the phone number of a colleague, or one's own.
pub(crate) const PHONE_HINT: &str =
    "For text messages, and to sign in with. With the country, such as +44, where it is another one.";

/// The application. Every page is rendered whole by the server first (`SsrMode::Async`), so that statuses and
/// redirects are right and nothing needs the script to be read.
#[component]
pub fn StaffApp() -> impl IntoView {
    provide_meta_context();
    provide_toasts();
    provide_live();
    #[cfg(feature = "hydrate")]
    missing::begin();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <ParentRoute path=path!("/app") view=frame::Frame ssr=SsrMode::Async>
                    <Route path=path!("") view=home::Home ssr=SsrMode::Async/>
                    <Route path=path!("repairs") view=RepairsPage ssr=SsrMode::Async/>
                    <Route path=path!("repairs/board") view=BoardPage ssr=SsrMode::Async/>
                    <Route path=path!("repairs/new") view=NewRepairPage ssr=SsrMode::Async/>
                    <Route path=path!("repairs/:id") view=RepairPage ssr=SsrMode::Async/>
                    <Route path=path!("leads") view=LeadsPage ssr=SsrMode::Async/>
                    <Route path=path!("leads/:id") view=LeadPage ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain") view={later::<lazily::ColdCells>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/add") view={later::<lazily::AddCell>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/customers") view={later::<lazily::Customers>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/cells/:id") view={later::<lazily::ColdCell>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/cells/:id/edit") view={later::<lazily::ChangeCell>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/places/:id") view={later::<lazily::Place>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/devices") view={later::<lazily::Devices>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/devices/add") view={later::<lazily::AddDevices>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/devices/:id") view={later::<lazily::Device>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/policy") view={later::<lazily::Policy>()} ssr=SsrMode::Async/>
                    <Route path=path!("cold-chain/wall") view={later::<lazily::Wall>()} ssr=SsrMode::Async/>
                    <Route path=path!("alerts") view={later::<lazily::Alerts>()} ssr=SsrMode::Async/>
                    <Route path=path!("alerts/:id") view={later::<lazily::Alert>()} ssr=SsrMode::Async/>
                    <Route path=path!("notices") view={later::<lazily::Notices>()} ssr=SsrMode::Async/>
                    <Route path=path!("numbers") view={later::<lazily::Numbers>()} ssr=SsrMode::Async/>
                    <Route path=path!("people") view={later::<lazily::Members>()} ssr=SsrMode::Async/>
                    <Route path=path!("people/roles") view={later::<lazily::Roles>()} ssr=SsrMode::Async/>
                    <Route path=path!("people/roles/new") view={later::<lazily::Role>()} ssr=SsrMode::Async/>
                    <Route path=path!("people/roles/:name") view={later::<lazily::Role>()} ssr=SsrMode::Async/>
                    <Route path=path!("people/programs") view={later::<lazily::Programs>()} ssr=SsrMode::Async/>
                    <Route path=path!("people/invite") view={later::<lazily::Invite>()} ssr=SsrMode::Async/>
                    <Route path=path!("people/:id") view={later::<lazily::Member>()} ssr=SsrMode::Async/>
                    <Route path=path!("audit") view={later::<lazily::Audit>()} ssr=SsrMode::Async/>
                    <Route path=path!("settings") view={later::<lazily::Settings>()} ssr=SsrMode::Async/>
                    <Route path=path!("account") view={later::<lazily::Account>()} ssr=SsrMode::Async/>
                    <Route path=path!("account/second-factor") view={later::<lazily::SecondFactor>()} ssr=SsrMode::Async/>
                    <Route path=path!("account/passkeys") view={later::<lazily::Passkeys>()} ssr=SsrMode::Async/>
                    <Route path=path!("account/notices") view={later::<lazily::NoticePreferences>()} ssr=SsrMode::Async/>
                    <Route path=path!("account/prove") view={later::<lazily::Prove>()} ssr=SsrMode::Async/>
                    <Route path=path!("organisations") view={later::<lazily::Organisations>()} ssr=SsrMode::Async/>
                    <Route path=path!("*rest") view=NotFound ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// What stands where there is no page.
#[component]
fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <h1 class="skip">"Not found"</h1>
        <div class="panel">
            <EmptyState symbol=Icon::Search title="There is nothing here" text="It may have been moved, or the address was typed wrongly.">
                <a class="btn" href="/app">"Home"</a>
            </EmptyState>
        </div>
    }
}

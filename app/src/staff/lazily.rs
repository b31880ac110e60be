//! Pages that are fetched when somebody first goes there.
//!
//! The bundle that every browser loads holds the pages of the front desk; what an office opens now and then, and what few
//! businesses have, waits in others. There are few bundles on purpose: code that several of them share is cut into pieces of its own, and each
//! page in a bundle of its own would come in dozens of pieces.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::{Lazy, LazyRoute};

use crate::account::{AccountPage, PasskeysPage, ProvePage, SecondFactorPage};
use crate::audit::AuditPage;
use crate::cold_chain::{
    AddCellPage, AddDevicesPage, AlertPage, AlertsPage, ChangeCellPage, ColdCellPage, ColdChainPage, CustomersPage,
    DevicePage, DevicesPage, PlacePage, PolicyPage, WallPage,
};
use crate::notices::{NoticePreferencesPage, NoticesPage};
use crate::numbers::NumbersPage;
use crate::organisations::OrganisationsPage;
use crate::people::{InvitePage, MemberPage, MembersPage, ProgramsPage, RolePage, RolesPage};
use crate::settings::SettingsPage;

/// What is fetched later.
#[cfg(feature = "hydrate")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bundle {
    /// That of [`BackOffice`].
    BackOffice,
    /// That of [`ColdChain`].
    ColdChain,
}

#[cfg(feature = "hydrate")]
impl Bundle {
    /// The one that the page at a path is in.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path.strip_prefix("/app/")?.split('/').next()? {
            "account" | "audit" | "notices" | "numbers" | "organisations" | "people" | "settings" => {
                Some(Self::BackOffice)
            }
            "alerts" | "cold-chain" => Some(Self::ColdChain),
            _ => None,
        }
    }

    /// Fetches it, and tells whether it is there.
    pub(super) async fn fetch(self) -> bool {
        match self {
            Self::BackOffice => fetch_back_office().await.is_ok(),
            Self::ColdChain => fetch_cold_chain().await.is_ok(),
        }
    }
}

macro_rules! bundle {
    ($(#[$words:meta])* $bundle:ident, $load:ident, $fetch:ident: $($name:ident => $page:ident,)+) => {
        $(#[$words])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $bundle {
            $($name,)+
        }

        // What `lazy` stands for, but for a bundle that cannot be fetched: there that would end the application.
        #[wasm_split($load, wasm_split_path = ::leptos::wasm_split, preload($fetch), fallible)]
        fn $load(page: $bundle) -> Result<AnyView, SplitLoaderError> {
            Ok(match page {
                $($bundle::$name => view! { <$page/> }.into_any(),)+
            })
        }

        $(
            /// The route of a page in the bundle.
            pub(super) struct $name;

            impl LazyRoute for $name {
                fn data() -> Self {
                    Self
                }

                async fn view(_: Self) -> AnyView {
                    // It is there by now: the route has waited for it.
                    $load($bundle::$name).await.unwrap_or_else(|_| ().into_any())
                }

                async fn preload() {
                    #[cfg(feature = "hydrate")]
                    super::missing::wait_for(Bundle::$bundle).await;
                }
            }
        )+
    };
}

bundle! {
    /// The back office: people, organisations, settings, the audit, one's own account.
    BackOffice, back_office, fetch_back_office:
    Account => AccountPage,
    Audit => AuditPage,
    Invite => InvitePage,
    Member => MemberPage,
    Members => MembersPage,
    NoticePreferences => NoticePreferencesPage,
    Notices => NoticesPage,
    Numbers => NumbersPage,
    Organisations => OrganisationsPage,
    Passkeys => PasskeysPage,
    Programs => ProgramsPage,
    Prove => ProvePage,
    Role => RolePage,
    Roles => RolesPage,
    SecondFactor => SecondFactorPage,
    Settings => SettingsPage,
}

bundle! {
    /// Cold cells, their devices and alerts.
    ColdChain, cold_chain, fetch_cold_chain:
    AddCell => AddCellPage,
    AddDevices => AddDevicesPage,
    Alert => AlertPage,
    Alerts => AlertsPage,
    ChangeCell => ChangeCellPage,
    ColdCell => ColdCellPage,
    ColdCells => ColdChainPage,
    Customers => CustomersPage,
    Device => DevicePage,
    Devices => DevicesPage,
    Place => PlacePage,
    Policy => PolicyPage,
    Wall => WallPage,
}

/// A page of a bundle, for a route.
pub(super) fn later<P: LazyRoute>() -> Lazy<P> {
    Lazy::new()
}

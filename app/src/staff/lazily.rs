//! Pages that are fetched when somebody first goes there.
//!
//! The bundle that every browser loads holds the pages of the front desk; what an office opens now and then, and what few
//! businesses have, waits in others. There are few bundles on purpose: code that several of them share is cut into pieces of its own, and each
//! page in a bundle of its own would come in dozens of pieces.

use leptos::prelude::*;
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

macro_rules! bundle {
    ($(#[$words:meta])* $bundle:ident, $load:ident, $preload:ident: $($name:ident => $page:ident,)+) => {
        $(#[$words])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $bundle {
            $($name,)+
        }

        #[lazy]
        fn $load(page: $bundle) -> AnyView {
            match page {
                $($bundle::$name => view! { <$page/> }.into_any(),)+
            }
        }

        $(
            /// The route of a page in the bundle.
            pub(super) struct $name;

            impl LazyRoute for $name {
                fn data() -> Self {
                    Self
                }

                async fn view(_: Self) -> AnyView {
                    $load($bundle::$name).await
                }

                async fn preload() {
                    #[cfg(target_arch = "wasm32")]
                    $preload().await;
                }
            }
        )+
    };
}

bundle! {
    /// The back office: people, organisations, settings, the audit, one's own account.
    BackOffice, back_office, __preload_back_office:
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
    ColdChain, cold_chain, __preload_cold_chain:
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

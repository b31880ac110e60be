//! The pages of Officina. Public pages are rendered to a string by the server and carry no script; staff pages are a
//! hydrated application, and the server functions that they call live beside them.

#[cfg(feature = "ssr")]
pub mod accent;
pub mod account;
pub mod audit;
pub mod cold_chain;
#[cfg(feature = "ssr")]
pub mod context;
pub mod error;
pub mod leads;
pub mod live;
pub mod moment;
pub mod notices;
pub mod numbers;
pub mod organisations;
pub mod passkey;
pub mod people;
#[cfg(feature = "ssr")]
pub mod public;
pub mod repairs;
pub mod sent;
pub mod settings;
pub mod shell;
pub mod staff;
pub mod theme;
pub mod ui;

/// Wakes the staff application up in the browser, on the page that the server has rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    staff::person::say_with_every_call();
    leptos::mount::hydrate_lazy(staff::StaffApp);
}

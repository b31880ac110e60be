//! What everyone who is signed in sees and changes about themself: sessions, password, second factor, organisations.

mod functions;
mod page;
mod prove;
mod second_factor;

pub use functions::{AccountView, FactorView, ProofView, Scan, SessionRow};
// Their forms name them in a field (`sent::calls`).
pub use functions::{begin_factor, confirm_factor, drop_factor, prove, switch_organisation};
pub use page::AccountPage;
pub use prove::ProvePage;
pub use second_factor::SecondFactorPage;

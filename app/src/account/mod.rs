//! What everyone who is signed in sees and changes about themself: sessions, password, second factor, organisations.

mod functions;
mod page;
mod prove;
mod second_factor;

pub use functions::{AccountView, FactorView, ProofView, Scan, SessionRow};
pub use page::AccountPage;
pub use prove::ProvePage;
pub use second_factor::SecondFactorPage;

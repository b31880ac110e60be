//! What everyone who is signed in sees and changes about themself: sessions, password, organisations.

mod functions;
mod page;

pub use functions::{AccountView, SessionRow};
pub use page::AccountPage;

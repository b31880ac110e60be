//! What everyone who is signed in sees and changes about themself: sessions, password, second factor, organisations.

mod functions;
mod page;
mod passkeys;
mod prove;
mod second_factor;

pub use functions::{AccountView, FactorView, PasskeyRow, PasskeysView, ProofView, Scan, SessionRow};
// Their forms name them in a field (`sent::calls`).
pub use functions::{
    add_passkey, begin_factor, confirm_factor, drop_factor, prove, prove_with_passkey, remove_passkey,
    switch_organisation,
};
pub use page::AccountPage;
pub use passkeys::PasskeysPage;
pub use prove::ProvePage;
pub use second_factor::SecondFactorPage;

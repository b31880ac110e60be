//! What one was told, and what one wants to be told.

mod functions;
mod page;
mod preferences;

pub use functions::{Chooser, NoticeLine, NoticesView, PreferencesView};
// Their forms name them in a field (`sent::calls`); the frame counts.
pub use functions::{choose_notices, count_unread, read_notices};
#[cfg(feature = "ssr")]
pub(crate) use functions::{is_told, unread};
pub use page::NoticesPage;
pub use preferences::NoticePreferencesPage;

//! The way from a record to all that was ever done to it.

use leptos::prelude::*;

use super::page::PATH;
use crate::ui::{Icon, address, icon};

/// A link to the entries about a record, for who may read the audit. `kind` is the record's word in the journal.
#[must_use]
pub fn history_link(may_read: bool, kind: &'static str, id: &str) -> Option<AnyView> {
    may_read.then(|| {
        let href = address(PATH, &[("subject", Some(&format!("{kind}:{id}")))]);
        view! { <a class="btn btn-ghost" href=href>{icon(Icon::List)} "History"</a> }.into_any()
    })
}

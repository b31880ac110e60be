//! The design system: the few parts that every page is made of. Their looks are in `style/main.css`.

mod ask_first;
mod badge;
mod button;
mod chart;
mod empty;
mod error_summary;
mod facts;
mod field;
mod filter_form;
mod icon;
mod mark;
#[cfg(feature = "hydrate")]
mod menus;
mod page_title;
mod pager;
mod reload;
mod table;
mod text_area;
mod timeline;
mod toast;

pub use ask_first::AskFirst;
pub use badge::{Badge, Tone};
pub use button::{Button, ButtonKind};
pub use chart::{Chart, ChartData, ChartMark, ChartPoint};
pub use empty::{EmptyState, PastTheEnd, SkeletonRows};
pub use error_summary::{ErrorSummary, RefusedField};
pub use facts::{email_fact, phone_fact};
pub use field::{Alert, Field, FieldFrame, Select};
pub use filter_form::{ApplyFilters, FilterForm, MoreFilters};
pub use icon::{Icon, icon};
pub use mark::mark;
#[cfg(feature = "hydrate")]
pub use menus::close_menus;
pub use page_title::PageTitle;
pub use pager::Pager;
pub use reload::ReloadWithoutScript;
pub use table::{Column, Table};
pub use text_area::TextArea;
pub use timeline::{Timeline, TimelineItem};
pub use toast::{ToastKind, Toasts, provide_toasts, toast, withdraw};

/// Makes text inert between tags and in quoted attributes. For the few places that are not written with `view!`.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// An address with the fields of its query that have a value.
#[must_use]
pub fn address(path: &str, fields: &[(&str, Option<&str>)]) -> String {
    let mut address = path.to_owned();
    let mut joint = '?';
    for (name, value) in fields.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
        address.push(joint);
        address.push_str(name);
        address.push('=');
        address.push_str(&encoded(value));
        joint = '&';
    }
    address
}

/// A text as it stands in an address (RFC 3986, section 2.1): all but the unreserved characters as `%XX`.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #[test]
    fn whatever_was_searched_for_survives_in_an_address() {
        let fields = [("search", Some("Fiat & C. è")), ("status", None), ("sort", Some("oldest"))];
        assert_eq!(super::address("/app/repairs", &fields), "/app/repairs?search=Fiat%20%26%20C.%20%C3%A8&sort=oldest");
    }
}

//! A page that loads itself anew where nothing else can bring what is new.

use leptos::prelude::*;

/// Without scripts, loads the page anew every so many seconds. With scripts it is nothing.
#[component]
pub fn ReloadWithoutScript(seconds: u8) -> impl IntoView {
    // As a string: a browser that runs scripts reads what stands in here as text and not as an element.
    let element = format!(r#"<meta http-equiv="refresh" content="{seconds}">"#);
    view! { <noscript inner_html=element></noscript> }
}

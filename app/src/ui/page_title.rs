//! The title of a staff page.

use leptos::prelude::*;
use leptos_meta::Title;

/// What the browser's tab says. The server writes a title into the document as it is, so what users wrote is made inert
/// there; in the browser it is set as text.
#[component]
pub fn PageTitle(
    /// The page's own part, which may hold what a user wrote.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let title = format!("{text} · Officina");
    let title = if cfg!(feature = "ssr") { super::escape(&title) } else { title };
    view! { <Title text=title/> }
}

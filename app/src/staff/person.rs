//! In whose name a page was made. It says so with everything that it sends, so that it does not go on in the name of somebody
//! else who has signed in meanwhile in the same browser.

use leptos::prelude::*;

/// The name of the field that says it, in forms that the browser sends by itself.
pub const FIELD: &str = "as";

/// The code of the answer to a page that was made for somebody else.
pub const OTHER_MEMBER: &str = "OTHER_MEMBER";

/// The membership that the page was made for.
#[cfg(feature = "ssr")]
pub(crate) fn membership() -> Option<String> {
    let context = use_context::<crate::context::RequestContext>()?;
    Some(context.actor?.member()?.membership.to_string())
}

/// The same in the browser: the document says it.
#[cfg(not(feature = "ssr"))]
pub(crate) fn membership() -> Option<String> {
    document().document_element()?.get_attribute("data-member")
}

/// The session that the page was made in.
#[cfg(feature = "hydrate")]
pub(crate) fn session() -> Option<String> {
    document().document_element()?.get_attribute("data-session")
}

/// Says in a form for whom the page was made.
#[must_use]
pub fn field() -> AnyView {
    membership().map(|membership| view! { <input type="hidden" name=FIELD value=membership/> }).into_any()
}

/// Makes every call of a server function say it, in its address.
#[cfg(feature = "hydrate")]
pub(crate) fn say_with_every_call() {
    if let Some(membership) = membership() {
        // Set already only if the application was started twice in one document.
        let _ = leptos::server_fn::client::try_set_server_url(format!("/as/{membership}").leak());
    }
}

//! Forms that a passkey answers. The script beside this file puts the server's question to the browser when such a form is
//! sent, and the answer into its fields; without it, or where the browser cannot, the forms stay hidden.

use leptos::prelude::*;

/// Where the question for making a passkey comes from.
pub const ADD_QUESTION: &str = "/api/v1/auth/passkeys/question";
/// Where the question for coming in with a passkey, or for proving who sits there, comes from.
pub const SIGN_IN_QUESTION: &str = "/api/v1/auth/passkeys/sign-in";

/// The fields that the script fills in, and what it shows when nothing came of it.
#[must_use]
pub fn answer_fields(failed: String) -> AnyView {
    view! {
        <input type="hidden" name="question"/>
        <input type="hidden" name="credential"/>
        <p class="field-error" role="alert" hidden=true data-failed="">{failed}</p>
    }
    .into_any()
}

/// The script, as it stands in the document. The name is the one that passkeys are bound to: reached by another, the
/// installation offers none.
#[cfg(feature = "ssr")]
#[must_use]
pub fn script(host: &str) -> String {
    // A host name holds nothing that could end the text it is put into.
    format!("({})({host:?});", include_str!("passkey.js").trim())
}

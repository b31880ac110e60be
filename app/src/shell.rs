//! The document of the staff application, and the names of the built files.

#[cfg(feature = "ssr")]
pub use server::{Assets, StaffDocument, assets, set_assets};

#[cfg(feature = "ssr")]
mod server {
    use std::sync::OnceLock;

    use leptos::nonce::use_nonce;
    use leptos::prelude::*;
    use leptos_meta::MetaTags;

    use crate::accent::accent_style;
    use crate::context::RequestContext;
    use crate::passkey::script;
    use crate::staff::StaffApp;

    /// The addresses of the built files, with the hashes in their names.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Assets {
        /// The style sheet.
        pub css: String,
        /// The script that loads the WASM.
        pub js: String,
        /// The WASM of the staff application.
        pub wasm: String,
    }

    static ASSETS: OnceLock<Assets> = OnceLock::new();

    /// Tells the documents the addresses of the built files; the first call counts.
    pub fn set_assets(assets: Assets) {
        // A second server in the same process (tests) has the same files.
        let _ = ASSETS.set(assets);
    }

    /// The addresses of the built files. Until they are set: the names without hashes, as in watch mode.
    pub fn assets() -> &'static Assets {
        ASSETS.get_or_init(|| Assets {
            css: "/pkg/officina.css".to_owned(),
            js: "/pkg/officina.js".to_owned(),
            wasm: "/pkg/officina.wasm".to_owned(),
        })
    }

    /// The document that a staff page is in. Its scripts carry the nonce of the answer.
    #[component]
    pub fn StaffDocument() -> impl IntoView {
        let context = use_context::<RequestContext>();
        let passkeys = context.as_ref().and_then(|context| context.app.passkeys.host()).map(script);
        let member = context.as_ref().and_then(|context| context.actor.as_ref()?.member());
        let (person, session) =
            (member.map(|member| member.membership.to_string()), member.map(|member| member.session.to_string()));
        let theme = context.as_ref().and_then(|context| context.theme.sheet());
        let accent = context.and_then(|context| context.organisation).map(|org| accent_style(&org.accent));
        let files = assets();
        // Where it does not come, the page works as without any script, and is marked so.
        let start = format!(
            "import({js:?}).then(m=>m.default({{module_or_path:{wasm:?}}}).then(()=>m.hydrate()))\
             .catch(e=>{{document.documentElement.dataset.plain='';throw e}})",
            js = files.js,
            wasm = files.wasm
        );
        view! {
            <!DOCTYPE html>
            <html lang="en" data-theme=theme data-member=person data-session=session style=accent>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                    <meta name="color-scheme" content="light dark"/>
                    <meta name="robots" content="noindex"/>
                    <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                    <link rel="manifest" href="/manifest.webmanifest"/>
                    <link rel="stylesheet" href=files.css.clone()/>
                    <link rel="modulepreload" href=files.js.clone() nonce=use_nonce()/>
                    <link rel="preload" href=files.wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                    <script type="module" nonce=use_nonce()>{start}</script>
                    {passkeys.map(|script| view! { <script nonce=use_nonce()>{script}</script> })}
                    <MetaTags/>
                </head>
                <body>
                    <StaffApp/>
                </body>
            </html>
        }
    }
}

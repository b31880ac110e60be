//! What the documents of both shells share: the names of the built files.

#[cfg(feature = "ssr")]
pub use server::{Assets, assets, set_assets};

#[cfg(feature = "ssr")]
mod server {
    use std::sync::OnceLock;

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
}

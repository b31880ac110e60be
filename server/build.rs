//! The binary embeds the built site. Cargo sees the files that were embedded last time, not the ones that come or go,
//! so the folder itself is watched; and it is made, because the embedding refuses a folder that does not exist, which
//! would keep tests and clippy from running before the first build of the pages.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site");
    fs::create_dir_all(&site)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", site.display());
    Ok(())
}

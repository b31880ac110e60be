#!/usr/bin/env bash
# What can be said without running anything: formatting, forbidden patterns, clippy for the server and the browser.
. "$(dirname "$0")/lib.sh"

cargo fmt --all --check
scripts/lint.sh
cargo clippy --workspace --all-targets -- -D warnings
cargo clippy -p officina-app --lib --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings

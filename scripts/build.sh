#!/usr/bin/env bash
# Builds the release binary with the site inside. Nothing happens when no source changed since the last build.
. "$(dirname "$0")/lib.sh"

# What the binary is made of. Contents count, not times: a checkout touches files that it does not change.
sources=(Cargo.toml Cargo.lock .cargo src app server style public migrations)

fingerprint() {
    {
        rustc --version
        printf '%s %s\n' "$CARGO_LEPTOS_VERSION" "$WASM_BINDGEN_VERSION"
        if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
            git ls-files -zco --exclude-standard -- "${sources[@]}"
        else
            find "${sources[@]}" -name node_modules -prune -o -type f -print0 | sort -z
        fi | grep -zv '^server/tests/' | xargs -0 sha256sum 2>/dev/null || true # a deleted file counts by its absence
    } | sha256sum
}

# The binary itself belongs to the stamp, so that one that was built in another way is replaced.
binary_state() { stat -c '%s %Y' "$BINARY" 2>/dev/null || stat -f '%z %m' "$BINARY"; }

stamp=$TARGET/release/.officina-built
before=$(fingerprint)
if [ -x "$BINARY" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$before $(binary_state)" ]; then
    say "The release binary is up to date"
    exit 0
fi

# The binary embeds target/site, so the pages' WASM, style and assets come first; with precompression (-P) and
# hashed names cargo-leptos keeps that order, and the two calls make it certain.
say "Building the pages (WASM, style); from nothing this takes some minutes …"
cargo-leptos leptos build --release -P --split --frontend-only
say "Building the binary …"
cargo-leptos leptos build --release -P --server-only
printf '%s %s\n' "$before" "$(binary_state)" >"$stamp"
say "Built $BINARY ($(du -h "$BINARY" | cut -f1))"

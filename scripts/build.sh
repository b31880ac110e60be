#!/usr/bin/env bash
# Builds the release binary with the site inside; `build.sh pages` stops at the site (WASM, style, assets), which every
# binary built afterwards takes in. Nothing happens when no source changed since the last build.
. "$(dirname "$0")/lib.sh"

# What each is made of. Contents count, not times: a checkout touches files that it does not change.
page_sources=(Cargo.toml Cargo.lock .cargo src app style public)
binary_sources=("${page_sources[@]}" server migrations)

# fingerprint SOURCE…
fingerprint() {
    {
        rustc --version
        printf '%s %s\n' "$CARGO_LEPTOS_VERSION" "$WASM_BINDGEN_VERSION"
        if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
            git ls-files -zco --exclude-standard -- "$@"
        else
            find "$@" -name node_modules -prune -o -type f -print0 | sort -z
        fi | grep -zvE '^(server|app)/tests/' | xargs -0 sha256sum 2>/dev/null || true # a deleted file counts by its absence
    } | sha256sum
}

# What was built belongs to its stamp, so that it is built again when something else stands there.
site_state() { (cd target/site 2>/dev/null && find . -type f -exec cksum {} + | sort) | sha256sum; }
binary_state() { stat -c '%s %Y' "$BINARY" 2>/dev/null || stat -f '%z %m' "$BINARY"; }

build_pages() {
    local stamp=$TARGET/front/.officina-built before
    before=$(fingerprint "${page_sources[@]}")
    if [ "$(cat "$stamp" 2>/dev/null)" = "$before $(site_state)" ]; then
        say "The pages are up to date"
        return
    fi
    say "Building the pages (WASM, style); from nothing this takes some minutes …"
    cargo-leptos leptos build --release -P --split --frontend-only
    printf '%s %s\n' "$before" "$(site_state)" >"$stamp"
}

build_binary() {
    local stamp=$TARGET/release/.officina-built before
    before=$(fingerprint "${binary_sources[@]}")
    if [ -x "$BINARY" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$before $(binary_state)" ]; then
        say "The release binary is up to date"
        return
    fi
    # The binary embeds target/site, so the pages' WASM, style and assets come first; with precompression (-P) and
    # hashed names cargo-leptos keeps that order, and the two calls make it certain.
    build_pages
    say "Building the binary …"
    cargo-leptos leptos build --release -P --server-only
    printf '%s %s\n' "$before" "$(binary_state)" >"$stamp"
    say "Built $BINARY ($(du -h "$BINARY" | cut -f1))"
}

case ${1:-binary} in
    pages) build_pages ;;
    binary) build_binary ;;
    *) die "usage: build.sh [pages]" ;;
esac

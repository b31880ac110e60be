#!/usr/bin/env bash
# Installs what is missing and nothing else: `setup.sh build` for building, `setup.sh test` for building and testing,
# `setup.sh api-check` for checking the API's description alone.
# Takes only the Cargo, npm, PyPI, rustup and Debian registries; a second run takes a second.
. "$(dirname "$0")/lib.sh"

setup_system() {
    have cc || apt_install "A C compiler" gcc libc6-dev make
    have cargo || die "Rust is missing. Please install it from https://rustup.rs and start again."
    local rust
    rust=$(rustc --version | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
    printf '%s\n%s\n' "$RUST_VERSION" "$rust" | sort -VC ||
        die "Rust $rust is too old, $RUST_VERSION or newer is needed: rustup update stable"
    have node && have npm || apt_install "Node.js $NODE_MAJOR or newer" nodejs npm
    [ "$(node -p 'process.versions.node.split(".")[0]')" -ge "$NODE_MAJOR" ] ||
        die "Node.js $(node --version) is too old, $NODE_MAJOR or newer is needed: https://nodejs.org"
}

setup_rust() {
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
        have rustup || die "Rust's WebAssembly target is missing, and rustup too: please install wasm32-unknown-unknown."
        quietly "Adding Rust's WebAssembly target" rustup target add wasm32-unknown-unknown
    fi
    [ "$(wasm-bindgen --version 2>/dev/null || true)" = "wasm-bindgen $WASM_BINDGEN_VERSION" ] ||
        cargo_install wasm-bindgen-cli "$WASM_BINDGEN_VERSION"
    [ "$(cargo-leptos --version 2>/dev/null || true)" = "cargo-leptos $CARGO_LEPTOS_VERSION" ] ||
        cargo_install cargo-leptos "$CARGO_LEPTOS_VERSION" --locked --features no_downloads
}

# npm_ci DIR: exactly what the lock file names, again only when the lock file has changed.
npm_ci() {
    if ! cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock"; then
        quietly "Installing the npm packages of $1/" npm ci --prefix "$1" --no-audit --no-fund
        cp "$1/package-lock.json" "$1/node_modules/.installed-lock"
    fi
}

# Schemathesis in an environment of its own: of this version, and able to run (Python itself may have been upgraded).
setup_api_check() {
    local venv=$TOOLS/schemathesis
    [ "$("$venv/bin/st" --version 2>/dev/null || true)" = "st, version $SCHEMATHESIS_VERSION" ] && return
    # Debian has the module that makes environments in a package apart.
    python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install "Python with venv" python3 python3-venv
    rm -rf "$venv"
    quietly "Making a Python environment" python3 -m venv "$venv"
    quietly "Installing schemathesis $SCHEMATHESIS_VERSION" "$venv/bin/pip" install --quiet --disable-pip-version-check \
        "schemathesis==$SCHEMATHESIS_VERSION"
}

setup_test() {
    for component in rustfmt clippy; do
        cargo "${component/rust/}" --version >/dev/null 2>&1 || quietly "Adding $component" rustup component add "$component"
    done
    postgres_bin >/dev/null || apt_install "PostgreSQL" postgresql
    chromium_path >/dev/null || apt_install "Chromium" chromium
    npm_ci end2end
    setup_api_check
}

case ${1:-build} in
    build)
        setup_system
        setup_rust
        npm_ci style
        ;;
    test)
        setup_system
        setup_rust
        npm_ci style
        setup_test
        ;;
    api-check) setup_api_check ;;
    *) die "usage: setup.sh [build|test|api-check]" ;;
esac

# Shared by the scripts: where things are, how they speak, how they install. Sourced, never run.
# shellcheck shell=bash

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# Versions that must match what the workspace is built with.
CARGO_LEPTOS_VERSION=0.3.10
WASM_BINDGEN_VERSION=0.2.130 # equal to the crate's, or wasm-bindgen refuses the module
CARGO_DENY_VERSION=0.20.2
CARGO_FUZZ_VERSION=0.13.1
SCHEMATHESIS_VERSION=4.32.5
RUST_VERSION=1.95
NODE_MAJOR=20

# Tools of our own go beside, never over, what the user has for other projects.
TOOLS=${OFFICINA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/officina/tools}
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
BINARY=$TARGET/release/officina
export PATH="$ROOT/style/node_modules/.bin:$TOOLS/bin:$PATH:$HOME/.cargo/bin"

# One line for the reader. Everything goes to stderr, so that a script's stdout stays its answer.
say() { printf '\033[1m•\033[0m %s\n' "$*" >&2; }
die() { printf '\033[31m✗\033[0m %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# quietly WHAT COMMAND…: one line while it works; its output only when it fails.
quietly() {
    local what=$1 log status=0 started=$SECONDS
    shift
    log=$(mktemp)
    say "$what …"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 60 "$log" >&2
        rm -f "$log"
        die "$what failed (exit code $status)"
    fi
    rm -f "$log"
    [ $((SECONDS - started)) -lt 5 ] || say "$what: done in $((SECONDS - started)) s"
}

# as_root COMMAND…: directly as root, or by sudo when it asks for no password; otherwise false.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# apt_install WHY PACKAGE…: installs by apt where that is allowed, else says what to install and stops.
apt_install() {
    local why=$1
    shift
    if have apt-get && as_root true; then
        quietly "Refreshing the package lists" as_root apt-get update
        quietly "Installing $* (apt)" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
    else
        die "$why is missing. Please install it (on Debian or Ubuntu: sudo apt-get install $*) and start again."
    fi
}

# cargo_install CRATE VERSION [OPTION…]: into the tools folder. The tools' own release profiles take twice as long
# to compile and save nothing that is felt here.
cargo_install() {
    quietly "Installing $1 $2 (takes some minutes, once)" env \
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_TARGET_DIR="$TOOLS/build" cargo install --root "$TOOLS" --version "$2" "$1" "${@:3}"
    rm -rf "$TOOLS/build"
}

# The newest folder that holds initdb, pg_ctl and postgres of one version: whatever stands first on PATH may be
# another version's, a wrapper, or alone.
postgres_bin() {
    local dir found
    while read -r dir; do
        [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] && [ -x "$dir/postgres" ] || continue
        found=$("$dir/postgres" --version 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1) || continue
        [ -n "$found" ] && "$dir/initdb" --version 2>/dev/null | grep -qF "$found" || continue
        printf '%s\n' "$dir"
        return 0
    done < <(
        printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV
        pg_config --bindir 2>/dev/null || true
        printf '%s\n' /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /usr/pgsql-*/bin | sort -rV
        type -aP initdb 2>/dev/null | while read -r found; do dirname "$(readlink -f "$found")"; done
    )
    return 1
}

# The browser of the browser tests: a Chromium of the system, never a download.
chromium_path() {
    local name
    if [ -n "${OFFICINA_CHROMIUM:-}" ]; then
        printf '%s\n' "$OFFICINA_CHROMIUM"
        return 0
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if have "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# show_demo DEMO_JSON: where the demo is and who may sign in.
show_demo() {
    node -e '
        const demo = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
        console.error(`  ${demo.baseUrl}/app`);
        for (const user of demo.users)
            console.error(`  ${user.org.padEnd(8)} ${user.role.padEnd(12)} ${user.email}  ${user.password}`);
    ' "$1"
}

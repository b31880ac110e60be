#!/usr/bin/env bash
# Loads the release binary and prints the figures with their goals. Needs a quiet machine to mean anything.
# BENCH_DATABASE=postgres measures on a PostgreSQL that is started for it, durable unlike the tests' one.
# Options are passed on: scripts/bench.sh --rounds 1 --only "reading".
. "$(dirname "$0")/lib.sh"

[ -x "$BINARY" ] || die "There is no release binary: make build"
say "Building the load …"
cargo build --release --quiet -p officina-bench

# Counting fsyncs proves that answers wait for the disk. Nice to have: without it the run says so and goes on.
have strace || { have apt-get && as_root apt-get install -y --no-install-recommends strace >/dev/null 2>&1; } || true

# On a disk, not in /tmp: that may be memory, where an fsync costs nothing.
mkdir -p "$TARGET/bench"
data=$(mktemp -d "$TARGET/bench/run-XXXXXX")
postgres=
# shellcheck disable=SC2329 # called by the trap
cleanup() {
    [ -z "$postgres" ] || scripts/postgres.sh stop "$postgres"
    rm -rf "$data"
}
trap cleanup EXIT

# The server has the first core, the load the second.
server=() load=() pin=()
if have taskset && [ "$(nproc)" -ge 2 ]; then
    server=(taskset -c 0) load=(taskset -c 1) pin=(--server-core 0)
else
    say "There is no second core, or no taskset: the load takes from what it measures"
fi

case ${BENCH_DATABASE:-sqlite} in
    sqlite) ;;
    postgres)
        postgres=$(mktemp -d "${TMPDIR:-/var/tmp}/officina-bench-XXXXXX")
        BENCH_DATABASE_URL=$(POSTGRES_DURABLE=1 "${server[@]}" scripts/postgres.sh start "$postgres")
        export BENCH_DATABASE_URL
        ;;
    *) die "BENCH_DATABASE is sqlite or postgres" ;;
esac

"${load[@]}" "$TARGET/release/officina-bench" run --binary "$BINARY" --data "$data" "${pin[@]}" "$@"

#!/usr/bin/env bash
# Loads the release binary and prints the figures with their goals. Needs a quiet machine to mean anything.
. "$(dirname "$0")/lib.sh"

[ -f bench/Cargo.toml ] || die "The load tool (bench/) is not there."
cargo build --release -p officina-bench
exec "$TARGET/release/officina-bench" --binary "$BINARY" "$@"

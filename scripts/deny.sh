#!/usr/bin/env bash
# cargo-deny over the dependencies, by deny.toml. The advisories need the network, as they should be today's.
. "$(dirname "$0")/lib.sh"

have cargo-deny || cargo_install cargo-deny "$CARGO_DENY_VERSION" --locked
exec cargo deny --log-level error check "$@"

#!/usr/bin/env bash
# Holds the API against its own description: schemathesis makes requests from the document, those that it allows and those
# that it forbids, and looks whether the answers are the ones it promises. Against the debug binary with demo data, on
# loopback, with a fixed seed; about a minute. What is asked and what is let pass stands in api-check.toml.
. "$(dirname "$0")/lib.sh"

binary=${OFFICINA_BINARY:-$TARGET/debug/officina}
work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ -x "$binary" ] || die "$binary is missing. Please build it first: cargo build -p officina-server"
[ -x "$TOOLS/schemathesis/bin/st" ] || die "Schemathesis is missing. Please install it first: scripts/setup.sh api-check"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
base=http://127.0.0.1:$port/api/v1
OFFICINA_LIMITS_ENABLED=false "$binary" serve --demo --data "$work/data" --listen "127.0.0.1:$port" >"$work/server.log" 2>&1 &
server=$!

# token ROLE: signs in and prints an access token.
token() {
    python3 - "$base" "$work/data/demo.json" "$1" <<'PYTHON'
import json, sys, urllib.request

base, demo, role = sys.argv[1:]
user = next(user for user in json.load(open(demo))["users"] if user["org"] == "demo" and user["role"] == role)
body = json.dumps({"email": user["email"], "password": user["password"]}).encode()
request = urllib.request.Request(base + "/auth/login", body, {"content-type": "application/json"})
print(json.load(urllib.request.urlopen(request))["data"]["accessToken"])
PYTHON
}

# Demo data take the debug binary half a minute; on a machine that is busy, several.
ready() { python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)' "$base/ready" 2>/dev/null; }
for _ in $(seq 600); do
    if ready; then break; fi
    kill -0 "$server" 2>/dev/null || { tail -n 20 "$work/server.log" >&2; die "The server did not start"; }
    sleep 0.5
done
ready || die "The server is not ready after five minutes"

OFFICINA_TOKEN=$(token admin) OFFICINA_OTHER_TOKEN=$(token manager)
export OFFICINA_TOKEN OFFICINA_OTHER_TOKEN
# The document as it is served, of this binary.
"$binary" openapi >"$work/openapi.json"
cd "$work"
"$TOOLS/schemathesis/bin/st" --config-file "$ROOT/scripts/api-check.toml" run "$work/openapi.json" --url "$base" \
    --generation-deterministic --no-color "$@" >"$work/report" 2>&1 || {
    cat "$work/report" >&2
    exit 1
}
tail -n 3 "$work/report" >&2

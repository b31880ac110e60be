#!/usr/bin/env bash
# Watch mode: rebuilds and reloads on every change, with demo data in target/dev-data.
. "$(dirname "$0")/lib.sh"

data=$TARGET/dev-data

# Hashed names are made once per build, not per change, so a watched site goes without.
unset OFFICINA_DATABASE # the data folder's own, whatever else is set
export LEPTOS_HASH_FILES=false OFFICINA_DATA=$data

if [ ! -f "$data/demo.json" ]; then
    say "Building once, to fill $data with demo data …"
    cargo build -p officina-server
    rm -rf "$data" # half filled, if it is there at all
    "$TARGET/debug/officina" serve --demo --data "$data" --listen 127.0.0.1:0 &
    filler=$!
    trap 'kill "$filler" 2>/dev/null || true' EXIT
    until [ -f "$data/demo.json" ]; do
        kill -0 "$filler" 2>/dev/null || die "Filling the demo data failed"
        sleep 0.2
    done
    kill "$filler"
    wait "$filler" || true
    trap - EXIT
fi
show_demo "$data/demo.json"
exec cargo-leptos leptos watch --split

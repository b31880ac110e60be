#!/usr/bin/env bash
# Starts the release binary: with demo data when the data folder is new, with what is there when it is not.
. "$(dirname "$0")/lib.sh"

data=${OFFICINA_DATA:-officina-data}
if [ -f "$data/demo.json" ] || compgen -G "$data/*.db" >/dev/null; then
    say "Keeping the data in $data/ (make clean-data starts over)"
    [ ! -f "$data/demo.json" ] || show_demo "$data/demo.json"
    exec "$BINARY" serve --data "$data" "$@"
fi
exec "$BINARY" serve --demo --data "$data" "$@"

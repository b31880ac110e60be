#!/usr/bin/env bash
# A PostgreSQL to throw away: `postgres.sh start DIR` prints its URL, `postgres.sh stop DIR` ends it
# and removes DIR, if there is one; `postgres.sh restart DIR MODE` ends it in a way of pg_ctl and starts it again.
# Loopback only, on a free port, with a password of its own. Durability is off, since nothing in it is meant to last;
# POSTGRES_DURABLE=1 leaves it on, to measure what it costs.
. "$(dirname "$0")/lib.sh"

bin=$(postgres_bin) || die "PostgreSQL is missing: initdb, pg_ctl and postgres of one version were not found."

# PostgreSQL refuses to run as root, so root hands the folder and the commands to an unprivileged user.
owner=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
    owner=postgres
    id -u postgres >/dev/null 2>&1 || owner=nobody
fi
as_owner() {
    if [ "$owner" = "$(id -un)" ]; then "$@"; else runuser -u "$owner" -- "$@"; fi
}

free_port() {
    node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

start() {
    local dir=$1 port password
    mkdir -p "$dir"
    chmod 700 "$dir"
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s\n' "$password" >"$dir/password"
    [ "$owner" = "$(id -un)" ] || chown -R "$owner" "$dir"
    # Not SCRAM: its deliberate slowness, paid on each of a test suite's thousand connections, guards nothing more
    # than md5 does when the password is 128 random bits that never leave this machine.
    cd "$dir" || die "cannot enter $dir"
    local careless="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    [ -z "${POSTGRES_DURABLE:-}" ] || careless=
    as_owner "$bin/initdb" --pgdata "$dir/data" --username postgres --pwfile "$dir/password" --auth md5 \
        --encoding UTF8 --locale C --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; die "initdb failed"; }
    # The port is free now and may be taken a moment later: try again elsewhere then.
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        if as_owner "$bin/pg_ctl" start --wait --silent --pgdata "$dir/data" --log "$dir/server.log" --options "\
            -c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' -c max_connections=300 \
            -c shared_buffers=128MB $careless" \
            >"$dir/start.log" 2>&1 </dev/null; then
            printf 'postgres://postgres:%s@127.0.0.1:%s/postgres\n' "$password" "$port"
            return 0
        fi
    done
    cat "$dir/start.log" "$dir/server.log" >&2
    die "PostgreSQL did not start"
}

stop() {
    local dir=$1
    # Never removes a folder that this script did not fill.
    [ -f "$dir/data/PG_VERSION" ] || return 0
    cd /
    as_owner "$bin/pg_ctl" stop --silent --mode immediate --pgdata "$dir/data" >/dev/null 2>&1 || true
    rm -rf "$dir"
}

restart() {
    local dir=$1 mode=$2
    cd "$dir" || die "cannot enter $dir"
    as_owner "$bin/pg_ctl" restart --wait --silent --mode "$mode" --pgdata "$dir/data" --log "$dir/server.log" \
        >"$dir/start.log" 2>&1 </dev/null || { cat "$dir/start.log" >&2; die "PostgreSQL did not restart"; }
}

usage="usage: postgres.sh start|stop DIR, postgres.sh restart DIR fast|immediate"
[ $# -ge 2 ] || die "$usage"
case $2 in /*) ;; *) die "DIR must be an absolute path" ;; esac
case $1 in
    start) start "$2" ;;
    stop) stop "$2" ;;
    restart) restart "$2" "${3:?$usage}" ;;
    *) die "$usage" ;;
esac

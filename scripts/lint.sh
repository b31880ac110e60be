#!/usr/bin/env bash
# Patterns that have no place in this repository, whatever the compiler says. `lint.sh [ROOT]` reads the files that
# git knows or would add (or all, outside of git), prints what it finds, and fails when that is anything.
# scripts/lint-selftest.sh plants each of them and expects to be told.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

files=$(mktemp)
trap 'rm -f "$files"' EXIT
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
    git ls-files -co --exclude-standard
else
    find . \( -name target -o -name node_modules -o -name .git \) -prune -o -type f -print | sed 's|^\./||'
fi | sort -u | while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done >"$files"

found=0

# forbid NAME WHY PATTERN FILES [EXCEPT] [GREP OPTIONS]
#   PATTERN is a Perl regular expression for one line; FILES and EXCEPT are extended ones for the path.
forbid() {
    local name=$1 why=$2 pattern=$3 paths=$4 except=${5:-^$} hits
    hits=$(grep -E "$paths" "$files" | grep -vE "$except" | tr '\n' '\0' |
        xargs -0r grep -HnP "${@:6}" -e "$pattern" 2>/dev/null | tr '\0' '\n' || true)
    if [ -n "$hits" ]; then
        printf '%s: %s\n%s\n\n' "$name" "$why" "$hits"
        found=1
    fi
}

own='^scripts/lint'
rust='\.rs$'
text='(\.(rs|toml|md|sh|mjs|ts|json|css|sql|ftl|html|svg|yml|yaml)|Makefile|\.ci/run)$'

forbid raw-title "only app/src/ui/page_title.rs escapes what users wrote" \
    '^(?!\s*//).*<Title\b' '^app/.*\.rs$' '^app/src/ui/page_title\.rs$'
forbid raw-textarea "only app/src/ui/text_area.rs escapes what stands inside" \
    '^(?!\s*//).*<(textarea|TEXTAREA)' '^(app|server|src)/.*\.rs$' '^app/src/ui/text_area\.rs$|^server/tests/'
forbid inner-html "markup from strings belongs to the design system, where it is escaped" \
    '^(?!\s*//).*inner_html' '^(app|server)/src/.*\.rs$' '^app/src/ui/'
forbid unfinished "finish it or leave it out" '\b(todo|unimplemented)!\s*[(\[{]' "$rust"
forbid note-to-self "an issue is the place for what is left to do" \
    '\b(TODO|FIXME|XXX)\b' "$text|\.(yml|html)$" "$own|package-lock\.json$"
forbid debug-print "use tracing" '\bdbg!\s*\(' "$rust"
forbid allow-without-reason "say why: reason = \"…\"" \
    '(?s)#!?\[(allow|expect)\((?:(?!\breason\s*=)[^\]])*\)\]' "$rust" '' -zo
forbid sql-in-handler "SQL belongs in a store" \
    '\b(SELECT\s|INSERT\s+INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b)|\bsqlx::' '^(server/src/api|app/src)/.*\.rs$'
forbid clock-in-sql "bind the time: the tests' clock is not the database's" \
    '(?i)(?<![:.\w])now\s*\(\s*\)|\bcurrent_timestamp\b|\bdatetime\s*\(\s*.now' '^src/.*/store(/.*|_\w+)?\.rs$|^src/.*store\.rs$|^migrations/.*\.sql$'
forbid sleep-in-test "wait for the event" \
    '\b(thread|time)::sleep\s*\(|\buse\s+(std::thread|tokio::time)::(\{[^}]*)?sleep\b' '(^|/)tests?/.*\.rs$|(^|/)tests?\.rs$'
forbid timeout-in-test "wait for what the page shows" '\bwaitForTimeout\b' '^end2end/.*\.(ts|mjs|js)$'
forbid machine-path "a path of one machine means nothing on another" \
    '(?<![\w.$}/:-])/(home|root|Users|work|tmp/bash\w*)/' "$text" "$own|package-lock\.json$"

# Long files are a question, not an error.
{ grep -E "$rust" "$files" || true; } | tr '\n' '\0' | xargs -0r wc -l |
    awk '$2 != "total" && $1 > 500 { print "long file: " $2 " has " $1 " lines. Is it still one thing?" }'

exit "$found"

#!/usr/bin/env bash
# Every check there is, in the order of their cost. Ends with one line, "N passed, N failed", where a check that is
# not a test (formatting, clippy, a build) counts only when it fails. Leaves nothing running.
. "$(dirname "$0")/lib.sh"

passed=0 failed=0 finished=no
work=$(mktemp -d)
postgres=$(mktemp -d)
# What failed and how, told once more at the end: a log of CI is often read from there.
failures=$work/failures

finish() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    scripts/postgres.sh stop "$postgres" || true
    [ ! -s "$failures" ] || printf '\n%s\n' "$(<"$failures")"
    rm -rf "$work" "$postgres"
    # Whatever ended this early was no success.
    [ "$finished" = yes ] || [ "$failed" -gt 0 ] || failed=1
    printf '%s passed, %s failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ] || exit 1
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# check WHAT COMMAND…: goes on after a failure, so that one run names them all.
check() {
    local what=$1
    shift
    say "$what …"
    if ! "$@" </dev/null; then
        failed=$((failed + 1))
        printf '✗ %s\n' "$what" >>"$failures"
        printf '\033[31m✗\033[0m %s failed\n' "$what" >&2
        return 1
    fi
}

# sum PATTERN FILE: the sum of the numbers that PATTERN keeps, one per line of cargo's results.
sum() { sed -nE "s/^test result: .* $1;.*/\1/p" "$2" | awk '{ total += $1 } END { print total + 0 }'; }

# Clippy is the compiler with more to say. As the wrapper of the workspace's own crates, which is how `cargo clippy` runs it,
# it says so while it builds the tests; apart, it would go through all crates a second time, ten minutes of a clean build.
with_clippy() {
    RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS="-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__" "$@"
}

# rust_tests BY: with cargo run by a command, of which env is the plainest.
rust_tests() {
    local by=$1 status=0 log=$work/cargo-test.log broken
    say "Unit and integration tests, on SQLite and PostgreSQL …"
    "$by" cargo test --workspace --no-fail-fast </dev/null 2>&1 | tee "$log" || status=$?
    passed=$((passed + $(sum '([0-9]+) passed' "$log")))
    broken=$(sum '([0-9]+) failed' "$log")
    grep -A 3 "panicked at " "$log" >>"$failures" || true
    sed -nE 's/^test (.*) \.\.\. FAILED$/✗ \1/p' "$log" >>"$failures"
    # A test binary that did not build or that died counts as one.
    [ "$status" -eq 0 ] || [ "$broken" -gt 0 ] || broken=1
    failed=$((failed + broken))
}

browser_tests() {
    local status=0 report=$work/playwright.json counts
    say "Browser tests …"
    # The pages as they are shipped, in the server that was built for the tests: it differs from the release binary by how
    # far it is optimised, which alone would take as long as everything else here. `make browser-tests` takes the other one.
    (cd end2end && OFFICINA_BINARY=$TARGET/debug/officina PLAYWRIGHT_JSON_OUTPUT_NAME=$report \
        npx --no-install playwright test --reporter=list,json </dev/null) || status=$?
    counts=$(node -p 's = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).stats; `${s.expected} ${s.unexpected + s.flaky}`' \
        "$report" 2>/dev/null) || counts="0 0"
    node end2end/failures.mjs "$report" >>"$failures" 2>/dev/null || true
    passed=$((passed + ${counts% *}))
    [ "$status" -eq 0 ] || [ "${counts#* }" -gt 0 ] || counts="0 1"
    failed=$((failed + ${counts#* }))
}

scripts/setup.sh test

check "Formatting" cargo fmt --all --check || true
check "Forbidden patterns" scripts/lint.sh || true
check "The lint script itself" scripts/lint-selftest.sh || true
check "Browser test types" npx --no-install --prefix end2end tsc --noEmit --project end2end || true
if have cargo-deny; then
    # Not the advisories: a vulnerability published today says nothing about this change. make deny asks for them.
    check "Licences, sources and duplicate dependencies" scripts/deny.sh bans licenses sources || true
else
    say "cargo-deny is not installed, so licences and sources are not checked here: make deny"
fi
check "Clippy (WASM)" cargo clippy -p officina-app --lib --target wasm32-unknown-unknown \
    --no-default-features --features hydrate -- -D warnings || true

# Before the server that takes them in.
pages=yes
check "Building the pages" scripts/build.sh pages || pages=no
by=with_clippy
# What Clippy does not like fails, and is tested all the same.
check "Clippy, while building the tests" with_clippy cargo test --workspace --no-run || by=env

say "Starting a throw-away PostgreSQL …"
OFFICINA_TEST_POSTGRES=$(scripts/postgres.sh start "$postgres")
export OFFICINA_TEST_POSTGRES
rust_tests "$by"
check "The API against its description" scripts/api-check.sh || true

if [ "$pages" = yes ]; then
    browser_tests
fi
finished=yes

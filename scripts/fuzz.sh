#!/usr/bin/env bash
# Throws invented input at everything that reads what strangers send: `fuzz.sh [TARGET…]`, all of fuzz/targets by default, each
# for FUZZ_SECONDS (60). Ends at the first finding and names the input that led to it. What was learned is kept in
# target/fuzz/corpus, so that a later run goes on from there; fuzz/seeds is where the first one begins.
. "$(dirname "$0")/lib.sh"

SECONDS_EACH=${FUZZ_SECONDS:-60}
# In MB: what a picture may take to decode, and room for what the fuzzer keeps.
MEMORY=2048
BUILT=$TARGET/fuzz

have g++ || apt_install "A C++ compiler" g++
[ "$(cargo-fuzz --version 2>/dev/null || true)" = "cargo-fuzz $CARGO_FUZZ_VERSION" ] ||
    cargo_install cargo-fuzz "$CARGO_FUZZ_VERSION" --locked

targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(cd fuzz/targets && printf '%s\n' *.rs | sed 's/\.rs$//')

# Without a sanitizer a stable compiler will do; the code is safe Rust, where a fault is a panic.
say "Building the fuzz targets (takes some minutes, once) …"
cargo fuzz build --sanitizer none --target-dir "$BUILT"

for target in "${targets[@]}"; do
    corpus=$BUILT/corpus/$target findings=$BUILT/findings/$target
    mkdir -p "$corpus" "$findings"
    say "Fuzzing $target for $SECONDS_EACH s …"
    cargo fuzz run --sanitizer none --target-dir "$BUILT" "$target" "$corpus" "fuzz/seeds/$target" -- \
        -max_total_time="$SECONDS_EACH" -rss_limit_mb=$MEMORY -timeout=20 -max_len=65536 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$findings/" ||
        die "$target: a finding in $findings. Shrink it with cargo fuzz tmin, mend the code, and make it a case of a test."
done

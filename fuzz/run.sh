#!/usr/bin/env bash
# Builds the fuzz targets and runs each for SECONDS (30 unless told), as many at a time as there are cores:
#   bash fuzz/run.sh [SECONDS [TARGET ...]]
# RUNS=10000000 ends a target after so many inputs too, MAX_LEN=1024 keeps them to so many bytes. Exit code 1 where one crashed; its
# input is kept in found/.
set -euo pipefail
cd "$(dirname "$0")"
. ../tests/need.sh
need c++ g++
export SECONDS_EACH=${1:-30} RUNS=${RUNS:--1} MAX_LEN=${MAX_LEN:-300000}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(labels jsonl html encodings analyzer glossary model report)
RUSTC_WORKSPACE_WRAPPER=$PWD/cover.sh cargo build --locked --quiet --package article-toolkit-fuzz --bins
export BINARIES=${CARGO_TARGET_DIR:-../target}/debug

fuzz_one() {
  mkdir -p "found/$1"
  # Finds go to found/, which git ignores; the seeds in corpus/ are kept.
  if "$BINARIES/fuzz-$1" "found/$1" "corpus/$1" -max_total_time="$SECONDS_EACH" -runs="$RUNS" -rss_limit_mb=2048 -timeout=20 \
    -max_len="$MAX_LEN" -artifact_prefix="found/$1-" -print_final_stats=1 >"found/$1.log" 2>&1; then
    echo "fuzz $1: $(sed -n 's/^stat::number_of_executed_units: *//p' "found/$1.log") inputs, no crash"
  else
    tail -40 "found/$1.log"
    echo "fuzz $1: failed, see fuzz/found/"
    return 1
  fi
}
export -f fuzz_one
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz_one {}'

#!/usr/bin/env bash
# Builds every fuzz target and runs each for SECONDS (first argument, 30 unless told), or names after it only.
# Coverage comes from the compiler's own pass, so a stable toolchain is enough. Exit code 1 at the first crash.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-30}
shift || true
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing"
cargo build --release --locked --target "$host" --target-dir target
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(labels jsonl html encodings analyzer glossary model report)
for name in "${targets[@]}"; do
  mkdir -p "found/$name"
  echo "fuzz $name, $seconds s"
  # Finds go to found/, which git ignores; the seeds in corpus/ are kept.
  "target/$host/release/$name" "found/$name" "corpus/$name" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 \
    -max_len=300000 -artifact_prefix="found/$name-" -print_final_stats=1 2>&1 |
    tee "found/$name.log" | grep -E "stat::number_of_executed_units|ERROR|panicked|SUMMARY" || true
  if grep -qE "ERROR: libFuzzer|panicked at" "found/$name.log"; then
    tail -40 "found/$name.log"
    echo "fuzz $name: failed"
    exit 1
  fi
done
echo "fuzz: ${#targets[@]} targets, no crash"

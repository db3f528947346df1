#!/usr/bin/env bash
# The compiler with coverage counters for libFuzzer. Cargo calls it for this workspace's own crates alone
# (RUSTC_WORKSPACE_WRAPPER), so dependencies are compiled once, as the tests have them. A stable toolchain is enough.
exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares

#!/usr/bin/env bash
# All tests. Needs the Rust toolchain; installs a C compiler, Chromium and Python packages on Debian where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/need.sh
need cc gcc
tests/browser/run
notebooks/run
cargo test --locked --features linfa-classifiers

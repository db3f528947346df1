#!/usr/bin/env bash
# All tests. Needs the Rust toolchain, and a C compiler for its linker; installs the latter on Debian where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/need.sh
need cc gcc
cargo test --locked

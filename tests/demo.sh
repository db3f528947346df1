#!/usr/bin/env bash
# The main job from end to end: train, predict, evaluate, compare. Writes to target/demo and to nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/need.sh
need cc gcc
cargo build --release --locked
toolkit=target/release/toolkit
out=target/demo
rm -rf "$out" && mkdir -p "$out/seeds"

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

step "1. Train on data/labels.csv"
$toolkit train data/labels.csv --output "$out/full.safetensors" >"$out/full.txt"
sed -n '1,/macro F1  /p' "$out/full.txt"

step "2. The same without glossary concepts"
$toolkit train data/labels.csv --no-builtin-glossary --output "$out/words.safetensors" >"$out/words.txt"
sed -n '1,3p' "$out/words.txt"

step "3. Tag sample articles"
for article in data/articles/fa/fa1-00[1-3].txt data/articles/ar/ar1-00[1-3].txt data/articles/ru/ru1-001.txt; do
  cp "$article" "$out/seeds/"
done
$toolkit predict "$out/seeds" --model "$out/full.safetensors" --format table

step "4. Does the glossary help? Compare the two reports"
$toolkit compare "$out/words.report.json" "$out/full.report.json" --output "$out/comparison.html" --format html
$toolkit compare "$out/words.report.json" "$out/full.report.json" | sed -n '1,25p'

step "Where everything lies"
echo "model               $out/full.safetensors"
echo "model card          $out/full.card.md"
echo "report, HTML        file://$PWD/$out/full.report.html"
echo "comparison, HTML    file://$PWD/$out/comparison.html"

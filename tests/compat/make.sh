#!/usr/bin/env bash
# Writes the model and the answers of one format, by the toolkit in TOOLKIT or the release build.
set -euo pipefail
cd "$(dirname "$0")"
number=${1:?a format number}
toolkit=${TOOLKIT:-../../target/release/toolkit}
mkdir "format$number"
"$toolkit" train labels.csv --no-builtin-glossary --glossary mine.csv -o "format$number/model.safetensors"
rm "format$number"/model.report.* "format$number"/model.card.md
"$toolkit" predict articles.jsonl --model "format$number/model.safetensors" > "format$number/expected.jsonl"

#!/usr/bin/env bash
# Feeds every report reader for a while (FUZZ_SECONDS each, 60 by default; FUZZ_FORMATS names some). The same bodies run
# over the same seeds as ordinary tests, so that a check needs neither this nor a nightly compiler.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$PWD/.tools
export PATH="$tools/bin:$PATH"

if [ ! -f fuzz/Cargo.toml ]; then
  echo "fuzz: there are no fuzz targets in this tree (fuzz/Cargo.toml is missing)" >&2
  exit 1
fi
if ! command -v cargo-fuzz >/dev/null; then
  echo "fuzz: building cargo-fuzz into .tools, which takes some minutes" >&2
  cargo install --quiet --locked --root "$tools" cargo-fuzz
fi

# The small report that each format has in the tests is where its fuzzer begins.
seeds=$PWD/fuzz/corpus/seeds
mkdir -p "$seeds"
SCANHELM_FUZZ_SEEDS=$seeds cargo test --quiet --package scanhelm-formats --test it -- \
  --exact fuzz::each_format_has_a_seed_for_its_fuzzer

# cargo-fuzz passes unstable flags; a stable compiler takes them only when told that this is meant.
export RUSTC_BOOTSTRAP=1
feed() { # TARGET CORPUS SEEDS
  mkdir -p "fuzz/corpus/$2"
  cargo fuzz run "$1" "fuzz/corpus/$2" "$3" -- \
    -max_total_time="${FUZZ_SECONDS:-60}" -rss_limit_mb=2048 -timeout=10
}
for format in ${FUZZ_FORMATS:-$(ls "$seeds")}; do
  echo "fuzz: $format for ${FUZZ_SECONDS:-60} s"
  SCANHELM_FUZZ_FORMAT=$format feed reader "reader-$format" "$seeds/$format"
done
echo "fuzz: all formats and the writers for ${FUZZ_SECONDS:-60} s"
mkdir -p fuzz/corpus/all
cp "$seeds"/*/* fuzz/corpus/all/
feed recognise_and_write recognise_and_write fuzz/corpus/all

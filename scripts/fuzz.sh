#!/usr/bin/env bash
# Feeds every fuzz target for a while (FUZZ_SECONDS each, 60 by default). The same bodies run over their stored
# inputs as ordinary tests, so that a check needs neither this nor a nightly compiler.
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

# cargo-fuzz passes unstable flags; a stable compiler takes them only when told that this is meant.
export RUSTC_BOOTSTRAP=1
while read -r target; do
  echo "fuzz: $target for ${FUZZ_SECONDS:-60} s"
  cargo fuzz run "$target" -- -max_total_time="${FUZZ_SECONDS:-60}" -rss_limit_mb=2048 -timeout=10
done < <(cargo fuzz list)
